/* ONNX models: what is written comes back as the same network; models that no network can say, and
 * files that are none, are refused with what is wrong. */
#include "runtime/io/onnx.h"

#include <math.h>
#include <stdlib.h>

#include "runtime/base/alloc.h"
#include "runtime/io/onnx_build.h"
#include "support/failing.h"
#include "support/random_net.h"
#include "support/test.h"
#include "wann/run.h"

static wn_net *read_bytes(const char *data, size_t size, wann_diag *diag) {
    wann_net *net = NULL;
    wann_net_read_memory(data, size, "m.onnx", NULL, &net, NULL, diag);
    return net;
}

/* --- there and back --------------------------------------------------------------------------- */

/* Computed nodes that an output depends on, and their connections. */
static void count_live(const wn_net *net, size_t *nodes, size_t *conns) {
    bool *live = calloc(net->n_nodes, sizeof *live);
    wn_net_live(net, live);
    *nodes = *conns = 0;
    for (uint32_t v = 0; v < net->n_nodes; v++)
        if (live[v] && (net->role[v] == WANN_HIDDEN || net->role[v] == WANN_OUTPUT_NODE)) {
            ++*nodes;
            *conns += net->first_conn[v + 1] - net->first_conn[v];
        }
    free(live);
}

static void check_same_shape(const wn_net *a, const wn_net *b) {
    size_t nodes[2], conns[2];
    count_live(a, &nodes[0], &conns[0]);
    count_live(b, &nodes[1], &conns[1]);
    CHECK_MSG(nodes[0] == nodes[1] && conns[0] == conns[1],
              "%zu nodes and %zu connections became %zu "
              "and %zu",
              nodes[0], conns[0], nodes[1], conns[1]);
    CHECK(a->action == b->action && a->n_inputs == b->n_inputs && a->n_outputs == b->n_outputs);
    CHECK_TEXT(b->name, a->name);
    for (uint32_t i = 0; i < a->n_inputs && i < b->n_inputs; i++)
        CHECK_TEXT(b->node_name[b->input[i]], a->node_name[a->input[i]]);
    for (uint32_t o = 0; o < a->n_outputs && o < b->n_outputs; o++)
        CHECK_TEXT(b->node_name[b->output[o]], a->node_name[a->output[o]]);
    CHECK(a->has_shared_weight == b->has_shared_weight);
    CHECK(!a->has_shared_weight || fabs(a->shared_weight - b->shared_weight) <= 0);
}

/* How many of some inputs give outputs that differ by more than rounding. Sums have another order,
 * which sines of large numbers blow up. */
static size_t differ(wn_rng *rng, const wn_net *a, wann_weights with, const wn_net *b,
                     wann_weights than, size_t tries) {
    double *in = calloc(a->n_inputs + 1, sizeof *in);
    double *act = calloc((size_t)a->n_nodes + b->n_nodes, sizeof *act);
    double *left = calloc(2 * (size_t)a->n_outputs, sizeof *left), *right = left + a->n_outputs;
    size_t wrong = 0;
    for (size_t t = 0; t < tries; t++) {
        test_random_ordinary_input(rng, a->n_inputs, in);
        wann_run(a, in, with, NULL, act, left);
        wann_run(b, in, than, NULL, act, right);
        bool same = true;
        for (uint32_t o = 0; o < a->n_outputs; o++)
            same &= !(fabs(left[o] - right[o]) > 1e-6 * fmax(1, fabs(left[o])));
        wrong += !same;
    }
    free(in);
    free(act);
    free(left);
    return wrong;
}

/* A model of each kind that the network has. Answers how many of the outputs differed. */
static size_t there_and_back(wn_rng *rng, const wn_net *net, size_t *tries) {
    enum { TRIES = 20 };
    double *tuned = calloc((size_t)net->n_conns + 1, sizeof *tuned);
    for (uint32_t k = 0; k < net->n_conns; k++)
        tuned[k] = (double)(float)wn_rng_normal(rng);
    const wn_onnx_weights kinds[] = {{0}, {.baked = true, .shared = -0.75}, {.connection = tuned}};
    const wann_weights before[] = {{.shared = 0.5}, {.shared = -0.75}, {.connection = tuned}};
    size_t wrong = 0;
    for (int kind = 0; kind < 3; kind++) {
        wn_buf model = {0};
        wann_diag diag = {0};
        CHECK_MSG(wn_onnx_write(net, &kinds[kind], &model, &diag) == WANN_OK, "%s", diag.text);
        wn_net *back = read_bytes(model.data, model.length, &diag);
        CHECK_MSG(back, "%s", diag.text);
        wn_buf_free(&model);
        if (!back)
            continue;
        CHECK_MSG(wn_net_verify(back, &diag) == WANN_OK, "%s", diag.text);
        if (kind == 0) {
            check_same_shape(net, back);
            CHECK(!wann_net_weights(back));
        }
        const wann_weights after = {.shared = 0.5, .connection = wann_net_weights(back)};
        *tries += TRIES;
        wrong += differ(rng, net, before[kind], back, after, TRIES);
        wann_net_destroy(back);
    }
    free(tuned);
    return wrong;
}

static void random_networks_come_back(void) {
    wn_rng rng = wn_rng_stream(1, 2, 3, 4);
    size_t tries = 0, wrong = 0;
    for (int i = 0; i < 150; i++) {
        const test_random_options options = {.max_nodes = 150, .no_steps = i % 3 > 0, .tame = true};
        wn_net *net = test_random_net(&rng, &options);
        if (net->n_inputs > 0)
            wrong += there_and_back(&rng, net, &tries);
        wann_net_destroy(net);
    }
    /* A step whose sum is 0 but for rounding may go either way. */
    printf("     %zu of %zu outputs differ\n", wrong, tries);
    CHECK_MSG(tries > 6000 && wrong * 200 < tries, "%zu of %zu", wrong, tries);
}

static const char SMALL[] =
    "{\"format\": \"wann-network\", \"version\": 1, \"name\": \"s\", \"action\": \"softmax\", "
    "\"nodes\": [{\"id\": 0, \"type\": \"bias\"}, {\"id\": 1, \"type\": \"input\"}, {\"id\": 2, "
    "\"type\": "
    "\"input\"}, {\"id\": 3, \"type\": \"hidden\", \"activation\": \"gaussian\"}, {\"id\": 4, "
    "\"type\": "
    "\"hidden\", \"activation\": \"step\"}, {\"id\": 7, \"type\": \"hidden\", \"activation\": "
    "\"sin\"}, "
    "{\"id\": 5, \"type\": \"output\", \"activation\": \"linear\"}, {\"id\": 6, \"type\": "
    "\"output\", "
    "\"activation\": \"tanh\"}], \"connections\": [{\"from\": 0, \"to\": 3}, {\"from\": 1, \"to\": "
    "3}, "
    "{\"from\": 2, \"to\": 4}, {\"from\": 2, \"to\": 7}, {\"from\": 3, \"to\": 5}, {\"from\": 4, "
    "\"to\": 5}, "
    "{\"from\": 7, \"to\": 6}]}";

static wn_buf write_small(void) {
    wann_net *net;
    wn_buf model = {0};
    wann_diag diag = {0};
    CHECK_MSG(wann_net_read_memory(SMALL, strlen(SMALL), "s.json", NULL, &net, NULL, &diag) ==
                  WANN_OK,
              "%s", diag.text);
    CHECK_MSG(wn_onnx_write(net, NULL, &model, &diag) == WANN_OK, "%s", diag.text);
    wann_net_destroy(net);
    return model;
}

/* --- models that are refused ------------------------------------------------------------------ */

static Wn__NodeProto *node_of(Wn__ModelProto *m, const char *output) {
    for (size_t i = 0; i < m->graph->n_node; i++)
        if (strcmp(m->graph->node[i]->output[0], output) == 0)
            return m->graph->node[i];
    CHECK_MSG(false, "no operator makes %s", output);
    exit(EXIT_FAILURE);
}

static Wn__TensorProto *constant_of(Wn__ModelProto *m, const char *name) {
    for (size_t i = 0; i < m->graph->n_initializer; i++)
        if (strcmp(m->graph->initializer[i]->name, name) == 0)
            return m->graph->initializer[i];
    CHECK_MSG(false, "no constant %s", name);
    exit(EXIT_FAILURE);
}

static void rename_to(char **text, const char *name) {
    free(*text);
    *text = strdup(name);
}

static void conv(Wn__ModelProto *m) {
    rename_to(&m->graph->node[0]->op_type, "Conv");
}
static void foreign(Wn__ModelProto *m) {
    rename_to(&m->graph->node[0]->domain, "com.example");
}
static void unknown_value(Wn__ModelProto *m) {
    rename_to(&node_of(m, "output")->input[0], "nobody\n");
}
static void made_twice(Wn__ModelProto *m) {
    rename_to(&node_of(m, "output")->output[0], "input");
}
static void short_data(Wn__ModelProto *m) {
    constant_of(m, "connections_of_level_1")->raw_data.len -= 4;
}
static void odd_data(Wn__ModelProto *m) {
    constant_of(m, "connections_of_level_1")->raw_data.len -= 1;
}
static void negative_size(Wn__ModelProto *m) {
    constant_of(m, "connections_of_level_1")->dims[0] = -2;
}
static void huge_size(Wn__ModelProto *m) {
    constant_of(m, "connections_of_level_1")->dims[0] = INT64_MAX;
    constant_of(m, "connections_of_level_1")->dims[1] = INT64_MAX;
}
static void half(Wn__ModelProto *m) {
    constant_of(m, "pi")->data_type = 10;
}
static void elsewhere(Wn__ModelProto *m) {
    constant_of(m, "pi")->has_data_location = true;
    constant_of(m, "pi")->data_location = 1;
}
static void not_finite(Wn__ModelProto *m) {
    constant_of(m, "connections_of_level_1")->raw_data.data[3] = 0x7f;
    constant_of(m, "connections_of_level_1")->raw_data.data[2] = 0x80;
}
static void old_set(Wn__ModelProto *m) {
    m->opset_import[0]->version = 9;
}
static void no_set(Wn__ModelProto *m) {
    rename_to(&m->opset_import[0]->domain, "com.example");
}
static void other_axis(Wn__ModelProto *m) {
    node_of(m, "output")->attribute[0]->i = 0;
}
static void other_attribute(Wn__ModelProto *m) {
    rename_to(&node_of(m, "output")->attribute[0]->name, "axi");
}
static void no_such_column(Wn__ModelProto *m) {
    constant_of(m, "output_columns")->raw_data.data[0] = 99;
}
static void two_values(Wn__ModelProto *m) {
    rename_to(&node_of(m, "squared_inner_of_level_1")->input[1], "sin_sums_of_level_1");
}
static void threshold(Wn__ModelProto *m) {
    constant_of(m, "zero")->raw_data.data[3] = 0x3f;
}
static void mixed(Wn__ModelProto *m) {
    rename_to(&node_of(m, "sums_of_level_2")->input[1], "pi");
}
static void own_weight(Wn__ModelProto *m) {
    constant_of(m, "connections_of_level_1")->raw_data.data[3] = 0x40;
}
static void any_width(Wn__ModelProto *m) {
    m->graph->input[0]->type->tensor_type->shape->dim[1]->has_dim_value = false;
}
static void no_shape(Wn__ModelProto *m) {
    m->graph->input[0]->type->tensor_type->elem_type = 7;
}
static void exponential(Wn__ModelProto *m) {
    rename_to(&node_of(m, "gaussian_of_level_1")->input[0], "gaussian_sums_of_level_1");
}
static void sizes(Wn__ModelProto *m) {
    constant_of(m, "sizes_of_level_1")->raw_data.data[0] = 7;
}
static void weight_out(Wn__ModelProto *m) {
    rename_to(&m->graph->output[0]->name, "weight");
}
static void softmax_inside(Wn__ModelProto *m) {
    rename_to(&node_of(m, "sums_of_level_1")->op_type, "Softmax");
}
static void three_dimensions(Wn__ModelProto *m) {
    Wn__TensorProto *t = constant_of(m, "connections_of_level_1");
    t->dims = realloc(t->dims, 3 * sizeof *t->dims);
    t->dims[2] = 1;
    t->n_dims = 3;
}

static const struct {
    void (*edit)(Wn__ModelProto *);
    const char *says;
} edits[] = {
    {conv, "operator 1, Conv 'products_of_level_1': no network can say this operator"},
    {foreign, "no network can say this operator"},
    {unknown_value, "Gather 'output': nothing before it makes 'nobody\\x0a'"},
    {made_twice, "the value 'input' is made twice"},
    {short_data, "'connections_of_level_1' does not hold as many numbers"},
    {odd_data, "does not hold as many numbers"},
    {negative_size, "does not hold as many numbers"},
    {huge_size, "does not hold as many numbers"},
    {half, "constant 'pi' has data of type 10"},
    {elsewhere, "constant 'pi' lies in another file"},
    {not_finite, "a constant is not finite"},
    {old_set, "opset 9; expected 13 or later"},
    {no_set, "does not say which set of operators"},
    {other_axis, "expected axis 1"},
    {other_attribute, "unknown attribute 'axi'"},
    {no_such_column, "there is no column of this number"},
    {two_values, "two values are multiplied"},
    {threshold, "expected a comparison with 0"},
    {mixed, "some connections have the shared weight and others"},
    {own_weight, "a weight of its own beside the shared one"},
    {any_width, "'input' has to have a fixed number of columns"},
    {no_shape, "no tensor of float or double"},
    {exponential, "only the exponential of a square"},
    {sizes, "the sizes do not add up"},
    {weight_out, "output 'weight' does not depend on the input"},
    {softmax_inside, "operator 4, Split 'step_sums_of_level_1': a softmax can only be an output"},
    {three_dimensions, "has more than 2 dimensions"},
};

static void bad_models_are_refused(void) {
    wn_buf good = write_small();
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        Wn__ModelProto *m = wn__model_proto__unpack(NULL, good.length, (const uint8_t *)good.data);
        edits[i].edit(m);
        const size_t size = wn__model_proto__get_packed_size(m);
        uint8_t *bytes = malloc(size);
        wann_diag diag = {0};
        wn__model_proto__pack(m, bytes);
        wn_net *net = read_bytes((const char *)bytes, size, &diag);
        CHECK_MSG(!net && diag.status == WANN_INPUT && strstr(diag.text, edits[i].says),
                  "%zu: %s: %s", i, net ? "accepted" : "refused", diag.text);
        CHECK_TEXT(diag.path, "m.onnx");
        wann_net_destroy(net);
        free(bytes);
        wn__model_proto__free_unpacked(m, NULL);
    }
    wn_buf_free(&good);
}

/* Whatever a byte or the end of the file becomes, there is a network or a reason. */
static void broken_files_are_refused(void) {
    static const char *const texts[] = {"", "{\"format\": \"wann-network\"}", "\b", "\b\a"};
    wn_buf good = write_small();
    wann_diag diag;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        diag = (wann_diag){0};
        CHECK(!read_bytes(texts[i], strlen(texts[i]), &diag) &&
              strstr(diag.text, "not an ONNX model"));
    }
    size_t accepted = 0;
    for (size_t i = 0; i < 9 * good.length; i++) {
        const size_t at = i / 9, bit = i % 9;
        const char byte = good.data[at];
        diag = (wann_diag){0};
        if (bit < 8)
            good.data[at] = (char)(byte ^ 1 << bit);
        wn_net *net = read_bytes(good.data, bit < 8 ? good.length : at, &diag);
        CHECK(net ? wn_net_verify(net, NULL) == WANN_OK : diag.text[0] != '\0');
        accepted += net != NULL;
        wann_net_destroy(net);
        good.data[at] = byte;
    }
    printf("     %zu of %zu broken files are still models\n", accepted, 9 * good.length);
    wn_buf_free(&good);
}

static void what_cannot_be_written_says_so(void) {
    static const char text[] =
        "{\"format\":\"wann-network\",\"version\":1,\"nodes\":[{\"id\":0,\"type\":"
        "\"bias\"},{\"id\":1,\"type\":\"output\",\"activation\":\"linear\"}],"
        "\"connections\":[{\"from\":0,\"to\":1}]}";
    wann_net *net;
    wn_buf out = {0};
    wann_diag diag = {0};
    CHECK(wann_net_read_memory(text, strlen(text), "x.json", NULL, &net, NULL, &diag) == WANN_OK);
    CHECK(wn_onnx_write(net, NULL, &out, &diag) == WANN_UNSUPPORTED);
    CHECK(strstr(diag.text, "at least one input"));
    wann_net_destroy(net);
    CHECK(wann_net_read_memory(SMALL, strlen(SMALL), "x.json", NULL, &net, NULL, &diag) == WANN_OK);
    const wn_onnx_weights large = {.baked = true, .shared = 1e300};
    CHECK(wn_onnx_write(net, &large, &out, &diag) == WANN_UNSUPPORTED);
    CHECK(strstr(diag.text, "too large for float"));
    wann_net_destroy(net);
    wn_buf_free(&out);
}

/* --- other ways to say it --------------------------------------------------------------------- */

/* tanh(2 * x * A^T - 0.5) with Gemm, a Slice of it, and a number given as a Constant. */
static void other_operators_are_read(void) {
    static const float matrix[] = {1, 0, 0, 1, 1, 1}, row[] = {0.5f, 0.5f, 0.5f};
    static const int64_t start = 1, end = -1, axis = 1;
    const char *const gemm_in[] = {"x", "a", "c"}, *const slice_in[] = {"t", "start", "end",
                                                                        "axis"};
    const char *const g = "g", *const out = "out";
    wn_onnx_graph graph;
    wn_buf bytes = {0};
    wann_diag diag = {0};
    wn_onnx_begin(&graph, "g");
    wn_onnx_input(&graph, "x", 2, 2);
    wn_onnx_floats(&graph, "a", 3, 2, matrix);
    wn_onnx_floats(&graph, "c", 3, 0, row);
    wn_onnx_numbers(&graph, "start", 1, &start);
    wn_onnx_numbers(&graph, "end", 1, &end);
    wn_onnx_numbers(&graph, "axis", 1, &axis);
    wn_onnx_operator(&graph, "Gemm", 3, gemm_in, 1, &g, 1);
    Wn__AttributeProto *attribute = graph.graph.node[0]->attribute[0], more[3];
    Wn__AttributeProto *list[3] = {&more[0], &more[1], &more[2]};
    for (int i = 0; i < 3; i++)
        more[i] = *attribute;
    more[0].name = (char[]){"transB"};
    more[1].name = (char[]){"alpha"};
    more[1].has_f = true;
    more[1].f = 2;
    more[2].name = (char[]){"beta"};
    more[2].has_f = true;
    more[2].f = -1;
    graph.graph.node[0]->attribute = list;
    graph.graph.node[0]->n_attribute = 3;
    wn_onnx_apply(&graph, "Tanh", "g", NULL, "t");
    wn_onnx_operator(&graph, "Slice", 4, slice_in, 1, &out, -1);
    wn_onnx_output(&graph, "out", 1);
    CHECK(wn_onnx_finish(&graph, &bytes, &diag) == WANN_OK);
    wn_net *net = read_bytes(bytes.data, bytes.length, &diag);
    CHECK_MSG(net, "%s", diag.text);
    const double in[] = {0.3, -0.2};
    double act[16], y = 9;
    if (net && net->n_nodes <= 16 && net->n_outputs == 1)
        wann_run(net, in, (wann_weights){.connection = net->weight}, NULL, act, &y);
    CHECK_MSG(fabs(y - tanh(2 * -0.2 - 0.5)) < 1e-12, "%g", y);
    wann_net_destroy(net);
    wn_buf_free(&bytes);
    wn_onnx_free(&graph);
}

/* Short files that ask for much: a value that gets twice as wide with each operator, or wide ones
 * over and over. */
static void bombs_are_refused(void) {
    static const size_t doublings[] = {40, 18};
    static const char *const says[] = {"more than 1000000", "too many"};
    for (int kind = 0; kind < 2; kind++) {
        wn_onnx_graph graph;
        wn_buf bytes = {0};
        wann_diag diag = {0};
        wn_onnx_begin(&graph, "bomb");
        wn_onnx_input(&graph, "v0", 2, 2);
        for (size_t i = 0; i < 1000; i++) {
            const bool doubles = i < doublings[kind];
            const char *a = wn_onnx_name(&graph, "v", i), *out = wn_onnx_name(&graph, "v", i + 1);
            const char *const in[] = {a, a};
            wn_onnx_operator(&graph, doubles ? "Concat" : "Sum", 2, in, 1, &out, doubles ? 1 : -1);
        }
        wn_onnx_output(&graph, "v1000", 2);
        CHECK(wn_onnx_finish(&graph, &bytes, &diag) == WANN_OK);
        CHECK(!read_bytes(bytes.data, bytes.length, &diag) && diag.status == WANN_INPUT);
        CHECK_MSG(strstr(diag.text, says[kind]), "%s", diag.text);
        wn_buf_free(&bytes);
        wn_onnx_free(&graph);
    }
}

/* --- memory ----------------------------------------------------------------------------------- */

static void memory_may_run_out(void) {
    wn_buf good = write_small();
    wann_net *small;
    wann_net_read_memory(SMALL, strlen(SMALL), "s.json", NULL, &small, NULL, NULL);
    for (int work = 0; work < 2; work++) {
        size_t n = 0;
        wann_status status = WANN_NO_MEMORY;
        wann_set_allocator(&test_failing_allocator);
        for (; status != WANN_OK && n < 10000; n++) {
            wann_net *net = NULL;
            wn_buf out = {0};
            wann_diag diag = {0};
            test_memory.left = n;
            test_memory.live = 0;
            status = work ? wann_net_read_memory(good.data, good.length, "m.onnx", NULL, &net, NULL,
                                                 &diag)
                          : wn_onnx_write(small, NULL, &out, &diag);
            wann_net_destroy(net);
            wn_buf_free(&out);
            CHECK_MSG(status == WANN_OK || status == WANN_NO_MEMORY, "allocation %zu: %s", n,
                      diag.text);
            CHECK_MSG(test_memory.live == 0, "allocation %zu: %zu blocks lost", n,
                      test_memory.live);
        }
        wann_set_allocator(NULL);
        CHECK_MSG(status == WANN_OK && n > 5, "%zu", n);
        printf("     %s: %zu allocations\n", work ? "reading" : "writing", n - 1);
    }
    wann_net_destroy(small);
    wn_buf_free(&good);
}

int main(void) {
    RUN(random_networks_come_back);
    RUN(bad_models_are_refused);
    RUN(broken_files_are_refused);
    RUN(what_cannot_be_written_says_so);
    RUN(other_operators_are_read);
    RUN(bombs_are_refused);
    RUN(memory_may_run_out);
    return TEST_RESULT();
}
