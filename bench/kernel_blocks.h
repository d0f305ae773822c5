/* The float kernels over arrays, compiled once without and once with fused multiply-adds. */
#ifndef WN_BENCH_KERNEL_BLOCKS_H
#define WN_BENCH_KERNEL_BLOCKS_H

#include <stddef.h>

typedef enum wn_kernel_id {
    WN_KERNEL_EXP,
    WN_KERNEL_TANH,
    WN_KERNEL_SIGMOID,
    WN_KERNEL_GAUSSIAN,
    WN_KERNEL_SIN_PI,
    WN_KERNEL_COS_PI,
    WN_N_KERNELS
} wn_kernel_id;

typedef struct wn_kernel_block {
    const char *name;
    void (*evaluate)(size_t n, const float *x, float *y); /* y[i] = f(x[i]) */
} wn_kernel_block;

/* [WN_N_KERNELS], by wn_kernel_id. */
extern const wn_kernel_block wn_kernel_blocks_plain[];
extern const wn_kernel_block wn_kernel_blocks_fused[];

/* Sine and cosine at once, of the same two ways of compiling. */
void wn_sincos_block_plain(size_t n, const float *x, float *sine, float *cosine);
void wn_sincos_block_fused(size_t n, const float *x, float *sine, float *cosine);

#endif
