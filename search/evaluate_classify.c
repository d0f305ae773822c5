/* Scores networks that classify: the population as one graph (search/dag.h), samples in blocks that
 * threads share out, sums in the order of the blocks whoever computed them. */
#include <math.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "search/batch.h"
#include "search/dag_run.h"
#include "search/evaluate.h"

/* Blocks whose results are kept apart before they are added up. */
enum { ROUND = 64 };

typedef struct classify {
    wann_task *task;
    wn_pool *pool;
    const wann_samples *samples;
    float *sample;         /* [samples][inputs] */
    uint32_t *index;       /* [2 * samples] the batch by label, and scratch */
    uint32_t *label_first; /* [classes + 1] */
    wn_dag dag;
    wn_dag_scratch *scratch; /* [workers] */
    wn_dag_run run;
    wn_dag_block *block;
    float *weight;     /* [n_weights] */
    double *sum;       /* [n_weights][n_nets] log-sums of the batch under way */
    double *label_sum; /* [n_weights][pairs] */
    size_t room[5];    /* items that these and the two of the run can hold */
} classify;

static bool suits(const wann_env_type *type) {
    return type->samples != NULL;
}

static void destroy(void *self) {
    classify *c = self;
    for (size_t i = 0; c->scratch && i < wn_pool_workers(c->pool); i++)
        wn_dag_scratch_free(&c->scratch[i]);
    wn_free(c->scratch);
    wn_free(c->sample);
    wn_free(c->index);
    wn_free(c->label_first);
    wn_free(c->weight);
    wn_free(c->sum);
    wn_free(c->label_sum);
    wn_free(c->run.loss);
    wn_free(c->run.label_sum);
    wn_dag_free(&c->dag);
    wn_free(c);
}

static wann_status open_samples(classify *c, wann_diag *diag) {
    WN_TRY(wann_task_samples(c->task, WANN_TRAIN, &c->samples, diag));
    const wann_samples *s = c->samples;
    size_t numbers;
    if (!wn_mul_size(s->n, s->inputs, &numbers))
        return wn_fail_memory(diag);
    c->sample = wn_calloc(numbers, sizeof *c->sample);
    c->index = wn_calloc(2 * s->n, sizeof *c->index);
    c->label_first = wn_calloc(s->classes + 1, sizeof *c->label_first);
    c->scratch = wn_calloc(wn_pool_workers(c->pool), sizeof *c->scratch);
    if (!c->sample || !c->index || !c->label_first || !c->scratch)
        return wn_fail_memory(diag);
    for (size_t i = 0; i < numbers; i++)
        c->sample[i] = (float)s->input[i];
    return WANN_OK;
}

static wann_status create(wann_task *task, wn_pool *pool, void **self, wann_diag *diag) {
    classify *c = wn_calloc(1, sizeof *c);
    if (!c)
        return wn_fail_memory(diag);
    c->task = task;
    c->pool = pool;
    c->block = wn_dag_block_on(wn_unit_best());
    const wann_status status = open_samples(c, diag);
    if (status != WANN_OK)
        destroy(c);
    else
        *self = c;
    return status;
}

/* --- batches ---------------------------------------------------------------------------------- */

/* Draw the batch of a seed, and put it in the order of its labels, so that the samples of a label
 * are neighbours. */
static void draw(classify *c, uint64_t seed, size_t n) {
    const wann_samples *s = c->samples;
    uint32_t *drawn = c->index + s->n, *first = c->label_first;
    if (n < s->n)
        wn_batch_draw(seed, s->n, n, drawn);
    for (size_t i = 0; n == s->n && i < n; i++)
        drawn[i] = (uint32_t)i;
    memset(first, 0, (s->classes + 1) * sizeof *first);
    for (size_t i = 0; i < n; i++)
        first[s->label[drawn[i]] + 1]++;
    for (size_t k = 0; k < s->classes; k++)
        first[k + 1] += first[k];
    for (size_t i = 0; i < n; i++)
        c->index[first[s->label[drawn[i]]]++] = drawn[i];
    memmove(first + 1, first, s->classes * sizeof *first);
    first[0] = 0;
}

/* data with room for so many items; what was in them is lost. NULL: out of memory. */
static void *fit(void *data, size_t *room, size_t items, size_t size) {
    if (items <= *room && data)
        return data;
    wn_free(data);
    data = wn_calloc(items + items / 4 + 1, size);
    *room = data ? items + items / 4 + 1 : 0;
    return data;
}

static wann_status fit_all(classify *c, const wn_trial *trial, size_t n, wann_diag *diag) {
    const size_t weights = wn_trial_rewards(trial), nets = c->dag.n_nets;
    const size_t pairs = c->dag.pair_output.n, blocks = (n + WN_DAG_BLOCK - 1) / WN_DAG_BLOCK;
    const size_t kept = (blocks < ROUND ? blocks : ROUND) * weights;
    c->weight = fit(c->weight, &c->room[0], weights, sizeof *c->weight);
    c->sum = fit(c->sum, &c->room[1], weights * nets, sizeof *c->sum);
    c->label_sum = fit(c->label_sum, &c->room[2], weights * pairs, sizeof *c->label_sum);
    c->run.loss = fit(c->run.loss, &c->room[3], kept * nets, sizeof *c->run.loss);
    c->run.label_sum = fit(c->run.label_sum, &c->room[4], kept * pairs, sizeof *c->run.label_sum);
    if (!c->weight || !c->sum || !c->label_sum || !c->run.loss || !c->run.label_sum)
        return wn_fail_memory(diag);
    for (size_t w = 0; w < weights; w++)
        c->weight[w] = trial->n_weights > 0 ? (float)trial->weight[w] : 1;
    for (size_t i = 0; i < wn_pool_workers(c->pool); i++)
        WN_TRY(wn_dag_scratch_fit(&c->scratch[i], &c->dag, diag));
    c->run.dag = &c->dag;
    c->run.weight = c->weight;
    c->run.n_weights = weights;
    c->run.sample = c->sample;
    c->run.index = c->index;
    c->run.label_first = c->label_first;
    c->run.n = n;
    c->run.largest = wn_dag_largest(c->dag.classes);
    return WANN_OK;
}

/* --- losses ----------------------------------------------------------------------------------- */

static wann_status run_piece(void *context, size_t worker, size_t item, wann_diag *diag) {
    classify *c = context;
    (void)diag;
    c->block(&c->run, c->run.first_block + item, &c->scratch[worker]);
    return WANN_OK;
}

/* The logarithm of the product over the blocks of a round. */
static double log_of_round(const wn_dag_loss *loss, size_t stride, size_t blocks) {
    double product = 1, shift = 0;
    int64_t exponent = 0;
    for (size_t b = 0; b < blocks; b++, loss += stride) {
        product *= (double)loss->mantissa; /* below 2^32, so that 16 more of them fit */
        shift += (double)loss->shift;
        exponent += loss->exponent;
        if (b % 16 == 15) {
            int moved;
            product = frexp(product, &moved);
            exponent += moved;
        }
    }
    return log(product) + 0.693147180559945309417 * (double)exponent + shift;
}

static wann_status add_round(void *context, size_t worker, size_t w, wann_diag *diag) {
    classify *c = context;
    const size_t nets = c->dag.n_nets, pairs = c->dag.pair_output.n, weights = c->run.n_weights;
    const size_t blocks = (c->run.n + WN_DAG_BLOCK - 1) / WN_DAG_BLOCK - c->run.first_block;
    const size_t done = blocks < ROUND ? blocks : ROUND;
    (void)worker, (void)diag;
    for (size_t k = 0; k < nets; k++)
        c->sum[w * nets + k] += log_of_round(&c->run.loss[w * nets + k], weights * nets, done);
    for (size_t b = 0; b < done; b++)
        for (size_t p = 0; p < pairs; p++)
            c->label_sum[w * pairs + p] += (double)c->run.label_sum[(b * weights + w) * pairs + p];
    return WANN_OK;
}

/* All blocks of the batch: *done is 0 if *stop cut it short. */
static wann_status run_batch(classify *c, const volatile sig_atomic_t *stop, int *done,
                             wann_diag *diag) {
    const size_t blocks = (c->run.n + WN_DAG_BLOCK - 1) / WN_DAG_BLOCK;
    memset(c->sum, 0, c->run.n_weights * c->dag.n_nets * sizeof *c->sum);
    memset(c->label_sum, 0, c->run.n_weights * c->dag.pair_output.n * sizeof *c->label_sum);
    *done = 1;
    for (size_t b = 0; *done && b < blocks; b += ROUND) {
        const size_t n = blocks - b < ROUND ? blocks - b : ROUND;
        c->run.first_block = b;
        WN_TRY(wn_pool_run(c->pool, n, run_piece, c, stop, done, diag));
        if (*done)
            WN_TRY(wn_pool_run(c->pool, c->run.n_weights, add_round, c, NULL, NULL, diag));
    }
    return WANN_OK;
}

/* Minus the mean cross-entropy of one network and weight. The lanes behind the last sample have put
 * log(classes) into the sum each. */
static double reward_of(const classify *c, size_t net, size_t w) {
    const size_t classes = c->dag.classes, pairs = c->dag.pair_output.n;
    const size_t padding = (WN_DAG_BLOCK - c->run.n % WN_DAG_BLOCK) % WN_DAG_BLOCK;
    const uint32_t *pair = WN_DAG_AT(c->dag.net_pair, uint32_t) + net * classes;
    double loss = c->sum[w * c->dag.n_nets + net] - (double)padding * log((double)classes);
    for (size_t k = 0; k < classes; k++)
        loss -= c->label_sum[w * pairs + pair[k]];
    return -loss / (double)c->run.n;
}

static void add_rewards(const classify *c, const wn_trial *trial, double *reward) {
    const size_t weights = c->run.n_weights;
    for (size_t i = 0; i < trial->n; i++)
        for (size_t w = 0; w < weights; w++)
            reward[i * weights + w] += reward_of(c, WN_DAG_AT(c->dag.net_of, uint32_t)[i], w);
}

static size_t batch_size(const classify *c, const wn_trial *trial) {
    const size_t wish = trial->batch ? trial->batch : wann_task_type(c->task)->batch;
    return wish == 0 || wish > c->samples->n ? c->samples->n : wish;
}

static wann_status run(void *self, const wn_trial *trial, double *reward, wn_effort *effort,
                       const volatile sig_atomic_t *stop, int *done, wann_diag *diag) {
    classify *c = self;
    const size_t n = batch_size(c, trial), rewards = trial->n * wn_trial_rewards(trial);
    const size_t seeds =
        n < c->samples->n ? trial->n_seeds : 1; /* all samples: all draws are equal */
    int finished = 1;
    memset(reward, 0, rewards * sizeof *reward);
    if (trial->n > 0) {
        WN_TRY(wn_dag_build(&c->dag, trial->net, trial->n, diag));
        WN_TRY(fit_all(c, trial, n, diag));
    }
    for (size_t r = 0; trial->n > 0 && finished && r < seeds; r++) {
        draw(c, trial->seed[r], n);
        WN_TRY(run_batch(c, stop, &finished, diag));
        add_rewards(c, trial, reward);
        effort->steps += (uint64_t)rewards * n;
        effort->slots += (uint64_t)rewards * n;
    }
    for (size_t i = 0; i < rewards; i++) {
        reward[i] /= (double)seeds;
        if (!isfinite(reward[i]) || reward[i] < WN_WORST_REWARD)
            reward[i] = WN_WORST_REWARD;
    }
    if (done)
        *done = finished;
    return WANN_OK;
}

const wn_evaluator_type wn_evaluator_classify = {"classify", WN_SPLIT_WEIGHTS, suits,
                                                 create,     destroy,          run};
