/* Building networks from what readers found. */
#include "runtime/net/net.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/text.h"
#include "runtime/net/order.h"

/* What building needs besides the result; all of it is in the scratch arena. */
typedef struct builder {
    const wn_net_spec *spec;
    wn_net *net;
    wn_arena scratch;
    uint32_t *by_id;    /* spec nodes sorted by id */
    uint32_t *from;     /* [n_conns] spec node */
    uint32_t *to;       /* [n_conns] spec node */
    uint32_t *position; /* [n_nodes] place of a spec node in the network */
    wn_place *place;
    wann_diag *diag;
} builder;

static wann_status fail_at(builder *b, wn_place_kind kind, size_t index) {
    if (b->place)
        *b->place = (wn_place){kind, index};
    return WANN_INPUT;
}

/* `return FAIL_AT(b, NODE, i, "...", ...)`: the message and the place in one go. */
#define FAIL_AT(b, KIND, index, ...)                                                               \
    (wn_fail((b)->diag, WANN_INPUT, NULL, 0, 0, __VA_ARGS__), fail_at((b), WN_PLACE_##KIND, (index)))

typedef struct id_index {
    int64_t id;
    uint32_t index;
} id_index;

static int compare_ids(const void *x, const void *y) {
    const id_index *a = x, *b = y;
    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

static wann_status check_counts(builder *b) {
    const wn_net_spec *spec = b->spec;
    if (spec->n_nodes > WN_MAX_NODES)
        return FAIL_AT(b, NODE, WN_MAX_NODES, "too many nodes (%zu); at most %d are allowed",
                       spec->n_nodes, WN_MAX_NODES);
    if (spec->n_conns >= UINT32_MAX)
        return FAIL_AT(b, NONE, 0, "too many connections (%zu)", spec->n_conns);
    bool bias = false, output = false;
    for (size_t i = 0; i < spec->n_nodes; i++) {
        if (spec->nodes[i].role == WANN_BIAS && bias)
            return FAIL_AT(b, NODE, i, "a second bias node; at most one is allowed");
        bias |= spec->nodes[i].role == WANN_BIAS;
        output |= spec->nodes[i].role == WANN_OUTPUT_NODE;
    }
    if (!output)
        return FAIL_AT(b, NONE, 0, "the network has no output node");
    if (spec->has_shared_weight && !isfinite(spec->shared_weight))
        return FAIL_AT(b, NONE, 0, "the shared weight is not finite");
    return WANN_OK;
}

static wann_status index_ids(builder *b) {
    const size_t n = b->spec->n_nodes;
    id_index *ids = WN_NEW(&b->scratch, id_index, n);
    b->by_id = WN_NEW(&b->scratch, uint32_t, n);
    if (!ids || !b->by_id)
        return wn_fail_memory(b->diag);
    for (size_t i = 0; i < n; i++)
        ids[i] = (id_index){b->spec->nodes[i].id, (uint32_t)i};
    qsort(ids, n, sizeof *ids, compare_ids);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && ids[i].id == ids[i - 1].id)
            return FAIL_AT(b, NODE, ids[i].index, "duplicate node id %" PRId64, ids[i].id);
        b->by_id[i] = ids[i].index;
    }
    return WANN_OK;
}

/* The spec node of an id, or UINT32_MAX. */
static uint32_t find_id(const builder *b, int64_t id) {
    size_t low = 0, high = b->spec->n_nodes;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (b->spec->nodes[b->by_id[middle]].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == b->spec->n_nodes || b->spec->nodes[b->by_id[low]].id != id)
        return UINT32_MAX;
    return b->by_id[low];
}

static wann_status resolve_connections(builder *b) {
    const wn_net_spec *spec = b->spec;
    b->from = WN_NEW(&b->scratch, uint32_t, spec->n_conns);
    b->to = WN_NEW(&b->scratch, uint32_t, spec->n_conns);
    if (!b->from || !b->to)
        return wn_fail_memory(b->diag);
    for (size_t k = 0; k < spec->n_conns; k++) {
        const wn_conn_spec *c = &spec->conns[k];
        b->from[k] = find_id(b, c->from);
        b->to[k] = find_id(b, c->to);
        if (b->from[k] == UINT32_MAX)
            return FAIL_AT(b, CONN, k, "connection from node %" PRId64 ", which does not exist", c->from);
        if (b->to[k] == UINT32_MAX)
            return FAIL_AT(b, CONN, k, "connection to node %" PRId64 ", which does not exist", c->to);
        const wann_role role = spec->nodes[b->to[k]].role;
        if (role == WANN_BIAS || role == WANN_INPUT_NODE)
            return FAIL_AT(b, CONN, k, "connection into node %" PRId64 ", which is %s", c->to,
                           role == WANN_BIAS ? "the bias" : "an input");
        if (spec->has_weights && !isfinite(c->weight))
            return FAIL_AT(b, CONN, k, "the weight is not finite");
    }
    return WANN_OK;
}

/* Name the nodes of a cycle in the message: "1 -> 4 -> 1". */
static wann_status fail_cycle(builder *b, const uint32_t *cycle, size_t n) {
    wn_buf text = {0};
    for (size_t i = 0; i <= n; i++)
        wn_buf_print(&text, "%s%" PRId64, i ? " -> " : "", b->spec->nodes[cycle[i % n]].id);
    const wann_status status =
        FAIL_AT(b, NODE, cycle[0], "the connections form a cycle of %zu node%s: %s", n, n == 1 ? "" : "s",
                text.data ? text.data : "");
    wn_buf_free(&text);
    return status;
}

static wann_status order_nodes(builder *b) {
    const size_t n = b->spec->n_nodes;
    uint8_t *rank = WN_NEW(&b->scratch, uint8_t, n);
    uint32_t *order = WN_NEW(&b->scratch, uint32_t, n);
    b->position = WN_NEW(&b->scratch, uint32_t, n);
    if (!rank || !order || !b->position)
        return wn_fail_memory(b->diag);
    for (size_t i = 0; i < n; i++)
        rank[i] = (uint8_t)b->spec->nodes[i].role; /* bias, inputs, hidden, outputs */
    const wn_graph graph = {n, b->spec->n_conns, b->from, b->to};
    size_t cycle;
    WN_TRY(wn_topological_order(&graph, rank, &b->scratch, order, &cycle, b->diag));
    if (cycle > 0)
        return fail_cycle(b, order, cycle);
    for (size_t i = 0; i < n; i++)
        b->position[order[i]] = (uint32_t)i;
    return WANN_OK;
}

static wann_status allocate_net(builder *b) {
    const wn_net_spec *spec = b->spec;
    wn_net *net = b->net;
    wn_arena *arena = &net->arena;
    net->n_nodes = (uint32_t)spec->n_nodes;
    net->n_conns = (uint32_t)spec->n_conns;
    bool node_extra = false, conn_extra = false;
    for (size_t i = 0; i < spec->n_nodes; i++) {
        net->n_inputs += spec->nodes[i].role == WANN_INPUT_NODE;
        net->n_outputs += spec->nodes[i].role == WANN_OUTPUT_NODE;
        node_extra |= spec->nodes[i].extra != NULL;
    }
    for (size_t k = 0; k < spec->n_conns; k++)
        conn_extra |= spec->conns[k].extra != NULL;
    net->role = WN_NEW(arena, uint8_t, net->n_nodes);
    net->activation = WN_NEW(arena, uint8_t, net->n_nodes);
    net->id = WN_NEW(arena, int64_t, net->n_nodes);
    net->node_name = WN_NEW(arena, const char *, net->n_nodes);
    net->first_conn = WN_NEW(arena, uint32_t, (size_t)net->n_nodes + 1);
    net->source = WN_NEW(arena, uint32_t, net->n_conns);
    net->weight = spec->has_weights ? WN_NEW(arena, double, net->n_conns) : NULL;
    net->input = WN_NEW(arena, uint32_t, net->n_inputs);
    net->output = WN_NEW(arena, uint32_t, net->n_outputs);
    net->node_extra = node_extra ? WN_NEW(arena, wn_extra, net->n_nodes) : NULL;
    net->conn_extra = conn_extra ? WN_NEW(arena, wn_extra, net->n_conns) : NULL;
    const bool ok = net->role && net->activation && net->id && net->node_name && net->first_conn &&
                    net->source && net->input && net->output &&
                    (net->weight || !spec->has_weights) && (net->node_extra || !node_extra) &&
                    (net->conn_extra || !conn_extra);
    return ok ? WANN_OK : wn_fail_memory(b->diag);
}

/* NULL stays NULL; *failed is set where memory runs out. */
static const char *copy_text(wn_net *net, const char *text, bool *failed) {
    if (!text)
        return NULL;
    const char *copy = wn_arena_copy(&net->arena, text, strlen(text));
    *failed |= !copy;
    return copy;
}

static const char *default_name(wn_net *net, const char *stem, size_t number, bool *failed) {
    wn_buf text = {0};
    wn_buf_print(&text, "%s%zu", stem, number);
    const char *name = text.failed ? NULL : copy_text(net, text.data, failed);
    *failed |= text.failed;
    wn_buf_free(&text);
    return name;
}

static wann_status fill_nodes(builder *b) {
    wn_net *net = b->net;
    uint32_t inputs = 0, outputs = 0;
    bool failed = false;
    for (size_t i = 0; i < b->spec->n_nodes; i++) {
        const wn_node_spec *node = &b->spec->nodes[i];
        const uint32_t at = b->position[i];
        const bool computed = node->role == WANN_HIDDEN || node->role == WANN_OUTPUT_NODE;
        net->role[at] = (uint8_t)node->role;
        net->activation[at] = (uint8_t)(computed ? node->activation : WANN_ACT_LINEAR);
        net->id[at] = node->id;
        net->node_name[at] = NULL;
        if (node->role == WANN_BIAS) {
            net->bias = at;
        } else if (node->role == WANN_INPUT_NODE) {
            net->node_name[at] = node->name ? copy_text(net, node->name, &failed)
                                            : default_name(net, "in", inputs, &failed);
            net->input[inputs++] = at;
        } else if (node->role == WANN_OUTPUT_NODE) {
            net->node_name[at] = node->name ? copy_text(net, node->name, &failed)
                                            : default_name(net, "out", outputs, &failed);
            net->output[outputs++] = at;
        }
        if (net->node_extra)
            net->node_extra[at] = copy_text(net, node->extra, &failed);
    }
    return failed ? wn_fail_memory(b->diag) : WANN_OK;
}

typedef struct sorted_conn {
    uint32_t to, from, spec;
} sorted_conn;

static int compare_conns(const void *x, const void *y) {
    const sorted_conn *a = x, *b = y;
    if (a->to != b->to)
        return a->to < b->to ? -1 : 1;
    if (a->from != b->from)
        return a->from < b->from ? -1 : 1;
    return a->spec < b->spec ? -1 : a->spec > b->spec;
}

static wann_status fill_connections(builder *b) {
    wn_net *net = b->net;
    sorted_conn *sorted = WN_NEW(&b->scratch, sorted_conn, net->n_conns);
    if (!sorted)
        return wn_fail_memory(b->diag);
    for (uint32_t k = 0; k < net->n_conns; k++)
        sorted[k] = (sorted_conn){b->position[b->to[k]], b->position[b->from[k]], k};
    qsort(sorted, net->n_conns, sizeof *sorted, compare_conns);
    bool failed = false;
    for (uint32_t k = 0; k < net->n_conns; k++) {
        const wn_conn_spec *spec = &b->spec->conns[sorted[k].spec];
        if (k > 0 && sorted[k].to == sorted[k - 1].to && sorted[k].from == sorted[k - 1].from)
            return FAIL_AT(b, CONN, sorted[k].spec,
                           "duplicate connection from node %" PRId64 " to node %" PRId64, spec->from,
                           spec->to);
        net->source[k] = sorted[k].from;
        if (net->weight)
            net->weight[k] = spec->weight;
        if (net->conn_extra)
            net->conn_extra[k] = copy_text(net, spec->extra, &failed);
        net->first_conn[sorted[k].to + 1]++;
    }
    for (uint32_t i = 0; i < net->n_nodes; i++)
        net->first_conn[i + 1] += net->first_conn[i];
    return failed ? wn_fail_memory(b->diag) : WANN_OK;
}

static wann_status fill_header(builder *b) {
    wn_net *net = b->net;
    bool failed = false;
    net->name = copy_text(net, b->spec->name ? b->spec->name : "network", &failed);
    net->action = b->spec->action;
    net->has_shared_weight = b->spec->has_shared_weight;
    net->shared_weight = b->spec->has_shared_weight ? b->spec->shared_weight : 1.0;
    net->provenance = copy_text(net, b->spec->provenance, &failed);
    net->task = copy_text(net, b->spec->task, &failed);
    net->extra = copy_text(net, b->spec->extra, &failed);
    return failed ? wn_fail_memory(b->diag) : WANN_OK;
}

static wann_status build(builder *b) {
    WN_TRY(check_counts(b));
    WN_TRY(index_ids(b));
    WN_TRY(resolve_connections(b));
    WN_TRY(order_nodes(b));
    WN_TRY(allocate_net(b));
    WN_TRY(fill_header(b));
    WN_TRY(fill_nodes(b));
    return fill_connections(b);
}

wann_status wn_net_build(const wn_net_spec *spec, wn_net **net, wn_place *place, wann_diag *diag) {
    *net = NULL;
    if (place)
        *place = (wn_place){WN_PLACE_NONE, 0};
    builder b = {.spec = spec, .place = place, .diag = diag};
    b.net = wn_calloc(1, sizeof *b.net);
    if (!b.net)
        return wn_fail_memory(diag);
    b.net->bias = -1;
    const wann_status status = build(&b);
    wn_arena_free(&b.scratch);
    if (status != WANN_OK) {
        wann_net_destroy(b.net);
        return status;
    }
    *net = b.net;
    return WANN_OK;
}

void wann_net_destroy(wann_net *net) {
    if (!net)
        return;
    wn_arena_free(&net->arena);
    wn_free(net);
}
