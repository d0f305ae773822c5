/* Variation: from one or two parents to a child. */
#ifndef WN_MUTATE_H
#define WN_MUTATE_H

#include "runtime/base/rng.h"
#include "search/genome.h"
#include "search/hyper.h"

/* What variation may draw from. */
typedef struct wn_variation {
    const wn_hyper *hyper;
    uint8_t activation[16]; /* of hidden nodes */
    uint32_t n_activations;
} wn_variation;

/* The first numbers that are free for a child. They are never shared between children, not even for
 * the same mutation, as in the released code; so children can be made in any order. */
typedef struct wn_innovation {
    uint32_t conn;
    uint32_t node;
} wn_innovation;

/* The most that one child takes of them. */
enum { WN_CONNS_OF_CHILD = 3, WN_NODES_OF_CHILD = 1 };

/* Words for the mutations of weight agnostic networks, for tests and statistics. */
typedef enum wn_mutation {
    WN_ADD_CONN,
    WN_ADD_NODE,
    WN_ENABLE,
    WN_MUTATE_ACT,
    WN_MUTATIONS
} wn_mutation;

/* The activations of a bit set (wann_env_type.hidden_activations), or the one of alg_act. */
wn_variation wn_variation_of(const wn_hyper *hyper, uint32_t activations);

/* A genome of the first generation: initial connections enabled with prob_initEnable, and for neat
 * weights drawn from -ann_absWCap to ann_absWCap. */
wann_status wn_genome_initial(const wn_variation *v, wn_shape shape, wn_rng *rng,
                              wn_genome **genome, wann_diag *diag);

/* One of each, if there is a place for it: *child, or NULL if there is none. False: out of memory.
 * Each leaves a genome that wn_genome_verify accepts. */
bool wn_add_conn(const wn_variation *v, const wn_genome *parent, wn_innovation innovation,
                 wn_rng *rng, wn_genome **child);
bool wn_add_node(const wn_variation *v, const wn_genome *parent, wn_innovation innovation,
                 wn_rng *rng, wn_genome **child);
bool wn_enable(const wn_genome *parent, wn_rng *rng, wn_genome **child);
bool wn_mutate_act(const wn_variation *v, const wn_genome *parent, wn_rng *rng, wn_genome **child);

/* A child of a weight agnostic network: exactly one of the above, drawn in proportion to its
 * probability among those that have a place. */
wann_status wn_mutate_wann(const wn_variation *v, const wn_genome *parent, wn_innovation innovation,
                           wn_rng *rng, wn_genome **child, wann_diag *diag);

/* A child as prettyNEAT makes it: each disabled connection may be enabled, each weight moved, a
 * node added, a connection added, an activation changed, all independently. */
wann_status wn_mutate_neat(const wn_variation *v, const wn_genome *parent, wn_innovation innovation,
                           wn_rng *rng, wn_genome **child, wann_diag *diag);

/* prettyNEAT's crossover: a copy of the fitter parent, in which the weight of each gene that the
 * other has too is the other's with probability 1/2. */
wann_status wn_crossover(const wn_genome *fitter, const wn_genome *other, wn_rng *rng,
                         wn_genome **child, wann_diag *diag);

/* A child of two weight agnostic networks that has what either has added since they parted (ours;
 * the released code has no crossover without weights): good changes that siblings found at the same
 * time add up. Where the two have parted by too much, or would make a cycle, a copy of the fitter.
 */
wann_status wn_join(const wn_genome *fitter, const wn_genome *other, wn_rng *rng, wn_genome **child,
                    wann_diag *diag);

#endif
