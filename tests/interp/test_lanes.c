/* The lanes against the reference interpreter: random networks, inputs and weights, odd numbers of
 * lanes, every vector unit of this machine. */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "runtime/base/alloc.h"
#include "runtime/interp/lane_f32.h"
#include "runtime/interp/lanes.h"
#include "support/random_net.h"
#include "support/test.h"

/* Lane counts round a vector and a block of either type. */
static const size_t lane_counts[] = {1, 2, 15, 16, 17, 31, 63, 127, 128, 129, 255, 257, 300};
enum { COUNTS = sizeof lane_counts / sizeof *lane_counts };

/* One random network with inputs for n lanes. Rows of inputs and outputs are exactly n long, in
 * memory of their own, so that a sanitizer sees each step past an end. */
typedef struct batch {
    wn_net *net;
    wann_lanes *lanes;
    size_t n, inputs, outputs;
    double *in, *out, *weight;
    float *in32, *out32, *weight32;
    double *one_in, *one_act, *one_out;
    float *one_in32, *one_act32, *one_out32;
    double *tuned;
} batch;

static void *room(size_t n, size_t size) {
    return malloc(n > 0 ? n * size : 1);
}

static batch make_batch(wn_rng *rng, const test_random_options *options) {
    batch b = {.net = test_random_net(rng, options), .n = lane_counts[wn_rng_below(rng, COUNTS)]};
    const size_t nodes = wann_net_nodes(b.net), conns = wann_net_connections(b.net);
    b.inputs = wann_net_inputs(b.net);
    b.outputs = wann_net_outputs(b.net);
    const size_t block = wn_rng_below(rng, 3) == 0 ? wn_rng_below(rng, 100) : 0;
    CHECK(wann_lanes_create_with(b.net, &(wann_lanes_options){.block = block}, &b.lanes, NULL) ==
          WANN_OK);
    b.in = room(b.n * b.inputs, sizeof(double));
    b.out = room(b.n * b.outputs, sizeof(double));
    b.weight = room(b.n, sizeof(double));
    b.in32 = room(b.n * b.inputs, sizeof(float));
    b.out32 = room(b.n * b.outputs, sizeof(float));
    b.weight32 = room(b.n, sizeof(float));
    b.one_in = room(3 * nodes, sizeof(double));
    b.one_act = b.one_in + nodes;
    b.one_out = b.one_act + nodes;
    b.one_in32 = room(3 * nodes, sizeof(float));
    b.one_act32 = b.one_in32 + nodes;
    b.one_out32 = b.one_act32 + nodes;
    b.tuned = room(conns, sizeof(double));
    for (size_t k = 0; k < conns; k++)
        b.tuned[k] = wn_rng_normal(rng);
    for (size_t l = 0; l < b.n; l++) {
        test_random_input(rng, b.inputs, b.one_in);
        for (size_t i = 0; i < b.inputs; i++) {
            b.in[i * b.n + l] = b.one_in[i];
            b.in32[i * b.n + l] = (float)b.one_in[i];
        }
        b.weight[l] = test_random_weight(rng);
        b.weight32[l] = (float)b.weight[l];
    }
    return b;
}

static void free_batch(batch *b) {
    void *all[] = {b->in,       b->out,    b->weight,   b->in32, b->out32,
                   b->weight32, b->one_in, b->one_in32, b->tuned};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    wann_lanes_destroy(b->lanes);
    wann_net_destroy(b->net);
}

/* The bits of a NaN are the compiler's choice. */
static bool same(double a, double b) {
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

typedef enum weighting { SHARED, TUNED, PER_LANE } weighting;

static wann_weights weights_of(const batch *b, weighting w) {
    return w == TUNED ? (wann_weights){0, b->tuned} : (wann_weights){b->net->shared_weight, NULL};
}

static void check_double(batch *b, weighting how) {
    const wann_weights weights = weights_of(b, how);
    wann_lanes_run(b->lanes, b->n, b->in, b->n, how == PER_LANE ? b->weight : NULL, weights, b->out,
                   b->n);
    for (size_t l = 0; l < b->n; l++) {
        const wann_weights one = how == PER_LANE ? (wann_weights){b->weight[l], NULL} : weights;
        for (size_t i = 0; i < b->inputs; i++)
            b->one_in[i] = b->in[i * b->n + l];
        wann_run(b->net, b->one_in, one, NULL, b->one_act, b->one_out);
        for (size_t o = 0; o < b->outputs; o++)
            CHECK_MSG(same(b->out[o * b->n + l], b->one_out[o]),
                      "lane %zu of %zu: %a, reference %a", l, b->n, b->out[o * b->n + l],
                      b->one_out[o]);
    }
}

/* The interpreter in float with the kernels in place of the C library: what the lanes have to give
 * bit for bit, so that nothing but the kernels separates them from the reference. */
static void run_with_kernels(const wn_net *net, const float *in, wann_weights weights, float *act,
                             float *out) {
    uint32_t input = 0;
    for (uint32_t i = 0; i < net->n_nodes; i++) {
        float sum = 0;
        for (uint32_t k = net->first_conn[i]; k < net->first_conn[i + 1]; k++)
            sum += act[net->source[k]] *
                   (float)(weights.connection ? weights.connection[k] : weights.shared);
        act[i] = wn_lane_activate_f32((wann_activation)net->activation[i], sum);
        if (net->role[i] == WANN_BIAS)
            act[i] = 1;
        if (net->role[i] == WANN_INPUT_NODE)
            act[i] = in[input++];
    }
    for (uint32_t o = 0; o < net->n_outputs; o++)
        out[o] = act[net->output[o]];
}

/* Float lanes against the model, but for the sign of zeros: their sums begin with their first term.
 */
static void check_out32(const batch *b, const wn_net *net, weighting how) {
    for (size_t l = 0; l < b->n; l++) {
        const wann_weights one =
            how == PER_LANE ? (wann_weights){(double)b->weight32[l], NULL} : weights_of(b, how);
        for (size_t i = 0; i < b->inputs; i++)
            b->one_in32[i] = b->in32[i * b->n + l];
        run_with_kernels(net, b->one_in32, one, b->one_act32, b->one_out32);
        for (size_t o = 0; o < b->outputs; o++) {
            const float got = b->out32[o * b->n + l], expected = b->one_out32[o];
            CHECK_MSG(same((double)(got + 0), (double)(expected + 0)),
                      "lane %zu of %zu: %a, expected %a", l, b->n, (double)got, (double)expected);
        }
    }
}

static void check_float(batch *b, weighting how) {
    wann_lanes_run_f32(b->lanes, b->n, b->in32, b->n, how == PER_LANE ? b->weight32 : NULL,
                       weights_of(b, how), b->out32, b->n);
    check_out32(b, b->net, how);
}

/* The same block by block in place; a run must leave its inputs and weights as they are, so every
 * block runs twice. */
static void check_in_place(batch *b, weighting how) {
    const wann_lanes_block block = wann_lanes_block_f32(b->lanes);
    wann_lanes_weigh_f32(b->lanes, weights_of(b, how));
    for (size_t offset = 0; offset < b->n; offset += block.stride) {
        const size_t left = b->n - offset, n = left < block.stride ? left : block.stride;
        for (size_t i = 0; i < b->inputs; i++)
            memcpy(block.in + i * block.stride, b->in32 + i * b->n + offset, n * sizeof(float));
        if (how == PER_LANE)
            memcpy(block.weight, b->weight32 + offset, n * sizeof(float));
        wann_lanes_run_block_f32(b->lanes, n);
        wann_lanes_run_block_f32(b->lanes, n);
        for (size_t o = 0; o < b->outputs; o++)
            memcpy(b->out32 + o * b->n + offset, block.out + o * block.stride, n * sizeof(float));
    }
    check_out32(b, b->net, how);
}

static void check_rounds(const test_random_options *options, uint64_t rounds, uint64_t purpose) {
    for (uint64_t round = 0; round < rounds; round++) {
        wn_rng rng = wn_rng_stream(21, round, 0, purpose);
        batch b = make_batch(&rng, options);
        for (int unit = 0; unit < WN_UNITS; unit++) {
            if (!wn_unit_present((wn_unit)unit))
                continue;
            wn_lanes_use(b.lanes, (wn_unit)unit);
            for (weighting how = SHARED; how <= PER_LANE; how++) {
                check_double(&b, how);
                check_float(&b, how);
                check_in_place(&b, how);
            }
        }
        free_batch(&b);
        if (test_failures > 20)
            return;
    }
}

static void small_networks(void) {
    check_rounds(&(test_random_options){.max_nodes = 60}, 60, 1);
}

static void large_networks(void) {
    check_rounds(&(test_random_options){.min_nodes = 200}, 5, 2);
}

/* One activation at a time, against double, whose own error (of the product pi x, above all) is far
 * smaller: at most 2 ulp. */
static void kernels_keep_their_bound(void) {
    for (int number = WANN_ACT_LINEAR; number <= WANN_ACT_SQUARED; number++) {
        for (int i = -4000; i <= 4000; i++) {
            const wann_activation activation = (wann_activation)number;
            const float x = (float)i * 0.00301f;
            const double got = (double)wn_lane_activate_f32(activation, x);
            const double expected = wn_activate(activation, (double)x);
            const double room = 2 * 0x1p-23 * fabs(expected) + 4e-16 * fabs((double)x) + 0x1p-148;
            CHECK_MSG(fabs(got - expected) <= room, "%s(%a): %a, in double %a",
                      wann_activation_name(activation), (double)x, got, expected);
        }
    }
}

/* A network of every activation, each of the first input alone, and each of the sums of two and of
 * three inputs, of which the others are given as 0. */
static wn_net *every_activation(void) {
    enum { INPUTS = 3, FORMS = 3, NODES = INPUTS + FORMS * WANN_ACT_SQUARED };
    wn_node_spec nodes[NODES];
    wn_conn_spec conns[FORMS * INPUTS * WANN_ACT_SQUARED];
    size_t n_conns = 0;
    for (int64_t i = 0; i < NODES; i++)
        nodes[i] = i < INPUTS
                       ? (wn_node_spec){.id = i, .role = WANN_INPUT_NODE}
                       : (wn_node_spec){.id = i,
                                        .role = WANN_OUTPUT_NODE,
                                        .activation =
                                            (wann_activation)(1 + (i - INPUTS) % WANN_ACT_SQUARED)};
    for (int64_t i = INPUTS; i < NODES; i++)
        for (int64_t from = 0; from <= (i - INPUTS) / WANN_ACT_SQUARED; from++)
            conns[n_conns++] = (wn_conn_spec){.from = from, .to = i};
    const wn_net_spec spec = {
        .name = "all", .nodes = nodes, .n_nodes = NODES, .conns = conns, .n_conns = n_conns};
    wn_net *net;
    CHECK(wn_net_build(&spec, &net, NULL, NULL) == WANN_OK);
    return net;
}

/* The short kernels on every vector unit, and the same bits on those that fuse. */
static void short_kernels_keep_their_bound(void) {
    enum { N = 4001, OUTPUTS = 3 * WANN_ACT_SQUARED };
    static float in[3][N], out[WN_UNITS][OUTPUTS][N];
    wn_net *net = every_activation();
    wann_lanes *lanes;
    CHECK(wann_lanes_create_with(net, &(wann_lanes_options){.math = WANN_LANES_SHORT}, &lanes,
                                 NULL) == WANN_OK);
    for (int l = 0; l < N; l++)
        in[0][l] = (float)(l - N / 2) * 0.00712f;
    for (int unit = 0; unit < WN_UNITS; unit++) {
        if (!wn_unit_present((wn_unit)unit))
            continue;
        wn_lanes_use(lanes, (wn_unit)unit);
        wann_lanes_run_f32(lanes, N, in[0], N, NULL, (wann_weights){1, NULL}, out[unit][0], N);
        for (int o = 0; o < OUTPUTS; o++)
            for (int l = 0; l < N; l++) {
                const wann_activation activation = (wann_activation)(1 + o % WANN_ACT_SQUARED);
                const double got = (double)out[unit][o][l];
                const double expected = wn_activate(activation, (double)in[0][l]);
                CHECK_MSG(fabs(got - expected) <= 4e-7 + 1e-7 * fabs(expected),
                          "%s(%a): %a, in double %a", wann_activation_name(activation),
                          (double)in[0][l], got, expected);
            }
        if (unit > WN_UNIT_baseline + 1)
            CHECK(memcmp(out[unit], out[unit - 1], sizeof out[unit]) == 0);
    }
    wann_lanes_destroy(lanes);
    wann_net_destroy(net);
}

/* Blocks that offsets of 32 bits cannot tell apart are refused. */
static void blocks_can_be_too_large(void) {
    wn_net *net = every_activation();
    wann_lanes *lanes;
    const size_t sizes[] = {(size_t)1 << 26, (size_t)1 << 30, SIZE_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        CHECK(wann_lanes_create_with(net, &(wann_lanes_options){.block = sizes[i]}, &lanes, NULL) !=
              WANN_OK);
        CHECK(!lanes);
    }
    wann_net_destroy(net);
}

static void no_lanes_touch_nothing(void) {
    wn_rng rng = wn_rng_stream(22, 0, 0, 0);
    wn_net *net = test_random_net(&rng, NULL);
    wann_lanes *lanes;
    CHECK(wann_lanes_create(net, &lanes, NULL) == WANN_OK);
    wann_lanes_run(lanes, 0, NULL, 0, NULL, (wann_weights){1, NULL}, NULL, 0);
    wann_lanes_run_f32(lanes, 0, NULL, 0, NULL, (wann_weights){1, NULL}, NULL, 0);
    wann_lanes_destroy(lanes);
    wann_lanes_destroy(NULL);
    wann_net_destroy(net);
}

/* Strides larger than the number of lanes: what lies between is left alone. */
static void strides_leave_gaps(void) {
    enum { N = 5, IN_STRIDE = 9, OUT_STRIDE = 7 };
    wn_rng rng = wn_rng_stream(23, 0, 0, 0);
    wn_net *net = test_random_net(&rng, &(test_random_options){.min_nodes = 40, .max_nodes = 40});
    const size_t inputs = wann_net_inputs(net), outputs = wann_net_outputs(net);
    double *in = room(inputs * IN_STRIDE, sizeof *in),
           *out = room(outputs * OUT_STRIDE, sizeof *out);
    double one_in[40], act[40], one_out[40];
    test_random_ordinary_input(&rng, inputs * IN_STRIDE, in);
    for (size_t i = 0; i < outputs * OUT_STRIDE; i++)
        out[i] = -77;
    wann_lanes *lanes;
    CHECK(wann_lanes_create(net, &lanes, NULL) == WANN_OK);
    const wann_weights weights = {1.5, NULL};
    wann_lanes_run(lanes, N, in, IN_STRIDE, NULL, weights, out, OUT_STRIDE);
    for (size_t l = 0; l < OUT_STRIDE; l++) {
        for (size_t i = 0; i < inputs; i++)
            one_in[i] = in[i * IN_STRIDE + l];
        wann_run(net, one_in, weights, NULL, act, one_out);
        for (size_t o = 0; o < outputs; o++)
            CHECK(same(out[o * OUT_STRIDE + l], l < N ? one_out[o] : -77));
    }
    wann_lanes_destroy(lanes);
    wann_net_destroy(net);
    free(in);
    free(out);
}

/* An allocator that has room for so many more requests. */
static void *limited(void *ctx, void *p, size_t size) {
    int *left = ctx;
    if (size > 0 && (*left)-- <= 0)
        return NULL;
    if (size == 0) {
        free(p);
        return NULL;
    }
    return realloc(p, size);
}

static void no_memory_is_an_error(void) {
    wn_rng rng = wn_rng_stream(24, 0, 0, 0);
    wn_net *net = test_random_net(&rng, &(test_random_options){.min_nodes = 500});
    wann_status status = WANN_NO_MEMORY;
    int room_for = 0;
    for (; status != WANN_OK && room_for < 100; room_for++) {
        int left = room_for;
        wann_lanes *lanes;
        wann_set_allocator(&(wann_allocator){limited, &left});
        status = wann_lanes_create(net, &lanes, NULL);
        CHECK(status == WANN_OK || (status == WANN_NO_MEMORY && !lanes));
        wann_lanes_destroy(lanes);
        wann_set_allocator(NULL);
    }
    CHECK(room_for > 2 && status == WANN_OK);
    wann_net_destroy(net);
}

int main(void) {
    RUN(small_networks);
    RUN(large_networks);
    RUN(kernels_keep_their_bound);
    RUN(short_kernels_keep_their_bound);
    RUN(blocks_can_be_too_large);
    RUN(no_lanes_touch_nothing);
    RUN(strides_leave_gaps);
    RUN(no_memory_is_an_error);
    return TEST_RESULT();
}
