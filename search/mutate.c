/* Mutations. Sources: Gaier and Ha 2019, and the released WANN and prettyNEAT as described in the
 * comments, whose operators these are. */
#include "search/mutate.h"

#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "wann/net.h"

wn_variation wn_variation_of(const wn_hyper *hyper, uint32_t activations) {
    wn_variation v = {.hyper = hyper};
    const uint32_t only = WN_HYPER_COUNT(hyper, alg_act);
    const uint32_t usual = 0x7fe; /* 1 to 10 */
    const uint32_t set = only ? UINT32_C(1) << only : activations ? activations : usual;
    for (uint8_t number = 1; number < 16; number++)
        if (set >> number & 1 && wann_activation_name((wann_activation)number))
            v.activation[v.n_activations++] = number;
    return v;
}

static double any_weight(const wn_variation *v, wn_rng *rng) {
    return (2 * wn_rng_uniform(rng) - 1) * WN_HYPER(v->hyper, ann_absWCap);
}

wann_status wn_genome_initial(const wn_variation *v, wn_shape shape, wn_rng *rng,
                              wn_genome **genome, wann_diag *diag) {
    *genome = wn_genome_new(shape, WN_HYPER(v->hyper, algorithm) == WN_NEAT);
    if (!*genome)
        return wn_fail_memory(diag);
    const double probability = WN_HYPER(v->hyper, prob_initEnable);
    for (uint32_t k = 0; k < wn_initial(shape); k++) {
        (*genome)->enabled[k] = wn_rng_uniform(rng) < probability;
        if ((*genome)->weight)
            (*genome)->weight[k] = any_weight(v, rng);
    }
    return WANN_OK;
}

/* Between outputs no hidden node can be put, as no hidden node may read an output. */
static bool can_split(const wn_genome *genome, uint32_t k) {
    return genome->enabled[k] && !wn_is_output(genome->shape, wn_genome_conn(genome, k).source);
}

static bool is_disabled(const wn_genome *genome, uint32_t k) {
    return !genome->enabled[k];
}

/* One gene, any with equal probability, for which `fits` holds. */
static bool draw_gene(const wn_genome *genome, bool (*fits)(const wn_genome *, uint32_t),
                      wn_rng *rng, uint32_t *gene) {
    const uint32_t n = wn_genome_conns(genome);
    uint32_t fitting = 0;
    for (uint32_t k = 0; k < n; k++)
        fitting += fits(genome, k);
    if (fitting == 0)
        return false;
    uint64_t skip = wn_rng_below(rng, fitting);
    for (*gene = 0; !fits(genome, *gene) || skip-- > 0;)
        ++*gene;
    return true;
}

bool wn_enable(const wn_genome *parent, wn_rng *rng, wn_genome **child) {
    uint32_t gene;
    *child = NULL;
    if (!draw_gene(parent, is_disabled, rng, &gene))
        return true;
    *child = wn_genome_grow(parent, 0, 0);
    if (*child)
        (*child)->enabled[gene] = 1;
    return *child != NULL;
}

bool wn_mutate_act(const wn_variation *v, const wn_genome *parent, wn_rng *rng, wn_genome **child) {
    *child = NULL;
    if (parent->n_hidden == 0)
        return true;
    const uint64_t h = wn_rng_below(rng, parent->n_hidden);
    uint32_t other[16], n = 0;
    for (uint32_t i = 0; i < v->n_activations; i++)
        if (v->activation[i] != parent->hidden[h].activation)
            other[n++] = v->activation[i];
    if (n == 0)
        return true;
    *child = wn_genome_grow(parent, 0, 0);
    if (*child)
        (*child)->hidden[h].activation = other[wn_rng_below(rng, n)];
    return *child != NULL;
}

/* The connection is disabled; the way in gets weight 1 and the way out its own, so that a node that
 * is nearly linear changes little. */
bool wn_add_node(const wn_variation *v, const wn_genome *parent, wn_innovation innovation,
                 wn_rng *rng, wn_genome **child) {
    uint32_t gene;
    *child = NULL;
    if (!draw_gene(parent, can_split, rng, &gene))
        return true;
    wn_genome *grown = wn_genome_grow(parent, 2, 1);
    if (!grown)
        return false;
    const wn_link old = wn_genome_conn(parent, gene);
    const uint32_t node = wn_genome_nodes(parent), in = wn_genome_conns(parent), out = in + 1;
    grown->hidden[parent->n_hidden] =
        (wn_hidden){innovation.node, v->activation[wn_rng_below(rng, v->n_activations)]};
    grown->link[parent->n_links] = (wn_link){innovation.conn, old.source, node};
    grown->link[parent->n_links + 1] = (wn_link){innovation.conn + 1, node, old.target};
    grown->enabled[in] = grown->enabled[out] = 1;
    grown->enabled[gene] = 0;
    if (grown->weight) {
        grown->weight[in] = 1;
        grown->weight[out] = parent->weight[gene];
    }
    *child = grown;
    return true;
}

/* What finding a free pair of nodes needs. Layers are those of the released code: inputs and bias
 * 0, hidden nodes their longest path from a hidden node that none feeds, plus 1, outputs last. */
typedef struct pairs {
    const wn_genome *genome;
    bool outputs_too;
    uint32_t *layer;  /* [nodes] */
    uint32_t *source; /* [n_sources] nodes, shuffled as far as was needed */
    uint32_t n_sources;
    uint8_t *taken; /* [nodes] whether the source at hand is connected to each */
} pairs;

static void set_layers(pairs *p, const uint32_t *hidden_layer) {
    const wn_shape shape = p->genome->shape;
    const uint32_t n = wn_genome_nodes(p->genome), first = wn_first_hidden(shape);
    for (uint32_t i = 0; i < n; i++) {
        const bool output = wn_is_output(shape, i);
        p->layer[i] = i >= first ? hidden_layer[i - first] : output ? n : 0;
        if (p->outputs_too && output)
            p->layer[i] += i; /* an output may read those before it */
        if (!output || p->outputs_too)
            p->source[p->n_sources++] = i;
    }
}

static bool is_free(const pairs *p, uint32_t source, uint32_t target) {
    return target >= wn_sources(p->genome->shape) && !p->taken[target] &&
           p->layer[target] > p->layer[source];
}

/* A free target of a source, any with equal probability; false if there is none. */
static bool draw_target(pairs *p, uint32_t source, wn_rng *rng, uint32_t *target) {
    const wn_genome *genome = p->genome;
    const uint32_t n = wn_genome_nodes(genome), sources = wn_sources(genome->shape);
    memset(p->taken, 0, n);
    if (source < sources)
        memset(p->taken + sources, 1, genome->shape.outputs);
    for (uint32_t l = 0; l < genome->n_links; l++)
        if (genome->link[l].source == source)
            p->taken[genome->link[l].target] = 1;
    uint32_t n_free = 0;
    for (uint32_t i = sources; i < n; i++)
        n_free += is_free(p, source, i);
    if (n_free == 0)
        return false;
    uint64_t skip = wn_rng_below(rng, n_free);
    for (*target = sources; !is_free(p, source, *target) || skip-- > 0;)
        ++*target;
    return true;
}

/* Sources in random order; the first that has a free target. */
static bool draw_pair(pairs *p, wn_rng *rng, uint32_t *source, uint32_t *target) {
    for (uint32_t i = 0; i < p->n_sources; i++) {
        const uint64_t j = i + wn_rng_below(rng, p->n_sources - i);
        *source = p->source[j];
        p->source[j] = p->source[i];
        p->source[i] = *source;
        if (draw_target(p, *source, rng, target))
            return true;
    }
    return false;
}

/* Whether there is memory; *found tells whether there is a pair. */
static bool find_pair(const wn_variation *v, const wn_genome *genome, wn_rng *rng, bool *found,
                      wn_link *pair) {
    const size_t n = wn_genome_nodes(genome), hidden = genome->n_hidden;
    const size_t ordering = wn_genome_order_scratch(genome);
    uint32_t *block = wn_alloc((2 * n + 2 * hidden + ordering) * sizeof *block + n);
    if (!block)
        return false;
    uint32_t *hidden_layer = block + 2 * n, *order = hidden_layer + hidden;
    pairs p = {.genome = genome,
               .outputs_too = WN_HYPER(v->hyper, allow_output_connections) != 0,
               .layer = block,
               .source = block + n,
               .taken = (uint8_t *)(order + hidden + ordering)};
    wn_genome_order(genome, order, hidden_layer, order + hidden);
    set_layers(&p, hidden_layer);
    *found = draw_pair(&p, rng, &pair->source, &pair->target);
    wn_free(block);
    return true;
}

bool wn_add_conn(const wn_variation *v, const wn_genome *parent, wn_innovation innovation,
                 wn_rng *rng, wn_genome **child) {
    wn_link pair = {.innovation = innovation.conn};
    bool found;
    *child = NULL;
    if (!find_pair(v, parent, rng, &found, &pair))
        return false;
    if (!found)
        return true;
    *child = wn_genome_grow(parent, 1, 0);
    if (!*child)
        return false;
    const uint32_t k = wn_genome_conns(parent);
    (*child)->link[parent->n_links] = pair;
    (*child)->enabled[k] = 1;
    if ((*child)->weight)
        (*child)->weight[k] = any_weight(v, rng);
    return true;
}

static bool mutate(wn_mutation mutation, const wn_variation *v, const wn_genome *parent,
                   wn_innovation innovation, wn_rng *rng, wn_genome **child) {
    switch (mutation) {
    case WN_ADD_CONN:
        return wn_add_conn(v, parent, innovation, rng, child);
    case WN_ADD_NODE:
        return wn_add_node(v, parent, innovation, rng, child);
    case WN_ENABLE:
        return wn_enable(parent, rng, child);
    case WN_MUTATE_ACT:
        return wn_mutate_act(v, parent, rng, child);
    case WN_MUTATIONS:
        break;
    }
    return false;
}

/* An index with probability in proportion to share[n], whose sum is above 0. */
static uint32_t draw_share(const double *share, uint32_t n, wn_rng *rng) {
    double sum = 0;
    uint32_t last = 0;
    for (uint32_t i = 0; i < n; i++)
        if (share[i] > 0) {
            sum += share[i];
            last = i;
        }
    double at = wn_rng_uniform(rng) * sum;
    for (uint32_t i = 0; i < last; i++) {
        at -= share[i];
        if (at < 0)
            return i;
    }
    return last;
}

/* The released code draws once and leaves the child as its parent where there is no place for the
 * mutation; such a child would only cost an evaluation. */
wann_status wn_mutate_wann(const wn_variation *v, const wn_genome *parent, wn_innovation innovation,
                           wn_rng *rng, wn_genome **child, wann_diag *diag) {
    double share[WN_MUTATIONS] = {WN_HYPER(v->hyper, prob_addConn),
                                  WN_HYPER(v->hyper, prob_addNode), WN_HYPER(v->hyper, prob_enable),
                                  WN_HYPER(v->hyper, prob_mutAct)};
    *child = NULL;
    while (!*child && share[0] + share[1] + share[2] + share[3] > 0) {
        const uint32_t drawn = draw_share(share, WN_MUTATIONS, rng);
        if (!mutate((wn_mutation)drawn, v, parent, innovation, rng, child))
            return wn_fail_memory(diag);
        share[drawn] = 0;
    }
    if (!*child)
        *child = wn_genome_grow(parent, 0, 0);
    return *child ? WANN_OK : wn_fail_memory(diag);
}

static void vary_genes(const wn_variation *v, wn_genome *genome, wn_rng *rng) {
    const double enable = WN_HYPER(v->hyper, prob_enable), move = WN_HYPER(v->hyper, prob_mutConn);
    const double cap = WN_HYPER(v->hyper, ann_absWCap), sigma = WN_HYPER(v->hyper, ann_mutSigma);
    for (uint32_t k = 0; k < wn_genome_conns(genome); k++) {
        if (!genome->enabled[k])
            genome->enabled[k] = wn_rng_uniform(rng) < enable;
        if (!(wn_rng_uniform(rng) < move))
            continue;
        const double weight = genome->weight[k] + sigma * wn_rng_normal(rng);
        genome->weight[k] = weight > cap ? cap : weight < -cap ? -cap : weight;
    }
}

wann_status wn_mutate_neat(const wn_variation *v, const wn_genome *parent, wn_innovation innovation,
                           wn_rng *rng, wn_genome **child, wann_diag *diag) {
    const double share[WN_MUTATIONS] = {[WN_ADD_NODE] = WN_HYPER(v->hyper, prob_addNode),
                                        [WN_ADD_CONN] = WN_HYPER(v->hyper, prob_addConn),
                                        [WN_MUTATE_ACT] = WN_HYPER(v->hyper, prob_mutAct)};
    const wn_mutation order[] = {WN_ADD_NODE, WN_ADD_CONN, WN_MUTATE_ACT};
    *child = wn_genome_grow(parent, 0, 0);
    if (!*child)
        return wn_fail_memory(diag);
    vary_genes(v, *child, rng);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        if (!(wn_rng_uniform(rng) < share[order[i]]))
            continue;
        wn_genome *grown = NULL;
        const bool good = mutate(order[i], v, *child, innovation, rng, &grown);
        if (order[i] == WN_ADD_NODE)
            innovation.conn += 2;
        if (grown) {
            wn_free(*child);
            *child = grown;
        }
        if (!good) {
            wn_free(*child);
            *child = NULL;
            return wn_fail_memory(diag);
        }
    }
    return WANN_OK;
}
