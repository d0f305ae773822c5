/* How well a network does at a task, in each condition of the paper. */
#ifndef WANN_EVALUATE_H
#define WANN_EVALUATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wann/compile.h"
#include "wann/env.h"
#include "wann/net.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where the weights of an episode come from. */
typedef enum wann_condition {
    WANN_SHARED,        /* the given shared weights, each in all episodes */
    WANN_RANDOM_SHARED, /* a shared weight drawn from U(-2, 2) for each episode */
    WANN_RANDOM,        /* each connection's weight drawn from U(-2, 2) for each episode */
    WANN_TUNED          /* one weight a connection, the same in all episodes */
} wann_condition;

/* What runs the network: X(NAME, word). AUTO takes the fastest that the condition allows. In double
 * all give the same numbers to the last bit; in float each keeps to the bounds that wann/run.h and
 * wann/compile.h state for one inference, which in a chaotic task may lead elsewhere. */
#define WANN_ENGINE_LIST(X)                                                                        \
    X(AUTO, "auto")                                                                                \
    X(INTERPRETER, "interpreter")                                                                  \
    X(LANES, "lanes")                                                                              \
    X(COMPILED, "compiled")                                                                        \
    X(JIT, "jit")
typedef enum wann_engine {
#define WANN_ENGINE_ENUM(name, word) WANN_ENGINE_##name,
    WANN_ENGINE_LIST(WANN_ENGINE_ENUM)
#undef WANN_ENGINE_ENUM
} wann_engine;

/* What to evaluate. Start from wann_evaluation_defaults. */
typedef struct wann_evaluation {
    wann_condition condition;
    const double *weights; /* WANN_SHARED: [n_weights] */
    size_t n_weights;
    const double *tuned;   /* WANN_TUNED: [connections], or NULL: those of the network */
    size_t episodes;       /* for each weight; 100. Classification: draws of weights or batches */
    uint64_t seed;         /* episode e has the seed seed + e */
    uint32_t steps;        /* longest episode; 0: what the task says */
    wann_split split;      /* classification: WANN_TEST */
    size_t batch;          /* classification: samples in a batch; 0: all of the split */
    wann_engine engine;
    wann_real real;        /* WANN_DOUBLE */
    wann_math math;        /* INLINE: the project's own functions in double too, which give the same
                              bits everywhere; compiled code has them, so AUTO is COMPILED then */
    size_t threads;        /* 0: one a processor; results do not depend on it */
    bool vote;             /* wann_evaluate_ensemble: most votes decide, of equally many the average */
} wann_evaluation;

WANN_API wann_evaluation wann_evaluation_defaults(void);

/* What came out: rows of `episodes` numbers, one row a shared weight with WANN_SHARED, else one. */
typedef struct wann_scores {
    size_t rows, episodes;
    double *reward;   /* [rows][episodes] sum over the episode; classification: minus the mean
                         cross-entropy */
    uint32_t *steps;  /* [rows][episodes]; classification: samples */
    double *weight;   /* [rows][episodes] the shared weight; NaN where there is none */
    double *accuracy; /* [rows][episodes] classification: the share of samples whose largest output is
                         the label's (the first of equal ones); else NULL */
} wann_scores;

/* Run all episodes. WANN_INPUT where the network's inputs or outputs are not as many as the task's, or
 * an episode goes wrong (an output that is not finite, for instance), naming the step. WANN_ARGUMENT:
 * random weights with compiled code, own functions in double without it, WANN_TUNED without
 * weights. On success the scores are to be
 * given back with wann_scores_free. */
WANN_API wann_status wann_evaluate(const wann_net *net, wann_task *task,
                                   const wann_evaluation *evaluation, wann_scores *scores,
                                   wann_diag *diag);
/* Classification by an ensemble: one network with each of evaluation->weights (condition WANN_SHARED),
 * the softmaxes averaged. *reward: minus the mean cross-entropy of that average; *accuracy: the share
 * of samples whose largest average is the label's. WANN_ARGUMENT for a task without samples. */
WANN_API wann_status wann_evaluate_ensemble(const wann_net *net, wann_task *task,
                                            const wann_evaluation *evaluation, double *reward,
                                            double *accuracy, wann_diag *diag);
WANN_API void wann_scores_free(wann_scores *scores);

/* sd: root of the mean squared deviation (divided by n, as NumPy's std). */
typedef struct wann_summary {
    double mean, sd, median, min, max;
} wann_summary;

/* Of n > 0 numbers; WANN_NO_MEMORY is the only failure. */
WANN_API wann_status wann_summarise(const double *values, size_t n, wann_summary *summary,
                                    wann_diag *diag);

#ifdef __cplusplus
}
#endif
#endif
