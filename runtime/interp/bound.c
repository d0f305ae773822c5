/* A running error bound for compiled networks.
 *
 * Let V be the values that this file computes in long double, R those of the reference interpreter
 * and C those of the compiled code. For each node two numbers are kept: the most that C may differ
 * from V, and the most that R may. The rules are the same for both, with the promise of each; what
 * the rounding of V itself adds is part of them. At an output, |C - R| is at most their sum.
 *
 * A number that is not finite is "known" (its error is 0: all sides have the same infinity, or NaN)
 * or "unknown" (its error is infinite). */
#include "runtime/interp/bound.h"

#include <float.h>
#include <math.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/net/net.h"

static const long double PI = 3.14159265358979323846264338327950288L;

/* Relative error of a function of the C library in long double: a few ulp. */
static const long double LIBM = 8 * LDBL_EPSILON;

enum { COMPILED, REFERENCE, SIDES };

struct wn_bound {
    const wann_net *net;
    wn_arena arena;
    bool *live;                /* [n_nodes] whether an output depends on a node */
    long double *value;        /* [n_nodes] */
    long double *error[SIDES]; /* [n_nodes] */
    bool edge;
};

/* Promises. The C library's functions err by at most 2 ulp here, each 2 * unit of their value. The
 * formulas round as well: the exponent of the gaussian, x^2 / 2 = t, by unit * t, which moves
 * exp(-t) by at most unit / e; the sigmoid's tanh by 4 * unit and its sum by 2 * unit, halved. All
 * this is within the 4 * unit of kernel_abs. */
static wn_promise libm_promise(double sum, double unit, double largest, double smallest) {
    return (wn_promise){.sum = sum,
                        .kernel = 4 * unit,
                        .kernel_abs = 4 * unit,
                        .arg = 2 * unit,
                        .unit = unit,
                        .largest = largest,
                        .smallest = smallest};
}

wn_promise wn_promise_float_libm(void) {
    return libm_promise(1e-6, 0x1p-24, 0x1.fffffep127, 0x1p-149);
}

wn_promise wn_promise_double_libm(void) {
    return libm_promise(1e-14, 0x1p-53, DBL_MAX, 0x1p-1074);
}

/* Own kernels: 2 ulp of the formula as a whole, and sin(pi x) of x itself. */
static wn_promise kernel_promise(wn_promise promise) {
    promise.kernel = 4 * promise.unit;
    promise.kernel_abs = promise.smallest;
    promise.arg = 0;
    return promise;
}

wn_promise wn_promise_float_kernels(void) {
    return kernel_promise(wn_promise_float_libm());
}

wn_promise wn_promise_double_kernels(void) {
    return kernel_promise(wn_promise_double_libm());
}

/* Its integers hold inputs and weights exactly, or their errors are among those of the sums. */
wn_promise wn_promise_fixed(const double *sum_error, const double *value_error) {
    return (wn_promise){.unit = 0x1p-53,
                        .largest = DBL_MAX,
                        .smallest = 0x1p-1074,
                        .sum_error = sum_error,
                        .value_error = value_error};
}

/* What wann_run does: each sum in order, no better than its roundings. */
static wn_promise reference_promise(void) {
    wn_promise promise = wn_promise_double_libm();
    promise.sum = 0;
    return promise;
}

/* The error of x, an input or a weight, when it becomes a number of the type. */
static long double conversion_error(const wn_promise *promise, double x) {
    const double magnitude = fabs(x);
    if (x == 0 || !isfinite(x))
        return 0;
    if (magnitude > promise->largest)
        return (long double)INFINITY;
    if (promise->unit <= DBL_EPSILON / 2)
        return 0;
    if (magnitude < promise->smallest / promise->unit)
        return promise->smallest;
    int exponent;
    const double digits = frexp(magnitude, &exponent) / promise->unit;
    return digits == floor(digits) ? 0 : magnitude * promise->unit;
}

/* The sum of a node as it is gathered, for one side. */
typedef struct gathered {
    long double inherited; /* error that sources and converted weights bring */
    long double terms;     /* sum of the largest that each |term| can be */
    long double largest;   /* the largest of them */
    long double sources;   /* as terms, of the sources alone: sums may be taken before the weight */
    bool unknown;
} gathered;

static void gather(gathered *g, const wn_promise *promise, double weight, long double value,
                   long double error) {
    const long double w_error = conversion_error(promise, weight);
    const long double w = fabsl((long double)weight) + w_error;
    g->unknown |= isinf(error) || isinf(w_error);
    if (!isfinite(value)) { /* times a weight that may become 0 it is no infinity any more */
        g->unknown |= weight != 0 && w < promise->smallest / promise->unit;
        return;
    }
    const long double x = fabsl(value) + error;
    const long double term = w * x;
    g->inherited += fabsl((long double)weight) * error + w_error * x;
    g->terms += term;
    g->sources += x;
    g->largest = term > g->largest ? term : g->largest;
}

/* The error of a sum of n terms. In whatever order, and with the weight factored out of it or of
 * parts of it, each term goes through at most n roundings (Higham, "Accuracy and Stability of
 * Numerical Algorithms", 2002, 4.2); each product that underflows adds the smallest number. */
static long double sum_error(const gathered *g, const wn_promise *promise, uint32_t n,
                             long double sum) {
    const long double nu = (long double)n * promise->unit;
    const long double room = promise->largest / 2;
    if (g->unknown || nu > 0.25L || g->terms > room || g->sources > room)
        return (long double)INFINITY;
    if (!isfinite(sum))
        return 0;
    if (g->terms == 0)
        return 0;
    const long double roundings = nu / (1 - nu) * g->terms;
    const long double promised = promise->sum * g->largest;
    const long double own = (long double)n * LDBL_EPSILON * g->terms;
    return g->inherited + (roundings > promised ? roundings : promised) +
           (long double)n * promise->smallest + own;
}

/* sin(pi x) and cos(pi x), with the argument reduced exactly. */
static long double sin_pi(long double x) {
    long double r = remainderl(x, 2);
    if (r > 0.5L)
        r = 1 - r;
    else if (r < -0.5L)
        r = -1 - r;
    return sinl(PI * r);
}

static long double cos_pi(long double x) {
    return sinl(PI * (0.5L - fabsl(remainderl(x, 2))));
}

/* An activation at a sum s: enough to bound |f(t) - f(s)| for |t - s| <= e by Taylor's theorem,
 * |f'(s)| e + max |f''| e^2 / 2, by the mean value theorem, max |f'| e, and by the range of f. */
typedef struct curve {
    long double value;
    long double slope;     /* |f'(s)| */
    long double curvature; /* max |f''| */
    long double steepest;  /* max |f'| */
    long double range;     /* max f - min f */
    long double own;       /* error of value */
} curve;

static const long double UNBOUNDED = (long double)INFINITY;

static curve straight(long double value, long double slope) {
    return (curve){value, slope, 0, 1, UNBOUNDED, 0};
}

/* The constants are the extremes of the derivatives: of tanh'' = -2 tanh sech^2 4 / (3 sqrt 3), of
 * the sigmoid's an eighth of that, of the gaussian's first exp(-1/2) and second 1. Sine and cosine
 * are taken per radian. */
static curve curve_at(wann_activation activation, long double s) {
    switch (activation) {
    case WANN_ACT_LINEAR:
        return straight(s, 1);
    case WANN_ACT_INVERSE:
        return straight(-s, 1);
    case WANN_ACT_ABS:
        return straight(fabsl(s), 1);
    case WANN_ACT_RELU:
        return straight(0 > s ? 0 : s, 1);
    case WANN_ACT_STEP:
        return (curve){s > 0 ? 1 : 0, 0, 0, 0, 1, 0};
    case WANN_ACT_SQUARED:
        return (curve){s * s, 2 * fabsl(s), 2, UNBOUNDED, UNBOUNDED, LDBL_EPSILON * s * s};
    case WANN_ACT_SIN: {
        const long double v = sin_pi(s);
        return (curve){v, fabsl(cos_pi(s)), 1, 1, 1 + fabsl(v), LIBM * fabsl(v)};
    }
    case WANN_ACT_COS: {
        const long double v = cos_pi(s);
        return (curve){v, fabsl(sin_pi(s)), 1, 1, 1 + fabsl(v), LIBM * fabsl(v)};
    }
    case WANN_ACT_GAUSSIAN: {
        const long double v = expl(-s * s / 2);
        const long double slope = v > 0 ? fabsl(s) * v : 0;
        return (curve){v, slope, 1, 0.60653066L, 1, v > 0 ? LIBM * v * (1 + s * s) : 0};
    }
    case WANN_ACT_TANH: {
        const long double v = tanhl(s);
        return (curve){v, 1 - v * v, 0.76980036L, 1, 2, LIBM * fabsl(v)};
    }
    case WANN_ACT_SIGMOID: {
        const long double v = 1 / (1 + expl(-s));
        return (curve){v, v * (1 - v), 0.09622505L, 0.25L, 1, LIBM * v};
    }
    }
    return straight(s, 1);
}

static bool is_turn(wann_activation activation) {
    return activation == WANN_ACT_SIN || activation == WANN_ACT_COS;
}

/* What the evaluation of an activation adds, at values up to magnitude: linear, inverse, abs, relu
 * and step round nothing. */
static long double evaluation_error(wann_activation activation, const wn_promise *promise,
                                    long double magnitude) {
    switch (activation) {
    case WANN_ACT_LINEAR:
    case WANN_ACT_INVERSE:
    case WANN_ACT_ABS:
    case WANN_ACT_RELU:
    case WANN_ACT_STEP:
        return 0;
    case WANN_ACT_SQUARED:
        return magnitude > promise->largest / 2 ? UNBOUNDED
                                                : promise->unit * magnitude + promise->smallest;
    case WANN_ACT_SIN:
    case WANN_ACT_COS:
    case WANN_ACT_GAUSSIAN:
    case WANN_ACT_TANH:
    case WANN_ACT_SIGMOID:
        return promise->kernel * magnitude + promise->kernel_abs;
    }
    return 0;
}

/* How far f may be off because its argument is off by e. */
static long double carried_error(const curve *f, long double e) {
    long double error = f->slope * e + f->curvature * e * e / 2;
    if (error > f->steepest * e)
        error = f->steepest * e;
    return error < f->range ? error : f->range;
}

/* Step: certain if all of [s - e, s + e] lies on one side; 0 itself belongs to the left. */
static long double step_error(wn_bound *bound, long double s, long double e) {
    if (isnan(s) ? e == 0 : s - e > 0 || s + e <= 0)
        return 0;
    bound->edge = true;
    return 1;
}

static long double activation_error(wn_bound *bound, wann_activation activation,
                                    const wn_promise *promise, const curve *f, long double s,
                                    long double e) {
    if (activation == WANN_ACT_STEP)
        return step_error(bound, s, e);
    if (isinf(e))
        return UNBOUNDED;
    if (!isfinite(s)) /* known: the limit of f, or NaN */
        return isfinite(f->value) ? evaluation_error(activation, promise, fabsl(f->value)) : 0;
    if (activation == WANN_ACT_RELU && s + e <= 0)
        return 0;
    const bool turn = is_turn(activation);
    const long double angle = turn ? PI * (e + promise->arg * (fabsl(s) + e)) : e;
    const long double carried = carried_error(f, angle);
    bound->edge |= turn && carried >= 1;
    return carried + f->own + evaluation_error(activation, promise, fabsl(f->value) + carried);
}

/* Integers that are all 0 are shifted and multiplied without an error. */
static long double fixed_error(const double *error, uint32_t node, bool any) {
    return error && any ? (long double)error[node] : 0;
}

static void run_node(wn_bound *bound, uint32_t node, wann_weights weights,
                     const wn_promise promises[SIDES]) {
    const wann_net *net = bound->net;
    const uint32_t first = net->first_conn[node], end = net->first_conn[node + 1];
    const wann_activation activation = (wann_activation)net->activation[node];
    gathered g[SIDES] = {0};
    long double sum = 0;
    for (uint32_t k = first; k < end; k++) {
        const uint32_t source = net->source[k];
        const double weight = weights.connection ? weights.connection[k] : weights.shared;
        sum += bound->value[source] * weight;
        for (int side = 0; side < SIDES; side++)
            gather(&g[side], &promises[side], weight, bound->value[source],
                   bound->error[side][source]);
    }
    const curve f = curve_at(activation, sum);
    bound->value[node] = f.value;
    for (int side = 0; side < SIDES; side++) {
        const wn_promise *p = &promises[side];
        const long double e = sum_error(&g[side], p, end - first, sum) +
                              fixed_error(p->sum_error, node, g[side].terms > 0);
        bound->error[side][node] =
            activation_error(bound, activation, p, &f, sum, e) +
            fixed_error(p->value_error, node, e > 0 || sum != 0 || f.value != 0);
    }
}

static void run_source(wn_bound *bound, uint32_t node, double value, const wn_promise *promises) {
    bound->value[node] = value;
    for (int side = 0; side < SIDES; side++)
        bound->error[side][node] = conversion_error(&promises[side], value);
}

void wn_bound_run(wn_bound *bound, const double *in, wann_weights weights,
                  const wn_promise *promise, double *value, double *error, bool *edge) {
    const wann_net *net = bound->net;
    const wn_promise promises[SIDES] = {*promise, reference_promise()};
    bound->edge = false;
    for (uint32_t i = 0, next_input = 0; i < net->n_nodes; i++) {
        if (net->role[i] == WANN_BIAS)
            run_source(bound, i, 1, promises);
        else if (net->role[i] == WANN_INPUT_NODE)
            run_source(bound, i, in[next_input++], promises);
        else if (bound->live[i])
            run_node(bound, i, weights, promises);
    }
    for (uint32_t o = 0; o < net->n_outputs; o++) {
        const uint32_t node = net->output[o];
        value[o] = (double)bound->value[node];
        /* Rounded up, as the caller subtracts in double. */
        error[o] = (double)((bound->error[COMPILED][node] + bound->error[REFERENCE][node]) *
                            (1 + 4 * (long double)DBL_EPSILON));
    }
    *edge = bound->edge;
}

wann_status wn_bound_create(const wann_net *net, wn_bound **bound, wann_diag *diag) {
    *bound = NULL;
    wn_bound *b = wn_calloc(1, sizeof *b);
    if (!b)
        return wn_fail_memory(diag);
    b->net = net;
    b->live = WN_NEW(&b->arena, bool, net->n_nodes);
    b->value = WN_NEW(&b->arena, long double, net->n_nodes);
    for (int side = 0; side < SIDES; side++)
        b->error[side] = WN_NEW(&b->arena, long double, net->n_nodes);
    if (!b->live || !b->value || !b->error[COMPILED] || !b->error[REFERENCE]) {
        wn_bound_destroy(b);
        return wn_fail_memory(diag);
    }
    wn_net_live(net, b->live);
    *bound = b;
    return WANN_OK;
}

void wn_bound_destroy(wn_bound *bound) {
    if (!bound)
        return;
    wn_arena_free(&bound->arena);
    wn_free(bound);
}
