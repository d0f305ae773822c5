/* From the network to the IR, exactly as the reference interpreter computes it. */
#include <stdlib.h>

#include "compiler/pass/pass.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

typedef struct lowering {
    const wn_net *net;
    const double *tuned; /* one weight a connection, or NULL: the shared one */
    bool weights_in;     /* one weight a connection, after the inputs in the input vector */
    wn_ir *ir;
    wn_value *value;  /* [n_nodes] */
    uint32_t *order;  /* [n_nodes] nodes by level */
    wn_value weight;  /* the shared weight */
    bool failed;
} lowering;

static wn_value append(lowering *l, wn_inst inst) {
    const wn_value value = wn_ir_append(l->ir, inst);
    l->failed |= value == WN_NO_VALUE;
    return value;
}

/* Stable counting sort by level. */
static bool order_by_level(lowering *l) {
    const uint32_t n = l->net->n_nodes;
    uint32_t *level = wn_calloc(n, sizeof *level);
    uint32_t *start = wn_calloc((size_t)n + 1, sizeof *start);
    if (level && start) {
        wn_net_levels(l->net, level);
        for (uint32_t i = 0; i < n; i++)
            start[level[i] + 1]++; /* a level is less than the number of nodes */
        for (uint32_t i = 0; i < n; i++)
            start[i + 1] += start[i];
        for (uint32_t i = 0; i < n; i++)
            l->order[start[level[i]]++] = i;
    }
    const bool ok = level && start;
    wn_free(level);
    wn_free(start);
    return ok;
}

static wn_value connection_weight(lowering *l, uint32_t k, uint32_t node) {
    if (l->weights_in)
        return append(l, wn_inst_input(l->net->n_inputs + k, WN_NO_NODE));
    if (!l->tuned)
        return l->weight;
    return append(l, wn_inst_const(wn_ir_round(l->ir, l->tuned[k]), node));
}

static void lower_node(lowering *l, uint32_t i) {
    const wn_net *net = l->net;
    switch ((wann_role)net->role[i]) {
    case WANN_BIAS:
        l->value[i] = append(l, wn_inst_const(1, i));
        return;
    case WANN_INPUT_NODE:
        l->value[i] = append(l, wn_inst_input(i - (net->bias == 0), i));
        return;
    case WANN_HIDDEN:
    case WANN_OUTPUT_NODE:
        break;
    }
    wn_value sum = append(l, wn_inst_const(0, i));
    for (uint32_t k = net->first_conn[i]; k < net->first_conn[i + 1]; k++) {
        const wn_value weight = connection_weight(l, k, i);
        const wn_value product = append(l, wn_inst_binary(WN_OP_MUL, l->value[net->source[k]], weight, i));
        sum = append(l, wn_inst_binary(WN_OP_ADD, sum, product, i));
    }
    l->value[i] = append(l, wn_inst_act((wann_activation)net->activation[i], sum, i));
}

static wn_value lower_weight(lowering *l, const wann_compile_options *options) {
    switch (options->weighting) {
    case WANN_WEIGHT_PARAMETER:
        return append(l, wn_inst_weight());
    case WANN_WEIGHT_BAKED:
        return append(l, wn_inst_const(wn_ir_round(l->ir, options->weight), WN_NO_NODE));
    case WANN_WEIGHT_TUNED:
        break;
    }
    return WN_NO_VALUE;
}

static wann_status lower_all(lowering *l, const wann_compile_options *options, wann_diag *diag) {
    const wn_net *net = l->net;
    l->value = wn_calloc(net->n_nodes, sizeof *l->value);
    l->order = wn_calloc(net->n_nodes, sizeof *l->order);
    if (!l->value || !l->order || !order_by_level(l))
        return wn_fail_memory(diag);
    l->weight = lower_weight(l, options);
    for (uint32_t i = 0; i < net->n_nodes && !l->failed; i++)
        lower_node(l, l->order[i]);
    for (uint32_t o = 0; o < net->n_outputs && !l->failed; o++)
        append(l, wn_inst_output(o, l->value[net->output[o]], net->output[o]));
    return l->failed ? wn_fail_memory(diag) : WANN_OK;
}

static wann_status lower(lowering *l, const wann_compile_options *options, wann_diag *diag) {
    const wn_net *net = l->net;
    *l->ir = (wn_ir){.net = net, .real = options->real == WANN_FIXED ? WANN_DOUBLE : options->real, .n_inputs = net->n_inputs, .n_outputs = net->n_outputs,
                     .in = {{"in", net->n_inputs, false}}, .out = {{"out", net->n_outputs, false}},
                     .facts = WN_FACT_REFERENCE_SUMS};
    if (l->weights_in) {
        l->ir->in[1] = (wn_array){"weights", net->n_conns, true};
        l->ir->n_inputs += net->n_conns;
    }
    const wann_status status = lower_all(l, options, diag);
    wn_free(l->value);
    wn_free(l->order);
    if (status != WANN_OK)
        wn_ir_free(l->ir);
    return status;
}

wann_status wn_lower(const wn_net *net, const wann_compile_options *options, wn_ir *ir,
                     wann_diag *diag) {
    lowering l = {.net = net, .ir = ir};
    if (options->weighting == WANN_WEIGHT_TUNED) {
        l.tuned = options->tuned ? options->tuned : net->weight;
        if (!l.tuned)
            return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0, "the network has no weight of its own for each connection");
    }
    return lower(&l, options, diag);
}

wann_status wn_lower_free_weights(const wn_net *net, const wann_compile_options *options, wn_ir *ir,
                                  wann_diag *diag) {
    lowering l = {.net = net, .ir = ir, .weights_in = true};
    return lower(&l, options, diag);
}
