/* Reading the golden data, and comparing with them. */
#include "golden/golden.h"

#include <dirent.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/file.h"

/* Those of -O2 promise an absolute error, whatever the value. */
static wn_promise short_kernels(void) {
    wn_promise promise = wn_promise_float_kernels();
    promise.kernel_abs = 4e-7;
    return promise;
}

const golden_way golden_ways[GOLDEN_WAYS] = {
    {"O0 double libm", WANN_O0, WANN_DOUBLE, WANN_MATH_LIBM, NULL},
    {"O0 double inline", WANN_O0, WANN_DOUBLE, WANN_MATH_INLINE, wn_promise_double_kernels},
    {"O0 float libm", WANN_O0, WANN_FLOAT, WANN_MATH_LIBM, wn_promise_float_libm},
    {"O0 float inline", WANN_O0, WANN_FLOAT, WANN_MATH_INLINE, wn_promise_float_kernels},
    {"O1 double libm", WANN_O1, WANN_DOUBLE, WANN_MATH_LIBM, wn_promise_double_libm},
    {"O1 double inline", WANN_O1, WANN_DOUBLE, WANN_MATH_INLINE, wn_promise_double_kernels},
    {"O1 float libm", WANN_O1, WANN_FLOAT, WANN_MATH_LIBM, wn_promise_float_libm},
    {"O1 float inline", WANN_O1, WANN_FLOAT, WANN_MATH_INLINE, wn_promise_float_kernels},
    {"O2 double libm", WANN_O2, WANN_DOUBLE, WANN_MATH_LIBM, wn_promise_double_libm},
    {"O2 double inline", WANN_O2, WANN_DOUBLE, WANN_MATH_INLINE, wn_promise_double_kernels},
    {"O2 float libm", WANN_O2, WANN_FLOAT, WANN_MATH_LIBM, wn_promise_float_libm},
    {"O2 float inline", WANN_O2, WANN_FLOAT, WANN_MATH_INLINE, short_kernels},
    {"Os double libm", WANN_OS, WANN_DOUBLE, WANN_MATH_LIBM, wn_promise_double_libm},
    {"Os double inline", WANN_OS, WANN_DOUBLE, WANN_MATH_INLINE, wn_promise_double_kernels},
    {"Os float libm", WANN_OS, WANN_FLOAT, WANN_MATH_LIBM, wn_promise_float_libm},
    {"Os float inline", WANN_OS, WANN_FLOAT, WANN_MATH_INLINE, wn_promise_float_kernels},
};

/* One problem, said. */
static unsigned problem(const golden *g, const char *what, ...) {
    va_list args;
    va_start(args, what);
    fprintf(stderr, "%s: ", g->file);
    vfprintf(stderr, what, args);
    fputc('\n', stderr);
    va_end(args);
    return 1;
}

static const cJSON *member(const cJSON *object, const char *key) {
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

static void read_vector(const cJSON *array, double *values) {
    const cJSON *item;
    cJSON_ArrayForEach(item, array) *values++ = item->valuedouble;
}

static size_t weighting_of(const cJSON *run) {
    const char *kind = member(run, "kind")->valuestring;
    return strcmp(kind, "shared") == 0  ? GOLDEN_SHARED
           : strcmp(kind, "tuned") == 0 ? GOLDEN_TUNED
                                        : GOLDEN_FILE;
}

static unsigned read_tuned(golden *g, const cJSON *run) {
    char path[4400];
    wann_diag diag = {0};
    snprintf(path, sizeof path, "%s/%s", g->reference, member(run, "zoo")->valuestring);
    const double bias = member(run, "weight_bias")->valuedouble;
    const wann_status status =
        wann_weights_read(g->net, path, bias, &g->weighting[GOLDEN_TUNED].tuned, &diag);
    return status == WANN_OK ? 0 : problem(g, "%s", diag.text);
}

static unsigned read_network(golden *g) {
    char path[4400];
    wann_diag diag = {0};
    snprintf(path, sizeof path, "%s/%s", g->reference, member(g->json, "network")->valuestring);
    const wann_read_options options = {.inputs = (size_t)member(g->json, "n_in")->valueint,
                                       .outputs = (size_t)member(g->json, "n_out")->valueint};
    if (wann_net_read(path, &options, &g->net, NULL, &diag) != WANN_OK)
        return problem(g, "%s", diag.text);
    if (wann_net_nodes(g->net) > GOLDEN_NODES ||
        wn_bound_create(g->net, &g->bound, NULL) != WANN_OK)
        return problem(g, "the network is too large");
    return 0;
}

static unsigned open_golden(golden *g, const char *path) {
    char *text;
    size_t size;
    wann_diag diag = {0};
    if (wn_file_read(path, &text, &size, &diag) != WANN_OK)
        return problem(g, "%s", diag.text);
    g->json = cJSON_Parse(text);
    wann_free(text);
    unsigned problems = g->json ? read_network(g) : problem(g, "this is not JSON");
    const cJSON *run;
    if (problems)
        return problems;
    cJSON_ArrayForEach(run, member(g->json, "runs")) {
        golden_weighting *weighting = &g->weighting[weighting_of(run)];
        weighting->used = true;
        if (weighting == &g->weighting[GOLDEN_TUNED] && !weighting->tuned)
            problems += read_tuned(g, run);
    }
    return problems;
}

static void close_golden(golden *g) {
    wann_free(g->weighting[GOLDEN_TUNED].tuned);
    wn_bound_destroy(g->bound);
    wann_net_destroy(g->net);
    cJSON_Delete(g->json);
}

unsigned golden_each(const char *reference, unsigned (*visit)(void *ctx, golden *g), void *ctx) {
    char folder[4400], path[4700];
    unsigned problems = 0;
    struct dirent **entry = NULL;
    snprintf(folder, sizeof folder, "%s/forward", reference);
    const int n = scandir(folder, &entry, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        golden g = {.reference = reference, .file = entry[i]->d_name};
        const char *ending = strrchr(g.file, '.');
        if (ending && strcmp(ending, ".json") == 0) {
            snprintf(path, sizeof path, "%s/%s", folder, g.file);
            const unsigned unread = open_golden(&g, path);
            problems += unread ? unread : visit(ctx, &g);
            close_golden(&g);
        }
        free(entry[i]);
    }
    free(entry);
    return problems;
}

unsigned golden_each_row(golden *g, unsigned (*visit)(void *ctx, golden *g, const golden_row *row),
                         void *ctx) {
    unsigned problems = 0;
    const cJSON *run;
    cJSON_ArrayForEach(run, member(g->json, "runs")) {
        golden_row row = {.weighting = weighting_of(run)};
        const double *tuned = row.weighting == GOLDEN_TUNED ? g->weighting[GOLDEN_TUNED].tuned
                                                            : wann_net_weights(g->net);
        const bool shared = row.weighting == GOLDEN_SHARED;
        row.weights =
            (wann_weights){shared ? member(run, "weight")->valuedouble : 0, shared ? NULL : tuned};
        const cJSON *in = member(g->json, "inputs")->child, *expected,
                    *original = member(run, "err_float32")->child;
        cJSON_ArrayForEach(expected, member(run, "outputs")) {
            read_vector(in, row.in);
            read_vector(expected, row.expected);
            row.original = original->valuedouble;
            problems += visit(ctx, g, &row);
            in = in->next;
            original = original->next;
        }
    }
    return problems;
}

void golden_name(size_t way, size_t weighting, char *name) {
    snprintf(name, 32, "golden_%zu_%zu", way, weighting);
}

wann_compile_options golden_options(const golden *g, size_t way, size_t weighting,
                                    const char *name) {
    wann_compile_options options = wann_compile_defaults();
    options.name = name;
    options.level = golden_ways[way].level;
    options.real = golden_ways[way].real;
    options.math = golden_ways[way].math;
    options.weighting = weighting == GOLDEN_SHARED ? WANN_WEIGHT_PARAMETER : WANN_WEIGHT_TUNED;
    options.tuned = g->weighting[weighting].tuned;
    return options;
}

static double magnitude(size_t n, const double *values) {
    double largest = 1;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs(values[i]));
    return largest;
}

static unsigned compare_exact(const golden *g, size_t way, bool bits, const golden_row *row,
                              const double *got, golden_totals *totals) {
    const size_t n = wann_net_outputs(g->net);
    const double room = 1e-10 * magnitude(n, row->expected);
    unsigned problems = 0;
    for (size_t o = 0; o < n; o++) {
        const bool same = memcmp(&got[o], &row->expected[o], sizeof *got) == 0;
        if (!same && (bits || !(fabs(got[o] - row->expected[o]) <= room)))
            problems += problem(g, "%s: output %zu: %a, golden %a", golden_ways[way].label, o,
                                got[o], row->expected[o]);
        totals->exact++;
    }
    return problems;
}

/* Our own running bound, and where float32 in the original stayed close, nearness to it. */
static unsigned compare_bound(golden *g, size_t way, const golden_row *row, const double *got,
                              golden_totals *totals) {
    const size_t n = wann_net_outputs(g->net);
    const wn_promise promise = golden_ways[way].promise();
    const double scale = magnitude(n, row->expected);
    /* The short kernels are off by 4e-7 where the original in float was by 6e-8: seven times. */
    const double times = golden_ways[way].promise == short_kernels ? 7 : 1;
    const bool well_posed = golden_ways[way].real == WANN_FLOAT && row->original <= 1e-4 * scale;
    double value[GOLDEN_NODES], bound[GOLDEN_NODES];
    unsigned problems = 0;
    bool edge;
    wn_bound_run(g->bound, row->in, row->weights, &promise, value, bound, &edge);
    for (size_t o = 0; o < n; o++) {
        const double error = fabs(got[o] - row->expected[o]);
        if (!(error <= bound[o]))
            problems += problem(g, "%s: output %zu: %a, golden %a, bound %a",
                                golden_ways[way].label, o, got[o], row->expected[o], bound[o]);
        if (well_posed && !edge && !(error <= times * (10 * row->original + 1e-5 * scale)))
            problems += problem(g, "%s: output %zu: %a, golden %a, original float %a",
                                golden_ways[way].label, o, got[o], row->expected[o], row->original);
        totals->bounded++;
        totals->edges += edge;
        totals->float_cases += well_posed && !edge;
    }
    return problems;
}

unsigned golden_compare(golden *g, size_t way, bool bits, const golden_row *row, const double *got,
                        golden_totals *totals) {
    return golden_ways[way].promise ? compare_bound(g, way, row, got, totals)
                                    : compare_exact(g, way, bits, row, got, totals);
}

void golden_say(const golden_totals *totals) {
    printf("     %lu files as %lu functions: %lu outputs bit for bit; %lu within the bound, %lu of "
           "these on an edge; %lu in float near the original\n",
           totals->files, totals->functions, totals->exact, totals->bounded, totals->edges,
           totals->float_cases);
}
