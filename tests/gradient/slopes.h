/* Derivatives of networks without a formula for any derivative: by the complex step. */
#ifndef WN_TEST_SLOPES_H
#define WN_TEST_SLOPES_H

#include <stdbool.h>

#include "runtime/base/rng.h"
#include "runtime/net/net.h"

/* What a derivative is taken with respect to. */
typedef enum slopes_kind { BY_NOTHING, BY_INPUT, BY_CONNECTION, BY_SHARED_WEIGHT } slopes_kind;
typedef struct slopes_direction {
    slopes_kind kind;
    uint32_t index; /* of the input or connection */
} slopes_direction;

/* A network at a point. */
typedef struct slopes_point {
    const wn_net *net;
    const double *in;      /* [inputs] */
    const double *weight;  /* [connections] */
    const double *out_bar; /* [outputs] */
} slopes_point;

/* How numbers are disturbed, to see what rounding can do to a result. */
typedef struct slopes_noise {
    double size; /* relative to each product and activation */
    wn_rng rng;
} slopes_noise;

typedef struct slopes_result {
    long double value; /* the sum of out_bar[o] out[o] */
    long double slope; /* its derivative */
} slopes_result;

/* noise may be NULL. */
slopes_result slopes_take(const slopes_point *point, slopes_direction direction,
                          slopes_noise *noise);

/* Whether the point is safely off every kink, and all numbers are of moderate size. */
bool slopes_smooth(const slopes_point *point);

#endif
