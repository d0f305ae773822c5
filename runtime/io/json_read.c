/* Reading the network file: from a checked text to a spec, from the spec to a network. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/io/io.h"
#include "runtime/io/json_value.h"

enum { FORMAT_VERSION = 1 };

/* The keys that we know, at each of the three places; all others are kept as they are. */
#define TOP_KEYS(X)                                                                                \
    X(FORMAT, "format")                                                                            \
    X(VERSION, "version")                                                                          \
    X(NAME, "name")                                                                                \
    X(INPUTS, "inputs")                                                                            \
    X(OUTPUTS, "outputs")                                                                          \
    X(ACTION, "action")                                                                            \
    X(NODES, "nodes")                                                                              \
    X(CONNECTIONS, "connections")                                                                  \
    X(SHARED_WEIGHT, "shared_weight")                                                              \
    X(PROVENANCE, "provenance")
#define NODE_KEYS(X)                                                                               \
    X(NODE_ID, "id")                                                                               \
    X(NODE_TYPE, "type")                                                                           \
    X(NODE_ACTIVATION, "activation")
#define CONN_KEYS(X)                                                                               \
    X(CONN_FROM, "from")                                                                           \
    X(CONN_TO, "to")                                                                               \
    X(CONN_WEIGHT, "weight")

#define AS_ENUM(NAME, text) NAME,
#define AS_TEXT(NAME, text) text,
enum { TOP_KEYS(AS_ENUM) N_TOP_KEYS };
enum { NODE_KEYS(AS_ENUM) N_NODE_KEYS };
enum { CONN_KEYS(AS_ENUM) N_CONN_KEYS };
static const char *const top_keys[] = {TOP_KEYS(AS_TEXT)};
static const char *const node_keys[] = {NODE_KEYS(AS_TEXT)};
static const char *const conn_keys[] = {CONN_KEYS(AS_TEXT)};

typedef struct reader {
    const wn_source *source;
    wann_diag *diag;
    wn_arena arena; /* texts of the spec */
    wn_json_span top[N_TOP_KEYS];
    wn_net_spec spec;
    wn_node_spec *nodes; /* grow, so that a bad file is refused before it costs memory */
    size_t node_capacity;
    wn_conn_spec *conns;
    size_t conn_capacity;
    size_t of_role[WANN_OUTPUT_NODE + 1];
    wn_json_span no_weight; /* the first connection without a weight */
} reader;

static bool present(wn_json_span value) {
    return value.end > 0;
}

static const char *keep(reader *r, wn_buf *text, wann_status *status) {
    if (text->length == 0 && !text->failed)
        return NULL;
    const char *kept = text->failed ? NULL : wn_arena_copy(&r->arena, text->data, text->length);
    if (!kept)
        *status = wn_fail_memory(r->diag);
    wn_buf_free(text);
    return kept;
}

/* Find the known keys of an object; collect the others in *extra. */
static wann_status take_members(reader *r, wn_json_span object, const char *const *keys, size_t n,
                                wn_json_span *values, wn_extra *extra) {
    memset(values, 0, n * sizeof *values);
    wn_buf unknown = {0};
    wn_json_walk walk = wn_json_begin(r->source, object);
    while (wn_json_next(&walk)) {
        size_t k = 0;
        while (k < n && !wn_json_key_is(r->source, walk.key, keys[k]))
            k++;
        if (k < n) {
            values[k] = walk.value;
            continue;
        }
        wn_buf_text(&unknown, unknown.length ? ", " : "{");
        wn_json_compact(&unknown, r->source, walk.key);
        wn_buf_text(&unknown, ": ");
        wn_json_compact(&unknown, r->source, walk.value);
    }
    if (unknown.length)
        wn_buf_char(&unknown, '}');
    wann_status status = WANN_OK;
    *extra = keep(r, &unknown, &status);
    return status;
}

static wann_status need(reader *r, wn_json_span object, const wn_json_span *values,
                        const char *const *keys, size_t key, const char *what) {
    if (present(values[key]))
        return WANN_OK;
    return wn_source_fail(r->source, object.at, r->diag, "%s has no \"%s\"", what, keys[key]);
}

/* "nodes[7]": what an element of an array is called in errors. */
static const char *element_name(char text[48], int key, size_t index) {
    snprintf(text, 48, "%s[%zu]", top_keys[key], index);
    return text;
}

/* The index of a word in a list that ends with NULL; the list is named in the error. */
static wann_status read_word(reader *r, wn_json_span value, const char *key,
                             const char *const *words, size_t *index) {
    const char *word;
    WN_TRY(wn_json_string(r->source, value, key, &r->arena, &word, r->diag));
    wn_buf list = {0};
    for (*index = 0; words[*index]; ++*index) {
        if (strcmp(words[*index], word) == 0) {
            wn_buf_free(&list);
            return WANN_OK;
        }
        wn_buf_print(&list, "%s%s", *index ? ", " : "", words[*index]);
    }
    const wann_status status =
        wn_source_fail(r->source, value.at, r->diag, "unknown %s \"%.80s\"; expected one of: %s",
                       key, word, list.data ? list.data : "");
    wn_buf_free(&list);
    return status;
}

static const char *const action_words[] = {"none", "softmax", NULL};
static const char *const role_words[] = {"bias", "input", "hidden", "output", NULL};
static const char *const activation_words[] = {
#define X(NAME, name, number, formula) #name,
#include "wann/activations.def"
#undef X
    NULL};
static const wann_activation activation_values[] = {
#define X(NAME, name, number, formula) WANN_ACT_##NAME,
#include "wann/activations.def"
#undef X
};
enum { N_ACTIVATIONS = sizeof activation_values / sizeof *activation_values };

static wann_status read_activation(reader *r, wn_json_span value, wann_activation *activation) {
    const char *key = node_keys[NODE_ACTIVATION];
    if (r->source->data[value.at] == '"') {
        size_t index = 0;
        WN_TRY(read_word(r, value, key, activation_words, &index));
        *activation = activation_values[index];
        return WANN_OK;
    }
    int64_t number = 0;
    if (!wn_json_is_number(r->source, value))
        return wn_source_fail(r->source, value.at, r->diag,
                              "\"%s\" is %s; expected a name or a number", key,
                              wn_json_kind(r->source, value));
    WN_TRY(wn_json_integer(r->source, value, key, &number, r->diag));
    for (size_t i = 0; i < N_ACTIVATIONS; i++)
        if ((int64_t)activation_values[i] == number) {
            *activation = activation_values[i];
            return WANN_OK;
        }
    return wn_source_fail(r->source, value.at, r->diag,
                          "unknown activation %" PRId64 "; expected 1 to %d or a name", number,
                          N_ACTIVATIONS);
}

static wann_status check_format(reader *r, wn_json_span root) {
    static const char *const formats[] = {"wann-network", NULL};
    size_t index;
    int64_t version = 0;
    WN_TRY(need(r, root, r->top, top_keys, FORMAT, "the network"));
    WN_TRY(read_word(r, r->top[FORMAT], top_keys[FORMAT], formats, &index));
    WN_TRY(need(r, root, r->top, top_keys, VERSION, "the network"));
    WN_TRY(wn_json_integer(r->source, r->top[VERSION], top_keys[VERSION], &version, r->diag));
    if (version != FORMAT_VERSION)
        return wn_source_fail(r->source, r->top[VERSION].at, r->diag,
                              "version %" PRId64 " of the network file; expected %d", version,
                              FORMAT_VERSION);
    return WANN_OK;
}

static wann_status read_header(reader *r, wn_json_span root) {
    WN_TRY(check_format(r, root));
    if (present(r->top[NAME]))
        WN_TRY(wn_json_string(r->source, r->top[NAME], top_keys[NAME], &r->arena, &r->spec.name,
                              r->diag));
    if (present(r->top[ACTION])) {
        size_t index = 0;
        WN_TRY(read_word(r, r->top[ACTION], top_keys[ACTION], action_words, &index));
        r->spec.action = (wann_action)index;
    }
    if (present(r->top[SHARED_WEIGHT])) {
        WN_TRY(wn_json_number(r->source, r->top[SHARED_WEIGHT], top_keys[SHARED_WEIGHT],
                              &r->spec.shared_weight, r->diag));
        r->spec.has_shared_weight = true;
    }
    return WANN_OK;
}

static wann_status read_provenance(reader *r) {
    const wn_json_span value = r->top[PROVENANCE];
    if (!present(value))
        return WANN_OK;
    WN_TRY(wn_json_container(r->source, value, top_keys[PROVENANCE], '{', r->diag));
    wn_buf text = {0};
    wn_json_compact(&text, r->source, value);
    wann_status status = WANN_OK;
    r->spec.provenance = keep(r, &text, &status);
    const wn_json_span task = wn_json_member(r->source, value, "task");
    if (status == WANN_OK && present(task) && r->source->data[task.at] == '"')
        status = wn_json_string(r->source, task, "task", &r->arena, &r->spec.task, r->diag);
    return status;
}

/* Room for one more of n elements of an array that doubles. */
static bool grow(void **array, size_t *capacity, size_t n, size_t size) {
    if (n < *capacity)
        return true;
    const size_t more = *capacity ? *capacity * 2 : 64;
    size_t bytes;
    void *grown = wn_mul_size(more, size, &bytes) ? wn_realloc(*array, bytes) : NULL;
    if (!grown)
        return false;
    *array = grown;
    *capacity = more;
    return true;
}

/* Outputs are linear unless they say otherwise, as in the published networks. */
static wann_status read_node_activation(reader *r, wn_json_span object, wn_json_span value,
                                        wn_node_spec *node) {
    node->activation = WANN_ACT_LINEAR;
    if (!present(value))
        return node->role == WANN_HIDDEN
                   ? wn_source_fail(r->source, object.at, r->diag,
                                    "hidden node %" PRId64 " has no \"activation\"", node->id)
                   : WANN_OK;
    WN_TRY(read_activation(r, value, &node->activation));
    const bool computed = node->role == WANN_HIDDEN || node->role == WANN_OUTPUT_NODE;
    if (!computed && node->activation != WANN_ACT_LINEAR)
        return wn_source_fail(r->source, value.at, r->diag,
                              "%s node %" PRId64
                              " has an activation; it is passed through as it is",
                              role_words[node->role], node->id);
    return WANN_OK;
}

static wann_status read_node(reader *r, wn_json_span object, wn_node_spec *node) {
    wn_json_span values[N_NODE_KEYS];
    size_t role = 0;
    *node = (wn_node_spec){0};
    char name[48];
    WN_TRY(wn_json_container(r->source, object, element_name(name, NODES, r->spec.n_nodes), '{',
                             r->diag));
    WN_TRY(take_members(r, object, node_keys, N_NODE_KEYS, values, &node->extra));
    WN_TRY(need(r, object, values, node_keys, NODE_ID, "the node"));
    WN_TRY(need(r, object, values, node_keys, NODE_TYPE, "the node"));
    WN_TRY(wn_json_integer(r->source, values[NODE_ID], node_keys[NODE_ID], &node->id, r->diag));
    WN_TRY(read_word(r, values[NODE_TYPE], node_keys[NODE_TYPE], role_words, &role));
    node->role = (wann_role)role;
    r->of_role[role]++;
    return read_node_activation(r, object, values[NODE_ACTIVATION], node);
}

static wann_status read_nodes(reader *r, wn_json_span root) {
    WN_TRY(need(r, root, r->top, top_keys, NODES, "the network"));
    WN_TRY(wn_json_container(r->source, r->top[NODES], top_keys[NODES], '[', r->diag));
    wn_json_walk walk = wn_json_begin(r->source, r->top[NODES]);
    while (wn_json_next(&walk)) {
        const size_t n = r->spec.n_nodes;
        if (n == WN_MAX_NODES)
            return wn_source_fail(r->source, walk.value.at, r->diag,
                                  "too many nodes; at most %d are allowed", WN_MAX_NODES);
        if (!grow((void **)&r->nodes, &r->node_capacity, n, sizeof *r->nodes))
            return wn_fail_memory(r->diag);
        WN_TRY(read_node(r, walk.value, &r->nodes[n]));
        r->spec.n_nodes++;
    }
    r->spec.nodes = r->nodes;
    return WANN_OK;
}

static wann_status mixed_weights(reader *r) {
    return wn_source_fail(
        r->source, r->no_weight.at, r->diag,
        "the connection has no \"weight\", but others have; expected all or none");
}

/* All connections have a weight or none has; the first without one is remembered for the error. */
static wann_status read_weight(reader *r, wn_json_span object, wn_json_span value,
                               wn_conn_spec *conn) {
    if (!present(value)) {
        if (!present(r->no_weight))
            r->no_weight = object;
        return r->spec.has_weights ? mixed_weights(r) : WANN_OK;
    }
    r->spec.has_weights = true;
    WN_TRY(wn_json_number(r->source, value, conn_keys[CONN_WEIGHT], &conn->weight, r->diag));
    return present(r->no_weight) ? mixed_weights(r) : WANN_OK;
}

static wann_status read_connection(reader *r, wn_json_span object, wn_conn_spec *conn) {
    wn_json_span values[N_CONN_KEYS];
    *conn = (wn_conn_spec){0};
    char name[48];
    WN_TRY(wn_json_container(r->source, object, element_name(name, CONNECTIONS, r->spec.n_conns),
                             '{', r->diag));
    WN_TRY(take_members(r, object, conn_keys, N_CONN_KEYS, values, &conn->extra));
    WN_TRY(need(r, object, values, conn_keys, CONN_FROM, "the connection"));
    WN_TRY(need(r, object, values, conn_keys, CONN_TO, "the connection"));
    WN_TRY(
        wn_json_integer(r->source, values[CONN_FROM], conn_keys[CONN_FROM], &conn->from, r->diag));
    WN_TRY(wn_json_integer(r->source, values[CONN_TO], conn_keys[CONN_TO], &conn->to, r->diag));
    return read_weight(r, object, values[CONN_WEIGHT], conn);
}

static wann_status read_connections(reader *r, wn_json_span root) {
    WN_TRY(need(r, root, r->top, top_keys, CONNECTIONS, "the network"));
    WN_TRY(wn_json_container(r->source, r->top[CONNECTIONS], top_keys[CONNECTIONS], '[', r->diag));
    wn_json_walk walk = wn_json_begin(r->source, r->top[CONNECTIONS]);
    while (wn_json_next(&walk)) {
        const size_t n = r->spec.n_conns;
        if (!grow((void **)&r->conns, &r->conn_capacity, n, sizeof *r->conns))
            return wn_fail_memory(r->diag);
        WN_TRY(read_connection(r, walk.value, &r->conns[n]));
        r->spec.n_conns++;
    }
    r->spec.conns = r->conns;
    return WANN_OK;
}

/* Give the nodes of a role the names of "inputs" or "outputs", in order. */
static wann_status read_names(reader *r, int key, wann_role role) {
    const wn_json_span list = r->top[key];
    if (!present(list))
        return WANN_OK;
    WN_TRY(wn_json_container(r->source, list, top_keys[key], '[', r->diag));
    wn_json_walk walk = wn_json_begin(r->source, list);
    size_t named = 0, node = 0;
    for (; wn_json_next(&walk); named++) {
        while (node < r->spec.n_nodes && r->nodes[node].role != role)
            node++;
        char element[48];
        const char *name;
        WN_TRY(wn_json_string(r->source, walk.value, element_name(element, key, named), &r->arena,
                              &name, r->diag));
        if (node < r->spec.n_nodes)
            r->nodes[node++].name = name;
    }
    if (named == r->of_role[role])
        return WANN_OK;
    return wn_source_fail(r->source, list.at, r->diag,
                          "\"%s\" has %zu name%s, but there %s %zu %s node%s", top_keys[key], named,
                          named == 1 ? "" : "s", r->of_role[role] == 1 ? "is" : "are",
                          r->of_role[role], role_words[role], r->of_role[role] == 1 ? "" : "s");
}

/* The node of an id, or NULL: only for errors, which need no index. */
static const wn_node_spec *find_node(const reader *r, int64_t id) {
    for (size_t i = 0; i < r->spec.n_nodes; i++)
        if (r->nodes[i].id == id)
            return &r->nodes[i];
    return NULL;
}

/* The end that is at fault, or where the connection begins. */
static size_t place_of_connection(const reader *r, size_t index) {
    const wn_json_span object = wn_json_element(r->source, r->top[CONNECTIONS], index);
    const wn_node_spec *to = find_node(r, r->conns[index].to);
    if (!find_node(r, r->conns[index].from))
        return wn_json_member(r->source, object, conn_keys[CONN_FROM]).at;
    if (!to || to->role == WANN_BIAS || to->role == WANN_INPUT_NODE)
        return wn_json_member(r->source, object, conn_keys[CONN_TO]).at;
    return object.at;
}

static size_t place_in_text(const reader *r, wn_json_span root, wn_place place) {
    switch (place.kind) {
    case WN_PLACE_NODE: {
        const wn_json_span node = wn_json_element(r->source, r->top[NODES], place.index);
        return wn_json_member(r->source, node, node_keys[NODE_ID]).at;
    }
    case WN_PLACE_CONN:
        return place_of_connection(r, place.index);
    case WN_PLACE_NONE:
        break;
    }
    return root.at;
}

static wann_status build(reader *r, wn_json_span root, wn_net **net) {
    wn_place place;
    wann_diag why = {0};
    const wann_status status = wn_net_build(&r->spec, net, &place, &why);
    if (status == WANN_OK)
        return WANN_OK;
    if (status != WANN_INPUT)
        return wn_fail(r->diag, status, NULL, 0, 0, "%s", why.text);
    return wn_source_fail(r->source, place_in_text(r, root, place), r->diag, "%s", why.text);
}

static wann_status check_root(reader *r, wn_json_span root) {
    const char first = r->source->data[root.at];
    if (first == '{')
        return WANN_OK;
    return wn_source_fail(
        r->source, root.at, r->diag, "the file is %s; expected a network, an object%s",
        wn_json_kind(r->source, root), first == '[' ? " (is it a weights file?)" : "");
}

static wann_status read_network(reader *r, wn_net **net) {
    WN_TRY(wn_json_check(r->source, r->diag));
    const wn_json_span root = wn_json_root(r->source);
    WN_TRY(check_root(r, root));
    WN_TRY(take_members(r, root, top_keys, N_TOP_KEYS, r->top, &r->spec.extra));
    WN_TRY(read_header(r, root));
    WN_TRY(read_provenance(r));
    WN_TRY(read_nodes(r, root));
    WN_TRY(read_names(r, INPUTS, WANN_INPUT_NODE));
    WN_TRY(read_names(r, OUTPUTS, WANN_OUTPUT_NODE));
    WN_TRY(read_connections(r, root));
    return build(r, root, net);
}

wann_status wn_json_read(const wn_source *source, const char *default_name, wn_net **net,
                         wann_diag *diag) {
    *net = NULL;
    reader r = {.source = source, .diag = diag, .spec.name = default_name};
    const wann_status status = read_network(&r, net);
    wn_free(r.nodes);
    wn_free(r.conns);
    wn_arena_free(&r.arena);
    return status;
}
