/* Scores networks one episode after the other, for worlds that have no lanes: one world a thread.
 */
#include <math.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "search/evaluate.h"
#include "wann/run.h"

/* What one thread works with. */
typedef struct worker {
    wann_env *env;
    double *observation; /* [observations] */
    double *action;      /* [actions] */
    double *act;         /* [n_act] values of nodes */
    size_t n_act;
    uint64_t steps;
} worker;

typedef struct scalar {
    wann_task *task;
    wn_pool *pool;
    size_t n_workers;
    worker *workers;
    const wn_trial *trial; /* of the run under way */
    double *reward;
} scalar;

static bool suits(const wann_env_type *type) {
    return type->step != NULL;
}

static void destroy(void *self) {
    scalar *s = self;
    for (size_t i = 0; i < s->n_workers; i++) {
        wann_env_destroy(s->workers[i].env);
        wn_free(s->workers[i].observation);
        wn_free(s->workers[i].action);
        wn_free(s->workers[i].act);
    }
    wn_free(s->workers);
    wn_free(s);
}

static wann_status open_worker(scalar *s, worker *w, wann_diag *diag) {
    const wann_env_type *type = wann_task_type(s->task);
    w->observation = wn_calloc(type->observations + 1, sizeof *w->observation);
    w->action = wn_calloc(type->actions + 1, sizeof *w->action);
    if (!w->observation || !w->action)
        return wn_fail_memory(diag);
    return wann_env_create(s->task, &w->env, diag);
}

static wann_status create(wann_task *task, wn_pool *pool, void **self, wann_diag *diag) {
    scalar *s = wn_calloc(1, sizeof *s);
    if (!s)
        return wn_fail_memory(diag);
    s->task = task;
    s->pool = pool;
    s->workers = wn_calloc(wn_pool_workers(pool), sizeof *s->workers);
    wann_status status = s->workers ? WANN_OK : wn_fail_memory(diag);
    while (status == WANN_OK && s->n_workers < wn_pool_workers(pool))
        status = open_worker(s, &s->workers[s->n_workers++], diag);
    if (status != WANN_OK)
        destroy(s);
    else
        *self = s;
    return status;
}

static uint32_t longest(const scalar *s) {
    const wann_env_type *type = wann_task_type(s->task);
    if (s->trial->steps)
        return s->trial->steps;
    return type->search_steps ? type->search_steps : type->steps;
}

/* A network whose sums leave the range of numbers gives up the episode: the worst reward. */
static bool all_finite(const double *values, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!isfinite(values[i]))
            return false;
    return true;
}

static wann_status episode(scalar *s, worker *w, const wn_net *net, wann_weights weights,
                           uint64_t seed, double *total, wann_diag *diag) {
    wann_env_result result = {0};
    const uint32_t limit = longest(s);
    *total = 0;
    WN_TRY(wann_env_reset(w->env, seed, w->observation, diag));
    for (uint32_t t = 0; t < limit && !result.terminated && !result.truncated; t++) {
        wann_run(net, w->observation, weights, NULL, w->act, w->action);
        if (!all_finite(w->action, wann_net_outputs(net))) {
            *total = WN_WORST_REWARD;
            return WANN_OK;
        }
        WN_TRY(wann_env_step(w->env, w->action, w->observation, &result, diag));
        *total += result.reward;
        w->steps++;
    }
    return WANN_OK;
}

static wann_status fit_values(worker *w, size_t n, wann_diag *diag) {
    if (n <= w->n_act)
        return WANN_OK;
    double *act = wn_realloc(w->act, 2 * n * sizeof *act);
    if (!act)
        return wn_fail_memory(diag);
    w->act = act;
    w->n_act = 2 * n;
    return WANN_OK;
}

static wann_status episodes(scalar *s, worker *w, const wn_net *net, wann_weights weights,
                            double *mean, wann_diag *diag) {
    double sum = 0;
    WN_TRY(fit_values(w, wann_net_nodes(net), diag));
    for (size_t r = 0; r < s->trial->n_seeds; r++) {
        double total;
        WN_TRY(episode(s, w, net, weights, s->trial->seed[r], &total, diag));
        sum += total;
    }
    *mean = sum / (double)s->trial->n_seeds;
    return WANN_OK;
}

/* One piece of work: one network with one weight. */
static wann_status piece(void *context, size_t thread, size_t item, wann_diag *diag) {
    scalar *s = context;
    const wn_trial *trial = s->trial;
    const size_t rewards = wn_trial_rewards(trial);
    const wn_phenotype *phenotype = trial->net[item / rewards];
    wn_net *net;
    WN_TRY(wn_phenotype_net(phenotype, NULL, &net, diag));
    const wann_weights weights = {
        .shared = trial->n_weights > 0 ? trial->weight[item % rewards] : 1,
        .connection = trial->n_weights > 0 ? NULL : wann_net_weights(net)};
    const wann_status status =
        episodes(s, &s->workers[thread], net, weights, &s->reward[item], diag);
    wann_net_destroy(net);
    return status;
}

static wann_status run(void *self, const wn_trial *trial, double *reward, wn_effort *effort,
                       const volatile sig_atomic_t *stop, int *done, wann_diag *diag) {
    scalar *s = self;
    s->trial = trial;
    s->reward = reward;
    const wann_status status =
        wn_pool_run(s->pool, trial->n * wn_trial_rewards(trial), piece, s, stop, done, diag);
    for (size_t i = 0; i < s->n_workers; i++) {
        effort->steps += s->workers[i].steps;
        effort->slots += s->workers[i].steps;
        s->workers[i].steps = 0;
    }
    return status;
}

const wn_evaluator_type wn_evaluator_scalar = {"scalar", WN_SPLIT_CELLS, suits,
                                               create,   destroy,        run};
