/* See kernel_blocks.h; WN_BLOCKS is `plain` or `fused`, and the compiler's flags make it true. */
#include "bench/kernel_blocks.h"

#include "wn_kernels_f32.h"

#define JOIN_(a, b) a##b
#define JOIN(a, b)  JOIN_(a, b)

#define BLOCK(kernel)                                                                              \
    static void kernel##_block(size_t n, const float *restrict x, float *restrict y) {             \
        for (size_t i = 0; i < n; i++)                                                             \
            y[i] = wn_##kernel(x[i]);                                                              \
    }
BLOCK(exp)
BLOCK(tanh)
BLOCK(sigmoid)
BLOCK(gaussian)
BLOCK(sin_pi)
BLOCK(cos_pi)

const wn_kernel_block JOIN(wn_kernel_blocks_, WN_BLOCKS)[WN_N_KERNELS] = {
    [WN_KERNEL_EXP] = {"exp", exp_block},
    [WN_KERNEL_TANH] = {"tanh", tanh_block},
    [WN_KERNEL_SIGMOID] = {"sigmoid", sigmoid_block},
    [WN_KERNEL_GAUSSIAN] = {"gaussian", gaussian_block},
    [WN_KERNEL_SIN_PI] = {"sin_pi", sin_pi_block},
    [WN_KERNEL_COS_PI] = {"cos_pi", cos_pi_block},
};

void JOIN(wn_sincos_block_, WN_BLOCKS)(size_t n, const float *restrict x, float *restrict sine,
                                       float *restrict cosine) {
    for (size_t i = 0; i < n; i++)
        wn_sincos_pi(x[i], &sine[i], &cosine[i]);
}
