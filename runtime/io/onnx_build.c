/* ONNX models under construction. */
#include "runtime/io/onnx_build.h"

#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

/* Of the arena; NULL is remembered. */
static void *take(wn_onnx_graph *g, size_t n, size_t size) {
    void *memory = wn_arena_alloc(&g->arena, n, size);
    g->failed |= memory == NULL;
    return memory;
}

static char *copy(wn_onnx_graph *g, const char *text) {
    char *made = wn_arena_copy(&g->arena, text, strlen(text));
    g->failed |= made == NULL;
    return made;
}

/* protobuf-c wants names that are not constant, though it only reads them. */
static char **copies(wn_onnx_graph *g, size_t n, const char *const *texts) {
    char **made = take(g, n ? n : 1, sizeof *made);
    for (size_t i = 0; made && i < n; i++)
        made[i] = copy(g, texts[i]);
    return made;
}

/* A new place at the end of a list of pointers, which doubles when it is full. */
static void append(wn_onnx_graph *g, void ***list, size_t *n, size_t *room, void *item) {
    if (*n == *room) {
        const size_t more = *room ? 2 * *room : 64;
        void **longer = take(g, more, sizeof *longer);
        if (!longer)
            return;
        if (*n)
            memcpy(longer, *list, *n * sizeof *longer);
        *list = longer;
        *room = more;
    }
    (*list)[(*n)++] = item;
}
#define APPEND(g, list, n, room, item)                                                             \
    do {                                                                                           \
        void **append_list = (void **)(list);                                                      \
        append((g), &append_list, &(n), &(room), (item));                                          \
        (list) = (void *)append_list;                                                              \
    } while (0)

void wn_onnx_begin(wn_onnx_graph *g, const char *name) {
    *g = (wn_onnx_graph){0};
    wn__graph_proto__init(&g->graph);
    wn__model_proto__init(&g->model);
    g->graph.name = copy(g, name);
    g->model.has_ir_version = true;
    g->model.ir_version = WN_ONNX_IR;
    g->model.producer_name = copy(g, "wann");
    g->model.producer_version = copy(g, wann_version());
    g->model.graph = &g->graph;
}

void wn_onnx_free(wn_onnx_graph *g) {
    wn_arena_free(&g->arena);
}

const char *wn_onnx_name(wn_onnx_graph *g, const char *stem, size_t number) {
    wn_buf text = {0};
    wn_buf_print(&text, "%s%zu", stem, number);
    const char *name = text.failed ? NULL : copy(g, text.data);
    g->failed |= text.failed;
    wn_buf_free(&text);
    return name ? name : "";
}

/* size bytes a number, which becomes little-endian whatever the machine. */
static void add_constant(wn_onnx_graph *g, const char *name, int type, size_t rows, size_t columns,
                         uint8_t *bytes, size_t size) {
    Wn__TensorProto *t = take(g, 1, sizeof *t);
    int64_t *dims = take(g, 2, sizeof *dims);
    if (!t || !dims || !bytes)
        return;
    wn__tensor_proto__init(t);
    dims[0] = (int64_t)rows;
    dims[1] = (int64_t)columns;
    t->dims = dims;
    t->n_dims = columns ? 2 : 1;
    t->has_data_type = true;
    t->data_type = type;
    t->name = copy(g, name);
    t->has_raw_data = true;
    t->raw_data = (ProtobufCBinaryData){rows * (columns ? columns : 1) * size, bytes};
    APPEND(g, g->graph.initializer, g->graph.n_initializer, g->constant_room, t);
}

void wn_onnx_floats(wn_onnx_graph *g, const char *name, size_t rows, size_t columns,
                    const float *values) {
    const size_t n = rows * (columns ? columns : 1);
    uint8_t *bytes = take(g, n, 4);
    for (size_t i = 0; bytes && i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        for (int k = 0; k < 4; k++)
            bytes[4 * i + (size_t)k] = (uint8_t)(bits >> (8 * k));
    }
    add_constant(g, name, WN_ONNX_FLOAT, rows, columns, bytes, 4);
}

void wn_onnx_numbers(wn_onnx_graph *g, const char *name, size_t n, const int64_t *values) {
    uint8_t *bytes = take(g, n, 8);
    for (size_t i = 0; bytes && i < n; i++)
        for (int k = 0; k < 8; k++)
            bytes[8 * i + (size_t)k] = (uint8_t)((uint64_t)values[i] >> (8 * k));
    add_constant(g, name, WN_ONNX_INT64, n, 0, bytes, 8);
}

static void add_attribute(wn_onnx_graph *g, Wn__NodeProto *node, const char *name, int64_t value) {
    Wn__AttributeProto *a = take(g, 1, sizeof *a), **list = take(g, 1, sizeof(void *));
    if (!a || !list)
        return;
    wn__attribute_proto__init(a);
    a->name = copy(g, name);
    a->has_i = true;
    a->i = value;
    a->has_type = true;
    a->type = WN_ONNX_INT;
    list[0] = a;
    node->attribute = list;
    node->n_attribute = 1;
}

static Wn__NodeProto *add_operator(wn_onnx_graph *g, const char *type, size_t n_in,
                                   const char *const *in, size_t n_out, const char *const *out) {
    Wn__NodeProto *node = take(g, 1, sizeof *node);
    if (!node)
        return NULL;
    wn__node_proto__init(node);
    node->op_type = copy(g, type);
    node->name = copy(g, out[0]);
    node->input = copies(g, n_in, in);
    node->n_input = n_in;
    node->output = copies(g, n_out, out);
    node->n_output = n_out;
    APPEND(g, g->graph.node, g->graph.n_node, g->node_room, node);
    return node;
}

void wn_onnx_operator(wn_onnx_graph *g, const char *type, size_t n_in, const char *const *in,
                      size_t n_out, const char *const *out, int axis) {
    Wn__NodeProto *node = add_operator(g, type, n_in, in, n_out, out);
    if (node && axis >= 0)
        add_attribute(g, node, "axis", axis);
}

const char *wn_onnx_apply(wn_onnx_graph *g, const char *type, const char *a, const char *b,
                          const char *out) {
    const char *const in[] = {a, b};
    wn_onnx_operator(g, type, b ? 2 : 1, in, 1, &out, -1);
    return out;
}

const char *wn_onnx_cast(wn_onnx_graph *g, const char *a, int type, const char *out) {
    Wn__NodeProto *node = add_operator(g, "Cast", 1, &a, 1, &out);
    if (node)
        add_attribute(g, node, "to", type);
    return out;
}

/* Rank 1: [columns]; rank 2: [n, columns]. */
static Wn__ValueInfoProto *describe(wn_onnx_graph *g, const char *name, size_t rank,
                                    size_t columns) {
    Wn__ValueInfoProto *value = take(g, 1, sizeof *value);
    Wn__TypeProto *type = take(g, 1, sizeof *type);
    Wn__TensorTypeProto *tensor = take(g, 1, sizeof *tensor);
    Wn__TensorShapeProto *shape = take(g, 1, sizeof *shape);
    Wn__DimensionProto *dims = take(g, 2, sizeof *dims), **list = take(g, 2, sizeof *list);
    if (!value || !type || !tensor || !shape || !dims || !list)
        return NULL;
    wn__value_info_proto__init(value);
    wn__type_proto__init(type);
    wn__tensor_type_proto__init(tensor);
    wn__tensor_shape_proto__init(shape);
    for (size_t i = 0; i < rank; i++) {
        wn__dimension_proto__init(&dims[i]);
        list[i] = &dims[i];
    }
    if (rank == 2)
        dims[0].dim_param = copy(g, "n");
    dims[rank - 1].has_dim_value = true;
    dims[rank - 1].dim_value = (int64_t)columns;
    value->name = copy(g, name);
    value->type = type;
    type->tensor_type = tensor;
    tensor->has_elem_type = true;
    tensor->elem_type = WN_ONNX_FLOAT;
    tensor->shape = shape;
    shape->dim = list;
    shape->n_dim = rank;
    return value;
}

/* Models here have at most two inputs and two outputs. */
static void add_value(wn_onnx_graph *g, Wn__ValueInfoProto ***list, size_t *n,
                      Wn__ValueInfoProto *value) {
    enum { MOST = 2 };
    if (!*list)
        *list = take(g, MOST, sizeof **list);
    if (*list && value && *n < MOST)
        (*list)[(*n)++] = value;
    else
        g->failed = true;
}

void wn_onnx_input(wn_onnx_graph *g, const char *name, size_t rank, size_t columns) {
    add_value(g, &g->graph.input, &g->graph.n_input, describe(g, name, rank, columns));
}

void wn_onnx_output(wn_onnx_graph *g, const char *name, size_t columns) {
    add_value(g, &g->graph.output, &g->graph.n_output, describe(g, name, 2, columns));
}

void wn_onnx_property(wn_onnx_graph *g, const char *key, const char *value) {
    Wn__StringStringEntryProto *entry = take(g, 1, sizeof *entry);
    if (!entry)
        return;
    wn__string_string_entry_proto__init(entry);
    entry->key = copy(g, key);
    entry->value = copy(g, value);
    APPEND(g, g->model.metadata_props, g->model.n_metadata_props, g->property_room, entry);
}

wann_status wn_onnx_finish(wn_onnx_graph *g, wn_buf *out, wann_diag *diag) {
    enum { LARGEST = INT32_MAX }; /* of a protocol buffer */
    Wn__OperatorSetIdProto set = WN__OPERATOR_SET_ID_PROTO__INIT, *sets[] = {&set};
    set.domain = take(g, 1, 1);
    set.has_version = true;
    set.version = WN_ONNX_OPSET;
    if (g->failed)
        return wn_fail_memory(diag);
    g->model.opset_import = sets;
    g->model.n_opset_import = 1;
    const size_t size = wn__model_proto__get_packed_size(&g->model);
    if (size > LARGEST)
        return wn_fail(diag, WANN_UNSUPPORTED, NULL, 0, 0,
                       "the model would have %zu bytes; ONNX files have at most 2^31 - 1", size);
    uint8_t *bytes = wn_alloc(size);
    if (!bytes)
        return wn_fail_memory(diag);
    wn__model_proto__pack(&g->model, bytes);
    wn_buf_bytes(out, (const char *)bytes, size);
    wn_free(bytes);
    g->model.opset_import = NULL;
    g->model.n_opset_import = 0;
    return out->failed ? wn_fail_memory(diag) : WANN_OK;
}
