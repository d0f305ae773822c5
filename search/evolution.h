/* A population and how it goes on: the state of one search, apart from how fitness is got. */
#ifndef WN_EVOLUTION_H
#define WN_EVOLUTION_H

#include "search/express.h"
#include "search/mutate.h"
#include "search/pool.h"

typedef struct wn_individual {
    wn_genome *genome;
    wn_phenotype *phenotype;
    uint32_t connections; /* that the genome expresses, those of dead nodes included */
    uint32_t born;        /* generation */
    uint32_t species;     /* index; 0 where there are none */
    uint32_t rounds;      /* of this generation's evaluation that it was in; equal but in a race */
    double fitness;       /* mean reward over the weights, of this generation */
    double peak;          /* mean reward of the best weight */
} wn_individual;

/* A species of prettyNEAT. Its seed is the genome that newcomers are compared with. */
typedef struct wn_species {
    wn_genome *seed;
    double best;        /* best fitness ever */
    uint32_t stagnant;  /* generations since it improved */
    uint32_t offspring; /* children that it gets */
} wn_species;

typedef struct wn_evolution {
    wn_hyper hyper;
    wn_variation variation;
    wn_shape shape;
    uint64_t seed;
    wn_pool *pool;             /* the caller's */
    uint32_t generation;       /* of the individuals; the first is 0 */
    bool told;                 /* the individuals have their fitness */
    wn_individual *population; /* [n] */
    uint32_t n;
    wn_innovation innovation; /* numbers that nobody has */
    wn_species *species;      /* [n_species], room for 2 n + 1 */
    uint32_t n_species;
    double threshold; /* distance within which a genome belongs to a species */
} wn_evolution;

/* What random numbers are for: one stream for each purpose, generation and individual. */
typedef enum wn_purpose {
    WN_FOR_BIRTH = 1,
    WN_FOR_BREEDING,
    WN_FOR_RANKING,
    WN_FOR_EPISODES,
    WN_FOR_FRESH_EPISODES,
    WN_FOR_CHOICE,
    WN_FOR_RESTARTS,
    WN_FOR_TARGETS
} wn_purpose;

/* The first generation. activations: bit set of hidden ones, 0: 1 to 10. On success the evolution
 * is to be given back with wn_evolution_free; all zero counts as given back. */
wann_status wn_evolution_begin(wn_evolution *evolution, const wn_hyper *hyper, wn_shape shape,
                               uint32_t activations, uint64_t seed, wn_pool *pool, wann_diag *diag);
void wn_evolution_free(wn_evolution *evolution);

/* How many generations have their fitness. */
static inline uint32_t wn_evolution_done(const wn_evolution *evolution) {
    return evolution->generation + evolution->told;
}

/* Take the rewards of the population, row-major [n][rewards], all finite. */
void wn_evolution_tell(wn_evolution *evolution, const double *reward, uint32_t rewards);

/* Rank the population, which has its fitness: order[n], the best first. Depends on the seed, as the
 * second objective is drawn. Who was in more rounds of a race is better. */
wann_status wn_evolution_rank(const wn_evolution *evolution, uint32_t *order, wann_diag *diag);

/* Replace the population, which has its fitness, by its children and elites, who are yet to be told
 * theirs. */
wann_status wn_evolution_breed(wn_evolution *evolution, wann_diag *diag);

/* How many individuals are kept as they are, if there are no species. */
uint32_t wn_evolution_elites(const wn_evolution *evolution);

/* The expression that the hyperparameters ask for. */
wn_expression wn_evolution_expression(const wn_evolution *evolution);

/* species.c: share out the next generation among species, as prettyNEAT does: members within the
 * threshold of a seed, which moves towards spec_target species; offspring by the mean of their
 * rank's score; none for species that stagnate. Sets each individual's species and each species'
 * offspring. */
wann_status wn_species_update(wn_evolution *evolution, wann_diag *diag);

/* The distance between genomes: genes that only one has, over 1 + the genes of the longer beyond
 * inputs + outputs, and the mean difference of the weights of the others. */
double wn_species_distance(const wn_hyper *hyper, const wn_genome *a, const wn_genome *b);

#endif
