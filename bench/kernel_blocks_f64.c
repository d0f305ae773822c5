/* See kernel_blocks_f64.h; WN_BLOCKS is `plain` or `fused`, and the compiler's flags make it true.
 */
#include "bench/kernel_blocks_f64.h"

#include "wn_kernels_f64.h"

#define JOIN_(a, b) a##b
#define JOIN(a, b)  JOIN_(a, b)

#define BLOCK(kernel)                                                                              \
    static void kernel##_block(size_t n, const double *restrict x, double *restrict y) {           \
        for (size_t i = 0; i < n; i++)                                                             \
            y[i] = wn_f64_##kernel(x[i]);                                                          \
    }
BLOCK(exp)
BLOCK(tanh)
BLOCK(sigmoid)
BLOCK(gaussian)
BLOCK(sin_pi)
BLOCK(cos_pi)

const wn_kernel_block_f64 JOIN(wn_kernel_blocks_f64_, WN_BLOCKS)[WN_N_KERNELS] = {
    [WN_KERNEL_EXP] = {"exp", exp_block},
    [WN_KERNEL_TANH] = {"tanh", tanh_block},
    [WN_KERNEL_SIGMOID] = {"sigmoid", sigmoid_block},
    [WN_KERNEL_GAUSSIAN] = {"gaussian", gaussian_block},
    [WN_KERNEL_SIN_PI] = {"sin_pi", sin_pi_block},
    [WN_KERNEL_COS_PI] = {"cos_pi", cos_pi_block},
};
