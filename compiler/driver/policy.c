/* Compiled networks, loaded into this process. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "compiler/driver/policy.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

struct wann_policy {
    void *library;     /* NULL: compiled into this process */
    wn_jit_code *code; /* NULL: loaded */
    wann_policy_functions functions;
};

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Entry points of one shape, whether or not the weight is a parameter. Their names belong to the
 * loader: no prefix of a user's can be one, for it would have to begin with the same. */
static void put_run_entries(const wn_compilation *c, wn_buf *out) {
    const char *real = c->options.real == WANN_FLOAT ? "float" : "double";
    const bool parameter = c->options.weighting == WANN_WEIGHT_PARAMETER;
    wn_buf_print(out,
                 "\nvoid wn_load_run(const %s *in, %s weight, %s *out);\n"
                 "void wn_load_run(const %s *in, %s weight, %s *out)\n"
                 "{\n    (void)weight;\n    %s(in%s, out);\n}\n",
                 real, real, real, real, real, real, c->name, parameter ? ", weight" : "");
    if (c->options.batch)
        wn_buf_print(out,
                     "\nvoid wn_load_batch(size_t n, const %s *in, %s weight, %s *out);\n"
                     "void wn_load_batch(size_t n, const %s *in, %s weight, %s *out)\n"
                     "{\n    (void)weight;\n    %s_batch(n, in%s, out);\n}\n",
                     real, real, real, real, real, real, c->name, parameter ? ", weight" : "");
}

/* Arguments of NAME_gradient_batch, which differ with the weighting. */
static const char *gradient_arguments(wann_weighting weighting) {
    switch (weighting) {
    case WANN_WEIGHT_PARAMETER:
        return "n, in, weights[0], out_bar, out, in_bar, weights_bar";
    case WANN_WEIGHT_BAKED:
        return "n, in, out_bar, out, in_bar";
    case WANN_WEIGHT_TUNED:
        return "n, in, weights, out_bar, out, weights_bar";
    }
    return "";
}

static void put_gradient_entry(const wn_compilation *c, wn_buf *out) {
    const char *real = c->options.real == WANN_FLOAT ? "float" : "double";
    for (int definition = 0; definition < 2; definition++)
        wn_buf_print(out,
                     "\nvoid wn_load_gradient(size_t n, const %s *in, const %s *weights, const %s "
                     "*out_bar, %s *out, "
                     "%s *in_bar, %s *weights_bar)%s",
                     real, real, real, real, real, real, definition ? "\n" : ";\n");
    wn_buf_print(out,
                 "{\n    (void)weights;\n    (void)in_bar;\n    (void)weights_bar;\n    "
                 "%s_gradient_batch(%s);\n}\n",
                 c->name, gradient_arguments(c->options.weighting));
}

void wn_put_entries(const wn_compilation *c, wn_buf *out) {
    put_run_entries(c, out);
    if (c->options.gradient)
        put_gradient_entry(c, out);
}

static wann_status emit_loadable(const wann_net *net, const wann_compile_options *options,
                                 char **text, wann_diag *diag) {
    wn_compilation c;
    WN_TRY(wn_compilation_start(net, options, NULL, &c, diag));
    const wn_emit_source source = wn_compilation_source(&c);
    wn_buf out = {0};
    wann_status status = wn_emit_c(&source, &out, diag);
    if (status == WANN_OK) {
        wn_put_entries(&c, &out);
        *text = wn_buf_take(&out);
        status = *text ? WANN_OK : wn_fail_memory(diag);
    }
    wn_buf_free(&out);
    wn_compilation_finish(&c);
    return status;
}

/* dlsym gives functions as object pointers, which POSIX lets one copy and ISO C does not let one
 * cast. */
static void get(void *library, const char *name, void *function) {
    void *symbol = dlsym(library, name);
    memcpy(function, &symbol, sizeof symbol);
}

static wann_status load(wann_policy *policy, const char *path, const wann_compile_options *options,
                        wann_diag *diag) {
    policy->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!policy->library)
        return wn_fail(diag, WANN_TOOL, NULL, 0, 0, "cannot load what was compiled: %s", dlerror());
    wann_policy_functions *f = &policy->functions;
    if (options->real == WANN_FLOAT) {
        get(policy->library, "wn_load_run", &f->run_f32);
        get(policy->library, "wn_load_batch", &f->batch_f32);
        get(policy->library, "wn_load_gradient", &f->gradient_f32);
    } else {
        get(policy->library, "wn_load_run", &f->run_f64);
        get(policy->library, "wn_load_batch", &f->batch_f64);
        get(policy->library, "wn_load_gradient", &f->gradient_f64);
    }
    return f->run_f32 || f->run_f64
               ? WANN_OK
               : wn_fail(diag, WANN_TOOL, NULL, 0, 0, "what was compiled lacks its functions");
}

/* The same by way of an object of LLVM's; the entries go into it. */
static wann_status emit_object(const wann_net *net, const wann_compile_options *options,
                               char **object, size_t *size, wann_diag *diag) {
    char name[] = "policy"; /* of a file that nobody sees */
    const wn_compilation named = {.options = *options, .name = name};
    wn_buf entries = {0};
    wn_put_entries(&named, &entries);
    const wann_status status = entries.failed ? wn_fail_memory(diag)
                                              : wn_native_emit(net, options, WANN_KIND_SHARED,
                                                               entries.data, object, size, diag);
    wn_buf_free(&entries);
    return status;
}

static wann_status link_and_load(wann_policy *policy, const char *object, size_t size,
                                 const wann_compile_options *options, wann_diag *diag) {
    char *path;
    WN_TRY(wn_temporary("wann-policy", &path, diag));
    const double start = now();
    wann_status status = wn_native_link(object, size, options->name, options, path, diag);
    policy->functions.compile_seconds = now() - start;
    if (status == WANN_OK)
        status = load(policy, path, options, diag);
    unlink(path);
    wn_free(path);
    return status;
}

static wann_status compile_by_llvm(wann_policy *policy, const wann_net *net,
                                   const wann_compile_options *options, wann_diag *diag) {
    wann_compile_options own = *options;
    char *object;
    size_t size;
    own.name = "policy"; /* as the entries call it */
    const double start = now();
    WN_TRY(emit_object(net, &own, &object, &size, diag));
    policy->functions.emit_seconds = now() - start;
    const wann_status status = link_and_load(policy, object, size, &own, diag);
    wn_free(object);
    return status;
}

static wann_status compile_and_load(wann_policy *policy, const wann_net *net,
                                    const wann_compile_options *options, const char *const *cflags,
                                    wann_diag *diag) {
    static const char *const optimise[] = {"-O2", NULL};
    char *text, *path = NULL;
    const double start = now();
    WN_TRY(emit_loadable(net, options, &text, diag));
    const double emitted = now();
    wann_status status = wn_temporary("wann-policy", &path, diag);
    if (status == WANN_OK) {
        status = wn_cc(text, WN_LINK_SHARED, cflags ? cflags : optimise, path, diag);
        policy->functions.emit_seconds = emitted - start;
        policy->functions.compile_seconds = now() - emitted;
        if (status == WANN_OK)
            status = load(policy, path, options, diag);
        unlink(path); /* a loaded library stays */
    }
    wn_free(path);
    wn_free(text);
    return status;
}

/* Its functions take float or double. */
static wann_status check_loadable(const wann_compile_options *options, wann_diag *diag) {
    return options->real == WANN_FIXED
               ? wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0,
                         "code in fixed point is not loaded: it takes integers")
               : WANN_OK;
}

wann_status wann_policy_load(const wann_net *net, const wann_compile_options *options,
                             const char *const *cflags, wann_policy **policy, wann_diag *diag) {
    *policy = NULL;
    WN_TRY(check_loadable(options, diag));
    wann_policy *made = wn_calloc(1, sizeof *made);
    if (!made)
        return wn_fail_memory(diag);
    const wann_status status = wn_uses_llvm(options, WANN_KIND_SHARED)
                                   ? compile_by_llvm(made, net, options, diag)
                                   : compile_and_load(made, net, options, cflags, diag);
    if (status != WANN_OK) {
        wann_policy_destroy(made);
        return status;
    }
    *policy = made;
    return WANN_OK;
}

wann_status wann_jit_compile(const wann_net *net, const wann_compile_options *options,
                             wann_effort effort, wann_policy **policy, wann_diag *diag) {
    wann_compile_options own = *options;
    *policy = NULL;
    own.name = "policy";
    own.target = NULL;
    own.debug = own.ensemble = false;
    WN_TRY(check_loadable(options, diag));
    wann_policy *made = wn_calloc(1, sizeof *made);
    if (!made)
        return wn_fail_memory(diag);
    const wann_status status =
        wn_jit_acquire(net, &own, effort, &made->code, &made->functions, diag);
    if (status != WANN_OK)
        wann_policy_destroy(made);
    else
        *policy = made;
    return status;
}

void wann_policy_destroy(wann_policy *policy) {
    if (!policy)
        return;
    if (policy->library)
        dlclose(policy->library);
    wn_jit_release(policy->code);
    wn_free(policy);
}

const wann_policy_functions *wann_policy_get(const wann_policy *policy) {
    return &policy->functions;
}
