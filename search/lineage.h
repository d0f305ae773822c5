/* One line of descent: a population from its first generation on, and the best it has had. */
#ifndef WN_LINEAGE_H
#define WN_LINEAGE_H

#include "search/fitness.h"

/* The best network so far, measured on more than the episodes that made it stand out. */
typedef struct wn_champion {
    wn_genome *genome; /* NULL: none yet */
    uint64_t hash;     /* of its phenotype */
    uint32_t connections;
    uint32_t generation; /* in which it came */
    double fitness;      /* mean reward over the weights, of all fresh episodes it has seen */
    double peak;         /* mean reward with the best weight, of the episodes it was chosen on */
    double weight;       /* that weight */
    uint64_t episodes;   /* that fitness is the mean of, for each weight */
} wn_champion;

/* What a generation was like. */
typedef struct wn_generation_log {
    uint32_t generation;
    double best; /* fitness: mean over the weights */
    double mean;
    double median;
    double peak;          /* the best mean reward with one weight */
    uint32_t nodes;       /* of the best: hidden and outputs that are evaluated */
    uint32_t connections; /* of the best */
    double median_connections;
} wn_generation_log;

typedef struct wn_lineage {
    wn_evolution evolution;
    wn_champion champion;
} wn_lineage;

void wn_lineage_free(wn_lineage *lineage);

/* Breed the next generation if this one was told, evaluate it, let its best challenge the champion
 * on bestReps fresh episodes, and write down what it was like. *done: 0 if a stop cut it short;
 * doing it again gives what it would have given, as it does after evaluating has failed. */
wann_status wn_lineage_step(wn_lineage *lineage, wn_assessor *assessor, wn_generation_log *log,
                            int *done, wann_diag *diag);

#endif
