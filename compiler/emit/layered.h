/* A graph whose links lead from one layer to the next: what a layout works on. */
#ifndef WN_LAYERED_H
#define WN_LAYERED_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/base/arena.h"

typedef struct wn_layered {
    uint32_t n_layers;
    uint32_t n_vertices;
    uint32_t *layer;      /* [n_vertices] */
    uint32_t *first_slot; /* [n_layers + 1] */
    uint32_t *slot;       /* [n_vertices] the vertices, layer by layer, top to bottom */
    uint32_t *position;   /* [n_vertices] place of a vertex in its layer */
    bool *fixed;          /* [n_layers] the order of this layer is given */

    uint32_t n_links;
    uint32_t *first_left;  /* [n_vertices + 1] neighbours in the layer before */
    uint32_t *left;        /* [n_links] */
    uint32_t *first_right; /* [n_vertices + 1] neighbours in the layer after */
    uint32_t *right;       /* [n_links] */
} wn_layered;

/* The number of pairs of links that cross. scratch[n_vertices + 1]. */
uint64_t wn_layered_crossings(const wn_layered *graph, uint32_t *scratch);

/* Reorder the layers that are not fixed so that fewer links cross; never more than before.
 * False: out of memory. */
bool wn_layered_untangle(wn_layered *graph, wn_arena *arena);

#endif
