/* What pictures of networks hold: every node and connection once, nothing of a name but its text,
 * the same bytes each time, in time, and a clean error where memory runs out. */
#include <math.h>
#include <time.h>

#include "compiler/emit/picture.h"
#include "draw/pictures.h"
#include "runtime/base/alloc.h"
#include "runtime/base/proc.h"
#include "support/random_net.h"
#include "support/failing.h"
#include "support/test.h"

typedef wann_status (*emitter)(const wn_net *, wn_buf *, wann_diag *);

/* To be freed with wn_free; never NULL, so that checks can go on. */
static char *emit(emitter function, const wn_net *net) {
    wn_buf out = {0};
    wann_diag diag = {0};
    const wann_status status = function(net, &out, &diag);
    CHECK_MSG(status == WANN_OK, "%s", diag.text);
    wn_buf_text(&out, "");
    return wn_buf_take(&out);
}

static void check_svg_counts(const wn_net *net, const char *svg) {
    CHECK(test_count(svg, "<g class=\"wann-node\">") == net->n_nodes);
    const char *edges = strstr(svg, "<g class=\"wann-edges\">");
    const char *end = edges ? strstr(edges, "</g>") : NULL;
    CHECK(edges && end && test_count_before(edges, end, "<path") == net->n_conns);
    CHECK(test_count(svg, "\"nan") + test_count(svg, "\"inf") == 0);
}

static void check_counts(const wn_net *net) {
    char *svg = emit(wn_emit_svg, net);
    check_svg_counts(net, svg);
    wn_free(svg);
    char *dot = emit(wn_emit_dot, net);
    CHECK(test_count(dot, " [label=\"") == net->n_nodes);
    CHECK(test_count(dot, " -> n") == net->n_conns);
    wn_free(dot);
}

static void small_network(void) {
    wn_net *net = test_small_net("pole");
    check_counts(net);
    char *svg = emit(wn_emit_svg, net);
    CHECK(strstr(svg, "role=\"img\""));
    CHECK(strstr(svg, "<title>pole: a weight agnostic neural network</title>"));
    CHECK(strstr(svg, "<desc>8 nodes (2 inputs, 3 hidden, 2 outputs, bias), 9 connections, "
                      "depth 4</desc>"));
    CHECK(strstr(svg, "<title>node 5: tanh, 2 incoming connections</title>"));
    CHECK(strstr(svg, "<title>node 7: step, 1 incoming connection; "
                      "no output depends on it</title>"));
    CHECK(strstr(svg, ">linear (2)</text>"));
    CHECK(!strstr(svg, ">relu"));
    wn_free(svg);
    wann_net_destroy(net);
}

static void random_networks(void) {
    wn_rng rng = wn_rng_stream(2, 0, 0, 0);
    const test_random_options options = {.max_nodes = 300};
    for (int i = 0; i < 60; i++) {
        wn_net *net = test_random_net(&rng, &options);
        CHECK(net != NULL);
        check_counts(net);
        wann_net_destroy(net);
    }
}

static void same_bytes_each_time(void) {
    const emitter emitters[] = {wn_emit_svg, wn_emit_dot};
    for (size_t e = 0; e < 2; e++) {
        wn_net *one = test_wide_net(20, 60, 4, 300), *two = test_wide_net(20, 60, 4, 300);
        char *first = emit(emitters[e], one), *second = emit(emitters[e], two);
        CHECK_TEXT(first, second);
        wn_free(first);
        wn_free(second);
        wann_net_destroy(one);
        wann_net_destroy(two);
    }
}

/* Quoted strings closed, braces balanced, nothing below a blank but line ends. */
static void check_dot_syntax(const char *dot) {
    int depth = 0;
    bool quoted = false;
    for (const char *p = dot; *p; p++) {
        CHECK((unsigned char)*p >= ' ' || *p == '\n');
        if (*p == '"')
            quoted = !quoted;
        else if (quoted && *p == '\\' && p[1])
            p++;
        else if (!quoted)
            depth += (*p == '{') - (*p == '}');
        CHECK(!(quoted && *p == '\n') && depth >= 0);
    }
    CHECK(!quoted && depth == 0);
}

/* Where Graphviz is installed it reads what is written for it. */
static void check_graphviz(const char *dot) {
    const char *const argv[] = {"dot", "-Tcanon", NULL};
    char *errors = NULL;
    int exit_code = 0;
    if (wn_proc_run(argv, dot, NULL, &errors, &exit_code, NULL) == WANN_OK && exit_code != 127)
        CHECK_MSG(exit_code == 0 && (!errors || !strstr(errors, "syntax")), "%s", errors);
    wn_free(errors);
}

static void check_harmless(const char *name) {
    wn_net *net = test_small_net(name);
    check_counts(net);
    char *svg = emit(wn_emit_svg, net), *dot = emit(wn_emit_dot, net);
    CHECK(!strstr(svg, "<script") && !strstr(svg, "onload='"));
    CHECK(test_count(svg, "<svg ") == 1 && test_count(svg, "</svg>") == 1);
    CHECK(!strstr(svg, "<text></text>"));
    check_dot_syntax(dot);
    check_graphviz(dot);
    wn_free(svg);
    wn_free(dot);
    wann_net_destroy(net);
}

static void evil_names_are_harmless(void) {
    for (const char *const *name = test_evil_names; *name; name++)
        check_harmless(*name);
    check_harmless(test_long_name());
}

/* The page of a network with a name of 10,000 letters is as wide as with a cut one. */
static void long_names_keep_the_layout(void) {
    wn_net *net = test_small_net(test_long_name());
    char *svg = emit(wn_emit_svg, net);
    const char *width = strstr(svg, " width=\"");
    CHECK(width && atoi(width + 8) < 1500);
    CHECK(test_count(svg, "WWWWWWWWWW\xe2\x80\xa6</text>") >= 2);
    wn_free(svg);
    wann_net_destroy(net);
}

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void check_time(wn_net *net, double limit) {
    const double before = seconds();
    char *svg = emit(wn_emit_svg, net);
    const double took = seconds() - before;
    CHECK_MSG(took < limit, "%d ms for %u connections", (int)(took * 1e3), net->n_conns);
    check_svg_counts(net, svg);
    wn_free(svg);
    wann_net_destroy(net);
}

/* The limits leave room for sanitizers and slow machines; without them it takes a thirtieth. */
static void large_networks_draw_in_time(void) {
    check_time(test_wide_net(260, 250, 10, 2000), 2);
    check_time(test_wide_net(20, 10000, 5, 12000), 30);
}

/* Layers, order and distances of a layout, on what test_wide_net makes. */
static void layouts_keep_their_promises(void) {
    wn_net *net = test_wide_net(30, 80, 5, 400);
    const wn_layout_sizes sizes = {20, 8, 3};
    wn_layout layout;
    CHECK(wn_layout_build(net, &sizes, &layout, NULL) == WANN_OK);
    for (uint32_t v = 0; v < net->n_nodes; v++) {
        CHECK(layout.y[v] - 8 >= layout.top - 1e-6 && layout.y[v] + 8 <= layout.bottom + 1e-6);
        for (uint32_t k = net->first_conn[v]; k < net->first_conn[v + 1]; k++)
            CHECK(layout.layer[net->source[k]] < layout.layer[v]);
        for (uint32_t u = 0; u < v; u++)
            if (layout.layer[u] == layout.layer[v] && layout.layer[u] > 0)
                CHECK(fabs(layout.y[u] - layout.y[v]) >= 40 - 1e-6);
    }
    for (uint32_t i = 1; i < net->n_inputs; i++)
        CHECK(layout.y[net->input[i]] >= layout.y[net->input[i - 1]] + 16 - 1e-6);
    for (uint32_t o = 1; o < net->n_outputs; o++)
        CHECK(layout.y[net->output[o]] > layout.y[net->output[o - 1]]);
    wn_layout_free(&layout);
    wann_net_destroy(net);
}

/* Two hidden nodes whose connections cross in the order of the file, and need not. */
static void crossings_are_removed(void) {
    const wn_node_spec nodes[] = {{.id = 1, .role = WANN_INPUT_NODE},
                                  {.id = 2, .role = WANN_INPUT_NODE},
                                  {.id = 3, .role = WANN_HIDDEN, .activation = WANN_ACT_ABS},
                                  {.id = 4, .role = WANN_HIDDEN, .activation = WANN_ACT_ABS},
                                  {.id = 5, .role = WANN_OUTPUT_NODE, .activation = WANN_ACT_ABS},
                                  {.id = 6, .role = WANN_OUTPUT_NODE, .activation = WANN_ACT_ABS}};
    const wn_conn_spec conns[] = {
        {1, 4, 0, NULL}, {2, 3, 0, NULL}, {4, 5, 0, NULL}, {3, 6, 0, NULL}};
    const wn_net_spec spec = {.nodes = nodes, .n_nodes = 6, .conns = conns, .n_conns = 4};
    wn_net *net;
    CHECK(wn_net_build(&spec, &net, NULL, NULL) == WANN_OK);
    const wn_layout_sizes sizes = {20, 20, 3};
    wn_layout layout;
    CHECK(wn_layout_build(net, &sizes, &layout, NULL) == WANN_OK);
    CHECK(net->id[2] == 3 && net->id[3] == 4 && layout.y[3] < layout.y[2]);
    wn_layout_free(&layout);
    wann_net_destroy(net);
}

static void memory_may_run_out(void) {
    const emitter emitters[] = {wn_emit_svg, wn_emit_dot};
    wn_net *net = test_small_net("pole");
    wann_set_allocator(&test_failing_allocator);
    for (size_t e = 0; e < 2; e++) {
        wann_status status = WANN_NO_MEMORY;
        for (size_t n = 0; status != WANN_OK && n < 500; n++) {
            wn_buf out = {0};
            test_memory.left = n;
            status = emitters[e](net, &out, NULL);
            CHECK(status == WANN_OK ? n > 0 : status == WANN_NO_MEMORY);
            wn_buf_free(&out);
        }
        CHECK(status == WANN_OK);
    }
    test_memory.left = (size_t)-1;
    wann_net_destroy(net);
    wann_set_allocator(NULL);
}

int main(void) {
    RUN(small_network);
    RUN(random_networks);
    RUN(same_bytes_each_time);
    RUN(evil_names_are_harmless);
    RUN(long_names_keep_the_layout);
    RUN(large_networks_draw_in_time);
    RUN(layouts_keep_their_promises);
    RUN(crossings_are_removed);
    RUN(memory_may_run_out);
    return TEST_RESULT();
}
