/* Fewer crossings in a layered graph: sweeps of barycentres, then swaps of neighbours. */
#include "compiler/emit/layered.h"

#include <stdlib.h>
#include <string.h>

/* Count, for the gap after layer l, the inversions between both ends' orders with a Fenwick tree
 * (Barth, Juenger, Mutzel 2002). tree[size of the next layer + 1]. */
static uint64_t gap_crossings(const wn_layered *g, uint32_t l, uint32_t *tree) {
    const uint32_t size = g->first_slot[l + 2] - g->first_slot[l + 1];
    memset(tree, 0, ((size_t)size + 1) * sizeof *tree);
    uint64_t crossings = 0, seen = 0;
    for (uint32_t s = g->first_slot[l]; s < g->first_slot[l + 1]; s++) {
        const uint32_t v = g->slot[s];
        for (uint32_t k = g->first_right[v]; k < g->first_right[v + 1]; k++) {
            uint64_t not_below = 0;
            for (uint32_t i = g->position[g->right[k]] + 1; i > 0; i &= i - 1)
                not_below += tree[i];
            crossings += seen - not_below;
        }
        for (uint32_t k = g->first_right[v]; k < g->first_right[v + 1]; k++, seen++)
            for (uint32_t i = g->position[g->right[k]] + 1; i <= size; i += i & (0u - i))
                tree[i]++;
    }
    return crossings;
}

uint64_t wn_layered_crossings(const wn_layered *g, uint32_t *scratch) {
    uint64_t crossings = 0;
    for (uint32_t l = 0; l + 1 < g->n_layers; l++)
        crossings += gap_crossings(g, l, scratch);
    return crossings;
}

typedef struct keyed {
    double key;
    uint32_t position; /* before sorting: keeps the sort stable */
    uint32_t vertex;
} keyed;

static int compare_keys(const void *x, const void *y) {
    const keyed *a = x, *b = y;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return a->position < b->position ? -1 : a->position > b->position;
}

/* The mean place of a vertex's neighbours on one side, as a share of that layer; its own place if
 * there are none. */
static double barycentre(const wn_layered *g, uint32_t v, bool from_left) {
    const uint32_t *first = from_left ? g->first_left : g->first_right;
    const uint32_t *list = from_left ? g->left : g->right;
    const uint32_t n = first[v + 1] - first[v];
    const uint32_t l = n == 0 ? g->layer[v] : from_left ? g->layer[v] - 1 : g->layer[v] + 1;
    const double size = g->first_slot[l + 1] - g->first_slot[l];
    if (n == 0)
        return (g->position[v] + 0.5) / size;
    double sum = 0;
    for (uint32_t k = first[v]; k < first[v + 1]; k++)
        sum += g->position[list[k]] + 0.5;
    return sum / n / size;
}

static void sort_layer(wn_layered *g, uint32_t l, bool from_left, keyed *keys) {
    const uint32_t first = g->first_slot[l], n = g->first_slot[l + 1] - first;
    if (g->fixed[l])
        return;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t v = g->slot[first + i];
        keys[i] = (keyed){barycentre(g, v, from_left), i, v};
    }
    qsort(keys, n, sizeof *keys, compare_keys);
    for (uint32_t i = 0; i < n; i++) {
        g->slot[first + i] = keys[i].vertex;
        g->position[keys[i].vertex] = i;
    }
}

static void sweep(wn_layered *g, bool rightwards, keyed *keys) {
    for (uint32_t i = 1; i < g->n_layers; i++)
        sort_layer(g, rightwards ? i : g->n_layers - 1 - i, rightwards, keys);
}

/* Crossings of the links of u and v on one side with u above v, less those with v above u. */
static int64_t swap_gain(const wn_layered *g, uint32_t u, uint32_t v, const uint32_t *first,
                         const uint32_t *list) {
    int64_t gain = 0;
    for (uint32_t i = first[u]; i < first[u + 1]; i++)
        for (uint32_t j = first[v]; j < first[v + 1]; j++) {
            const uint32_t a = g->position[list[i]], b = g->position[list[j]];
            gain += (a > b) - (a < b);
        }
    return gain;
}

/* Two nodes with many links each are left alone: their comparison costs the product. */
static bool cheap_to_compare(const wn_layered *g, uint32_t u, uint32_t v) {
    const uint64_t left = (uint64_t)(g->first_left[u + 1] - g->first_left[u]) *
                          (g->first_left[v + 1] - g->first_left[v]);
    const uint64_t right = (uint64_t)(g->first_right[u + 1] - g->first_right[u]) *
                           (g->first_right[v + 1] - g->first_right[v]);
    return left + right <= 4096;
}

static bool transpose_layer(wn_layered *g, uint32_t l) {
    bool better = false;
    for (uint32_t s = g->first_slot[l]; s + 1 < g->first_slot[l + 1]; s++) {
        const uint32_t u = g->slot[s], v = g->slot[s + 1];
        if (!cheap_to_compare(g, u, v))
            continue;
        const int64_t gain = swap_gain(g, u, v, g->first_left, g->left) +
                             swap_gain(g, u, v, g->first_right, g->right);
        if (gain <= 0)
            continue;
        g->slot[s] = v;
        g->slot[s + 1] = u;
        g->position[v]--;
        g->position[u]++;
        better = true;
    }
    return better;
}

static void transpose(wn_layered *g) {
    enum { MAX_ROUNDS = 8 };
    bool better = true;
    for (int round = 0; better && round < MAX_ROUNDS; round++) {
        better = false;
        for (uint32_t l = 0; l < g->n_layers; l++)
            if (!g->fixed[l])
                better |= transpose_layer(g, l);
    }
}

static void restore(wn_layered *g, const uint32_t *best) {
    memcpy(g->slot, best, g->n_vertices * sizeof *best);
    for (uint32_t l = 0; l < g->n_layers; l++)
        for (uint32_t s = g->first_slot[l]; s < g->first_slot[l + 1]; s++)
            g->position[g->slot[s]] = s - g->first_slot[l];
}

/* Sweeps get worse as well as better, so the best order is kept. Large graphs get fewer of them. */
bool wn_layered_untangle(wn_layered *g, wn_arena *arena) {
    enum { WORK = 1000000, MIN_SWEEPS = 4, MAX_SWEEPS = 40 };
    keyed *keys = WN_NEW(arena, keyed, g->n_vertices);
    uint32_t *best = WN_NEW(arena, uint32_t, g->n_vertices);
    uint32_t *scratch = WN_NEW(arena, uint32_t, (size_t)g->n_vertices + 1);
    if (!keys || !best || !scratch)
        return false;
    const uint64_t affordable = WORK / ((uint64_t)g->n_vertices + g->n_links + 1);
    const uint64_t sweeps = affordable < MIN_SWEEPS   ? MIN_SWEEPS
                            : affordable > MAX_SWEEPS ? MAX_SWEEPS
                                                      : affordable;
    memcpy(best, g->slot, g->n_vertices * sizeof *best);
    uint64_t fewest = wn_layered_crossings(g, scratch);
    for (uint64_t i = 0; i < sweeps && fewest > 0; i++) {
        sweep(g, i % 2 == 0, keys);
        transpose(g);
        const uint64_t crossings = wn_layered_crossings(g, scratch);
        if (crossings < fewest) {
            fewest = crossings;
            memcpy(best, g->slot, g->n_vertices * sizeof *best);
        }
    }
    restore(g, best);
    return true;
}
