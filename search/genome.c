/* Genomes: memory, order and rules. */
#include "search/genome.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/net/net.h"

uint32_t wn_genome_enabled(const wn_genome *genome) {
    const uint32_t n = wn_genome_conns(genome);
    uint32_t enabled = 0;
    for (uint32_t k = 0; k < n; k++)
        enabled += genome->enabled[k];
    return enabled;
}

/* The arrays stand behind the struct, those of wider types first. */
static wn_genome *allocate(wn_shape shape, uint32_t links, uint32_t hidden, bool weighted) {
    const size_t conns = (size_t)wn_initial(shape) + links;
    const size_t head = (sizeof(wn_genome) + 15) / 16 * 16;
    char *block = wn_alloc(head + (weighted ? conns * sizeof(double) : 0) +
                           links * sizeof(wn_link) + hidden * sizeof(wn_hidden) + conns);
    if (!block)
        return NULL;
    wn_genome *genome = (wn_genome *)(void *)block;
    *genome = (wn_genome){.shape = shape, .n_links = links, .n_hidden = hidden};
    char *at = block + head;
    if (weighted) {
        genome->weight = (double *)(void *)at;
        at += conns * sizeof(double);
    }
    genome->link = (wn_link *)(void *)at;
    at += links * sizeof(wn_link);
    genome->hidden = (wn_hidden *)(void *)at;
    genome->enabled = (uint8_t *)(at + hidden * sizeof(wn_hidden));
    return genome;
}

wn_genome *wn_genome_new(wn_shape shape, bool weighted) {
    wn_genome *genome = allocate(shape, 0, 0, weighted);
    if (!genome)
        return NULL;
    memset(genome->enabled, 0, wn_initial(shape));
    for (uint32_t k = 0; weighted && k < wn_initial(shape); k++)
        genome->weight[k] = 0;
    return genome;
}

wn_genome *wn_genome_grow(const wn_genome *old, uint32_t links, uint32_t hidden) {
    wn_genome *genome =
        allocate(old->shape, old->n_links + links, old->n_hidden + hidden, old->weight != NULL);
    if (!genome)
        return NULL;
    const uint32_t conns = wn_genome_conns(old);
    memcpy(genome->enabled, old->enabled, conns);
    memset(genome->enabled + conns, 0, links);
    memcpy(genome->link, old->link, old->n_links * sizeof *old->link);
    memset(genome->link + old->n_links, 0, links * sizeof *old->link);
    memcpy(genome->hidden, old->hidden, old->n_hidden * sizeof *old->hidden);
    memset(genome->hidden + old->n_hidden, 0, hidden * sizeof *old->hidden);
    if (old->weight) {
        memcpy(genome->weight, old->weight, conns * sizeof *old->weight);
        for (uint32_t k = conns; k < conns + links; k++)
            genome->weight[k] = 0;
    }
    return genome;
}

/* The graph of hidden nodes, counted from 0 by birth: edges of node h are target[first[h] ..
 * first[h + 1]). */
typedef struct hidden_graph {
    uint32_t n;
    uint32_t *first;  /* [n + 1] */
    uint32_t *waits;  /* [n] sources that are not yet placed */
    uint32_t *target; /* [n_links] */
} hidden_graph;

static bool between_hidden(const wn_genome *genome, uint32_t l, uint32_t *source,
                           uint32_t *target) {
    const uint32_t base = wn_first_hidden(genome->shape);
    *source = genome->link[l].source - base;
    *target = genome->link[l].target - base;
    return *source < genome->n_hidden && *target < genome->n_hidden; /* others wrap around */
}

static void index_hidden(const wn_genome *genome, hidden_graph *graph) {
    uint32_t source, target;
    memset(graph->first, 0, (graph->n + 1) * sizeof *graph->first);
    memset(graph->waits, 0, graph->n * sizeof *graph->waits);
    for (uint32_t l = 0; l < genome->n_links; l++)
        if (between_hidden(genome, l, &source, &target)) {
            graph->first[source]++;
            graph->waits[target]++;
        }
    for (uint32_t h = 1; h <= graph->n; h++)
        graph->first[h] += graph->first[h - 1];
    for (uint32_t l = genome->n_links; l-- > 0;)
        if (between_hidden(genome, l, &source, &target))
            graph->target[--graph->first[source]] = target;
}

/* Insertion sort: few nodes become free at a time. */
static void sort_ascending(uint32_t *values, uint32_t n) {
    for (uint32_t i = 1; i < n; i++) {
        const uint32_t value = values[i];
        uint32_t j = i;
        for (; j > 0 && values[j - 1] > value; j--)
            values[j] = values[j - 1];
        values[j] = value;
    }
}

size_t wn_genome_order_scratch(const wn_genome *genome) {
    return 3 * (size_t)genome->n_hidden + genome->n_links + 1;
}

bool wn_genome_order(const wn_genome *genome, uint32_t *order, uint32_t *layer, uint32_t *scratch) {
    const uint32_t n = genome->n_hidden, base = wn_first_hidden(genome->shape);
    hidden_graph graph = {n, scratch, scratch + n + 1, scratch + 2 * n + 1};
    index_hidden(genome, &graph);
    uint32_t placed = 0;
    for (uint32_t h = 0; h < n; h++) {
        if (layer)
            layer[h] = 1;
        if (graph.waits[h] == 0)
            order[placed++] = h;
    }
    for (uint32_t at = 0; at < placed; at++) {
        const uint32_t h = order[at], free_from = placed;
        for (uint32_t e = graph.first[h]; e < graph.first[h + 1]; e++) {
            const uint32_t target = graph.target[e];
            if (layer && layer[target] <= layer[h])
                layer[target] = layer[h] + 1;
            if (--graph.waits[target] == 0)
                order[placed++] = target;
        }
        sort_ascending(order + free_from, placed - free_from);
        order[at] = base + h;
    }
    return placed == n;
}

static int compare_pairs(const void *x, const void *y) {
    const wn_link *a = x, *b = y;
    if (a->source != b->source)
        return a->source < b->source ? -1 : 1;
    return a->target < b->target ? -1 : a->target > b->target;
}

/* No pair of nodes twice, initial genes included. sorted[n_links] is scratch. */
static bool pairs_are_distinct(const wn_genome *genome, wn_link *sorted) {
    memcpy(sorted, genome->link, genome->n_links * sizeof *sorted);
    qsort(sorted, genome->n_links, sizeof *sorted, compare_pairs);
    for (uint32_t l = 0; l < genome->n_links; l++) {
        if (l > 0 && compare_pairs(&sorted[l - 1], &sorted[l]) == 0)
            return false;
        if (sorted[l].source < wn_sources(genome->shape) &&
            wn_is_output(genome->shape, sorted[l].target))
            return false;
    }
    return true;
}

static const char *wrong_node(const wn_genome *genome) {
    for (uint32_t h = 0; h < genome->n_hidden; h++) {
        if (!wn_activation_known((long)genome->hidden[h].activation))
            return "an activation is unknown";
        if (genome->hidden[h].id < wn_first_hidden(genome->shape) ||
            (h > 0 && genome->hidden[h].id <= genome->hidden[h - 1].id))
            return "ids of nodes do not ascend";
    }
    return NULL;
}

static const char *wrong_conn(const wn_genome *genome) {
    const wn_shape shape = genome->shape;
    const uint32_t n_nodes = wn_genome_nodes(genome);
    for (uint32_t k = 0; k < wn_genome_conns(genome); k++) {
        const wn_link link = wn_genome_conn(genome, k);
        if (genome->enabled[k] > 1)
            return "a gene is neither enabled nor disabled";
        if (genome->weight && !isfinite(genome->weight[k]))
            return "a weight is not finite";
        if (k > 0 && link.innovation <= wn_genome_conn(genome, k - 1).innovation)
            return "innovation numbers do not ascend";
        if (link.source >= n_nodes || link.target >= n_nodes)
            return "a connection dangles";
        if (link.target < wn_sources(shape))
            return "a connection leads into an input";
        if (wn_is_output(shape, link.source) &&
            (!wn_is_output(shape, link.target) || link.source >= link.target))
            return "an output feeds what is before it";
    }
    return NULL;
}

wann_status wn_genome_verify(const wn_genome *genome, wann_diag *diag) {
    const char *wrong = wrong_node(genome);
    if (!wrong)
        wrong = wrong_conn(genome);
    wn_link *sorted = wn_calloc(genome->n_links + 1, sizeof *sorted);
    uint32_t *order = wn_calloc(genome->n_hidden + wn_genome_order_scratch(genome), sizeof *order);
    const bool starved = !sorted || !order;
    if (!wrong && !starved) {
        if (!pairs_are_distinct(genome, sorted))
            wrong = "a connection is there twice";
        else if (!wn_genome_order(genome, order, NULL, order + genome->n_hidden))
            wrong = "the genome has a cycle";
    }
    wn_free(sorted);
    wn_free(order);
    if (!wrong && starved)
        return wn_fail_memory(diag);
    return wrong ? wn_fail(diag, WANN_INPUT, NULL, 0, 0, "%s", wrong) : WANN_OK;
}
