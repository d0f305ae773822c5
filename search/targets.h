/* The best networks for what one wants of them. The champion has the best mean over the weights of
 * the search; the best with a weight drawn at random, and the best with its own best weight, are
 * often others. They are looked for in a population at its end, on fresh episodes. */
#ifndef WN_TARGETS_H
#define WN_TARGETS_H

#include "search/lineage.h"

typedef enum wn_target {
    WN_FOR_TUNED_WEIGHT,  /* the mean reward of the best weight */
    WN_FOR_RANDOM_WEIGHT, /* the mean reward over weights drawn from -ann_absWCap to ann_absWCap */
    WN_TARGETS
} wn_target;

/* Of each champion, fitness is the mean over a grid of weights, peak that of the best of them, and
 * weight which one it is. */
typedef struct wn_targets {
    wn_champion best[WN_TARGETS];
    uint32_t start[WN_TARGETS]; /* that it came from */
} wn_targets;

/* By what a champion of a target is compared. */
double wn_target_value(wn_target target, const wn_champion *champion);

/* Let the best of a population, which was told its fitness, challenge the champions so far: first
 * many on a coarse grid, then a few and the champions on a fine one with bestReps episodes, the
 * same for all. value[WN_TARGETS], if not NULL, gets what the best of this population came to.
 * Costs a few generations. Does nothing where weights are not shared (value is then 0). *done: 0 if
 * a stop cut it short; targets are then as they were. */
wann_status wn_targets_contest(wn_targets *targets, const wn_evolution *evolution, uint32_t start,
                               wn_assessor *assessor, double *value, int *done, wann_diag *diag);

void wn_targets_free(wn_targets *targets); /* {0} is allowed */

#endif
