/* The bipedal walker: body, motors, lidar, reward. Constants and their order are those of
 * BipedalWalker-v2 (gym 0.9, Klimov 2016), computed in double and rounded to float where the
 * original hands them to Box2D. */
#include "envs/biped.h"

#include <math.h>
#include <string.h>

#include "envs/options.h"
#include "runtime/base/alloc.h"
#include "runtime/base/rng.h"
#include "wann/env.h"

enum { OBSERVATIONS = 14 + WN_BIPED_RAYS, ACTIONS = 4, MOST_STEPS = 1600 };
enum { GROUND = 1, WALKER = 0x20 }; /* collision categories: walkers meet the ground only */

static const double FPS = 50;
static const double MOTOR_TORQUE = 80;
static const double LEG_WIDTH = 8 / WN_BIPED_SCALE, LEG_HEIGHT = 34 / WN_BIPED_SCALE;
static const double LEG_DOWN = -8 / WN_BIPED_SCALE;
static const double VIEW_WIDTH = 600 / WN_BIPED_SCALE, VIEW_HEIGHT = 400 / WN_BIPED_SCALE;
static const double LIDAR_RANGE = 160 / WN_BIPED_SCALE;
static const double SPEED[2] = {4, 6}; /* of a hip and a knee */
static const wn_b2_material ground = {.friction = 2.5f, .category = GROUND, .mask = 0xffff};

static wn_b2_vec vec(double x, double y) {
    return (wn_b2_vec){(float)x, (float)y};
}

static size_t box(wn_b2_vec *corner, double half_width, double half_height) {
    const float x = (float)half_width, y = (float)half_height;
    const wn_b2_vec corners[WN_BIPED_LEG_CORNERS] = {{-x, -y}, {x, -y}, {x, y}, {-x, y}};
    memcpy(corner, corners, sizeof corners);
    return WN_BIPED_LEG_CORNERS;
}

size_t wn_biped_part(size_t part, wn_b2_vec corner[WN_B2_VERTICES]) {
    static const double hull[WN_BIPED_HULL_CORNERS][2] = {
        {-30, 9}, {6, 9}, {34, 1}, {34, -8}, {-30, -8}};
    if (part == WN_BIPED_LEG_1 || part == WN_BIPED_LEG_2)
        return box(corner, LEG_WIDTH / 2, LEG_HEIGHT / 2);
    if (part != WN_BIPED_HULL)
        return box(corner, 0.8 * LEG_WIDTH / 2, LEG_HEIGHT / 2);
    for (size_t i = 0; i < WN_BIPED_HULL_CORNERS; i++)
        corner[i] = vec(hull[i][0] / 30, hull[i][1] / 30);
    return WN_BIPED_HULL_CORNERS;
}

/* Tags are 1 + part; what belongs to the ground has tag 0. The end of any contact lifts a foot,
 * though it may stand on a second piece of the ground: so does the original. */
static void on_contact(void *ctx, uint32_t a, uint32_t b, bool begin) {
    wn_biped *biped = ctx;
    if (begin && (a == 1 + WN_BIPED_HULL || b == 1 + WN_BIPED_HULL))
        biped->fallen = true;
    if (a > 0)
        biped->standing[a - 1] = begin;
    if (b > 0)
        biped->standing[b - 1] = begin;
}

/* Every edge has a body of its own, as in the original: Box2D's treatment of fast bodies remembers
 * times in bodies, so a common one would change trajectories. */
static void add_ground(wn_biped *biped) {
    const wn_biped_terrain *t = &biped->terrain;
    for (size_t i = 0; i < t->n_blocks; i++) {
        wn_b2_body *body = wn_b2_add_body(biped->world, false, vec(0, 0), 0, 0);
        wn_b2_add_polygon(body, t->block[i], 4, &ground);
    }
    for (size_t i = 0; i + 1 < WN_BIPED_CORNERS; i++) {
        wn_b2_body *body = wn_b2_add_body(biped->world, false, vec(0, 0), 0, 0);
        wn_b2_add_edge(body, vec((double)i * WN_BIPED_STEP, t->height[i]),
                       vec((double)(i + 1) * WN_BIPED_STEP, t->height[i + 1]), &ground);
    }
}

static wn_b2_body *add_part(wn_biped *biped, size_t part, wn_b2_vec position, double angle) {
    const wn_b2_material hull = {
        .density = 5, .friction = 0.1f, .category = WALKER, .mask = GROUND};
    const wn_b2_material leg = {.density = 1, .friction = 0.2f, .category = WALKER, .mask = GROUND};
    wn_b2_vec corner[WN_B2_VERTICES];
    const size_t n = wn_biped_part(part, corner);
    biped->part[part] =
        wn_b2_add_body(biped->world, true, position, (float)angle, 1 + (uint32_t)part);
    wn_b2_add_polygon(biped->part[part], corner, n, part == WN_BIPED_HULL ? &hull : &leg);
    return biped->part[part];
}

/* side: -1 or +1. */
static void add_leg(wn_biped *biped, int side, double x, double y) {
    const size_t leg = side < 0 ? WN_BIPED_LEG_1 : WN_BIPED_LEG_2, first = leg - WN_BIPED_LEG_1;
    const wn_b2_revolute hip = {
        vec(0, LEG_DOWN), vec(0, LEG_HEIGHT / 2), -0.8f, 1.1f, (float)MOTOR_TORQUE, (float)side};
    const wn_b2_revolute knee = {
        vec(0, -LEG_HEIGHT / 2), vec(0, LEG_HEIGHT / 2), -1.6f, -0.1f, (float)MOTOR_TORQUE, 1};
    wn_b2_body *upper = add_part(biped, leg, vec(x, y - LEG_HEIGHT / 2 - LEG_DOWN), side * 0.05);
    biped->joint[first] = wn_b2_add_revolute(biped->world, biped->part[WN_BIPED_HULL], upper, &hip);
    wn_b2_body *lower =
        add_part(biped, leg + 1, vec(x, y - LEG_HEIGHT * 3 / 2 - LEG_DOWN), side * 0.05);
    biped->joint[first + 1] = wn_b2_add_revolute(biped->world, upper, lower, &knee);
}

static void add_walker(wn_biped *biped, uint64_t seed) {
    const double x = WN_BIPED_STEP * WN_BIPED_PAD / 2, y = WN_BIPED_HEIGHT + 2 * LEG_HEIGHT;
    wn_rng rng = wn_rng_stream(seed, 0, 0, 'P');
    wn_b2_body *hull = add_part(biped, WN_BIPED_HULL, vec(x, y), 0);
    wn_b2_push(hull, vec(5 * (2 * wn_rng_uniform(&rng) - 1), 0));
    add_leg(biped, -1, x, y);
    add_leg(biped, +1, x, y);
}

static double clip01(double x) {
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

static void drive(wn_biped *biped, const double *action) {
    for (size_t k = 0; k < ACTIONS; k++) {
        const double a = action[k], sign = (double)((a > 0) - (a < 0));
        wn_b2_set_motor(biped->joint[k], (float)(SPEED[k % 2] * sign),
                        (float)(MOTOR_TORQUE * clip01(fabs(a))));
    }
}

void wn_biped_ray(const wn_biped *biped, size_t ray, wn_b2_vec *from, wn_b2_vec *to) {
    const double angle = 1.5 * (double)ray / WN_BIPED_RAYS;
    *from = wn_b2_body_motion(biped->part[WN_BIPED_HULL]).position;
    *to =
        vec((double)from->x + sin(angle) * LIDAR_RANGE, (double)from->y - cos(angle) * LIDAR_RANGE);
}

static void look(wn_biped *biped) {
    for (size_t i = 0; i < WN_BIPED_RAYS; i++) {
        wn_b2_vec from, to;
        wn_biped_ray(biped, i, &from, &to);
        biped->lidar[i] = (double)wn_b2_cast(biped->world, from, to, GROUND, biped->closest);
    }
}

/* A leg's hip and knee: angle and speed of each, and whether the foot stands. */
static void observe_leg(const wn_biped *biped, size_t leg, double *out) {
    for (size_t k = 0; k < 2; k++) {
        const wn_b2_joint *joint = biped->joint[2 * leg + k];
        out[2 * k] = (double)wn_b2_joint_angle(joint) + (double)k;
        out[2 * k + 1] = (double)wn_b2_joint_speed(joint) / SPEED[k];
    }
    out[4] = biped->standing[leg ? WN_BIPED_SHIN_2 : WN_BIPED_SHIN_1];
}

static void observe(const wn_biped *biped, const wn_b2_motion *hull, double *out) {
    out[0] = (double)hull->angle;
    out[1] = 2.0 * (double)hull->spin / FPS;
    out[2] = 0.3 * (double)hull->velocity.x * VIEW_WIDTH / FPS;
    out[3] = 0.3 * (double)hull->velocity.y * VIEW_HEIGHT / FPS;
    observe_leg(biped, 0, out + 4);
    observe_leg(biped, 1, out + 9);
    memcpy(out + 14, biped->lidar, sizeof biped->lidar);
}

/* Move on by one frame. Forward counts, a level head too, torque costs. */
static void advance(wn_biped *biped, const double *action, double *observation,
                    wann_env_result *result) {
    drive(biped, action);
    wn_b2_step(biped->world, (float)(1 / FPS), 180, 60);
    look(biped);
    const wn_b2_motion hull = wn_b2_body_motion(biped->part[WN_BIPED_HULL]);
    observe(biped, &hull, observation);

    const double x = (double)hull.position.x;
    const double shaping = 130 * x / WN_BIPED_SCALE - 5.0 * fabs(observation[0]);
    double reward = shaping - biped->shaping;
    biped->shaping = shaping;
    for (size_t k = 0; k < ACTIONS; k++)
        reward -= 0.00035 * MOTOR_TORQUE * clip01(fabs(action[k]));
    const bool fallen = biped->fallen || x < 0;
    *result = (wann_env_result){
        .reward = fallen && biped->penalty ? -100 : reward,
        .terminated = fallen || x > WN_BIPED_FINISH * WN_BIPED_STEP,
        .truncated = ++biped->steps >= MOST_STEPS,
    };
    biped->reward += result->reward;
}

static int reset(void *world, uint64_t seed, double *observation, wann_env_error *error) {
    (void)error;
    static const double rest[ACTIONS] = {0};
    wn_biped *biped = world;
    wn_b2_clear(biped->world);
    memset(biped->standing, 0, sizeof biped->standing);
    biped->fallen = false;
    biped->shaping = 0;
    wn_biped_terrain_make(&biped->terrain, biped->kind, seed);
    add_ground(biped);
    add_walker(biped, seed);
    wann_env_result unpaid;
    advance(biped, rest, observation, &unpaid);
    biped->steps = 0;
    biped->reward = 0;
    return WANN_OK;
}

static int step(void *world, const double *action, double *observation, wann_env_result *result,
                wann_env_error *error) {
    wn_biped *biped = world;
    if (biped->steps == 0 && !biped->part[WN_BIPED_HULL])
        return wn_env_fail(error, WANN_ARGUMENT, "a step before the first reset");
    for (size_t k = 0; k < ACTIONS; k++)
        if (!isfinite(action[k])) /* Box2D would end the process */
            return wn_env_fail(error, WANN_INPUT, "action %zu is not finite", k);
    advance(biped, action, observation, result);
    return WANN_OK;
}

static void destroy(void *world) {
    wn_biped *biped = world;
    if (!biped)
        return;
    wn_b2_destroy(biped->world);
    wn_free(biped);
}

static int read_options(wn_biped *biped, const char *const *texts, wann_env_error *error) {
    const char *lidar = "first";
    const wn_option options[] = {{"lidar", WN_OPTION_TEXT, &lidar},
                                 {"penalty", WN_OPTION_FLAG, &biped->penalty}};
    const int status = wn_options_read(texts, options, sizeof options / sizeof *options, error);
    if (status != WANN_OK)
        return status;
    biped->closest = strcmp(lidar, "closest") == 0;
    if (!biped->closest && strcmp(lidar, "first") != 0)
        return wn_env_fail(error, WANN_INPUT, "option lidar is '%.100s'; expected first or closest",
                           lidar);
    return WANN_OK;
}

static int create(wn_biped_ground kind, const char *const *options, void **world,
                  wann_env_error *error) {
    *world = NULL;
    wn_biped *biped = wn_calloc(1, sizeof *biped);
    if (!biped)
        return wn_env_fail(error, WANN_NO_MEMORY, "out of memory");
    biped->kind = kind;
    int status = read_options(biped, options, error);
    if (status == WANN_OK) {
        biped->world = wn_b2_create(vec(0, -10), on_contact, biped);
        if (!biped->world)
            status = wn_env_fail(error, WANN_NO_MEMORY, "out of memory");
    }
    if (status != WANN_OK)
        destroy(biped);
    else
        *world = biped;
    return status;
}

static int create_flat(const char *const *options, void **world, wann_env_error *error) {
    return create(WN_BIPED_FLAT, options, world, error);
}

static int create_hills(const char *const *options, void **world, wann_env_error *error) {
    return create(WN_BIPED_HILLS, options, world, error);
}

static int create_hard(const char *const *options, void **world, wann_env_error *error) {
    return create(WN_BIPED_HARD, options, world, error);
}

static int render(void *world, uint32_t width, uint32_t height, unsigned char *rgb,
                  wann_env_error *error) {
    const wn_biped *biped = world;
    if (!biped->part[WN_BIPED_HULL])
        return wn_env_fail(error, WANN_ARGUMENT, "a picture before the first reset");
    return wn_biped_draw(biped, width, height, rgb)
               ? WANN_OK
               : wn_env_fail(error, WANN_NO_MEMORY, "out of memory");
}

/* The published names. */
static const char *const observation_names[OBSERVATIONS] = {
    "hull_angle",  "hull_vel_angle", "vel_x",        "vel_y",      "hip1_angle", "hip1_speed",
    "knee1_angle", "knee1_speed",    "leg1_contact", "hip2_angle", "hip2_speed", "knee2_angle",
    "knee2_speed", "leg2_contact",   "lidar_0",      "lidar_1",    "lidar_2",    "lidar_3",
    "lidar_4",     "lidar_5",        "lidar_6",      "lidar_7",    "lidar_8",    "lidar_9"};
static const char *const action_names[ACTIONS] = {"hip_1", "knee_1", "hip_2", "knee_2"};
static const double low[ACTIONS] = {-1, -1, -1, -1}, high[ACTIONS] = {1, 1, 1, 1};

#define BIPED(type, word, kind, text)                                                              \
    const wann_env_type type = {                                                                   \
        .abi = WANN_ENV_ABI,                                                                       \
        .size = sizeof(wann_env_type),                                                             \
        .name = word,                                                                              \
        .summary = text,                                                                           \
        .observations = OBSERVATIONS,                                                              \
        .actions = ACTIONS,                                                                        \
        .observation_names = observation_names,                                                    \
        .action_names = action_names,                                                              \
        .action_low = low,                                                                         \
        .action_high = high,                                                                       \
        .search_settings = "popSize=480 maxGen=2048 alg_nReps=4 prob_initEnable=0.25 "             \
                           "select_tournSize=16 race=0.5",                                                \
        .create = create_##kind,                                                                   \
        .destroy = destroy,                                                                        \
        .steps = 1000,                                                                             \
        .search_steps = MOST_STEPS,                                                                \
        .steps_per_second = 50,                                                                    \
        .reset = reset,                                                                            \
        .step = step,                                                                              \
        .picture_width = 600,                                                                      \
        .picture_height = 400,                                                                     \
        .render = render,                                                                          \
    }
BIPED(wn_biped_flat, "biped", flat, "walk on two legs over slightly uneven ground");
BIPED(wn_biped_medium, "bipedmedium", hills, "walk on two legs over hills");
BIPED(wn_biped_hard, "bipedhard", hard, "walk on two legs over stumps, stairs and pits");
