/* Building networks: order, refusals, questions. */
#include "runtime/base/alloc.h"
#include "runtime/net/net.h"
#include "support/failing.h"
#include "support/test.h"

static wn_node_spec node(int64_t id, wann_role role) {
    return (wn_node_spec){.id = id, .role = role, .activation = WANN_ACT_TANH};
}

static wann_status build(const wn_node_spec *nodes, size_t n_nodes, const wn_conn_spec *conns,
                         size_t n_conns, wn_net **net, wn_place *place, wann_diag *diag) {
    const wn_net_spec spec = {.nodes = nodes, .n_nodes = n_nodes, .conns = conns, .n_conns = n_conns};
    return wn_net_build(&spec, net, place, diag);
}

/* Output 9 reads output 8; hidden 5 is listed before its source 7. */
static void nodes_are_ordered(void) {
    const wn_node_spec nodes[] = {node(9, WANN_OUTPUT_NODE), node(8, WANN_OUTPUT_NODE), node(5, WANN_HIDDEN),
                                  node(7, WANN_HIDDEN), node(1, WANN_INPUT_NODE), node(0, WANN_BIAS)};
    const wn_conn_spec conns[] = {{8, 9, 0, NULL}, {7, 5, 0, NULL}, {1, 7, 0, NULL}, {0, 7, 0, NULL}, {5, 8, 0, NULL}};
    const int64_t expected[] = {0, 1, 7, 5, 8, 9};
    wn_net *net;
    wann_diag diag;
    CHECK(build(nodes, 6, conns, 5, &net, NULL, &diag) == WANN_OK);
    CHECK(wn_net_verify(net, &diag) == WANN_OK);
    for (int i = 0; i < 6; i++)
        CHECK(net->id[i] == expected[i]);
    CHECK(net->output[0] == 5 && net->output[1] == 4);
    CHECK(net->bias == 0);
    CHECK(wann_net_depth(net) == 4);
    CHECK_TEXT(wann_net_output_name(net, 1), "out1");
    CHECK(wann_net_output_name(net, 2) == NULL);
    uint32_t order[5];
    CHECK(wn_net_published_order(net, order));
    for (int k = 1; k < 5; k++)
        CHECK(net->source[order[k - 1]] <= net->source[order[k]]);
    wann_net_destroy(net);
}

static void check_refused(const wn_node_spec *nodes, size_t n_nodes, const wn_conn_spec *conns,
                          size_t n_conns, wn_place_kind kind, size_t index, const char *text) {
    wn_net *net;
    wn_place place;
    wann_diag diag;
    CHECK(build(nodes, n_nodes, conns, n_conns, &net, &place, &diag) == WANN_INPUT);
    CHECK(net == NULL);
    CHECK(place.kind == kind && place.index == index);
    CHECK_TEXT(diag.text, text);
}

static void bad_graphs_are_refused(void) {
    const wn_node_spec nodes[] = {node(0, WANN_BIAS), node(1, WANN_INPUT_NODE), node(2, WANN_HIDDEN),
                                  node(3, WANN_HIDDEN), node(4, WANN_OUTPUT_NODE)};
    const wn_conn_spec cycle[] = {{1, 2, 0, NULL}, {2, 3, 0, NULL}, {3, 2, 0, NULL}, {3, 4, 0, NULL}};
    wn_net *net;
    wann_diag diag;
    CHECK(build(nodes, 5, cycle, 4, &net, NULL, &diag) == WANN_INPUT);
    CHECK(strstr(diag.text, "cycle of 2 nodes: ") && strstr(diag.text, "2 -> 3"));
    const wn_conn_spec self[] = {{2, 2, 0, NULL}};
    check_refused(nodes, 5, self, 1, WN_PLACE_NODE, 2, "the connections form a cycle of 1 node: 2 -> 2");
    const wn_conn_spec dangling[] = {{1, 2, 0, NULL}, {1, 77, 0, NULL}};
    check_refused(nodes, 5, dangling, 2, WN_PLACE_CONN, 1, "connection to node 77, which does not exist");
    const wn_conn_spec into[] = {{2, 1, 0, NULL}};
    check_refused(nodes, 5, into, 1, WN_PLACE_CONN, 0, "connection into node 1, which is an input");
    const wn_conn_spec twice[] = {{1, 2, 0, NULL}, {2, 4, 0, NULL}, {1, 2, 0, NULL}};
    check_refused(nodes, 5, twice, 3, WN_PLACE_CONN, 2, "duplicate connection from node 1 to node 2");
    const wn_node_spec same[] = {node(4, WANN_OUTPUT_NODE), node(4, WANN_HIDDEN)};
    check_refused(same, 2, NULL, 0, WN_PLACE_NODE, 1, "duplicate node id 4");
    const wn_node_spec biases[] = {node(0, WANN_BIAS), node(1, WANN_BIAS), node(4, WANN_OUTPUT_NODE)};
    check_refused(biases, 3, NULL, 0, WN_PLACE_NODE, 1, "a second bias node; at most one is allowed");
    check_refused(nodes, 4, NULL, 0, WN_PLACE_NONE, 0, "the network has no output node");
}

static void levels_and_liveness(void) {
    const wn_node_spec nodes[] = {node(1, WANN_INPUT_NODE), node(2, WANN_HIDDEN), node(3, WANN_HIDDEN),
                                  node(4, WANN_OUTPUT_NODE)};
    const wn_conn_spec conns[] = {{1, 2, 0, NULL}, {2, 4, 0, NULL}, {1, 3, 0, NULL}};
    wn_net *net;
    wann_diag diag;
    CHECK(build(nodes, 4, conns, 3, &net, NULL, &diag) == WANN_OK);
    bool live[4];
    uint32_t level[4];
    wn_net_live(net, live);
    wn_net_levels(net, level);
    CHECK(live[0] && live[1] && !live[2] && live[3]);
    CHECK(level[0] == 0 && level[1] == 1 && level[3] == 2);
    wann_net_destroy(net);
}

/* Every allocation fails in turn: a clean error each time, until there is enough memory. */
static void memory_may_run_out(void) {
    const wn_node_spec nodes[] = {node(1, WANN_INPUT_NODE), node(2, WANN_HIDDEN), node(4, WANN_OUTPUT_NODE)};
    const wn_conn_spec conns[] = {{1, 2, 0, NULL}, {2, 4, 0, NULL}};
    wann_set_allocator(&test_failing_allocator);
    wann_status status = WANN_NO_MEMORY;
    for (size_t n = 0; status != WANN_OK && n < 100; n++) {
        wn_net *net;
        wann_diag diag;
        test_memory.left = n;
        status = build(nodes, 3, conns, 2, &net, NULL, &diag);
        CHECK(status == WANN_OK ? n > 0 : status == WANN_NO_MEMORY && !net);
        wann_net_destroy(net);
    }
    CHECK(status == WANN_OK);
    wann_set_allocator(NULL);
}

int main(void) {
    RUN(nodes_are_ordered);
    RUN(bad_graphs_are_refused);
    RUN(levels_and_liveness);
    RUN(memory_may_run_out);
    return TEST_RESULT();
}
