/* Blocks of samples through the graph, for one vector unit: included by dag_NAME.c, which is
 * compiled for that unit and defines UNIT as its name. Nothing differs between units but the length
 * of a vector: no product and sum are fused, and every order of summation is written down. */
#include <stdint.h>
#include <string.h>

/* The short kernels would fuse where the unit can, and units would differ. */
#undef __FMA__
#undef __FP_FAST_FMAF
#include "runtime/interp/lane_f32.h"
#include "search/dag_run.h"

enum { BLOCK = WN_DAG_BLOCK, LANES = WN_DAG_LANES, VECTORS = BLOCK / LANES };

/* 16 floats, whatever the machine's vectors hold. */
typedef float lanes __attribute__((vector_size(4 * WN_DAG_LANES), may_alias));

#define ROW(base, row) ((base) + (size_t)(row)*BLOCK)
#define U32(array)     WN_DAG_AT(array, uint32_t)

/* Samples lie far apart in memory: they are called for before they are needed. */
static void prefetch(const wn_dag_run *run, const uint32_t *index, size_t n) {
    const size_t inputs = run->dag->inputs;
    for (size_t l = 0; l < n; l++)
        for (size_t i = 0; i < inputs; i += LANES)
            __builtin_prefetch(run->sample + index[l] * inputs + i);
}

/* Samples side by side, 16 at a time so that whole vectors are written; behind the last one zeros.
 */
static void gather(const wn_dag_run *run, const uint32_t *index, size_t n, float *input) {
    const size_t inputs = run->dag->inputs;
    for (size_t l = 0; l < BLOCK; l++)
        input[l] = 1;
    for (size_t from = 0; from < BLOCK; from += LANES) {
        const float *sample[LANES];
        const size_t here = from >= n ? 0 : n - from < LANES ? n - from : LANES;
        if (from + LANES < n)
            prefetch(run, index + from + LANES, n - from < 2 * LANES ? n - from - LANES : LANES);
        for (size_t l = 0; l < LANES; l++) /* a lane without a sample has to read something */
            sample[l] = run->sample + index[l < here ? from + l : 0] * inputs;
        for (size_t i = 0; i < inputs; i++) {
            float *to = ROW(input, i + 1) + from;
            for (size_t l = 0; l < LANES; l++)
                to[l] = sample[l][i];
            for (size_t l = here; l < LANES; l++)
                to[l] = 0;
        }
    }
}

/* *to = weight * (start + the rows source[0 .. n - 1] of base, in this order); start NULL: 0. */
static inline __attribute__((always_inline)) void add_rows(const float *base,
                                                           const uint32_t *source, size_t n,
                                                           const float *start, float weight,
                                                           float *to) {
    lanes a = {0}, b = {0}, c = {0}, d = {0};
    if (start) {
        const lanes *x = (const void *)start;
        a = x[0], b = x[1], c = x[2], d = x[3];
    }
    for (size_t k = 0; k < n; k++) {
        const lanes *x = (const void *)ROW(base, source[k]);
        a += x[0], b += x[1], c += x[2], d += x[3];
    }
    lanes *y = (void *)to;
    y[0] = a * weight, y[1] = b * weight, y[2] = c * weight, y[3] = d * weight;
}

/* start + the rows times a weight each. */
static void add_weighted(const float *base, const uint32_t *source, const float *weight, size_t n,
                         const float *start, float *to) {
    for (size_t l = 0; l < BLOCK; l++)
        to[l] = start ? start[l] : 0;
    for (size_t k = 0; k < n; k++) {
        const float *x = ROW(base, source[k]), w = weight[k];
        for (size_t l = 0; l < BLOCK; l++)
            to[l] += x[l] * w;
    }
}

static void add_inputs(const wn_dag *dag, const wn_dag_scratch *s) {
    const uint32_t *first = U32(dag->plain_first), *source = U32(dag->plain_source);
    for (size_t i = 0; i + 1 < dag->plain_first.n; i++)
        if (dag->weighted)
            add_weighted(s->input, source + first[i],
                         WN_DAG_AT(dag->plain_weight, float) + first[i], first[i + 1] - first[i],
                         NULL, ROW(s->plain, i));
        else
            add_rows(s->input, source + first[i], first[i + 1] - first[i], NULL, 1,
                     ROW(s->plain, i));
}

/* Dispatch once, then a loop that the compiler can vectorise. The short kernels will do: what they
 * are off by, 4e-7 at most, is far below what a batch more or less changes. */
static void activate(uint8_t activation, const float *restrict sum, float *restrict to) {
    switch ((wann_activation)activation) {
#define LOOP(NAME)                                                                                 \
    case WANN_ACT_##NAME:                                                                          \
        for (size_t l = 0; l < BLOCK; l++)                                                         \
            to[l] = wn_lane_activate_short(WANN_ACT_##NAME, sum[l]);                               \
        return;
        LOOP(LINEAR)
        LOOP(STEP)
        LOOP(SIN)
        LOOP(GAUSSIAN)
        LOOP(TANH)
        LOOP(SIGMOID)
        LOOP(INVERSE)
        LOOP(ABS)
        LOOP(RELU)
        LOOP(COS)
        LOOP(SQUARED)
#undef LOOP
    }
}

/* Of the nodes of a group a linear one comes first, and is the sum itself. */
static void run_nodes(const wn_dag *dag, float weight, const wn_dag_scratch *s) {
    const uint32_t *plain = U32(dag->group_plain), *first = U32(dag->group_first);
    const uint32_t *source = U32(dag->source), *member = U32(dag->member_first);
    const uint32_t *row = U32(dag->member_row);
    const uint8_t *act = WN_DAG_AT(dag->member_act, uint8_t);
    _Alignas(4 * WN_DAG_LANES) float spare[BLOCK];
    for (size_t g = 0; g < dag->group_plain.n; g++) {
        const float *start = plain[g] == UINT32_MAX ? NULL : ROW(s->plain, plain[g]);
        const size_t n = first[g + 1] - first[g];
        uint32_t m = member[g];
        float *sum = act[m] == WANN_ACT_LINEAR ? ROW(s->value, row[m++]) : spare;
        if (dag->weighted)
            add_weighted(s->value, source + first[g], WN_DAG_AT(dag->weight, float) + first[g], n,
                         start, sum);
        else
            add_rows(s->value, source + first[g], n, start, weight, sum);
        for (; m < member[g + 1]; m++)
            activate(act[m], sum, ROW(s->value, row[m]));
    }
}

/* x, but -87 to 88; NaN gives 88. */
static inline __attribute__((always_inline)) float within(float x) {
    const float below = x < 88.0f ? x : 88.0f;
    return below > -87.0f ? below : -87.0f;
}

/* exp(x) for -87 <= x <= 88: 2^n times a polynomial for 2^r, |r| <= 1/2, relative error 9.5e-8
 * (sollya: fpminimax(2^x, [|1,2,3,4,5|], [|SG...|], [-0.5; 0.5], 1, relative)) plus that of
 * rounding x log2(e). */
static inline __attribute__((always_inline)) float exp_of(float x) {
    const float round = 12583039.0f; /* 1.5 * 2^23 + 127: integer and bias in the low bits */
    const float y = x * 1.44269504f, sum = y + round;
    const float r = y - (sum - round), r2 = r * r;
    const float scale = wn_real(wn_bits(sum) << 23);
    const float low = 1.0f + 0.693147004f * r;
    const float middle = 0.240222409f + 0.0555069931f * r;
    const float high = 0.00967156515f + 0.00132747507f * r;
    return scale * low + (scale * r2) * (middle + r2 * high);
}

/* What an output's exponentials in a block are like. */
enum { SOME_LARGE = 1, SOME_SMALL = 2 };

/* Exponentials of the outputs; behind the last sample 1, whose logarithm of a sum is known.
 * Positive floats compare as their bits do. */
static void run_outputs(const wn_dag_run *run, size_t n, const wn_dag_scratch *s) {
    const uint32_t *row = U32(run->dag->output_row);
    const int32_t large = (int32_t)wn_bits(exp_of(run->largest));
    const int32_t small = (int32_t)wn_bits(exp_of(-run->largest));
    for (size_t o = 0; o < run->dag->output_row.n; o++) {
        const float *restrict x = ROW(s->value, row[o]);
        float *restrict e = ROW(s->exp, o);
        int32_t most = 0, least = INT32_MAX;
        for (size_t l = 0; l < BLOCK;
             l++) /* by itself, or gcc makes selections of all that follows */
            e[l] = within(x[l]);
        for (size_t l = 0; l < BLOCK; l++) {
            const float exponential = exp_of(e[l]);
            const int32_t bits = (int32_t)wn_bits(exponential);
            most = bits > most ? bits : most;
            least = bits < least ? bits : least;
            e[l] = exponential;
        }
        s->range[o] =
            (unsigned char)((most > large ? SOME_LARGE : 0) | (least < small ? SOME_SMALL : 0));
        for (size_t l = n; l < BLOCK; l++)
            e[l] = 1;
    }
}

/* Halves of a vector, to fold it. */
typedef float lanes8 __attribute__((vector_size(32), may_alias));
typedef float lanes4 __attribute__((vector_size(16), may_alias));
typedef int32_t words __attribute__((vector_size(4 * WN_DAG_LANES), may_alias));
typedef int32_t words8 __attribute__((vector_size(32), may_alias));
typedef int32_t words4 __attribute__((vector_size(16), may_alias));

/* 16 numbers become one, in the order of a tree; op: + or *. */
#define FOLD(wide, half, quarter, from, op, to)                                                    \
    do {                                                                                           \
        half h_[2];                                                                                \
        quarter q_[2];                                                                             \
        const wide w_ = (from);                                                                    \
        memcpy(h_, &w_, sizeof h_);                                                                \
        h_[0] = h_[0] op h_[1];                                                                    \
        memcpy(q_, h_, sizeof q_);                                                                 \
        q_[0] = q_[0] op q_[1];                                                                    \
        (to) = (q_[0][0] op q_[0][2])op(q_[0][1] op q_[0][3]);                                     \
    } while (0)

/* What the outputs of each pair say of the samples that have the pair's label. */
static void sum_labels(const wn_dag_run *run, size_t offset, size_t n, float *label_sum,
                       const wn_dag_scratch *s) {
    const wn_dag *dag = run->dag;
    const uint32_t *first = U32(dag->pair_first), *output = U32(dag->pair_output);
    const uint32_t *row = U32(dag->output_row);
    memset(label_sum, 0, dag->pair_output.n * sizeof *label_sum);
    for (size_t c = 0; c < dag->classes; c++) {
        size_t from = run->label_first[c], to = run->label_first[c + 1];
        from = from > offset ? from - offset : 0;
        to = to > offset ? to - offset : 0;
        to = to < n ? to : n;
        if (from >= to)
            continue;
        _Alignas(4 * WN_DAG_LANES) float mask[BLOCK];
        for (size_t l = 0; l < BLOCK; l++)
            mask[l] = l >= from && l < to;
        const lanes *m = (const void *)mask;
        for (uint32_t p = first[c]; p < first[c + 1]; p++) {
            const lanes *x = (const void *)ROW(s->value, row[output[p]]);
            lanes sum = x[0] * m[0];
            for (size_t v = 1; v < VECTORS; v++)
                sum += x[v] * m[v];
            FOLD(lanes, lanes8, lanes4, sum, +, label_sum[p]);
        }
    }
}

/* The product of BLOCK sums as mantissa and exponent. A product of two neither overflows nor
 * underflows (run->largest); of the mantissas of 32 products, each below 2, the product fits. */
static inline __attribute__((always_inline)) void multiply(const lanes *sum, wn_dag_loss *loss) {
    const words one = (words)(sum[0] * sum[1]), two = (words)(sum[2] * sum[3]);
    const words exponent = (one >> 23) + (two >> 23);
    const lanes mantissa =
        (lanes)((one & 0x7fffff) | 0x3f800000) * (lanes)((two & 0x7fffff) | 0x3f800000);
    FOLD(lanes, lanes8, lanes4, mantissa, *, loss->mantissa);
    FOLD(words, words8, words4, exponent, +, loss->exponent);
    loss->exponent -= 127 * 2 * LANES;
}
_Static_assert(VECTORS == 4, "multiply() takes four vectors");

/* Where exponentials might leave the range of numbers the largest output of each sample is taken
 * out first. Outputs that are not finite make the shift NaN. */
static void careful_loss(const wn_dag *dag, const uint32_t *output, size_t n,
                         const wn_dag_scratch *s, wn_dag_loss *loss) {
    const uint32_t *row = U32(dag->output_row);
    _Alignas(4 * WN_DAG_LANES) float most[BLOCK], sum[BLOCK] = {0}, finite[BLOCK] = {0};
    memcpy(most, ROW(s->value, row[output[0]]), sizeof most);
    for (size_t c = 1; c < dag->classes; c++) {
        const float *x = ROW(s->value, row[output[c]]);
        for (size_t l = 0; l < BLOCK; l++)
            most[l] = x[l] > most[l] ? x[l] : most[l];
    }
    for (size_t c = 0; c < dag->classes; c++) {
        const float *x = ROW(s->value, row[output[c]]);
        for (size_t l = 0; l < BLOCK; l++) {
            sum[l] += exp_of(within(x[l] - most[l]));
            finite[l] += x[l] - x[l]; /* 0, or NaN */
        }
    }
    for (size_t l = n; l < BLOCK; l++)
        sum[l] = (float)dag->classes;
    for (size_t l = 0; l < BLOCK; l++)
        sum[l] = sum[l] >= 1 ? sum[l] : 1; /* it is at least 1, or NaN */
    multiply((const lanes *)(const void *)sum, loss);
    for (size_t l = 0; l < n; l++)
        loss->shift += most[l] + finite[l];
}

static void sum_losses(const wn_dag *dag, size_t n, wn_dag_loss *loss, const wn_dag_scratch *s) {
    const size_t classes = dag->classes;
    for (size_t k = 0; k < dag->n_nets; k++) {
        const uint32_t *output = U32(dag->net_output) + k * classes;
        unsigned some = 0, all = SOME_SMALL;
        lanes sum[VECTORS] = {{0}};
        for (size_t c = 0; c < classes; c++) {
            const lanes *e = (const void *)ROW(s->exp, output[c]);
            some |= s->range[output[c]];
            all &= s->range[output[c]];
            sum[0] += e[0];
            sum[1] += e[1];
            sum[2] += e[2];
            sum[3] += e[3];
        }
        loss[k].shift = 0;
        if ((some & SOME_LARGE) || all)
            careful_loss(dag, output, n, s, &loss[k]);
        else
            multiply(sum, &loss[k]);
    }
}

#define NAME_OF(unit) wn_dag_block_##unit
#define NAME(unit)    NAME_OF(unit)
wn_dag_block NAME(UNIT);

void NAME(UNIT)(const wn_dag_run *run, size_t block, wn_dag_scratch *s) {
    const wn_dag *dag = run->dag;
    const size_t offset = block * BLOCK, left = run->n - offset, n = left < BLOCK ? left : BLOCK;
    const size_t at = (block - run->first_block) * run->n_weights;
    prefetch(run, run->index + offset, n < LANES ? n : LANES);
    gather(run, run->index + offset, n, s->input);
    add_inputs(dag, s);
    for (size_t w = 0; w < run->n_weights; w++) {
        run_nodes(dag, run->weight[w], s);
        run_outputs(run, n, s);
        sum_labels(run, offset, n, run->label_sum + (at + w) * dag->pair_output.n, s);
        sum_losses(dag, n, run->loss + (at + w) * dag->n_nets, s);
    }
}
