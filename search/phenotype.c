/* The memory and the hashes of phenotypes, and the way from one to a network that the rest of the
 * project reads. */
#include "search/phenotype.h"

#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

wn_phenotype *wn_phenotype_new(uint32_t inputs, uint32_t outputs, uint32_t computed,
                               uint32_t n_conns, bool weighted) {
    const size_t conns = n_conns, nodes = computed;
    const size_t weights = weighted ? conns * sizeof(double) : 0;
    const size_t head = (sizeof(wn_phenotype) + 15) / 16 * 16;
    const size_t hashes = nodes * sizeof(uint64_t);
    char *block = wn_alloc(head + weights + hashes +
                           (conns + 2 * nodes + 1 + outputs) * sizeof(uint32_t) + nodes);
    if (!block)
        return NULL;
    wn_phenotype *p = (wn_phenotype *)(void *)block;
    uint32_t *numbers = (uint32_t *)(void *)(block + head + weights + hashes);
    *p = (wn_phenotype){.inputs = inputs,
                        .outputs = outputs,
                        .computed = computed,
                        .n_conns = n_conns,
                        .source = numbers,
                        .first = numbers + conns,
                        .output = numbers + conns + nodes + 1,
                        .birth = numbers + conns + nodes + 1 + outputs,
                        .activation = (uint8_t *)(numbers + conns + 2 * nodes + 1 + outputs),
                        .node_hash = (uint64_t *)(void *)(block + head + weights),
                        .weight = weighted ? (double *)(void *)(block + head) : NULL};
    return p;
}

static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* A node's hash is that of its activation and of the set of its sources, so it does not matter in
 * what order they came (as hash-consing does; Filliatre and Conchon 2006). Hashes of sources are
 * mixed already: their sum will do. */
void wn_phenotype_identify(wn_phenotype *p, uint64_t *all) {
    const uint32_t sources = p->inputs + 1;
    for (uint32_t i = 0; i < sources; i++)
        all[i] = mix(i + UINT64_C(0x9e3779b97f4a7c15));
    for (uint32_t c = 0; c < p->computed; c++) {
        uint64_t sum = 0;
        for (uint32_t k = p->first[c]; !p->weight && k < p->first[c + 1]; k++)
            sum += all[p->source[k]];
        for (uint32_t k = p->first[c]; p->weight && k < p->first[c + 1]; k++) {
            uint64_t bits;
            memcpy(&bits, &p->weight[k], sizeof bits);
            sum += mix(all[p->source[k]] + mix(bits));
        }
        all[sources + c] = mix(mix(sum) + p->activation[c]);
    }
    memcpy((uint64_t *)p->node_hash, all + sources, p->computed * sizeof *p->node_hash);
    p->hash = 0;
    for (uint32_t o = 0; o < p->outputs; o++)
        p->hash = mix(p->hash + all[p->output[o]]);
}

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
