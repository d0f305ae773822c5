/* Many inputs at once: structure of arrays, dispatch once a node and block of lanes. */
#include "runtime/interp/lanes.h"

#include <stdint.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/interp/activate.h"
#include "runtime/interp/lane_f32.h"
#include "runtime/net/net.h"

/* Blocks of lanes are padded to the widest vector. A block of one node takes WN_SLOT_BYTES: large enough to make dispatch cheap, small
 * enough that the slots of a network of ordinary size stay in the first-level cache. */
enum { WN_VECTOR_BYTES = 64, WN_SLOT_BYTES = 1024 };

/* Slots that are never reused. */
enum { WEIGHT_SLOT, BIAS_SLOT, FIRST_FREE_SLOT };

static const uint32_t NO_OUTPUT = UINT32_MAX;

/* Compute one node into a slot from connections first <= k < end. */
typedef struct lane_step {
    uint32_t first, end;
    uint32_t slot;
    uint32_t output; /* where the value goes as well, or NO_OUTPUT */
    wann_activation activation;
} lane_step;

typedef struct lane_input {
    uint32_t input;
    uint32_t slot;
} lane_input;

struct wann_lanes {
    const wann_net *net;
    wn_arena arena;
    lane_input *inputs; /* [n_inputs] those that an output depends on */
    uint32_t n_inputs;
    lane_step *steps; /* [n_steps] the nodes that an output depends on, in order of evaluation */
    uint32_t n_steps;
    uint32_t *source; /* [net->n_conns] the slot of each connection's source */
    unsigned char *values; /* [slots][WN_SLOT_BYTES], aligned to a vector */
    wn_unit unit;
};

/* Slots are given out as values come to life and taken back after their last use. */
typedef struct slot_pool {
    bool *live;         /* [n_nodes] */
    uint32_t *last_use; /* [n_nodes] the last live node that reads this one; 0: none */
    uint32_t *slot;     /* [n_nodes] */
    uint32_t *output;   /* [n_nodes] which output a node is, or NO_OUTPUT */
    uint32_t *free;     /* stack of slots to be used again */
    uint32_t n_free;
    uint32_t n_slots;
} slot_pool;

static uint32_t take_slot(slot_pool *pool) {
    return pool->n_free > 0 ? pool->free[--pool->n_free] : pool->n_slots++;
}

static void drop_slot(slot_pool *pool, uint32_t slot) {
    pool->free[pool->n_free++] = slot;
}

static wann_status open_pool(slot_pool *pool, const wann_net *net, wn_arena *scratch,
                             wann_diag *diag) {
    pool->live = WN_NEW(scratch, bool, net->n_nodes);
    pool->last_use = WN_NEW(scratch, uint32_t, net->n_nodes);
    pool->slot = WN_NEW(scratch, uint32_t, net->n_nodes);
    pool->output = WN_NEW(scratch, uint32_t, net->n_nodes);
    pool->free = WN_NEW(scratch, uint32_t, net->n_nodes);
    if (!pool->live || !pool->last_use || !pool->slot || !pool->output || !pool->free)
        return wn_fail_memory(diag);
    pool->n_slots = FIRST_FREE_SLOT;
    wn_net_live(net, pool->live);
    for (uint32_t i = 0; i < net->n_nodes; i++)
        for (uint32_t k = net->first_conn[i]; pool->live[i] && k < net->first_conn[i + 1]; k++)
            pool->last_use[net->source[k]] = i;
    for (uint32_t i = 0; i < net->n_nodes; i++)
        pool->output[i] = NO_OUTPUT;
    for (uint32_t o = 0; o < net->n_outputs; o++)
        pool->output[net->output[o]] = o;
    return WANN_OK;
}

static void plan_sources(wann_lanes *plan, slot_pool *pool) {
    const wann_net *net = plan->net;
    if (net->bias >= 0)
        pool->slot[net->bias] = BIAS_SLOT;
    for (uint32_t i = 0; i < net->n_inputs; i++) {
        if (!pool->live[net->input[i]])
            continue;
        pool->slot[net->input[i]] = take_slot(pool);
        plan->inputs[plan->n_inputs++] = (lane_input){i, pool->slot[net->input[i]]};
    }
}

/* A node's slot is taken before those of its sources are dropped: sums read while they write. */
static void plan_node(wann_lanes *plan, slot_pool *pool, uint32_t node) {
    const wann_net *net = plan->net;
    const uint32_t first = net->first_conn[node], end = net->first_conn[node + 1];
    pool->slot[node] = take_slot(pool);
    for (uint32_t k = first; k < end; k++) {
        const uint32_t source = net->source[k];
        plan->source[k] = pool->slot[source];
        if (pool->last_use[source] == node && net->role[source] != WANN_BIAS)
            drop_slot(pool, pool->slot[source]);
    }
    if (pool->last_use[node] == 0)
        drop_slot(pool, pool->slot[node]);
    plan->steps[plan->n_steps++] = (lane_step){
        first, end, pool->slot[node], pool->output[node], (wann_activation)net->activation[node]};
}

static void plan_steps(wann_lanes *plan, slot_pool *pool) {
    const wann_net *net = plan->net;
    for (uint32_t i = 0; i < net->n_nodes; i++) {
        const bool computed = net->role[i] == WANN_HIDDEN || net->role[i] == WANN_OUTPUT_NODE;
        if (computed && pool->live[i])
            plan_node(plan, pool, i);
    }
}

static wann_status make_plan(wann_lanes *plan, slot_pool *pool, wn_arena *scratch, wann_diag *diag) {
    const wann_net *net = plan->net;
    WN_TRY(open_pool(pool, net, scratch, diag));
    plan->inputs = WN_NEW(&plan->arena, lane_input, net->n_inputs);
    plan->steps = WN_NEW(&plan->arena, lane_step, net->n_nodes);
    plan->source = WN_NEW(&plan->arena, uint32_t, net->n_conns);
    if (!plan->inputs || !plan->steps || !plan->source)
        return wn_fail_memory(diag);
    plan_sources(plan, pool);
    plan_steps(plan, pool);
    unsigned char *values =
        wn_arena_alloc(&plan->arena, (size_t)pool->n_slots + 1, WN_SLOT_BYTES);
    if (!values)
        return wn_fail_memory(diag);
    const size_t misaligned = (uintptr_t)values % WN_VECTOR_BYTES;
    plan->values = values + (misaligned ? WN_VECTOR_BYTES - misaligned : 0);
    return WANN_OK;
}

wann_status wann_lanes_create(const wann_net *net, wann_lanes **lanes, wann_diag *diag) {
    *lanes = NULL;
    wann_lanes *plan = wn_calloc(1, sizeof *plan);
    if (!plan)
        return wn_fail_memory(diag);
    plan->net = net;
    plan->unit = wn_unit_best();
    wn_arena scratch = {0};
    slot_pool pool = {0};
    const wann_status status = make_plan(plan, &pool, &scratch, diag);
    wn_arena_free(&scratch);
    if (status != WANN_OK) {
        wann_lanes_destroy(plan);
        return status;
    }
    *lanes = plan;
    return WANN_OK;
}

void wann_lanes_destroy(wann_lanes *lanes) {
    if (!lanes)
        return;
    wn_arena_free(&lanes->arena);
    wn_free(lanes);
}

void wn_lanes_use(wann_lanes *lanes, wn_unit unit) {
    lanes->unit = unit;
}

/* In double the C library's functions cost too much to call for lanes that are not there. */
#define REAL double
#define NAME(x) x
#define LANE_ACTIVATE(activation, x) wn_activate(activation, x)
#define ACTIVE(lanes, padded) (lanes)
#include "runtime/interp/lanes.inc"
#undef REAL
#undef NAME
#undef LANE_ACTIVATE
#undef ACTIVE

/* In float whole vectors are cheaper than a remainder. */
#define REAL float
#define NAME(x) x##_f32
#define LANE_ACTIVATE(activation, x) wn_lane_activate_f32(activation, x)
#define ACTIVE(lanes, padded) (padded)
#include "runtime/interp/lanes.inc"
