/* The four conditions of the paper, in which tables score networks. */
#ifndef WN_CONDITIONS_H
#define WN_CONDITIONS_H

#include "search/cli/scoring.h"

typedef enum condition {
    CONDITION_RANDOM,        /* a random weight for each connection and episode */
    CONDITION_RANDOM_SHARED, /* a random shared weight for each episode */
    CONDITION_TUNED_SHARED,  /* the best shared weight of a grid, chosen on other episodes */
    CONDITION_TUNED,         /* a weight for each connection, from a file */
    N_CONDITIONS
} condition;

/* Keys of JSON: "random_shared" and so on. */
extern const char *const condition_keys[N_CONDITIONS];

/* What is reported of a condition: rewards, and for classification shares of right answers. */
typedef struct condition_score {
    bool known; /* false: no tuned weights */
    wann_summary reward, accuracy;
    double weight; /* CONDITION_TUNED_SHARED */
} condition_score;

/* Score the network of s in a condition, with the episodes of s->evaluation. */
wann_status condition_run(const scoring *s, condition which, condition_score *c, wann_diag *diag);

#endif
