/* Children of two parents. */
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "search/mutate.h"

wann_status wn_crossover(const wn_genome *fitter, const wn_genome *other, wn_rng *rng,
                         wn_genome **child, wann_diag *diag) {
    *child = wn_genome_grow(fitter, 0, 0);
    if (!*child)
        return wn_fail_memory(diag);
    const uint32_t n = wn_genome_conns(fitter), m = wn_genome_conns(other);
    for (uint32_t a = 0, b = 0; a < n && b < m && fitter->weight && other->weight;) {
        const uint32_t ours = wn_genome_conn(fitter, a).innovation;
        const uint32_t theirs = wn_genome_conn(other, b).innovation;
        if (ours == theirs && wn_rng_uniform(rng) < 0.5)
            (*child)->weight[a] = other->weight[b];
        a += ours <= theirs;
        b += theirs <= ours;
    }
    return WANN_OK;
}

/* --- joining ---------------------------------------------------------------------------------- */

/* Genomes that differ by more are no siblings: joining them would be a leap. */
enum { MOST_JOINED = 32 };

/* How the nodes of two genomes become those of their child, whose hidden nodes are those of both.
 */
typedef struct joining {
    const wn_genome *parent[2];
    uint32_t *node[2];          /* [nodes of each] the child's node */
    uint8_t *had[2];            /* [nodes of the child] whether each parent has it */
    uint32_t n_hidden;          /* of the child */
    uint32_t take[MOST_JOINED]; /* links that only the second has and that the child gets */
    uint32_t n_take;
} joining;

/* Ids ascend, so both lists are merged. */
static void map_nodes(joining *j) {
    const wn_genome *a = j->parent[0], *b = j->parent[1];
    const uint32_t base = wn_first_hidden(a->shape);
    uint32_t p = 0, q = 0, n = 0;
    for (uint32_t i = 0; i < base; i++)
        j->node[0][i] = j->node[1][i] = i, j->had[0][i] = j->had[1][i] = 1;
    for (; p < a->n_hidden || q < b->n_hidden; n++) {
        const bool ours =
            q == b->n_hidden || (p < a->n_hidden && a->hidden[p].id <= b->hidden[q].id);
        const bool theirs =
            p == a->n_hidden || (q < b->n_hidden && b->hidden[q].id <= a->hidden[p].id);
        j->had[0][base + n] = ours;
        j->had[1][base + n] = theirs;
        if (ours)
            j->node[0][base + p++] = base + n;
        if (theirs)
            j->node[1][base + q++] = base + n;
    }
    j->n_hidden = n;
}

static bool pair_is_there(const joining *j, uint32_t source, uint32_t target) {
    const wn_genome *a = j->parent[0];
    for (uint32_t l = 0; l < a->n_links; l++)
        if (j->node[0][a->link[l].source] == source && j->node[0][a->link[l].target] == target)
            return true;
    return false;
}

/* The links that only the second has, but for pairs that the first has under another number. False:
 * too many. */
static bool find_links(joining *j) {
    const wn_genome *a = j->parent[0], *b = j->parent[1];
    for (uint32_t p = 0, q = 0; q < b->n_links; q++) {
        const wn_link *link = &b->link[q];
        while (p < a->n_links && a->link[p].innovation < link->innovation)
            p++;
        if (p < a->n_links && a->link[p].innovation == link->innovation)
            continue;
        if (pair_is_there(j, j->node[1][link->source], j->node[1][link->target]))
            continue;
        if (j->n_take == MOST_JOINED)
            return false;
        j->take[j->n_take++] = q;
    }
    return true;
}

/* A hidden node that both have gets the activation of either. */
static void join_nodes(const joining *j, wn_genome *child, wn_rng *rng) {
    const uint32_t base = wn_first_hidden(child->shape);
    const wn_genome *a = j->parent[0], *b = j->parent[1];
    memset(child->hidden, 0, child->n_hidden * sizeof *child->hidden);
    for (uint32_t h = 0; h < a->n_hidden; h++)
        child->hidden[j->node[0][base + h] - base] = a->hidden[h];
    for (uint32_t h = 0; h < b->n_hidden; h++) {
        wn_hidden *to = &child->hidden[j->node[1][base + h] - base];
        if (to->activation == 0 ||
            (to->activation != b->hidden[h].activation && wn_rng_below(rng, 2) == 0))
            *to = b->hidden[h];
    }
}

static wn_link as_of_child(const joining *j, int which, wn_link link) {
    return (wn_link){link.innovation, j->node[which][link.source], j->node[which][link.target]};
}

/* Whether a parent has a node between two nodes of the child that the other parent has not. */
static bool has_split(const joining *j, int which, uint32_t source, uint32_t target) {
    const wn_genome *g = j->parent[which];
    const uint32_t *node = j->node[which];
    for (uint32_t in = 0; in < g->n_links; in++) {
        if (node[g->link[in].source] != source || j->had[1 - which][node[g->link[in].target]])
            continue;
        for (uint32_t out = 0; out < g->n_links; out++)
            if (g->link[out].source == g->link[in].target && node[g->link[out].target] == target)
                return true;
    }
    return false;
}

/* Of a gene that one parent has enabled and the other has not: either the one has enabled it, and
 * so has the child, or the other has split it, and so has the child. */
static uint8_t join_enabled(const joining *j, uint8_t ours, uint8_t theirs, wn_link link) {
    if (ours == theirs)
        return ours;
    return !has_split(j, ours ? 1 : 0, link.source, link.target);
}

/* Links of both by innovation. */
static void join_links(const joining *j, wn_genome *child) {
    const wn_genome *a = j->parent[0], *b = j->parent[1];
    const uint32_t initial = wn_initial(child->shape);
    for (uint32_t k = 0; k < initial; k++)
        child->enabled[k] = join_enabled(j, a->enabled[k], b->enabled[k], wn_genome_conn(a, k));
    for (uint32_t p = 0, t = 0, q = 0, n = 0; n < child->n_links; n++) {
        const wn_link *theirs = t < j->n_take ? &b->link[j->take[t]] : NULL;
        if (theirs && (p == a->n_links || theirs->innovation < a->link[p].innovation)) {
            child->link[n] = as_of_child(j, 1, *theirs);
            child->enabled[initial + n] = b->enabled[initial + j->take[t++]];
            continue;
        }
        while (q < b->n_links && b->link[q].innovation < a->link[p].innovation)
            q++;
        const bool both = q < b->n_links && b->link[q].innovation == a->link[p].innovation;
        child->link[n] = as_of_child(j, 0, a->link[p]);
        const uint8_t ours = a->enabled[initial + p++];
        child->enabled[initial + n] =
            both ? join_enabled(j, ours, b->enabled[initial + q], child->link[n]) : ours;
    }
}

/* Whether there is memory. */
static bool is_acyclic(const wn_genome *genome, bool *acyclic) {
    uint32_t *order =
        wn_alloc((genome->n_hidden + wn_genome_order_scratch(genome)) * sizeof *order);
    if (!order)
        return false;
    *acyclic = wn_genome_order(genome, order, NULL, order + genome->n_hidden);
    wn_free(order);
    return true;
}

static bool join(joining *j, wn_rng *rng, wn_genome **child) {
    const wn_genome *a = j->parent[0];
    bool acyclic = true;
    map_nodes(j);
    if (!find_links(j)) {
        *child = wn_genome_grow(a, 0, 0);
        return *child != NULL;
    }
    wn_genome *joined = wn_genome_grow(a, j->n_take, j->n_hidden - a->n_hidden);
    if (!joined)
        return false;
    join_nodes(j, joined, rng);
    join_links(j, joined);
    const bool good = is_acyclic(joined, &acyclic);
    if (!good || !acyclic) {
        wn_free(joined);
        joined = good ? wn_genome_grow(a, 0, 0) : NULL;
    }
    *child = joined;
    return joined != NULL;
}

wann_status wn_join(const wn_genome *fitter, const wn_genome *other, wn_rng *rng, wn_genome **child,
                    wann_diag *diag) {
    const size_t nodes = wn_genome_nodes(fitter), others = wn_genome_nodes(other);
    joining j = {.parent = {fitter, other}};
    *child = NULL;
    j.node[0] = wn_alloc((nodes + others) * (sizeof *j.node[0] + 2)); /* the child has fewer */
    if (!j.node[0])
        return wn_fail_memory(diag);
    j.node[1] = j.node[0] + nodes;
    j.had[0] = (uint8_t *)(j.node[1] + others);
    j.had[1] = j.had[0] + nodes + others;
    const bool good = join(&j, rng, child);
    wn_free(j.node[0]);
    return good ? WANN_OK : wn_fail_memory(diag);
}
