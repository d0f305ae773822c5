/* From genome to phenotype. */
#include "search/express.h"

#include <string.h>

#include "runtime/base/alloc.h"

/* Scratch of one expression; nodes are positions in order of evaluation unless said otherwise. */
typedef struct expressing {
    const wn_genome *genome;
    wn_expression how;
    uint32_t n_nodes;
    uint32_t n_computed;
    uint32_t n_conns;    /* expressed, dead ones included */
    uint32_t *expressed; /* [n_conns] their genes, by source for each target */
    uint32_t *from, *to; /* [n_conns] what these connect */
    uint32_t *position;  /* [n_nodes] position of a gene's node */
    uint32_t *first;     /* [n_computed + 1] */
    uint32_t *source;    /* [n_conns] */
    uint32_t *gene;      /* [n_conns] connection gene */
    uint32_t *by_source; /* [n_links] expressed links in order of their source's position */
    uint32_t *new_place; /* [n_nodes] position once dead nodes are gone */
    uint8_t *live;       /* [n_nodes] */
    uint32_t n_live_computed;
    uint32_t n_live_conns;
} expressing;

static bool is_expressed(const expressing *e, uint32_t k) {
    const wn_genome *genome = e->genome;
    if (genome->enabled[k] || !e->how.released)
        return genome->enabled[k] != 0;
    const wn_link link = wn_genome_conn(genome, k);
    return wn_is_hidden(genome->shape, link.source) && wn_is_hidden(genome->shape, link.target);
}

static void place_nodes(expressing *e, uint32_t *scratch) {
    const wn_genome *genome = e->genome;
    const uint32_t sources = wn_sources(genome->shape);
    for (uint32_t i = 0; i < sources; i++)
        e->position[i] = i;
    uint32_t *order = scratch;
    wn_genome_order(genome, order, NULL, scratch + genome->n_hidden);
    for (uint32_t h = 0; h < genome->n_hidden; h++)
        e->position[order[h]] = sources + h;
    for (uint32_t o = 0; o < genome->shape.outputs; o++)
        e->position[sources + o] = sources + genome->n_hidden + o;
}

/* A connection that is expressed, between positions. */
static void note_conn(expressing *e, uint32_t gene, uint32_t from, uint32_t to) {
    e->expressed[e->n_conns] = gene;
    e->from[e->n_conns] = from;
    e->to[e->n_conns++] = to;
    e->first[to - wn_sources(e->genome->shape) + 2]++;
}

/* Of the initial genes few are enabled: eight are looked at together. */
static void collect_initial(expressing *e) {
    const wn_shape shape = e->genome->shape;
    const uint32_t sources = wn_sources(shape), first_output = e->n_nodes - shape.outputs;
    for (uint32_t o = 0; o < shape.outputs; o++) {
        const uint8_t *enabled = e->genome->enabled + (size_t)o * sources;
        for (uint32_t i = 0; i < sources; i += 8) {
            const uint32_t end = sources - i < 8 ? sources : i + 8;
            uint64_t eight = 1;
            if (end == i + 8)
                memcpy(&eight, enabled + i, sizeof eight);
            for (uint32_t k = i; eight && k < end; k++)
                if (enabled[k])
                    note_conn(e, o * sources + k, k, first_output + o);
        }
    }
}

/* Links in the order of their sources' positions: a counting sort; bucket[n_nodes + 1] is scratch.
 */
static void collect_links(expressing *e, uint32_t *bucket) {
    const wn_genome *genome = e->genome;
    const uint32_t initial = wn_initial(genome->shape);
    memset(bucket, 0, (e->n_nodes + 1) * sizeof *bucket);
    for (uint32_t l = 0; l < genome->n_links; l++)
        bucket[e->position[genome->link[l].source] + 1] += is_expressed(e, initial + l);
    for (uint32_t i = 1; i <= e->n_nodes; i++)
        bucket[i] += bucket[i - 1];
    const uint32_t n = bucket[e->n_nodes];
    for (uint32_t l = 0; l < genome->n_links; l++)
        if (is_expressed(e, initial + l))
            e->by_source[bucket[e->position[genome->link[l].source]]++] = l;
    for (uint32_t i = 0; i < n; i++) {
        const wn_link *link = &genome->link[e->by_source[i]];
        note_conn(e, initial + e->by_source[i], e->position[link->source],
                  e->position[link->target]);
    }
}

/* By target, and then by source: initial genes are sorted by source and come before all links into
 * an output, whose sources are hidden nodes or outputs. */
static void sort_conns(expressing *e, uint32_t *bucket) {
    const uint32_t sources = wn_sources(e->genome->shape);
    memset(e->first, 0, (e->n_computed + 2) * sizeof *e->first);
    collect_initial(e);
    collect_links(e, bucket);
    for (uint32_t c = 2; c <= e->n_computed + 1; c++)
        e->first[c] += e->first[c - 1];
    for (uint32_t i = 0; i < e->n_conns;
         i++) { /* first[c + 1] counts up to where the next starts */
        const uint32_t at = e->first[e->to[i] - sources + 1]++;
        e->source[at] = e->from[i];
        e->gene[at] = e->expressed[i];
    }
}

static void find_live(expressing *e) {
    const wn_shape shape = e->genome->shape;
    const uint32_t sources = wn_sources(shape);
    memset(e->live, e->how.keep_dead, e->n_nodes);
    memset(e->live + e->n_nodes - shape.outputs, 1, shape.outputs);
    for (uint32_t c = e->n_computed; c-- > 0;)
        for (uint32_t k = e->first[c]; e->live[sources + c] && k < e->first[c + 1]; k++)
            e->live[e->source[k]] = 1;
    uint32_t place = sources;
    for (uint32_t i = 0; i < sources; i++)
        e->new_place[i] = i;
    for (uint32_t c = 0; c < e->n_computed; c++)
        if (e->live[sources + c]) {
            e->new_place[sources + c] = place++;
            e->n_live_conns += e->first[c + 1] - e->first[c];
        }
    e->n_live_computed = place - sources;
}

static void note_births(const expressing *e, uint32_t *birth) {
    const wn_genome *genome = e->genome;
    const uint32_t sources = wn_sources(genome->shape), hidden = wn_first_hidden(genome->shape);
    memset(birth, 0xff, e->n_live_computed * sizeof *birth);
    for (uint32_t h = 0; h < genome->n_hidden; h++) {
        const uint32_t at = e->position[hidden + h];
        if (e->live[at])
            birth[e->new_place[at] - sources] = h;
    }
}

static void fill_activations(const wn_genome *genome, wn_phenotype *p) {
    uint8_t *activation = (uint8_t *)p->activation;
    for (uint32_t c = 0; c < p->computed; c++)
        activation[c] = p->birth[c] == UINT32_MAX ? WANN_ACT_LINEAR
                                                  : (uint8_t)genome->hidden[p->birth[c]].activation;
}

static wn_phenotype *finish(const expressing *e) {
    const wn_shape shape = e->genome->shape;
    wn_phenotype *p = wn_phenotype_new(shape.inputs, shape.outputs, e->n_live_computed,
                                       e->n_live_conns, e->genome->weight != NULL);
    if (!p)
        return NULL;
    const uint32_t sources = wn_sources(shape);
    /* The arrays are this block's own; they are const for everybody else. */
    uint32_t *source = (uint32_t *)p->source, *first = (uint32_t *)p->first;
    uint32_t *output = (uint32_t *)p->output;
    double *weight = (double *)p->weight;
    uint32_t at = 0, n = 0;
    for (uint32_t c = 0; c < e->n_computed; c++) {
        if (!e->live[sources + c])
            continue;
        first[n++] = at;
        for (uint32_t k = e->first[c]; k < e->first[c + 1]; k++, at++) {
            source[at] = e->new_place[e->source[k]];
            if (weight)
                weight[at] = e->genome->weight[e->gene[k]];
        }
    }
    first[n] = at;
    for (uint32_t o = 0; o < shape.outputs; o++)
        output[o] = sources + n - shape.outputs + o;
    note_births(e, (uint32_t *)p->birth);
    fill_activations(e->genome, p);
    return p;
}

/* Scratch stands in one block: 8-byte hashes first, then numbers, then flags. */
wn_phenotype *wn_express(const wn_genome *genome, wn_expression how, uint32_t *connections) {
    const size_t n = wn_genome_nodes(genome), conns = wn_genome_conns(genome);
    const size_t ordering = genome->n_hidden + wn_genome_order_scratch(genome);
    const size_t shared = ordering > n + 1 ? ordering : n + 1; /* order, then buckets */
    const size_t numbers = n + (n + 2) + 5 * conns + genome->n_links + n + shared;
    uint64_t *hash = wn_alloc(n * sizeof *hash + numbers * sizeof(uint32_t) + n);
    if (!hash)
        return NULL;
    expressing e = {.genome = genome, .how = how, .n_nodes = (uint32_t)n};
    e.n_computed = e.n_nodes - wn_sources(genome->shape);
    e.position = (uint32_t *)(void *)(hash + n);
    e.first = e.position + n;
    e.source = e.first + n + 2;
    e.gene = e.source + conns;
    e.expressed = e.gene + conns;
    e.from = e.expressed + conns;
    e.to = e.from + conns;
    e.by_source = e.to + conns;
    e.new_place = e.by_source + genome->n_links;
    uint32_t *scratch = e.new_place + n;
    e.live = (uint8_t *)(scratch + shared);
    place_nodes(&e, scratch);
    sort_conns(&e, scratch);
    find_live(&e);
    wn_phenotype *phenotype = finish(&e);
    if (phenotype)
        wn_phenotype_identify(phenotype, hash);
    if (connections)
        *connections = e.n_conns;
    wn_free(hash);
    return phenotype;
}

/* Whether two genomes differ in activations at most. */
static bool same_genes(const wn_genome *a, const wn_genome *b) {
    return a->n_links == b->n_links && a->n_hidden == b->n_hidden && !a->weight && !b->weight &&
           memcmp(a->enabled, b->enabled, wn_genome_conns(a)) == 0 &&
           memcmp(a->link, b->link, a->n_links * sizeof *a->link) == 0;
}

static wn_phenotype *with_activations_of(const wn_genome *genome, const wn_phenotype *like) {
    const size_t computed = like->computed, nodes = 1 + like->inputs + computed;
    wn_phenotype *p =
        wn_phenotype_new(like->inputs, like->outputs, like->computed, like->n_conns, false);
    uint64_t *scratch = wn_alloc(nodes * sizeof *scratch);
    if (p && scratch) {
        memcpy((uint32_t *)p->source, like->source, like->n_conns * sizeof *like->source);
        memcpy((uint32_t *)p->first, like->first, (computed + 1) * sizeof *like->first);
        memcpy((uint32_t *)p->output, like->output, like->outputs * sizeof *like->output);
        memcpy((uint32_t *)p->birth, like->birth, computed * sizeof *like->birth);
        fill_activations(genome, p);
        wn_phenotype_identify(p, scratch);
    } else {
        wn_free(p);
        p = NULL;
    }
    wn_free(scratch);
    return p;
}

wn_phenotype *wn_express_child(const wn_genome *child, const wn_genome *parent,
                               const wn_phenotype *parents, wn_expression how,
                               uint32_t *connections) {
    return same_genes(child, parent) ? with_activations_of(child, parents)
                                     : wn_express(child, how, connections);
}
