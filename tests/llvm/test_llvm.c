/* Random networks through everything that LLVM makes, each tried against the interpreter as `wannc
 * --verify` does: objects, libraries, assembly and programs for this machine, WebAssembly in
 * Node.js, programs for other machines under QEMU, and code made in this process.
 *
 * WANN_LLVM_NETWORKS sets how many, WANN_LLVM_SEED where to start. A failure names its seed. */
#include <inttypes.h>
#include <math.h>
#include <unistd.h>

#include "runtime/base/proc.h"
#include "runtime/interp/bound.h"
#include "support/random_net.h"
#include "support/test.h"
#include "wann/compile.h"

enum { NETWORKS = 100, INPUTS = 60, MOST_NODES = 150, MOST_CONNECTIONS = 1500, JIT_INPUTS = 40 };

typedef struct product {
    const char *label;
    wann_kind kind;
    const char *path;
    const char *target; /* NULL: this machine */
    const char *needs[2];
} product;

/* The first is tried on every network, one of the others in turn. */
static const product products[] = {
    {"object", WANN_KIND_OBJ, "./verified.o", NULL, {NULL}},
    {"shared", WANN_KIND_SHARED, "./verified.so", NULL, {NULL}},
    {"WebAssembly", WANN_KIND_WASM, "./verified.wasm", NULL, {"node", "wasm-ld-19"}},
    {"aarch64",
     WANN_KIND_EXE,
     "./verified-a64",
     "aarch64-linux-gnu",
     {"qemu-aarch64", "aarch64-linux-gnu-gcc"}},
    {"static", WANN_KIND_STATIC, "./verified.a", NULL, {NULL}},
    {"riscv64",
     WANN_KIND_EXE,
     "./verified-rv",
     "riscv64-linux-gnu",
     {"qemu-riscv64", "riscv64-linux-gnu-gcc"}},
    {"assembly", WANN_KIND_ASM, "./verified.s", NULL, {NULL}},
    {"program", WANN_KIND_EXE, "./verified", NULL, {NULL}},
};
enum { PRODUCTS = sizeof products / sizeof *products };

static bool present[PRODUCTS];
static unsigned long tried[PRODUCTS], jitted;

static uint64_t number_from(const char *variable, uint64_t otherwise) {
    const char *text = getenv(variable);
    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

static bool runs(const char *program) {
    const char *const argv[] = {program, "--version", NULL};
    int code;
    return !program || (wn_proc_run(argv, NULL, NULL, NULL, &code, NULL) == WANN_OK && code == 0);
}

static void find_programs(void) {
    for (size_t p = 0; p < PRODUCTS; p++) {
        present[p] = runs(products[p].needs[0]) && runs(products[p].needs[1]);
        if (!present[p])
            printf("     %s is not tried: %s or %s is missing\n", products[p].label,
                   products[p].needs[0], products[p].needs[1]);
    }
}

/* All of it follows from the seed. */
typedef struct llvm_case {
    wn_net *net;
    wann_compile_options options;
} llvm_case;

static llvm_case draw(uint64_t seed) {
    static const wann_level levels[] = {WANN_O0, WANN_O1, WANN_O2, WANN_O2};
    const test_random_options sizes = {.max_nodes = MOST_NODES};
    wn_rng rng = wn_rng_stream(seed, 0, 0, 0x11f3);
    llvm_case c = {NULL, wann_compile_defaults()};
    do {
        wann_net_destroy(c.net);
        c.net = test_random_net(&rng, &sizes);
    } while (c.net && wann_net_connections(c.net) > MOST_CONNECTIONS);
    c.options.name = "verified";
    c.options.backend = WANN_BACKEND_LLVM;
    c.options.level = levels[wn_rng_below(&rng, 4)];
    c.options.real = wn_rng_below(&rng, 2) ? WANN_FLOAT : WANN_DOUBLE;
    c.options.math = wn_rng_below(&rng, 2) ? WANN_MATH_INLINE : WANN_MATH_LIBM;
    c.options.batch = wn_rng_below(&rng, 2);
    c.options.debug = wn_rng_below(&rng, 4) == 0;
    c.options.cpu = wn_rng_below(&rng, 2) ? "native" : NULL;
    const uint64_t weighting = wn_rng_below(&rng, 4);
    if (weighting == 0) {
        c.options.weighting = WANN_WEIGHT_BAKED;
        c.options.weight = test_random_weight(&rng);
    } else if (weighting == 1 && c.net && wann_net_weights(c.net)) {
        c.options.weighting = WANN_WEIGHT_TUNED;
    }
    return c;
}

static void verify(const llvm_case *c, uint64_t seed, size_t p) {
    wann_compile_options options = c->options;
    wann_verify_report report;
    wann_diag diag = {0};
    options.target = products[p].target;
    if (options.target || products[p].kind == WANN_KIND_WASM)
        options.cpu = NULL;
    if (products[p].kind == WANN_KIND_WASM)
        options.math = WANN_MATH_INLINE; /* there is no C library */
    const wann_status status = wann_verify(c->net, &options, products[p].kind, products[p].path,
                                           false, INPUTS, &report, &diag);
    CHECK_MSG(status == WANN_OK && report.inferences >= INPUTS, "seed %" PRIu64 ", %s: %s %s", seed,
              products[p].label, diag.path, diag.text);
    tried[p] += status == WANN_OK;
    wann_free(report.input);
    unlink(products[p].path);
}

static wn_promise promise_of(const wann_compile_options *options) {
    const bool libm = options->math == WANN_MATH_LIBM;
    if (options->real == WANN_DOUBLE)
        return libm ? wn_promise_double_libm() : wn_promise_double_kernels();
    wn_promise promise = libm ? wn_promise_float_libm() : wn_promise_float_kernels();
    if (!libm && options->level == WANN_O2)
        promise.kernel_abs = 4e-7;
    return promise;
}

/* One input through code in this process; in, out: of the network's numbers of inputs and outputs.
 */
static void call(const wann_policy_functions *f, size_t inputs, size_t outputs, const double *in,
                 double weight, double *out) {
    float in32[MOST_NODES + 1], out32[MOST_NODES + 1];
    if (f->run_f64) {
        f->run_f64(in, weight, out);
        return;
    }
    for (size_t i = 0; i < inputs; i++)
        in32[i] = (float)in[i];
    f->run_f32(in32, (float)weight, out32);
    for (size_t o = 0; o < outputs; o++)
        out[o] = (double)out32[o];
}

static void compare(const llvm_case *c, uint64_t seed, const wann_policy_functions *f,
                    wn_bound *bound, wn_rng *rng) {
    const size_t inputs = wann_net_inputs(c->net), outputs = wann_net_outputs(c->net);
    const wn_promise promise = promise_of(&c->options);
    double in[MOST_NODES + 1], out[MOST_NODES + 1], value[MOST_NODES + 1], error[MOST_NODES + 1],
        act[MOST_NODES + 1], reference[MOST_NODES + 1];
    test_random_ordinary_input(rng, inputs, in);
    const bool tuned = c->options.weighting == WANN_WEIGHT_TUNED,
               baked = c->options.weighting == WANN_WEIGHT_BAKED;
    const wann_weights weights = {baked ? c->options.weight : test_random_weight(rng),
                                  tuned ? wann_net_weights(c->net) : NULL};
    bool edge;
    call(f, inputs, outputs, in, weights.shared, out);
    wann_run(c->net, in, weights, NULL, act, reference);
    wn_bound_run(bound, in, weights, &promise, value, error, &edge);
    for (size_t o = 0; o < outputs; o++) {
        const bool same = memcmp(&out[o], &reference[o], sizeof *out) == 0 ||
                          (isnan(out[o]) && isnan(reference[o]));
        CHECK_MSG(same || edge || fabs(out[o] - reference[o]) <= error[o] || isinf(error[o]),
                  "seed %" PRIu64 ", in this process: output %zu: %a, interpreter %a, bound %a",
                  seed, o, out[o], reference[o], error[o]);
    }
    jitted++;
}

static void just_in_time(const llvm_case *c, uint64_t seed) {
    wann_policy *policy = NULL, *again = NULL;
    wann_diag diag = {0};
    wn_bound *bound = NULL;
    wn_rng rng = wn_rng_stream(seed, 1, 0, 0x11f3);
    const wann_effort effort = seed % 2 ? WANN_EFFORT_FAST : WANN_EFFORT_FULL;
    CHECK_MSG(wann_jit_compile(c->net, &c->options, effort, &policy, &diag) == WANN_OK,
              "seed %" PRIu64 ": %s", seed, diag.text);
    CHECK(wann_jit_compile(c->net, &c->options, effort, &again, NULL) == WANN_OK);
    CHECK(wn_bound_create(c->net, &bound, NULL) == WANN_OK);
    if (policy && again && bound) {
        const wann_policy_functions *f = wann_policy_get(policy), *g = wann_policy_get(again);
        CHECK_MSG(f->run_f32 == g->run_f32 && f->run_f64 == g->run_f64,
                  "the same code was compiled twice");
        for (size_t i = 0; i < JIT_INPUTS; i++)
            compare(c, seed, f, bound, &rng);
    }
    wn_bound_destroy(bound);
    wann_policy_destroy(policy);
    wann_policy_destroy(again);
}

/* An object that is linked and loaded: nothing of it is the JIT's but its entry points. */
static void load_object(const llvm_case *c, uint64_t seed) {
    wann_policy *policy = NULL;
    wann_diag diag = {0};
    wn_bound *bound = NULL;
    wn_rng rng = wn_rng_stream(seed, 2, 0, 0x11f3);
    CHECK_MSG(wann_policy_load(c->net, &c->options, NULL, &policy, &diag) == WANN_OK,
              "seed %" PRIu64 ": %s", seed, diag.text);
    CHECK(wn_bound_create(c->net, &bound, NULL) == WANN_OK);
    if (policy && bound) {
        const wann_policy_functions *f = wann_policy_get(policy);
        CHECK((f->run_f32 != NULL) == (c->options.real == WANN_FLOAT));
        CHECK((f->batch_f32 || f->batch_f64) == c->options.batch);
        for (size_t i = 0; i < JIT_INPUTS; i++)
            compare(c, seed, f, bound, &rng);
    }
    wn_bound_destroy(bound);
    wann_policy_destroy(policy);
}

static void networks_through_llvm(void) {
    const uint64_t n = number_from("WANN_LLVM_NETWORKS", NETWORKS),
                   first = number_from("WANN_LLVM_SEED", 1);
    size_t next = 1;
    for (uint64_t seed = first; seed < first + n; seed++) {
        llvm_case c = draw(seed);
        CHECK(c.net);
        if (!c.net)
            continue;
        verify(&c, seed, 0);
        just_in_time(&c, seed);
        if (seed % 5 == 0)
            load_object(&c, seed);
        if (present[next])
            verify(&c, seed, next);
        next = next + 1 < PRODUCTS ? next + 1 : 1;
        wann_net_destroy(c.net);
    }
    for (size_t p = 0; p < PRODUCTS; p++)
        printf("     %s: %lu networks\n", products[p].label, tried[p]);
    printf("     in this process: %lu inferences\n", jitted);
}

int main(void) {
    find_programs();
    RUN(networks_through_llvm);
    return TEST_RESULT();
}
