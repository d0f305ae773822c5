/* Each connection's weight by an optimizer that sees rewards alone: candidates, episodes that all of
 * a generation share, and from time to time a look at the optimizer's best guess on episodes that
 * are always the same. The best of these guesses is what is kept: the best candidate ever seen was
 * lucky as well. */
#include <math.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/rng.h"
#include "search/tune/objective.h"
#include "search/tune/optimizer.h"
#include "search/tune/tune.h"

typedef struct evolution {
    wn_tuning *t;
    wn_optimizer *optimizer;
    wn_objective *objective;
    double *reward;    /* [population] */
    uint64_t *seed;    /* [num_episode] */
} evolution;

static wn_optimizer_settings settings_of(const wn_tuning *t) {
    const wn_tune_settings *s = &t->settings;
    return (wn_optimizer_settings){.n = t->n,
                                   .population = WN_TUNE_COUNT(s, popsize),
                                   .seed = t->options->seed,
                                   .sigma = WN_TUNE(s, sigma_init),
                                   .sigma_decay = WN_TUNE(s, sigma_decay),
                                   .sigma_limit = WN_TUNE(s, sigma_limit),
                                   .sigma_rate = WN_TUNE(s, sigma_alpha),
                                   .learning_rate = WN_TUNE(s, learning_rate),
                                   .learning_rate_decay = WN_TUNE(s, learning_rate_decay),
                                   .learning_rate_limit = WN_TUNE(s, learning_rate_limit),
                                   .weight_decay = WN_TUNE(s, weight_decay),
                                   .elite_ratio = WN_TUNE(s, elite_ratio),
                                   .antithetic = WN_TUNE(s, antithetic) != 0};
}

static wann_status open_evolution(evolution *e, wn_tuning *t, wann_diag *diag) {
    const wann_tune_options *o = t->options;
    const wn_optimizer_settings s = settings_of(t);
    e->t = t;
    WN_TRY(wn_optimizer_create(wn_tune_word(o->method), &s, t->start, &e->optimizer, diag));
    WN_TRY(wn_objective_create(o->net, o->task, t->pool, &e->objective, diag));
    e->reward = wn_calloc(e->optimizer->settings.population, sizeof *e->reward);
    e->seed = wn_calloc(WN_TUNE_COUNT(&t->settings, num_episode), sizeof *e->seed);
    return e->reward && e->seed ? WANN_OK : wn_fail_memory(diag);
}

static void close_evolution(evolution *e) {
    wn_optimizer_destroy(e->optimizer);
    wn_objective_destroy(e->objective);
    wn_free(e->reward);
    wn_free(e->seed);
}

/* Scores the candidates; *done: 0 if it was cut short. */
static wann_status try_candidates(evolution *e, int *done, wann_diag *diag) {
    wn_tuning *t = e->t;
    const size_t n_seeds = WN_TUNE_COUNT(&t->settings, num_episode);
    const size_t population = e->optimizer->settings.population;
    wn_rng rng = wn_rng_stream(t->options->seed, t->generation, 0, WN_TUNE_TRAINING);
    for (size_t i = 0; i < n_seeds; i++)
        e->seed[i] = wn_rng_u64(&rng);
    wn_objective_trial trial = {.weights = wn_optimizer_ask(e->optimizer),
                                .n = population,
                                .seed = e->seed,
                                .n_seeds = n_seeds,
                                .batch = WN_TUNE_COUNT(&t->settings, batch)};
    if (WN_TUNE(&t->settings, cap_time) != 0 && t->mean_steps > 0)
        trial.steps = 1 + (uint32_t)(2 * t->mean_steps);
    wn_effort effort = {0};
    WN_TRY(wn_objective_run(e->objective, &trial, e->reward, &effort, t->options->stop, done, diag));
    if (*done) {
        t->evaluations += population * n_seeds;
        t->steps += effort.steps;
        t->mean_steps = (double)effort.steps / (double)(population * n_seeds);
    }
    return WANN_OK;
}

/* The best guess so far against the one that is kept. */
static wann_status validate(evolution *e, wann_diag *diag) {
    wn_tuning *t = e->t;
    const double *mean = wn_optimizer_mean(e->optimizer);
    double value;
    WN_TRY(wn_tuning_value(t, mean, wn_tuning_seed(t, WN_TUNE_VALIDATING, 0),
                           WN_TUNE_COUNT(&t->settings, eval_episodes), &value, diag));
    if (value > t->best_value) {
        t->best_value = value;
        memcpy(t->best, mean, t->n * sizeof *mean);
    } else if (WN_TUNE(&t->settings, retrain) != 0) {
        wn_optimizer_move(e->optimizer, t->best);
    }
    return WANN_OK;
}

static void report(const evolution *e) {
    const wn_tuning *t = e->t;
    const size_t n = e->optimizer->settings.population;
    double best = e->reward[0], sum = 0;
    for (size_t i = 0; i < n; i++) {
        best = fmax(best, e->reward[i]);
        sum += e->reward[i];
    }
    const wann_tune_progress p = {.phase = wn_tune_word(t->options->method),
                                  .generation = t->generation,
                                  .generations = (uint32_t)WN_TUNE(&t->settings, maxGen),
                                  .best = best,
                                  .mean = sum / (double)n,
                                  .kept = t->best_value};
    wn_tuning_report(t, p, t->generation, WN_TUNE(&t->settings, maxGen));
}

static wann_status advance(evolution *e, bool *over, wann_diag *diag) {
    wn_tuning *t = e->t;
    const uint32_t last = (uint32_t)WN_TUNE(&t->settings, maxGen);
    int done = 0;
    WN_TRY(try_candidates(e, &done, diag));
    if (!done) {
        *over = t->stopped = true;
        return wn_tuning_save_sometimes(t, e->optimizer->state, e->optimizer->n_state, true, diag);
    }
    wn_optimizer_tell(e->optimizer, e->reward);
    t->generation++;
    if (t->generation % WN_TUNE_COUNT(&t->settings, eval_steps) == 0)
        WN_TRY(validate(e, diag));
    report(e);
    *over = t->generation >= last || wn_tuning_is_over(t);
    return wn_tuning_save_sometimes(t, e->optimizer->state, e->optimizer->n_state, *over, diag);
}

/* What a resumed run of more generations must not know of is left out of the checkpoint: the last
 * look comes after it. */
static wann_status evolve(evolution *e, wann_diag *diag) {
    wn_tuning *t = e->t;
    if (t->options->resume)
        WN_TRY(wn_tuning_load(t, e->optimizer->state, e->optimizer->n_state, diag));
    else
        WN_TRY(validate(e, diag)); /* the start may be best */
    e->optimizer->generation = t->generation;
    bool over = t->generation >= WN_TUNE(&t->settings, maxGen);
    while (!over)
        WN_TRY(advance(e, &over, diag));
    if (t->generation % WN_TUNE_COUNT(&t->settings, eval_steps) == 0)
        return WANN_OK;
    return validate(e, diag);
}

wann_status wn_tune_evolve(wn_tuning *t, wann_diag *diag) {
    evolution e = {0};
    wann_status status = open_evolution(&e, t, diag);
    if (status == WANN_OK)
        status = evolve(&e, diag);
    close_evolution(&e);
    return status;
}
