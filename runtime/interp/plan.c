/* From a network to a program of the block interpreter. */
#include "runtime/interp/plan.h"

#include <string.h>

#include "runtime/base/diag.h"

enum { ACTIVATIONS = WANN_ACT_SQUARED + 1 };

/* Of the blocks of one slot, in bytes; chosen ones are multiples of the smallest, which is how many
 * vectors a sum of many sources keeps in registers. */
enum { CACHE_BYTES = 40 * 1024, SMALLEST_BLOCK = 4 * WN_VECTOR_BYTES, LARGEST_BLOCK = 1024 };

static const uint32_t NONE = UINT32_MAX;

/* Nodes that can be computed next, by activation, each list in the order in which they became so.
 */
typedef struct ready {
    uint32_t first[ACTIVATIONS], last[ACTIVATIONS], count[ACTIVATIONS];
    uint32_t *next; /* [n_nodes] */
} ready;

typedef struct planner {
    const wn_net *net;
    wn_plan *plan;
    bool *live;        /* [n_nodes] whether an output depends on it */
    bool *read;        /* [n_nodes] whether a live node reads it */
    uint32_t *slot;    /* [n_nodes] where others read it; 0: nowhere yet */
    uint32_t *input;   /* [n_nodes] which input an input node is */
    uint32_t *readers; /* [n_nodes] nodes that are yet to read it */
    uint32_t *free;    /* [n_nodes] a stack of slots that may be used again */
    uint32_t n_free;
    uint32_t *missing;      /* [n_nodes] sources that are yet to be computed */
    uint32_t *first_reader; /* [n_nodes + 1] */
    uint32_t *reader;       /* [n_conns] */
    ready ready;
    /* The program as it grows. */
    wn_group *group, *tuned_group;
    wn_step *step, *tuned_step;
    uint32_t *source;
    uint32_t n_steps;
} planner;

static bool is_computed(const wn_net *net, uint32_t node) {
    return net->role[node] == WANN_HIDDEN || net->role[node] == WANN_OUTPUT_NODE;
}

static wann_status open_planner(planner *p, wn_arena *scratch, wann_diag *diag) {
    const wn_net *net = p->net;
    p->live = WN_NEW(scratch, bool, net->n_nodes);
    p->read = WN_NEW(scratch, bool, net->n_nodes);
    p->slot = WN_NEW(scratch, uint32_t, net->n_nodes);
    p->input = WN_NEW(scratch, uint32_t, net->n_nodes);
    p->readers = WN_NEW(scratch, uint32_t, net->n_nodes);
    p->free = WN_NEW(scratch, uint32_t, net->n_nodes);
    p->missing = WN_NEW(scratch, uint32_t, net->n_nodes);
    p->first_reader = WN_NEW(scratch, uint32_t, (size_t)net->n_nodes + 2);
    p->reader = WN_NEW(scratch, uint32_t, net->n_conns);
    p->ready.next = WN_NEW(scratch, uint32_t, net->n_nodes);
    for (int a = 0; a < ACTIVATIONS; a++)
        p->ready.first[a] = NONE;
    if (!p->live || !p->read || !p->slot || !p->input || !p->readers || !p->free || !p->missing ||
        !p->first_reader || !p->reader || !p->ready.next)
        return wn_fail_memory(diag);
    wn_net_live(net, p->live);
    return WANN_OK;
}

/* Room for every node twice: an output that others read is computed once for them, times its
 * weight, and once as it is. */
static wann_status open_program(planner *p, wn_arena *arena, wann_diag *diag) {
    const wn_net *net = p->net;
    size_t steps = net->n_inputs + net->n_outputs, conns = 0;
    for (uint32_t i = 0; i < net->n_nodes; i++)
        conns += (size_t)(net->first_conn[i + 1] - net->first_conn[i]) *
                 (net->role[i] == WANN_OUTPUT_NODE ? 2 : 1);
    for (uint32_t i = 0; i < net->n_nodes; i++)
        steps += is_computed(net, i);
    if (conns > UINT32_MAX - 1)
        return wn_fail(diag, WANN_INPUT, NULL, 0, 0, "too many connections for one program");
    p->group = WN_NEW(arena, wn_group, steps + 1);
    p->tuned_group = WN_NEW(arena, wn_group, steps + 1);
    p->step = WN_NEW(arena, wn_step, steps + 1);
    p->tuned_step = WN_NEW(arena, wn_step, steps + 1);
    p->source = WN_NEW(arena, uint32_t, conns);
    p->plan->conn = WN_NEW(arena, uint32_t, conns);
    if (!p->group || !p->tuned_group || !p->step || !p->tuned_step || !p->source || !p->plan->conn)
        return wn_fail_memory(diag);
    return WANN_OK;
}

/* first_reader[i + 1] counts first, then is where the next reader of i goes, then where they end.
 */
static void find_readers(planner *p) {
    const wn_net *net = p->net;
    for (uint32_t i = 0; i < net->n_nodes; i++)
        for (uint32_t k = net->first_conn[i]; p->live[i] && k < net->first_conn[i + 1]; k++) {
            p->first_reader[net->source[k] + 2]++;
            p->read[net->source[k]] = true;
            p->readers[net->source[k]]++;
            p->missing[i] += is_computed(net, net->source[k]);
        }
    for (uint32_t i = 0; i < net->n_nodes; i++)
        p->first_reader[i + 2] += p->first_reader[i + 1];
    for (uint32_t i = 0; i < net->n_nodes; i++)
        for (uint32_t k = net->first_conn[i]; p->live[i] && k < net->first_conn[i + 1]; k++)
            p->reader[p->first_reader[net->source[k] + 1]++] = i;
}

/* The slot used last is the likeliest to be in the cache. */
static uint32_t take_slot(planner *p) {
    return p->n_free > 0 ? p->free[--p->n_free] : p->plan->n_slots++;
}

/* A node has been computed for the last time that it is. */
static void drop_sources(planner *p, uint32_t node) {
    const wn_net *net = p->net;
    for (uint32_t k = net->first_conn[node]; k < net->first_conn[node + 1]; k++)
        if (--p->readers[net->source[k]] == 0)
            p->free[p->n_free++] = p->slot[net->source[k]];
}

/* The bias is 1 times its weight for good; inputs find a place when they are first read. */
static void number_inputs(planner *p) {
    const wn_net *net = p->net;
    p->plan->n_slots = WN_FIRST_FREE_SLOT;
    for (uint32_t i = 0; i < net->n_inputs; i++)
        p->input[net->input[i]] = i;
    if (net->bias < 0)
        return;
    p->slot[net->bias] = WN_SLOT_WEIGHT;
    p->readers[net->bias]++; /* so that the slot is never free */
}

/* A node whose sources have all been computed. Outputs that nobody reads wait for the end. */
static void make_ready(planner *p, uint32_t node) {
    ready *r = &p->ready;
    const int a = p->net->activation[node];
    if (!p->read[node])
        return;
    if (r->first[a] == NONE)
        r->first[a] = node;
    else
        r->next[r->last[a]] = node;
    r->next[node] = NONE;
    r->last[a] = node;
    r->count[a]++;
}

/* The activation that most nodes wait for: few, large groups. 0: none waits. */
static int most_ready(const ready *r) {
    int most = 0;
    for (int a = 1; a < ACTIVATIONS; a++)
        if (r->count[a] > r->count[most])
            most = a;
    return most;
}

/* How the sum of a node comes to its activation. */
typedef enum sum_form { STORED, SINGLE, PAIR, TRIPLE, SUM_FORMS } sum_form;

static sum_form form_of(const wn_net *net, uint32_t node) {
    const uint32_t fan_in = net->first_conn[node + 1] - net->first_conn[node];
    return fan_in <= 3 ? (sum_form)fan_in : STORED; /* none: a stored 0 */
}

static void open_group(planner *p, uint32_t node, uint32_t factor) {
    const sum_form form = form_of(p->net, node);
    p->group[p->plan->shared.n_groups++] =
        (wn_group){.first = p->n_steps,
                   .end = p->n_steps,
                   .factor = factor,
                   .activation = (wann_activation)p->net->activation[node],
                   .terms = form == STORED ? 1 : (uint32_t)form};
}

/* One more step of the last group, with slots for offsets. */
static void add_step(planner *p, uint32_t node, uint32_t slot) {
    const wn_net *net = p->net;
    wn_plan *plan = p->plan;
    wn_group *group = &p->group[plan->shared.n_groups - 1];
    const uint32_t first = net->first_conn[node], end = net->first_conn[node + 1];
    const sum_form form = form_of(net, node);
    wn_step *step = &p->step[p->n_steps];
    step->to = slot;
    step->from = form == STORED ? slot : p->slot[net->source[first]];
    step->also[0] = form >= PAIR ? p->slot[net->source[first + 1]] : slot;
    step->also[1] = form == TRIPLE ? p->slot[net->source[first + 2]] : slot;
    for (uint32_t k = first; k < end; k++) {
        p->source[plan->n_conns] = p->slot[net->source[k]];
        plan->conn[plan->n_conns++] = k;
    }
    group->end = ++p->n_steps;
    group->sums += form == STORED;
    p->step[p->n_steps].conn = plan->n_conns;
}

/* Steps for the inputs that a node is the first to read, in a group of their own; how many. Not all
 * at the start, because fewer slots stay in the cache. */
static uint32_t place_inputs(planner *p, uint32_t node, bool new_group) {
    const wn_net *net = p->net;
    uint32_t n = 0;
    for (uint32_t k = net->first_conn[node]; k < net->first_conn[node + 1]; k++) {
        const uint32_t source = net->source[k];
        if (net->role[source] != WANN_INPUT_NODE || p->slot[source] != 0)
            continue;
        if (n++ == 0 && new_group)
            p->group[p->plan->shared.n_groups++] =
                (wn_group){.first = p->n_steps, .end = p->n_steps, .factor = WN_SLOT_WEIGHT};
        p->slot[source] = take_slot(p);
        p->step[p->n_steps].to = p->slot[source];
        p->step[p->n_steps].from = p->input[source];
        p->group[p->plan->shared.n_groups - 1].end = ++p->n_steps;
        p->step[p->n_steps].conn = p->plan->n_conns;
    }
    return n;
}

/* All nodes that wait for one activation; their readers become ready afterwards, for no step of a
 * group may read another. */
static void compute_ready(planner *p, int activation) {
    ready *r = &p->ready;
    const uint32_t first = r->first[activation];
    bool opened[SUM_FORMS] = {false};
    r->first[activation] = NONE;
    r->count[activation] = 0;
    for (uint32_t node = first, n = 0; node != NONE; node = r->next[node])
        n += place_inputs(p, node, n == 0);
    for (int form = 0; form < SUM_FORMS; form++)
        for (uint32_t node = first; node != NONE; node = r->next[node]) {
            if (form_of(p->net, node) != (sum_form)form)
                continue;
            p->slot[node] = take_slot(p);
            if (form == SINGLE ? !opened[STORED] && !opened[SINGLE] : !opened[form])
                open_group(p, node, WN_SLOT_WEIGHT);
            opened[form] = true;
            add_step(p, node, p->slot[node]);
        }
    for (uint32_t node = first, next; node != NONE; node = next) {
        next = r->next[node];
        if (p->net->role[node] == WANN_HIDDEN)
            drop_sources(p, node);
        for (uint32_t k = p->first_reader[node]; k < p->first_reader[node + 1]; k++)
            if (--p->missing[p->reader[k]] == 0)
                make_ready(p, p->reader[k]);
    }
}

/* Whether output o goes on with the group of the one before it: stored sums stand first. */
static bool continues(const wn_net *net, uint32_t o) {
    if (o == 0 || net->activation[net->output[o]] != net->activation[net->output[o - 1]])
        return false;
    const sum_form form = form_of(net, net->output[o]), before = form_of(net, net->output[o - 1]);
    return form == before || (form == SINGLE && before == STORED);
}

static void place_outputs(planner *p) {
    const wn_net *net = p->net;
    wn_plan *plan = p->plan;
    for (uint32_t o = 0, n = 0; o < net->n_outputs; o++)
        n += place_inputs(p, net->output[o], n == 0);
    plan->out = plan->n_slots;
    plan->in = plan->out + net->n_outputs;
    plan->n_slots = plan->in + net->n_inputs;
}

static void compute_outputs(planner *p) {
    for (uint32_t o = 0; o < p->net->n_outputs; o++) {
        if (!continues(p->net, o))
            open_group(p, p->net->output[o], WN_SLOT_ONE);
        add_step(p, p->net->output[o], p->plan->out + o);
    }
}

static void order_nodes(planner *p) {
    const wn_net *net = p->net;
    find_readers(p);
    number_inputs(p);
    for (uint32_t i = 0; i < net->n_nodes; i++)
        if (is_computed(net, i) && p->live[i] && p->missing[i] == 0)
            make_ready(p, i);
    for (int a; (a = most_ready(&p->ready)) != 0;)
        compute_ready(p, a);
    place_outputs(p);
    compute_outputs(p);
}

/* Blocks as large as the caches have room for, so that dispatch and constants are paid seldom; but
 * no smaller than what hides the latency of a sum. */
static size_t choose_block(size_t slots, size_t asked) {
    const size_t fitting = CACHE_BYTES / slots;
    const size_t chosen = fitting < SMALLEST_BLOCK  ? SMALLEST_BLOCK
                          : fitting > LARGEST_BLOCK ? LARGEST_BLOCK
                                                    : fitting / SMALLEST_BLOCK * SMALLEST_BLOCK;
    return asked > 0 ? (asked + WN_VECTOR_BYTES - 1) / WN_VECTOR_BYTES * WN_VECTOR_BYTES : chosen;
}

/* From slots to offsets, one group's steps. */
static void place_group(planner *p, wn_group *group, uint32_t bytes) {
    group->factor *= bytes;
    for (uint32_t i = group->first; i < group->end; i++) {
        wn_step *step = &p->step[i];
        step->to *= bytes;
        step->from *= group->terms > 0 ? bytes : 1; /* of inputs, a number */
        step->also[0] *= bytes;
        step->also[1] *= bytes;
    }
}

/* With a weight for each connection nothing carries its weight, so no activation reads a source. */
static void tune_group(planner *p, wn_group *group) {
    if (group->terms == 0)
        return;
    group->terms = 1;
    group->sums = group->end - group->first;
    for (uint32_t i = group->first; i < group->end; i++)
        p->tuned_step[i].from = p->tuned_step[i].to;
}

static void place_values(planner *p) {
    const uint32_t bytes = (uint32_t)p->plan->slot_bytes, n_groups = p->plan->shared.n_groups;
    for (uint32_t k = 0; k < p->plan->n_conns; k++)
        p->source[k] *= bytes;
    for (uint32_t g = 0; g < n_groups; g++)
        place_group(p, &p->group[g], bytes);
    memcpy(p->tuned_step, p->step, ((size_t)p->n_steps + 1) * sizeof *p->step);
    memcpy(p->tuned_group, p->group, n_groups * sizeof *p->group);
    for (uint32_t g = 0; g < n_groups; g++)
        tune_group(p, &p->tuned_group[g]);
}

static wann_status make_programs(planner *p, size_t block, wann_diag *diag) {
    wn_plan *plan = p->plan;
    order_nodes(p);
    if (block > UINT32_MAX - WN_VECTOR_BYTES ||
        choose_block(plan->in, block) > UINT32_MAX / ((size_t)plan->n_slots + 1))
        return wn_fail(diag, WANN_INPUT, NULL, 0, 0, "too many lanes for a network of this size");
    plan->slot_bytes = choose_block(plan->in, block);
    place_values(p);
    plan->shared.group = p->group;
    plan->shared.step = p->step;
    plan->shared.source = p->source;
    plan->tuned = plan->shared;
    plan->tuned.group = p->tuned_group;
    plan->tuned.step = p->tuned_step;
    return WANN_OK;
}

wann_status wn_plan_make(const wn_net *net, size_t block, wn_arena *arena, wn_plan *plan,
                         wann_diag *diag) {
    *plan = (wn_plan){0};
    planner p = {.net = net, .plan = plan};
    wn_arena scratch = {0};
    wann_status status = open_planner(&p, &scratch, diag);
    if (status == WANN_OK)
        status = open_program(&p, arena, diag);
    if (status == WANN_OK)
        status = make_programs(&p, block, diag);
    wn_arena_free(&scratch);
    return status;
}
