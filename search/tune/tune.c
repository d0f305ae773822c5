/* A run of tuning: where it starts, the method, and the result on fresh episodes. */
#define _GNU_SOURCE
#include "search/tune/tune.h"

#include <math.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/rng.h"
#include "runtime/net/net.h"
#include "search/evaluate.h"

static const uint64_t LARGEST_SEED = (UINT64_C(1) << 53) - 1; /* that every JSON reader keeps */

static double clock_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double wn_tuning_seconds(const wn_tuning *t) {
    return t->seconds_before + clock_seconds() - t->begun;
}

bool wn_tuning_is_over(wn_tuning *t) {
    const wann_tune_options *o = t->options;
    t->stopped |= o->stop && *o->stop;
    return t->stopped || (o->budget_seconds > 0 && clock_seconds() - t->begun >= o->budget_seconds);
}

/* Episodes of one run stand in rows of 2^32 at random places: those of two never overlap in practice,
 * nor with the small seeds that people give. */
uint64_t wn_tuning_seed(const wn_tuning *t, wn_tune_purpose purpose, uint64_t which) {
    wn_rng rng = wn_rng_stream(t->options->seed, 0, 0, purpose);
    return ((wn_rng_u64(&rng) | UINT64_C(1) << 63) & ~UINT64_C(0xffffffff)) + which;
}

void wn_tuning_report(const wn_tuning *t, wann_tune_progress p, double done, double all) {
    const wann_tune_options *o = t->options;
    if (!o->progress)
        return;
    const double here = clock_seconds() - t->begun, left = o->budget_seconds - here;
    p.evaluations = t->evaluations;
    p.steps = t->steps;
    p.seconds = wn_tuning_seconds(t);
    p.remaining = done > 0 && all > 0 ? p.seconds / done * (all - done) : -1;
    if (o->budget_seconds > 0 && (p.remaining < 0 || left < p.remaining))
        p.remaining = fmax(0, left);
    o->progress(o->context, &p);
}

wann_status wn_tuning_score(wn_tuning *t, const double *weights, uint64_t seed, size_t episodes,
                            wann_split split, wann_scores *scores, wann_diag *diag) {
    wann_evaluation e = wann_evaluation_defaults();
    e.condition = WANN_TUNED;
    e.tuned = weights;
    e.seed = seed;
    e.episodes = wann_task_type(t->options->task)->samples ? 1 : episodes;
    e.split = split;
    e.threads = wn_pool_workers(t->pool);
    return wann_evaluate(t->options->net, t->options->task, &e, scores, diag);
}

wann_status wn_tuning_value(wn_tuning *t, const double *weights, uint64_t seed, size_t episodes,
                            double *mean, wann_diag *diag) {
    wann_scores scores;
    wann_diag why = {0};
    const wann_status status =
        wn_tuning_score(t, weights, seed, episodes, WANN_TRAIN, &scores, &why);
    *mean = WN_WORST_REWARD;
    if (status == WANN_INPUT)
        return WANN_OK;
    if (status != WANN_OK) {
        if (diag)
            *diag = why;
        return status;
    }
    wann_summary all;
    const wann_status summed = wann_summarise(scores.reward, scores.episodes, &all, diag);
    *mean = all.mean;
    wann_scores_free(&scores);
    return summed;
}

/* --- begin ------------------------------------------------------------------------------------ */

static wann_status check_sizes(const wann_net *net, const wann_env_type *type, wann_diag *diag) {
    if (wann_net_inputs(net) == type->observations && wann_net_outputs(net) == type->actions)
        return WANN_OK;
    return wn_fail(diag, WANN_INPUT, NULL, 0, 0,
                   "the network has %zu inputs and %zu outputs; task %s gives %zu and takes %zu",
                   wann_net_inputs(net), wann_net_outputs(net), type->name, type->observations,
                   type->actions);
}

static wann_status check(const wann_tune_options *o, wann_diag *diag) {
    const wann_env_type *type = wann_task_type(o->task);
    WN_TRY(check_sizes(o->net, type, diag));
    if (wann_net_connections(o->net) == 0)
        return wn_fail(diag, WANN_INPUT, NULL, 0, 0,
                       "the network has no connections: there is nothing to tune");
    if (o->seed > LARGEST_SEED)
        return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0, "the seed is 2^53 or more");
    if (o->method == WANN_TUNE_GRADIENT && !type->samples)
        return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0,
                       "method gradient is for tasks that classify samples; %s has episodes, whose "
                       "rewards have no derivative",
                       type->name);
    if (o->method == WANN_TUNE_SHARED && (o->start || o->has_start_weight))
        return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0,
                       "method shared tries all weights: there is none to start from");
    if (o->resume && (!o->checkpoint || o->method == WANN_TUNE_SHARED))
        return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0, "there is no checkpoint to go on from");
    return WANN_OK;
}

static wann_status read_settings(wn_tuning *t, wann_diag *diag) {
    const wann_tune_options *o = t->options;
    t->settings = wn_tune_defaults(o->method);
    for (const char *const *one = o->settings; one && *one; one++)
        WN_TRY(wn_tune_assign(&t->settings, o->method, *one, diag));
    if (WN_TUNE(&t->settings, from) >= WN_TUNE(&t->settings, to))
        return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0, "setting from must be less than to");
    return WANN_OK;
}

static wann_status begin(wn_tuning *t, wann_diag *diag) {
    const wann_tune_options *o = t->options;
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    WN_TRY(check(o, diag));
    WN_TRY(read_settings(t, diag));
    t->n = wann_net_connections(o->net);
    t->start = wn_calloc(t->n, sizeof *t->start);
    t->best = wn_calloc(t->n, sizeof *t->best);
    if (!t->start || !t->best)
        return wn_fail_memory(diag);
    for (size_t k = 0; k < t->n; k++)
        t->start[k] = t->best[k] = o->start ? o->start[k] : o->start_weight;
    return wn_pool_create(o->threads ? o->threads : processors > 0 ? (size_t)processors : 1,
                          &t->pool, diag);
}

/* --- the method ------------------------------------------------------------------------------- */

static wann_status run_method(wn_tuning *t, wann_diag *diag) {
    const wann_tune_options *o = t->options;
    const bool seek = !o->start && !o->has_start_weight && !o->resume;
    t->result->weight = o->start ? (double)NAN : o->start_weight;
    if (o->method == WANN_TUNE_SHARED)
        return wn_tune_shared(t, true, diag);
    if (seek)
        WN_TRY(wn_tune_shared(t, false, diag));
    return o->method == WANN_TUNE_GRADIENT ? wn_tune_gradient(t, diag) : wn_tune_evolve(t, diag);
}

/* --- end -------------------------------------------------------------------------------------- */

static wann_status test(wn_tuning *t, const double *weights, wann_summary *reward, double *accuracy,
                        wann_diag *diag) {
    wann_scores scores;
    WN_TRY(wn_tuning_score(t, weights, wn_tuning_seed(t, WN_TUNE_TESTING, 0),
                           WN_TUNE_COUNT(&t->settings, test_episodes), WANN_TEST, &scores, diag));
    const wann_status status = wann_summarise(scores.reward, scores.episodes, reward, diag);
    *accuracy = scores.accuracy ? scores.accuracy[0] : (double)NAN;
    t->result->episodes = scores.episodes;
    wann_scores_free(&scores);
    return status;
}

/* Where a shared weight was looked for, what it improves on is the network as it was. */
static wann_status finish(wn_tuning *t, wann_diag *diag) {
    wann_tune_result *r = t->result;
    wann_summary before, after;
    double accuracy;
    if (t->options->method == WANN_TUNE_SHARED) {
        double weight;
        wann_net_shared_weight(t->options->net, &weight);
        for (size_t k = 0; k < t->n; k++)
            t->start[k] = weight;
    }
    WN_TRY(test(t, t->start, &before, &accuracy, diag));
    WN_TRY(test(t, t->best, &after, &r->accuracy, diag));
    r->start_mean = before.mean;
    r->mean = after.mean;
    r->sd = after.sd;
    r->generations = t->generation;
    r->evaluations = t->evaluations;
    r->steps = t->steps;
    r->stopped = t->stopped;
    r->seconds = wn_tuning_seconds(t);
    return wn_tuning_network(t, &r->net, diag);
}

wann_status wann_tune(const wann_tune_options *options, wann_tune_result *result, wann_diag *diag) {
    *result = (wann_tune_result){0};
    wn_tuning t = {.options = options,
                   .best_value = -(double)INFINITY,
                   .begun = clock_seconds(),
                   .result = result};
    wann_status status = begin(&t, diag);
    if (status == WANN_OK)
        status = run_method(&t, diag);
    if (status == WANN_OK)
        status = finish(&t, diag);
    if (status != WANN_OK)
        wann_tune_free(result);
    wn_pool_destroy(t.pool);
    wn_free(t.start);
    wn_free(t.best);
    return status;
}

void wann_tune_free(wann_tune_result *result) {
    wann_net_destroy(result->net);
    wn_free(result->point);
    *result = (wann_tune_result){0};
}
