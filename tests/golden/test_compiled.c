/* Generated code against the outputs of the original Python code: -O0 in double with the C library
 * bit for bit, the other ways within what they promise; gcc, clang, objects made by LLVM, and code
 * made in this process. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <unistd.h>

#include "diff/compilers.h"
#include "golden/golden.h"
#include "runtime/base/proc.h"
#include "runtime/base/text.h"
#include "support/test.h"

#if defined(__x86_64__) && defined(__GLIBC__)
static const bool same_library = true; /* as the one that the golden numbers come from */
#else
static const bool same_library = false;
#endif

static golden_totals compared;

/* What a network is put through, and what came of it. */
typedef struct maker {
    const diff_compiler *compiler; /* NULL: LLVM */
    void *library;                 /* NULL: code made in this process */
    wann_policy *policy[GOLDEN_WAYS][GOLDEN_WEIGHTINGS];
} maker;

/* The golden bits through every compiler, and all through LLVM; of the compilers, each of the other
 * ways through one, so that each gets half of the levels, types and kinds of kernels. */
static bool is_tried(size_t way, const diff_compiler *compiler) {
    const size_t mixed = way ^ way >> 1 ^ way >> 2;
    return !compiler || !golden_ways[way].promise ||
           mixed % 2 == (size_t)(compiler - diff_compilers) % 2;
}

static void emit(const golden *g, size_t way, size_t weighting, wn_buf *out) {
    char name[32], *text;
    golden_name(way, weighting, name);
    const wann_compile_options options = golden_options(g, way, weighting, name);
    wann_diag diag = {0};
    const wann_status status = wann_compile_text(g->net, &options, WANN_KIND_C, &text, NULL, &diag);
    CHECK_MSG(status == WANN_OK, "%s: %s", g->file, diag.text);
    if (status == WANN_OK)
        wn_buf_text(out, text);
    wn_buf_text(out, diff_separator);
    wann_free(text);
    compared.functions++;
}

/* Functions of the four shapes. */
typedef union any_function {
    void (*f64_weight)(const double *in, double weight, double *out);
    void (*f64)(const double *in, double *out);
    void (*f32_weight)(const float *in, float weight, float *out);
    void (*f32)(const float *in, float *out);
} any_function;

/* weight: it is a parameter. */
static void call(any_function f, bool single, bool weight, const golden *g, const golden_row *row,
                 double *out) {
    float in32[GOLDEN_NODES], out32[GOLDEN_NODES] = {0};
    if (!single) {
        if (weight)
            f.f64_weight(row->in, row->weights.shared, out);
        else
            f.f64(row->in, out);
        return;
    }
    for (size_t i = 0; i < wann_net_inputs(g->net); i++)
        in32[i] = (float)row->in[i];
    if (weight)
        f.f32_weight(in32, (float)row->weights.shared, out32);
    else
        f.f32(in32, out32);
    for (size_t o = 0; o < wann_net_outputs(g->net); o++)
        out[o] = (double)out32[o];
}

/* Those of a policy have the weight whether it is used or not. */
static bool find(const maker *m, size_t way, size_t weighting, any_function *f) {
    char name[32];
    golden_name(way, weighting, name);
    if (m->library)
        return diff_find(m->library, name, f);
    if (!m->policy[way][weighting])
        return false;
    const wann_policy_functions *functions = wann_policy_get(m->policy[way][weighting]);
    if (golden_ways[way].real == WANN_FLOAT)
        f->f32_weight = functions->run_f32;
    else
        f->f64_weight = functions->run_f64;
    return true;
}

static unsigned compare_row(void *ctx, golden *g, const golden_row *row) {
    const maker *m = ctx;
    unsigned problems = 0;
    for (size_t way = 0; way < GOLDEN_WAYS; way++) {
        double got[GOLDEN_NODES];
        any_function f;
        if (!is_tried(way, m->compiler))
            continue;
        if (!find(m, way, row->weighting, &f)) {
            fprintf(stderr, "%s: %s: no function\n", g->file, golden_ways[way].label);
            return problems + 1;
        }
        call(f, golden_ways[way].real == WANN_FLOAT, !m->library || row->weighting == GOLDEN_SHARED,
             g, row, got);
        problems += golden_compare(g, way, same_library, row, got, &compared);
    }
    return problems;
}

/* LLVM makes objects, which are linked. */
enum { OBJECTS = GOLDEN_WAYS * GOLDEN_WEIGHTINGS };

static void *link_objects(char object[OBJECTS][32], size_t n) {
    const char *argv[OBJECTS + 8] = {"cc", "-shared", "-o", "./golden-llvm.so"};
    size_t used = 4;
    int code = 1;
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
    for (size_t way = 0; way < GOLDEN_WAYS; way++)
        for (size_t weighting = 0; weighting < GOLDEN_WEIGHTINGS; weighting++) {
            if (!g->weighting[weighting].used)
                continue;
            golden_name(way, weighting, name);
            snprintf(object[n], sizeof object[n], "./%.20s.o", name);
            const wann_compile_options options = golden_options(g, way, weighting, name);
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
    for (size_t way = 0; way < GOLDEN_WAYS; way++)
        for (size_t weighting = 0; weighting < GOLDEN_WEIGHTINGS; weighting++)
            if (g->weighting[weighting].used && is_tried(way, compiler))
                emit(g, way, weighting, &text);
    void *library = text.failed ? NULL : diff_load(compiler, "golden-network", text.data);
    wn_buf_free(&text);
    return library;
}

static unsigned through_library(void *ctx, golden *g) {
    maker m = {.compiler = ctx};
    m.library = m.compiler ? load_through_c(g, m.compiler) : load_through_llvm(g);
    CHECK_MSG(m.library, "%s: not compiled", g->file);
    const unsigned problems = m.library ? golden_each_row(g, compare_row, &m) : 1;
    if (m.library)
        dlclose(m.library);
    compared.files++;
    return problems;
}

/* Code made in this process, fast or not in turn. */
static unsigned through_jit(void *ctx, golden *g) {
    maker m = {NULL, NULL, {{NULL}}};
    (void)ctx;
    for (size_t way = 0; way < GOLDEN_WAYS; way++)
        for (size_t weighting = 0; weighting < GOLDEN_WEIGHTINGS; weighting++) {
            wann_diag diag = {0};
            const wann_compile_options options = golden_options(g, way, weighting, "golden");
            const wann_effort effort =
                (way + compared.files) % 2 ? WANN_EFFORT_FAST : WANN_EFFORT_FULL;
            if (!g->weighting[weighting].used)
                continue;
            CHECK_MSG(wann_jit_compile(g->net, &options, effort, &m.policy[way][weighting],
                                       &diag) == WANN_OK,
                      "%s: %s", g->file, diag.text);
            compared.functions++;
        }
    const unsigned problems = golden_each_row(g, compare_row, &m);
    for (size_t way = 0; way < GOLDEN_WAYS; way++)
        for (size_t weighting = 0; weighting < GOLDEN_WEIGHTINGS; weighting++)
            wann_policy_destroy(m.policy[way][weighting]);
    compared.files++;
    return problems;
}

static void compare_all(const char *label, unsigned (*visit)(void *, golden *),
                        const diff_compiler *compiler) {
    compared = (golden_totals){0};
    CHECK(golden_each(test_reference_dir(), visit, (void *)(uintptr_t)compiler) == 0);
    CHECK(compared.files >= GOLDEN_FILES && compared.exact >= 8000);
    printf("     %s:\n", label);
    golden_say(&compared);
}

/* The first two compilers of the table are gcc and clang, strict and at -O1. */
static void compiled_is_golden(void) {
    unsigned compilers = 0;
    for (size_t i = 0; i < 2; i++) {
        if (!diff_compiler_present(&diff_compilers[i])) {
            printf("     %s is missing\n", diff_compilers[i].label);
            continue;
        }
        compare_all(diff_compilers[i].label, through_library, &diff_compilers[i]);
        compilers++;
    }
    CHECK(compilers > 0 || WANN_WITH_LLVM);
}

static void llvm_is_golden(void) {
#if WANN_WITH_LLVM
    compare_all("objects by LLVM", through_library, NULL);
    compare_all("code in this process", through_jit, NULL);
#else
    (void)through_jit;
    puts("     built without LLVM: neither its objects nor code in this process are tried");
#endif
}

int main(void) {
    if (!test_reference_dir()) {
        puts("skipped: the original's golden data are not here (set WANN_REFERENCE)");
        return TEST_SKIP;
    }
    RUN(compiled_is_golden);
    RUN(llvm_is_golden);
    return TEST_RESULT();
}
