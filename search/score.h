/* Scoring one network: what the ways to do it share (wann/evaluate.h is the public side). */
#ifndef WN_SCORE_H
#define WN_SCORE_H

#include "search/pool.h"
#include "wann/evaluate.h"

/* One episode, or one pass over samples. */
typedef struct wn_score_job {
    wann_weights weights;
    uint64_t seed;
} wn_score_job;

/* All jobs of an evaluation, and where their results go: job j has reward[j], steps[j] and so on.
 * Results do not depend on workers or on other jobs. */
typedef struct wn_score_work {
    const wann_net *net;
    wann_task *task;
    const wann_evaluation *evaluation;
    const wn_score_job *job; /* [n_jobs] */
    size_t n_jobs;
    bool ensemble;          /* of samples: the jobs vote */
    wann_scores *scores;
    wn_pool *pool;
} wn_score_work;

/* One world a worker, and the interpreter or a compiled network. */
wann_status wn_score_episodes(const wn_score_work *work, wann_diag *diag);
/* Many worlds in lock step, network and task together. The jobs' weights are all shared ones, or
 * all the same one for each connection. */
wann_status wn_score_lanes(const wn_score_work *work, wann_diag *diag);
/* Samples. Where the jobs vote, the prediction is the mean of their softmaxes, and each job gets the
 * result of all. */
wann_status wn_score_samples(const wn_score_work *work, wann_diag *diag);

/* The network of the work, compiled and loaded, in double bit for bit the interpreter. */
/* Whether the engine wants one; it is compiled as the evaluation says then. */
bool wn_score_compiles(const wann_evaluation *evaluation);
wann_status wn_score_compile(const wn_score_work *work, wann_policy **policy, wann_diag *diag);

/* The longest episode. */
uint32_t wn_score_steps(const wn_score_work *work);

/* A policy, a world and all that an episode needs, for one worker. */
typedef struct wn_actor wn_actor;
/* compiled: the loaded network, or NULL: the interpreter. */
wann_status wn_actor_create(const wn_score_work *work, const wann_policy *compiled,
                            wn_actor **actor, wann_diag *diag);
void wn_actor_destroy(wn_actor *actor); /* NULL is allowed */
/* Run job j and write its results. */
wann_status wn_actor_run(wn_actor *actor, size_t j, wann_diag *diag);

#endif
