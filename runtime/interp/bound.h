/* How far a compiled network may be from the reference interpreter: a running error bound in the
 * manner of Wilkinson ("Rounding Errors in Algebraic Processes", 1963), for one input at a time. */
#ifndef WN_BOUND_H
#define WN_BOUND_H

#include <stdbool.h>

#include "wann/run.h"

/* What a way of computing promises of each node, given the values of its sources. Start from one of
 * the functions below. */
typedef struct wn_promise {
    double sum;        /* error of a sum, relative to its largest |term|; never held to less than the
                          error that roundings of `unit` can add up to in a sum of as many terms */
    double kernel;     /* error of sin, cos, gaussian, tanh and sigmoid, relative to their value */
    double kernel_abs; /* plus absolute */
    double arg;        /* relative error of pi as a factor and of the rounded product pi * x */
    double unit;       /* unit roundoff of the type, 2^-24 or 2^-53; also of its inputs and weights */
    double largest;    /* finite number of the type */
    double smallest;   /* positive number of the type, denormal */
    const double *sum_error;   /* [nodes] fixed point: absolute errors beside these, of the sum */
    const double *value_error; /* [nodes] and of the activation; NULL: none */
} wn_promise;

/* Float or double, with the project's kernels or with the C library. */
wn_promise wn_promise_float_kernels(void);
wn_promise wn_promise_float_libm(void);
wn_promise wn_promise_double_kernels(void);
wn_promise wn_promise_double_libm(void);

/* Fixed point, where no error depends on the size of a value; the arrays are the caller's. */
wn_promise wn_promise_fixed(const double *sum_error, const double *value_error);

/* Scratch for one network, which must outlive it; one thread at a time. */
typedef struct wn_bound wn_bound;

wann_status wn_bound_create(const wann_net *net, wn_bound **bound, wann_diag *diag);
void wn_bound_destroy(wn_bound *bound); /* NULL is allowed */

/* For one input: value[outputs] of the outputs in higher precision, and error[outputs], the most by
 * which an implementation that keeps its promise and wann_run may be apart. in, weights: those of
 * wann_run, before any conversion to float.
 *
 * error is INFINITY where numbers leave the range of the type, so that nothing can be said: an
 * infinity or a NaN may come out on one side only. It is 0 where value is not finite and both sides
 * give the same infinity or a NaN.
 *
 * *edge is set if an output depends on a step whose sum may have either sign, or on a sine or cosine
 * whose argument is uncertain by a good part of its period: the errors hold, but say little. */
void wn_bound_run(wn_bound *bound, const double *in, wann_weights weights,
                  const wn_promise *promise, double *value, double *error, bool *edge);

#endif
