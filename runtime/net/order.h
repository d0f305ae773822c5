/* Topological order of a directed graph, and the nodes of a cycle where there is none. */
#ifndef WN_ORDER_H
#define WN_ORDER_H

#include <stddef.h>
#include <stdint.h>

#include "runtime/base/arena.h"
#include "wann/status.h"

/* Edge k goes from node from[k] to node to[k]. */
typedef struct wn_graph {
    size_t n_nodes;
    size_t n_edges;
    const uint32_t *from;
    const uint32_t *to;
} wn_graph;

/* Order the nodes so that each comes after its sources; among nodes that are free, the one with the
 * least rank first, then the one with the least index. order[n_nodes]. *cycle = 0 on success; where
 * there is a cycle, *cycle = its length and order[0 .. *cycle) its nodes, each a source of the next.
 * Fails only where memory runs out. */
wann_status wn_topological_order(const wn_graph *graph, const uint8_t *rank, wn_arena *scratch,
                                 uint32_t *order, size_t *cycle, wann_diag *diag);

#endif
