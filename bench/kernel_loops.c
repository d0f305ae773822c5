/* See kernel_loops.h; WN_LOOPS is `scalar` or `vector`, and the compiler's flags make it true. */
#include "bench/kernel_loops.h"

#include <math.h>

#include "wn_kernels_f32.h"

#define JOIN_(a, b) a##b
#define JOIN(a, b)  JOIN_(a, b)

static float own_identity(float x) {
    return x;
}
static float libm_identity(float x) {
    return x;
}

/* What a program without kernels of its own writes. */
static const float PI = 3.14159265f;
static float libm_sigmoid(float x) {
    return 1.0f / (1.0f + expf(-x));
}
static float libm_gaussian(float x) {
    return expf(-0.5f * (x * x));
}
static float libm_sin_pi(float x) {
    return sinf(PI * x);
}
static float libm_cos_pi(float x) {
    return cosf(PI * x);
}

#define LOOPS(set, kernel, call)                                                                   \
    static void set##_##kernel##_each(size_t n, const float *restrict x, float *restrict y) {      \
        for (size_t i = 0; i < n; i++)                                                             \
            y[i] = call(x[i]);                                                                     \
    }                                                                                              \
    static float set##_##kernel##_chain(size_t n, const float *restrict x) {                       \
        float y = 0.0f;                                                                            \
        for (size_t i = 0; i < n; i++)                                                             \
            y = call(x[i] + 1e-10f * y);                                                           \
        return y;                                                                                  \
    }
#define BOTH(kernel, ours, theirs)                                                                 \
    LOOPS(own, kernel, ours)                                                                       \
    LOOPS(libm, kernel, theirs)
BOTH(identity, own_identity, libm_identity)
BOTH(exp, wn_exp, expf)
BOTH(tanh, wn_tanh, tanhf)
BOTH(sigmoid, wn_sigmoid, libm_sigmoid)
BOTH(gaussian, wn_gaussian, libm_gaussian)
BOTH(sin_pi, wn_sin_pi, libm_sin_pi)
BOTH(cos_pi, wn_cos_pi, libm_cos_pi)

#define ROW(set, kernel)                                                                           \
    { #kernel, set##_##kernel##_each, set##_##kernel##_chain }
#define TABLE(set)                                                                                 \
    {                                                                                              \
        ROW(set, identity), ROW(set, exp), ROW(set, tanh), ROW(set, sigmoid), ROW(set, gaussian),  \
            ROW(set, sin_pi), ROW(set, cos_pi)                                                     \
    }
const wn_kernel_loop JOIN(wn_own_loops_, WN_LOOPS)[WN_N_KERNEL_LOOPS] = TABLE(own);
const wn_kernel_loop JOIN(wn_libm_loops_, WN_LOOPS)[WN_N_KERNEL_LOOPS] = TABLE(libm);
