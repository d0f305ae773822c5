/* wann bench: the measurements. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/rng.h"
#include "runtime/base/text.h"
#include "search/cli/bench.h"

const char *const bench_cflags[] = {"-O3", "-march=native", NULL};

static wann_lanes *lanes_of(const bench_data *d, const bench_row *row) {
    return row->level == WANN_O2 ? d->short_lanes : d->lanes;
}

#define REAL     double
#define NAME(x)  x
#define ENTRY(x) x##_f64
#include "search/cli/bench_loops.inc"
#undef REAL
#undef NAME
#undef ENTRY

#define REAL     float
#define NAME(x)  x##_f32
#define ENTRY(x) x##_f32
#include "search/cli/bench_loops.inc"

/* Time that this thread has run: what others do on the machine does not count. */
static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Standard normal inputs, always the same. */
static void fill(bench_data *d) {
    wn_rng rng = wn_rng_stream(1, 0, 0, 0);
    const size_t inputs = d->net->n_inputs;
    for (size_t i = 0; i < d->rows; i++)
        for (size_t k = 0; k < inputs; k++) {
            const double x = wn_rng_normal(&rng);
            d->in[i * inputs + k] = d->lanes_in[k * d->rows + i] = x;
            d->in_f32[i * inputs + k] = d->lanes_in_f32[k * d->rows + i] = (float)x;
        }
}

wann_status bench_open(bench_data *d, const wn_net *net, double weight, size_t batch,
                       wann_diag *diag) {
    *d = (bench_data){.net = net, .weight = weight, .batch = batch};
    d->rows = batch > BENCH_INPUTS ? batch : BENCH_INPUTS;
    const size_t in = (d->rows + 1) * net->n_inputs + 1, out = d->rows * net->n_outputs;
    d->in = WN_NEW(&d->arena, double, in);
    d->lanes_in = WN_NEW(&d->arena, double, in);
    d->out = WN_NEW(&d->arena, double, out);
    d->act = WN_NEW(&d->arena, double, net->n_nodes);
    d->in_f32 = WN_NEW(&d->arena, float, in);
    d->lanes_in_f32 = WN_NEW(&d->arena, float, in);
    d->out_f32 = WN_NEW(&d->arena, float, out);
    d->act_f32 = WN_NEW(&d->arena, float, net->n_nodes);
    if (!d->in || !d->lanes_in || !d->out || !d->act || !d->in_f32 || !d->lanes_in_f32 ||
        !d->out_f32 || !d->act_f32)
        return wn_fail_memory(diag);
    fill(d);
    const wann_lanes_options options = {.math = WANN_LANES_SHORT};
    WN_TRY(wann_lanes_create(net, &d->lanes, diag));
    return wann_lanes_create_with(net, &options, &d->short_lanes, diag);
}

void bench_close(bench_data *d) {
    wann_lanes_destroy(d->lanes);
    wann_lanes_destroy(d->short_lanes);
    wn_arena_free(&d->arena);
}

static wann_compile_options options_of(const bench_row *row) {
    wann_compile_options options = wann_compile_defaults();
    options.real = row->real;
    options.level = row->level;
    options.math = row->math;
    if (row->engine == BENCH_OBJECT) {
        options.backend = WANN_BACKEND_LLVM;
        options.cpu = "native";
    }
    return options;
}

static wann_status compile(const wn_net *net, const wann_compile_options *options, bench_row *row, wann_diag *diag) {
    switch (row->engine) {
    case BENCH_REFERENCE:
    case BENCH_LANES:
        break;
    case BENCH_COMPILED:
    case BENCH_OBJECT:
        return wann_policy_load(net, options, bench_cflags, &row->policy, diag);
    case BENCH_JIT:
        return wann_jit_compile(net, options, WANN_EFFORT_FULL, &row->policy, diag);
    case BENCH_JIT_FAST:
        return wann_jit_compile(net, options, WANN_EFFORT_FAST, &row->policy, diag);
    }
    return WANN_OK;
}

/* Of the shortest of five times, because a busy machine only ever adds; once for the C compiler, whose processes
 * are slow. */
void bench_prepare(const bench_data *d, bench_row *row) {
    if (row->engine == BENCH_REFERENCE || row->engine == BENCH_LANES)
        return;
    wann_compile_options options = options_of(row);
    options.batch = true;
    const int times = row->engine == BENCH_COMPILED ? 1 : 5;
    for (int i = 0; i < times; i++) {
        wann_policy_destroy(row->policy); /* else it is found in the cache */
        row->policy = NULL;
        if (compile(d->net, &options, row, &row->problem) != WANN_OK)
            return;
        const wann_policy_functions *f = wann_policy_get(row->policy);
        if (i == 0 || f->emit_seconds + f->compile_seconds < row->emit_seconds + row->compile_seconds) {
            row->emit_seconds = f->emit_seconds;
            row->compile_seconds = f->compile_seconds;
        }
    }
}

static double time_column(const bench_data *d, const bench_row *row, bench_column column,
                          size_t first, size_t calls) {
    const double start = now();
    if (row->real == WANN_FLOAT)
        run_column_f32(d, row, column, first, calls);
    else
        run_column(d, row, column, first, calls);
    return now() - start;
}

/* How many calls take about `seconds`; the first of two short runs warms up. */
static size_t calls_for(const bench_data *d, const bench_row *row, bench_column column,
                        double seconds) {
    const size_t few = column == BENCH_BATCH ? 1 : 64;
    time_column(d, row, column, 0, few);
    const double each = (time_column(d, row, column, 0, few) + 1e-9) / (double)few;
    const double calls = seconds / each;
    return calls > (double)few ? (size_t)calls : few;
}

static void measure_row(const bench_data *d, bench_row *row, bench_column column, int round) {
    const size_t calls = row->calls[column];
    const size_t inferences = column == BENCH_BATCH ? calls * d->batch : calls;
    const double seconds = time_column(d, row, column, (size_t)round * calls, calls);
    row->ns[column][round] = seconds * 1e9 / (double)inferences;
}

void bench_measure(bench_data *d, bench_row *rows, size_t n_rows, double seconds) {
    for (size_t r = 0; r < n_rows; r++)
        for (int c = 0; c < BENCH_COLUMNS && rows[r].problem.status == WANN_OK; c++)
            rows[r].calls[c] = calls_for(d, &rows[r], (bench_column)c, seconds);
    for (int round = 0; round < BENCH_ROUNDS; round++)
        for (int c = 0; c < BENCH_COLUMNS; c++)
            for (size_t r = 0; r < n_rows; r++)
                if (rows[r].problem.status == WANN_OK)
                    measure_row(d, &rows[r], (bench_column)c, round);
}

/* The functions alone. */

static bool is_transcendental(wann_activation activation) {
    return activation == WANN_ACT_SIN || activation == WANN_ACT_COS ||
           activation == WANN_ACT_TANH || activation == WANN_ACT_SIGMOID ||
           activation == WANN_ACT_GAUSSIAN;
}

/* A number that nodes share which compute the same from the same sources with one weight. */
static uint64_t digest_node(const wn_net *net, uint32_t node, const uint64_t *digest) {
    const uint64_t own[2] = {net->activation[node], 0};
    uint64_t mixed[2] = {wn_hash(own, sizeof own), 0};
    for (uint32_t k = net->first_conn[node]; k < net->first_conn[node + 1]; k++) {
        mixed[1] = digest[net->source[k]];
        mixed[0] = wn_hash(mixed, sizeof mixed);
    }
    return mixed[0];
}

static int by_value(const void *x, const void *y) {
    const uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;
    return a < b ? -1 : a > b;
}

/* The activations of the distinct transcendental nodes that outputs need; kind[n_nodes]. */
static size_t distinct_functions(const wn_net *net, wn_arena *arena, wann_activation *kind) {
    uint64_t *digest = WN_NEW(arena, uint64_t, net->n_nodes);
    uint64_t *found = WN_NEW(arena, uint64_t, net->n_nodes);
    bool *live = WN_NEW(arena, bool, net->n_nodes);
    if (!digest || !found || !live)
        return 0;
    size_t n = 0, distinct = 0;
    wn_net_live(net, live);
    for (uint32_t i = 0; i < net->n_nodes; i++) {
        const bool source = net->role[i] == WANN_BIAS || net->role[i] == WANN_INPUT_NODE;
        digest[i] = source ? i : digest_node(net, i, digest);
        if (live[i] && is_transcendental((wann_activation)net->activation[i]))
            found[n++] = digest[i] << 4 | net->activation[i];
    }
    qsort(found, n, sizeof *found, by_value);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || found[i] != found[i - 1])
            kind[distinct++] = (wann_activation)(found[i] & 15);
    return distinct;
}

/* The activations on the path to an output that has the most of them; kind[n_nodes]. */
static size_t longest_chain(const wn_net *net, wn_arena *arena, wann_activation *kind) {
    uint32_t *length = WN_NEW(arena, uint32_t, net->n_nodes);
    uint32_t *before = WN_NEW(arena, uint32_t, net->n_nodes);
    if (!length || !before)
        return 0;
    for (uint32_t i = 0; i < net->n_nodes; i++) {
        before[i] = i;
        for (uint32_t k = net->first_conn[i]; k < net->first_conn[i + 1]; k++)
            if (before[i] == i || length[net->source[k]] > length[before[i]])
                before[i] = net->source[k];
        length[i] = (before[i] == i ? 0 : length[before[i]]) +
                    is_transcendental((wann_activation)net->activation[i]);
    }
    uint32_t last = net->output[0];
    for (uint32_t o = 1; o < net->n_outputs; o++)
        if (length[net->output[o]] > length[last])
            last = net->output[o];
    size_t n = 0;
    for (uint32_t i = last;; i = before[i]) {
        if (is_transcendental((wann_activation)net->activation[i]))
            kind[n++] = (wann_activation)net->activation[i];
        if (before[i] == i)
            return n;
    }
}

/* A network of n functions of an input times a weight of its own, and their sum; or, in a row, each
 * of the one before. */
static wann_status build_functions(const wn_net *net, const wann_activation *kind, size_t n,
                                   bool in_a_row, wn_arena *arena, wn_net **made) {
    const size_t inputs = net->n_inputs, n_nodes = inputs + n + 1;
    wn_node_spec *nodes = WN_NEW(arena, wn_node_spec, n_nodes);
    wn_conn_spec *conns = WN_NEW(arena, wn_conn_spec, 2 * n);
    if (!nodes || !conns)
        return WANN_NO_MEMORY;
    for (size_t i = 0; i < n_nodes; i++)
        nodes[i] = (wn_node_spec){.id = (int64_t)i,
                                  .role = i < inputs        ? WANN_INPUT_NODE
                                          : i + 1 < n_nodes ? WANN_HIDDEN
                                                            : WANN_OUTPUT_NODE,
                                  .activation = i >= inputs && i + 1 < n_nodes ? kind[i - inputs]
                                                                               : WANN_ACT_LINEAR};
    size_t n_conns = 0;
    for (size_t k = 0; k < n; k++) {
        const size_t node = inputs + k, source = in_a_row && k > 0 ? node - 1 : k % inputs;
        const double weight = 0.5 + (double)k / (double)n;
        conns[n_conns++] =
            (wn_conn_spec){.from = (int64_t)source, .to = (int64_t)node, .weight = weight};
        if (!in_a_row || k + 1 == n)
            conns[n_conns++] =
                (wn_conn_spec){.from = (int64_t)node, .to = (int64_t)n_nodes - 1, .weight = 1};
    }
    const wn_net_spec spec = {.name = "functions",
                              .has_weights = true,
                              .nodes = nodes,
                              .n_nodes = n_nodes,
                              .conns = conns,
                              .n_conns = n_conns};
    return wn_net_build(&spec, made, NULL, NULL);
}

static int by_size(const void *x, const void *y) {
    const double a = *(const double *)x, b = *(const double *)y;
    return a < b ? -1 : a > b;
}

static double time_functions(const wn_net *net, const bench_row *like, bench_column column,
                             double seconds) {
    bench_data d;
    bench_row row = {.engine = like->engine, .real = like->real};
    wann_compile_options options = options_of(like);
    options.weighting = WANN_WEIGHT_TUNED;
    double ns[BENCH_ROUNDS] = {0};
    if (bench_open(&d, net, 1, 1, NULL) == WANN_OK &&
        compile(net, &options, &row, NULL) == WANN_OK) {
        const size_t calls = calls_for(&d, &row, column, seconds);
        for (int round = 0; round < BENCH_ROUNDS; round++)
            ns[round] = time_column(&d, &row, column, 0, calls) * 1e9 / (double)calls;
        qsort(ns, BENCH_ROUNDS, sizeof *ns, by_size);
    }
    wann_policy_destroy(row.policy);
    bench_close(&d);
    return ns[BENCH_ROUNDS / 2];
}

static double build_and_time(const bench_data *d, const bench_row *row, const wann_activation *kind,
                             size_t n, bool in_a_row, double seconds, wn_arena *arena) {
    wn_net *net = NULL;
    double ns = 0;
    if (n > 0 && d->net->n_inputs > 0 &&
        build_functions(d->net, kind, n, in_a_row, arena, &net) == WANN_OK)
        ns = time_functions(net, row, in_a_row ? BENCH_LATENCY : BENCH_SINGLE, seconds);
    wann_net_destroy(net);
    return ns;
}

bench_functions bench_measure_functions(const bench_data *d, const bench_row *row, double seconds) {
    bench_functions functions = {0};
    wn_arena arena = {0};
    wann_activation *kind = WN_NEW(&arena, wann_activation, d->net->n_nodes);
    if (kind) {
        functions.distinct = distinct_functions(d->net, &arena, kind);
        functions.side_by_side =
            build_and_time(d, row, kind, functions.distinct, false, seconds, &arena);
        functions.chain = longest_chain(d->net, &arena, kind);
        functions.in_a_row = build_and_time(d, row, kind, functions.chain, true, seconds, &arena);
    }
    wn_arena_free(&arena);
    return functions;
}
