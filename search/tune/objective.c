/* Candidates for a network's weights, scored: episodes by the search's evaluators, which each
 * candidate is a phenotype for; samples in lanes. */
#include "search/tune/objective.h"

#include <math.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/arena.h"
#include "runtime/base/diag.h"
#include "search/batch.h"
#include "wann/run.h"

/* The batch of all candidates: input i of sample s at in[i * stride + s]. */
typedef struct batch {
    float *in;
    size_t room; /* samples that there is room for */
    size_t n, stride;
    uint32_t *label;
    uint32_t *index; /* [samples of the task] */
} batch;

/* One thread's. */
typedef struct worker {
    wann_lanes *lanes;
    float *out; /* [classes][stride] */
} worker;

struct wn_objective {
    const wann_net *net;
    wn_pool *pool;
    wn_arena arena;
    wn_phenotype shape; /* the network, without weights */
    const wn_phenotype **nets;
    wn_phenotype *candidates; /* [n_candidates] */
    size_t n_candidates;
    wn_evaluator *evaluator;     /* of episodes, or NULL: */
    const wann_samples *samples; /* to classify */
    size_t task_batch;
    batch batch;
    worker *workers;
    const wn_objective_trial *trial; /* of the run under way */
    double *reward;
};

/* --- the network as a phenotype --------------------------------------------------------------- */

/* A phenotype has a bias, then the inputs in their order; connections keep the network's order. */
static wann_status describe(wn_objective *o, wann_diag *diag) {
    const wn_net *net = o->net;
    const uint32_t sources = 1 + net->n_inputs;
    uint32_t *number = WN_NEW(&o->arena, uint32_t, net->n_nodes);
    uint32_t *first = WN_NEW(&o->arena, uint32_t, net->n_nodes + (size_t)1);
    uint32_t *source = WN_NEW(&o->arena, uint32_t, net->n_conns + (size_t)1);
    uint32_t *output = WN_NEW(&o->arena, uint32_t, net->n_outputs);
    uint8_t *activation = WN_NEW(&o->arena, uint8_t, net->n_nodes);
    if (!number || !first || !source || !output || !activation)
        return wn_fail_memory(diag);
    for (uint32_t i = 0; i < net->n_inputs; i++)
        number[net->input[i]] = 1 + i;
    uint32_t computed = 0;
    for (uint32_t i = 0; i < net->n_nodes; i++) {
        if (net->role[i] != WANN_HIDDEN && net->role[i] != WANN_OUTPUT_NODE)
            continue;
        number[i] = sources + computed;
        activation[computed] = net->activation[i];
        first[computed++] = net->first_conn[i];
    }
    first[computed] = net->n_conns;
    for (uint32_t k = 0; k < net->n_conns; k++)
        source[k] = number[net->source[k]];
    for (uint32_t k = 0; k < net->n_outputs; k++)
        output[k] = number[net->output[k]];
    o->shape = (wn_phenotype){.inputs = net->n_inputs,
                              .outputs = net->n_outputs,
                              .computed = computed,
                              .n_conns = net->n_conns,
                              .output = output,
                              .activation = activation,
                              .first = first,
                              .source = source};
    return WANN_OK;
}

static wann_status fit_candidates(wn_objective *o, size_t n, wann_diag *diag) {
    if (n <= o->n_candidates)
        return WANN_OK;
    o->candidates = WN_NEW(&o->arena, wn_phenotype, n);
    o->nets = WN_NEW(&o->arena, const wn_phenotype *, n);
    if (!o->candidates || !o->nets)
        return wn_fail_memory(diag);
    o->n_candidates = n;
    return WANN_OK;
}

static wann_status run_episodes(wn_objective *o, const wn_objective_trial *trial, double *reward,
                                wn_effort *effort, const volatile sig_atomic_t *stop, int *done,
                                wann_diag *diag) {
    WN_TRY(fit_candidates(o, trial->n, diag));
    for (size_t i = 0; i < trial->n; i++) {
        o->candidates[i] = o->shape;
        o->candidates[i].weight = trial->weights + i * o->shape.n_conns;
        o->nets[i] = &o->candidates[i];
    }
    const wn_trial all = {.net = o->nets,
                          .n = trial->n,
                          .seed = trial->seed,
                          .n_seeds = trial->n_seeds,
                          .steps = trial->steps};
    return wn_evaluator_run(o->evaluator, &all, reward, effort, stop, done, diag);
}

/* --- samples ---------------------------------------------------------------------------------- */

static wann_status fit_batch(wn_objective *o, size_t n, wann_diag *diag) {
    batch *b = &o->batch;
    const size_t inputs = o->samples->inputs, classes = o->samples->classes;
    if (n <= b->room)
        return WANN_OK;
    b->room = 0;
    wn_free(b->in);
    wn_free(b->label);
    b->in = wn_calloc(n, inputs * sizeof *b->in);
    b->label = wn_calloc(n, sizeof *b->label);
    bool good = b->in && b->label;
    for (size_t w = 0; w < wn_pool_workers(o->pool); w++) {
        wn_free(o->workers[w].out);
        o->workers[w].out = wn_calloc(n, classes * sizeof(float));
        good = good && o->workers[w].out;
    }
    b->room = good ? n : 0;
    return good ? WANN_OK : wn_fail_memory(diag);
}

/* All draws, one after the other. */
static wann_status gather(wn_objective *o, const wn_objective_trial *trial, wann_diag *diag) {
    const wann_samples *samples = o->samples;
    batch *b = &o->batch;
    const size_t wish = trial->batch ? trial->batch : o->task_batch;
    const size_t each = wish && wish < samples->n ? wish : samples->n;
    WN_TRY(fit_batch(o, each * trial->n_seeds, diag));
    b->n = b->stride = each * trial->n_seeds;
    for (size_t s = 0; s < trial->n_seeds; s++) {
        wn_batch_draw(trial->seed[s], samples->n, each, b->index);
        for (size_t i = 0; i < each; i++) {
            const size_t at = s * each + i;
            const double *in = samples->input + b->index[i] * samples->inputs;
            for (size_t k = 0; k < samples->inputs; k++)
                b->in[k * b->stride + at] = (float)in[k];
            b->label[at] = samples->label[b->index[i]];
        }
    }
    return WANN_OK;
}

/* Cross-entropy of the softmax of column s. */
static double loss_of(const float *out, size_t stride, size_t classes, size_t s, uint32_t label) {
    double most = (double)out[s], sum = 0;
    for (size_t o = 1; o < classes; o++)
        most = fmax(most, (double)out[o * stride + s]);
    for (size_t o = 0; o < classes; o++)
        sum += exp((double)out[o * stride + s] - most);
    return log(sum) + most - (double)out[label * stride + s];
}

/* One candidate. */
static wann_status classify(void *context, size_t thread, size_t item, wann_diag *diag) {
    wn_objective *o = context;
    const batch *b = &o->batch;
    worker *w = &o->workers[thread];
    const wann_weights weights = {1, o->trial->weights + item * o->shape.n_conns};
    double loss = 0;
    (void)diag;
    wann_lanes_run_f32(w->lanes, b->n, b->in, b->stride, NULL, weights, w->out, b->stride);
    for (size_t s = 0; s < b->n; s++)
        loss += loss_of(w->out, b->stride, o->samples->classes, s, b->label[s]);
    const double reward = -loss / (double)b->n;
    o->reward[item] = isfinite(reward) ? reward : WN_WORST_REWARD;
    return WANN_OK;
}

static wann_status run_samples(wn_objective *o, const wn_objective_trial *trial, double *reward,
                               wn_effort *effort, const volatile sig_atomic_t *stop, int *done,
                               wann_diag *diag) {
    WN_TRY(gather(o, trial, diag));
    o->trial = trial;
    o->reward = reward;
    effort->steps += trial->n * o->batch.n;
    effort->slots += trial->n * o->batch.n;
    return wn_pool_run(o->pool, trial->n, classify, o, stop, done, diag);
}

static wann_status open_samples(wn_objective *o, wann_task *task, wann_diag *diag) {
    WN_TRY(wann_task_samples(task, WANN_TRAIN, &o->samples, diag));
    o->task_batch = wann_task_type(task)->batch;
    o->batch.index = WN_NEW(&o->arena, uint32_t, o->samples->n);
    o->workers = WN_NEW(&o->arena, worker, wn_pool_workers(o->pool));
    if (!o->batch.index || !o->workers)
        return wn_fail_memory(diag);
    for (size_t w = 0; w < wn_pool_workers(o->pool); w++)
        WN_TRY(wann_lanes_create(o->net, &o->workers[w].lanes, diag));
    return WANN_OK;
}

/* --- both ------------------------------------------------------------------------------------- */

wann_status wn_objective_create(const wann_net *net, wann_task *task, wn_pool *pool,
                                wn_objective **objective, wann_diag *diag) {
    *objective = NULL;
    wn_objective *o = wn_calloc(1, sizeof *o);
    if (!o)
        return wn_fail_memory(diag);
    o->net = net;
    o->pool = pool;
    wann_status status = describe(o, diag);
    if (status == WANN_OK)
        status = wann_task_type(task)->samples
                     ? open_samples(o, task, diag)
                     : wn_evaluator_create(task, pool, NULL, &o->evaluator, diag);
    if (status == WANN_OK)
        *objective = o;
    else
        wn_objective_destroy(o);
    return status;
}

wann_status wn_objective_share(wn_objective *o, wann_ranks *ranks, wann_diag *diag) {
    return o->evaluator ? wn_evaluator_share(o->evaluator, ranks, diag) : WANN_OK;
}

void wn_objective_destroy(wn_objective *o) {
    if (!o)
        return;
    for (size_t w = 0; o->workers && w < wn_pool_workers(o->pool); w++) {
        wann_lanes_destroy(o->workers[w].lanes);
        wn_free(o->workers[w].out);
    }
    wn_free(o->batch.in);
    wn_free(o->batch.label);
    wn_evaluator_destroy(o->evaluator);
    wn_arena_free(&o->arena);
    wn_free(o);
}

wann_status wn_objective_run(wn_objective *objective, const wn_objective_trial *trial,
                             double *reward, wn_effort *effort, const volatile sig_atomic_t *stop,
                             int *done, wann_diag *diag) {
    return objective->samples
               ? run_samples(objective, trial, reward, effort, stop, done, diag)
               : run_episodes(objective, trial, reward, effort, stop, done, diag);
}
