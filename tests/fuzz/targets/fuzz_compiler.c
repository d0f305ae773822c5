/* Any bytes as a network with its inputs: what the interpreter gives, every pass of the compiler
 * and, with LLVM, the code made in this process have to give within what they promise. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/pass/pass.h"
#include "runtime/interp/bound.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libFuzzer reports whatever stops the program; which check it was is told here. */
#define must(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "line %d: %s\n", __LINE__, #condition);                                \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

enum {
    INPUTS = 6,
    OUTPUTS = 4,
    HIDDEN = 24,
    NODES = 1 + INPUTS + HIDDEN + OUTPUTS,
    FAN_IN = 8,
    ROWS = 70
};

/* Bytes one after the other; past the end zeros. */
typedef struct bytes {
    const uint8_t *next, *end;
} bytes;

static unsigned get(bytes *b, unsigned below) {
    return b->next < b->end ? *b->next++ % below : 0;
}

/* Sixteenths near 0, now and then something large. */
static double get_number(bytes *b) {
    const int value = (int)get(b, 256) - 128;
    return value > 120 ? ldexp(1, 8 * (value - 120)) : value / 16.0;
}

typedef struct subject {
    wn_net *net;
    wann_compile_options options;
    wn_bound *bound;
    wann_weights weights;
    double in[ROWS][INPUTS], expected[ROWS][OUTPUTS], error[ROWS][OUTPUTS];
    bool edge[ROWS]; /* of a step, which -O2 may take to the other side */
} subject;

static wn_net *get_network(bytes *b) {
    wn_node_spec node[NODES];
    wn_conn_spec conn[NODES * FAN_IN];
    size_t n = 0, n_conns = 0;
    const bool bias = get(b, 4) > 0, feed = get(b, 4) == 0;
    const size_t inputs = get(b, INPUTS + 1), hidden = get(b, HIDDEN + 1),
                 outputs = 1 + get(b, OUTPUTS);
    const size_t first = bias + inputs, last = first + hidden + outputs;
    for (; n < last; n++) {
        const wann_role role = n < bias             ? WANN_BIAS
                               : n < first          ? WANN_INPUT_NODE
                               : n < first + hidden ? WANN_HIDDEN
                                                    : WANN_OUTPUT_NODE;
        bool taken[NODES] = {false};
        node[n] = (wn_node_spec){.id = (int64_t)n, .role = role, .activation = WANN_ACT_LINEAR};
        if (n < first)
            continue;
        node[n].activation = (wann_activation)(1 + get(b, 11));
        const size_t sources = feed || n < first + hidden ? n : first + hidden;
        for (unsigned left = get(b, FAN_IN + 1); left > 0 && sources > 0; left--) {
            const size_t from = sources - 1 - get(b, (unsigned)sources);
            const double weight = get_number(b);
            if (!taken[from])
                conn[n_conns++] =
                    (wn_conn_spec){.from = (int64_t)from, .to = (int64_t)n, .weight = weight};
            taken[from] = true;
        }
    }
    const wn_net_spec spec = {.name = "fuzz",
                              .has_weights = true,
                              .nodes = node,
                              .n_nodes = n,
                              .conns = conn,
                              .n_conns = n_conns};
    wn_net *net;
    must(wn_net_build(&spec, &net, NULL, NULL) == WANN_OK);
    return net;
}

static void get_options(bytes *b, subject *s) {
    wann_compile_options *o = &s->options;
    *o = wann_compile_defaults();
    o->level = (wann_level)get(b, 4);
    o->real = get(b, 2) ? WANN_DOUBLE : WANN_FLOAT;
    o->math = get(b, 2) ? WANN_MATH_LIBM : WANN_MATH_INLINE;
    o->weighting = (wann_weighting)get(b, 3);
    o->weight = get_number(b);
    o->batch = get(b, 2) != 0;
    s->weights = o->weighting == WANN_WEIGHT_TUNED ? (wann_weights){0, wann_net_weights(s->net)}
                                                   : (wann_weights){o->weight, NULL};
}

static wn_promise promise_of(const wann_compile_options *o, bool kernels) {
    if (o->real == WANN_DOUBLE)
        return kernels ? wn_promise_double_kernels() : wn_promise_double_libm();
    wn_promise promise = kernels ? wn_promise_float_kernels() : wn_promise_float_libm();
    if (kernels && o->level == WANN_O2)
        promise.kernel_abs = 4e-7;
    return promise;
}

/* What the interpreter gives for the first rows, and how far others may be from it. */
static void expect(subject *s, size_t rows, bool kernels) {
    const wn_promise promise = promise_of(&s->options, kernels);
    double value[OUTPUTS], act[NODES];
    for (size_t r = 0; r < rows; r++) {
        wann_run(s->net, s->in[r], s->weights, NULL, act, s->expected[r]);
        wn_bound_run(s->bound, s->in[r], s->weights, &promise, value, s->error[r], &s->edge[r]);
    }
}

static void compare(const subject *s, const char *what, size_t row, const double *got) {
    for (size_t o = 0; o < wann_net_outputs(s->net); o++) {
        const double expected = s->expected[row][o], error = s->error[row][o];
        const bool same = got[o] == expected || (isnan(got[o]) && isnan(expected));
        if (same || isinf(error) || (s->edge[row] && s->options.level == WANN_O2) ||
            fabs(got[o] - expected) <= error)
            continue;
        fprintf(stderr,
                "%s, level %d, real %d, math %d, weighting %d: row %zu, output %zu: %a, "
                "interpreter %a, bound %a\n",
                what, (int)s->options.level, (int)s->options.real, (int)s->options.math,
                (int)s->options.weighting, row, o, got[o], expected, error);
        abort();
    }
}

enum { PASS_ROWS = 3 };

static wann_status check_pass(void *ctx, const char *pass, const wn_ir *ir, wann_diag *diag) {
    const subject *s = ctx;
    double *scratch = calloc(ir->n_insts + (size_t)1, sizeof *scratch), got[OUTPUTS];
    must(scratch && wn_ir_verify(ir, diag) == WANN_OK);
    for (size_t r = 0; r < PASS_ROWS; r++) {
        wn_ir_evaluate(ir, s->in[r], s->weights.shared, scratch, got);
        compare(s, pass, r, got);
    }
    free(scratch);
    return WANN_OK;
}

static void try_passes(subject *s) {
    const wn_pass_observer observer = {check_pass, s};
    expect(s, PASS_ROWS, false);
    for (int goal = WN_GOAL_LATENCY; goal <= WN_GOAL_THROUGHPUT; goal++) {
        wn_ir ir;
        must(wn_pipeline(s->net, &s->options, (wn_goal)goal, &observer, &ir, NULL) == WANN_OK);
        wn_ir_free(&ir);
    }
}

/* One input at a time, or all in one call. */
static void run_f32(const subject *s, const wann_policy_functions *f, bool batch,
                    double out[ROWS][OUTPUTS]) {
    const size_t inputs = wann_net_inputs(s->net), outputs = wann_net_outputs(s->net);
    float in32[ROWS * INPUTS], out32[ROWS * OUTPUTS];
    for (size_t k = 0; k < ROWS * inputs; k++)
        in32[k] = (float)s->in[k / inputs][k % inputs];
    if (batch)
        f->batch_f32(ROWS, in32, (float)s->weights.shared, out32);
    for (size_t r = 0; r < ROWS && !batch; r++)
        f->run_f32(in32 + r * inputs, (float)s->weights.shared, out32 + r * outputs);
    for (size_t k = 0; k < ROWS * outputs; k++)
        out[k / outputs][k % outputs] = (double)out32[k];
}

static void run_f64(const subject *s, const wann_policy_functions *f, bool batch,
                    double out[ROWS][OUTPUTS]) {
    const size_t inputs = wann_net_inputs(s->net), outputs = wann_net_outputs(s->net);
    double in64[ROWS * INPUTS], out64[ROWS * OUTPUTS];
    for (size_t k = 0; k < ROWS * inputs; k++)
        in64[k] = s->in[k / inputs][k % inputs];
    if (batch)
        f->batch_f64(ROWS, in64, s->weights.shared, out64);
    for (size_t r = 0; r < ROWS && !batch; r++)
        f->run_f64(in64 + r * inputs, s->weights.shared, out64 + r * outputs);
    for (size_t k = 0; k < ROWS * outputs; k++)
        out[k / outputs][k % outputs] = out64[k];
}

static void try_code(subject *s, wann_effort effort) {
    wann_policy *policy;
    double out[ROWS][OUTPUTS];
    const wann_status status = wann_jit_compile(s->net, &s->options, effort, &policy, NULL);
    if (status == WANN_UNSUPPORTED) /* a build without LLVM */
        return;
    must(status == WANN_OK);
    const wann_policy_functions *f = wann_policy_get(policy);
    expect(s, ROWS, s->options.math == WANN_MATH_INLINE);
    for (int batch = 0; batch <= s->options.batch; batch++) {
        if (s->options.real == WANN_FLOAT)
            run_f32(s, f, batch, out);
        else
            run_f64(s, f, batch, out);
        for (size_t r = 0; r < ROWS; r++)
            compare(s, batch ? "the batch" : "the function", r, out[r]);
    }
    wann_policy_destroy(policy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static subject s;
    bytes b = {data, data + size};
    s = (subject){.net = get_network(&b)};
    get_options(&b, &s);
    const wann_effort effort = get(&b, 2) ? WANN_EFFORT_FAST : WANN_EFFORT_FULL;
    for (size_t r = 0; r < ROWS; r++)
        for (size_t i = 0; i < INPUTS; i++)
            s.in[r][i] =
                b.next < b.end || r == 0 ? get_number(&b) : s.in[r - 1][(i + 1) % INPUTS] * -0.75;
    must(wn_bound_create(s.net, &s.bound, NULL) == WANN_OK);
    try_passes(&s);
    try_code(&s, effort);
    wn_bound_destroy(s.bound);
    wann_net_destroy(s.net);
    return 0;
}
