/* How long compiling takes, and that size alone breaks nothing: figures for people, limits ten
 * times as generous for machines. */
#include <dlfcn.h>
#include <math.h>
#include <time.h>

#include "diff/compilers.h"
#include "runtime/net/net.h"
#include "runtime/base/rng.h"
#include "support/test.h"
#include "wann/compile.h"

#if defined(__SANITIZE_ADDRESS__)
enum { SLOWER = 20 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
enum { SLOWER = 20 };
#else
enum { SLOWER = 1 };
#endif
#else
enum { SLOWER = 1 };
#endif

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A network as it is drawn, node by node in order of evaluation. */
typedef struct drawing {
    wn_node_spec *node;
    wn_conn_spec *conn;
    size_t n_nodes, n_conns;
} drawing;

static drawing begin(size_t nodes, size_t conns) {
    const drawing d = {calloc(nodes, sizeof *d.node), calloc(conns + 1, sizeof *d.conn), 0, 0};
    CHECK(d.node && d.conn);
    return d;
}

static void add_node(drawing *d, wann_role role, wann_activation activation, const char *name) {
    d->node[d->n_nodes] = (wn_node_spec){
        .id = (int64_t)d->n_nodes, .role = role, .activation = activation, .name = name};
    d->n_nodes++;
}

static void connect(drawing *d, size_t from, size_t to) {
    const double weight = 1.0 + 0.25 * (double)(d->n_conns % 7);
    d->conn[d->n_conns++] =
        (wn_conn_spec){.from = (int64_t)from, .to = (int64_t)to, .weight = weight};
}

static wn_net *finish(drawing *d) {
    const wn_net_spec spec = {.name = "scale",
                              .nodes = d->node,
                              .n_nodes = d->n_nodes,
                              .conns = d->conn,
                              .n_conns = d->n_conns,
                              .has_weights = true};
    wn_net *net = NULL;
    wann_diag diag = {0};
    CHECK_MSG(wn_net_build(&spec, &net, NULL, &diag) == WANN_OK, "%s", diag.text);
    free(d->node);
    free(d->conn);
    return net;
}

/* `conns` connections between random nodes, fan_in to each node. */
static wn_net *layered(size_t inputs, size_t conns, size_t fan_in) {
    wn_rng rng = wn_rng_stream(61, conns, fan_in, 0);
    drawing d = begin(inputs + conns / fan_in + 2, conns);
    for (size_t i = 0; i < inputs; i++)
        add_node(&d, WANN_INPUT_NODE, WANN_ACT_LINEAR, NULL);
    while (d.n_conns + fan_in <= conns) {
        const size_t node = d.n_nodes, step = 1 + (size_t)wn_rng_below(&rng, 7);
        const bool last = d.n_conns + 2 * fan_in > conns;
        add_node(&d, last ? WANN_OUTPUT_NODE : WANN_HIDDEN,
                 (wann_activation)(1 + wn_rng_below(&rng, 11)), NULL);
        for (size_t k = 0; k < fan_in; k++)
            connect(&d, node - 1 - (k * step) % (node < 4 * inputs ? node : 4 * inputs), node);
    }
    return finish(&d);
}

/* One output that adds up all inputs, all of one name. */
static wn_net *wide(size_t terms) {
    drawing d = begin(terms + 1, terms);
    for (size_t i = 0; i < terms; i++)
        add_node(&d, WANN_INPUT_NODE, WANN_ACT_LINEAR, "same");
    add_node(&d, WANN_OUTPUT_NODE, WANN_ACT_TANH, NULL);
    for (size_t i = 0; i < terms; i++)
        connect(&d, i, terms);
    return finish(&d);
}

/* Each node reads the one before and the input: depth nodes, one after the other. */
static wn_net *deep(size_t depth, bool linear) {
    drawing d = begin(depth + 1, 2 * depth);
    add_node(&d, WANN_INPUT_NODE, WANN_ACT_LINEAR, NULL);
    for (size_t i = 1; i <= depth; i++) {
        const wann_activation activation = linear ? WANN_ACT_LINEAR : (wann_activation)(1 + i % 11);
        add_node(&d, i == depth ? WANN_OUTPUT_NODE : WANN_HIDDEN, activation, NULL);
        connect(&d, i - 1, i);
        if (i > 1)
            connect(&d, 0, i);
    }
    return finish(&d);
}

/* Network to C; the text is the caller's. */
static char *emit(const wn_net *net, wann_level level, wann_weighting weighting, wann_real real,
                  double *seconds) {
    wann_compile_options options = wann_compile_defaults();
    options.name = "scale";
    options.level = level;
    options.weighting = weighting;
    options.real = real;
    wann_diag diag = {0};
    char *text, *header;
    const double start = now();
    CHECK_MSG(wann_compile_text(net, &options, WANN_KIND_C, &text, &header, &diag) == WANN_OK, "%s",
              diag.text);
    *seconds = now() - start;
    wann_free(header);
    return text;
}

/* The median of nine, printed; CI machines have other work, hence the room. */
static void report(const char *what, const wn_net *net, double promised) {
    double seconds[9];
    for (int i = 0; i < 9; i++) {
        wann_free(emit(net, WANN_O1, WANN_WEIGHT_PARAMETER, WANN_FLOAT, &seconds[i]));
        for (int j = i; j > 0 && seconds[j] < seconds[j - 1]; j--) {
            const double swap = seconds[j];
            seconds[j] = seconds[j - 1];
            seconds[j - 1] = swap;
        }
    }
    printf("     %s: %zu nodes, %zu connections: network to C in %.2f ms (%.2f to %.2f; promised: "
           "%.0f)\n",
           what, wann_net_nodes(net), wann_net_connections(net), seconds[4] * 1e3, seconds[0] * 1e3,
           seconds[8] * 1e3, promised * 1e3);
    CHECK_MSG(seconds[4] < 10 * SLOWER * promised, "%s", what);
}

static void compiling_is_quick(void) {
    wn_net *net = layered(64, 2000, 4);
    report("2,000 connections", net, 0.1);
    wann_net_destroy(net);
    const char *reference = test_reference_dir();
    if (!reference) {
        puts("     the published champion is not here (set WANN_REFERENCE)");
        return;
    }
    char path[4200];
    snprintf(path, sizeof path, "%s/champions/swing.out", reference);
    CHECK(wann_net_read(path, &(wann_read_options){.inputs = 5, .outputs = 1}, &net, NULL, NULL) ==
          WANN_OK);
    report("swing.out", net, 0.02);
    wann_net_destroy(net);
}

static void emit_large(const char *what, wn_net *net, wann_level least, wann_level most,
                       double limit) {
    static const char *const words[] = {"O0", "O1", "O2"};
    for (int level = (int)least; net && level <= (int)most; level++)
        for (int tuned = 0; tuned < 2; tuned++) {
            double seconds;
            const wann_weighting weighting = tuned ? WANN_WEIGHT_TUNED : WANN_WEIGHT_PARAMETER;
            char *text = emit(net, (wann_level)level, weighting, WANN_FLOAT, &seconds);
            printf("     %s, %s%s: %.1f s, %zu KiB of C\n", what, words[level],
                   tuned ? ", tuned" : "", seconds, text ? strlen(text) / 1024 : 0);
            CHECK_MSG(seconds < limit * SLOWER, "%s", what);
            wann_free(text);
        }
    wann_net_destroy(net);
}

static void size_breaks_nothing(void) {
    emit_large("1,000,000 connections", layered(1000, 1000000, 20), WANN_O1, WANN_O1, 60);
    emit_large("a sum of 100,000 terms", wide(100000), WANN_O0, WANN_O2, 20);
    emit_large("a chain of 100,000", deep(100000, false), WANN_O0, WANN_O2, 20);
    emit_large("a linear chain of 100,000", deep(100000, true), WANN_O0, WANN_O2, 20);
}

/* Code that no compiler takes is no code. With the C library: clang needs minutes to put 10,000
 * kernels into one function. */
static void deep_code_compiles(bool linear) {
    wn_net *net = deep(10000, linear);
    const double in[1] = {0.3};
    double seconds, expected[1], got[1], *act = calloc(wann_net_nodes(net), sizeof *act);
    CHECK(act);
    wann_run(net, in, (wann_weights){0.5, NULL}, NULL, act, expected);
    char *text = emit(net, WANN_O0, WANN_WEIGHT_PARAMETER, WANN_DOUBLE, &seconds);
    for (size_t c = 0; c < 2; c++) {
        if (!diff_compiler_present(&diff_compilers[c]))
            continue;
        const double start = now();
        void *library = diff_load(&diff_compilers[c], "scale-deep", text);
        printf("     a%s chain of 10,000: %s in %.1f s\n", linear ? " linear" : "",
               diff_compilers[c].label, now() - start);
        CHECK(library);
        void (*run)(const double *in, double weight, double *out);
        if (library && diff_find(library, "scale", &run)) {
            run(in, 0.5, got);
            CHECK_MSG(memcmp(got, expected, sizeof *got) == 0, "%a, expected %a", got[0],
                      expected[0]);
            dlclose(library);
        }
    }
    wann_free(text);
    free(act);
    wann_net_destroy(net);
}

static void chains_compile(void) {
    deep_code_compiles(false);
    deep_code_compiles(true);
}

int main(void) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    RUN(compiling_is_quick);
    RUN(size_breaks_nothing);
    RUN(chains_compile);
    return TEST_RESULT();
}
