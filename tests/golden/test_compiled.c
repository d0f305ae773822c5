/* Generated code against the outputs of the original Python code: -O0 in double with the C library
 * bit for bit, the other ways within what they promise; gcc, clang, and objects made by LLVM. */
#include <dirent.h>
#include <dlfcn.h>
#include <math.h>
#include <stdbool.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "diff/compilers.h"
#include "runtime/base/file.h"
#include "runtime/base/proc.h"
#include "runtime/base/text.h"
#include "runtime/interp/bound.h"
#include "support/test.h"
#include "wann/compile.h"

#if defined(__x86_64__) && defined(__GLIBC__)
static const bool same_library = true; /* as the one that the golden numbers come from */
#else
static const bool same_library = false;
#endif

enum { MAX_NODES = 256, WAYS = 16 };

/* Those of -O2 promise an absolute error, whatever the value. */
static wn_promise short_kernels(void) {
    wn_promise promise = wn_promise_float_kernels();
    promise.kernel_abs = 4e-7;
    return promise;
}

static const struct {
    const char *label;
    wann_level level;
    wann_real real;
    wann_math math;
    wn_promise (*promise)(void); /* NULL: the golden bits */
} ways[WAYS] = {
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

/* Weights of a kind of run that is compiled as a function of its own. */
typedef struct weighting {
    const char *kind; /* "shared", "tuned", "file" */
    double *tuned;    /* of the zoo; owned */
    bool used;
} weighting;
enum { SHARED, TUNED, FILE_WEIGHTS, WEIGHTINGS };

/* One golden file with its network. */
typedef struct golden {
    const char *file;
    cJSON *json;
    wann_net *net;
    wn_bound *bound;
    weighting weighting[WEIGHTINGS];
} golden;

static struct { unsigned long files, functions, exact, bounded, edges, float_cases; } compared;

static const cJSON *member(const cJSON *object, const char *key) {
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key);
    CHECK_MSG(value, "golden data without \"%s\"", key);
    return value;
}

static void read_vector(const cJSON *array, double *values) {
    const cJSON *item;
    cJSON_ArrayForEach(item, array) *values++ = item->valuedouble;
}

static int kind_of(const cJSON *run) {
    const char *kind = member(run, "kind")->valuestring;
    return strcmp(kind, "shared") == 0 ? SHARED : strcmp(kind, "tuned") == 0 ? TUNED : FILE_WEIGHTS;
}

static void read_tuned(golden *g, const cJSON *run) {
    char path[4400];
    wann_diag diag = {0};
    snprintf(path, sizeof path, "%s/%s", test_reference_dir(), member(run, "zoo")->valuestring);
    const double bias = member(run, "weight_bias")->valuedouble;
    CHECK_MSG(wann_weights_read(g->net, path, bias, &g->weighting[TUNED].tuned, &diag) == WANN_OK,
              "%s", diag.text);
}

static bool open_golden(golden *g, const char *path) {
    char *text, network[4400];
    size_t size;
    wann_diag diag = {0};
    CHECK_MSG(wn_file_read(path, &text, &size, &diag) == WANN_OK, "%s", diag.text);
    g->json = cJSON_Parse(text);
    wann_free(text);
    CHECK_MSG(g->json, "%s is not JSON", path);
    snprintf(network, sizeof network, "%s/%s", test_reference_dir(),
             member(g->json, "network")->valuestring);
    const wann_read_options options = {.inputs = (size_t)member(g->json, "n_in")->valueint,
                                       .outputs = (size_t)member(g->json, "n_out")->valueint};
    CHECK_MSG(wann_net_read(network, &options, &g->net, NULL, &diag) == WANN_OK, "%s: %s", network,
              diag.text);
    if (!g->net || wann_net_nodes(g->net) > MAX_NODES ||
        wn_bound_create(g->net, &g->bound, NULL) != WANN_OK)
        return false;
    const cJSON *run;
    cJSON_ArrayForEach(run, member(g->json, "runs")) {
        const int kind = kind_of(run);
        g->weighting[kind].used = true;
        if (kind == TUNED && !g->weighting[kind].tuned)
            read_tuned(g, run);
    }
    return true;
}

static void close_golden(golden *g) {
    wann_free(g->weighting[TUNED].tuned);
    wn_bound_destroy(g->bound);
    wann_net_destroy(g->net);
    cJSON_Delete(g->json);
}

static void name_of(size_t way, size_t kind, char *name) {
    snprintf(name, 32, "golden_%zu_%zu", way, kind);
}

static wann_compile_options options_of(const golden *g, size_t way, size_t kind, const char *name) {
    wann_compile_options options = wann_compile_defaults();
    options.name = name;
    options.level = ways[way].level;
    options.real = ways[way].real;
    options.math = ways[way].math;
    options.weighting = kind == SHARED ? WANN_WEIGHT_PARAMETER : WANN_WEIGHT_TUNED;
    options.tuned = g->weighting[kind].tuned;
    return options;
}

static void emit(const golden *g, size_t way, size_t kind, wn_buf *out) {
    char name[32], *text;
    name_of(way, kind, name);
    const wann_compile_options options = options_of(g, way, kind, name);
    wann_diag diag = {0};
    const wann_status status = wann_compile_text(g->net, &options, WANN_KIND_C, &text, NULL, &diag);
    CHECK_MSG(status == WANN_OK, "%s: %s", g->file, diag.text);
    if (status == WANN_OK)
        wn_buf_text(out, text);
    wn_buf_text(out, diff_separator);
    wann_free(text);
    compared.functions++;
}

static void call(void *library, size_t way, size_t kind, size_t inputs, const double *in,
                 double weight, double *out) {
    char name[32];
    float in32[MAX_NODES], out32[MAX_NODES] = {0};
    void (*f64_w)(const double *, double, double *), (*f64)(const double *, double *);
    void (*f32_w)(const float *, float, float *), (*f32)(const float *, float *);
    name_of(way, kind, name);
    for (size_t i = 0; i < inputs; i++)
        in32[i] = (float)in[i];
    bool found = false;
    if (ways[way].real == WANN_DOUBLE) {
        if (kind == SHARED && (found = diff_find(library, name, &f64_w)))
            f64_w(in, weight, out);
        else if (kind != SHARED && (found = diff_find(library, name, &f64)))
            f64(in, out);
    } else {
        if (kind == SHARED && (found = diff_find(library, name, &f32_w)))
            f32_w(in32, (float)weight, out32);
        else if (kind != SHARED && (found = diff_find(library, name, &f32)))
            f32(in32, out32);
        for (size_t o = 0; o < MAX_NODES; o++)
            out[o] = (double)out32[o];
    }
    CHECK_MSG(found, "no function %s", name);
}

static double magnitude(size_t n, const double *values) {
    double largest = 1;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs(values[i]));
    return largest;
}

static void compare_exact(const golden *g, const double *got, const double *expected) {
    const size_t n = wann_net_outputs(g->net);
    const double room = 1e-10 * magnitude(n, expected);
    for (size_t o = 0; o < n; o++) {
        const bool same = memcmp(&got[o], &expected[o], sizeof *got) == 0;
        CHECK_MSG(same || (!same_library && fabs(got[o] - expected[o]) <= room),
                  "%s: output %zu: %a, golden %a", g->file, o, got[o], expected[o]);
        compared.exact++;
    }
}

/* Our own running bound, and where float32 in the original stayed close, nearness to it. */
static void compare_bound(golden *g, size_t way, const double *in, wann_weights weights,
                          const double *got, const double *expected, double original) {
    const size_t n = wann_net_outputs(g->net);
    const wn_promise promise = ways[way].promise();
    const double scale = magnitude(n, expected);
    const double times = ways[way].promise == short_kernels ? 40 : 10;
    const bool well_posed = ways[way].real == WANN_FLOAT && original <= 1e-4 * scale;
    double value[MAX_NODES], bound[MAX_NODES];
    bool edge;
    wn_bound_run(g->bound, in, weights, &promise, value, bound, &edge);
    for (size_t o = 0; o < n; o++) {
        const double error = fabs(got[o] - expected[o]);
        CHECK_MSG(error <= bound[o], "%s, %s: output %zu: %a, golden %a, bound %a", g->file,
                  ways[way].label, o, got[o], expected[o], bound[o]);
        if (well_posed && !edge)
            CHECK_MSG(error <= times * original + 1e-5 * scale,
                      "%s, %s: output %zu: %a, golden %a, original float %a", g->file,
                      ways[way].label, o, got[o], expected[o], original);
        compared.bounded++;
        compared.edges += edge;
        compared.float_cases += well_posed && !edge;
    }
}

static void compare_run(golden *g, void *library, size_t way, const cJSON *run) {
    const int kind = kind_of(run);
    const double *tuned = kind == TUNED ? g->weighting[TUNED].tuned : wann_net_weights(g->net);
    const double shared = kind == SHARED ? member(run, "weight")->valuedouble : 0;
    const wann_weights weights = {shared, kind == SHARED ? NULL : tuned};
    const cJSON *in_row = member(g->json, "inputs")->child,
                *original = member(run, "err_float32")->child;
    double in[MAX_NODES], expected[MAX_NODES], got[MAX_NODES];
    const cJSON *row;
    cJSON_ArrayForEach(row, member(run, "outputs")) {
        read_vector(in_row, in);
        read_vector(row, expected);
        call(library, way, (size_t)kind, wann_net_inputs(g->net), in, weights.shared, got);
        if (ways[way].promise)
            compare_bound(g, way, in, weights, got, expected, original->valuedouble);
        else
            compare_exact(g, got, expected);
        in_row = in_row->next;
        original = original->next;
    }
}

/* Stands for no compiler: LLVM makes objects, which are linked. */
static const diff_compiler llvm = {"LLVM", {"cc", "-shared", "-o", "./golden-llvm.so", NULL}, 0};
enum { OBJECTS = WAYS * WEIGHTINGS };

/* The golden bits through every compiler, and all through LLVM; of the compilers, each of the other ways through one, so that each gets
 * half of the levels, types and kinds of kernels. */
static bool is_tried(size_t way, const diff_compiler *compiler) {
    const size_t mixed = way ^ way >> 1 ^ way >> 2;
    return compiler == &llvm || !ways[way].promise ||
           mixed % 2 == (size_t)(compiler - diff_compilers) % 2;
}

static void *link_objects(char object[OBJECTS][32], size_t n) {
    const char *argv[OBJECTS + 8];
    size_t used = 0;
    int code = 1;
    for (; llvm.words[used]; used++)
        argv[used] = llvm.words[used];
    for (size_t i = 0; i < n; i++)
        argv[used++] = object[i];
    argv[used++] = "-lm";
    argv[used] = NULL;
    CHECK(wn_proc_run(argv, NULL, NULL, NULL, &code, NULL) == WANN_OK && code == 0);
    void *library = code == 0 ? dlopen("./golden-llvm.so", RTLD_NOW | RTLD_LOCAL) : NULL;
    unlink("./golden-llvm.so");
    for (size_t i = 0; i < n; i++)
        unlink(object[i]);
    return library;
}

/* The library of all ways and weightings of a network, each an object. */
static void *load_through_llvm(const golden *g) {
    char object[OBJECTS][32], name[32];
    size_t n = 0;
    for (size_t way = 0; way < WAYS; way++)
        for (size_t kind = 0; kind < WEIGHTINGS; kind++) {
            if (!g->weighting[kind].used)
                continue;
            name_of(way, kind, name);
            snprintf(object[n], sizeof object[n], "./%.20s.o", name);
            const wann_compile_options options = options_of(g, way, kind, name);
            wann_diag diag = {0};
            CHECK_MSG(wann_compile_file(g->net, &options, WANN_KIND_OBJ, object[n], false, &diag) ==
                          WANN_OK,
                      "%s: %s", g->file, diag.text);
            n++;
            compared.functions++;
        }
    return link_objects(object, n);
}

/* The same through a compiler of C, which takes one text. */
static void *load_through_c(const golden *g, const diff_compiler *compiler) {
    wn_buf text = {0};
    for (size_t way = 0; way < WAYS; way++)
        for (size_t kind = 0; kind < WEIGHTINGS; kind++)
            if (g->weighting[kind].used && is_tried(way, compiler))
                emit(g, way, kind, &text);
    void *library = text.failed ? NULL : diff_load(compiler, "golden-network", text.data);
    wn_buf_free(&text);
    return library;
}

static void compare_file(const char *path, const char *file, const diff_compiler *compiler) {
    golden g = {.file = file};
    const bool opened = open_golden(&g, path);
    CHECK_MSG(opened, "%s: no such network", file);
    void *library = !opened             ? NULL
                    : compiler == &llvm ? load_through_llvm(&g)
                                        : load_through_c(&g, compiler);
    CHECK_MSG(library, "%s: not compiled", file);
    for (size_t way = 0; library && way < WAYS; way++) {
        const cJSON *run;
        cJSON_ArrayForEach(run, member(g.json, "runs")) if (is_tried(way, compiler))
            compare_run(&g, library, way, run);
    }
    if (library)
        dlclose(library);
    close_golden(&g);
    compared.files++;
}

static void compare_all(const diff_compiler *compiler) {
    char folder[4300], path[4600];
    snprintf(folder, sizeof folder, "%s/forward", test_reference_dir());
    DIR *dir = opendir(folder);
    CHECK_MSG(dir, "cannot open %s", folder);
    for (const struct dirent *entry; dir && (entry = readdir(dir)) != NULL;) {
        const char *ending = strrchr(entry->d_name, '.');
        if (!ending || strcmp(ending, ".json") != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        compare_file(path, entry->d_name, compiler);
    }
    if (dir)
        closedir(dir);
}

/* The first two compilers of the table are gcc and clang, strict and at -O1. */
static void compiled_is_golden(void) {
    unsigned compilers = 0;
    for (size_t i = 0; i < 2; i++) {
        if (!diff_compiler_present(&diff_compilers[i])) {
            printf("     %s is missing\n", diff_compilers[i].label);
            continue;
        }
        compare_all(&diff_compilers[i]);
        compilers++;
    }
#if WANN_WITH_LLVM
    compare_all(&llvm);
    compilers++;
#else
    puts("     built without LLVM: its objects are not tried");
#endif
    CHECK(compilers > 0 && compared.files >= 19 * compilers && compared.exact >= 8000 * compilers);
    printf("     %lu files as %lu functions: %lu outputs bit for bit; %lu within the bound, %lu of "
           "these on an edge; "
           "%lu in float near the original\n",
           compared.files, compared.functions, compared.exact, compared.bounded, compared.edges,
           compared.float_cases);
}

int main(void) {
    if (!test_reference_dir()) {
        puts("skipped: the original's golden data are not here (set WANN_REFERENCE)");
        return TEST_SKIP;
    }
    RUN(compiled_is_golden);
    return TEST_RESULT();
}
