/* The complex step (Squire and Trapp 1998): with a tiny h, the imaginary part of f(x + i h) is h
 * f'(x), with no difference of nearly equal numbers. It needs the functions alone, not their
 * derivatives. */
#include "runtime/interp/slopes.h"

#include <complex.h>
#include <math.h>

typedef long double complex number;

static const long double step = 1e-200L, pi = 3.14159265358979323846264338327950288L;

enum { LARGEST = 1000 };

/* A factor close to 1. */
static long double disturb(wn_slopes_noise *noise) {
    return noise ? 1 + (long double)noise->size * (2 * (long double)wn_rng_uniform(&noise->rng) - 1)
                 : 1;
}

static number activate(wann_activation activation, number z) {
    const long double x = creall(z);
    switch (activation) {
    case WANN_ACT_LINEAR:
        return z;
    case WANN_ACT_STEP:
        return x > 0 ? 1 : 0;
    case WANN_ACT_SIN:
        return csinl(pi * z);
    case WANN_ACT_GAUSSIAN:
        return cexpl(-z * z / 2);
    case WANN_ACT_TANH:
        return ctanhl(z);
    case WANN_ACT_SIGMOID:
        return (ctanhl(z / 2) + 1) / 2;
    case WANN_ACT_INVERSE:
        return -z;
    case WANN_ACT_ABS:
        return x > 0 ? z : x < 0 ? -z : 0;
    case WANN_ACT_RELU:
        return x > 0 ? z : 0;
    case WANN_ACT_COS:
        return ccosl(pi * z);
    case WANN_ACT_SQUARED:
        return z * z;
    }
    return z;
}

/* Slopes such as 1 - t^2 have an error relative to 1, however small they are. */
static number activate_disturbed(wann_activation activation, number z, wn_slopes_noise *noise) {
    const number y = activate(activation, z);
    if (!noise)
        return y;
    const long double lost = 4 * (disturb(noise) - 1) * cimagl(z);
    const bool curved =
        activation != WANN_ACT_STEP && activation != WANN_ACT_ABS && activation != WANN_ACT_RELU;
    return y * disturb(noise) + (disturb(noise) - 1) + (curved ? lost * (number)I : 0);
}

static number weight_at(const wn_slopes_point *p, wn_slopes_direction d, uint32_t k) {
    const bool moved =
        d.kind == WN_BY_SHARED_WEIGHT || (d.kind == WN_BY_CONNECTION && d.index == k);
    return (long double)p->weight[k] + (moved ? step * (number)I : 0);
}

/* The sum of a node; *magnitude: of its terms. */
static number sum_of(const wn_slopes_point *p, wn_slopes_direction d, wn_slopes_noise *noise,
                     const number *value, uint32_t i, long double *magnitude) {
    number sum = 0;
    *magnitude = 0;
    for (uint32_t k = p->net->first_conn[i]; k < p->net->first_conn[i + 1]; k++) {
        const number product = value[p->net->source[k]] * weight_at(p, d, k) * disturb(noise);
        sum += product;
        *magnitude += cabsl(product);
    }
    return sum;
}

static bool has_kink(wann_activation activation) {
    return activation == WANN_ACT_STEP || activation == WANN_ACT_ABS || activation == WANN_ACT_RELU;
}

/* value[nodes]; *smooth, if not NULL: as wn_slopes_smooth. */
static void run(const wn_slopes_point *p, wn_slopes_direction d, wn_slopes_noise *noise,
                number *value, bool *smooth) {
    const wn_net *net = p->net;
    uint32_t input = 0;
    for (uint32_t i = 0; i < net->n_nodes; i++) {
        if (net->role[i] == WANN_BIAS) {
            value[i] = 1;
        } else if (net->role[i] == WANN_INPUT_NODE) {
            const bool moved = d.kind == WN_BY_INPUT && d.index == input;
            value[i] = (long double)p->in[input++] + (moved ? step * (number)I : 0);
        } else {
            long double magnitude;
            const wann_activation activation = (wann_activation)net->activation[i];
            const number sum = sum_of(p, d, noise, value, i, &magnitude);
            value[i] = activate_disturbed(activation, sum, noise);
            if (smooth && has_kink(activation) && magnitude > 0 &&
                fabsl(creall(sum)) < 1e-3L * (magnitude + 1))
                *smooth = false;
            if (smooth && !(magnitude < LARGEST))
                *smooth = false;
        }
    }
}

size_t wn_slopes_room(const wn_net *net) {
    return net->n_nodes * sizeof(number);
}

wn_slopes_result wn_slopes_take(const wn_slopes_point *point, wn_slopes_direction direction,
                                wn_slopes_noise *noise, void *room) {
    const wn_net *net = point->net;
    number *value = room, total = 0;
    run(point, direction, noise, value, NULL);
    for (uint32_t o = 0; o < net->n_outputs; o++)
        total += (long double)point->out_bar[o] * value[net->output[o]];
    return (wn_slopes_result){creall(total), cimagl(total) / step};
}

bool wn_slopes_smooth(const wn_slopes_point *point, void *room) {
    bool smooth = true;
    run(point, (wn_slopes_direction){WN_BY_NOTHING, 0}, NULL, room, &smooth);
    return smooth;
}
