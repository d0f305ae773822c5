/* Building the graph of a population: one pass over its nodes that keeps what is new. */
#include <stdlib.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "search/dag.h"

static const uint32_t NONE = UINT32_MAX;

/* --- hashes ----------------------------------------------------------------------------------- */

/* The finaliser of SplitMix64 (Steele, Lea, Flood 2014; Stafford's variant 13). */
static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t input_hash(uint32_t node) {
    return mix(node + UINT64_C(0x9e3779b97f4a7c15));
}

/* What a connection adds to the hash of a set: hashes of sources are well mixed, so that their sum
 * will do, in whatever order they come. */
static uint64_t term(uint64_t source, const double *weight) {
    uint64_t bits;
    if (!weight)
        return source;
    memcpy(&bits, weight, sizeof bits);
    return mix(source + mix(bits));
}

static uint64_t group_hash(uint64_t plain, uint64_t computed) {
    return mix(plain) + UINT64_C(0xd1342543de82ef95) * computed;
}

/* --- tables and arrays ------------------------------------------------------------------------ */

/* Empty it, with room for n keys at half its size. */
static bool reset_table(wn_dag_table *t, size_t n) {
    uint32_t size = 64;
    while (size < 2 * n && size < UINT32_C(1) << 30)
        size *= 2;
    if (size > t->size) {
        wn_free(t->slot);
        t->slot = wn_alloc(size * sizeof *t->slot);
        t->size = t->slot ? size : 0;
    }
    t->used = 0;
    if (t->size)
        memset(t->slot, 0, t->size * sizeof *t->slot);
    return t->size > 0;
}

static wn_dag_slot *home(const wn_dag_table *t, uint64_t key) {
    return &t->slot[(key >> 20) & (t->size - 1)];
}

/* The value of a key, whether it is there (not 0) or not. */
static uint32_t *find(wn_dag_table *t, uint64_t key) {
    wn_dag_slot *slot = home(t, key), *end = t->slot + t->size;
    while (slot->value && slot->key != key)
        if (++slot == end)
            slot = t->slot;
    slot->key = key;
    return &slot->value;
}

static bool reserve(wn_dag_array *a, size_t more, size_t size) {
    if (a->n + more <= a->capacity)
        return true;
    size_t capacity = a->capacity ? a->capacity : 256, bytes;
    while (capacity < a->n + more)
        capacity *= 2;
    void *data = wn_mul_size(capacity, size, &bytes) ? wn_realloc(a->data, bytes) : NULL;
    if (!data)
        return false;
    a->data = data;
    a->capacity = capacity;
    return true;
}

#define RESERVE(array, more, type) reserve(&(array), (more), sizeof(type))
/* Room has been made. */
#define PUSH(array, type, value) (WN_DAG_AT(array, type)[(array).n++] = (value))

/* --- nodes ------------------------------------------------------------------------------------ */

/* The sums over a node's inputs and over its computed sources. */
static void sum_hashes(const wn_dag *dag, const wn_phenotype *p, uint32_t c, const uint32_t *row_of,
                       uint64_t *plain, uint64_t *computed, uint32_t *middle) {
    const uint32_t sources = p->inputs + 1;
    uint32_t k = p->first[c];
    *plain = *computed = 0;
    for (; k < p->first[c + 1] && p->source[k] < sources; k++)
        *plain += term(input_hash(p->source[k]), p->weight ? &p->weight[k] : NULL);
    *middle = k;
    for (; k < p->first[c + 1]; k++)
        *computed += term(WN_DAG_AT(dag->row_hash, uint64_t)[row_of[p->source[k] - sources]],
                          p->weight ? &p->weight[k] : NULL);
}

/* The sum over the inputs of connections first <= k < end. */
static uint32_t plain_sum(wn_dag *dag, const wn_phenotype *p, uint32_t first, uint32_t end,
                          uint64_t hash) {
    uint32_t *known = find(&dag->plains, hash);
    if (*known)
        return *known - 1;
    for (uint32_t k = first; k < end; k++) {
        PUSH(dag->plain_source, uint32_t, p->source[k]);
        if (p->weight)
            PUSH(dag->plain_weight, float, (float)p->weight[k]);
    }
    PUSH(dag->plain_first, uint32_t, (uint32_t)dag->plain_source.n);
    return (*known = (uint32_t)dag->plain_first.n - 1) - 1;
}

/* A source of a sum while it is sorted. */
typedef struct sorted_source {
    uint64_t hash;
    uint32_t row;
    float weight;
} sorted_source;

static int by_hash(const void *a, const void *b) {
    const sorted_source *x = a, *y = b;
    return (x->hash > y->hash) - (x->hash < y->hash);
}

/* The computed sources of connections first <= k < end in the order in which they are summed. */
static void push_sources(wn_dag *dag, const wn_phenotype *p, uint32_t first, uint32_t end,
                         const uint32_t *row_of) {
    sorted_source *order = WN_DAG_AT(dag->order, sorted_source);
    const uint32_t n = end - first;
    for (uint32_t k = 0; k < n; k++) {
        const uint32_t row = row_of[p->source[first + k] - 1 - p->inputs];
        order[k] = (sorted_source){WN_DAG_AT(dag->row_hash, uint64_t)[row], row,
                                   p->weight ? (float)p->weight[first + k] : 0};
    }
    qsort(order, n, sizeof *order, by_hash);
    for (uint32_t k = 0; k < n; k++) {
        PUSH(dag->source, uint32_t, order[k].row);
        if (p->weight)
            PUSH(dag->weight, float, order[k].weight);
    }
}

/* The group of node c. */
static uint32_t group_of(wn_dag *dag, const wn_phenotype *p, uint32_t c, const uint32_t *row_of) {
    uint64_t plain, computed;
    uint32_t middle;
    sum_hashes(dag, p, c, row_of, &plain, &computed, &middle);
    uint32_t *known = find(&dag->groups, group_hash(plain, computed));
    if (*known)
        return *known - 1;
    const uint32_t first = p->first[c];
    PUSH(dag->group_plain, uint32_t,
         middle > first ? plain_sum(dag, p, first, middle, plain) : NONE);
    push_sources(dag, p, middle, p->first[c + 1], row_of);
    PUSH(dag->group_first, uint32_t, (uint32_t)dag->source.n);
    return (*known = (uint32_t)dag->group_plain.n) - 1;
}

/* Make room for all that one phenotype can add, so that adding it cannot fail. */
static bool reserve_nodes(wn_dag *dag, const wn_phenotype *p) {
    const size_t nodes = p->computed, conns = p->n_conns, o = p->outputs;
    dag->order.n = dag->row_of.n = 0;
    return RESERVE(dag->plain_first, nodes, uint32_t) &&
           RESERVE(dag->plain_source, conns, uint32_t) &&
           RESERVE(dag->plain_weight, conns, float) && RESERVE(dag->group_plain, nodes, uint32_t) &&
           RESERVE(dag->group_first, nodes, uint32_t) && RESERVE(dag->source, conns, uint32_t) &&
           RESERVE(dag->weight, conns, float) && RESERVE(dag->row_hash, nodes, uint64_t) &&
           RESERVE(dag->row_group, nodes, uint32_t) && RESERVE(dag->row_act, nodes, uint8_t) &&
           RESERVE(dag->output_of, nodes, uint32_t) && RESERVE(dag->output_row, o, uint32_t) &&
           RESERVE(dag->pair_of, o * o, uint32_t) && RESERVE(dag->pair_class, o, uint32_t) &&
           RESERVE(dag->pair_output, o, uint32_t) && RESERVE(dag->net_output, o, uint32_t) &&
           RESERVE(dag->net_pair, o, uint32_t) && RESERVE(dag->row_of, nodes, uint32_t) &&
           RESERVE(dag->order, conns, sorted_source);
}

static void add_row(wn_dag *dag, const wn_phenotype *p, uint32_t c) {
    PUSH(dag->row_group, uint32_t, group_of(dag, p, c, WN_DAG_AT(dag->row_of, uint32_t)));
    PUSH(dag->row_act, uint8_t, p->activation[c]);
    PUSH(dag->row_hash, uint64_t, p->node_hash[c]);
    PUSH(dag->output_of, uint32_t, NONE);
}

/* Keys at half a table's size or less: it grows between phenotypes, never within one. */
static bool grow_table(wn_dag_table *t, size_t more) {
    if (2 * (t->used + more) <= t->size)
        return true;
    wn_dag_table larger = {0};
    if (!reset_table(&larger, 2 * (t->used + more)))
        return false;
    for (uint32_t i = 0; i < t->size; i++)
        if (t->slot[i].value)
            *find(&larger, t->slot[i].key) = t->slot[i].value;
    larger.used = t->used;
    wn_free(t->slot);
    *t = larger;
    return true;
}

static bool grow_tables(wn_dag *dag, const wn_phenotype *p) {
    dag->rows.used = (uint32_t)dag->row_hash.n;
    dag->groups.used = (uint32_t)dag->group_plain.n;
    dag->plains.used = (uint32_t)dag->plain_first.n;
    return grow_table(&dag->rows, p->computed) && grow_table(&dag->groups, p->computed) &&
           grow_table(&dag->plains, p->computed);
}

/* --- outputs ---------------------------------------------------------------------------------- */

static uint32_t output_of(wn_dag *dag, uint32_t row) {
    uint32_t *known = &WN_DAG_AT(dag->output_of, uint32_t)[row];
    if (*known == NONE) {
        *known = (uint32_t)dag->output_row.n;
        PUSH(dag->output_row, uint32_t, row);
        for (uint32_t c = 0; c < dag->classes; c++)
            PUSH(dag->pair_of, uint32_t, NONE);
    }
    return *known;
}

static uint32_t pair_of(wn_dag *dag, uint32_t output, uint32_t class) {
    uint32_t *known = &WN_DAG_AT(dag->pair_of, uint32_t)[output * dag->classes + class];
    if (*known == NONE) {
        *known = (uint32_t)dag->pair_output.n;
        PUSH(dag->pair_output, uint32_t, output);
        PUSH(dag->pair_class, uint32_t, class);
    }
    return *known;
}

enum { AHEAD = 8 };

static bool add_phenotype(wn_dag *dag, const wn_phenotype *p) {
    if (!reserve_nodes(dag, p) || !grow_tables(dag, p))
        return false;
    uint32_t *row_of = WN_DAG_AT(dag->row_of, uint32_t);
    for (uint32_t c = 0; c < p->computed; c++) {
        if (c + AHEAD < p->computed) /* most of the time goes into waiting for the table */
            __builtin_prefetch(home(&dag->rows, p->node_hash[c + AHEAD]));
        uint32_t *known = find(&dag->rows, p->node_hash[c]);
        if (!*known) {
            add_row(dag, p, c);
            *known = (uint32_t)dag->row_hash.n;
        }
        row_of[c] = *known - 1;
    }
    for (uint32_t o = 0; o < p->outputs; o++) {
        const uint32_t output = output_of(dag, row_of[p->output[o] - 1 - p->inputs]);
        PUSH(dag->net_output, uint32_t, output);
        PUSH(dag->net_pair, uint32_t, pair_of(dag, output, o));
    }
    return true;
}

/* --- finishing -------------------------------------------------------------------------------- */

/* order[n] gets the indices of n items by key, equal keys in order; first[keys + 1] where each key
 * starts. */
static void sort_by_key(const uint32_t *key, size_t n, size_t keys, uint32_t *first,
                        uint32_t *order) {
    memset(first, 0, (keys + 1) * sizeof *first);
    for (size_t i = 0; i < n; i++)
        first[key[i] + 1]++;
    for (size_t k = 0; k < keys; k++)
        first[k + 1] += first[k];
    for (size_t i = 0; i < n; i++)
        order[first[key[i]]++] = (uint32_t)i;
    for (size_t k = keys; k > 0; k--)
        first[k] = first[k - 1];
    first[0] = 0;
}

/* Rows come together by group, a linear one before the others. */
static bool sort_members(wn_dag *dag) {
    const size_t rows = dag->row_group.n, groups = dag->group_plain.n;
    dag->member_first.n = dag->member_row.n = dag->member_act.n = 0;
    if (!RESERVE(dag->member_first, groups + 1, uint32_t) ||
        !RESERVE(dag->member_row, rows, uint32_t) || !RESERVE(dag->member_act, rows, uint8_t))
        return false;
    uint32_t *row = WN_DAG_AT(dag->member_row, uint32_t);
    sort_by_key(WN_DAG_AT(dag->row_group, uint32_t), rows, groups,
                WN_DAG_AT(dag->member_first, uint32_t), row);
    const uint32_t *first = WN_DAG_AT(dag->member_first, uint32_t);
    for (size_t g = 0; g < groups; g++)
        for (uint32_t m = first[g]; m < first[g + 1]; m++)
            if (WN_DAG_AT(dag->row_act, uint8_t)[row[m]] == WANN_ACT_LINEAR) {
                const uint32_t linear = row[m];
                row[m] = row[first[g]];
                row[first[g]] = linear;
            }
    for (size_t i = 0; i < rows; i++)
        PUSH(dag->member_act, uint8_t, WN_DAG_AT(dag->row_act, uint8_t)[row[i]]);
    dag->member_row.n = rows;
    dag->member_first.n = groups + 1;
    return true;
}

/* Pairs come together by class; networks refer to them by their new places. */
static bool sort_pairs(wn_dag *dag) {
    const size_t pairs = dag->pair_output.n;
    dag->pair_first.n = dag->row_of.n = 0;
    if (!RESERVE(dag->pair_first, dag->classes + 1, uint32_t) ||
        !RESERVE(dag->row_of, 3 * pairs, uint32_t))
        return false;
    uint32_t *order = WN_DAG_AT(dag->row_of, uint32_t), *place = order + pairs;
    uint32_t *before = place + pairs, *output = WN_DAG_AT(dag->pair_output, uint32_t);
    sort_by_key(WN_DAG_AT(dag->pair_class, uint32_t), pairs, dag->classes,
                WN_DAG_AT(dag->pair_first, uint32_t), order);
    memcpy(before, output, pairs * sizeof *before);
    for (size_t i = 0; i < pairs; i++) {
        place[order[i]] = (uint32_t)i;
        output[i] = before[order[i]];
    }
    for (size_t i = 0; i < dag->net_pair.n; i++)
        WN_DAG_AT(dag->net_pair, uint32_t)[i] = place[WN_DAG_AT(dag->net_pair, uint32_t)[i]];
    return true;
}

/* --- the whole -------------------------------------------------------------------------------- */

/* Networks that are equal as a whole are one from here on. */
static bool find_distinct(wn_dag *dag, const wn_phenotype *const *net, size_t n) {
    dag->net_of.n = dag->distinct.n = 0;
    if (!reset_table(&dag->nets, n) || !RESERVE(dag->net_of, n, uint32_t) ||
        !RESERVE(dag->distinct, n, uint32_t))
        return false;
    for (size_t i = 0; i < n; i++) {
        uint32_t *known = find(&dag->nets, net[i]->hash);
        if (!*known) {
            PUSH(dag->distinct, uint32_t, (uint32_t)i);
            *known = (uint32_t)dag->distinct.n;
        }
        PUSH(dag->net_of, uint32_t, *known - 1);
        dag->all_nodes += net[i]->computed;
        dag->all_conns += net[i]->n_conns;
    }
    dag->n_nets = (uint32_t)dag->distinct.n;
    return true;
}

static bool empty(wn_dag *dag, const wn_phenotype *first) {
    wn_dag_array *const cleared[] = {&dag->plain_first, &dag->plain_source, &dag->plain_weight,
                                     &dag->group_plain, &dag->group_first,  &dag->source,
                                     &dag->weight,      &dag->output_row,   &dag->pair_output,
                                     &dag->net_output,  &dag->net_pair,     &dag->row_hash,
                                     &dag->row_group,   &dag->row_act,      &dag->output_of,
                                     &dag->pair_of,     &dag->pair_class};
    for (size_t i = 0; i < sizeof cleared / sizeof *cleared; i++)
        cleared[i]->n = 0;
    dag->inputs = first->inputs;
    dag->classes = first->outputs;
    dag->weighted = first->weight != NULL;
    dag->all_nodes = dag->all_conns = 0;
    if (!RESERVE(dag->plain_first, 1, uint32_t) || !RESERVE(dag->group_first, 1, uint32_t))
        return false;
    PUSH(dag->plain_first, uint32_t, 0);
    PUSH(dag->group_first, uint32_t, 0);
    return reset_table(&dag->rows, dag->rows.size / 2) &&
           reset_table(&dag->groups, dag->groups.size / 2) &&
           reset_table(&dag->plains, dag->plains.size / 2);
}

wann_status wn_dag_build(wn_dag *dag, const wn_phenotype *const *net, size_t n, wann_diag *diag) {
    if (!empty(dag, net[0]) || !find_distinct(dag, net, n))
        return wn_fail_memory(diag);
    for (size_t i = 0; i < dag->n_nets; i++)
        if (!add_phenotype(dag, net[WN_DAG_AT(dag->distinct, uint32_t)[i]]))
            return wn_fail_memory(diag);
    return sort_members(dag) && sort_pairs(dag) ? WANN_OK : wn_fail_memory(diag);
}

void wn_dag_free(wn_dag *dag) {
    wn_dag_array *const arrays[] = {
        &dag->plain_first, &dag->plain_source, &dag->plain_weight, &dag->group_plain,
        &dag->group_first, &dag->source,       &dag->weight,       &dag->member_first,
        &dag->member_row,  &dag->member_act,   &dag->output_row,   &dag->pair_first,
        &dag->pair_output, &dag->net_output,   &dag->net_pair,     &dag->net_of,
        &dag->row_hash,    &dag->row_group,    &dag->row_act,      &dag->output_of,
        &dag->pair_of,     &dag->pair_class,   &dag->distinct,     &dag->row_of,
        &dag->order};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        wn_free(arrays[i]->data);
    wn_free(dag->nets.slot);
    wn_free(dag->groups.slot);
    wn_free(dag->plains.slot);
    wn_free(dag->rows.slot);
    *dag = (wn_dag){0};
}
