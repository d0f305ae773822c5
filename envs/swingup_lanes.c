/* Cart-poles in lock step: in double bit for bit the single world, in float for speed. */
#include "envs/swingup_lanes.h"

#include <math.h>
#include <string.h>

#include "envs/options.h"
#include "envs/swingup_step.h"
#include "runtime/base/alloc.h"
#include "runtime/base/units.h"
#include "wn_kernels_f32_lanes.h"

/* Lanes are kept in blocks, because a compiler knows that arrays of one struct do not overlap: a
 * dozen pointers it would have to compare first, which it does not do.
 * angle: in double theta in radians; in float in half turns, where it wraps without an error, so
 * that it is as exact after many turns as after none. sine, cosine: of the angle. */
enum { BLOCK = 16 };
#define CARTS_OF(real)                                                                             \
    {                                                                                              \
        real x[BLOCK], x_dot[BLOCK], angle[BLOCK], theta_dot[BLOCK], sine[BLOCK], cosine[BLOCK];   \
        real action[BLOCK], reward[BLOCK];                                                         \
        uint32_t step[BLOCK]; /* done in the episode */                                            \
    }
typedef struct carts_f64 CARTS_OF(double) carts_f64;
typedef struct carts_f32 CARTS_OF(float) carts_f32;

WN_ALONG void step_one(carts_f64 *b, size_t l, double pole, bool portable) {
    wn_cart_pole p = {b->x[l], b->x_dot[l], b->angle[l], b->theta_dot[l], b->sine[l], b->cosine[l]};
    wn_swingup_advance(&p, b->action[l], pole, portable);
    b->reward[l] = wn_swingup_reward(&p, portable);
    b->x[l] = p.x;
    b->x_dot[l] = p.x_dot;
    b->angle[l] = p.theta;
    b->theta_dot[l] = p.theta_dot;
    b->sine[l] = p.sine;
    b->cosine[l] = p.cosine;
}

/* With the project's own sine and cosine whole vectors, which are cheaper than a remainder; with
 * the C library's only the lanes that are there. */
WN_ALONG void step_block_f64(carts_f64 *b, size_t n, double pole, bool portable) {
    if (portable)
        for (size_t l = 0; l < BLOCK; l++)
            step_one(b, l, pole, true);
    else
        for (size_t l = 0; l < n; l++)
            step_one(b, l, pole, false);
}

static const float DT = (float)WN_SWINGUP_DT;

/* The accelerations of wn_swingup_advance, constants multiplied out. l: the length of the pole. */
WN_ALONG void accelerate(float s, float c, float x_dot, float theta_dot, float action,
                         double l, float *x_acceleration, float *theta_acceleration) {
    const double m = WN_SWINGUP_CART_MASS + WN_SWINGUP_POLE_MASS, mp = WN_SWINGUP_POLE_MASS;
    const double g = WN_SWINGUP_GRAVITY;
    const float clipped = action < -1.0f ? -1.0f : action > 1.0f ? 1.0f : action;
    const float force = clipped * (float)WN_SWINGUP_FORCE - (float)WN_SWINGUP_FRICTION * x_dot;
    const float spin = (float)(mp * l) * (theta_dot * theta_dot) * s;
    const float x_part = (float)(3 * mp * g) * (s * c) - 2.0f * spin + 4.0f * force;
    const float theta_part = (float)(6 * m * g) * s - (3.0f * spin - 6.0f * force) * c;
    *x_acceleration = x_part / ((float)(4 * m) - (float)(3 * mp) * (c * c));
    *theta_acceleration = theta_part / ((float)(4 * l * m) - (float)(3 * mp * l) * (c * c));
}

/* sin(pi x) and cos(pi x) for |x| <= 1, by the sine of angles up to a right one: 0.5 - a and 1 - a
 * are exact where they are small. */
WN_ALONG float cosine_of(float x) {
    return wn_lanes_sine(0.5f - fabsf(x));
}
WN_ALONG float sine_of(float x) {
    const float a = fabsf(x), rest = 1.0f - a;
    return copysignf(wn_lanes_sine(a < rest ? a : rest), x);
}

/* The step in float, for all lanes of the block. */
WN_ALONG void step_block_f32(carts_f32 *b, size_t n, double pole, bool portable) {
    (void)n, (void)portable;
    const float round = 25165824.0f; /* 1.5 * 2^24: a sum with it is even */
    const float turn = (float)(WN_SWINGUP_DT / WN_SWINGUP_PI);
    for (size_t l = 0; l < BLOCK; l++) {
        float x_acceleration, theta_acceleration;
        accelerate(b->sine[l], b->cosine[l], b->x_dot[l], b->theta_dot[l], b->action[l], pole,
                   &x_acceleration, &theta_acceleration);
        const float x = b->x[l] + DT * b->x_dot[l];
        const float turned = b->angle[l] + turn * b->theta_dot[l];
        const float angle = turned - ((turned + round) - round);
        const float cosine = cosine_of(angle);
        b->x[l] = x;
        b->x_dot[l] += DT * x_acceleration;
        b->angle[l] = angle;
        b->theta_dot[l] += DT * theta_acceleration;
        b->sine[l] = sine_of(angle);
        b->cosine[l] = cosine;
        b->reward[l] = (cosine + 1.0f) * 0.5f * cosine_of(x * (float)(0.5 / WN_SWINGUP_TRACK));
    }
}

#define REAL                double
#define NAME(x)             x##_f64
#define FROM_RADIANS(theta) (theta)
#include "envs/swingup_lanes.inc"
#undef REAL
#undef NAME
#undef FROM_RADIANS

#define REAL                float
#define NAME(x)             x##_f32
#define FROM_RADIANS(theta) ((float)((theta) / WN_SWINGUP_PI))
#include "envs/swingup_lanes.inc"
