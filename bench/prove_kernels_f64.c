/* Checks the double kernels against MPFR on samples: runs of consecutive doubles that start at
 * random places, at the edges of the kernels' methods, and at the special values. */
#include <math.h>
#include <mpfr.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/kernel_blocks_f64.h"
#include "runtime/base/rng.h"
#include "runtime/base/text.h"

enum { RUN = 16, RUNS = 256, BLOCK = RUN * RUNS, PRECISION = 192, MAX_THREADS = 64 };

typedef enum way { PLAIN, FUSED, N_WAYS } way;
static const char *const way_name[N_WAYS] = {"rounded twice", "fused"};

typedef struct promise {
    double low, high; /* no result lies outside */
    double reach;     /* half of the samples lie in [-reach, reach], evenly */
    int symmetry;     /* 1: f(-x) = f(x), -1: f(-x) = -f(x), 0: neither */
    double edges[12]; /* where a method changes, up to the first 0 */
} promise;
static const promise promises[WN_N_KERNELS] = {
    [WN_KERNEL_EXP] = {0.0, HUGE_VAL, 750.0, 0, {0.34657359, 708.39, 709.78, 745.13, 746.0}},
    [WN_KERNEL_TANH] = {-1.0, 1.0, 20.0, -1, {0.1732868, 0.5493, 19.06, 20.0}},
    [WN_KERNEL_SIGMOID] = {0.0, 1.0, 40.0, 0, {0.34657359, 36.7, 36.74, 37.5, 38.0, 708.4, 745.1}},
    [WN_KERNEL_GAUSSIAN] = {0.0, 1.0, 39.0, 1, {0.832, 37.64, 38.6, 38.75}},
    [WN_KERNEL_SIN_PI] =
        {-1.0, 1.0, 8.0, -1, {0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 0x1p51, 0x1p52, 0x1p53}},
    [WN_KERNEL_COS_PI] =
        {-1.0, 1.0, 8.0, 1, {0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 0x1p51, 0x1p52, 0x1p53}},
};
static const double promised_ulps = 2.0;

typedef struct tally {
    uint64_t inputs; /* NaN apart */
    uint64_t right;  /* the correctly rounded results, as far as the reference tells them */
    uint64_t unordered;
    uint64_t asymmetric;
    uint64_t outside;
    uint64_t special; /* NaN or infinity wrong, or inexact where the result is 0, 1 or -1 */
    double worst;     /* in ulp */
    double worst_at;
} tally;

static double double_of(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Equal, or both NaN. */
static bool same(double a, double b) {
    return a == b || (isnan(a) && isnan(b));
}

static bool can_run(way w) {
#if defined(__x86_64__) || defined(__i386__)
    return w == PLAIN || __builtin_cpu_supports("fma");
#else
    return w == PLAIN || w == FUSED;
#endif
}

/* The value with PRECISION bits, rounded to double in *rounded, and what is left over. */
typedef struct exact {
    double rounded;
    double rest;
} exact;

static void in_mpfr(wn_kernel_id kernel, mpfr_t y, mpfr_t pi, double x) {
    switch (kernel) {
    case WN_KERNEL_EXP:
        mpfr_set_d(y, x, MPFR_RNDN);
        mpfr_exp(y, y, MPFR_RNDN);
        return;
    case WN_KERNEL_TANH:
        mpfr_set_d(y, x, MPFR_RNDN);
        mpfr_tanh(y, y, MPFR_RNDN);
        return;
    case WN_KERNEL_SIGMOID:
        mpfr_set_d(y, -x, MPFR_RNDN);
        mpfr_exp(y, y, MPFR_RNDN);
        mpfr_add_ui(y, y, 1, MPFR_RNDN);
        mpfr_ui_div(y, 1, y, MPFR_RNDN);
        return;
    case WN_KERNEL_GAUSSIAN:
        mpfr_set_d(y, x, MPFR_RNDN);
        mpfr_sqr(y, y, MPFR_RNDN);
        mpfr_div_si(y, y, -2, MPFR_RNDN);
        mpfr_exp(y, y, MPFR_RNDN);
        return;
    case WN_KERNEL_SIN_PI:
    case WN_KERNEL_COS_PI:
        mpfr_set_d(y, remainder(x, 2.0), MPFR_RNDN);
        mpfr_mul(y, y, pi, MPFR_RNDN);
        (kernel == WN_KERNEL_SIN_PI ? mpfr_sin : mpfr_cos)(y, y, MPFR_RNDN);
        return;
    case WN_N_KERNELS:
        break;
    }
}

/* Multiples of 1/2 give 0, 1 or -1, which no number of bits of pi would. */
static bool is_exact_angle(wn_kernel_id kernel, double x, double *value) {
    if ((kernel != WN_KERNEL_SIN_PI && kernel != WN_KERNEL_COS_PI) || isinf(x))
        return false;
    const double quarters = 2.0 * fabs(remainder(x, 2.0)); /* 0, 1 or 2 */
    if (floor(quarters) != quarters)
        return false;
    if (kernel == WN_KERNEL_COS_PI)
        *value = 1.0 - quarters;
    else
        *value = quarters == 1.0 ? copysign(1.0, remainder(x, 2.0)) : 0.0;
    return true;
}

static exact exact_of(wn_kernel_id kernel, mpfr_t y, mpfr_t pi, double x) {
    exact e = {0.0, 0.0};
    if (is_exact_angle(kernel, x, &e.rounded))
        return e;
    in_mpfr(kernel, y, pi, x);
    e.rounded = mpfr_get_d(y, MPFR_RNDN);
    if (isfinite(e.rounded)) {
        mpfr_sub_d(y, y, e.rounded, MPFR_RNDN);
        e.rest = mpfr_get_d(y, MPFR_RNDN);
    }
    return e;
}

static double ulps_of(const exact *e, double y) {
    int exponent;
    frexp(e->rounded, &exponent);
    if (exponent < -1021)
        exponent = -1021; /* denormals are multiples of 2^-1074 */
    return ldexp(fabs((y - e->rounded) - e->rest), 53 - exponent);
}

static void judge(wn_kernel_id kernel, tally *t, double x, const exact *e, double y) {
    double value;
    if (isnan(e->rounded) || is_exact_angle(kernel, x, &value) || isinf(x) || x == 0.0)
        t->special += same(y, e->rounded) ? 0 : 1;
    if (isnan(e->rounded))
        return;
    t->inputs++;
    t->right += y == e->rounded;
    t->outside += !(y >= promises[kernel].low && y <= promises[kernel].high);
    if (isinf(e->rounded) && y == e->rounded)
        return;
    const double ulps = ulps_of(e, y);
    if (!(ulps <= t->worst)) {
        t->worst = ulps;
        t->worst_at = x;
    }
}

/* Consecutive doubles a and b: +1 or -1 as f rises or falls with x, 0 across an extremum. */
static int direction(wn_kernel_id kernel, double a, double b) {
    const double low = fmin(a, b), high = fmax(a, b);
    const double quarter = floor(2.0 * low); /* both lie in one quarter of the turn */
    const bool one = 2.0 * high <= quarter + 1.0;
    const double quadrant = quarter - 4.0 * floor(quarter / 4.0);
    switch (kernel) {
    case WN_KERNEL_EXP:
    case WN_KERNEL_TANH:
    case WN_KERNEL_SIGMOID:
        return 1;
    case WN_KERNEL_GAUSSIAN:
        return low < 0.0 ? 1 : -1;
    case WN_KERNEL_SIN_PI:
        return !one ? 0 : quadrant == 0.0 || quadrant == 3.0 ? 1 : -1;
    case WN_KERNEL_COS_PI:
        return !one ? 0 : quadrant >= 2.0 ? 1 : -1;
    case WN_N_KERNELS:
        break;
    }
    return 0;
}

/* RUN consecutive doubles in x, from a random place. */
static void draw_run(wn_kernel_id kernel, wn_rng *rng, double *x) {
    const promise *p = &promises[kernel];
    const uint64_t kind = wn_rng_below(rng, 16);
    double start = (2.0 * wn_rng_uniform(rng) - 1.0) * p->reach;
    if (kind < 7) { /* any double at all; negative ones as often as positive ones */
        start = double_of(wn_rng_u64(rng));
    } else if (kind == 7) {
        size_t n = 0;
        while (n < 12 && p->edges[n] != 0.0)
            n++;
        start = p->edges[wn_rng_below(rng, n)] *
                (1.0 + ((double)wn_rng_below(rng, 65) - 32.0) * 0x1p-52);
        start = wn_rng_below(rng, 2) ? start : -start;
    } else if (kind == 8) { /* beside multiples of ln(2) / 2 and of 1/4 */
        const double step = wn_rng_below(rng, 2) ? 0.34657359027997264 : 0.25;
        start = step * rint(start / step) * (1.0 - 0x1p-50);
    }
    for (size_t i = 0; i < RUN; i++) {
        x[i] = start;
        start = nextafter(start, HUGE_VAL);
    }
}

typedef struct scratch {
    double x[BLOCK];
    double y[N_WAYS][BLOCK];
    double mirrored[N_WAYS][BLOCK];
    double minus_x[BLOCK];
} scratch;

static void fill(scratch *s, wn_kernel_id kernel, wn_rng *rng) {
    static const double special[RUN] = {
        0.0,        -0.0,      HUGE_VAL, -HUGE_VAL, (double)NAN, 1.0,     -1.0, 0x1p-1074,
        -0x1p-1074, 0x1p-1022, 0x1p1023, -0x1p1023, 0x1p53,      -0x1p53, 0.5,  -0.5};
    for (size_t r = 0; r < RUNS; r++)
        draw_run(kernel, rng, &s->x[r * RUN]);
    memcpy(s->x, special, sizeof special);
    for (size_t i = 0; i < BLOCK; i++)
        s->minus_x[i] = -s->x[i];
    for (way w = PLAIN; w < N_WAYS; w++) {
        const wn_kernel_block_f64 *set =
            w == FUSED && can_run(w) ? wn_kernel_blocks_f64_fused : wn_kernel_blocks_f64_plain;
        set[kernel].evaluate(BLOCK, s->x, s->y[w]);
        set[kernel].evaluate(BLOCK, s->minus_x, s->mirrored[w]);
    }
}

static void check_order(tally *t, wn_kernel_id kernel, const double *x, const double *y) {
    for (size_t i = RUN; i < BLOCK; i++) {
        if (i % RUN == 0)
            continue;
        const double rise =
            (double)direction(kernel, x[i - 1], x[i]) * (x[i] > x[i - 1] ? 1.0 : 0.0);
        t->unordered += rise * y[i] < rise * y[i - 1] && rise != 0.0;
    }
}

static void check_symmetry(tally *t, int symmetry, const double *y, const double *mirrored) {
    for (size_t i = 0; i < BLOCK && symmetry != 0; i++)
        t->asymmetric += same(mirrored[i], symmetry * y[i]) ? 0 : 1;
}

static void check_block(tally of[N_WAYS], wn_kernel_id kernel, scratch *s, mpfr_t y, mpfr_t pi) {
    for (size_t i = 0; i < BLOCK; i++) {
        const exact e = exact_of(kernel, y, pi, s->x[i]);
        for (way w = PLAIN; w < N_WAYS; w++)
            judge(kernel, &of[w], s->x[i], &e, s->y[w][i]);
    }
    for (way w = PLAIN; w < N_WAYS; w++) {
        check_order(&of[w], kernel, s->x, s->y[w]);
        check_symmetry(&of[w], promises[kernel].symmetry, s->y[w], s->mirrored[w]);
    }
}

typedef struct work {
    pthread_mutex_t lock;
    uint64_t next;
    uint64_t blocks; /* of each kernel */
    tally all[WN_N_KERNELS][N_WAYS];
} work;

static bool take_block(work *w, uint64_t *block) {
    pthread_mutex_lock(&w->lock);
    *block = w->next++;
    const bool taken = *block < w->blocks * WN_N_KERNELS;
    if (taken && *block % 1024 == 0)
        fprintf(stderr, "\r%llu of %llu blocks", (unsigned long long)*block,
                (unsigned long long)w->blocks * WN_N_KERNELS);
    pthread_mutex_unlock(&w->lock);
    return taken;
}

static void merge(tally *into, const tally *from) {
    into->inputs += from->inputs;
    into->right += from->right;
    into->unordered += from->unordered;
    into->asymmetric += from->asymmetric;
    into->outside += from->outside;
    into->special += from->special;
    if (!(from->worst <= into->worst)) {
        into->worst = from->worst;
        into->worst_at = from->worst_at;
    }
}

static void *run(void *data) {
    work *w = data;
    scratch *s = calloc(1, sizeof *s);
    mpfr_t y, pi;
    mpfr_inits2(PRECISION, y, pi, (mpfr_ptr)0);
    mpfr_const_pi(pi, MPFR_RNDN);
    uint64_t block;
    while (s && take_block(w, &block)) {
        const wn_kernel_id kernel = (wn_kernel_id)(block % WN_N_KERNELS);
        wn_rng rng = wn_rng_stream(1, block, 0, 0);
        tally of[N_WAYS] = {{0}, {0}};
        fill(s, kernel, &rng);
        check_block(of, kernel, s, y, pi);
        pthread_mutex_lock(&w->lock);
        for (way v = PLAIN; v < N_WAYS; v++)
            merge(&w->all[kernel][v], &of[v]);
        pthread_mutex_unlock(&w->lock);
    }
    mpfr_clears(y, pi, (mpfr_ptr)0);
    mpfr_free_cache();
    free(s);
    return s ? data : NULL;
}

static bool print_row(wn_kernel_id kernel, way w, const tally *t) {
    char worst[WN_NUMBER_SIZE], at[WN_NUMBER_SIZE], share[WN_NUMBER_SIZE];
    wn_format_fixed(worst, t->worst, 4);
    wn_format_double(at, t->worst_at);
    wn_format_fixed(share, 100.0 * (double)t->right / (double)t->inputs, 3);
    printf("| %s | %s | %s | %s | %s %% | %llu | %llu | %llu | %llu |\n",
           wn_kernel_blocks_f64_plain[kernel].name, way_name[w], worst, at, share,
           (unsigned long long)t->unordered, (unsigned long long)t->asymmetric,
           (unsigned long long)t->outside, (unsigned long long)t->special);
    return t->worst <= promised_ulps && !t->unordered && !t->asymmetric && !t->outside &&
           !t->special;
}

static bool print_table(const work *w) {
    bool good = true;
    puts("| kernel | a * b + c | largest error, ulp | at | correctly rounded | not monotone | "
         "not symmetric | out of range | special values wrong |");
    puts("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for (wn_kernel_id k = 0; k < WN_N_KERNELS; k++)
        for (way v = PLAIN; v < N_WAYS; v++)
            if (can_run(v))
                good = print_row(k, v, &w->all[k][v]) && good;
    printf("\n%llu inputs of each kernel.\n", (unsigned long long)(w->blocks * BLOCK));
    return good;
}

static bool run_threads(work *w, unsigned long n_threads) {
    pthread_t thread[MAX_THREADS];
    unsigned long started = 0;
    while (started < n_threads && pthread_create(&thread[started], NULL, run, w) == 0)
        started++;
    bool good = started > 0;
    for (unsigned long i = 0; i < started; i++) {
        void *result = NULL;
        good = pthread_join(thread[i], &result) == 0 && result && good;
    }
    fputc('\n', stderr);
    return good;
}

int main(int argc, char **argv) {
    work w = {.lock = PTHREAD_MUTEX_INITIALIZER, .blocks = 34000000 / BLOCK};
    unsigned long n_threads = 2;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--quick") == 0) {
            w.blocks = 80;
        } else if (strcmp(argv[i], "--millions") == 0 && i + 1 < argc) {
            w.blocks = strtoull(argv[++i], NULL, 10) * 1000000u / BLOCK;
        } else if (strcmp(argv[i], "--threads") == 0 && i + 1 < argc) {
            n_threads = strtoul(argv[++i], NULL, 10);
        } else {
            fputs("usage: prove_kernels_f64 [--quick | --millions N] [--threads N]\n", stderr);
            return 2;
        }
    }
    if (n_threads < 1 || n_threads > MAX_THREADS || w.blocks == 0) {
        fprintf(stderr, "prove_kernels_f64: --threads takes 1 to %d, --millions at least 1\n",
                MAX_THREADS);
        return 2;
    }
    if (!run_threads(&w, n_threads)) {
        fputs("prove_kernels_f64: no memory or no thread\n", stderr);
        return 1;
    }
    const bool good = print_table(&w);
    if (!good)
        fputs("prove_kernels_f64: a kernel does not keep its promise\n", stderr);
    return good ? 0 : 1;
}
