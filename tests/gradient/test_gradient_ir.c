/* The IR of NAME_gradient: its text reads back, it computes the network on the way, it costs a
 * small multiple of the network, and nothing is lost when memory runs out. */
#include <inttypes.h>
#include <math.h>

#include "compiler/pass/pass.h"
#include "runtime/base/alloc.h"
#include "support/random_net.h"
#include "support/failing.h"
#include "support/test.h"

enum { NETWORKS = 150 };

/* A random network with random weights under one way of compiling it. */
typedef struct subject {
    uint64_t seed;
    wn_net *net;
    double *tuned;
    wann_compile_options options;
} subject;

static subject draw(uint64_t seed, uint32_t most_nodes) {
    wn_rng rng = wn_rng_stream(81, seed, 0, 0);
    subject s = {.seed = seed, .options = wann_compile_defaults()};
    s.net = test_random_net(&rng, &(test_random_options){.max_nodes = most_nodes, .tame = true});
    s.tuned = calloc((size_t)s.net->n_conns + 1, sizeof *s.tuned);
    for (uint32_t k = 0; k < s.net->n_conns; k++)
        s.tuned[k] = wn_rng_normal(&rng);
    s.options.name = "policy";
    s.options.real = WANN_DOUBLE;
    s.options.weighting = (wann_weighting)(seed % 3);
    s.options.tuned = s.tuned;
    s.options.weight = -1.5;
    s.options.level = (wann_level)(seed / 3 % 3);
    s.options.gradient = true;
    return s;
}

static void drop(subject *s) {
    wann_net_destroy(s->net);
    free(s->tuned);
}

static char *print(const wn_ir *ir) {
    wn_buf text = {0};
    wn_ir_print(ir, &text);
    return wn_buf_take(&text);
}

static void text_reads_back(void) {
    for (uint64_t seed = 0; seed < NETWORKS; seed++) {
        subject s = draw(seed, 200);
        wn_ir ir, again;
        wann_diag diag = {0};
        CHECK(wn_gradient_pipeline(s.net, &s.options, &ir, NULL) == WANN_OK);
        CHECK_MSG(wn_ir_verify(&ir, &diag) == WANN_OK, "seed %" PRIu64 ": %s", seed, diag.text);
        char *text = print(&ir), *twice = NULL;
        if (wn_ir_parse(text, "text", &again, &diag) == WANN_OK) {
            twice = print(&again);
            wn_ir_free(&again);
        }
        CHECK_MSG(twice && strcmp(text, twice) == 0, "seed %" PRIu64 ": %s", seed, diag.text);
        wann_free(text);
        wann_free(twice);
        wn_ir_free(&ir);
        drop(&s);
    }
}

/* At -O0 every node is computed as the reference does, also on the way to derivatives. */
static void outputs_are_the_interpreters(void) {
    for (uint64_t seed = 0; seed < NETWORKS; seed++) {
        subject s = draw(seed, 200);
        wn_rng rng = wn_rng_stream(82, seed, 0, 0);
        wn_ir ir;
        s.options.level = WANN_O0;
        CHECK(wn_gradient_pipeline(s.net, &s.options, &ir, NULL) == WANN_OK);
        double *in = calloc((size_t)ir.n_inputs + 1, sizeof *in),
               *out = calloc((size_t)ir.n_outputs + 1, sizeof *out);
        double *scratch = calloc((size_t)ir.n_insts + s.net->n_nodes + 1, sizeof *scratch);
        double *expected = calloc((size_t)s.net->n_outputs + 1, sizeof *expected);
        const bool tuned = s.options.weighting == WANN_WEIGHT_TUNED;
        const wann_weights weights = {.shared = -1.5, .connection = tuned ? s.tuned : NULL};
        for (uint32_t i = 0; i < ir.n_inputs; i++)
            in[i] = tuned && i >= s.net->n_inputs && i < s.net->n_inputs + s.net->n_conns
                        ? s.tuned[i - s.net->n_inputs]
                        : wn_rng_normal(&rng);
        wann_run(s.net, in, weights, NULL, scratch, expected);
        wn_ir_evaluate(&ir, in, -1.5, scratch, out);
        for (uint32_t o = 0; o < s.net->n_outputs; o++)
            CHECK_MSG(out[o] == expected[o] || isnan(expected[o]),
                      "seed %" PRIu64 ", output %" PRIu32, seed, o);
        free(in);
        free(out);
        free(scratch);
        free(expected);
        wn_ir_free(&ir);
        drop(&s);
    }
}

static uint32_t operations(const wn_ir *ir) {
    wn_ir_cost cost;
    CHECK(wn_ir_measure(ir, &cost, NULL) == WANN_OK);
    return cost.adds + cost.muls + 2 * cost.fmas + cost.negs + cost.activations;
}

/* The cheap gradient principle (Baur and Strassen 1983): a small multiple of the network, for all
 * derivatives together. */
static void gradients_are_cheap(void) {
    double worst = 0;
    for (uint64_t seed = 0; seed < NETWORKS; seed++) {
        subject s = draw(seed, 2000);
        wn_ir forward, gradient;
        s.options.level = WANN_O1;
        CHECK(wn_pipeline(s.net, &s.options, WN_GOAL_LATENCY, NULL, &forward, NULL) == WANN_OK);
        CHECK(wn_gradient_pipeline(s.net, &s.options, &gradient, NULL) == WANN_OK);
        const double ratio = operations(&gradient) / (double)(operations(&forward) + 1);
        CHECK_MSG(ratio < 4, "seed %" PRIu64 ": %d percent", seed, (int)(100 * ratio));
        worst = ratio > worst ? ratio : worst;
        wn_ir_free(&forward);
        wn_ir_free(&gradient);
        drop(&s);
    }
    printf("     at most %d hundredths of the network's operations\n", (int)(100 * worst));
}

static void no_memory_is_an_error(void) {
    for (uint64_t seed = 0; seed < 9; seed++) {
        subject s = draw(seed, 25);
        wann_status status = WANN_NO_MEMORY;
        wann_set_allocator(&test_failing_allocator);
        for (size_t n = 0; status == WANN_NO_MEMORY && n < 100000; n++) {
            char *text, *header;
            test_memory.left = n;
            test_memory.live = 0;
            status = wann_compile_text(s.net, &s.options, WANN_KIND_C, &text, &header, NULL);
            CHECK(status == WANN_OK || (!text && !header));
            wann_free(text);
            wann_free(header);
            CHECK_MSG(test_memory.live == 0, "seed %" PRIu64 ", allocation %zu: %zu blocks lost", seed, n,
                      test_memory.live);
        }
        wann_set_allocator(NULL);
        CHECK(status == WANN_OK);
        drop(&s);
    }
}

int main(void) {
    RUN(text_reads_back);
    RUN(outputs_are_the_interpreters);
    RUN(gradients_are_cheap);
    RUN(no_memory_is_an_error);
    return TEST_RESULT();
}
