/* Questions about a network. */
#include <stdlib.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/net/net.h"

const char *wann_net_name(const wann_net *net) {
    return net->name;
}

const char *wann_net_task(const wann_net *net) {
    return net->task;
}

size_t wann_net_nodes(const wann_net *net) {
    return net->n_nodes;
}

size_t wann_net_connections(const wann_net *net) {
    return net->n_conns;
}

size_t wann_net_inputs(const wann_net *net) {
    return net->n_inputs;
}

size_t wann_net_outputs(const wann_net *net) {
    return net->n_outputs;
}

const char *wann_net_input_name(const wann_net *net, size_t input) {
    return input < net->n_inputs ? net->node_name[net->input[input]] : NULL;
}

const char *wann_net_output_name(const wann_net *net, size_t output) {
    return output < net->n_outputs ? net->node_name[net->output[output]] : NULL;
}

wann_action wann_net_action(const wann_net *net) {
    return net->action;
}

bool wann_net_shared_weight(const wann_net *net, double *weight) {
    *weight = net->shared_weight;
    return net->has_shared_weight;
}

const double *wann_net_weights(const wann_net *net) {
    return net->weight;
}

size_t wann_net_depth(const wann_net *net) {
    size_t depth = 0;
    uint32_t *level = wn_calloc(net->n_nodes, sizeof *level);
    if (!level)
        return 0;
    wn_net_levels(net, level);
    for (uint32_t o = 0; o < net->n_outputs; o++)
        if (level[net->output[o]] > depth)
            depth = level[net->output[o]];
    wn_free(level);
    return depth;
}

void wn_net_levels(const wn_net *net, uint32_t *level) {
    for (uint32_t i = 0; i < net->n_nodes; i++) {
        level[i] = 0;
        for (uint32_t k = net->first_conn[i]; k < net->first_conn[i + 1]; k++)
            if (level[net->source[k]] + 1 > level[i])
                level[i] = level[net->source[k]] + 1;
    }
}

void wn_net_live(const wn_net *net, bool *live) {
    memset(live, 0, net->n_nodes * sizeof *live);
    for (uint32_t o = 0; o < net->n_outputs; o++)
        live[net->output[o]] = true;
    for (uint32_t i = net->n_nodes; i-- > 0;)
        for (uint32_t k = net->first_conn[i]; live[i] && k < net->first_conn[i + 1]; k++)
            live[net->source[k]] = true;
}

/* Counting sort: connections are sorted by destination already, and the sort is stable. */
bool wn_net_published_order(const wn_net *net, uint32_t *order) {
    uint32_t *start = wn_calloc((size_t)net->n_nodes + 1, sizeof *start);
    if (!start)
        return false;
    for (uint32_t k = 0; k < net->n_conns; k++)
        start[net->source[k] + 1]++;
    for (uint32_t s = 0; s < net->n_nodes; s++)
        start[s + 1] += start[s];
    for (uint32_t k = 0; k < net->n_conns; k++)
        order[start[net->source[k]]++] = k;
    wn_free(start);
    return true;
}

const char *wann_activation_name(wann_activation activation) {
    switch (activation) {
#define X(NAME, name, number, formula)                                                             \
    case WANN_ACT_##NAME:                                                                          \
        return #name;
#include "wann/activations.def"
#undef X
    }
    return NULL;
}

wann_activation wn_activation_by_name(const char *name, size_t n) {
#define X(NAME, text, number, formula)                                                             \
    if (n == sizeof #text - 1 && memcmp(name, #text, n) == 0)                                      \
        return WANN_ACT_##NAME;
#include "wann/activations.def"
#undef X
    return (wann_activation)0;
}

bool wn_activation_known(long number) {
    switch (number) {
#define X(NAME, name, value, formula) case value:
#include "wann/activations.def"
#undef X
        return true;
    }
    return false;
}
