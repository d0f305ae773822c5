/* A cart with a pole that hangs down: swing it up, hold it there, stay on the track.
 *
 * The cart-pole swing-up of Gaier & Ha, "Weight Agnostic Neural Networks" (2019), arXiv 1906.04358:
 * the same constants, the same Euler step, the same reward. Lengths in metres, angles in radians,
 * seconds, newtons. Plain C99 without the library, so that it can be copied with the example. */
#ifndef CARTPOLE_SIM_H
#define CARTPOLE_SIM_H

#include <stdbool.h>
#include <stdint.h>

#define CART_POLE_STEPS 1000 /* an episode: 10 seconds */

/* theta: 0 stands upright, pi hangs down. */
typedef struct cart_pole {
    double x;
    double x_dot;
    double theta;
    double theta_dot;
} cart_pole;

/* The order of the inputs of a policy. */
enum { CART_POLE_X, CART_POLE_X_DOT, CART_POLE_COS, CART_POLE_SIN, CART_POLE_THETA_DOT,
       CART_POLE_INPUTS };

/* A policy: what it sees in, its push out (1 is 10 N; the cart clips it to [-1, 1]). */
typedef double cart_pole_policy(const double in[CART_POLE_INPUTS], void *context);

/* Hanging still but for a random nudge: every state Normal(0, 0.2), the angle around pi. The same
 * seed gives the same state on every machine. */
cart_pole cart_pole_reset(uint64_t seed);

void cart_pole_observe(const cart_pole *state, double in[CART_POLE_INPUTS]);

/* One step of 0.01 s. Returns the reward of the new state, at most 1: how upright the pole is times
 * how central the cart. A push that is no number counts as 0. */
double cart_pole_step(cart_pole *state, double push);

/* Whether the cart has left the track (2.4 m to each side), which ends an episode. */
bool cart_pole_off_track(const cart_pole *state);

/* What came of an episode. */
typedef struct cart_pole_result {
    double reward;       /* sum over the steps; 1000 would be perfect */
    int steps;           /* fewer than CART_POLE_STEPS: it left the track */
    int upright;         /* how many of the last 200 steps the pole stood within 30 degrees */
    cart_pole last;
} cart_pole_result;

/* Run one episode from cart_pole_reset(seed). */
cart_pole_result cart_pole_episode(uint64_t seed, cart_pole_policy *policy, void *context);

/* Whether it ended as it should: on the track, the pole up throughout the last 200 steps. */
bool cart_pole_success(const cart_pole_result *result);

#endif
