/* What a kernel ought to give: the exact value, as near as a double tells, and rounded to float. */
#ifndef WN_BENCH_KERNEL_REFERENCE_H
#define WN_BENCH_KERNEL_REFERENCE_H

#include <stdbool.h>

#include "bench/kernel_blocks.h"

typedef struct wn_exact {
    double value;  /* within 2^-49 of the exact value, relatively; exact where that is a double */
    float rounded; /* the float nearest to the exact value, ties to even */
    bool by_mpfr;  /* the double could not tell which float that is */
} wn_exact;

wn_exact wn_kernel_exact(wn_kernel_id kernel, float x);

/* The same with MPFR alone, whatever x; for checking the bound above. */
wn_exact wn_kernel_exact_mpfr(wn_kernel_id kernel, float x);

/* Give back what MPFR keeps for this thread. */
void wn_kernel_exact_done(void);

/* |y - exact| in units of the last place that a float has at the exact value; for finite values. */
double wn_kernel_ulps(const wn_exact *exact, float y);

#endif
