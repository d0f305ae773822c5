/* What every pass keeps, on random networks: before number the bits of the interpreter, after it
 * the running error bound; exact sums before a step; and no more than memory when that runs out. */
#include <math.h>
#include <stdbool.h>

#include "compiler/pass/pass.h"
#include "runtime/base/alloc.h"
#include "runtime/interp/bound.h"
#include "support/random_net.h"
#include "support/failing.h"
#include "support/test.h"

enum { NETWORKS = 250, INPUTS = 12 };

/* One network under one way of compiling, and room to run both. */
typedef struct subject {
    uint64_t seed;
    wn_net *net;
    wann_compile_options options;
    wn_rng rng;
    wn_bound *bound;
    double *tuned;
    double *in, *sum, *act, *expected, *got, *value, *error;
    float *in32, *sum32, *act32, *out32;
} subject;

static struct { unsigned long exact, bounded, edges, beyond, steps; } compared;

static void *room(size_t n, size_t size) {
    void *p = calloc(n + 1, size);
    CHECK(p);
    return p;
}

static void allocate(subject *s) {
    const size_t n = s->net->n_nodes;
    s->in = room(7 * n, sizeof *s->in);
    s->sum = s->in + n;
    s->act = s->in + 2 * n;
    s->expected = s->in + 3 * n;
    s->got = s->in + 4 * n;
    s->value = s->in + 5 * n;
    s->error = s->in + 6 * n;
    s->in32 = room(4 * n, sizeof *s->in32);
    s->sum32 = s->in32 + n;
    s->act32 = s->in32 + 2 * n;
    s->out32 = s->in32 + 3 * n;
    s->tuned = room(s->net->n_conns, sizeof *s->tuned);
}

static subject make_subject(uint64_t seed) {
    subject s = {
        .seed = seed, .rng = wn_rng_stream(41, seed, 0, 0), .options = wann_compile_defaults()};
    s.net = test_random_net(&s.rng, &(test_random_options){.max_nodes = seed % 5 ? 80 : 2000});
    allocate(&s);
    for (uint32_t k = 0; k < s.net->n_conns; k++)
        s.tuned[k] =
            wn_rng_below(&s.rng, 6) ? wn_rng_normal(&s.rng) : (double)wn_rng_below(&s.rng, 3) - 1;
    s.options.math = seed % 4 < 3 ? WANN_MATH_LIBM : WANN_MATH_DEFAULT;
    s.options.real = seed % 2 ? WANN_FLOAT : WANN_DOUBLE;
    s.options.weighting = (wann_weighting)(seed % 7 % 3);
    s.options.weight = test_random_weight(&s.rng);
    s.options.tuned = s.tuned;
    CHECK(wn_bound_create(s.net, &s.bound, NULL) == WANN_OK);
    return s;
}

static void free_subject(subject *s) {
    wn_bound_destroy(s->bound);
    wann_net_destroy(s->net);
    free(s->tuned);
    free(s->in);
    free(s->in32);
}

static wann_weights weights_of(subject *s) {
    switch (s->options.weighting) {
    case WANN_WEIGHT_PARAMETER:
        return (wann_weights){test_random_weight(&s->rng), NULL};
    case WANN_WEIGHT_BAKED:
        return (wann_weights){s->options.weight, NULL};
    case WANN_WEIGHT_TUNED:
        return (wann_weights){0, s->tuned};
    }
    return (wann_weights){0, NULL};
}

/* The interpreter in the type of the IR; its sums come back in s->sum. */
static void run_reference(subject *s, wann_weights weights) {
    if (s->options.real == WANN_DOUBLE) {
        wann_run(s->net, s->in, weights, s->sum, s->act, s->expected);
        return;
    }
    for (uint32_t i = 0; i < s->net->n_inputs; i++)
        s->in32[i] = (float)s->in[i];
    wann_run_f32(s->net, s->in32, weights, s->sum32, s->act32, s->out32);
    for (uint32_t o = 0; o < s->net->n_outputs; o++)
        s->expected[o] = (double)s->out32[o];
    for (uint32_t i = 0; i < s->net->n_nodes; i++)
        s->sum[i] = (double)s->sum32[i];
}

/* The bits of a NaN are the machine's choice. */
static bool same_bits(double a, double b) {
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

static void check_exact(subject *s, const char *pass) {
    for (uint32_t o = 0; o < s->net->n_outputs; o++) {
        CHECK_MSG(same_bits(s->got[o], s->expected[o]),
                  "seed %d, after %s: output %u: %a, reference %a", (int)s->seed, pass, o,
                  s->got[o], s->expected[o]);
        compared.exact++;
    }
}

static void check_bound(subject *s, wann_weights weights, const char *pass) {
    const wn_promise promise =
        s->options.real == WANN_DOUBLE ? wn_promise_double_libm() : wn_promise_float_libm();
    bool edge;
    wn_bound_run(s->bound, s->in, weights, &promise, s->value, s->error, &edge);
    wann_run(s->net, s->in, weights, NULL, s->act, s->expected);
    for (uint32_t o = 0; o < s->net->n_outputs; o++) {
        const double got = s->got[o], expected = s->expected[o];
        const bool ok = isinf(s->error[o]) || (isnan(got) && isnan(expected)) || got == expected ||
                        fabs(got - expected) <= s->error[o];
        CHECK_MSG(ok, "seed %d, after %s: output %u: %a, reference %a, bound %a", (int)s->seed,
                  pass, o, got, expected, s->error[o]);
        compared.bounded++;
        compared.edges += edge;
        compared.beyond += isinf(s->error[o]) != 0;
    }
}

static bool reads_inputs_only(const wn_net *net, uint32_t node) {
    for (uint32_t k = net->first_conn[node]; k < net->first_conn[node + 1]; k++)
        if (net->role[net->source[k]] > WANN_INPUT_NODE)
            return false;
    return true;
}

/* How far roundings may lead the sum of a node that reads inputs only: for each of the additions and
 * multiplications on both sides half a unit of the sum of all |terms|. */
static double rounding(const subject *s, uint32_t node, double weight) {
    const uint32_t first = s->net->first_conn[node], end = s->net->first_conn[node + 1];
    double terms = 0;
    for (uint32_t k = first; k < end; k++) {
        const uint32_t source = s->net->source[k];
        for (uint32_t i = 0; i < s->net->n_inputs; i++)
            terms += s->net->input[i] == source ? fabs((double)(float)s->in[i] * weight) : 0;
        terms += s->net->role[source] == WANN_BIAS ? fabs(weight) : 0;
    }
    return 2 * (end - first + 1) * 0x1p-24 * terms + 1e-44;
}

/* Sources that are inputs are equal on both sides, so the sum of a step that reads only these has
 * to be the reference's, to the last bit but for the sign of a zero; where the weight has been taken out
 * of it (-O2, float), to within its roundings. */
static void check_steps(subject *s, const wn_ir *ir, const double *scratch, double weight, const char *pass) {
    const bool factored = s->options.level == WANN_O2 && s->options.real == WANN_FLOAT &&
                          s->options.weighting == WANN_WEIGHT_PARAMETER;
    for (uint32_t i = 0; i < ir->n_insts; i++) {
        const wn_inst *inst = &ir->inst[i];
        if (!wn_inst_is_step(inst) || !reads_inputs_only(s->net, inst->node))
            continue;
        const double expected = s->sum[inst->node];
        double got = scratch[inst->arg[0]];
        if (inst->op == WN_OP_SCALED)
            got = (double)(float)(got * scratch[inst->arg[1]]);
        if (factored && !(fabs(got - expected) > rounding(s, inst->node, weight))) {
            compared.steps++;
            continue;
        }
        CHECK_MSG(got == expected || (isnan(got) && isnan(expected)),
                  "seed %d, after %s: step %u reads %a, in the reference %a", (int)s->seed, pass,
                  inst->node, got, expected);
        compared.steps++;
    }
}

/* Whether a pass may only remove. */
static bool keeps_bits(const wn_ir *ir) {
    return ir->facts & WN_FACT_REFERENCE_SUMS;
}

/* Inputs that cancel, for steps to stand on. */
static void draw_input(subject *s) {
    test_random_input(&s->rng, s->net->n_inputs, s->in);
    if (wn_rng_below(&s->rng, 3) == 0)
        for (uint32_t i = 1; i < s->net->n_inputs; i += 2)
            s->in[i] = -s->in[i - 1];
}

static wann_status check_pass(void *ctx, const char *pass, const wn_ir *ir, wann_diag *diag) {
    subject *s = ctx;
    double *scratch = room(ir->n_insts, sizeof *scratch);
    CHECK_MSG(wn_ir_verify(ir, diag) == WANN_OK, "seed %d, after %s", (int)s->seed, pass);
    for (int n = 0; n < INPUTS; n++) {
        draw_input(s);
        const wann_weights weights = weights_of(s);
        wn_ir_evaluate(ir, s->in, weights.shared, scratch, s->got);
        run_reference(s, weights);
        check_steps(s, ir, scratch, weights.shared, pass);
        if (keeps_bits(ir))
            check_exact(s, pass);
        else
            check_bound(s, weights, pass);
    }
    free(scratch);
    return WANN_OK;
}

static void passes_keep_what_a_network_means(void) {
    for (uint64_t seed = 0; seed < NETWORKS && test_failures < 10; seed++) {
        subject s = make_subject(seed);
        const wn_pass_observer observer = {check_pass, &s};
        for (int level = WANN_O0; level <= WANN_OS; level++) {
            wn_ir ir;
            s.options.level = (wann_level)level;
            CHECK(wn_pipeline(s.net, &s.options, seed % 2 ? WN_GOAL_LATENCY : WN_GOAL_THROUGHPUT,
                              &observer, &ir, NULL) == WANN_OK);
            wn_ir_free(&ir);
        }
        free_subject(&s);
    }
    CHECK(compared.exact > 10000 && compared.bounded > 10000 && compared.steps > 1000);
    CHECK(compared.beyond < compared.bounded / 2);
    printf("     %lu outputs bit for bit; %lu within the bound, %lu of these on an edge, %lu "
           "beyond all bounds; "
           "%lu sums of steps\n",
           compared.exact, compared.bounded, compared.edges, compared.beyond, compared.steps);
}

static char *print(const wn_ir *ir) {
    wn_buf out = {0};
    wn_ir_print(ir, &out);
    return wn_buf_take(&out);
}

static void run(const char *pass, wn_ir *ir) {
    wann_diag diag = {0};
    CHECK_MSG(wn_pass_run(pass, ir, &diag) == WANN_OK, "%s: %s", pass, diag.text);
}

/* Passes, run on an IR that has just been through them, find nothing to do. The first is the one in
 * question; the others tidy up after it. */
static void check_again(const subject *s, const char *const *passes, wn_ir *ir) {
    for (size_t p = 0; passes[p]; p++)
        run(passes[p], ir);
    char *once = print(ir);
    for (size_t p = 0; passes[p]; p++)
        run(passes[p], ir);
    char *twice = print(ir);

    CHECK_MSG(strcmp(once, twice) == 0, "seed %d: %s twice is not %s once", (int)s->seed, passes[0],
              passes[0]);
    wann_free(once);
    wann_free(twice);
}

/* Each run of factor takes out one power of the weight, so as many runs as nodes on a path are
 * enough; each costs no more than what it saves. */
static void check_factor_ends(const subject *s, wn_ir *ir) {
    const size_t most = wann_net_depth(s->net) + 2;
    char *last = print(ir);
    bool changed = true;
    for (size_t runs = 0; changed && runs < most; runs++) {
        run("factor", ir);
        run("number", ir);
        run("prune", ir);
        char *next = print(ir);
        changed = strcmp(last, next) != 0;
        wann_free(last);
        last = next;
    }
    CHECK_MSG(!changed, "seed %d: factor never ends", (int)s->seed);
    wann_free(last);
}

static uint32_t critical_path(const wn_ir *ir) {
    uint32_t *ready = room(ir->n_insts, sizeof *ready), longest = 0;
    for (uint32_t i = 0; i < ir->n_insts; i++) {
        const wn_inst *inst = &ir->inst[i];
        for (unsigned a = 0; a < wn_op_operands((wn_op)inst->op); a++)
            ready[i] = ready[inst->arg[a]] > ready[i] ? ready[inst->arg[a]] : ready[i];
        ready[i] += wn_latency(inst);
        longest = ready[i] > longest ? ready[i] : longest;
    }
    free(ready);
    return longest;
}

/* Balance and fuse choose among equals, so a second run may write a sum otherwise, but no run makes
 * the longest path longer. */
static void check_shortens(const subject *s, const char *pass, wn_ir *ir) {
    for (int again = 0; again < 2; again++) {
        const uint32_t before = critical_path(ir);
        run(pass, ir);
        CHECK_MSG(critical_path(ir) <= before, "seed %d: run %d of %s: %u cycles, %u before",
                  (int)s->seed, again + 1, pass, critical_path(ir), before);
        run("number", ir);
        run("prune", ir);
    }
}

static void passes_need_one_run(void) {
    static const char *const rounds[][4] = {{"prune"}, {"number"}, {"fold", "number", "prune"}};
    for (uint64_t seed = 0; seed < NETWORKS; seed++) {
        subject s = make_subject(seed);
        wn_ir ir;
        CHECK(wn_lower(s.net, &s.options, &ir, NULL) == WANN_OK);
        for (size_t r = 0; r < sizeof rounds / sizeof *rounds; r++)
            check_again(&s, rounds[r], &ir);
        check_factor_ends(&s, &ir);
        check_shortens(&s, "balance", &ir);
        check_shortens(&s, "fuse", &ir);
        check_again(&s, (const char *const[]){"schedule", NULL}, &ir);
        wn_ir_free(&ir);
        free_subject(&s);
    }
}

/* Let allocation 0, 1, 2 ... fail until the text is there. */
static size_t exhaust(const subject *s, wann_kind kind) {
    wann_status status = WANN_NO_MEMORY;
    size_t n = 0;
    wann_set_allocator(&test_failing_allocator);
    for (; status == WANN_NO_MEMORY && n < 100000; n++) {
        char *text, *header;
        test_memory.left = n;
        test_memory.live = 0;
        status = wann_compile_text(s->net, &s->options, kind, &text, &header, NULL);
        CHECK_MSG(status == WANN_OK || (status == WANN_NO_MEMORY && !text && !header),
                  "seed %d, kind %d, allocation %zu: %s", (int)s->seed, (int)kind, n,
                  wann_status_text(status));
        if (status == WANN_OK && header)
            wann_free(header);
        wann_free(text);
        CHECK_MSG(test_memory.live == 0, "seed %d, kind %d, allocation %zu: %zu blocks lost", (int)s->seed,
                  (int)kind, n, test_memory.live);
    }
    wann_set_allocator(NULL);
    CHECK(status == WANN_OK);
    return n - 1;
}

static void memory_may_run_out(void) {
    static const wann_kind kinds[] = {WANN_KIND_C, WANN_KIND_HEADER, WANN_KIND_EXE};
    size_t allocations = 0;
    for (uint64_t seed = 1; seed < 7; seed++) {
        subject s = make_subject(seed);
        s.options.batch = seed % 2;
        s.options.gradient = seed == 3; /* a float with own kernels, in lanes */
        s.options.ensemble = s.options.weighting == WANN_WEIGHT_PARAMETER;
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
            allocations += exhaust(&s, kinds[k]);
        free_subject(&s);
    }
    CHECK(allocations > 1000);
    printf("     %zu allocations failed, one at a time\n", allocations);
}

int main(void) {
    RUN(passes_keep_what_a_network_means);
    RUN(passes_need_one_run);
    RUN(memory_may_run_out);
    return TEST_RESULT();
}
