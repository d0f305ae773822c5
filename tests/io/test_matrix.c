/* The published matrix: inference, refusals, and that writing loses no digit. */
#include "io/files.h"
#include "support/random_net.h"

/* Bias, 2 inputs, 2 hidden, 1 output. */
static const char SMALL[] = "0,0,0,2,0,0,1\n"
                            "0,0,0,nan,-1,0,1\n"
                            "0,0,0,1,0,0,1\n"
                            "0,0,0,0,3,0.1,5\n"
                            "0,0,0,0,0,1e-300,11\n"
                            "0,0,0,0,0,0,1\n";

static wann_status read_with(const char *text, size_t inputs, size_t outputs, wann_net **net,
                             bool *inferred, wann_diag *diag) {
    const wann_read_options options = {.inputs = inputs, .outputs = outputs};
    return wann_net_read_memory(text, strlen(text), "small.out", &options, net, inferred, diag);
}

static void entries_become_connections(void) {
    wann_net *net;
    bool inferred = true;
    CHECK(read_with(SMALL, 2, 1, &net, &inferred, NULL) == WANN_OK);
    if (!net)
        return;
    CHECK(!inferred && wn_net_verify(net, NULL) == WANN_OK);
    CHECK_TEXT(wann_net_name(net), "small");
    CHECK(net->bias == 0 && net->n_inputs == 2 && net->n_outputs == 1 && net->n_nodes == 6);
    CHECK(net->n_conns == 6); /* nan is none */
    CHECK(net->weight && net->weight[0] == 2 && net->weight[5] == 1e-300);
    CHECK(net->activation[3] == WANN_ACT_TANH && net->activation[4] == WANN_ACT_SQUARED);
    for (uint32_t i = 0; i < net->n_nodes; i++)
        CHECK(net->id[i] == i);
    wann_net_destroy(net);
}

static void check_inferred(const char *text, size_t inputs, size_t outputs) {
    wann_net *net;
    wann_diag diag = {0};
    bool inferred = false;
    CHECK_MSG(read_with(text, 0, 0, &net, &inferred, &diag) == WANN_OK, "%s", diag.text);
    if (!net)
        return;
    CHECK(inferred && wann_net_inputs(net) == inputs && wann_net_outputs(net) == outputs);
    wann_net_destroy(net);
}

static void roles_are_inferred(void) {
    check_inferred(SMALL, 2, 1);
    check_inferred("0,1,1\n0,0,1\n", 0, 1); /* bias to output */
    check_inferred("0,0,1,1,1\n0,0,1,1,1\n0,0,0,0,1\n0,0,0,0,1\n", 1, 2);
    check_inferred("0,0,0,nan,1\n0,0,0,1,1\n0,0,0,0,1\n0,0,0,0,1\n", 2, 1); /* input 2 is unread */
    check_inferred("0,0,0,1,1\n0,0,nan,0,1\n0,0,0,nan,1\n0,0,0,0,1\n", 1, 1); /* nan tells, too */
}

static void what_is_given_is_not_inferred(void) {
    wann_net *net;
    bool inferred = true;
    CHECK(read_with(SMALL, 1, 1, &net, &inferred, NULL) ==
          WANN_OK); /* a hidden node without input */
    CHECK(!inferred && wann_net_inputs(net) == 1 && net->role[2] == WANN_HIDDEN);
    wann_net_destroy(net);
    CHECK(read_with(SMALL, 2, 0, &net, &inferred, NULL) == WANN_OK);
    CHECK(inferred && wann_net_outputs(net) == 1);
    wann_net_destroy(net);
}

static void check_refused(const char *text, size_t inputs, size_t outputs, int line, int column,
                          const char *why) {
    wann_net *net;
    wann_diag diag = {0};
    CHECK(read_with(text, inputs, outputs, &net, NULL, &diag) == WANN_INPUT);
    CHECK(!net && diag.line == line && diag.column == column);
    CHECK_TEXT(diag.text, why);
}

static void roles_must_fit(void) {
    check_refused(SMALL, 5, 1, 0, 0, "the bias, 5 inputs and 1 output do not fit into 6 nodes");
    check_refused(SMALL, 2, 4, 0, 0, "the bias, 2 inputs and 4 outputs do not fit into 6 nodes");
    check_refused(SMALL, (size_t)-1, 1, 0, 0,
                  "the bias, 18446744073709551615 inputs and 1 output do not fit into 6 nodes");
    check_refused(SMALL, 3, 1, 1, 7, "connection into node 3, which is an input");
}

static void weights_of_one_are_none(void) {
    wann_net *net;
    CHECK(read_with("0,0,1,1\n0,0,1,1\n0,0,0,1\n", 1, 1, &net, NULL, NULL) == WANN_OK);
    CHECK(!wann_net_weights(net) && wann_net_connections(net) == 2);
    wann_net_destroy(net);
    CHECK(read_with("0,0,1,1\n0,0,1.0001,1\n0,0,0,1\n", 1, 1, &net, NULL, NULL) == WANN_OK);
    CHECK(wann_net_weights(net) != NULL);
    wann_net_destroy(net);
}

static void writing_keeps_every_digit(void) {
    wann_net *net;
    CHECK(read_with(SMALL, 2, 1, &net, NULL, NULL) == WANN_OK);
    char *text = as_matrix(net);
    CHECK_TEXT(text, "0,0,0,2,0,0,1\n0,0,0,0,-1,0,1\n0,0,0,1,0,0,1\n0,0,0,0,3,0.1,5\n"
                     "0,0,0,0,0,1e-300,11\n0,0,0,0,0,0,1\n");
    wn_free(text);
    wann_net_destroy(net);
}

static wann_net *json_net(const char *nodes, const char *connections) {
    wn_buf text = {0};
    wn_buf_print(
        &text,
        "{\"format\": \"wann-network\", \"version\": 1, \"nodes\": [%s], \"connections\": [%s]}",
        nodes, connections);
    wann_net *net = read_good(text.data, "made.json");
    wn_buf_free(&text);
    return net;
}

static void check_unwritable(wann_net *net, const char *why) {
    wn_buf text = {0};
    wann_diag diag = {0};
    CHECK(wn_matrix_write(net, &text, &diag) == WANN_INPUT && text.length == 0);
    CHECK_TEXT(diag.text, why);
    wann_net_destroy(net);
}

static const char TWO_OUTPUTS[] =
    "{\"id\": 9, \"type\": \"input\"}, {\"id\": 7, \"type\": \"output\"}, "
    "{\"id\": 8, \"type\": \"output\"}";

static void what_a_matrix_cannot_say_is_refused(void) {
    check_unwritable(
        json_net(TWO_OUTPUTS, "{\"from\": 9, \"to\": 7, \"weight\": 0}"),
        "a matrix cannot hold this network: the connection from node 9 to node 7 has weight 0, "
        "which there means no connection");
    check_unwritable(
        json_net(TWO_OUTPUTS, "{\"from\": 8, \"to\": 7}"),
        "a matrix cannot hold this network: output 0 is needed before the outputs in front of "
        "it are known");
}

static void output_may_read_an_earlier_output(void) {
    wann_net *net = json_net(TWO_OUTPUTS, "{\"from\": 7, \"to\": 8, \"weight\": 4}, "
                                          "{\"from\": 9, \"to\": 7, \"weight\": 5}");
    char *text = as_matrix(net); /* with a bias, as there is none in the file */
    CHECK_TEXT(text, "0,0,0,0,1\n0,0,5,0,1\n0,0,0,4,1\n0,0,0,0,1\n");
    wn_free(text);
    wann_net_destroy(net);
}

/* A network that a matrix can hold comes back with the same nodes, weights and roles. */
static void check_round_trip(const wann_net *net, const char *text) {
    wann_net *back;
    wann_diag diag = {0};
    CHECK_MSG(read_with(text, net->n_inputs, net->n_outputs, &back, NULL, &diag) == WANN_OK, "%s",
              diag.text);
    if (!back)
        return;
    const uint32_t shift = net->bias < 0;
    CHECK(back->n_nodes == net->n_nodes + shift && back->n_conns == net->n_conns);
    CHECK(memcmp(back->role + shift, net->role, net->n_nodes) == 0);
    CHECK(memcmp(back->activation + shift, net->activation, net->n_nodes) == 0);
    for (uint32_t k = 0; k < net->n_conns; k++) {
        CHECK(back->source[k] == net->source[k] + shift);
        CHECK((back->weight ? back->weight[k] : 1) == (net->weight ? net->weight[k] : 1));
    }
    char *again = as_matrix(back);
    CHECK_TEXT(again, text);
    wn_free(again);
    wann_net_destroy(back);
}

static void random_networks_survive(void) {
    const test_random_options options = {.max_nodes = 120};
    wn_rng rng = wn_rng_stream(8, 0, 0, 0);
    int survived = 0, refused = 0;
    for (int i = 0; i < 400; i++) {
        wann_net *net = test_random_net(&rng, &options);
        wn_buf text = {0};
        if (wn_matrix_write(net, &text, NULL) != WANN_OK) {
            refused++;
        } else if (net->n_inputs > 0) { /* a wish for no inputs cannot be expressed */
            check_round_trip(net, text.data);
            survived++;
        }
        wn_buf_free(&text);
        wann_net_destroy(net);
    }
    CHECK_MSG(survived >= 50 && refused > 0, "%d survived, %d refused", survived, refused);
}

int main(void) {
    RUN(entries_become_connections);
    RUN(roles_are_inferred);
    RUN(what_is_given_is_not_inferred);
    RUN(roles_must_fit);
    RUN(weights_of_one_are_none);
    RUN(writing_keeps_every_digit);
    RUN(what_a_matrix_cannot_say_is_refused);
    RUN(output_may_read_an_earlier_output);
    RUN(random_networks_survive);
    return TEST_RESULT();
}
