/* The cart-pole's equations of motion, its random starts and its episodes. */
#include "cartpole_sim.h"

#include <math.h>

#define PI 3.14159265358979323846
#define GRAVITY 9.82
#define CART_MASS 0.5
#define POLE_MASS 0.5
#define POLE_LENGTH 0.6
#define FRICTION 0.1
#define FORCE 10.0
#define TRACK 2.4
#define TIME_STEP 0.01

enum { FINAL_STEPS = 200 };

/* SplitMix64 (Steele, Lea & Flood 2014). */
static uint64_t next_random(uint64_t *state) {
    *state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Uniform in (0, 1], so that its logarithm is finite. */
static double uniform(uint64_t *state) {
    return (double)((next_random(state) >> 11) + 1) / 9007199254740992.0;
}

/* Box & Muller 1958. */
static double normal(uint64_t *state) {
    const double radius = sqrt(-2 * log(uniform(state)));
    return radius * cos(2 * PI * uniform(state));
}

cart_pole cart_pole_reset(uint64_t seed) {
    uint64_t random = seed;
    cart_pole state;
    state.x = 0.2 * normal(&random);
    state.x_dot = 0.2 * normal(&random);
    state.theta = PI + 0.2 * normal(&random);
    state.theta_dot = 0.2 * normal(&random);
    return state;
}

void cart_pole_observe(const cart_pole *state, double in[CART_POLE_INPUTS]) {
    in[CART_POLE_X] = state->x;
    in[CART_POLE_X_DOT] = state->x_dot;
    in[CART_POLE_COS] = cos(state->theta);
    in[CART_POLE_SIN] = sin(state->theta);
    in[CART_POLE_THETA_DOT] = state->theta_dot;
}

static double clip(double push) {
    if (push > 1)
        return 1;
    if (push < -1)
        return -1;
    return push == push ? push : 0;
}

double cart_pole_step(cart_pole *state, double push) {
    const double s = sin(state->theta);
    const double c = cos(state->theta);
    const double force = FORCE * clip(push) - FRICTION * state->x_dot;
    const double mass = CART_MASS + POLE_MASS;
    const double moment = POLE_MASS * POLE_LENGTH;
    const double spin = moment * state->theta_dot * state->theta_dot * s;
    const double x_acceleration = (-2 * spin + 3 * POLE_MASS * GRAVITY * s * c + 4 * force) /
                                  (4 * mass - 3 * POLE_MASS * c * c);
    const double theta_acceleration = (-3 * spin * c + 6 * mass * GRAVITY * s + 6 * force * c) /
                                      (4 * POLE_LENGTH * mass - 3 * moment * c * c);
    /* Positions move with the old velocities: the published order. */
    state->x += TIME_STEP * state->x_dot;
    state->theta += TIME_STEP * state->theta_dot;
    state->x_dot += TIME_STEP * x_acceleration;
    state->theta_dot += TIME_STEP * theta_acceleration;
    return (cos(state->theta) + 1) / 2 * cos(state->x / TRACK * PI / 2);
}

bool cart_pole_off_track(const cart_pole *state) {
    return fabs(state->x) > TRACK;
}

cart_pole_result cart_pole_episode(uint64_t seed, cart_pole_policy *policy, void *context) {
    cart_pole_result result = {0};
    result.last = cart_pole_reset(seed);
    while (result.steps < CART_POLE_STEPS && !cart_pole_off_track(&result.last)) {
        double in[CART_POLE_INPUTS];
        cart_pole_observe(&result.last, in);
        result.reward += cart_pole_step(&result.last, policy(in, context));
        result.steps++;
        if (result.steps > CART_POLE_STEPS - FINAL_STEPS)
            result.upright += cos(result.last.theta) > 0.866;
    }
    return result;
}

bool cart_pole_success(const cart_pole_result *result) {
    return result->steps == CART_POLE_STEPS && result->upright == FINAL_STEPS &&
           !cart_pole_off_track(&result->last);
}
