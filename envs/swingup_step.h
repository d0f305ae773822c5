/* The start and one step of the swing-up in double, inlined into worlds, lanes and web pages, which so
 * agree bit for bit. */
#ifndef WN_SWINGUP_STEP_H
#define WN_SWINGUP_STEP_H

#include <math.h>

#include "envs/portable.h"
#include "envs/swingup.h"
#include "runtime/base/rng.h"
#include "wn_kernels_f64.h"

/* Sine and cosine from the C library, or, for runs that come out the same on every machine, the
 * project's own. */
static inline double wn_swingup_cos(double angle, bool portable) {
    return portable ? wn_f64_cos_pi(angle * (1 / WN_SWINGUP_PI)) : cos(angle);
}

static inline void wn_swingup_turn(wn_cart_pole *p, bool portable) {
    if (portable) {
        wn_f64_sincos_pi(p->theta * (1 / WN_SWINGUP_PI), &p->sine, &p->cosine);
    } else {
        p->sine = sin(p->theta);
        p->cosine = cos(p->theta);
    }
}

/* As wn_swingup_start. The number says what the random numbers are for. */
static inline wn_cart_pole wn_swingup_begin(uint64_t seed, bool portable) {
    double (*const normal)(wn_rng *) = portable ? wn_portable_normal : wn_rng_normal;
    wn_rng rng = wn_rng_stream(seed, 0, 0, UINT64_C(0x73776e67));
    wn_cart_pole p = {0};
    p.x = 0.2 * normal(&rng);
    p.x_dot = 0.2 * normal(&rng);
    p.theta = WN_SWINGUP_PI + 0.2 * normal(&rng);
    p.theta_dot = 0.2 * normal(&rng);
    wn_swingup_turn(&p, portable);
    return p;
}

/* Positions advance with the old velocities, then the velocities. Sums and products in the order of
 * the published code, because the task is chaotic: its numbers can only be had by its rounding. l: the
 * length of the pole. */
static inline void wn_swingup_advance(wn_cart_pole *p, double action, double l, bool portable) {
    const double g = WN_SWINGUP_GRAVITY, mp = WN_SWINGUP_POLE_MASS;
    const double m = WN_SWINGUP_CART_MASS + mp, mpl = mp * l, b = WN_SWINGUP_FRICTION;
    const double clipped = action < -1 ? -1 : action > 1 ? 1 : action;
    const double force = clipped * WN_SWINGUP_FORCE, s = p->sine, c = p->cosine;
    const double spin = p->theta_dot * p->theta_dot;
    const double x_acceleration =
        (-2 * mpl * spin * s + 3 * mp * g * s * c + 4 * force - 4 * b * p->x_dot) /
        (4 * m - 3 * mp * (c * c));
    const double theta_acceleration =
        (-3 * mpl * spin * s * c + 6 * m * g * s + 6 * (force - b * p->x_dot) * c) /
        (4 * l * m - 3 * mpl * (c * c));
    p->x += p->x_dot * WN_SWINGUP_DT;
    p->theta += p->theta_dot * WN_SWINGUP_DT;
    p->x_dot += x_acceleration * WN_SWINGUP_DT;
    p->theta_dot += theta_acceleration * WN_SWINGUP_DT;
    wn_swingup_turn(p, portable);
}

/* Of the new state: 1 upright in the middle of the track, 0 hanging or at its end. */
static inline double wn_swingup_reward(const wn_cart_pole *p, bool portable) {
    const double upright = (p->cosine + 1.0) / 2.0;
    return upright *
           wn_swingup_cos(p->x / WN_SWINGUP_TRACK * (WN_SWINGUP_PI / 2.0), portable);
}

static inline bool wn_swingup_off(const wn_cart_pole *p) {
    return p->x < -WN_SWINGUP_TRACK || p->x > WN_SWINGUP_TRACK;
}

#endif
