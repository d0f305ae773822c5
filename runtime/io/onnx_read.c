/* ONNX models become networks: the file, its inputs, its operators in order, its outputs. */
#include "runtime/io/onnx.h"

#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

#ifdef WANN_HAVE_ONNX
#include "runtime/io/onnx_build.h"
#include "runtime/io/onnx_operators.h"

/* A value that has a name. */
typedef struct entry {
    const char *name;
    wn_onnx_tensor tensor;
} entry;

typedef struct reader {
    const wn_source *source;
    wann_diag *diag;
    const Wn__ModelProto *model;
    const Wn__GraphProto *graph;
    wn_onnx_net net;
    entry *table; /* [room] by hash, open addressing; name NULL: empty */
    size_t n_entries, room;
    const wn_onnx_tensor *out; /* what the outputs are */
    bool softmax;
} reader;

#define REFUSE(r, ...) wn_fail((r)->diag, WANN_INPUT, (r)->source->path, 0, 0, __VA_ARGS__)

/* What went wrong gets the file's name. */
static wann_status in_file(const reader *r, wann_status status) {
    const wann_diag why = *r->diag;
    return status == WANN_OK || status == WANN_NO_MEMORY ? status : REFUSE(r, "%s", why.text);
}

/* --- the file --------------------------------------------------------------------------------- */

/* protobuf-c answers NULL for bad files and for memory alike. */
static void *allocate(void *failed, size_t size) {
    void *memory = wn_alloc(size);
    if (!memory)
        *(bool *)failed = true;
    return memory;
}

static void release(void *failed, void *memory) {
    (void)failed;
    wn_free(memory);
}

static bool is_utf8(const char *text) {
    for (size_t left = strlen(text); left > 0;) {
        const size_t n = wn_utf8_length(text, left);
        if (n == 0)
            return false;
        text += n;
        left -= n;
    }
    return true;
}

static wann_status check_version(const reader *r) {
    for (size_t i = 0; i < r->model->n_opset_import; i++) {
        const Wn__OperatorSetIdProto *set = r->model->opset_import[i];
        if (set->domain && *set->domain && strcmp(set->domain, "ai.onnx") != 0)
            continue;
        if (set->version >= WN_ONNX_OPSET)
            return WANN_OK;
        return REFUSE(r, "the operators are those of opset %lld; expected %d or later",
                      (long long)set->version, WN_ONNX_OPSET);
    }
    return REFUSE(r, "not an ONNX model: it does not say which set of operators it uses");
}

/* --- values by name --------------------------------------------------------------------------- */

static entry *find(const reader *r, const char *name) {
    for (size_t i = wn_hash(name, strlen(name));; i++) {
        entry *e = &r->table[i & (r->room - 1)];
        if (!e->name || strcmp(e->name, name) == 0)
            return e;
    }
}

static wann_status define(reader *r, const char *name, const wn_onnx_tensor *tensor) {
    entry *e = find(r, name);
    if (e->name)
        return REFUSE(r, "the value '%.60s' is made twice", name);
    *e = (entry){name, *tensor};
    return WANN_OK;
}

/* Room for all names that the model can make. */
static wann_status open_table(reader *r) {
    size_t names = r->graph->n_initializer + r->graph->n_input;
    for (size_t i = 0; i < r->graph->n_node; i++)
        names += r->graph->node[i]->n_output;
    for (r->room = 16; r->room < 2 * names;)
        r->room *= 2;
    r->table = wn_calloc(r->room, sizeof *r->table);
    return r->table ? WANN_OK : wn_fail_memory(r->diag);
}

/* --- inputs ----------------------------------------------------------------------------------- */

/* The sizes of an input; -1: any. *rank: how many there are, at most 3 of which are looked at. */
static wann_status shape(const reader *r, const Wn__ValueInfoProto *value, int64_t dims[3],
                         size_t *rank) {
    const Wn__TensorTypeProto *t = value->type ? value->type->tensor_type : NULL;
    const char *name = value->name ? value->name : "";
    if (!t || !t->shape || (t->elem_type != WN_ONNX_FLOAT && t->elem_type != WN_ONNX_DOUBLE))
        return REFUSE(r, "input '%.60s' is no tensor of float or double with a shape", name);
    *rank = t->shape->n_dim;
    for (size_t i = 0; i < *rank && i < 3; i++)
        dims[i] = t->shape->dim[i]->has_dim_value ? t->shape->dim[i]->dim_value : -1;
    return WANN_OK;
}

static bool is_constant(const reader *r, const char *name) {
    const entry *e = find(r, name ? name : "");
    return e->name != NULL;
}

static wann_status add_inputs(reader *r, const char *name, int64_t n) {
    if (n < 1 || n >= WN_MAX_NODES)
        return REFUSE(r, "input '%.60s' has to have a fixed number of columns", name);
    wn_onnx_column *column = WN_NEW(&r->net.arena, wn_onnx_column, (size_t)n);
    if (!column)
        return wn_fail_memory(r->diag);
    r->net.n_inputs = (uint32_t)n;
    for (uint32_t i = 0; i < r->net.n_inputs; i++)
        WN_TRY(wn_onnx_column_of(&r->net, i, &column[i]));
    return define(r, name,
                  &(wn_onnx_tensor){.kind = WN_ONNX_COLUMNS, .n = (size_t)n, .column = column});
}

/* One input is the data, [rows, columns]; a second one, of one number, the shared weight. Inputs
 * that have a constant of their name are constants. */
static wann_status read_inputs(reader *r) {
    for (size_t i = 0; i < r->graph->n_input; i++) {
        const Wn__ValueInfoProto *value = r->graph->input[i];
        const char *name = value->name ? value->name : "";
        int64_t dims[3] = {0};
        size_t rank = 0;
        if (is_constant(r, name))
            continue;
        WN_TRY(shape(r, value, dims, &rank));
        const bool single =
            rank == 0 || (rank == 1 && dims[0] == 1) || (rank == 2 && dims[0] == 1 && dims[1] == 1);
        if (single && (rank < 2 || strcmp(name, "weight") == 0))
            WN_TRY(define(r, name, &(wn_onnx_tensor){.kind = WN_ONNX_WEIGHT, .n = 1}));
        else if (rank == 2 && r->net.n_inputs == 0)
            WN_TRY(add_inputs(r, name, dims[1]));
        else
            return REFUSE(
                r,
                "input '%.60s' has %zu dimensions; expected one input of [rows, columns], "
                "and at most one more of a single number",
                name, rank);
    }
    return r->net.n_inputs ? WANN_OK : REFUSE(r, "the model has no input of [rows, columns]");
}

static wann_status read_constants(reader *r) {
    for (size_t i = 0; i < r->graph->n_initializer; i++) {
        const Wn__TensorProto *t = r->graph->initializer[i];
        wn_onnx_tensor tensor;
        const wann_status status = wn_onnx_constant_tensor(&r->net, t, &tensor);
        if (status != WANN_OK)
            return in_file(r, status);
        WN_TRY(define(r, t->name ? t->name : "", &tensor));
    }
    return WANN_OK;
}

/* --- operators -------------------------------------------------------------------------------- */

static wann_status find_arguments(reader *r, const Wn__NodeProto *node, const wn_onnx_tensor **in) {
    for (size_t i = 0; i < node->n_input; i++) {
        in[i] = NULL;
        if (!*node->input[i])
            continue; /* left out */
        const entry *e = find(r, node->input[i]);
        if (!e->name)
            return REFUSE(r, "nothing before it makes '%.60s'", node->input[i]);
        in[i] = &e->tensor;
    }
    return WANN_OK;
}

static wann_status run_operator(reader *r, const Wn__NodeProto *node) {
    const wn_onnx_tensor **in = WN_NEW(&r->net.arena, const wn_onnx_tensor *, node->n_input + 1);
    wn_onnx_tensor *out = WN_NEW(&r->net.arena, wn_onnx_tensor, node->n_output + 1);
    if (!in || !out)
        return wn_fail_memory(r->diag);
    WN_TRY(find_arguments(r, node, in));
    if (node->n_output == 0)
        return REFUSE(r, "it has no output");
    const wn_onnx_call call = {&r->net, node, in, node->n_input, out, node->n_output};
    WN_TRY(wn_onnx_call_operator(&call));
    for (size_t i = 0; i < node->n_output; i++)
        WN_TRY(define(r, node->output[i], &out[i]));
    return WANN_OK;
}

/* What went wrong gets the operator in front. */
static wann_status run_operators(reader *r) {
    for (size_t i = 0; i < r->graph->n_node; i++) {
        const Wn__NodeProto *node = r->graph->node[i];
        wann_diag why = {0};
        wann_diag *const diag = r->diag;
        r->diag = r->net.diag = &why;
        const wann_status status = run_operator(r, node);
        r->diag = r->net.diag = diag;
        if (status != WANN_OK)
            return status == WANN_INPUT ? REFUSE(r, "operator %zu, %.40s '%.60s': %.300s", i + 1,
                                                 node->op_type ? node->op_type : "",
                                                 node->name ? node->name : "", why.text)
                                        : wn_fail_memory(diag);
    }
    return WANN_OK;
}

/* --- outputs ---------------------------------------------------------------------------------- */

/* Raw outputs, their softmax, or both. */
static wann_status read_outputs(reader *r) {
    for (size_t i = 0; i < r->graph->n_output; i++) {
        const char *name = r->graph->output[i]->name ? r->graph->output[i]->name : "";
        const entry *e = find(r, name);
        if (!e->name || (e->tensor.kind != WN_ONNX_COLUMNS && e->tensor.kind != WN_ONNX_SOFTMAXED))
            return REFUSE(r, "output '%.60s' does not depend on the input", name);
        const bool softmax = e->tensor.kind == WN_ONNX_SOFTMAXED;
        if (r->out && (r->out->column != e->tensor.column || softmax == r->softmax))
            return REFUSE(
                r, "output '%.60s' is one too many; expected one, or that and its softmax", name);
        r->softmax |= softmax;
        r->out = &e->tensor;
    }
    return r->out ? WANN_OK : REFUSE(r, "the model has no output");
}

/* Each output is a node of its own. */
static wann_status make_outputs(reader *r, uint32_t *node) {
    wn_onnx_net *net = &r->net;
    for (size_t o = 0; o < r->out->n; o++) {
        WN_TRY(wn_onnx_node(net, &r->out->column[o], &node[o]));
        wn_node_spec *spec = node[o] < net->n_inputs ? NULL : &net->nodes[node[o] - net->n_inputs];
        if (!spec ||
            spec->role == WANN_OUTPUT_NODE) { /* an input, or one that is an output already */
            wn_onnx_column value;
            const wn_onnx_column *const column = &value;
            const double one = 1;
            WN_TRY(wn_onnx_column_of(net, node[o], &value));
            WN_TRY(wn_onnx_combine(net, 1, &column, &one, &value));
            value.scale = 1;
            WN_TRY(wn_onnx_activate(net, WANN_ACT_LINEAR, &value, &value));
            WN_TRY(wn_onnx_node(net, &value, &node[o]));
        }
        net->nodes[node[o] - net->n_inputs].role = WANN_OUTPUT_NODE;
    }
    return WANN_OK;
}

/* --- the network ------------------------------------------------------------------------------ */

/* What the model says about itself under a key, or NULL. */
static const char *property(const reader *r, const char *key) {
    for (size_t i = 0; i < r->model->n_metadata_props; i++) {
        const Wn__StringStringEntryProto *p = r->model->metadata_props[i];
        if (p->key && p->value && strcmp(p->key, key) == 0)
            return is_utf8(p->value) ? p->value : NULL;
    }
    return NULL;
}

/* "PREFIX 12" without the blank names node 12 of n. */
static void take_names(const reader *r, const char *prefix, wn_node_spec *nodes, size_t n) {
    const size_t length = strlen(prefix);
    for (size_t i = 0; i < r->model->n_metadata_props; i++) {
        const Wn__StringStringEntryProto *p = r->model->metadata_props[i];
        double number;
        if (!p->key || !p->value || strncmp(p->key, prefix, length) != 0 || !is_utf8(p->value))
            continue;
        const size_t used = wn_parse_double(p->key + length, &number);
        if (used > 0 && p->key[length + used] == '\0' && number >= 0 && number < (double)n)
            nodes[(size_t)number].name = p->value;
    }
}

/* Ids: the bias 0, inputs from 1, computed nodes behind them, as in the numbers of terms. */
static void list_nodes(const reader *r, const uint32_t *output, wn_node_spec *nodes, size_t *n) {
    const wn_onnx_net *net = &r->net;
    *n = 0;
    if (net->biased)
        nodes[(*n)++] = (wn_node_spec){.id = 0, .role = WANN_BIAS};
    for (uint32_t i = 0; i < net->n_inputs; i++)
        nodes[(*n)++] = (wn_node_spec){.id = (int64_t)i + 1, .role = WANN_INPUT_NODE};
    take_names(r, "wann.input.", nodes + *n - net->n_inputs, net->n_inputs);
    for (size_t k = 0; k < net->n_nodes; k++)
        if (net->nodes[k].role != WANN_OUTPUT_NODE) {
            nodes[*n] = net->nodes[k];
            nodes[(*n)++].id = (int64_t)(net->n_inputs + k) + 1;
        }
    for (size_t o = 0; o < r->out->n; o++) {
        nodes[*n] = net->nodes[output[o] - net->n_inputs];
        nodes[(*n)++].id = (int64_t)output[o] + 1;
    }
    take_names(r, "wann.output.", nodes + *n - r->out->n, r->out->n);
}

static wann_status build(reader *r, const char *default_name, wn_net **made) {
    wn_onnx_net *net = &r->net;
    uint32_t *output = WN_NEW(&net->arena, uint32_t, r->out->n);
    if (!output)
        return wn_fail_memory(r->diag);
    WN_TRY(make_outputs(r, output));
    if (net->weighted && net->unweighted)
        return REFUSE(r, "some connections have the shared weight and others weights of their own");
    wn_node_spec *nodes = WN_NEW(&net->arena, wn_node_spec, net->n_inputs + net->n_nodes + 1);
    if (!nodes)
        return wn_fail_memory(r->diag);
    for (size_t k = 0; k < net->n_conns; k++) {
        net->conns[k].from++;
        net->conns[k].to++;
    }
    const char *name = property(r, "wann.name");
    const char *weight = property(r, "wann.shared_weight");
    wn_net_spec spec = {.name = name ? name : default_name,
                        .action = r->softmax ? WANN_ACTION_SOFTMAX : WANN_ACTION_NONE,
                        .has_weights = net->unweighted,
                        .nodes = nodes,
                        .conns = net->conns,
                        .n_conns = net->n_conns};
    spec.has_shared_weight = weight && wn_parse_double(weight, &spec.shared_weight) > 0 &&
                             spec.shared_weight - spec.shared_weight == 0.0;
    list_nodes(r, output, nodes, &spec.n_nodes);
    const wann_status status = wn_net_build(&spec, made, NULL, r->diag);
    return in_file(r, status);
}

static wann_status read_model(reader *r, const char *default_name, wn_net **net) {
    if (!r->model->graph)
        return REFUSE(r, "not an ONNX model: it has no graph");
    r->graph = r->model->graph;
    r->net.diag = r->diag;
    WN_TRY(check_version(r));
    WN_TRY(open_table(r));
    WN_TRY(read_constants(r));
    WN_TRY(read_inputs(r));
    WN_TRY(run_operators(r));
    WN_TRY(read_outputs(r));
    return build(r, default_name, net);
}

wann_status wn_onnx_read(const wn_source *source, const char *default_name, wn_net **net,
                         wann_diag *diag) {
    bool failed = false;
    ProtobufCAllocator allocator = {allocate, release, &failed};
    wann_diag own = {0};
    reader r = {.source = source, .diag = diag ? diag : &own};
    *net = NULL;
    Wn__ModelProto *model =
        wn__model_proto__unpack(&allocator, source->size, (const uint8_t *)source->data);
    if (!model)
        return failed ? wn_fail_memory(diag)
                      : REFUSE(&r, "not an ONNX model: it is no protocol buffer of one");
    r.model = model;
    const wann_status status = read_model(&r, default_name, net);
    wn__model_proto__free_unpacked(model, &allocator);
    wn_onnx_net_free(&r.net);
    wn_free(r.table);
    return status;
}

#else

wann_status wn_onnx_read(const wn_source *source, const char *default_name, wn_net **net,
                         wann_diag *diag) {
    (void)default_name;
    *net = NULL;
    return wn_fail(diag, WANN_UNSUPPORTED, source->path, 0, 0,
                   "this build has no ONNX; it needs protobuf-c (Debian packages: "
                   "libprotobuf-c-dev protobuf-c-compiler)");
}

#endif
