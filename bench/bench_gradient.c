/* What derivatives of many inputs cost: NAME_gradient_batch beside NAME_gradient for one input
 * after the other and beside NAME_batch, in ns an input; medians of interleaved rounds.
 *
 * usage: bench_gradient NETWORK [INPUTS OUTPUTS] */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runtime/base/rng.h"
#include "wann/compile.h"

enum { ROWS = 1024, ROUNDS = 31, WAYS = 3 };

typedef struct code {
    void (*one)(const float *in, float weight, const float *out_bar, float *out, float *in_bar,
                float *weight_bar);
    void (*gradient)(size_t n, const float *in, float weight, const float *out_bar, float *out,
                     float *in_bar, float *weight_bar);
    void (*batch)(size_t n, const float *in, float weight, float *out);
    size_t inputs, outputs;
    float *in, *out_bar, *out, *in_bar, weight_bar;
} code;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void run(code *c, int way) {
    const float weight = -1.5f;
    if (way == 0)
        c->batch(ROWS, c->in, weight, c->out);
    else if (way == 1)
        c->gradient(ROWS, c->in, weight, c->out_bar, c->out, c->in_bar, &c->weight_bar);
    else
        for (size_t i = 0; i < ROWS; i++)
            c->one(c->in + i * c->inputs, weight, c->out_bar + i * c->outputs,
                   c->out + i * c->outputs, c->in_bar + i * c->inputs, &c->weight_bar);
}

static int by_size(const void *x, const void *y) {
    const double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}

static void measure(code *c, const char *label) {
    double ns[WAYS][ROUNDS];
    for (int round = 0; round < ROUNDS; round++)
        for (int way = 0; way < WAYS; way++) {
            enum { REPEATS = 4 };
            const double start = now();
            for (int r = 0; r < REPEATS; r++)
                run(c, way);
            ns[way][round] = 1e9 * (now() - start) / (REPEATS * ROWS);
        }
    for (int way = 0; way < WAYS; way++)
        qsort(ns[way], ROUNDS, sizeof **ns, by_size);
    const double batch = ns[0][ROUNDS / 2], lanes = ns[1][ROUNDS / 2], one = ns[2][ROUNDS / 2];
    printf("%-4s %10.1f %16.1f %16.1f %10.2f %10.2f\n", label, batch, lanes, one, one / lanes,
           lanes / batch);
}

static void fill(code *c) {
    wn_rng rng = wn_rng_stream(5, 0, 0, 0);
    for (size_t k = 0; k < ROWS * c->inputs; k++)
        c->in[k] = (float)wn_rng_normal(&rng);
    for (size_t k = 0; k < ROWS * c->outputs; k++)
        c->out_bar[k] = (float)wn_rng_normal(&rng);
}

static void find(void *library, const char *name, void *function) {
    void *symbol = dlsym(library, name);
    memcpy(function, &symbol, sizeof symbol);
}

static int bench(const wann_net *net, wann_level level, const char *label) {
    const char *path = "bench_gradient.so.tmp";
    wann_diag diag = {0};
    wann_compile_options options = wann_compile_defaults();
    options.name = "timed";
    options.level = level;
    options.batch = options.gradient = true;
    if (wann_compile_file(net, &options, WANN_KIND_SHARED, path, false, &diag) != WANN_OK) {
        fprintf(stderr, "%s\n", diag.text);
        return 1;
    }
    void *library = dlopen("./bench_gradient.so.tmp", RTLD_NOW | RTLD_LOCAL);
    unlink(path);
    code c = {.inputs = wann_net_inputs(net), .outputs = wann_net_outputs(net)};
    c.in = calloc(2 * ROWS * (c.inputs + c.outputs), sizeof *c.in);
    if (!library || !c.in)
        return 1;
    c.in_bar = c.in + ROWS * c.inputs;
    c.out = c.in_bar + ROWS * c.inputs;
    c.out_bar = c.out + ROWS * c.outputs;
    find(library, "timed_gradient", &c.one);
    find(library, "timed_gradient_batch", &c.gradient);
    find(library, "timed_batch", &c.batch);
    fill(&c);
    measure(&c, label);
    free(c.in);
    dlclose(library);
    return 0;
}

int main(int argc, char **argv) {
    wann_net *net;
    wann_diag diag = {0};
    wann_read_options read = {.format = WANN_FORMAT_AUTO};
    if (argc != 2 && argc != 4) {
        fputs("usage: bench_gradient NETWORK [INPUTS OUTPUTS]\n", stderr);
        return 2;
    }
    if (argc == 4) {
        read.inputs = strtoul(argv[2], NULL, 10);
        read.outputs = strtoul(argv[3], NULL, 10);
    }
    if (wann_net_read(argv[1], &read, &net, NULL, &diag) != WANN_OK) {
        fprintf(stderr, "%s\n", diag.text);
        return 1;
    }
    printf("%-4s %10s %16s %16s %10s %10s\n", "", "batch, ns", "gradient_batch", "one by one",
           "faster", "of a batch");
    const int failed = bench(net, WANN_O1, "-O1") | bench(net, WANN_O2, "-O2");
    wann_net_destroy(net);
    return failed;
}
