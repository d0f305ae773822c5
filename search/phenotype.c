/* From a phenotype to a network that the rest of the project reads. */
#include "search/phenotype.h"

#include "runtime/base/diag.h"

static bool is_output(const wn_phenotype *p, uint32_t node, uint32_t *which) {
    for (uint32_t o = 0; o < p->outputs; o++)
        if (p->output[o] == node) {
            *which = o;
            return true;
        }
    return false;
}

/* Ids are the numbers of the nodes, so that the network's order of sums is the phenotype's. */
static wn_node_spec *node_specs(const wn_phenotype *p, const wn_labels *labels, wn_arena *arena) {
    const uint32_t n = 1 + p->inputs + p->computed;
    wn_node_spec *nodes = WN_NEW(arena, wn_node_spec, n);
    if (!nodes)
        return NULL;
    nodes[0].role = WANN_BIAS;
    for (uint32_t i = 0; i < p->inputs; i++)
        nodes[1 + i] = (wn_node_spec){.id = 1 + i,
                                      .role = WANN_INPUT_NODE,
                                      .name = labels && labels->input ? labels->input[i] : NULL};
    /* Hidden nodes first and outputs last: the reader takes the k-th output node for output k. */
    uint32_t at = 1 + p->inputs;
    for (uint32_t c = 0, which; c < p->computed; c++)
        if (!is_output(p, 1 + p->inputs + c, &which))
            nodes[at++] = (wn_node_spec){.id = 1 + p->inputs + c,
                                         .role = WANN_HIDDEN,
                                         .activation = (wann_activation)p->activation[c]};
    for (uint32_t o = 0; o < p->outputs; o++)
        nodes[at++] = (wn_node_spec){
            .id = p->output[o],
            .role = WANN_OUTPUT_NODE,
            .activation = (wann_activation)p->activation[p->output[o] - 1 - p->inputs],
            .name = labels && labels->output ? labels->output[o] : NULL};
    return nodes;
}

static wn_conn_spec *conn_specs(const wn_phenotype *p, wn_arena *arena) {
    wn_conn_spec *conns = WN_NEW(arena, wn_conn_spec, p->n_conns + 1);
    for (uint32_t c = 0; conns && c < p->computed; c++)
        for (uint32_t k = p->first[c]; k < p->first[c + 1]; k++)
            conns[k] = (wn_conn_spec){.from = p->source[k],
                                      .to = 1 + p->inputs + c,
                                      .weight = p->weight ? p->weight[k] : 0};
    return conns;
}

wann_status wn_phenotype_net(const wn_phenotype *phenotype, const wn_labels *labels, wn_net **net,
                             wann_diag *diag) {
    *net = NULL;
    wn_arena scratch = {0};
    wn_net_spec spec = {.name = labels ? labels->name : "network",
                        .has_weights = phenotype->weight != NULL,
                        .nodes = node_specs(phenotype, labels, &scratch),
                        .n_nodes = 1 + phenotype->inputs + phenotype->computed,
                        .conns = conn_specs(phenotype, &scratch),
                        .n_conns = phenotype->n_conns};
    if (labels) {
        spec.action = labels->action;
        spec.has_shared_weight = labels->has_shared_weight;
        spec.shared_weight = labels->shared_weight;
        spec.provenance = labels->provenance;
    }
    const wann_status status =
        spec.nodes && spec.conns ? wn_net_build(&spec, net, NULL, diag) : wn_fail_memory(diag);
    wn_arena_free(&scratch);
    return status;
}
