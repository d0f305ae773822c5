/* Tuning: the one shared weight, or each connection's own. */
#ifndef WANN_TUNE_H
#define WANN_TUNE_H

#include <signal.h>

#include "wann/env.h"
#include "wann/evaluate.h"
#include "wann/net.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Whole runs ---- */

/* X(NAME, word, what it is) */
#define WANN_TUNE_LIST(X)                                                                          \
    X(SHARED, "shared", "the one shared weight, by a sweep and races of the best")                 \
    X(CMA, "cma", "each weight, by covariance matrix adaptation")                                  \
    X(PEPG, "pepg", "each weight, by parameter-exploring policy gradients")                        \
    X(OPENES, "openes", "each weight, by the evolution strategy of Salimans et al.")               \
    X(GA, "ga", "each weight, by a genetic algorithm")                                             \
    X(GRADIENT, "gradient", "each weight, by Adam on derivatives; classification only")
typedef enum wann_tune_method {
#define WANN_TUNE_ENUM(name, word, help) WANN_TUNE_##name,
    WANN_TUNE_LIST(WANN_TUNE_ENUM)
#undef WANN_TUNE_ENUM
} wann_tune_method;

/* What a run reports after each generation, epoch, or step of a race. */
typedef struct wann_tune_progress {
    const char *phase;    /* "sweep", "race", or the method's word */
    uint32_t generation;  /* counted from 1 */
    uint32_t generations; /* that there are to be; 0: unknown */
    double best;          /* mean reward of this generation's best candidate */
    double mean;          /* of all its candidates; of an epoch: of the training samples */
    double kept;          /* of the weights that are kept, on validation episodes or samples; NaN:
                             none yet */
    uint64_t evaluations; /* episodes, or passes over a batch, so far */
    uint64_t steps;       /* of episodes, or samples */
    double seconds;
    double remaining; /* seconds, estimated; negative: unknown */
} wann_tune_progress;

/* Start from {0}; net and task belong to the caller. */
typedef struct wann_tune_options {
    const wann_net *net;
    wann_task *task;
    wann_tune_method method;
    const char *const *settings; /* "key=value" with the keys of `wann tune --help`, NULL at the end */
    const double *start;         /* [connections], or NULL: all the shared weight */
    bool has_start_weight;       /* else the best shared weight is looked for first */
    double start_weight;
    uint64_t seed;         /* below 2^53; the same seed gives the same weights */
    size_t threads;        /* 0: one a processor; results do not depend on it */
    struct wann_ranks *ranks; /* of wann/search.h, that run episodes too; NULL: none. For methods that
                                 go by rewards of episodes; the same result */
    double budget_seconds; /* more than 0: stop after so long (and then a seed gives no same weights) */
    const char *checkpoint; /* file that the state is kept in, or NULL */
    int resume;             /* go on from it, bit for bit; all but settings maxGen, epochs,
                               save_seconds and test_episodes, and the budget, must be as they were */
    const volatile sig_atomic_t *stop; /* set it from a signal handler: ends cleanly */
    void (*progress)(void *context, const wann_tune_progress *progress); /* or NULL */
    void *context;
} wann_tune_options;

/* A shared weight that was tried. */
typedef struct wann_tune_point {
    double weight;
    double mean, sd; /* of reward; of accuracy where samples are classified */
    size_t episodes;
} wann_tune_point;

typedef struct wann_tune_result {
    wann_net *net;         /* with its new weights, or its new shared weight, and their story */
    double weight;         /* the shared weight that was chosen, or that the run began with */
    double start_mean;     /* reward of the weights that the run began with, on the fresh episodes */
    double mean, sd;       /* of the tuned ones */
    double accuracy;       /* classification: on the test samples; else NaN */
    size_t episodes;       /* fresh ones; of samples: 1, all test samples */
    wann_tune_point *point; /* [n_points] the profile, by weight; empty if no weight was looked for */
    size_t n_points;
    uint32_t generations; /* or epochs */
    uint64_t evaluations, steps;
    double seconds;
    int compiled; /* gradient: by compiled code */
    int stopped;  /* by *stop */
} wann_tune_result;

/* Tune a network. result is not NULL, and to be given back with wann_tune_free on WANN_OK. WANN_ARGUMENT:
 * a bad setting, a task that the method is not for; WANN_INPUT: network and task do not fit, a
 * checkpoint of another run. */
WANN_API wann_status wann_tune(const wann_tune_options *options, wann_tune_result *result,
                               wann_diag *diag);
WANN_API void wann_tune_free(wann_tune_result *result);

#ifdef __cplusplus
}
#endif
#endif
