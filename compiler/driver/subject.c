/* What was made, loaded or ready to be started, so that it can be tried. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "compiler/driver/driver.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/proc.h"

/* A function of the generated API. Which member is meant follows from the options. */
typedef union generated {
    void (*run_f32)(const float *in, float weight, float *out);
    void (*run_f64)(const double *in, double weight, double *out);
    void (*baked_f32)(const float *in, float *out);
    void (*baked_f64)(const double *in, double *out);
    void (*batch_f32)(size_t n, const float *in, float weight, float *out);
    void (*batch_f64)(size_t n, const double *in, double weight, double *out);
    void (*baked_batch_f32)(size_t n, const float *in, float *out);
    void (*baked_batch_f64)(size_t n, const double *in, double *out);
    void (*run_fixed)(const int32_t *in, int32_t weight, int32_t *out);
    void (*baked_fixed)(const int32_t *in, int32_t *out);
    void (*batch_fixed)(size_t n, const int32_t *in, int32_t weight, int32_t *out);
    void (*baked_batch_fixed)(size_t n, const int32_t *in, int32_t *out);
    void (*ensemble_f32)(const float *in, const float *weights, size_t n_weights, float *out);
    void (*ensemble_f64)(const double *in, const double *weights, size_t n_weights, double *out);
    void *symbol;
} generated;

enum { FUNCTIONS = 4, ENSEMBLE = 3 }; /* the first three are numbered as wn_entry */
static const char *const suffixes[FUNCTIONS] = {"", "_act", "_batch", "_ensemble"};

struct wn_subject {
    const wn_net *net;
    char *name;     /* prefix of the functions */
    bool single;    /* float, not double */
    bool parameter; /* the weight is one */
    void *library;  /* NULL: a program */
    generated function[FUNCTIONS];
    wn_runner runner; /* has words: a program, or what is started as one */
    float *in_f32, *out_f32; /* [WN_SUBJECT_INPUTS][inputs or outputs], of a float library */
    const wn_fixed *fixed;   /* formats, or NULL */
    int32_t *in_fixed, *out_fixed; /* likewise */
};

/* A copy: ISO C has no conversion from an object pointer to a function's. */
bool wn_subject_find(const wn_subject *s, const char *suffix, void *function) {
    wn_buf symbol = {0};
    wn_buf_print(&symbol, "%s%s", s->name, suffix);
    void *found = symbol.failed || !s->library ? NULL : dlsym(s->library, symbol.data);
    memcpy(function, &found, sizeof found);
    wn_buf_free(&symbol);
    return found != NULL;
}

static wann_status look_up(wn_subject *s, const char *name, wann_diag *diag) {
    for (int f = 0; f < FUNCTIONS; f++)
        wn_subject_find(s, suffixes[f], &s->function[f]);
    return s->function[WN_ENTRY_RUN].symbol
               ? WANN_OK
               : wn_fail(diag, WANN_TOOL, NULL, 0, 0, "what was made lacks the function '%s'",
                         name);
}

static wann_status load_library(wn_subject *s, const char *path, const char *name,
                                wann_diag *diag) {
    s->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!s->library)
        return wn_fail(diag, WANN_TOOL, NULL, 0, 0, "cannot load what was made: %s", dlerror());
    return look_up(s, name, diag);
}

/* Build a library from C text, with more words for the C compiler, and load it. */
static wann_status build_and_load(wn_subject *s, const char *text, const char *const *words,
                                  const char *name, wann_diag *diag) {
    char *path;
    WN_TRY(wn_temporary("wann-verify", &path, diag));
    wann_status status = wn_cc(text, WN_LINK_SHARED, words, path, diag);
    if (status == WANN_OK)
        status = load_library(s, path, name, diag);
    unlink(path); /* a loaded library stays */
    wn_free(path);
    return status;
}

static wann_status load_text(wn_subject *s, const wn_made *made, const char *name,
                             wann_diag *diag) {
    static const char *const optimise[] = {"-O2", NULL};
    wn_buf text = {0};
    if (made->kind == WANN_KIND_HEADER) {
        wn_buf_text(&text, "#define ");
        for (const char *c = name; *c; c++)
            wn_buf_char(&text, *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c);
        wn_buf_text(&text, "_IMPLEMENTATION\n");
    }
    wn_buf_text(&text, made->text);
    const wann_status status =
        text.failed ? wn_fail_memory(diag) : build_and_load(s, text.data, optimise, name, diag);
    wn_buf_free(&text);
    return status;
}

static wann_status load_archive(wn_subject *s, const char *path, const char *name,
                                wann_diag *diag) {
    const char *const words[] = {"-Wl,--whole-archive", path, "-Wl,--no-whole-archive", NULL};
    return build_and_load(s, "typedef int wann_nothing_of_its_own;\n", words, name, diag);
}

/* An object or assembly for this machine. */
static wann_status load_object(wn_subject *s, const wn_made *made, const char *name, wann_diag *diag) {
    const char *const object[] = {made->path, NULL}, *const text[] = {"-x", "assembler", made->path, NULL};
    return build_and_load(s, "typedef int wann_nothing_of_its_own;\n", made->kind == WANN_KIND_ASM ? text : object,
                          name, diag);
}

/* A path that names a file of the current folder to dlopen, too. */
static wann_status load_shared(wn_subject *s, const char *path, const char *name, wann_diag *diag) {
    wn_buf text = {0};
    wn_buf_print(&text, "%s%s", strchr(path, '/') ? "" : "./", path);
    const wann_status status = text.failed ? wn_fail_memory(diag) : load_library(s, text.data, name, diag);
    wn_buf_free(&text);
    return status;
}

static wann_status load(wn_subject *s, const wn_made *made, const wann_compile_options *options, const char *name,
                        wann_diag *diag) {
    if (made->text)
        return load_text(s, made, name, diag);
    if (made->kind == WANN_KIND_EXE || made->kind == WANN_KIND_WASM || wn_is_foreign(options->target))
        return wn_runner_open(made, s->net, options, &s->runner, diag);
    if (made->kind == WANN_KIND_STATIC)
        return load_archive(s, made->path, name, diag);
    if (made->kind == WANN_KIND_OBJ || made->kind == WANN_KIND_ASM)
        return load_object(s, made, name, diag);
    return load_shared(s, made->path, name, diag);
}

static wann_status get_room(wn_subject *s, wann_diag *diag) {
    if (s->fixed) {
        s->in_fixed = wn_calloc(WN_SUBJECT_INPUTS, ((size_t)s->net->n_inputs + 1) * sizeof *s->in_fixed);
        s->out_fixed = wn_calloc(WN_SUBJECT_INPUTS, s->net->n_outputs * sizeof *s->out_fixed);
        return s->in_fixed && s->out_fixed ? WANN_OK : wn_fail_memory(diag);
    }
    if (!s->single)
        return WANN_OK;
    s->in_f32 = wn_calloc(WN_SUBJECT_INPUTS, ((size_t)s->net->n_inputs + 1) * sizeof(float));
    s->out_f32 = wn_calloc(WN_SUBJECT_INPUTS, s->net->n_outputs * sizeof(float));
    return s->in_f32 && s->out_f32 ? WANN_OK : wn_fail_memory(diag);
}

wann_status wn_subject_load(const wn_made *made, const wn_net *net,
                            const wann_compile_options *options, const wn_fixed *fixed,
                            wn_subject **subject, wann_diag *diag) {
    *subject = NULL;
    wn_subject *s = wn_calloc(1, sizeof *s);
    char *name = wann_compile_name(net, options);
    wann_status status = s && name ? WANN_OK : wn_fail_memory(diag);
    if (s)
        s->name = name;
    else
        wn_free(name);
    if (status == WANN_OK) {
        s->net = net;
        s->fixed = fixed;
        s->single = options->real == WANN_FLOAT;
        s->parameter = options->weighting == WANN_WEIGHT_PARAMETER;
        status = get_room(s, diag);
    }
    if (status == WANN_OK)
        status = load(s, made, options, name, diag);
    if (status == WANN_OK)
        *subject = s;
    else
        wn_subject_destroy(s);
    return status;
}

void wn_subject_destroy(wn_subject *subject) {
    if (!subject)
        return;
    if (subject->library)
        dlclose(subject->library);
    wn_runner_close(&subject->runner);
    wn_free(subject->name);
    wn_free(subject->in_f32);
    wn_free(subject->out_f32);
    wn_free(subject->in_fixed);
    wn_free(subject->out_fixed);
    wn_free(subject);
}

bool wn_subject_has(const wn_subject *subject, wn_entry entry) {
    return subject->runner.n ? entry != WN_ENTRY_BATCH || subject->runner.batch : subject->function[entry].symbol != NULL;
}

/* Calls of a loaded function. */

static void narrow(size_t n, const double *from, float *to) {
    for (size_t i = 0; i < n; i++)
        to[i] = (float)from[i];
}

static void widen(size_t n, const float *from, double *to) {
    for (size_t i = 0; i < n; i++)
        to[i] = (double)from[i];
}

static void call_f32(const wn_subject *s, wn_entry entry, size_t n, float weight) {
    const generated f = s->function[entry];
    const size_t inputs = s->net->n_inputs, outputs = s->net->n_outputs;
    if (entry == WN_ENTRY_BATCH && s->parameter)
        f.batch_f32(n, s->in_f32, weight, s->out_f32);
    else if (entry == WN_ENTRY_BATCH)
        f.baked_batch_f32(n, s->in_f32, s->out_f32);
    else
        for (size_t i = 0; i < n; i++) {
            if (s->parameter)
                f.run_f32(s->in_f32 + i * inputs, weight, s->out_f32 + i * outputs);
            else
                f.baked_f32(s->in_f32 + i * inputs, s->out_f32 + i * outputs);
        }
}

static void call_f64(const wn_subject *s, wn_entry entry, size_t n, const double *in, double weight,
                     double *out) {
    const generated f = s->function[entry];
    const size_t inputs = s->net->n_inputs, outputs = s->net->n_outputs;
    if (entry == WN_ENTRY_BATCH && s->parameter)
        f.batch_f64(n, in, weight, out);
    else if (entry == WN_ENTRY_BATCH)
        f.baked_batch_f64(n, in, out);
    else
        for (size_t i = 0; i < n; i++) {
            if (s->parameter)
                f.run_f64(in + i * inputs, weight, out + i * outputs);
            else
                f.baked_f64(in + i * inputs, out + i * outputs);
        }
}

/* Numbers are whole multiples of the formats' units already, or past the range of int32_t. */
static void call_fixed(const wn_subject *s, wn_entry entry, size_t n, const double *in, double weight,
                       double *out) {
    const generated f = s->function[entry];
    const size_t inputs = s->net->n_inputs, outputs = s->net->n_outputs;
    const int32_t w = (int32_t)wn_fixed_scale(weight, s->fixed->weight_bits);
    for (size_t k = 0; k < n * inputs; k++)
        s->in_fixed[k] = (int32_t)wn_fixed_scale(in[k], s->fixed->in_bits);
    if (entry == WN_ENTRY_BATCH && s->parameter)
        f.batch_fixed(n, s->in_fixed, w, s->out_fixed);
    else if (entry == WN_ENTRY_BATCH)
        f.baked_batch_fixed(n, s->in_fixed, s->out_fixed);
    else
        for (size_t i = 0; i < n; i++) {
            if (s->parameter)
                f.run_fixed(s->in_fixed + i * inputs, w, s->out_fixed + i * outputs);
            else
                f.baked_fixed(s->in_fixed + i * inputs, s->out_fixed + i * outputs);
        }
    for (size_t k = 0; k < n * outputs; k++)
        out[k] = ldexp(s->out_fixed[k], -s->fixed->out_bits);
}

/* Runs of a program: inputs and outputs are lines of comma-separated numbers. */

static wann_status read_outputs(const wn_subject *s, const char *text, size_t n, double *out,
                                wann_diag *diag) {
    const size_t outputs = s->net->n_outputs;
    for (size_t i = 0; i < n * outputs; i++) {
        const size_t length = wn_parse_double(text, &out[i]);
        const char end = (i + 1) % outputs == 0 ? '\n' : ',';
        if (length == 0 || text[length] != end)
            return wn_fail(diag, WANN_TOOL, NULL, 0, 0,
                           "line %zu that the program wrote is not %zu numbers", i / outputs + 1,
                           outputs);
        if (s->single)
            out[i] = (double)(float)out[i];
        text += length + 1;
    }
    return *text == '\0'
               ? WANN_OK
               : wn_fail(diag, WANN_TOOL, NULL, 0, 0, "the program wrote more than %zu lines", n);
}

static wann_status start(const wn_subject *s, wn_entry entry, double weight, const char *input,
                         char **output, wann_diag *diag) {
    char number[WN_NUMBER_SIZE];
    const char *argv[12] = {NULL};
    size_t words = s->runner.n;
    memcpy(argv, s->runner.word, words * sizeof *argv);
    wn_format_double(number, weight);
    if (entry != WN_ENTRY_RUN)
        argv[words++] = entry == WN_ENTRY_ACT ? "--act" : "--batch";
    if (s->parameter) {
        argv[words++] = "--weight";
        argv[words] = number;
    }
    int code;
    WN_TRY(wn_proc_run(argv, input, output, NULL, &code, diag));
    if (code == 0)
        return WANN_OK;
    wn_free(*output);
    *output = NULL;
    return wn_fail(diag, WANN_TOOL, NULL, 0, 0, "the program that was made exits with code %d",
                   code);
}

static wann_status run_program(const wn_subject *s, wn_entry entry, size_t n, const double *in,
                               double weight, double *out, wann_diag *diag) {
    const size_t inputs = s->net->n_inputs;
    wn_buf lines = {0};
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < inputs; k++) {
            wn_buf_text(&lines, k > 0 ? "," : "");
            wn_buf_double(&lines, in[i * inputs + k]);
        }
        wn_buf_char(&lines, '\n');
    }
    char *output = NULL;
    wann_status status =
        lines.failed ? wn_fail_memory(diag) : start(s, entry, weight, lines.data, &output, diag);
    if (status == WANN_OK)
        status = read_outputs(s, output, n, out, diag);
    wn_buf_free(&lines);
    wn_free(output);
    return status;
}

wann_status wn_subject_run(wn_subject *s, wn_entry entry, size_t n, const double *in, double weight,
                           double *out, wann_diag *diag) {
    if (s->runner.n)
        return run_program(s, entry, n, in, weight, out, diag);
    if (s->fixed) {
        call_fixed(s, entry, n, in, weight, out);
        return WANN_OK;
    }
    if (!s->single) {
        call_f64(s, entry, n, in, weight, out);
        return WANN_OK;
    }
    narrow(n * s->net->n_inputs, in, s->in_f32);
    call_f32(s, entry, n, (float)weight);
    widen(n * s->net->n_outputs, s->out_f32, out);
    return WANN_OK;
}

void wn_subject_ensemble(wn_subject *s, size_t n, const double *in, size_t n_weights,
                         const double *weights, double *out, bool *has) {
    const generated f = s->function[ENSEMBLE];
    const size_t inputs = s->net->n_inputs, outputs = s->net->n_outputs;
    float w[WN_SUBJECT_WEIGHTS];
    *has = !s->runner.n && f.symbol;
    if (!*has)
        return;
    if (s->single) {
        narrow(n * inputs, in, s->in_f32);
        narrow(n_weights, weights, w);
    }
    for (size_t i = 0; i < n; i++) {
        if (s->single)
            f.ensemble_f32(s->in_f32 + i * inputs, w, n_weights, s->out_f32 + i * outputs);
        else
            f.ensemble_f64(in + i * inputs, weights, n_weights, out + i * outputs);
    }
    if (s->single)
        widen(n * outputs, s->out_f32, out);
}
