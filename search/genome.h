/* Genomes: what is inherited. A genome knows connections and nodes, not how they are evaluated.
 *
 * Nodes are numbered in the order of their genes: 0 the bias, then the inputs, the outputs, and the
 * hidden nodes by birth. The first genes of every genome are its initial ones, from bias and inputs
 * to outputs, enabled or not: MNIST has 2,570 of which few are enabled, so they are implied, and
 * only whether each is enabled is stored. */
#ifndef WN_GENOME_H
#define WN_GENOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wann/status.h"

typedef struct wn_shape {
    uint32_t inputs;
    uint32_t outputs;
} wn_shape;

/* A connection gene that a mutation added. */
typedef struct wn_link {
    uint32_t innovation; /* ascending in a genome */
    uint32_t source;     /* nodes */
    uint32_t target;
} wn_link;

typedef struct wn_hidden {
    uint32_t id; /* unique in a search; ascending in a genome */
    uint32_t activation;
} wn_hidden;

/* One block of memory, given back with wn_free. */
typedef struct wn_genome {
    wn_shape shape;
    uint32_t n_links;
    uint32_t n_hidden;
    wn_link *link;     /* [n_links] */
    wn_hidden *hidden; /* [n_hidden] */
    double *weight;    /* [initial + n_links], or NULL: weights are not inherited but shared */
    uint8_t *enabled;  /* [initial + n_links] 0 or 1 */
} wn_genome;

/* Connection genes k are the initial ones for k < wn_initial(), links from there on. */
static inline uint32_t wn_sources(wn_shape shape) {
    return shape.inputs + 1;
}
static inline uint32_t wn_initial(wn_shape shape) {
    return wn_sources(shape) * shape.outputs;
}
static inline uint32_t wn_first_hidden(wn_shape shape) {
    return wn_sources(shape) + shape.outputs;
}
static inline uint32_t wn_genome_nodes(const wn_genome *genome) {
    return wn_first_hidden(genome->shape) + genome->n_hidden;
}
static inline uint32_t wn_genome_conns(const wn_genome *genome) {
    return wn_initial(genome->shape) + genome->n_links;
}
static inline bool wn_is_output(wn_shape shape, uint32_t node) {
    return node >= wn_sources(shape) && node < wn_first_hidden(shape);
}
static inline bool wn_is_hidden(wn_shape shape, uint32_t node) {
    return node >= wn_first_hidden(shape);
}

/* Gene k. Initial genes run through the sources of the first output, then of the second. */
static inline wn_link wn_genome_conn(const wn_genome *genome, uint32_t k) {
    const uint32_t initial = wn_initial(genome->shape), sources = wn_sources(genome->shape);
    if (k >= initial)
        return genome->link[k - initial];
    return (wn_link){k, k % sources, sources + k / sources};
}

uint32_t wn_genome_enabled(const wn_genome *genome); /* how many genes are enabled */

/* A genome of the initial genes alone, none enabled, with room to grow; weighted: with weights, all
 * 0. NULL: out of memory. */
wn_genome *wn_genome_new(wn_shape shape, bool weighted);

/* A copy with `links` and `hidden` genes more, which are zeroed and to be filled in. */
wn_genome *wn_genome_grow(const wn_genome *genome, uint32_t links, uint32_t hidden);

/* The hidden nodes in topological order of all genes, enabled or not, as the released code orders
 * them: order[n_hidden] gets numbers of nodes, layer[n_hidden] (may be NULL), indexed by birth, the
 * longest path from a hidden node that no hidden node feeds, plus 1. scratch[3 * n_hidden + n_links
 * + 1]. False if there is a cycle. */
bool wn_genome_order(const wn_genome *genome, uint32_t *order, uint32_t *layer, uint32_t *scratch);
size_t wn_genome_order_scratch(const wn_genome *genome);

/* Check what holds for every genome: numbers in range and ascending, no connection twice, no cycle,
 * nothing into bias or inputs, a hidden node reads no output. */
wann_status wn_genome_verify(const wn_genome *genome, wann_diag *diag);

#endif
