/* A task of one's own for wann: the acrobot, two links that hang from a bar and are driven at the joint
 * between them (Sutton, "Generalization in reinforcement learning", 1996, section 5). */
#include <wann/env.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846
#define DT 0.2 /* s a step; each is four steps of Runge and Kutta's method */
enum { STEPS = 500, OBSERVATIONS = 6 };

/* Angles in rad, from hanging; the second is measured from the first link. */
typedef struct acrobot {
    double theta[2], speed[2];
    unsigned steps;
} acrobot;

static int create(const char *const *options, void **world, wann_env_error *error) {
    if (options && *options) {
        snprintf(error->text, sizeof error->text, "unknown option '%.100s'; there are none", *options);
        return WANN_INPUT;
    }
    *world = calloc(1, sizeof(acrobot));
    return *world ? WANN_OK : WANN_NO_MEMORY;
}

/* SplitMix64 (Steele, Lea & Flood 2014), to -0.1 .. 0.1. */
static double start(uint64_t *random) {
    uint64_t z = *random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return 0.2 * ((double)((z ^ (z >> 31)) >> 11) * 0x1p-53 - 0.5);
}

static void observe(const acrobot *a, double *observation) {
    const double seen[OBSERVATIONS] = {cos(a->theta[0]), sin(a->theta[0]), cos(a->theta[1]),
                                       sin(a->theta[1]), a->speed[0],      a->speed[1]};
    memcpy(observation, seen, sizeof seen);
}

static int reset(void *world, uint64_t seed, double *observation, wann_env_error *error) {
    (void)error;
    acrobot *a = world;
    *a = (acrobot){{start(&seed), start(&seed)}, {start(&seed), start(&seed)}, 0};
    observe(a, observation);
    return WANN_OK;
}

/* Sutton's equations with masses and lengths of 1, centres in the middle, moments of inertia of 1.
 * y: two angles, two speeds. */
static void derive(const double y[4], double torque, double d[4]) {
    const double g = 9.8, c2 = cos(y[1]), s2 = sin(y[1]);
    const double d1 = 0.25 + (1 + 0.25 + c2) + 2, d2 = 0.25 + 0.5 * c2 + 1;
    const double phi2 = 0.5 * g * cos(y[0] + y[1] - PI / 2);
    const double phi1 = -0.5 * y[3] * y[3] * s2 - y[3] * y[2] * s2 +
                        1.5 * g * cos(y[0] - PI / 2) + phi2;
    d[0] = y[2];
    d[1] = y[3];
    d[3] = (torque + d2 / d1 * phi1 - 0.5 * y[2] * y[2] * s2 - phi2) / (1.25 - d2 * d2 / d1);
    d[2] = -(d2 * d[3] + phi1) / d1;
}

static void advance(double y[4], double torque, double dt) {
    double k[4][4], at[4];
    derive(y, torque, k[0]);
    for (int stage = 1; stage < 4; stage++) {
        for (int i = 0; i < 4; i++)
            at[i] = y[i] + (stage == 3 ? dt : dt / 2) * k[stage - 1][i];
        derive(at, torque, k[stage]);
    }
    for (int i = 0; i < 4; i++)
        y[i] += dt / 6 * (k[0][i] + 2 * k[1][i] + 2 * k[2][i] + k[3][i]);
}

static double clip(double x, double limit) {
    return x < -limit ? -limit : x > limit ? limit : x;
}

/* -1 a step until the foot is a link's length above the bar. */
static int step(void *world, const double *action, double *observation, wann_env_result *result,
                wann_env_error *error) {
    (void)error;
    acrobot *a = world;
    double y[4] = {a->theta[0], a->theta[1], a->speed[0], a->speed[1]};
    for (int part = 0; part < 4; part++)
        advance(y, clip(action[0], 1), DT / 4);
    *a = (acrobot){{y[0], y[1]}, {clip(y[2], 4 * PI), clip(y[3], 9 * PI)}, a->steps + 1};
    observe(a, observation);
    result->terminated = -cos(y[0]) - cos(y[0] + y[1]) > 1;
    result->truncated = a->steps >= STEPS;
    result->reward = result->terminated ? 0 : -1;
    return WANN_OK;
}

/* How far p is from the line a .. b. */
static double distance(const double p[2], const double a[2], const double b[2]) {
    const double dx = b[0] - a[0], dy = b[1] - a[1], px = p[0] - a[0], py = p[1] - a[1];
    const double t = fmin(1, fmax(0, (px * dx + py * dy) / fmax(dx * dx + dy * dy, 1e-12)));
    return hypot(px - t * dx, py - t * dy);
}

/* Each pixel by its distance from the links, so that edges are smooth. */
static int render(void *world, uint32_t width, uint32_t height, unsigned char *rgb,
                  wann_env_error *error) {
    (void)error;
    const acrobot *a = world;
    const double unit = (width < height ? width : height) / 5.0, both = a->theta[0] + a->theta[1];
    const double bar[2] = {width / 2.0, height / 2.0};
    const double joint[2] = {bar[0] + unit * sin(a->theta[0]), bar[1] + unit * cos(a->theta[0])};
    const double foot[2] = {joint[0] + unit * sin(both), joint[1] + unit * cos(both)};
    static const double links[2][3] = {{0, 114, 178}, {213, 94, 0}};
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++, rgb += 3) {
            const double p[2] = {x + 0.5, y + 0.5};
            const double d[2] = {distance(p, bar, joint), distance(p, joint, foot)};
            double color[3] = {255, 255, 255};
            if (fabs(p[1] - (bar[1] - unit)) < 1)
                color[0] = color[1] = color[2] = 170;
            for (int link = 0; link < 2; link++)
                for (int c = 0; c < 3; c++)
                    color[c] += (links[link][c] - color[c]) * clip(fmax(0, unit / 12 - d[link]), 1);
            for (int c = 0; c < 3; c++)
                rgb[c] = (unsigned char)lround(color[c]);
        }
    return WANN_OK;
}

static const char *const observation_names[OBSERVATIONS] = {"cos_1", "sin_1",   "cos_2",
                                                            "sin_2", "speed_1", "speed_2"};
static const char *const action_names[1] = {"torque"};
static const double low[1] = {-1}, high[1] = {1};

extern WANN_API const wann_env_type wann_env_plugin;
const wann_env_type wann_env_plugin = {.abi = WANN_ENV_ABI,
                                       .size = sizeof(wann_env_type),
                                       .name = "acrobot",
                                       .summary = "swing two links up by the joint between them",
                                       .observations = OBSERVATIONS,
                                       .actions = 1,
                                       .observation_names = observation_names,
                                       .action_names = action_names,
                                       .action_low = low,
                                       .action_high = high,
                                       .create = create,
                                       .destroy = free,
                                       .steps = STEPS,
                                       .steps_per_second = 1 / DT,
                                       .reset = reset,
                                       .step = step,
                                       .picture_width = 400,
                                       .picture_height = 400,
                                       .render = render};
