/* Networks as ONNX models of standard operators. The nodes of one level (longest path from the
 * inputs) are one product of matrices; those of one activation stand side by side in it. */
#include <math.h>
#include <string.h>

#include "runtime/base/diag.h"
#include "runtime/io/onnx.h"

#ifdef WANN_HAVE_ONNX
#include "runtime/io/onnx_build.h"

enum { N_ACTIVATIONS = WANN_ACT_SQUARED + 1 };

/* Constants that activations share; each is written when it is needed first. */
enum { ZERO, PI, MINUS_HALF, N_SHARED };

typedef struct writer {
    const wn_net *net;
    const wn_onnx_weights *weights;
    wn_onnx_graph graph;
    wn_arena scratch;  /* of a level */
    uint32_t *level;   /* [n_nodes] */
    uint32_t *node;    /* [n_nodes] the computed nodes, by level */
    uint32_t *column;  /* [n_nodes] where a node stands in the state */
    uint32_t columns;  /* of the state */
    const char *state; /* its name */
    bool shared[N_SHARED];
    wann_diag *diag;
} writer;

static bool is_computed(const wn_net *net, uint32_t node) {
    return net->role[node] == WANN_HIDDEN || net->role[node] == WANN_OUTPUT_NODE;
}

/* The number that a connection has in the matrix: the weight is a factor behind it where the model
 * gets it as an input. */
static float entry(const writer *w, uint32_t conn) {
    const wn_onnx_weights *weights = w->weights;
    if (weights->connection)
        return (float)weights->connection[conn];
    return weights->baked ? (float)weights->shared : 1.0f;
}

static wann_status check_weights(const writer *w) {
    for (uint32_t k = 0; k < w->net->n_conns; k++)
        if (!isfinite(entry(w, k)))
            return wn_fail(w->diag, WANN_UNSUPPORTED, NULL, 0, 0,
                           "the weight of a connection is too large for float, which ONNX files "
                           "are made in");
    return WANN_OK;
}

/* --- a level ---------------------------------------------------------------------------------- */

/* Put the nodes of a level in order of their activation: how many there are of each. */
static wann_status sort_by_activation(writer *w, uint32_t *nodes, uint32_t n, uint32_t *count) {
    uint32_t *sorted = WN_NEW(&w->scratch, uint32_t, n), at = 0;
    if (!sorted)
        return wn_fail_memory(w->diag);
    for (uint32_t kind = 1; kind < N_ACTIVATIONS; kind++) {
        const uint32_t first = at;
        for (uint32_t i = 0; i < n; i++)
            if (w->net->activation[nodes[i]] == kind)
                sorted[at++] = nodes[i];
        count[kind] = at - first;
    }
    memcpy(nodes, sorted, n * sizeof *nodes);
    return WANN_OK;
}

/* The columns of the state that a level reads, as a matrix of their own where not all are. */
typedef struct sources {
    const char *name;
    uint32_t n;
    uint32_t *place; /* [columns of the state] where a column stands among them */
} sources;

static wann_status gather(writer *w, uint32_t level, const uint32_t *nodes, uint32_t n,
                          sources *s) {
    const wn_net *net = w->net;
    wn_onnx_graph *g = &w->graph;
    int64_t *index = WN_NEW(&w->scratch, int64_t, w->columns);
    bool *needed = WN_NEW(&w->scratch, bool, w->columns);
    *s = (sources){.name = w->state, .place = WN_NEW(&w->scratch, uint32_t, w->columns)};
    if (!index || !needed || !s->place)
        return wn_fail_memory(w->diag);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = net->first_conn[nodes[i]]; k < net->first_conn[nodes[i] + 1]; k++)
            if (net->role[net->source[k]] != WANN_BIAS)
                needed[w->column[net->source[k]]] = true;
    for (uint32_t c = 0; c < w->columns; c++)
        if (needed[c]) {
            s->place[c] = s->n;
            index[s->n++] = c;
        }
    s->n += s->n == 0; /* the first one tells how many rows there are */
    if (s->n == w->columns)
        return WANN_OK;
    s->name = wn_onnx_name(g, "inputs_of_level_", level);
    const char *const in[] = {w->state, wn_onnx_name(g, "sources_of_level_", level)};
    wn_onnx_numbers(g, in[1], s->n, index);
    wn_onnx_operator(g, "Gather", 2, in, 1, &s->name, 1);
    return WANN_OK;
}

/* Product of the sources and the connections, and what comes from the bias: [n, nodes]. */
static wann_status add_up(writer *w, uint32_t level, const uint32_t *nodes, uint32_t n,
                          const sources *s, const char **sums) {
    const wn_net *net = w->net;
    wn_onnx_graph *g = &w->graph;
    float *matrix = WN_NEW(&w->scratch, float, (size_t)s->n *n);
    float *bias = WN_NEW(&w->scratch, float, n);
    bool biased = false;
    if (!matrix || !bias)
        return wn_fail_memory(w->diag);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = net->first_conn[nodes[i]]; k < net->first_conn[nodes[i] + 1]; k++)
            if (net->role[net->source[k]] == WANN_BIAS) {
                bias[i] = entry(w, k);
                biased = true;
            } else {
                matrix[(size_t)s->place[w->column[net->source[k]]] * n + i] = entry(w, k);
            }
    const char *weights = wn_onnx_name(g, "connections_of_level_", level);
    wn_onnx_floats(g, weights, s->n, n, matrix);
    *sums =
        wn_onnx_apply(g, "MatMul", s->name, weights, wn_onnx_name(g, "products_of_level_", level));
    if (biased) {
        const char *row = wn_onnx_name(g, "bias_of_level_", level);
        wn_onnx_floats(g, row, n, 0, bias);
        *sums =
            wn_onnx_apply(g, "Add", *sums, row, wn_onnx_name(g, "biased_sums_of_level_", level));
    }
    if (!w->weights->connection && !w->weights->baked)
        *sums = wn_onnx_apply(g, "Mul", *sums, "weight", wn_onnx_name(g, "sums_of_level_", level));
    return WANN_OK;
}

static const char *shared(writer *w, int which) {
    static const struct {
        const char *name;
        float value;
    } constants[N_SHARED] = {
        [ZERO] = {"zero", 0.0f}, [PI] = {"pi", 3.14159265f}, [MINUS_HALF] = {"minus_half", -0.5f}};
    if (!w->shared[which])
        wn_onnx_floats(&w->graph, constants[which].name, 1, 0, &constants[which].value);
    w->shared[which] = true;
    return constants[which].name;
}

/* "tanh_of_level_3", of the graph. */
static const char *value_name(writer *w, wann_activation kind, const char *what, uint32_t level) {
    wn_buf stem = {0};
    wn_buf_print(&stem, "%s%s_of_level_", wann_activation_name(kind), what);
    w->graph.failed |= stem.failed;
    const char *name = wn_onnx_name(&w->graph, stem.data ? stem.data : "", level);
    wn_buf_free(&stem);
    return name;
}

static const char *activate(writer *w, wann_activation kind, const char *x, uint32_t level) {
    wn_onnx_graph *g = &w->graph;
    const char *out = value_name(w, kind, "", level), *inner = value_name(w, kind, "_inner", level);
    switch (kind) {
    case WANN_ACT_LINEAR:
        return x;
    case WANN_ACT_STEP:
        wn_onnx_apply(g, "Greater", x, shared(w, ZERO), inner);
        return wn_onnx_cast(g, inner, WN_ONNX_FLOAT, out);
    case WANN_ACT_SIN:
    case WANN_ACT_COS:
        wn_onnx_apply(g, "Mul", x, shared(w, PI), inner);
        return wn_onnx_apply(g, kind == WANN_ACT_SIN ? "Sin" : "Cos", inner, NULL, out);
    case WANN_ACT_GAUSSIAN:
        wn_onnx_apply(g, "Mul", x, x, value_name(w, WANN_ACT_SQUARED, "_inner", level));
        wn_onnx_apply(g, "Mul", value_name(w, WANN_ACT_SQUARED, "_inner", level),
                      shared(w, MINUS_HALF), inner);
        return wn_onnx_apply(g, "Exp", inner, NULL, out);
    case WANN_ACT_TANH:
        return wn_onnx_apply(g, "Tanh", x, NULL, out);
    case WANN_ACT_SIGMOID:
        return wn_onnx_apply(g, "Sigmoid", x, NULL, out);
    case WANN_ACT_INVERSE:
        return wn_onnx_apply(g, "Neg", x, NULL, out);
    case WANN_ACT_ABS:
        return wn_onnx_apply(g, "Abs", x, NULL, out);
    case WANN_ACT_RELU:
        return wn_onnx_apply(g, "Relu", x, NULL, out);
    case WANN_ACT_SQUARED:
        return wn_onnx_apply(g, "Mul", x, x, out);
    }
    return x;
}

/* A piece of the sums for each activation that a level has; answers how many there are. */
static size_t split(writer *w, uint32_t level, const char *sums, const uint32_t *count,
                    wann_activation *kind, const char **part) {
    wn_onnx_graph *g = &w->graph;
    int64_t size[N_ACTIVATIONS];
    size_t n = 0;
    for (uint32_t k = 1; k < N_ACTIVATIONS; k++)
        if (count[k]) {
            kind[n] = (wann_activation)k;
            size[n] = count[k];
            part[n] = value_name(w, kind[n], "_sums", level);
            n++;
        }
    if (n == 1) {
        part[0] = sums;
        return n;
    }
    const char *const in[] = {sums, wn_onnx_name(g, "sizes_of_level_", level)};
    wn_onnx_numbers(g, in[1], n, size);
    wn_onnx_operator(g, "Split", 2, in, n, part, 1);
    return n;
}

/* The nodes of a level: their values are put behind the state. */
static wann_status add_level(writer *w, uint32_t level, uint32_t *nodes, uint32_t n) {
    uint32_t count[N_ACTIVATIONS] = {0};
    wann_activation kind[N_ACTIVATIONS];
    const char *value[N_ACTIVATIONS + 1], *sums = "";
    sources s;
    WN_TRY(sort_by_activation(w, nodes, n, count));
    WN_TRY(gather(w, level, nodes, n, &s));
    WN_TRY(add_up(w, level, nodes, n, &s, &sums));
    const size_t parts = split(w, level, sums, count, kind, value + 1);
    value[0] = w->state;
    for (size_t i = 0; i < parts; i++)
        value[i + 1] = activate(w, kind[i], value[i + 1], level);
    w->state = wn_onnx_name(&w->graph, "values_to_level_", level);
    wn_onnx_operator(&w->graph, "Concat", parts + 1, value, 1, &w->state, 1);
    for (uint32_t i = 0; i < n; i++)
        w->column[nodes[i]] = w->columns++;
    wn_arena_free(&w->scratch);
    return w->graph.failed ? wn_fail_memory(w->diag) : WANN_OK;
}

/* --- the model -------------------------------------------------------------------------------- */

static void add_outputs(writer *w) {
    wn_onnx_graph *g = &w->graph;
    const wn_net *net = w->net;
    int64_t *index = WN_NEW(&g->arena, int64_t, net->n_outputs);
    if (!index) {
        g->failed = true;
        return;
    }
    for (uint32_t o = 0; o < net->n_outputs; o++)
        index[o] = w->column[net->output[o]];
    const char *const in[] = {w->state, "output_columns"};
    const char *const output = "output", *const action = "action";
    wn_onnx_numbers(g, "output_columns", net->n_outputs, index);
    wn_onnx_operator(g, "Gather", 2, in, 1, &output, 1);
    wn_onnx_output(g, output, net->n_outputs);
    if (net->action != WANN_ACTION_SOFTMAX)
        return;
    wn_onnx_operator(g, "Softmax", 1, &output, 1, &action, 1);
    wn_onnx_output(g, action, net->n_outputs);
}

static void add_names(writer *w) {
    const wn_net *net = w->net;
    wn_onnx_graph *g = &w->graph;
    wn_onnx_property(g, "wann.name", net->name);
    for (uint32_t i = 0; i < net->n_inputs; i++)
        wn_onnx_property(g, wn_onnx_name(g, "wann.input.", i), net->node_name[net->input[i]]);
    for (uint32_t o = 0; o < net->n_outputs; o++)
        wn_onnx_property(g, wn_onnx_name(g, "wann.output.", o), net->node_name[net->output[o]]);
    if (net->has_shared_weight) {
        char number[WN_NUMBER_SIZE];
        wn_format_double(number, net->shared_weight);
        wn_onnx_property(g, "wann.shared_weight", number);
    }
}

/* The computed nodes by level; [levels + 1] where each level begins, of the graph's arena. */
static uint32_t *sort_by_level(writer *w, uint32_t *levels) {
    const wn_net *net = w->net;
    *levels = 0;
    for (uint32_t v = 0; v < net->n_nodes; v++)
        if (w->level[v] >= *levels)
            *levels = w->level[v] + 1;
    uint32_t *first = WN_NEW(&w->graph.arena, uint32_t, (size_t)*levels + 2);
    if (!first)
        return NULL;
    for (uint32_t v = 0; v < net->n_nodes; v++)
        first[w->level[v] + 2] += is_computed(net, v);
    for (uint32_t l = 0; l < *levels; l++)
        first[l + 2] += first[l + 1];
    for (uint32_t v = 0; v < net->n_nodes; v++)
        if (is_computed(net, v))
            w->node[first[w->level[v] + 1]++] = v;
    return first;
}

static wann_status add_levels(writer *w) {
    const wn_net *net = w->net;
    wn_arena *arena = &w->graph.arena;
    uint32_t levels, *first;
    w->level = WN_NEW(arena, uint32_t, net->n_nodes);
    w->column = WN_NEW(arena, uint32_t, net->n_nodes);
    w->node = WN_NEW(arena, uint32_t, net->n_nodes);
    if (!w->level || !w->column || !w->node)
        return wn_fail_memory(w->diag);
    wn_net_levels(net, w->level);
    if (!(first = sort_by_level(w, &levels)))
        return wn_fail_memory(w->diag);
    for (uint32_t i = 0; i < net->n_inputs; i++)
        w->column[net->input[i]] = i;
    w->columns = net->n_inputs;
    w->state = "input";
    for (uint32_t l = 0; l < levels; l++)
        if (first[l + 1] > first[l])
            WN_TRY(add_level(w, l, w->node + first[l], first[l + 1] - first[l]));
    return WANN_OK;
}

static wann_status write_model(writer *w, wn_buf *out) {
    WN_TRY(check_weights(w));
    wn_onnx_input(&w->graph, "input", 2, w->net->n_inputs);
    if (!w->weights->connection && !w->weights->baked)
        wn_onnx_input(&w->graph, "weight", 1, 1);
    WN_TRY(add_levels(w));
    add_outputs(w);
    add_names(w);
    return wn_onnx_finish(&w->graph, out, w->diag);
}

wann_status wn_onnx_write(const wn_net *net, const wn_onnx_weights *weights, wn_buf *out,
                          wann_diag *diag) {
    static const wn_onnx_weights as_input = {0};
    if (net->n_inputs == 0)
        return wn_fail(diag, WANN_UNSUPPORTED, NULL, 0, 0,
                       "an ONNX model needs at least one input");
    writer w = {.net = net, .weights = weights ? weights : &as_input, .diag = diag};
    wn_onnx_begin(&w.graph, net->name);
    const wann_status status = write_model(&w, out);
    wn_arena_free(&w.scratch);
    wn_onnx_free(&w.graph);
    return status;
}

#else

wann_status wn_onnx_write(const wn_net *net, const wn_onnx_weights *weights, wn_buf *out,
                          wann_diag *diag) {
    (void)net, (void)weights, (void)out;
    return wn_fail(diag, WANN_UNSUPPORTED, NULL, 0, 0,
                   "this build has no ONNX; it needs protobuf-c (Debian packages: "
                   "libprotobuf-c-dev protobuf-c-compiler)");
}

#endif
