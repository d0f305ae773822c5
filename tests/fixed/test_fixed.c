/* Networks in fixed point against the interpreter in double: random ones and the published
 * champions, within the error that the formats add up to, through several compilers, one of which
 * stops at signed overflow. Integers from outside the ranges count as the ends of these. */
#include <dlfcn.h>
#include <inttypes.h>
#include <math.h>

#include "compiler/driver/driver.h"
#include "diff/compilers.h"
#include "runtime/base/alloc.h"
#include "runtime/interp/bound.h"
#include "support/random_net.h"
#include "support/failing.h"
#include "support/test.h"

enum { NETWORKS = 240, FILE_NETWORKS = 30, INPUTS = 24, CHAMPION_INPUTS = 2000 };

/* What overflows traps: the test dies of it. Left shifts of negative numbers count. */
static const diff_compiler compilers[] = {
    {"gcc -O1 -fsanitize=undefined",
     {"gcc", "-std=c99", "-O1", "-fsanitize=undefined", "-fsanitize-undefined-trap-on-error",
      "-Wall", "-Wextra", "-Wconversion", "-Wpedantic", "-Wshadow", "-Werror"},
     1},
    {"clang -O2",
     {"clang", "-std=c99", "-O2", "-Wall", "-Wextra", "-Wconversion", "-Wpedantic", "-Wshadow",
      "-Werror"},
     1},
    {"g++ -O1",
     {"g++", "-x", "c++", "-O1", "-Wall", "-Wextra", "-Wconversion", "-Wpedantic", "-Werror"},
     1},
};
enum { COMPILERS = sizeof compilers / sizeof *compilers };

static struct {
    unsigned long networks, refused, outputs, edges, held;
    double worst; /* share of the bound */
} seen;

/* A network in one way of compiling it. */
typedef struct subject {
    uint64_t seed;
    wann_net *net;
    wann_compile_options options;
    wn_compilation compilation;
    wann_range *ranges;
    double *tuned;
    char name[32];
    wn_bound *bound;
    double *in, *out, *expected, *act, *value, *error;
    int32_t *in_fixed, *out_fixed;
} subject;

static void *room(size_t n, size_t size) {
    void *p = calloc(n + 1, size);
    if (!p)
        abort();
    return p;
}

static void draw_options(subject *s, wn_rng *rng) {
    const uint32_t n = s->net->n_inputs;
    s->options = wann_compile_defaults();
    s->options.name = s->name;
    s->options.real = WANN_FIXED;
    s->options.level = wn_rng_below(rng, 3) ? WANN_O1 : WANN_O0;
    s->options.weighting = (wann_weighting)wn_rng_below(rng, 3);
    s->options.weight = test_random_weight(rng);
    s->options.tuned = s->tuned;
    s->options.batch = wn_rng_below(rng, 4) == 0;
    if (wn_rng_below(rng, 2))
        s->options.weight_range =
            (wann_range){-1.5 * wn_rng_uniform(rng), 0.1 + 2 * wn_rng_uniform(rng)};
    for (uint32_t i = 0; i < n; i++)
        s->ranges[i] = (wann_range){-4 * wn_rng_uniform(rng), 0.01 + 10 * wn_rng_uniform(rng)};
    s->options.input_range = wn_rng_below(rng, 3) ? s->ranges : NULL;
    s->options.n_input_ranges = n;
}

static void make(subject *s, uint64_t seed, wann_net *net) {
    wn_rng rng = wn_rng_stream(81, seed, 0, 0);
    *s = (subject){.seed = seed, .net = net};
    if (!net)
        s->net = test_random_net(
            &rng,
            &(test_random_options){.min_nodes = 2, .max_nodes = seed % 8 ? 40 : 300, .tame = true});
    const size_t n = s->net->n_nodes;
    s->tuned = room(s->net->n_conns, sizeof *s->tuned);
    s->ranges = room(n, sizeof *s->ranges);
    s->in = room(6 * n, sizeof *s->in);
    s->out = s->in + n;
    s->expected = s->in + 2 * n;
    s->act = s->in + 3 * n;
    s->value = s->in + 4 * n;
    s->error = s->in + 5 * n;
    s->in_fixed = room(2 * n, sizeof *s->in_fixed);
    s->out_fixed = s->in_fixed + n;
    for (uint32_t k = 0; k < s->net->n_conns; k++)
        s->tuned[k] =
            wn_rng_below(&rng, 5) ? wn_rng_normal(&rng) : (double)wn_rng_below(&rng, 3) - 1;
    snprintf(s->name, sizeof s->name, "net_%" PRIu64, seed);
    draw_options(s, &rng);
    CHECK(wn_bound_create(s->net, &s->bound, NULL) == WANN_OK);
}

static void drop(subject *s) {
    wn_compilation_finish(&s->compilation);
    wn_bound_destroy(s->bound);
    wann_net_destroy(s->net);
    free(s->tuned);
    free(s->ranges);
    free(s->in);
    free(s->in_fixed);
}

/* False: the network needs larger numbers than fixed point has. */
static bool emit(subject *s, wn_buf *out) {
    char *text, *header;
    wann_diag diag = {0};
    wann_status status = wn_compilation_start(s->net, &s->options, NULL, &s->compilation, &diag);
    if (status == WANN_OK)
        status = wann_compile_text(s->net, &s->options, WANN_KIND_C, &text, &header, &diag);
    if (status != WANN_OK) {
        CHECK_MSG(status == WANN_INPUT && strstr(diag.text, "can need numbers as large as"),
                  "seed %" PRIu64 ": %s", s->seed, diag.text);
        seen.refused++;
        return false;
    }
    wn_buf_text(out, header);
    wn_buf_text(out, text);
    wann_free(text);
    wann_free(header);
    return true;
}

/* An integer for an input, some of them from outside; *value is what it counts as. */
static int32_t draw_input(wann_range range, int bits, wn_rng *rng, double *value) {
    double x = range.low + (range.high - range.low) * wn_rng_uniform(rng);
    switch (wn_rng_below(rng, 8)) {
    case 0:
        x = wn_rng_below(rng, 2) ? range.low : range.high;
        break;
    case 1:
        x = (double)wn_rng_below(rng, 3) - 1;
        break;
    case 2:
        *value = wn_rng_below(rng, 2) ? range.low : range.high;
        seen.held++;
        return *value == range.low ? INT32_MIN : INT32_MAX;
    default:
        break;
    }
    x = x < range.low ? range.low : x > range.high ? range.high : x;
    const double scaled = wn_fixed_scale(x, bits);
    *value = ldexp(scaled, -bits);
    return (int32_t)scaled;
}

typedef union function {
    void (*shared)(const int32_t *in, int32_t weight, int32_t *out);
    void (*baked)(const int32_t *in, int32_t *out);
    void (*shared_batch)(size_t n, const int32_t *in, int32_t weight, int32_t *out);
    void (*baked_batch)(size_t n, const int32_t *in, int32_t *out);
} function;

static void check_batch(const subject *s, void *library, int32_t weight) {
    char name[64];
    function f;
    const size_t n_in = s->net->n_inputs, n_out = s->net->n_outputs;
    snprintf(name, sizeof name, "%s_batch", s->name);
    CHECK(diff_find(library, name, &f));
    int32_t *in = room(2 * n_in, sizeof *in), *out = room(2 * n_out, sizeof *out);
    memcpy(in, s->in_fixed, n_in * sizeof *in);
    memcpy(in + n_in, s->in_fixed, n_in * sizeof *in);
    if (s->options.weighting == WANN_WEIGHT_PARAMETER)
        f.shared_batch(2, in, weight, out);
    else
        f.baked_batch(2, in, out);
    CHECK(memcmp(out, s->out_fixed, n_out * sizeof *out) == 0);
    CHECK(memcmp(out + n_out, s->out_fixed, n_out * sizeof *out) == 0);
    free(in);
    free(out);
}

static bool check_output(const subject *s, uint32_t o, bool edge, double weight) {
    const double error =
        fabs(ldexp(s->out_fixed[o], -s->compilation.fixed->out_bits) - s->expected[o]);
    seen.outputs++;
    seen.edges += edge;
    if (!edge && error / s->error[o] > seen.worst)
        seen.worst = error / s->error[o];
    CHECK_MSG(error <= s->error[o],
              "seed %" PRIu64 ", output %" PRIu32 ": off by %a, bound %a, weight %a", s->seed, o,
              error, s->error[o], weight);
    return error <= s->error[o];
}

static bool check_input(subject *s, function f, wn_rng *rng, int32_t *weight) {
    const wn_fixed *fixed = s->compilation.fixed;
    const wn_promise promise = wn_promise_fixed(fixed->sum_error, fixed->value_error);
    wann_weights w = {s->options.weight,
                      s->options.weighting == WANN_WEIGHT_TUNED ? s->tuned : NULL};
    bool edge, ok = true;
    for (uint32_t i = 0; i < s->net->n_inputs; i++)
        s->in_fixed[i] = draw_input(fixed->input[i], fixed->in_bits, rng, &s->in[i]);
    if (s->options.weighting == WANN_WEIGHT_PARAMETER) {
        *weight = draw_input(fixed->weight, fixed->weight_bits, rng, &w.shared);
        f.shared(s->in_fixed, *weight, s->out_fixed);
    } else {
        f.baked(s->in_fixed, s->out_fixed);
    }
    wann_run(s->net, s->in, w, NULL, s->act, s->expected);
    wn_bound_run(s->bound, s->in, w, &promise, s->value, s->error, &edge);
    for (uint32_t o = 0; ok && o < s->net->n_outputs; o++)
        ok = check_output(s, o, edge, w.shared);
    return ok;
}

/* The action: a softmax that adds up to 1. */
static void check_act(const subject *s, void *library, int32_t weight) {
    char name[64];
    function f;
    const uint32_t n = s->net->n_outputs;
    const int bits = s->compilation.fixed->out_bits;
    snprintf(name, sizeof name, "%s_act", s->name);
    CHECK(diff_find(library, name, &f));
    for (uint32_t o = 0; o < n; o++)
        s->expected[o] = ldexp(s->out_fixed[o], -bits);
    wann_act(s->net, s->expected);
    if (s->options.weighting == WANN_WEIGHT_PARAMETER)
        f.shared(s->in_fixed, weight, s->out_fixed);
    else
        f.baked(s->in_fixed, s->out_fixed);
    const double room_for =
        s->net->action == WANN_ACTION_NONE ? 0 : ldexp(1, -bits) + 4e-8 * (n + 2);
    for (uint32_t o = 0; o < n; o++)
        CHECK_MSG(fabs(ldexp(s->out_fixed[o], -bits) - s->expected[o]) <= room_for,
                  "seed %" PRIu64 ", action, output %" PRIu32, s->seed, o);
}

static void check_network(subject *s, void *library, int inputs) {
    function f;
    int32_t weight = 0;
    wn_rng rng = wn_rng_stream(82, s->seed, 0, 0);
    CHECK_MSG(diff_find(library, s->name, &f), "no %s", s->name);
    for (int i = 0; i < inputs && check_input(s, f, &rng, &weight); i++)
        continue;
    if (s->options.batch)
        check_batch(s, library, weight);
    check_act(s, library, weight);
    seen.networks++;
}

static void try_file(const diff_compiler *compiler, uint64_t first) {
    static subject subjects[FILE_NETWORKS];
    bool there[FILE_NETWORKS];
    wn_buf text = {0};
    for (uint64_t i = 0; i < FILE_NETWORKS; i++) {
        make(&subjects[i], first + i, NULL);
        there[i] = emit(&subjects[i], &text);
    }
    void *library = text.failed ? NULL : diff_load(compiler, "fixed-networks", text.data);
    CHECK_MSG(library, "%s", compiler->label);
    for (uint64_t i = 0; i < FILE_NETWORKS; i++) {
        if (library && there[i])
            check_network(&subjects[i], library, INPUTS);
        drop(&subjects[i]);
    }
    if (library)
        dlclose(library);
    wn_buf_free(&text);
}

static void random_networks_keep_their_bounds(void) {
    unsigned used = 0;
    for (uint64_t seed = 0; seed < NETWORKS && test_failures < 10; seed += FILE_NETWORKS) {
        const diff_compiler *compiler = &compilers[seed / FILE_NETWORKS % COMPILERS];
        if (!diff_compiler_present(compiler))
            continue;
        try_file(compiler, seed);
        used++;
    }
    printf("     %lu networks, %lu more refused; %lu outputs, %lu of them on an edge, at most %d "
           "%% of the bound; "
           "%lu numbers from outside\n",
           seen.networks, seen.refused, seen.outputs, seen.edges, (int)(100 * seen.worst + 0.5),
           seen.held);
    CHECK(used > 0 && seen.networks > 20 * used && seen.refused < seen.networks / 4 &&
          seen.held > 1000);
    CHECK(seen.edges < seen.outputs / 2);
}

/* The champions of the paper, with the default ranges: how far off they are, away from edges. */
static void champions_keep_their_bounds(void) {
    static const struct {
        const char *file;
        size_t inputs, outputs;
    } champions[] = {{"swing.out", 5, 1}, {"biped.out", 24, 4}, {"racer.out", 16, 3}};
    const char *dir = test_reference_dir();
    if (!dir) {
        puts("     the published champions are not here (set WANN_REFERENCE)");
        return;
    }
    for (size_t c = 0; c < sizeof champions / sizeof *champions; c++) {
        char path[4400];
        wann_net *net;
        wann_verify_report report;
        wann_diag diag = {0};
        wann_compile_options options = wann_compile_defaults();
        options.real = WANN_FIXED;
        snprintf(path, sizeof path, "%s/champions/%s", dir, champions[c].file);
        const wann_read_options read = {.inputs = champions[c].inputs,
                                        .outputs = champions[c].outputs};
        CHECK_MSG(wann_net_read(path, &read, &net, NULL, &diag) == WANN_OK, "%s", diag.text);
        const wann_status status =
            wann_verify(net, &options, WANN_KIND_C, NULL, false, CHAMPION_INPUTS, &report, &diag);
        CHECK_MSG(status == WANN_OK, "%s: %s", champions[c].file, diag.text);
        printf("     %-10s off by at most %d millionths\n", champions[c].file,
               (int)(1e6 * report.largest_error + 1));
        CHECK(report.largest_error > 0 && report.largest_error < 1e-4);
        wann_free(report.input);
        wann_net_destroy(net);
    }
}

static wann_net *read_net(const char *text) {
    wann_net *net;
    wann_diag diag = {0};
    CHECK_MSG(wann_net_read_memory(text, strlen(text), "test", NULL, &net, NULL, &diag) == WANN_OK,
              "%s", diag.text);
    return net;
}

/* Squares of squares: 8 to the power of 16. */
static const char squares[] = "{\"format\":\"wann-network\",\"version\":1,\"name\":\"squares\","
                              "\"inputs\":[\"x\"],\"outputs\":[\"y\"],"
                              "\"nodes\":[{\"id\":1,\"type\":\"input\"},{\"id\":7,\"type\":"
                              "\"hidden\",\"activation\":\"squared\"},"
                              "{\"id\":8,\"type\":\"hidden\",\"activation\":\"squared\"},{\"id\":9,"
                              "\"type\":\"hidden\",\"activation\":\"squared\"},"
                              "{\"id\":2,\"type\":\"output\",\"activation\":\"squared\"}],"
                              "\"connections\":[{\"from\":1,\"to\":7},"
                              "{\"from\":7,\"to\":8},{\"from\":8,\"to\":9},{\"from\":9,\"to\":2}]}";

static wann_status compile(const wann_net *net, const wann_compile_options *options,
                           wann_diag *diag) {
    char *text;
    const wann_status status = wann_compile_text(net, options, WANN_KIND_C, &text, NULL, diag);
    wann_free(text);
    return status;
}

static void what_does_not_fit_is_refused_by_node(void) {
    wann_net *net = read_net(squares);
    wann_diag diag = {0};
    wann_compile_options options = wann_compile_defaults();
    options.real = WANN_FIXED;
    options.weighting = WANN_WEIGHT_BAKED;
    CHECK(compile(net, &options, &diag) == WANN_INPUT);
    CHECK_MSG(strstr(diag.text, "node 9 (squared of 1) can need numbers as large as 16777216, "),
              "%s", diag.text);
    const wann_range small = {-1, 1};
    options.input_range = &small;
    options.n_input_ranges = 1;
    CHECK_MSG(compile(net, &options, &diag) == WANN_OK, "%s", diag.text);
    wann_net_destroy(net);
}

static void what_makes_no_sense_is_refused(void) {
    static const wann_range backwards[] = {{1, -1}}, two[] = {{0, 1}, {0, 1}}, huge[] = {{0, 1e9}},
                            nan[] = {{0, (double)NAN}};
    static const struct {
        const wann_range *ranges;
        size_t n;
    } bad[] = {{backwards, 1}, {two, 2}, {huge, 1}, {nan, 1}};
    wann_net *net = read_net(squares);
    wann_diag diag = {0};
    wann_compile_options options = wann_compile_defaults();
    options.real = WANN_FIXED;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        options.input_range = bad[i].ranges;
        options.n_input_ranges = bad[i].n;
        CHECK(compile(net, &options, &diag) == WANN_ARGUMENT);
    }
    options.input_range = NULL;
    options.level = WANN_OS;
    CHECK(compile(net, &options, &diag) == WANN_ARGUMENT && strstr(diag.text, "-Os"));
    options.level = WANN_O1;
    options.gradient = true;
    CHECK(compile(net, &options, &diag) == WANN_ARGUMENT && strstr(diag.text, "gradient"));
    options.gradient = false;
    options.ensemble = true;
    CHECK(compile(net, &options, &diag) == WANN_ARGUMENT && strstr(diag.text, "ensemble"));
    options.ensemble = false;
    wann_policy *policy;
    CHECK(wann_policy_load(net, &options, NULL, &policy, &diag) == WANN_ARGUMENT && !policy);
    CHECK(wann_jit_compile(net, &options, (wann_effort)0, &policy, &diag) == WANN_ARGUMENT && !policy);
    wann_net_destroy(net);
}

static void memory_may_run_out(void) {
    size_t n = 0;
    for (uint64_t seed = 3; seed < 6; seed++) {
        subject s;
        make(&s, seed, NULL);
        wann_set_allocator(&test_failing_allocator);
        wann_status status = WANN_NO_MEMORY;
        for (size_t k = 0; status == WANN_NO_MEMORY; k++, n++) {
            test_memory.left = k;
            test_memory.live = 0;
            status = compile(s.net, &s.options, NULL);
            CHECK_MSG(test_memory.live == 0, "seed %" PRIu64 ", allocation %zu: %zu blocks lost", seed, k,
                      test_memory.live);
        }
        wann_set_allocator(NULL);
        CHECK(status == WANN_OK || status == WANN_INPUT);
        drop(&s);
    }
    CHECK(n > 100);
}

int main(void) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    RUN(random_networks_keep_their_bounds);
    RUN(champions_keep_their_bounds);
    RUN(what_does_not_fit_is_refused_by_node);
    RUN(what_makes_no_sense_is_refused);
    RUN(memory_may_run_out);
    return TEST_RESULT();
}
