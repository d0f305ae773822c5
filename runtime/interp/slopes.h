/* Derivatives of networks without a formula for any derivative, by the complex step: what code that
 * computes derivatives is held to. */
#ifndef WN_SLOPES_H
#define WN_SLOPES_H

#include <stdbool.h>

#include "runtime/base/rng.h"
#include "runtime/net/net.h"

/* What a derivative is taken with respect to. */
typedef enum wn_slopes_kind {
    WN_BY_NOTHING,
    WN_BY_INPUT,
    WN_BY_CONNECTION,
    WN_BY_SHARED_WEIGHT
} wn_slopes_kind;
typedef struct wn_slopes_direction {
    wn_slopes_kind kind;
    uint32_t index; /* of the input or connection */
} wn_slopes_direction;

/* A network at a point. */
typedef struct wn_slopes_point {
    const wn_net *net;
    const double *in;      /* [inputs] */
    const double *weight;  /* [connections] */
    const double *out_bar; /* [outputs] */
} wn_slopes_point;

/* How numbers are disturbed, to see what rounding can do to a result. */
typedef struct wn_slopes_noise {
    double size; /* relative to each product and activation */
    wn_rng rng;
} wn_slopes_noise;

typedef struct wn_slopes_result {
    long double value; /* the sum of out_bar[o] out[o] */
    long double slope; /* its derivative */
} wn_slopes_result;

/* Room that the functions below need: wn_slopes_room(net) bytes, aligned for any type. */
size_t wn_slopes_room(const wn_net *net);

/* noise may be NULL. */
wn_slopes_result wn_slopes_take(const wn_slopes_point *point, wn_slopes_direction direction,
                                wn_slopes_noise *noise, void *room);

/* Whether the point is safely off every kink, and all numbers are of moderate size. */
bool wn_slopes_smooth(const wn_slopes_point *point, void *room);

#endif
