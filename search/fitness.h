/* Fitness: from populations to rewards, by way of an evaluator. */
#ifndef WN_FITNESS_H
#define WN_FITNESS_H

#include "search/evaluate.h"
#include "search/evolution.h"

typedef struct wn_assessor {
    wn_evaluator *evaluator;           /* the caller's */
    const volatile sig_atomic_t *stop; /* may be NULL */
    uint32_t batch; /* samples in a batch; 0: as many as the task says */
    wn_effort effort;
    uint64_t evaluations; /* networks that were evaluated, a weight and seed each counting once */
    uint64_t repeats;     /* networks that were not, as an equal one was */
} wn_assessor;

/* Evaluate the present generation of a population, all on the same seeds, and tell it. Equal
 * networks are evaluated once if skip_duplicates is set. *done: 0 if a stop cut it short: the
 * population is then as it was. */
wann_status wn_assess_generation(wn_assessor *assessor, wn_evolution *evolution, int *done,
                                 wann_diag *diag);

/* Rewards of networks over `repetitions` seeds of a stream: the rewards of all of
 * weight[n_weights], or one reward each where they have weights of their own (n_weights == 0).
 * reward as for wn_evaluator_run. */
wann_status wn_assess_networks(wn_assessor *assessor, const wn_phenotype *const *net, size_t n,
                               const double *weight, size_t n_weights, uint32_t repetitions,
                               wn_rng seeds, double *reward, int *done, wann_diag *diag);

#endif
