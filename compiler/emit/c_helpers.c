/* The functions that generated code carries: activations, and softmax. */
#include <string.h>

#include "compiler/emit/c_parts.h"
#include "compiler/emit/fixed.h"
#include "runtime/base/diag.h"

/* A function of generated code: what it is called after the prefix, the template that defines it in
 * terms of the C library or of plain C, and whether there is a kernel of the same name. */
typedef struct helper {
    const char *suffix;
    const char *file; /* in activations/ */
    bool kernel;
    bool calls_math;  /* the template does */
} helper;

static const helper exp_helper = {"exp", "exp", true, true}, fma_helper = {"fma", "fma", false, false},
                    gate_helper = {"gate", "gate", false, false};

static const helper *helper_of(wann_activation activation) {
    static const helper step = {"step", "step", false, false}, sin = {"sin_pi", "sin", true, true},
                        gaussian = {"gaussian", "gaussian", true, true}, tanh = {"tanh", "tanh", true, true},
                        sigmoid = {"sigmoid", "sigmoid", true, true}, abs = {"abs", "abs", true, false},
                        relu = {"relu", "relu", false, false}, cos = {"cos_pi", "cos", true, true},
                        squared = {"squared", "squared", false, false};
    switch (activation) {
    case WANN_ACT_LINEAR:
    case WANN_ACT_INVERSE:
        return NULL;
    case WANN_ACT_STEP: return &step;
    case WANN_ACT_SIN: return &sin;
    case WANN_ACT_GAUSSIAN: return &gaussian;
    case WANN_ACT_TANH: return &tanh;
    case WANN_ACT_SIGMOID: return &sigmoid;
    case WANN_ACT_ABS: return &abs;
    case WANN_ACT_RELU: return &relu;
    case WANN_ACT_COS: return &cos;
    case WANN_ACT_SQUARED: return &squared;
    }
    return NULL;
}

/* The parts of a set of kernels, in the order in which they have to stand. */
typedef struct kernel {
    const char *file;
    const char *needs;
} kernel;
#define X(PART, file, needs) {#file, needs},
static const kernel full_kernels[] = {
#include "templates/kernels/kernels.def"
    {NULL, NULL}};
static const kernel short_kernels[] = {
#include "templates/kernels/short.def"
    {NULL, NULL}};
static const kernel small_kernels[] = {
#include "templates/kernels/small.def"
    {NULL, NULL}};
static const kernel fixed_kernels[] = {
#include "templates/kernels/fixed.def"
    {NULL, NULL}};
#undef X
enum { MAX_KERNELS = 32 };

/* A set of kernels, and the folder that holds it. */
typedef struct kernel_set {
    const kernel *parts;
    const char *folder;
} kernel_set;

static kernel_set kernels_of(const wn_emit_source *source) {
    if (source->fixed)
        return (kernel_set){fixed_kernels, "kernels/fixed"};
    if (source->ir->real == WANN_DOUBLE)
        return (kernel_set){full_kernels, "kernels/f64"};
    if (source->options->level == WANN_O2)
        return (kernel_set){short_kernels, "kernels/f32_short"};
    if (source->options->level == WANN_OS)
        return (kernel_set){small_kernels, "kernels/f32_small"};
    return (kernel_set){full_kernels, "kernels/f32"};
}

/* Whether `word` is one of the words of a list. */
static bool lists(const char *words, const char *word) {
    const size_t n = strlen(word);
    for (const char *at = words; (at = strstr(at, word)); at += n)
        if ((at == words || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
            return true;
    return false;
}

/* Mark a part and what it needs; false: the set has no such part. */
static bool want_kernel(const kernel *parts, const char *name, bool wanted[MAX_KERNELS]) {
    bool found = false;
    for (size_t k = 0; parts[k].file; k++) {
        if (strcmp(parts[k].file, name) != 0)
            continue;
        wanted[k] = found = true;
        for (size_t part = 0; part < k; part++)
            wanted[part] |= lists(parts[k].needs, parts[part].file);
    }
    return found;
}

static bool inline_math(const wn_emit_source *source) {
    return source->options->math == WANN_MATH_INLINE;
}

/* Softmax is the action, or what an ensemble averages. */
bool wn_c_needs_softmax(const wn_emit_source *source) {
    return source->options->ensemble || source->net->action == WANN_ACTION_SOFTMAX;
}

static void mark_activations(const wn_ir *ir, bool used[12]) {
    for (uint32_t i = 0; ir && i < ir->n_insts; i++)
        if (ir->inst[i].op == WN_OP_ACT)
            used[ir->inst[i].activation] = true;
}

/* Of all functions: those of a batch are those of the network. */
static void used_activations(const wn_emit_source *source, bool used[12]) {
    memset(used, 0, 12 * sizeof *used);
    mark_activations(source->ir, used);
    mark_activations(source->gradient_ir, used);
}

bool wn_c_needs_math(const wn_emit_source *source) {
    if (inline_math(source))
        return false;
    bool used[12];
    used_activations(source, used);
    bool needs = wn_c_needs_softmax(source);
    for (int a = 0; a < 12; a++) {
        const helper *h = used[a] ? helper_of((wann_activation)a) : NULL;
        needs |= h && h->calls_math;
    }
    return needs;
}

void wn_c_activation_name(const wn_emit_source *source, wann_activation activation, wn_buf *out) {
    const helper *h = helper_of(activation);
    wn_buf_print(out, "%s_%s", source->name, h ? h->suffix : "");
}

static wann_status render(const wn_emit_source *source, const char *folder, const char *file,
                          wn_buf *out, wann_diag *diag) {
    const bool single = source->ir->real == WANN_FLOAT;
    wn_buf pi = {0}, path = {0};
    wn_c_literal(source->ir->real, 3.14159265358979323846, &pi);
    wn_buf_print(&path, "%s/%s.c.in", folder, file);
    wann_status status = WANN_OK;
    if (pi.failed || path.failed)
        status = wn_fail_memory(diag);
    if (status == WANN_OK) {
        const wn_slot slots[] = {{"name", source->name, true},
                                 {"real", single ? "float" : "double", false},
                                 {"f", single ? "f" : "", false},
                                 {"F", single ? "F" : "", false},
                                 {"pi", pi.data, false},
                                 {NULL, NULL, false}};
        status = wn_template_render(source->options->template_dir, path.data, slots, out, diag);
        wn_buf_char(out, '\n');
    }
    wn_buf_free(&pi);
    wn_buf_free(&path);
    return status;
}

static wann_status put_kernels(const wn_emit_source *source, const bool wanted[MAX_KERNELS], wn_buf *out,
                               wann_diag *diag) {
    const kernel_set set = kernels_of(source);
    for (size_t k = 0; set.parts[k].file; k++)
        if (wanted[k])
            WN_TRY(render(source, set.folder, set.parts[k].file, out, diag));
    return WANN_OK;
}

/* Whether any function has an operation in the network itself. */
static bool uses(const wn_emit_source *source, wn_op op) {
    const wn_ir *const irs[] = {source->ir, source->batch_ir, source->gradient_ir};
    for (size_t k = 0; k < sizeof irs / sizeof *irs; k++)
        for (uint32_t i = 0; irs[k] && i < irs[k]->n_insts; i++)
            if (irs[k]->inst[i].op == op)
                return true;
    return false;
}

/* In fixed point every function is a kernel. */
static wann_status put_fixed_helpers(const wn_emit_source *source, wn_buf *out, wann_diag *diag) {
    bool used[12], wanted[MAX_KERNELS] = {false};
    const char *names[WN_FIXED_HELPERS];
    used_activations(source, used);
    for (int a = 0; a < 12; a++) {
        const helper *h = used[a] ? helper_of((wann_activation)a) : NULL;
        if (h)
            want_kernel(fixed_kernels, h->suffix, wanted);
    }
    wn_fixed_helpers(source, names);
    for (size_t i = 0; names[i]; i++)
        want_kernel(fixed_kernels, names[i], wanted);
    if (wn_c_needs_softmax(source))
        want_kernel(fixed_kernels, exp_helper.suffix, wanted);
    return put_kernels(source, wanted, out, diag);
}

wann_status wn_c_helpers(const wn_emit_source *source, wn_buf *out, wann_diag *diag) {
    if (source->fixed)
        return put_fixed_helpers(source, out, diag);
    const kernel_set set = kernels_of(source);
    bool used[12], wanted[MAX_KERNELS] = {false};
    const helper *plain[15] = {NULL};
    used_activations(source, used);
    size_t n_plain = 0;
    for (int a = 0; a < 13; a++) { /* one past the activations: the exponential of softmax */
        const helper *h = a == 12 ? (wn_c_needs_softmax(source) ? &exp_helper : NULL)
                          : used[a] ? helper_of((wann_activation)a) : NULL;
        if (h && h->kernel && inline_math(source))
            want_kernel(set.parts, h->suffix, wanted);
        else if (h)
            plain[n_plain++] = h;
    }
    if (uses(source, WN_OP_GATE))
        plain[n_plain++] = &gate_helper;
    if (uses(source, WN_OP_FMA) && !(inline_math(source) && want_kernel(set.parts, "fma", wanted)))
        plain[n_plain++] = &fma_helper;
    WN_TRY(put_kernels(source, wanted, out, diag));
    for (size_t i = 0; i < n_plain; i++)
        WN_TRY(render(source, "activations", plain[i]->file, out, diag));
    return WANN_OK;
}
