/* Checks the float kernels over all 2^32 inputs and prints the table of docs/kernels.md. */
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/kernel_blocks.h"
#include "bench/kernel_reference.h"
#include "runtime/base/text.h"

enum { BLOCK = 1 << 16, BLOCKS = 1 << 15, INFINITY_BLOCK = 0x7f80, MAX_THREADS = 64 };

typedef enum way { PLAIN, FUSED, N_WAYS } way;
static const char *const way_name[N_WAYS] = {"rounded twice", "fused"};

/* What a kernel promises, whatever the way it is compiled. */
typedef struct promise {
    float low, high; /* no result lies outside */
    int symmetry;    /* 1: f(-x) = f(x), bit for bit; -1: f(-x) = -f(x); 0: neither */
    double ulps;
} promise;
static const promise promises[WN_N_KERNELS] = {
    [WN_KERNEL_EXP] = {0.0f, INFINITY, 0, 2.0},  [WN_KERNEL_TANH] = {-1.0f, 1.0f, -1, 2.0},
    [WN_KERNEL_SIGMOID] = {0.0f, 1.0f, 0, 2.0},  [WN_KERNEL_GAUSSIAN] = {0.0f, 1.0f, 1, 2.0},
    [WN_KERNEL_SIN_PI] = {-1.0f, 1.0f, -1, 2.0}, [WN_KERNEL_COS_PI] = {-1.0f, 1.0f, 1, 2.0},
};

typedef struct tally {
    uint64_t inputs;     /* NaN apart */
    uint64_t right;      /* results that are the correctly rounded ones */
    uint64_t unordered;  /* neighbours x < y with f(x) and f(y) the wrong way round */
    uint64_t asymmetric; /* breaks of the symmetry */
    uint64_t outside;    /* of the range */
    uint64_t special;    /* wrong at zeros, infinities, NaN, or where the result has to be exact */
    uint64_t apart;      /* sincos_pi not the same bits as sin_pi or cos_pi */
    double worst;        /* in ulp */
    float worst_at;
} tally;

typedef struct report {
    tally of[WN_N_KERNELS][N_WAYS];
    uint64_t by_mpfr;
} report;

/* Arrays of a thread, with the neighbour below the block in front. */
typedef struct scratch {
    float x[BLOCK + 1];
    float y[N_WAYS][BLOCK + 1];
    float mirrored[N_WAYS][BLOCK + 1]; /* f(-x) */
    float other[BLOCK + 1];
    wn_exact exact[BLOCK + 1];
} scratch;

static uint32_t bits_of(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static float float_of(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* What a processor without fused multiply-adds cannot run. */
static bool can_run(way w) {
#if defined(__x86_64__) || defined(__i386__)
    return w == PLAIN || __builtin_cpu_supports("fma");
#else
    return w == PLAIN || w == FUSED;
#endif
}

static const wn_kernel_block *blocks_of(way w) {
    return w == PLAIN ? wn_kernel_blocks_plain : wn_kernel_blocks_fused;
}

/* +1 where f rises from a to the next float b, -1 where it falls, 0 where an extremum lies between.
 */
static int direction(wn_kernel_id kernel, float a, float b) {
    const double shift = kernel == WN_KERNEL_SIN_PI ? 0.5 : 0.0;
    const double low = fmin((double)a, (double)b) + shift,
                 high = fmax((double)a, (double)b) + shift;
    const double piece = ceil(high) - 1.0; /* [piece, piece + 1]: rises if odd for the cosine */
    const bool odd = fmod(piece, 2.0) != 0.0;
    switch (kernel) {
    case WN_KERNEL_EXP:
    case WN_KERNEL_TANH:
    case WN_KERNEL_SIGMOID:
        return 1;
    case WN_KERNEL_GAUSSIAN:
        return a + b < 0.0f ? 1 : -1;
    case WN_KERNEL_SIN_PI:
        return low < piece ? 0 : odd ? -1 : 1;
    case WN_KERNEL_COS_PI:
        return low < piece ? 0 : odd ? 1 : -1;
    case WN_N_KERNELS:
        break;
    }
    return 0;
}

static bool wrong_way(wn_kernel_id kernel, float x0, float y0, float x1, float y1) {
    const int rises = direction(kernel, x0, x1) * (x0 < x1 ? 1 : -1);
    return rises * (y1 > y0) < 0 || rises * (y1 < y0) > 0;
}

/* Results that are exact have to be met: 0, 1 and -1 at multiples of 1/2, NaN, infinities. */
static bool has_to_be_exact(wn_kernel_id kernel, float x, float expected) {
    const bool periodic = kernel == WN_KERNEL_SIN_PI || kernel == WN_KERNEL_COS_PI;
    if (isnan(expected) || isinf(x) || x == 0.0f)
        return true;
    return periodic && (fabsf(x) >= 4194304.0f || floorf(2.0f * x) == 2.0f * x);
}

static bool meets(wn_kernel_id kernel, float x, float expected, float y) {
    if (isnan(expected))
        return isnan(y);
    if (x == 0.0f && promises[kernel].symmetry < 0)
        return bits_of(y) == bits_of(x);
    return y == expected;
}

static void judge(wn_kernel_id kernel, tally *t, float x, const wn_exact *exact, float y) {
    const promise *p = &promises[kernel];
    if (has_to_be_exact(kernel, x, exact->rounded) && !meets(kernel, x, exact->rounded, y))
        t->special++;
    if (isnan(exact->rounded))
        return;
    t->inputs++;
    t->right += y == exact->rounded;
    t->outside += !(y >= p->low && y <= p->high);
    if (y == exact->rounded && isinf(y))
        return;
    const double ulps = wn_kernel_ulps(exact, y);
    if (!(ulps <= t->worst)) {
        t->worst = ulps;
        t->worst_at = x;
    }
}

static bool mirrors(int symmetry, float y, float mirrored) {
    if (isnan(y))
        return isnan(mirrored);
    return symmetry < 0 ? y == -mirrored : bits_of(y) == bits_of(mirrored);
}

static void judge_half(report *all, wn_kernel_id kernel, scratch *s, bool nan) {
    for (size_t i = 1; i <= BLOCK && !nan; i++) {
        s->exact[i] = wn_kernel_exact(kernel, s->x[i]);
        all->by_mpfr += s->exact[i].by_mpfr;
    }
    for (way w = PLAIN; w < N_WAYS; w++) {
        tally *t = &all->of[kernel][w];
        const float *y = s->y[w];
        for (size_t i = 1; i <= BLOCK; i++) {
            if (nan) {
                t->special += isnan(y[i]) ? 0 : 1;
                continue;
            }
            judge(kernel, t, s->x[i], &s->exact[i], y[i]);
            t->unordered += wrong_way(kernel, s->x[i - 1], y[i - 1], s->x[i], y[i]);
        }
    }
}

static void negate(scratch *s) {
    for (size_t i = 0; i <= BLOCK; i++)
        s->x[i] = -s->x[i];
}

static void evaluate(scratch *s, wn_kernel_id kernel, bool mirrored) {
    for (way w = PLAIN; w < N_WAYS; w++)
        blocks_of(can_run(w) ? w : PLAIN)[kernel].evaluate(BLOCK + 1, s->x,
                                                           mirrored ? s->mirrored[w] : s->y[w]);
}

/* The mirrored half of an odd or even function has the errors of the other half. */
static void check_mirror(report *all, wn_kernel_id kernel, scratch *s) {
    for (way w = PLAIN; w < N_WAYS; w++) {
        tally *t = &all->of[kernel][w];
        for (size_t i = 1; i <= BLOCK; i++)
            t->asymmetric += !mirrors(promises[kernel].symmetry, s->y[w][i], s->mirrored[w][i]);
    }
}

/* sincos_pi against the results of one of its two functions that lie in s->y. */
static void check_sincos(report *all, wn_kernel_id kernel, scratch *s) {
    for (way w = PLAIN; w < N_WAYS; w++) {
        const bool sine = kernel == WN_KERNEL_SIN_PI;
        float *of_sine = sine ? s->mirrored[w] : s->other;
        float *of_cosine = sine ? s->other : s->mirrored[w];
        if (can_run(w) && w == FUSED)
            wn_sincos_block_fused(BLOCK + 1, s->x, of_sine, of_cosine);
        else
            wn_sincos_block_plain(BLOCK + 1, s->x, of_sine, of_cosine);
        for (size_t i = 1; i <= BLOCK; i++) {
            const float y = s->y[w][i], both = s->mirrored[w][i];
            const bool same = isnan(y) ? isnan(both) : bits_of(y) == bits_of(both);
            all->of[kernel][w].apart += !same;
        }
    }
}

/* The floats of one block of positive bit patterns, and those with the other sign. */
static void check_block(report *all, scratch *s, uint32_t block) {
    const uint32_t first = block * (uint32_t)BLOCK;
    const bool nan = block > INFINITY_BLOCK;
    for (size_t i = 0; i <= BLOCK; i++)
        s->x[i] = float_of(first + (uint32_t)i - (first == 0 && i == 0 ? 0 : 1));
    for (wn_kernel_id k = 0; k < WN_N_KERNELS; k++) {
        evaluate(s, k, false);
        judge_half(all, k, s, nan);
        if (k == WN_KERNEL_SIN_PI || k == WN_KERNEL_COS_PI)
            check_sincos(all, k, s);
        negate(s);
        evaluate(s, k, promises[k].symmetry != 0);
        if (promises[k].symmetry != 0)
            check_mirror(all, k, s);
        else
            judge_half(all, k, s, nan);
        negate(s);
    }
}

/* Work is handed out block by block under one lock. */
typedef struct work {
    pthread_mutex_t lock;
    uint32_t next;
    uint32_t done;
    uint32_t total;
    bool quick;
    report all;
} work;

/* In the quick run every 509th block, and those where a kernel changes its method or its result. */
static bool in_quick_run(uint32_t block) {
    static const float edge[] = {0x1p-126f, 0x1p-12f, 0.125f,  0.25f,  0.34657f, 0.5f,
                                 0.5493f,   1.0f,     2.0f,    3.0f,   9.01f,    9.25f,
                                 14.0f,     14.5f,    16.64f,  18.0f,  87.34f,   88.72f,
                                 103.9f,    104.0f,   0x1p21f, 0x1p22f};
    if (block % 509 == 0 || (block >= 0x4a80 && block % 64 == 0) || block >= 0x7f7f)
        return true;
    for (size_t i = 0; i < sizeof edge / sizeof *edge; i++) {
        const uint32_t at = bits_of(edge[i]) / BLOCK;
        if (block == at || block + 1 == at)
            return true;
    }
    return false;
}

static bool take_block(work *w, uint32_t *block) {
    pthread_mutex_lock(&w->lock);
    while (w->quick && w->next < BLOCKS && !in_quick_run(w->next))
        w->next++;
    *block = w->next++;
    const bool taken = *block < BLOCKS;
    if (taken && ++w->done % 64 == 0)
        fprintf(stderr, "\r%u of %u blocks", w->done, w->total);
    pthread_mutex_unlock(&w->lock);
    return taken;
}

static void merge_tally(tally *into, const tally *from) {
    into->inputs += from->inputs;
    into->right += from->right;
    into->unordered += from->unordered;
    into->asymmetric += from->asymmetric;
    into->outside += from->outside;
    into->special += from->special;
    into->apart += from->apart;
    if (!(from->worst <= into->worst)) {
        into->worst = from->worst;
        into->worst_at = from->worst_at;
    }
}

static void *run(void *data) {
    work *w = data;
    scratch *s = calloc(1, sizeof *s);
    report *mine = calloc(1, sizeof *mine);
    uint32_t block;
    while (s && mine && take_block(w, &block))
        check_block(mine, s, block);
    wn_kernel_exact_done();
    pthread_mutex_lock(&w->lock);
    for (size_t k = 0; mine && k < WN_N_KERNELS; k++)
        for (way v = PLAIN; v < N_WAYS; v++)
            merge_tally(&w->all.of[k][v], &mine->of[k][v]);
    w->all.by_mpfr += mine ? mine->by_mpfr : 0;
    pthread_mutex_unlock(&w->lock);
    free(s);
    free(mine);
    return s && mine ? data : NULL;
}

static bool kept(wn_kernel_id kernel, const tally *t) {
    return t->worst <= promises[kernel].ulps && !t->unordered && !t->asymmetric && !t->outside &&
           !t->special && !t->apart;
}

static void print_row(wn_kernel_id kernel, way w, const tally *t) {
    char worst[WN_NUMBER_SIZE], at[WN_NUMBER_SIZE], share[WN_NUMBER_SIZE];
    wn_format_fixed(worst, t->worst, 4);
    wn_format_float(at, t->worst_at);
    wn_format_fixed(share, 100.0 * (double)t->right / (double)t->inputs, 3);
    const int symmetry = promises[kernel].symmetry;
    printf("| %s | %s | %s | %s | %s %% | %llu | ", wn_kernel_blocks_plain[kernel].name,
           way_name[w], worst, at, share, (unsigned long long)t->unordered);
    if (symmetry)
        printf("%s, %llu", symmetry < 0 ? "odd" : "even", (unsigned long long)t->asymmetric);
    printf(" | %llu | %llu |\n", (unsigned long long)t->outside,
           (unsigned long long)(t->special + t->apart));
}

static bool print_table(const report *all) {
    bool good = true;
    puts("| kernel | a * b + c | largest error, ulp | at | correctly rounded | not monotone | "
         "symmetry, breaks | out of range | special values wrong |");
    puts("| --- | --- | ---: | ---: | ---: | ---: | --- | ---: | ---: |");
    for (wn_kernel_id k = 0; k < WN_N_KERNELS; k++)
        for (way w = PLAIN; w < N_WAYS; w++) {
            if (!can_run(w))
                continue;
            print_row(k, w, &all->of[k][w]);
            good = good && kept(k, &all->of[k][w]);
        }
    return good;
}

static bool run_threads(work *w, unsigned n_threads) {
    pthread_t thread[MAX_THREADS];
    unsigned started = 0;
    while (started < n_threads && pthread_create(&thread[started], NULL, run, w) == 0)
        started++;
    bool good = started > 0;
    for (unsigned i = 0; i < started; i++) {
        void *result = NULL;
        good = pthread_join(thread[i], &result) == 0 && result && good;
    }
    fputc('\n', stderr);
    return good;
}

int main(int argc, char **argv) {
    work w = {.lock = PTHREAD_MUTEX_INITIALIZER};
    unsigned n_threads = 2;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--quick") == 0) {
            w.quick = true;
        } else if (strcmp(argv[i], "--threads") == 0 && i + 1 < argc) {
            n_threads = (unsigned)strtoul(argv[++i], NULL, 10);
        } else {
            fputs("usage: prove_kernels [--quick] [--threads N]\n", stderr);
            return 2;
        }
    }
    if (n_threads < 1 || n_threads > MAX_THREADS) {
        fprintf(stderr, "prove_kernels: --threads takes 1 to %d\n", MAX_THREADS);
        return 2;
    }
    for (uint32_t block = 0; block < BLOCKS; block++)
        w.total += !w.quick || in_quick_run(block);
    if (!run_threads(&w, n_threads)) {
        fputs("prove_kernels: no memory or no thread\n", stderr);
        return 1;
    }
    const bool good = print_table(&w.all);
    printf("\n%u of %d blocks of 2 x %d floats; %llu values settled by MPFR.\n", w.total,
           (int)BLOCKS, (int)BLOCK, (unsigned long long)w.all.by_mpfr);
    if (!good)
        fputs("prove_kernels: a kernel does not keep its promise\n", stderr);
    return good ? 0 : 1;
}
