/* wann_evaluate: a condition becomes jobs, and the suitable engine does them. */
#include "search/score.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/alloc.h"
#include "runtime/base/arena.h"
#include "runtime/base/diag.h"
#include "runtime/base/rng.h"

/* What random numbers are for. */
static const uint64_t WEIGHTS = UINT64_C(0x77656967);

wann_evaluation wann_evaluation_defaults(void) {
    return (wann_evaluation){.condition = WANN_SHARED,
                             .episodes = 100,
                             .split = WANN_TEST,
                             .engine = WANN_ENGINE_AUTO,
                             .real = WANN_DOUBLE};
}

uint32_t wn_score_steps(const wn_score_work *work) {
    return work->evaluation->steps ? work->evaluation->steps : wann_task_type(work->task)->steps;
}

static wann_status check_counts(const wann_net *net, const wann_env_type *type, wann_diag *diag) {
    if (wann_net_inputs(net) != type->observations)
        return wn_fail(diag, WANN_INPUT, NULL, 0, 0,
                       "the network has %zu inputs; task %s gives %zu", wann_net_inputs(net),
                       type->name, type->observations);
    if (wann_net_outputs(net) != type->actions)
        return wn_fail(diag, WANN_INPUT, NULL, 0, 0,
                       "the network has %zu outputs; task %s takes %zu", wann_net_outputs(net),
                       type->name, type->actions);
    return WANN_OK;
}

/* Which compiled code alone has in double. */
static bool wants_own_functions(const wann_evaluation *e) {
    return e->real == WANN_DOUBLE && e->math == WANN_MATH_INLINE;
}

static wann_status check_request(const wann_net *net, const wann_evaluation *e, wann_diag *diag) {
    if (e->episodes == 0 || (e->condition == WANN_SHARED && e->n_weights == 0))
        return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0, "there is nothing to evaluate");
    if (e->condition == WANN_TUNED && !e->tuned && !wann_net_weights(net))
        return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0,
                       "the network has no weights of its connections; expected a file of them");
    if (wants_own_functions(e) && !wn_score_compiles(e))
        return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0,
                       "interpreters call the C library's functions; expected compiled code");
    if (e->condition == WANN_RANDOM && wn_score_compiles(e))
        return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0,
                       "random weights of connections cannot be compiled in");
    return WANN_OK;
}

static double random_weight(wn_rng *rng) {
    return 4 * wn_rng_uniform(rng) - 2;
}

/* The weights of one episode. */
static wann_status draw(const wn_score_work *work, size_t row, size_t episode, wn_arena *arena,
                        wann_weights *weights, wann_diag *diag) {
    const wann_evaluation *e = work->evaluation;
    const size_t n = wann_net_connections(work->net);
    wn_rng rng = wn_rng_stream(e->seed, episode, (uint64_t)e->condition, WEIGHTS);
    *weights = (wann_weights){0};
    switch (e->condition) {
    case WANN_SHARED:
        weights->shared = e->weights[row];
        return WANN_OK;
    case WANN_RANDOM_SHARED:
        weights->shared = random_weight(&rng);
        return WANN_OK;
    case WANN_TUNED:
        weights->connection = e->tuned ? e->tuned : wann_net_weights(work->net);
        return WANN_OK;
    case WANN_RANDOM:;
        double *each = WN_NEW(arena, double, n + 1); /* not NULL without connections either */
        if (!each)
            return wn_fail_memory(diag);
        for (size_t k = 0; k < n; k++)
            each[k] = random_weight(&rng);
        weights->connection = each;
        return WANN_OK;
    }
    return wn_fail(diag, WANN_INTERNAL, NULL, 0, 0, "unknown condition");
}

static wann_status make_jobs(wn_score_work *work, wn_arena *arena, wann_diag *diag) {
    const wann_evaluation *e = work->evaluation;
    wn_score_job *jobs = WN_NEW(arena, wn_score_job, work->n_jobs);
    if (!jobs)
        return wn_fail_memory(diag);
    for (size_t j = 0; j < work->n_jobs; j++) {
        const size_t row = j / e->episodes, episode = j % e->episodes;
        jobs[j].seed = e->seed + episode;
        WN_TRY(draw(work, row, episode, arena, &jobs[j].weights, diag));
        work->scores->weight[j] = jobs[j].weights.connection ? (double)NAN : jobs[j].weights.shared;
    }
    work->job = jobs;
    return WANN_OK;
}

static wann_status open_scores(wann_scores *scores, const wann_evaluation *e, bool samples,
                               wann_diag *diag) {
    scores->rows = e->condition == WANN_SHARED ? e->n_weights : 1;
    scores->episodes = e->episodes;
    size_t n;
    if (!wn_mul_size(scores->rows, scores->episodes, &n))
        return wn_fail_memory(diag);
    scores->reward = wn_calloc(n, sizeof *scores->reward);
    scores->steps = wn_calloc(n, sizeof *scores->steps);
    scores->weight = wn_calloc(n, sizeof *scores->weight);
    scores->accuracy = samples ? wn_calloc(n, sizeof *scores->accuracy) : NULL;
    const bool enough = scores->reward && scores->steps && scores->weight;
    return enough && (scores->accuracy || !samples) ? WANN_OK : wn_fail_memory(diag);
}

void wann_scores_free(wann_scores *scores) {
    wn_free(scores->reward);
    wn_free(scores->steps);
    wn_free(scores->weight);
    wn_free(scores->accuracy);
    *scores = (wann_scores){0};
}

static wann_status run(const wn_score_work *work, wann_diag *diag) {
    const wann_evaluation *e = work->evaluation;
    const bool lanes = e->engine == WANN_ENGINE_AUTO || e->engine == WANN_ENGINE_LANES;
    if (wann_task_type(work->task)->samples)
        return wn_score_samples(work, diag);
    /* Each lane would need weights of its own for every connection. */
    if (lanes && e->condition != WANN_RANDOM)
        return wn_score_lanes(work, diag);
    return wn_score_episodes(work, diag);
}

/* Samples are shared out within a job as well. */
static size_t workers(const wn_score_work *work) {
    const wann_evaluation *e = work->evaluation;
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    const size_t n = e->threads ? e->threads : processors > 0 ? (size_t)processors : 1;
    return n < work->n_jobs || wann_task_type(work->task)->samples ? n : work->n_jobs;
}

static wann_status evaluate(wn_score_work *work, wn_arena *arena, wann_diag *diag) {
    const wann_evaluation *e = work->evaluation;
    WN_TRY(open_scores(work->scores, e, wann_task_type(work->task)->samples != NULL, diag));
    work->n_jobs = work->scores->rows * work->scores->episodes;
    WN_TRY(make_jobs(work, arena, diag));
    WN_TRY(wn_pool_create(workers(work), &work->pool, diag));
    const wann_status status = run(work, diag);
    wn_pool_destroy(work->pool);
    return status;
}

static wann_status score(const wann_net *net, wann_task *task, const wann_evaluation *evaluation,
                         bool ensemble, wann_scores *scores, wann_diag *diag) {
    wann_evaluation e = *evaluation;
    *scores = (wann_scores){0};
    if (e.engine == WANN_ENGINE_AUTO && wants_own_functions(&e))
        e.engine = WANN_ENGINE_COMPILED;
    WN_TRY(check_counts(net, wann_task_type(task), diag));
    WN_TRY(check_request(net, &e, diag));
    wn_arena arena = {0};
    wn_score_work work = {
        .net = net, .task = task, .evaluation = &e, .ensemble = ensemble, .scores = scores};
    const wann_status status = evaluate(&work, &arena, diag);
    wn_arena_free(&arena);
    if (status != WANN_OK)
        wann_scores_free(scores);
    return status;
}

wann_status wann_evaluate(const wann_net *net, wann_task *task, const wann_evaluation *evaluation,
                          wann_scores *scores, wann_diag *diag) {
    return score(net, task, evaluation, false, scores, diag);
}

wann_status wann_evaluate_ensemble(const wann_net *net, wann_task *task,
                                   const wann_evaluation *evaluation, double *reward,
                                   double *accuracy, wann_diag *diag) {
    wann_evaluation once = *evaluation;
    wann_scores scores;
    once.episodes = 1;
    if (!wann_task_type(task)->samples || once.condition != WANN_SHARED)
        return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0,
                       "an ensemble classifies samples, with shared weights");
    WN_TRY(score(net, task, &once, true, &scores, diag));
    *reward = scores.reward[0];
    *accuracy = scores.accuracy[0];
    wann_scores_free(&scores);
    return WANN_OK;
}

static int by_size(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

wann_status wann_summarise(const double *values, size_t n, wann_summary *summary, wann_diag *diag) {
    double *sorted = wn_calloc(n, sizeof *sorted);
    if (!sorted)
        return wn_fail_memory(diag);
    memcpy(sorted, values, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_size);
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        sum += values[i];
    const double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    *summary = (wann_summary){.mean = mean,
                              .sd = sqrt(squares / (double)n),
                              .median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2,
                              .min = sorted[0],
                              .max = sorted[n - 1]};
    wn_free(sorted);
    return WANN_OK;
}
