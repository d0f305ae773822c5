/* Blocks of samples through the graph, for one vector unit: included by dag_NAME.c, which is
 * compiled for that unit and defines UNIT as its name. Nothing differs between units but the length
 * of a vector: no product and sum are fused, and every order of summation is written down. */
#include <stdint.h>
#include <string.h>

#include "runtime/interp/lane_f32.h"
#include "search/dag_run.h"

enum { BLOCK = WN_DAG_BLOCK, LANES = WN_DAG_LANES, VECTORS = BLOCK / LANES };

/* 16 floats, whatever the machine's vectors hold. */
typedef float lanes __attribute__((vector_size(4 * WN_DAG_LANES), may_alias));

#define ROW(base, row) ((base) + (size_t)(row)*BLOCK)
#define U32(array)     WN_DAG_AT(array, uint32_t)

/* exp(x) neither overflows nor loses digits up to here, and ten of them do not either. */
static const float LARGEST = 80;

/* Samples side by side; the lanes behind the last sample repeat zeros. */
static void gather(const wn_dag_run *run, const uint32_t *index, size_t n, float *input) {
    const size_t inputs = run->dag->inputs;
    for (size_t l = 0; l < BLOCK; l++)
        input[l] = 1;
    for (size_t l = 0; l < n; l++) {
        const float *sample = run->sample + index[l] * inputs;
        for (size_t i = 0; i < inputs; i++)
            ROW(input, i + 1)[l] = sample[i];
    }
    for (size_t i = 1; n < BLOCK && i <= inputs; i++)
        memset(ROW(input, i) + n, 0, (BLOCK - n) * sizeof *input);
}

/* *to = start + the rows source[0 .. n - 1] of base, in this order; start NULL: 0. */
static inline __attribute__((always_inline)) void
add_rows(const float *base, const uint32_t *source, size_t n, const float *start, float *to) {
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
    y[0] = a, y[1] = b, y[2] = c, y[3] = d;
}

/* The same with a weight for each row. */
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
            add_rows(s->input, source + first[i], first[i + 1] - first[i], NULL, ROW(s->plain, i));
}

/* Dispatch once, then a loop that the compiler can vectorise. */
static void activate(uint8_t activation, const float *restrict sum, float weight,
                     float *restrict to) {
    switch ((wann_activation)activation) {
#define LOOP(NAME)                                                                                 \
    case WANN_ACT_##NAME:                                                                          \
        for (size_t l = 0; l < BLOCK; l++)                                                         \
            to[l] = wn_lane_activate_f32(WANN_ACT_##NAME, sum[l] * weight);                        \
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

static void run_nodes(const wn_dag *dag, float weight, const wn_dag_scratch *s) {
    const uint32_t *plain = U32(dag->group_plain), *first = U32(dag->group_first);
    const uint32_t *source = U32(dag->source), *member = U32(dag->member_first);
    const uint32_t *row = U32(dag->member_row);
    const uint8_t *act = WN_DAG_AT(dag->member_act, uint8_t);
    _Alignas(4 * WN_DAG_LANES) float sum[BLOCK];
    for (size_t g = 0; g < dag->group_plain.n; g++) {
        const float *start = plain[g] == UINT32_MAX ? NULL : ROW(s->plain, plain[g]);
        const size_t n = first[g + 1] - first[g];
        if (dag->weighted)
            add_weighted(s->value, source + first[g], WN_DAG_AT(dag->weight, float) + first[g], n,
                         start, sum);
        else
            add_rows(s->value, source + first[g], n, start, sum);
        for (uint32_t m = member[g]; m < member[g + 1]; m++)
            activate(act[m], sum, weight, ROW(s->value, row[m]));
    }
}

/* Exponentials of the outputs; behind the last sample 1, whose logarithm of a sum is known. */
static void run_outputs(const wn_dag *dag, size_t n, const wn_dag_scratch *s) {
    const uint32_t *row = U32(dag->output_row);
    for (size_t o = 0; o < dag->output_row.n; o++) {
        const float *restrict x = ROW(s->value, row[o]);
        float *restrict e = ROW(s->exp, o);
        unsigned large = 0;
        for (size_t l = 0; l < BLOCK; l++)
            e[l] = wn_exp(x[l]);
        for (size_t l = 0; l < BLOCK; l++)
            large |= !(x[l] <= LARGEST && x[l] >= -LARGEST);
        s->large[o] = (unsigned char)large;
        for (size_t l = n; l < BLOCK; l++)
            e[l] = 1;
    }
}

/* 16 sums become one, in the order of a tree. */
static inline __attribute__((always_inline)) float add_lanes(const lanes *sum) {
    float x[LANES];
    memcpy(x, sum, sizeof x);
    for (size_t half = LANES / 2; half > 0; half /= 2)
        for (size_t l = 0; l < half; l++)
            x[l] += x[l + half];
    return x[0];
}

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
            label_sum[p] = add_lanes(&sum);
        }
    }
}

/* Lanes of bits, to take floats apart. */
typedef int32_t words __attribute__((vector_size(4 * WN_DAG_LANES), may_alias));

/* The product of BLOCK sums, each at least the smallest normal number and finite, as a mantissa and
 * an exponent: 64 mantissas below 2 fit. */
static inline __attribute__((always_inline)) wn_dag_loss multiply(const lanes *sum) {
    words exponent = {0};
    lanes product = {0};
    product += 1.0f;
    for (size_t v = 0; v < VECTORS; v++) {
        const words bits = (words)sum[v];
        exponent += bits >> 23;
        product *= (lanes)((bits & 0x7fffff) | 0x3f800000);
    }
    float m[LANES];
    int32_t e[LANES], total = 0, bits;
    memcpy(m, &product, sizeof m);
    memcpy(e, &exponent, sizeof e);
    for (size_t half = LANES / 2; half > 0; half /= 2)
        for (size_t l = 0; l < half; l++) {
            m[l] *= m[l + half];
            e[l] += e[l + half];
        }
    total = e[0] - 127 * BLOCK;
    memcpy(&bits, m, sizeof bits);
    total += (bits >> 23) - 127;
    bits = (bits & 0x7fffff) | 0x3f800000;
    wn_dag_loss loss = {.exponent = total};
    memcpy(&loss.mantissa, &bits, sizeof bits);
    return loss;
}

/* Outputs that are large, or not finite: the largest of each sample is taken out first. */
static wn_dag_loss careful_loss(const wn_dag *dag, const uint32_t *output, size_t n,
                                const wn_dag_scratch *s) {
    const uint32_t *row = U32(dag->output_row);
    _Alignas(4 * WN_DAG_LANES) float most[BLOCK], sum[BLOCK];
    float shift = 0, finite = 0;
    for (size_t l = 0; l < BLOCK; l++) {
        most[l] = l < n ? ROW(s->value, row[output[0]])[l] : 0;
        sum[l] = l < n ? 0 : (float)dag->classes;
    }
    for (size_t c = 1; c < dag->classes; c++)
        for (size_t l = 0; l < n; l++) {
            const float x = ROW(s->value, row[output[c]])[l];
            most[l] = x > most[l] ? x : most[l];
        }
    for (size_t c = 0; c < dag->classes; c++)
        for (size_t l = 0; l < n; l++) {
            const float x = ROW(s->value, row[output[c]])[l];
            sum[l] += wn_exp(x - most[l]);
            finite += x - x; /* 0, or NaN */
        }
    for (size_t l = 0; l < n; l++)
        shift += most[l];
    for (size_t l = 0; l < BLOCK; l++)
        sum[l] = sum[l] >= 1 ? sum[l] : 1; /* it is at least 1, or NaN */
    wn_dag_loss loss = multiply((const lanes *)(const void *)sum);
    loss.shift = shift + finite;
    return loss;
}

static void sum_losses(const wn_dag *dag, size_t n, wn_dag_loss *loss, const wn_dag_scratch *s) {
    const size_t classes = dag->classes;
    for (size_t k = 0; k < dag->n_nets; k++) {
        const uint32_t *output = U32(dag->net_output) + k * classes;
        unsigned large = 0;
        lanes sum[VECTORS] = {{0}};
        for (size_t c = 0; c < classes; c++) {
            const lanes *e = (const void *)ROW(s->exp, output[c]);
            large |= s->large[output[c]];
            for (size_t v = 0; v < VECTORS; v++)
                sum[v] += e[v];
        }
        loss[k] = large ? careful_loss(dag, output, n, s) : multiply(sum);
    }
}

#define NAME_OF(unit) wn_dag_block_##unit
#define NAME(unit)    NAME_OF(unit)
wn_dag_block NAME(UNIT);

void NAME(UNIT)(const wn_dag_run *run, size_t block, wn_dag_scratch *s) {
    const wn_dag *dag = run->dag;
    const size_t offset = block * BLOCK, left = run->n - offset, n = left < BLOCK ? left : BLOCK;
    const size_t at = (block - run->first_block) * run->n_weights;
    gather(run, run->index + offset, n, s->input);
    add_inputs(dag, s);
    for (size_t w = 0; w < run->n_weights; w++) {
        run_nodes(dag, run->weight[w], s);
        run_outputs(dag, n, s);
        sum_labels(run, offset, n, run->label_sum + (at + w) * dag->pair_output.n, s);
        sum_losses(dag, n, run->loss + (at + w) * dag->n_nets, s);
    }
}
