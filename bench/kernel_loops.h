/* Loops over the float kernels and their counterparts in the C library, for timing. */
#ifndef WN_BENCH_KERNEL_LOOPS_H
#define WN_BENCH_KERNEL_LOOPS_H

#include <stddef.h>

typedef struct wn_kernel_loop {
    const char *name;
    void (*each)(size_t n, const float *x, float *y); /* y[i] = f(x[i]) */
    float (*chain)(size_t n, const float *x);         /* each argument waits for the last result */
} wn_kernel_loop;

/* The first is the identity: what a loop takes without a kernel. */
enum { WN_N_KERNEL_LOOPS = 7 };
/* Compiled with vectorisation off and on. */
extern const wn_kernel_loop wn_own_loops_scalar[], wn_libm_loops_scalar[];
extern const wn_kernel_loop wn_own_loops_vector[], wn_libm_loops_vector[];

#endif
