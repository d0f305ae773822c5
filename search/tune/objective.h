/* What candidates for a network's weights are worth. */
#ifndef WN_OBJECTIVE_H
#define WN_OBJECTIVE_H

#include <signal.h>

#include "search/evaluate.h"

typedef struct wn_objective wn_objective;

/* network, task and pool belong to the caller and outlive it. */
wann_status wn_objective_create(const wann_net *net, wann_task *task, wn_pool *pool,
                                wn_objective **objective, wann_diag *diag);
/* Other processes run episodes too. Samples are classified by this one alone. */
wann_status wn_objective_share(wn_objective *objective, wann_ranks *ranks, wann_diag *diag);
void wn_objective_destroy(wn_objective *objective); /* NULL is allowed */

/* What candidates are tried on: episodes, or, where samples are classified, draws of a batch from the
 * training samples; the same for all of them. */
typedef struct wn_objective_trial {
    const double *weights; /* [n][connections] */
    size_t n;
    const uint64_t *seed; /* [n_seeds] */
    size_t n_seeds;
    uint32_t steps; /* longest episode; 0: what the task says */
    size_t batch;   /* samples in a batch; 0: what the task says, or all */
} wn_objective_trial;

/* reward[n]: the mean over the seeds of each candidate, finite, in single precision where that is
 * faster; the same bits for any number of workers. *done: 0 if *stop cut it short. */
wann_status wn_objective_run(wn_objective *objective, const wn_objective_trial *trial,
                             double *reward, wn_effort *effort, const volatile sig_atomic_t *stop,
                             int *done, wann_diag *diag);

#endif
