/* A genome expressed: the network that is evaluated, as light as evaluating thousands of them a
 * second wants it. */
#ifndef WN_PHENOTYPE_H
#define WN_PHENOTYPE_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/net/net.h"

/* Nodes are numbered in order of evaluation: 0 the bias, 1 .. inputs the inputs, then the hidden
 * ones in topological order, the outputs last (where outputs read outputs, hidden and output nodes
 * stand in one topological order, and `output` says where). "Computed" are those behind the inputs:
 * computed node c is node 1 + inputs + c. Nodes from which no output can be reached are left out.
 */
typedef struct wn_phenotype {
    uint32_t inputs;
    uint32_t outputs;
    uint32_t computed; /* hidden nodes and outputs */
    uint32_t n_conns;
    const uint32_t *output;    /* [outputs] node of output o */
    const uint8_t *activation; /* [computed] wann_activation */
    /* Incoming connections of computed node c: first[c] <= k < first[c + 1], by source. */
    const uint32_t *first;  /* [computed + 1] */
    const uint32_t *source; /* [n_conns] nodes */
    const double *weight;   /* [n_conns], or NULL: the shared weight is tried */
    /* Of each computed node the hidden gene, counted by birth; UINT32_MAX: an output. [computed]
     * Meaningful if the phenotype was expressed from a genome. */
    const uint32_t *birth;
    /* Hash of each computed node: equal for equal activations and sources (and weights), in
     * whatever network. [computed] */
    const uint64_t *node_hash;
    uint64_t hash; /* equal for equal structures (and weights), whatever the order of their genes */
} wn_phenotype;

/* A phenotype whose arrays are there, in one block of memory that is given back with wn_free, but
 * not yet filled in: whoever makes one casts their const away. NULL: out of memory. */
wn_phenotype *wn_phenotype_new(uint32_t inputs, uint32_t outputs, uint32_t computed,
                               uint32_t n_conns, bool weighted);

/* Set the hashes of a phenotype whose other arrays are filled in. scratch[1 + inputs + computed] */
void wn_phenotype_identify(wn_phenotype *phenotype, uint64_t *scratch);

/* What a phenotype's network file says beside its structure. */
typedef struct wn_labels {
    const char *name;
    const char *const *input;  /* [inputs], or NULL: in0, in1, ... */
    const char *const *output; /* [outputs], or NULL */
    wann_action action;
    bool has_shared_weight;
    double shared_weight;
    const char *provenance; /* text of a JSON object, or NULL */
} wn_labels;

/* The network of a phenotype; its order of nodes is kept. labels may be NULL. *net is the
 * caller's. */
wann_status wn_phenotype_net(const wn_phenotype *phenotype, const wn_labels *labels, wn_net **net,
                             wann_diag *diag);

#endif
