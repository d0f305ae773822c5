/* The double kernels over arrays, compiled once without and once with fused multiply-adds. */
#ifndef WN_BENCH_KERNEL_BLOCKS_F64_H
#define WN_BENCH_KERNEL_BLOCKS_F64_H

#include "bench/kernel_blocks.h"

typedef struct wn_kernel_block_f64 {
    const char *name;
    void (*evaluate)(size_t n, const double *x, double *y); /* y[i] = f(x[i]) */
} wn_kernel_block_f64;

/* [WN_N_KERNELS], by wn_kernel_id. */
extern const wn_kernel_block_f64 wn_kernel_blocks_f64_plain[];
extern const wn_kernel_block_f64 wn_kernel_blocks_f64_fused[];

#endif
