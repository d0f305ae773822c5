/* Fully connected networks: the fixed topologies that the paper compares with. */
#include "search/cli/dense.h"

#include <string.h>

#include "runtime/base/diag.h"
#include "runtime/net/net.h"

static const char PREFIX[] = "dense:";
enum { MOST_LAYERS = 16, MOST_NODES = 10000, MOST_CONNECTIONS = 10000000 };

bool dense_is(const char *path) {
    return strncmp(path, PREFIX, sizeof PREFIX - 1) == 0;
}

/* Sizes of the layers, inputs first and outputs last, and how many they are; 0: no such sizes. */
static size_t read_layers(const char *path, size_t inputs, size_t outputs, size_t *layer) {
    const char *at = path + sizeof PREFIX - 1;
    size_t n = 0;
    layer[n++] = inputs;
    while (*at) {
        size_t size = 0;
        for (; *at >= '0' && *at <= '9' && size <= MOST_NODES; at++)
            size = 10 * size + (size_t)(*at - '0');
        if (size == 0 || size > MOST_NODES || n > MOST_LAYERS || (*at && (*at != ',' || !at[1])))
            return 0;
        layer[n++] = size;
        at += *at == ',';
    }
    layer[n++] = outputs;
    return n;
}

static void count(const size_t *layer, size_t n, size_t *nodes, size_t *conns) {
    *nodes = 1;
    *conns = 0;
    for (size_t i = 0; i < n; i++) {
        *nodes += layer[i];
        *conns += i > 0 ? layer[i] * (layer[i - 1] + 1) : 0;
    }
}

/* Node 0 is the bias; layers follow one another. */
static void describe(const size_t *layer, size_t n, wn_node_spec *node, wn_conn_spec *conn) {
    int64_t id = 1, before = 1;
    node[0] = (wn_node_spec){.role = WANN_BIAS};
    for (size_t i = 0; i < n; i++) {
        const int64_t first = id;
        for (size_t k = 0; k < layer[i]; k++, id++) {
            node[id] = (wn_node_spec){
                .id = id,
                .role = i == 0 ? WANN_INPUT_NODE : i + 1 < n ? WANN_HIDDEN : WANN_OUTPUT_NODE,
                .activation = i + 1 < n ? WANN_ACT_TANH : WANN_ACT_LINEAR};
            if (i == 0)
                continue;
            *conn++ = (wn_conn_spec){.from = 0, .to = id};
            for (int64_t source = before; source < first; source++)
                *conn++ = (wn_conn_spec){.from = source, .to = id};
        }
        before = first;
    }
}

wann_status dense_net(const char *path, size_t inputs, size_t outputs, bool softmax, wann_net **net,
                      wann_diag *diag) {
    size_t layer[MOST_LAYERS + 2], nodes, conns;
    const size_t n = read_layers(path, inputs, outputs, layer);
    *net = NULL;
    if (n == 0)
        return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0,
                       "%s: expected the sizes of hidden layers, as in dense:40,40", path);
    count(layer, n, &nodes, &conns);
    if (conns > MOST_CONNECTIONS)
        return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0, "%s: more than %d connections", path,
                       MOST_CONNECTIONS);
    wn_arena scratch = {0};
    wn_node_spec *node = WN_NEW(&scratch, wn_node_spec, nodes);
    wn_conn_spec *conn = WN_NEW(&scratch, wn_conn_spec, conns + 1);
    wann_status status = node && conn ? WANN_OK : wn_fail_memory(diag);
    if (status == WANN_OK) {
        describe(layer, n, node, conn);
        const wn_net_spec spec = {.name = path,
                                  .action = softmax ? WANN_ACTION_SOFTMAX : WANN_ACTION_NONE,
                                  .nodes = node,
                                  .n_nodes = nodes,
                                  .conns = conn,
                                  .n_conns = conns};
        status = wn_net_build(&spec, net, NULL, diag);
    }
    wn_arena_free(&scratch);
    return status;
}
