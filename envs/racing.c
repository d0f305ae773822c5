/* A car on the race track: engine, brakes, tyres, reward. Constants and their order are those of
 * CarRacing-v0 (gym 0.9, Klimov 2016), computed in double and rounded to float where the original
 * hands them to Box2D. */
#include "envs/racing.h"

#include <math.h>
#include <string.h>

#include "envs/options.h"
#include "runtime/base/alloc.h"

enum { MOST_STEPS = 1000, FIRST_WHEEL = 1, FIRST_TILE = FIRST_WHEEL + WN_RACING_WHEELS };
enum { ROAD = 1, HULL = 2, WHEEL = 0x20 }; /* collision categories */

static const double SECONDS = 1.0 / 50; /* of a frame */
static const double SIZE = 0.02;        /* metres a unit of the original's drawing of the car */
static const double ENGINE_POWER = 40000;
static const double WHEEL_INERTIA = 1.6;
static const double GRIP = 400;  /* the most force that a wheel has on the road */
static const double GRASS = 0.6; /* of that beside it */
static const double WHEEL_RADIUS = 27 * SIZE, WHEEL_HALF_WIDTH = 14 * SIZE;
static const double STIFFNESS = 205000 * SIZE * SIZE; /* of the tyres */
static const double STEERING_LIMIT = 0.4, STEERING_TORQUE = 64.8;
static const double BRAKE = 15; /* rad/s in a frame */

static wn_b2_vec vec(double x, double y) {
    return (wn_b2_vec){(float)x, (float)y};
}

size_t wn_racing_hull_polygon(size_t k, wn_b2_vec corner[WN_B2_VERTICES]) {
    static const struct {
        size_t n;
        double corner[WN_B2_VERTICES][2];
    } hull[WN_RACING_HULLS] = {
        {4, {{-60, 130}, {60, 130}, {60, 110}, {-60, 110}}},
        {4, {{-15, 120}, {15, 120}, {20, 20}, {-20, 20}}},
        {8,
         {{25, 20},
          {50, -10},
          {50, -40},
          {20, -90},
          {-20, -90},
          {-50, -40},
          {-50, -10},
          {-25, 20}}},
        {4, {{-50, -120}, {50, -120}, {50, -90}, {-50, -90}}},
    };
    for (size_t i = 0; i < hull[k].n; i++)
        corner[i] = vec(hull[k].corner[i][0] * SIZE, hull[k].corner[i][1] * SIZE);
    return hull[k].n;
}

size_t wn_racing_wheel_polygon(wn_b2_vec corner[WN_B2_VERTICES]) {
    corner[0] = vec(-WHEEL_HALF_WIDTH, WHEEL_RADIUS);
    corner[1] = vec(WHEEL_HALF_WIDTH, WHEEL_RADIUS);
    corner[2] = vec(WHEEL_HALF_WIDTH, -WHEEL_RADIUS);
    corner[3] = vec(-WHEEL_HALF_WIDTH, -WHEEL_RADIUS);
    return 4;
}

/* A wheel comes on to a tile or leaves it. Each tile pays once. */
static void on_contact(void *ctx, uint32_t a, uint32_t b, bool begin) {
    wn_racing *r = ctx;
    const uint32_t low = a < b ? a : b, high = a < b ? b : a;
    if (low < FIRST_WHEEL || low >= FIRST_TILE || high < FIRST_TILE)
        return;
    wn_racing_wheel *wheel = &r->wheel[low - FIRST_WHEEL];
    const size_t tile = high - FIRST_TILE;
    wheel->tiles += begin ? 1 : UINT32_MAX;
    if (begin && !r->visited[tile]) {
        r->visited[tile] = true;
        r->n_visited++;
        r->reward += 1000.0 / (double)r->track.n;
    }
}

static void add_road(wn_racing *r) {
    const wn_b2_material road = {.friction = 0.2f, .category = ROAD, .mask = WHEEL, .sensor = true};
    for (size_t i = 0; i < r->track.n; i++) {
        wn_b2_body *body = wn_b2_add_body(r->world, false, vec(0, 0), 0, FIRST_TILE + (uint32_t)i);
        wn_b2_add_polygon(body, r->track.tile[i].corner, 4, &road);
    }
}

/* The original lets the body of the car touch tiles too, but nothing comes of it: the tiles are
 * sensors. Here it does not, which saves looking for those contacts. */
static void add_hull(wn_racing *r, const wn_racing_place *start) {
    const wn_b2_material body = {.density = 1, .friction = 0.2f, .category = HULL};
    r->hull = wn_b2_add_body(r->world, true, vec(start->x, start->y), (float)start->beta, 0);
    for (size_t k = 0; k < WN_RACING_HULLS; k++) {
        wn_b2_vec corner[WN_B2_VERTICES];
        const size_t n = wn_racing_hull_polygon(k, corner);
        wn_b2_add_polygon(r->hull, corner, n, &body);
    }
}

/* The original places wheels as if the car looked along y; the first steps pull them to where they
 * belong. */
static void add_wheel(wn_racing *r, size_t i, const wn_racing_place *start) {
    static const double at[WN_RACING_WHEELS][2] = {{-55, 80}, {55, 80}, {-55, -82}, {55, -82}};
    const wn_b2_material tyre = {
        .density = 0.1f, .friction = 0.2f, .category = WHEEL, .mask = ROAD};
    const double x = at[i][0] * SIZE, y = at[i][1] * SIZE;
    wn_b2_vec corner[WN_B2_VERTICES];
    const size_t n = wn_racing_wheel_polygon(corner);
    wn_racing_wheel *wheel = &r->wheel[i];
    *wheel = (wn_racing_wheel){0};
    wheel->body = wn_b2_add_body(r->world, true, vec(start->x + x, start->y + y),
                                 (float)start->beta, FIRST_WHEEL + (uint32_t)i);
    wn_b2_add_polygon(wheel->body, corner, n, &tyre);
    const wn_b2_revolute axle = {
        vec(x, y), vec(0, 0), (float)-STEERING_LIMIT, (float)STEERING_LIMIT, (float)STEERING_TORQUE,
        0};
    wheel->joint = wn_b2_add_revolute(r->world, r->hull, wheel->body, &axle);
}

static double clip(double x, double low, double high) {
    return x < low ? low : x > high ? high : x;
}

static double sign(double x) {
    return (double)((x > 0) - (x < 0));
}

/* The wheel turns to where it is steered, at most 3 rad/s. */
static void steer(wn_racing_wheel *w) {
    const double off = w->steer - (double)wn_b2_joint_angle(w->joint);
    wn_b2_set_motor(w->joint, (float)(sign(off) * fmin(50.0 * fabs(off), 3.0)),
                    (float)STEERING_TORQUE);
}

static void spin(wn_racing_wheel *w) {
    w->omega += SECONDS * ENGINE_POWER * w->gas / WHEEL_INERTIA / (fabs(w->omega) + 5.0);
    if (w->brake >= 0.9)
        w->omega = 0;
    else if (w->brake > 0)
        w->omega -= sign(w->omega) * fmin(BRAKE * w->brake, fabs(w->omega));
    w->phase += w->omega * SECONDS;
}

/* A mark goes on where it ended, or begins with the second frame of sliding. */
static void leave_mark(wn_racing *r, wn_racing_wheel *w, bool sliding) {
    const bool mud = w->tiles == 0;
    const wn_b2_vec here = wn_b2_body_motion(w->body).position;
    wn_racing_mark *mark = w->mark ? &r->mark[(w->mark - 1) % WN_RACING_MARKS] : NULL;
    const bool is_old = r->n_marks >= w->mark + WN_RACING_MARKS;
    if (sliding && mark && !is_old && mark->mud == mud && mark->n < WN_RACING_MARK_POINTS) {
        mark->point[mark->n++] = here;
    } else if (sliding && w->sliding) {
        mark = &r->mark[r->n_marks++ % WN_RACING_MARKS];
        *mark = (wn_racing_mark){.n = 2, .point = {w->slid_from, here}, .mud = mud};
        w->mark = r->n_marks;
        w->slid_from = here;
    } else {
        w->mark = 0;
        w->slid_from = here;
    }
    w->sliding = sliding;
}

/* The tyre pushes against the difference between its own speed and the ground's, along and across,
 * as far as it has grip. */
static void roll(wn_racing *r, wn_racing_wheel *w) {
    const double grip = w->tiles > 0 ? GRIP : GRIP * GRASS;
    const wn_b2_vec along = wn_b2_world_vector(w->body, vec(0, 1));
    const wn_b2_vec across = wn_b2_world_vector(w->body, vec(1, 0));
    const wn_b2_vec v = wn_b2_body_motion(w->body).velocity;
    const double forward = (double)along.x * (double)v.x + (double)along.y * (double)v.y;
    const double sideways = (double)across.x * (double)v.x + (double)across.y * (double)v.y;
    double drive = (w->omega * WHEEL_RADIUS - forward) * STIFFNESS, slip = -sideways * STIFFNESS;
    const double force = sqrt(drive * drive + slip * slip);
    leave_mark(r, w, force > 2 * grip);
    if (force > grip) {
        drive = drive / force * grip;
        slip = slip / force * grip;
    }
    w->omega -= SECONDS * drive * WHEEL_RADIUS / WHEEL_INERTIA;
    wn_b2_push(w->body, vec(slip * (double)across.x + drive * (double)along.x,
                            slip * (double)across.y + drive * (double)along.y));
}

static void advance(wn_racing *r) {
    for (size_t i = 0; i < WN_RACING_WHEELS; i++) {
        steer(&r->wheel[i]);
        spin(&r->wheel[i]);
        roll(r, &r->wheel[i]);
    }
    wn_b2_step(r->world, (float)SECONDS, 180, 60);
    r->seconds += SECONDS;
}

wn_racing *wn_racing_create(void) {
    wn_racing *r = wn_calloc(1, sizeof *r);
    if (r)
        r->world = wn_b2_create(vec(0, 0), on_contact, r);
    if (r && r->world)
        return r;
    wn_racing_destroy(r);
    return NULL;
}

void wn_racing_destroy(wn_racing *racing) {
    if (!racing)
        return;
    wn_b2_destroy(racing->world);
    wn_free(racing);
}

/* Tiles that are touched here are paid in the first step, as in the original. */
int wn_racing_reset(wn_racing *r, uint64_t seed, wann_env_error *error) {
    if (!wn_racing_track_make(&r->track, seed))
        return wn_env_fail(error, WANN_INTERNAL, "no track closes");
    wn_b2_clear(r->world);
    memset(r->visited, 0, sizeof r->visited);
    r->n_visited = r->n_marks = 0;
    r->reward = r->paid = r->seconds = 0;
    add_road(r);
    add_hull(r, &r->track.place[0]);
    for (size_t i = 0; i < WN_RACING_WHEELS; i++)
        add_wheel(r, i, &r->track.place[0]);
    advance(r);
    return WANN_OK;
}

wn_racing_controls wn_racing_controls_of(const double action[3]) {
    return (wn_racing_controls){.steer = clip(action[0], -1, 1),
                                .gas = (clip(action[1], -1, 1) + 1) / 2,
                                .brake = clip(action[2], 0, 1)};
}

/* Gas grows by at most a tenth a frame, and goes at once. Rear wheels drive, front wheels steer,
 * all brake. */
static void control(wn_racing *r, wn_racing_controls c) {
    const double gas = clip(c.gas, 0, 1);
    for (size_t i = 0; i < WN_RACING_WHEELS; i++) {
        wn_racing_wheel *w = &r->wheel[i];
        w->brake = c.brake;
        if (i < 2)
            w->steer = -c.steer;
        else
            w->gas += fmin(gas - w->gas, 0.1);
    }
}

int wn_racing_step(wn_racing *r, wn_racing_controls controls, wann_env_result *result,
                   wann_env_error *error) {
    if (!isfinite(controls.steer) || !isfinite(controls.gas) || !isfinite(controls.brake))
        return wn_env_fail(error, WANN_INPUT, "the controls are not finite");
    control(r, controls);
    advance(r);
    r->reward -= 0.1;
    const wn_b2_vec at = wn_b2_body_motion(r->hull).position;
    const bool lost = fabs((double)at.x) > WN_RACING_FIELD || fabs((double)at.y) > WN_RACING_FIELD;
    *result = (wann_env_result){
        .reward = lost ? -100 : r->reward - r->paid,
        .terminated = lost || r->n_visited == r->track.n,
        .truncated = r->seconds > (MOST_STEPS + 0.5) * SECONDS,
    };
    r->paid = r->reward;
    return WANN_OK;
}
