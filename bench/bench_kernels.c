/* Nanoseconds a value of the float kernels, against the C library: independent scalar calls, a
 * chain of scalar calls, and a vectorised loop. Medians; the loop around the calls is taken off. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench/kernel_loops.h"
#include "runtime/base/rng.h"
#include "runtime/base/text.h"

enum { N = 1024, REPETITIONS = 31, PASSES = 20 };

static float x[N], y[N];
static volatile float sink;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int by_value(const void *a, const void *b) {
    const double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

typedef enum shape { EACH, CHAIN } shape;

static double nanoseconds(const wn_kernel_loop *loop, shape how) {
    double time[REPETITIONS];
    for (size_t r = 0; r < REPETITIONS; r++) {
        const double start = now();
        for (size_t p = 0; p < PASSES; p++) {
            if (how == EACH)
                loop->each(N, x, y);
            else
                sink = loop->chain(N, x);
        }
        time[r] = (now() - start) / (PASSES * N);
        sink = y[r];
    }
    qsort(time, REPETITIONS, sizeof *time, by_value);
    return time[REPETITIONS / 2];
}

/* The time of loop k over that of the identity, which is loop 0. */
static void print_cell(const wn_kernel_loop *loops, size_t k, shape how) {
    char text[WN_NUMBER_SIZE];
    const double bare = how == CHAIN ? nanoseconds(&loops[0], how) : 0.0;
    wn_format_fixed(text, nanoseconds(&loops[k], how) - bare, 2);
    printf(" %s |", text);
}

int main(void) {
    wn_rng rng = wn_rng_stream(1, 1, 1, 1);
    for (size_t i = 0; i < N; i++)
        x[i] = (float)(8.0 * wn_rng_uniform(&rng) - 4.0);
    puts("| ns a value | independent | libm | chained | libm | vectorised | libm |");
    puts("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
    for (size_t k = 1; k < WN_N_KERNEL_LOOPS; k++) {
        printf("| %s |", wn_own_loops_scalar[k].name);
        print_cell(wn_own_loops_scalar, k, EACH);
        print_cell(wn_libm_loops_scalar, k, EACH);
        print_cell(wn_own_loops_scalar, k, CHAIN);
        print_cell(wn_libm_loops_scalar, k, CHAIN);
        print_cell(wn_own_loops_vector, k, EACH);
        print_cell(wn_libm_loops_vector, k, EACH);
        putchar('\n');
    }
    return 0;
}
