/* The interpreter of a web page, compiled to WebAssembly: a network as arrays that the page writes
 * behind the module's own data. In double with the kernels that generated code carries; sums in the
 * reference's order, so that it is bit for bit what wannc makes with -O0 --real double --math inline. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wn_kernels_f64.h"

#include "wann/net.h"

#define WN_EXPORT(name) __attribute__((export_name(name)))

static double activate(wann_activation activation, double x) {
    switch (activation) {
    case WANN_ACT_LINEAR:
        return x;
    case WANN_ACT_STEP:
        return x > 0 ? 1 : 0;
    case WANN_ACT_SIN:
        return wn_f64_sin_pi(x);
    case WANN_ACT_GAUSSIAN:
        return wn_f64_gaussian(x);
    case WANN_ACT_TANH:
        return wn_f64_tanh(x);
    case WANN_ACT_SIGMOID:
        return wn_f64_sigmoid(x);
    case WANN_ACT_INVERSE:
        return -x;
    case WANN_ACT_ABS:
        return wn_f64_abs(x);
    case WANN_ACT_RELU:
        return 0 > x ? 0 : x;
    case WANN_ACT_COS:
        return wn_f64_cos_pi(x);
    case WANN_ACT_SQUARED:
        return x * x;
    }
    return x;
}

/* The nodes that are not given, in order. activation[nodes]: 0 for one that is given (bias, inputs),
 * whose value the page has written. The connections into node i are first[i] to first[i + 1], of
 * source[]; weight: one a connection, or NULL: all have `shared`. value[nodes]. */
WN_EXPORT("run")
void run(uint32_t nodes, const uint8_t *activation, const uint32_t *first, const uint32_t *source,
         const double *weight, double shared, double *value);
WN_EXPORT("run")
void run(uint32_t nodes, const uint8_t *activation, const uint32_t *first, const uint32_t *source,
         const double *weight, double shared, double *value) {
    for (uint32_t i = 0; i < nodes; i++) {
        double sum = 0;
        if (activation[i] == 0)
            continue;
        for (uint32_t k = first[i]; k < first[i + 1]; k++)
            sum += value[source[k]] * (weight ? weight[k] : shared);
        value[i] = activate((wann_activation)activation[i], sum);
    }
}

/* The softmax of n numbers in place. */
WN_EXPORT("softmax") void softmax(uint32_t n, double *value);
WN_EXPORT("softmax") void softmax(uint32_t n, double *value) {
    double largest = value[0], sum = 0;
    for (uint32_t i = 1; i < n; i++)
        largest = value[i] > largest ? value[i] : largest;
    for (uint32_t i = 0; i < n; i++) {
        value[i] = wn_f64_exp(value[i] - largest);
        sum += value[i];
    }
    for (uint32_t i = 0; i < n; i++)
        value[i] /= sum;
}
