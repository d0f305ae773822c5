/* The cart-pole swing-up of Gaier and Ha's WANN release, which follows Gal, McAllister, Rasmussen,
 * "Improving PILCO with Bayesian neural network dynamics models" (2016): what its worlds share.
 * Lengths in m, times in s, masses in kg; theta is 0 upright and pi hanging. */
#ifndef WN_SWINGUP_H
#define WN_SWINGUP_H

#include <stdbool.h>
#include <stdint.h>

#include "wann/env.h"

#define WN_SWINGUP_GRAVITY 9.82
#define WN_SWINGUP_CART_MASS 0.5
#define WN_SWINGUP_POLE_MASS 0.5
#define WN_SWINGUP_LENGTH 0.6 /* of the pole, where option pole says nothing else */
#define WN_SWINGUP_FRICTION 0.1
#define WN_SWINGUP_FORCE 10.0 /* N, of an action of 1 */
#define WN_SWINGUP_TRACK 2.4  /* to either side */
#define WN_SWINGUP_DT 0.01
#define WN_SWINGUP_PI 3.14159265358979323846

enum { WN_SWINGUP_STEPS = 1000, WN_SWINGUP_HARD_STEPS = 200 };
enum { WN_SWINGUP_OBSERVATIONS = 5 };

/* sine and cosine are those of theta: a step needs the ones that the observation before it did. */
typedef struct wn_cart_pole {
    double x, x_dot, theta, theta_dot;
    double sine, cosine;
} wn_cart_pole;

/* The start of an episode: Normal around rest with the pole hanging, sd 0.2 each. */
wn_cart_pole wn_swingup_start(uint64_t seed, bool portable);

/* What options change: nothing, if left out. */
typedef struct wn_swingup_setup {
    double pole; /* its length; its mass stays */
    bool portable;
} wn_swingup_setup;

/* The options, for worlds and lanes alike. */
int wn_swingup_options(const char *const *options, wn_swingup_setup *setup, wann_env_error *error);

#endif
