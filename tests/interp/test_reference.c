/* The reference interpreter on networks small enough to be worked out by hand. */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "runtime/interp/activate.h"
#include "support/random_net.h"
#include "support/test.h"
#include "wann/run.h"

static bool same_bits(double a, double b) {
    return memcmp(&a, &b, sizeof a) == 0;
}

static void activations_at_edges(void) {
    const double inf = (double)INFINITY, nan = (double)NAN;
    CHECK(wn_activate(WANN_ACT_STEP, nan) == 0 && wn_activate(WANN_ACT_STEP, 0) == 0);
    CHECK(wn_activate(WANN_ACT_STEP, 5e-324) == 1 && wn_activate_f32(WANN_ACT_STEP, -1.0f) == 0);
    CHECK(isnan(wn_activate(WANN_ACT_RELU, nan)) && isnan(wn_activate_f32(WANN_ACT_RELU, NAN)));
    CHECK(same_bits(wn_activate(WANN_ACT_RELU, -3), 0.0));
    CHECK(same_bits(wn_activate(WANN_ACT_INVERSE, 0.0), -0.0));
    CHECK(wn_activate(WANN_ACT_GAUSSIAN, inf) == 0 && wn_activate(WANN_ACT_GAUSSIAN, 0) == 1);
    CHECK(wn_activate(WANN_ACT_SIGMOID, -inf) == 0 && wn_activate(WANN_ACT_SIGMOID, 0) == 0.5);
    CHECK(isnan(wn_activate(WANN_ACT_SIN, inf)) && wn_activate(WANN_ACT_COS, 1) == -1);
    CHECK(wn_activate(WANN_ACT_SQUARED, -3) == 9 && wn_activate(WANN_ACT_ABS, -inf) == inf);
    /* The rounded product: neither sine is 0. */
    CHECK(wn_activate(WANN_ACT_SIN, 1) > 1e-16 && wn_activate(WANN_ACT_SIN, 1) < 1.3e-16);
    CHECK(wn_activate_f32(WANN_ACT_SIN, 1) < -8e-8f);
}

/* Bias 0, inputs 1 and 2; tanh node 3; linear output 4 = 2 node3 - bias + in2; sigmoid output 5 of
 * nothing. */
static wn_net *small_net(wann_action action) {
    const wn_node_spec nodes[] = {
        {0, WANN_BIAS, 0, NULL, NULL},
        {1, WANN_INPUT_NODE, 0, NULL, NULL},
        {2, WANN_INPUT_NODE, 0, NULL, NULL},
        {3, WANN_HIDDEN, WANN_ACT_TANH, NULL, NULL},
        {4, WANN_OUTPUT_NODE, WANN_ACT_LINEAR, NULL, NULL},
        {5, WANN_OUTPUT_NODE, WANN_ACT_SIGMOID, NULL, NULL},
    };
    const wn_conn_spec conns[] = {
        {1, 3, 0.5, NULL}, {3, 4, 2.0, NULL}, {0, 4, -1.0, NULL}, {2, 4, 1.0, NULL}};
    const wn_net_spec spec = {
        .action = action, .has_weights = true, .nodes = nodes, .n_nodes = 6, .conns = conns, .n_conns = 4};
    wn_net *net;
    CHECK(wn_net_build(&spec, &net, NULL, NULL) == WANN_OK);
    return net;
}

static void sums_by_hand(void) {
    wn_net *net = small_net(WANN_ACTION_NONE);
    const double in[] = {1.0, 0.25};
    double sum[6], act[6], out[2];
    wann_run(net, in, (wann_weights){0, net->weight}, sum, act, out);
    CHECK(act[0] == 1 && act[1] == 1.0 && act[2] == 0.25 && sum[0] == 0 && sum[1] == 0);
    CHECK(sum[3] == 0.5 && act[3] == tanh(0.5));
    CHECK(out[0] == -1.0 + 0.25 + tanh(0.5) * 2 && out[1] == 0.5);
    wann_run(net, in, (wann_weights){-1.5, NULL}, NULL, act, out);
    CHECK(out[0] == -1.5 + 0.25 * -1.5 + tanh(-1.5) * -1.5);
    const float in32[] = {1.0f, 0.25f};
    float act32[6], out32[2];
    wann_run_f32(net, in32, (wann_weights){0.1, NULL}, NULL, act32, out32);
    CHECK(out32[0] == 0.1f + 0.25f * 0.1f + tanhf(0.1f) * 0.1f && out32[1] == 0.5f);
    wann_act(net, out);
    CHECK(out[1] == 0.5);
    wann_net_destroy(net);
}

static void softmax_is_safe(void) {
    wn_net *net = small_net(WANN_ACTION_SOFTMAX);
    double big[] = {1000.0, 1000.0 + log(3.0)};
    wann_act(net, big);
    CHECK(fabs(big[0] - 0.25) < 1e-12 && fabs(big[0] + big[1] - 1) < 1e-15);
    float far[] = {-3e38f, 3e38f};
    wann_act_f32(net, far);
    CHECK(far[0] == 0 && far[1] == 1);
    double nan[] = {1, (double)NAN}, inf[] = {(double)INFINITY, 1};
    wann_act(net, nan);
    wann_act(net, inf);
    CHECK(isnan(nan[0]) && isnan(nan[1]) && isnan(inf[0]) && isnan(inf[1]));
    wann_net_destroy(net);
}

/* One weight a connection, all equal, is the same as the shared weight. */
static void equal_weights_are_shared(void) {
    for (uint64_t round = 0; round < 200; round++) {
        wn_rng rng = wn_rng_stream(11, round, 0, 0);
        wn_net *net = test_random_net(&rng, &(test_random_options){.max_nodes = 300});
        const double shared = test_random_weight(&rng);
        const size_t nodes = wann_net_nodes(net), conns = wann_net_connections(net);
        double *memory = calloc(5 * nodes + conns, sizeof *memory);
        double *in = memory, *a = in + nodes, *b = a + nodes, *out_a = b + nodes, *out_b = out_a + nodes;
        double *weights = out_b + nodes;
        for (size_t k = 0; k < conns; k++)
            weights[k] = shared;
        test_random_input(&rng, wann_net_inputs(net), in);
        wann_run(net, in, (wann_weights){shared, NULL}, NULL, a, out_a);
        wann_run(net, in, (wann_weights){0, weights}, NULL, b, out_b);
        for (size_t i = 0; i < nodes; i++) /* the bits of a NaN are up to the compiler */
            CHECK(same_bits(a[i], b[i]) || (isnan(a[i]) && isnan(b[i])));
        CHECK(same_bits(out_a[0], b[net->output[0]]) || isnan(out_a[0]));
        free(memory);
        wann_net_destroy(net);
    }
}

int main(void) {
    RUN(activations_at_edges);
    RUN(sums_by_hand);
    RUN(softmax_is_safe);
    RUN(equal_weights_are_shared);
    return TEST_RESULT();
}
