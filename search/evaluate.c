/* The evaluators, and which one a task gets. */
#include "search/evaluate.h"

#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

struct wn_evaluator {
    const wn_evaluator_type *type;
    void *self;
    wann_task *task;
    wn_pool *pool;
    wann_ranks *ranks; /* NULL: this process alone */
};

/* The first that suits is taken. */
static const wn_evaluator_type *const types[] = {&wn_evaluator_classify, &wn_evaluator_rollout,
                                                 &wn_evaluator_scalar};
enum { N_TYPES = sizeof types / sizeof *types };

static const wn_evaluator_type *find(const wann_env_type *env, const char *name) {
    for (size_t i = 0; i < N_TYPES; i++)
        if (types[i]->suits(env) && (!name || strcmp(name, types[i]->name) == 0))
            return types[i];
    return NULL;
}

wann_status wn_evaluator_create(wann_task *task, wn_pool *pool, const char *name,
                                wn_evaluator **out, wann_diag *diag) {
    *out = NULL;
    const wn_evaluator_type *type = find(wann_task_type(task), name);
    if (!type)
        return wn_fail(diag, WANN_UNSUPPORTED, NULL, 0, 0,
                       "task '%s' has nothing that the search can evaluate%s%s",
                       wann_task_name(task), name ? " by way of " : "", name ? name : "");
    wn_evaluator *evaluator = wn_calloc(1, sizeof *evaluator);
    if (!evaluator)
        return wn_fail_memory(diag);
    *evaluator = (struct wn_evaluator){.type = type, .task = task, .pool = pool};
    const wann_status status = type->create(task, pool, &evaluator->self, diag);
    if (status != WANN_OK) {
        wn_free(evaluator);
        return status;
    }
    *out = evaluator;
    return WANN_OK;
}

void wn_evaluator_destroy(wn_evaluator *evaluator) {
    if (!evaluator)
        return;
    evaluator->type->destroy(evaluator->self);
    wn_free(evaluator);
}

const char *wn_evaluator_name(const wn_evaluator *evaluator) {
    return evaluator->type->name;
}

wann_status wn_evaluator_share(wn_evaluator *evaluator, wann_ranks *ranks, wann_diag *diag) {
    if (wann_ranks_count(ranks) < 2)
        return WANN_OK;
    evaluator->ranks = ranks;
    return wn_evaluate_begin(ranks, evaluator->type, evaluator->task,
                             wn_pool_workers(evaluator->pool), diag);
}

wann_status wn_evaluator_run(wn_evaluator *evaluator, const wn_trial *trial, double *reward,
                             wn_effort *effort, const volatile sig_atomic_t *stop, int *done,
                             wann_diag *diag) {
    if (evaluator->ranks)
        return wn_evaluate_on_ranks(evaluator->ranks, evaluator->type, evaluator->self,
                                    wn_pool_workers(evaluator->pool), trial, reward, effort, stop,
                                    done, diag);
    return evaluator->type->run(evaluator->self, trial, reward, effort, stop, done, diag);
}
