/* Topological order (Kahn 1962) with a heap, so that the order is unique. */
#include "runtime/net/order.h"

#include <stdbool.h>

#include "runtime/base/diag.h"

typedef struct sorter {
    const wn_graph *graph;
    const uint8_t *rank;
    uint32_t *first;  /* [n_nodes + 1] outgoing edges of a node in `target` */
    uint32_t *target; /* [n_edges] */
    uint32_t *waits;  /* [n_nodes] sources that are not yet placed */
    uint32_t *heap;   /* free nodes */
    size_t n_heap;
} sorter;

static bool before(const sorter *s, uint32_t a, uint32_t b) {
    return s->rank[a] != s->rank[b] ? s->rank[a] < s->rank[b] : a < b;
}

static void push(sorter *s, uint32_t node) {
    size_t i = s->n_heap++;
    while (i > 0) {
        const size_t parent = (i - 1) / 2;
        if (!before(s, node, s->heap[parent]))
            break;
        s->heap[i] = s->heap[parent];
        i = parent;
    }
    s->heap[i] = node;
}

static uint32_t pop(sorter *s) {
    const uint32_t top = s->heap[0];
    const uint32_t last = s->heap[--s->n_heap];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= s->n_heap)
            break;
        if (child + 1 < s->n_heap && before(s, s->heap[child + 1], s->heap[child]))
            child++;
        if (!before(s, s->heap[child], last))
            break;
        s->heap[i] = s->heap[child];
        i = child;
    }
    s->heap[i] = last;
    return top;
}

static bool allocate(sorter *s, wn_arena *scratch) {
    const size_t n = s->graph->n_nodes;
    s->first = WN_NEW(scratch, uint32_t, n + 1);
    s->target = WN_NEW(scratch, uint32_t, s->graph->n_edges);
    s->waits = WN_NEW(scratch, uint32_t, n);
    s->heap = WN_NEW(scratch, uint32_t, n);
    return s->first && s->target && s->waits && s->heap;
}

/* Outgoing edges by counting sort. */
static void index_edges(sorter *s) {
    const wn_graph *g = s->graph;
    for (size_t k = 0; k < g->n_edges; k++) {
        s->first[g->from[k]]++;
        s->waits[g->to[k]]++;
    }
    for (size_t i = 1; i <= g->n_nodes; i++)
        s->first[i] += s->first[i - 1];
    for (size_t k = g->n_edges; k-- > 0;) /* first[i] becomes the start of node i's edges */
        s->target[--s->first[g->from[k]]] = g->to[k];
}

/* Walk from source to source among the nodes that wait: sooner or later one comes twice. */
static size_t find_cycle(sorter *s, wn_arena *scratch, uint32_t *cycle, bool *failed) {
    const wn_graph *g = s->graph;
    uint32_t *source = WN_NEW(scratch, uint32_t, g->n_nodes); /* one waiting source of each + 1 */
    uint32_t *seen = WN_NEW(scratch, uint32_t, g->n_nodes);   /* step at which a node came + 1 */
    *failed = !source || !seen;
    if (*failed)
        return 0;
    uint32_t node = 0;
    for (size_t k = 0; k < g->n_edges; k++)
        if (s->waits[g->from[k]] > 0 && s->waits[g->to[k]] > 0) {
            source[g->to[k]] = g->from[k] + 1;
            node = g->from[k];
        }
    size_t steps = 0;
    for (; !seen[node]; node = source[node] - 1)
        seen[node] = (uint32_t)++steps;
    const size_t length = steps - seen[node] + 1;
    for (size_t i = length; i-- > 0; node = source[node] - 1)
        cycle[i] = node;
    return length;
}

wann_status wn_topological_order(const wn_graph *graph, const uint8_t *rank, wn_arena *scratch,
                                 uint32_t *order, size_t *cycle, wann_diag *diag) {
    sorter s = {.graph = graph, .rank = rank};
    *cycle = 0;
    if (!allocate(&s, scratch))
        return wn_fail_memory(diag);
    index_edges(&s);
    for (uint32_t i = 0; i < graph->n_nodes; i++)
        if (s.waits[i] == 0)
            push(&s, i);
    size_t placed = 0;
    while (s.n_heap > 0) {
        const uint32_t node = pop(&s);
        order[placed++] = node;
        for (uint32_t k = s.first[node]; k < s.first[node + 1]; k++)
            if (--s.waits[s.target[k]] == 0)
                push(&s, s.target[k]);
    }
    if (placed == graph->n_nodes)
        return WANN_OK;
    bool failed;
    *cycle = find_cycle(&s, scratch, order, &failed);
    return failed ? wn_fail_memory(diag) : WANN_OK;
}
