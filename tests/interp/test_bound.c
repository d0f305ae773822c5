/* The error bound: float keeps within it on random networks, and errors that break the promise do
 * not, so that it says something. */
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "runtime/interp/activate.h"
#include "runtime/interp/bound.h"
#include "runtime/interp/lane_f32.h"
#include "support/random_net.h"
#include "support/test.h"

enum { MAX_NODES = 200 };

/* One network, one input, and what each way of computing makes of it. */
typedef struct sample {
    wn_net *net;
    wann_weights weights;
    double in[MAX_NODES], act[MAX_NODES], reference[MAX_NODES];
    float in32[MAX_NODES], act32[MAX_NODES], got[MAX_NODES];
    double value[MAX_NODES], error[MAX_NODES];
    bool edge;
} sample;

typedef float activate_f32(wann_activation activation, float x);

/* The float interpreter with other activations and one bad sum: of node `bad`, moved by `move` times
 * its largest term (UINT32_MAX: none). */
static void run_f32(sample *s, activate_f32 *activate, uint32_t bad, float move) {
    const wn_net *net = s->net;
    for (uint32_t i = 0, input = 0; i < net->n_nodes; i++) {
        float sum = 0, largest = 0;
        for (uint32_t k = net->first_conn[i]; k < net->first_conn[i + 1]; k++) {
            const double w = s->weights.connection ? s->weights.connection[k] : s->weights.shared;
            const float term = s->act32[net->source[k]] * (float)w;
            sum += term;
            largest = fmaxf(largest, fabsf(term));
        }
        if (i == bad)
            sum += move * largest;
        s->act32[i] = activate((wann_activation)net->activation[i], sum);
        if (net->role[i] == WANN_BIAS)
            s->act32[i] = 1;
        if (net->role[i] == WANN_INPUT_NODE)
            s->act32[i] = s->in32[input++];
    }
    for (uint32_t o = 0; o < net->n_outputs; o++)
        s->got[o] = s->act32[net->output[o]];
}

static sample make_sample(uint64_t round, bool ordinary, wn_promise promise) {
    wn_rng rng = wn_rng_stream(31, round, ordinary, 0);
    const test_random_options options = {.max_nodes = MAX_NODES, .tame = ordinary};
    sample s = {.net = test_random_net(&rng, &options)};
    s.weights = (wann_weights){test_random_weight(&rng), round % 2 ? s.net->weight : NULL};
    if (ordinary)
        test_random_ordinary_input(&rng, s.net->n_inputs, s.in);
    else
        test_random_input(&rng, s.net->n_inputs, s.in);
    for (uint32_t i = 0; i < s.net->n_inputs; i++)
        s.in32[i] = (float)s.in[i];
    wann_run(s.net, s.in, s.weights, NULL, s.act, s.reference);
    wn_bound *bound;
    CHECK(wn_bound_create(s.net, &bound, NULL) == WANN_OK);
    wn_bound_run(bound, s.in, s.weights, &promise, s.value, s.error, &s.edge);
    wn_bound_destroy(bound);
    return s;
}

static bool same_class(double a, double b) {
    return isnan(a) || isnan(b) ? isnan(a) && isnan(b) : a == b;
}

/* Whether an output lies where the bound says. */
static bool within(const sample *s, uint32_t o) {
    const double got = (double)s->got[o], reference = s->reference[o];
    if (isinf(s->error[o]))
        return true;
    if (!isfinite(got) || !isfinite(reference))
        return s->error[o] == 0 && same_class(got, reference);
    return fabs(got - reference) <= s->error[o];
}

typedef struct tally {
    unsigned long outputs, bounded, edges, informative;
    double ratio[100000]; /* bound / error, where there is an error */
    size_t n_ratios;
} tally;

static tally counts;

static int compare_doubles(const void *x, const void *y) {
    const double a = *(const double *)x, b = *(const double *)y;
    return a < b ? -1 : a > b;
}

static void count(const sample *s) {
    for (uint32_t o = 0; o < s->net->n_outputs; o++) {
        const double error = fabs((double)s->got[o] - s->reference[o]);
        counts.outputs++;
        counts.bounded += isfinite(s->error[o]) ? 1 : 0;
        counts.edges += s->edge;
        counts.informative += s->error[o] <= 1e-3 * fmax(1, fabs(s->reference[o]));
        if (error > 0 && isfinite(s->error[o]) && !s->edge && counts.n_ratios < 100000)
            counts.ratio[counts.n_ratios++] = s->error[o] / error;
    }
}

static void report(const char *what) {
    qsort(counts.ratio, counts.n_ratios, sizeof *counts.ratio, compare_doubles);
    printf("%s: %lu outputs, %lu bounded, %lu at an edge, %lu bounded within 1e-3; bound / error: "
           "median %.0f of %zu\n",
           what, counts.outputs, counts.bounded, counts.edges, counts.informative,
           counts.n_ratios ? counts.ratio[counts.n_ratios / 2] : 0.0, counts.n_ratios);
}

static void check_within(bool ordinary, activate_f32 *activate, wn_promise promise,
                         const char *what) {
    counts = (tally){0};
    for (uint64_t round = 0; round < 3000 && test_failures < 20; round++) {
        sample s = make_sample(round, ordinary, promise);
        run_f32(&s, activate, UINT32_MAX, 0);
        for (uint32_t o = 0; o < s.net->n_outputs; o++)
            CHECK_MSG(within(&s, o), "round %llu: float %a, reference %a, bound %a",
                      (unsigned long long)round, (double)s.got[o], s.reference[o], s.error[o]);
        count(&s);
        wann_net_destroy(s.net);
    }
    report(what);
}

static void float_is_within(void) {
    check_within(true, wn_activate_f32, wn_promise_float_libm(), "C library, ordinary inputs");
    CHECK(counts.informative > counts.outputs / 2);
    CHECK(counts.n_ratios > 1000 && counts.ratio[counts.n_ratios / 2] < 100);
    check_within(false, wn_activate_f32, wn_promise_float_libm(), "C library, all inputs");
    check_within(true, wn_lane_activate_f32, wn_promise_float_kernels(), "kernels, ordinary inputs");
    check_within(false, wn_lane_activate_f32, wn_promise_float_kernels(), "kernels, all inputs");
}

/* Our copy of the float interpreter is the interpreter. */
static void the_copy_is_the_interpreter(void) {
    for (uint64_t round = 0; round < 100; round++) {
        sample s = make_sample(round, true, wn_promise_float_libm());
        float act[MAX_NODES], out[MAX_NODES];
        wann_run_f32(s.net, s.in32, s.weights, NULL, act, out);
        run_f32(&s, wn_activate_f32, UINT32_MAX, 0);
        for (uint32_t o = 0; o < s.net->n_outputs; o++)
            CHECK(same_class((double)out[o], (double)s.got[o]));
        wann_net_destroy(s.net);
    }
}

/* A live node with connections, by chance; UINT32_MAX if there is none. */
static uint32_t pick_node(const sample *s, wn_rng *rng) {
    bool live[MAX_NODES];
    uint32_t picked = UINT32_MAX, seen = 0;
    wn_net_live(s->net, live);
    for (uint32_t i = 0; i < s->net->n_nodes; i++)
        if (live[i] && s->net->first_conn[i] < s->net->first_conn[i + 1] &&
            wn_rng_below(rng, ++seen) == 0)
            picked = i;
    return picked;
}

/* One sum is wrong by 100 times what was promised; the difference must have reached an output to be
 * seen at all. */
static void broken_promises_are_caught(void) {
    const wn_promise promise = wn_promise_float_kernels();
    unsigned long broken = 0, caught = 0;
    for (uint64_t round = 0; round < 3000; round++) {
        sample s = make_sample(round, true, promise);
        wn_rng rng = wn_rng_stream(32, round, 0, 0);
        const uint32_t bad = pick_node(&s, &rng);
        float good[MAX_NODES];
        run_f32(&s, wn_lane_activate_f32, UINT32_MAX, 0);
        memcpy(good, s.got, sizeof good);
        run_f32(&s, wn_lane_activate_f32, bad, 100 * (float)promise.sum);
        bool seen = false, outside = false;
        for (uint32_t o = 0; o < s.net->n_outputs; o++) {
            seen |= good[o] != s.got[o] && isfinite(good[o]);
            outside |= !within(&s, o);
        }
        broken += seen;
        caught += outside;
        CHECK(seen || !outside);
        wann_net_destroy(s.net);
    }
    printf("one sum off by 100 promises: %lu of %lu caught\n", caught, broken);
    CHECK(broken > 1000 && caught > broken / 2);
}

/* Input 1 -> hidden of one activation -> linear output, shared weight 1. */
static double chain_error(wann_activation activation, double in, wn_promise promise, bool *edge) {
    const wn_node_spec nodes[] = {{1, WANN_INPUT_NODE, 0, NULL, NULL},
                                  {2, WANN_HIDDEN, activation, NULL, NULL},
                                  {3, WANN_OUTPUT_NODE, WANN_ACT_LINEAR, NULL, NULL}};
    const wn_conn_spec conns[] = {{1, 2, 0, NULL}, {2, 3, 0, NULL}};
    const wn_net_spec spec = {.nodes = nodes, .n_nodes = 3, .conns = conns, .n_conns = 2};
    wn_net *net;
    wn_bound *bound;
    double value, error;
    CHECK(wn_net_build(&spec, &net, NULL, NULL) == WANN_OK);
    CHECK(wn_bound_create(net, &bound, NULL) == WANN_OK);
    wn_bound_run(bound, &in, (wann_weights){1, NULL}, &promise, &value, &error, edge);
    wn_bound_destroy(bound);
    wann_net_destroy(net);
    return error;
}

static void edges_by_hand(void) {
    const wn_promise promise = wn_promise_float_kernels();
    bool edge;
    CHECK(chain_error(WANN_ACT_STEP, 0.0, promise, &edge) == 0 && !edge);
    CHECK(chain_error(WANN_ACT_STEP, 1.0, promise, &edge) < 3e-6 && !edge);
    CHECK(chain_error(WANN_ACT_STEP, 1e-60, promise, &edge) >= 1 && edge);
    CHECK(chain_error(WANN_ACT_STEP, (double)NAN, promise, &edge) == 0 && !edge);
    CHECK(chain_error(WANN_ACT_SIN, 0.1, promise, &edge) < 3e-6 && !edge);
    CHECK(chain_error(WANN_ACT_SIN, 1e12, promise, &edge) >= 1 && edge);
    CHECK(isinf(chain_error(WANN_ACT_LINEAR, 1e60, promise, &edge)));
    CHECK(isinf(chain_error(WANN_ACT_SQUARED, 1e30, promise, &edge)));
    CHECK(isfinite(chain_error(WANN_ACT_SQUARED, 1e30, wn_promise_double_libm(), &edge)));
    CHECK(chain_error(WANN_ACT_LINEAR, (double)INFINITY, promise, &edge) == 0);
    CHECK(chain_error(WANN_ACT_TANH, (double)-INFINITY, promise, &edge) < 3e-6);
    CHECK(chain_error(WANN_ACT_COS, (double)INFINITY, promise, &edge) == 0);
    CHECK(chain_error(WANN_ACT_RELU, -3, promise, &edge) == 0);
    CHECK(chain_error(WANN_ACT_TANH, 0.5, wn_promise_double_libm(), &edge) < 3e-14);
}

int main(void) {
    RUN(edges_by_hand);
    RUN(the_copy_is_the_interpreter);
    RUN(float_is_within);
    RUN(broken_promises_are_caught);
    return TEST_RESULT();
}
