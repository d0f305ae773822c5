/* Each connection's weight by Adam on the derivatives of the cross-entropy: mini-batches in an order
 * that is new each epoch, and an end when the samples that are kept for validation get no better.
 *
 * Derivatives come from the network's compiled NAME_gradient_batch, or from the interpreter where this
 * build has no LLVM. Outputs have to be known first, as the loss decides what is differentiated: they
 * come from the lanes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/arena.h"
#include "runtime/base/diag.h"
#include "runtime/base/rng.h"
#include "search/tune/backprop.h"
#include "search/tune/optimizer.h"
#include "search/tune/tune.h"
#include "wann/compile.h"
#include "wann/run.h"

/* Samples that one piece of work looks at: a batch is cut the same way whatever the threads. */
enum { PIECE = 256, USUAL_BATCH = 100 };

/* One thread's. */
typedef struct worker {
    wann_lanes *lanes;
    wn_backprop *backprop;    /* where there is no compiled code */
    float *in;                /* [PIECE][inputs] */
    float *column;            /* [inputs][PIECE] the same for the lanes */
    float *out_column;        /* [classes][PIECE] */
    float *out_bar, *out;     /* [PIECE][classes] */
} worker;

/* What a piece of a batch adds. */
typedef struct share {
    float *bar; /* [connections] */
    double loss;
} share;

typedef struct descent {
    wn_tuning *t;
    wn_arena arena;
    wann_policy *policy; /* NULL: interpreted */
    const wann_samples *samples;
    uint32_t *order;        /* [samples] those to train on, shuffled; then those to validate on */
    size_t n_train, batch;
    double *state;  /* [n_state] weights, two moments, epochs that brought nothing */
    double *before; /* the same at the beginning of an epoch */
    size_t n_state;
    float *weight;    /* [n] in single precision */
    double *gradient; /* [n] */
    worker *workers;
    share *shares; /* [pieces] */
    size_t pieces; /* of the largest batch */
    /* The piece of work under way. */
    const uint32_t *index;
    size_t n_index;
    bool differentiate;
} descent;

static wann_status compile(descent *d, wann_diag *diag) {
    wann_diag why = {0};
    wann_compile_options options = wann_compile_defaults();
    options.name = "tuned";
    options.weighting = WANN_WEIGHT_TUNED;
    options.tuned = d->t->start;
    options.gradient = true;
    const wann_status status =
        wann_jit_compile(d->t->options->net, &options, WANN_EFFORT_FULL, &d->policy, &why);
    d->t->result->compiled = status == WANN_OK;
    if (status == WANN_OK || status == WANN_UNSUPPORTED)
        return WANN_OK;
    if (diag)
        *diag = why;
    return status;
}

static wann_status open_worker(descent *d, worker *w, wann_diag *diag) {
    const wann_net *net = d->t->options->net;
    const size_t inputs = d->samples->inputs, classes = d->samples->classes;
    w->in = WN_NEW(&d->arena, float, PIECE *inputs);
    w->column = WN_NEW(&d->arena, float, PIECE *inputs);
    w->out_column = WN_NEW(&d->arena, float, PIECE *classes);
    w->out_bar = WN_NEW(&d->arena, float, PIECE *classes);
    w->out = WN_NEW(&d->arena, float, PIECE *classes);
    if (!w->in || !w->column || !w->out_column || !w->out_bar || !w->out)
        return wn_fail_memory(diag);
    WN_TRY(wann_lanes_create(net, &w->lanes, diag));
    return d->policy ? WANN_OK : wn_backprop_create(net, &w->backprop, diag);
}

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

static wann_status open_arrays(descent *d, wann_diag *diag) {
    const size_t n = d->t->n, workers = wn_pool_workers(d->t->pool);
    const size_t most = larger(d->batch, d->samples->n - d->n_train);
    d->n_state = 3 * n + 1;
    d->pieces = most / PIECE + 1;
    d->order = WN_NEW(&d->arena, uint32_t, d->samples->n);
    d->state = WN_NEW(&d->arena, double, d->n_state);
    d->before = WN_NEW(&d->arena, double, d->n_state);
    d->weight = WN_NEW(&d->arena, float, n);
    d->gradient = WN_NEW(&d->arena, double, n);
    d->workers = WN_NEW(&d->arena, worker, workers);
    d->shares = WN_NEW(&d->arena, share, d->pieces);
    if (!d->order || !d->state || !d->before || !d->weight || !d->gradient || !d->workers ||
        !d->shares)
        return wn_fail_memory(diag);
    for (size_t p = 0; p < d->batch / PIECE + 1; p++)
        if (!(d->shares[p].bar = WN_NEW(&d->arena, float, n)))
            return wn_fail_memory(diag);
    for (size_t w = 0; w < workers; w++)
        WN_TRY(open_worker(d, &d->workers[w], diag));
    memcpy(d->state, d->t->start, n * sizeof *d->state);
    return WANN_OK;
}

/* Fisher and Yates (1938). */
static void shuffle(uint32_t *order, size_t n, wn_rng rng) {
    for (size_t i = n; i-- > 1;) {
        const size_t j = wn_rng_below(&rng, i + 1);
        const uint32_t one = order[i];
        order[i] = order[j];
        order[j] = one;
    }
}

/* Which samples are kept for validation, the seed decides once for all epochs. */
static void split(descent *d) {
    for (size_t i = 0; i < d->samples->n; i++)
        d->order[i] = (uint32_t)i;
    shuffle(d->order, d->samples->n, wn_rng_stream(d->t->options->seed, 0, 1, WN_TUNE_SHUFFLING));
}

static wann_status open_descent(descent *d, wn_tuning *t, wann_diag *diag) {
    const wn_tune_settings *s = &t->settings;
    d->t = t;
    WN_TRY(wann_task_samples(t->options->task, WANN_TRAIN, &d->samples, diag));
    const size_t kept = (size_t)(WN_TUNE(s, validation) * (double)d->samples->n);
    d->n_train = d->samples->n - kept;
    d->batch = WN_TUNE_COUNT(s, batch) ? WN_TUNE_COUNT(s, batch) : USUAL_BATCH;
    if (d->batch > d->n_train)
        d->batch = d->n_train;
    if (d->n_train == 0)
        return wn_fail(diag, WANN_INPUT, NULL, 0, 0, "there are no samples to train on");
    WN_TRY(compile(d, diag));
    WN_TRY(open_arrays(d, diag));
    split(d);
    return WANN_OK;
}

static void close_descent(descent *d) {
    for (size_t w = 0; d->workers && w < wn_pool_workers(d->t->pool); w++) {
        wann_lanes_destroy(d->workers[w].lanes);
        wn_backprop_destroy(d->workers[w].backprop);
    }
    wann_policy_destroy(d->policy);
    wn_arena_free(&d->arena);
}

static void gather(const descent *d, worker *w, const uint32_t *index, size_t n) {
    const size_t inputs = d->samples->inputs;
    for (size_t s = 0; s < n; s++) {
        const double *in = d->samples->input + index[s] * inputs;
        for (size_t k = 0; k < inputs; k++)
            w->column[k * PIECE + s] = w->in[s * inputs + k] = (float)in[k];
    }
}

/* The loss of sample s, and its derivatives by the raw outputs: softmax less the target. */
static double differentiate_loss(const descent *d, worker *w, size_t s, uint32_t label) {
    const size_t classes = d->samples->classes;
    double most = (double)w->out_column[s], sum = 0;
    for (size_t o = 1; o < classes; o++)
        most = fmax(most, (double)w->out_column[o * PIECE + s]);
    for (size_t o = 0; o < classes; o++)
        sum += exp((double)w->out_column[o * PIECE + s] - most);
    for (size_t o = 0; o < classes; o++)
        w->out_bar[s * classes + o] =
            (float)(exp((double)w->out_column[o * PIECE + s] - most) / sum) - (o == label);
    return log(sum) + most - (double)w->out_column[label * PIECE + s];
}

static wann_status run_piece(void *context, size_t thread, size_t item, wann_diag *diag) {
    descent *d = context;
    worker *w = &d->workers[thread];
    share *mine = &d->shares[item];
    const size_t first = item * PIECE;
    const size_t n = d->n_index - first < PIECE ? d->n_index - first : PIECE;
    const wann_weights weights = {1, d->state};
    (void)diag;
    gather(d, w, d->index + first, n);
    wann_lanes_run_f32(w->lanes, n, w->column, PIECE, NULL, weights, w->out_column, PIECE);
    mine->loss = 0;
    for (size_t s = 0; s < n; s++)
        mine->loss += differentiate_loss(d, w, s, d->samples->label[d->index[first + s]]);
    if (!d->differentiate)
        return WANN_OK;
    memset(mine->bar, 0, d->t->n * sizeof *mine->bar);
    if (d->policy)
        wann_policy_get(d->policy)
            ->gradient_f32(n, w->in, d->weight, w->out_bar, w->out, NULL, mine->bar);
    else
        wn_backprop_run(w->backprop, n, w->in, d->weight, w->out_bar, w->out, mine->bar);
    return WANN_OK;
}

/* The mean loss of samples; with it, if asked for, its gradient, downhill. */
static wann_status look(descent *d, const uint32_t *index, size_t n, bool differentiate,
                        double *loss, wann_diag *diag) {
    const size_t pieces = (n + PIECE - 1) / PIECE;
    d->index = index;
    d->n_index = n;
    d->differentiate = differentiate;
    for (size_t k = 0; k < d->t->n; k++)
        d->weight[k] = (float)d->state[k];
    WN_TRY(wn_pool_run(d->t->pool, pieces, run_piece, d, NULL, NULL, diag));
    *loss = 0;
    memset(d->gradient, 0, d->t->n * sizeof *d->gradient);
    for (size_t p = 0; p < pieces; p++) {
        *loss += d->shares[p].loss / (double)n;
        for (size_t k = 0; differentiate && k < d->t->n; k++)
            d->gradient[k] -= (double)d->shares[p].bar[k] / (double)n;
    }
    d->t->steps += n;
    d->t->evaluations++;
    return WANN_OK;
}

static bool all_finite(const double *x, size_t n) {
    double sum = 0;
    for (size_t k = 0; k < n; k++)
        sum += x[k] - x[k];
    return sum == 0;
}

static double rate(const descent *d) {
    const wn_tune_settings *s = &d->t->settings;
    const double decayed =
        WN_TUNE(s, learning_rate) * pow(WN_TUNE(s, learning_rate_decay), d->t->generation);
    return fmax(fmin(WN_TUNE(s, learning_rate), WN_TUNE(s, learning_rate_limit)), decayed);
}

/* A batch whose numbers leave the range of float teaches nothing. */
static wann_status step(descent *d, const uint32_t *index, size_t n, uint32_t number, double *loss,
                        wann_diag *diag) {
    const size_t all = d->t->n;
    const double decay = WN_TUNE(&d->t->settings, weight_decay);
    WN_TRY(look(d, index, n, true, loss, diag));
    if (!isfinite(*loss) || !all_finite(d->gradient, all))
        return WANN_OK;
    for (size_t k = 0; k < all; k++)
        d->gradient[k] -= 2 * decay * (d->state[k] - d->t->start[k]) / (double)all;
    const wn_adam adam = {d->state + all, d->state + 2 * all};
    wn_adam_ascend(adam, all, number, rate(d), d->gradient, d->state);
    return WANN_OK;
}

/* The same order whatever order the last epoch had, so that a resumed run shuffles alike. */
static int compare_numbers(const void *a, const void *b) {
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static wann_status validate(descent *d, wann_diag *diag) {
    wn_tuning *t = d->t;
    const size_t kept = d->samples->n - d->n_train;
    double loss = 0, *idle = &d->state[d->n_state - 1];
    WN_TRY(look(d, kept ? d->order + d->n_train : d->order, kept ? kept : d->batch, false, &loss,
                diag));
    *idle += 1;
    if (isfinite(loss) && -loss > t->best_value) {
        t->best_value = -loss;
        memcpy(t->best, d->state, t->n * sizeof *t->best);
        *idle = 0;
    }
    return WANN_OK;
}

/* Over all samples once; *done: false if it was cut short. */
static wann_status pass(descent *d, double *mean, bool *done, wann_diag *diag) {
    const size_t batches = d->n_train / d->batch;
    double sum = 0;
    *done = true;
    qsort(d->order, d->n_train, sizeof *d->order, compare_numbers);
    shuffle(d->order, d->n_train,
            wn_rng_stream(d->t->options->seed, d->t->generation, 0, WN_TUNE_SHUFFLING));
    for (size_t b = 0; b < batches && *done; b++) {
        double loss = 0;
        const size_t number = d->t->generation * batches + b + 1;
        WN_TRY(step(d, d->order + b * d->batch, d->batch, (uint32_t)number, &loss, diag));
        sum += loss;
        *done = !(d->t->options->stop && *d->t->options->stop);
    }
    *mean = sum / (double)batches;
    return WANN_OK;
}

static void report(const descent *d, double loss) {
    const double epochs = WN_TUNE(&d->t->settings, epochs);
    const wann_tune_progress p = {.phase = "gradient",
                                  .generation = d->t->generation,
                                  .generations = (uint32_t)epochs,
                                  .best = (double)NAN,
                                  .mean = -loss,
                                  .kept = d->t->best_value};
    wn_tuning_report(d->t, p, d->t->generation, epochs);
}

static wann_status advance(descent *d, bool *over, wann_diag *diag) {
    wn_tuning *t = d->t;
    const wn_tune_settings *s = &t->settings;
    bool done;
    double loss;
    memcpy(d->before, d->state, d->n_state * sizeof *d->state);
    WN_TRY(pass(d, &loss, &done, diag));
    if (!done) {
        *over = t->stopped = true;
        return wn_tuning_save_sometimes(t, d->before, d->n_state, true, diag);
    }
    t->generation++;
    WN_TRY(validate(d, diag));
    report(d, loss);
    *over = t->generation >= WN_TUNE(s, epochs) || wn_tuning_is_over(t) ||
            d->state[d->n_state - 1] >= WN_TUNE(s, patience);
    return wn_tuning_save_sometimes(t, d->state, d->n_state, *over, diag);
}

static wann_status descend(descent *d, wann_diag *diag) {
    wn_tuning *t = d->t;
    if (t->options->resume)
        WN_TRY(wn_tuning_load(t, d->state, d->n_state, diag));
    else
        WN_TRY(validate(d, diag)); /* the start may be best */
    bool over = t->generation >= WN_TUNE(&t->settings, epochs) ||
                d->state[d->n_state - 1] >= WN_TUNE(&t->settings, patience);
    while (!over)
        WN_TRY(advance(d, &over, diag));
    return WANN_OK;
}

wann_status wn_tune_gradient(wn_tuning *t, wann_diag *diag) {
    descent d = {0};
    wann_status status = open_descent(&d, t, diag);
    if (status == WANN_OK)
        status = descend(&d, diag);
    close_descent(&d);
    return status;
}
