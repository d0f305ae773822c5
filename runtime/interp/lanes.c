/* The block interpreter: many inputs at once, structure of arrays, dispatch once a group of nodes
 * and block of lanes. */
#include "runtime/interp/lanes.h"

#include <stdint.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/interp/plan.h"
#include "runtime/net/net.h"

struct wann_lanes {
    wn_arena arena;
    wn_plan plan;
    uint32_t n_inputs, n_outputs;
    unsigned char *values; /* [n_slots][slot_bytes], aligned to a vector */
    void *connection;      /* [n_conns] weights in the type and the order of the program */
    bool tuned;            /* they are in use */
    wn_unit unit;
    wn_kernels kernels;
};

const wn_unit_functions *wn_unit_get(wn_unit unit) {
    static const wn_unit_functions *const functions[] = {
#define X(name, attributes, present) &wn_unit_##name,
        WN_VECTOR_UNITS(X)
#undef X
    };
    return functions[unit];
}

static wann_status make_lanes(wann_lanes *lanes, const wann_net *net,
                              const wann_lanes_options *options, wann_diag *diag) {
    wn_plan *plan = &lanes->plan;
    if (options->block > SIZE_MAX / sizeof(float))
        return wn_fail_memory(diag);
    WN_TRY(wn_plan_make(net, options->block * sizeof(float), &lanes->arena, plan, diag));
    const size_t slots = (size_t)plan->n_slots + 1; /* one more, to align them */
    lanes->values = wn_arena_alloc(&lanes->arena, slots, plan->slot_bytes);
    lanes->connection = wn_arena_alloc(&lanes->arena, plan->n_conns, sizeof(double));
    if (!lanes->values || !lanes->connection)
        return wn_fail_memory(diag);
    const size_t misaligned = (uintptr_t)lanes->values % WN_VECTOR_BYTES;
    lanes->values += misaligned ? WN_VECTOR_BYTES - misaligned : 0;
    lanes->n_inputs = net->n_inputs;
    lanes->n_outputs = net->n_outputs;
    lanes->unit = wn_unit_best();
    lanes->kernels = options->math == WANN_LANES_SHORT ? WN_KERNELS_SHORT : WN_KERNELS_ACCURATE;
    return WANN_OK;
}

wann_status wann_lanes_create_with(const wann_net *net, const wann_lanes_options *options,
                                   wann_lanes **lanes, wann_diag *diag) {
    static const wann_lanes_options defaults = {0};
    *lanes = NULL;
    wann_lanes *made = wn_calloc(1, sizeof *made);
    if (!made)
        return wn_fail_memory(diag);
    const wann_status status = make_lanes(made, net, options ? options : &defaults, diag);
    if (status == WANN_OK)
        *lanes = made;
    else
        wann_lanes_destroy(made);
    return status;
}

wann_status wann_lanes_create(const wann_net *net, wann_lanes **lanes, wann_diag *diag) {
    return wann_lanes_create_with(net, NULL, lanes, diag);
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

#define REAL               double
#define NAME(x)            x
#define RUN(unit, kernels) (unit)->run
#include "runtime/interp/lanes.inc"
#undef REAL
#undef NAME
#undef RUN

#define REAL               float
#define NAME(x)            x##_f32
#define RUN(unit, kernels) (unit)->run_f32[kernels]
#include "runtime/interp/lanes.inc"

wann_lanes_block wann_lanes_block_f32(wann_lanes *lanes) {
    const wn_plan *plan = &lanes->plan;
    return (wann_lanes_block){.stride = block_lanes_f32(lanes),
                              .in = slot_f32(lanes, plan->in),
                              .weight = slot_f32(lanes, WN_SLOT_WEIGHT),
                              .out = slot_f32(lanes, plan->out)};
}

void wann_lanes_weigh_f32(wann_lanes *lanes, wann_weights weights) {
    set_weights_f32(lanes, weights, block_lanes_f32(lanes));
}

void wann_lanes_run_block_f32(wann_lanes *lanes, size_t n) {
    if (n == 0)
        return;
    run_lanes_f32(lanes, slot_f32(lanes, lanes->plan.in), block_lanes_f32(lanes), n);
}
