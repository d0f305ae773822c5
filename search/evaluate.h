/* How fitness is got: the interface between the search, which breeds, and the evaluators, each of
 * which knows one kind of task. An evaluator is one file and one row of the table in evaluate.c. */
#ifndef WN_EVALUATE_H
#define WN_EVALUATE_H

#include <signal.h>

#include "search/phenotype.h"
#include "search/pool.h"
#include "wann/env.h"
#include "wann/search.h"

/* Networks to be scored, each with the same weights on the same seeds.
 *
 * A seed stands for an episode, or, where samples are classified, for a draw of the batch from the
 * training samples. Rewards are means over the seeds, summed in their order. */
typedef struct wn_trial {
    const wn_phenotype *const *net; /* [n] */
    size_t n;
    const double *weight; /* [n_weights] shared weights; n_weights == 0: each phenotype has its own,
                             and one reward */
    size_t n_weights;
    const uint64_t *seed; /* [n_seeds] */
    size_t n_seeds;
    uint32_t steps; /* longest episode; 0: what the task says for a search */
    uint32_t batch; /* samples in a batch; 0: what the task says */
} wn_trial;

/* Rewards that each network of a trial gets. */
static inline size_t wn_trial_rewards(const wn_trial *trial) {
    return trial->n_weights > 0 ? trial->n_weights : 1;
}

/* What evaluating cost, added up over calls. */
typedef struct wn_effort {
    uint64_t steps; /* of episodes, or samples seen, of all weights; useful ones alone */
    uint64_t slots; /* the same with lanes that stood idle; equal to steps where there are none */
} wn_effort;

typedef struct wn_evaluator wn_evaluator;

/* How a trial is best split among processes. */
typedef enum wn_split {
    WN_SPLIT_NETWORKS, /* all weights of a network together */
    WN_SPLIT_CELLS,    /* a network and a weight */
    WN_SPLIT_WEIGHTS   /* networks are cheaper together; one chunk a process */
} wn_split;

/* A kind of evaluator. */
typedef struct wn_evaluator_type {
    const char *name;
    wn_split split;
    bool (*suits)(const wann_env_type *type);
    /* The task and the pool belong to the caller and outlive the evaluator. */
    wann_status (*create)(wann_task *task, wn_pool *pool, void **self, wann_diag *diag);
    void (*destroy)(void *self);
    /* reward: row-major [trial->n][wn_trial_rewards(trial)], finite. The same bits whatever the
     * number of workers, and whatever other networks are in the trial, so that a generation can be
     * split. *done: 0 if *stop cut it short; reward means nothing then. */
    wann_status (*run)(void *self, const wn_trial *trial, double *reward, wn_effort *effort,
                       const volatile sig_atomic_t *stop, int *done, wann_diag *diag);
} wn_evaluator_type;

extern const wn_evaluator_type wn_evaluator_classify; /* the population as one graph */
extern const wn_evaluator_type wn_evaluator_rollout;  /* worlds in lanes, in float */
extern const wn_evaluator_type wn_evaluator_scalar;   /* one world a worker, wann_run */

/* The evaluator of the first type of the table that suits the task; name: the one of that name
 * instead, or NULL. */
wann_status wn_evaluator_create(wann_task *task, wn_pool *pool, const char *name,
                                wn_evaluator **evaluator, wann_diag *diag);
void wn_evaluator_destroy(wn_evaluator *evaluator); /* NULL is allowed */
const char *wn_evaluator_name(const wn_evaluator *evaluator);
/* From now on other processes evaluate too, with as many threads each as the evaluator has. They
 * belong to the caller and outlive the evaluator. */
wann_status wn_evaluator_share(wn_evaluator *evaluator, wann_ranks *ranks, wann_diag *diag);
wann_status wn_evaluator_run(wn_evaluator *evaluator, const wn_trial *trial, double *reward,
                             wn_effort *effort, const volatile sig_atomic_t *stop, int *done,
                             wann_diag *diag);

/* evaluate_ranks.c: wn_evaluator_type.run by several processes. What a trial holds travels: a new
 * member of wn_trial has to be written and read there. */
wann_status wn_evaluate_on_ranks(wann_ranks *ranks, const wn_evaluator_type *type, void *self,
                                 size_t threads, const wn_trial *trial, double *reward,
                                 wn_effort *effort, const volatile sig_atomic_t *stop, int *done,
                                 wann_diag *diag);
/* The others get ready for it. */
wann_status wn_evaluate_begin(wann_ranks *ranks, const wn_evaluator_type *type, wann_task *task,
                              size_t threads, wann_diag *diag);

/* What stands in for rewards that are not finite: infinities would break the crowding distance. */
#define WN_WORST_REWARD (-1e30)

#endif
