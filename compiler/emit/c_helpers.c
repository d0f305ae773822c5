/* The functions that generated code carries: activations, and softmax. */
#include <string.h>

#include "compiler/emit/c_parts.h"
#include "runtime/base/diag.h"

/* A function of generated code: what it is called after the prefix, the template that defines it in
 * terms of the C library or of plain C, and whether there is a kernel of the same name. */
typedef struct helper {
    const char *suffix;
    const char *file; /* in activations/ */
    bool kernel;
    bool calls_math;  /* the template does */
} helper;

static const helper exp_helper = {"exp", "exp", true, true};

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

/* The parts of the kernels, in the order in which they have to stand. */
static const struct {
    const char *file;
    const char *needs;
} kernels[] = {
#define X(PART, file, needs) {#file, needs},
#include "templates/kernels/kernels.def"
#undef X
};
enum { N_KERNELS = sizeof kernels / sizeof *kernels };

/* Whether `word` is one of the words of a list. */
static bool lists(const char *words, const char *word) {
    const size_t n = strlen(word);
    for (const char *at = words; (at = strstr(at, word)); at += n)
        if ((at == words || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
            return true;
    return false;
}

static void want_kernel(const char *name, bool wanted[N_KERNELS]) {
    for (size_t k = 0; k < N_KERNELS; k++) {
        if (strcmp(kernels[k].file, name) != 0)
            continue;
        wanted[k] = true;
        for (size_t part = 0; part < k; part++)
            wanted[part] |= lists(kernels[k].needs, kernels[part].file);
    }
}

static bool inline_math(const wn_emit_source *source) {
    return source->options->math == WANN_MATH_INLINE;
}

/* Softmax is the action, or what an ensemble averages. */
bool wn_c_needs_softmax(const wn_emit_source *source) {
    return source->options->ensemble || source->net->action == WANN_ACTION_SOFTMAX;
}

static void used_activations(const wn_ir *ir, bool used[12]) {
    memset(used, 0, 12 * sizeof *used);
    for (uint32_t i = 0; i < ir->n_insts; i++)
        if (ir->inst[i].op == WN_OP_ACT)
            used[ir->inst[i].activation] = true;
}

bool wn_c_needs_math(const wn_emit_source *source) {
    if (inline_math(source))
        return false;
    bool used[12];
    used_activations(source->ir, used);
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
                                 {"pi", pi.data, false},
                                 {NULL, NULL, false}};
        status = wn_template_render(source->options->template_dir, path.data, slots, out, diag);
        wn_buf_char(out, '\n');
    }
    wn_buf_free(&pi);
    wn_buf_free(&path);
    return status;
}

static wann_status put_kernels(const wn_emit_source *source, const bool wanted[N_KERNELS], wn_buf *out,
                               wann_diag *diag) {
    const char *folder = source->ir->real == WANN_FLOAT ? "kernels/f32" : "kernels/f64";
    for (size_t k = 0; k < N_KERNELS; k++)
        if (wanted[k])
            WN_TRY(render(source, folder, kernels[k].file, out, diag));
    return WANN_OK;
}

wann_status wn_c_helpers(const wn_emit_source *source, wn_buf *out, wann_diag *diag) {
    bool used[12], wanted[N_KERNELS] = {false};
    const helper *plain[13] = {NULL};
    used_activations(source->ir, used);
    size_t n_plain = 0;
    for (int a = 0; a < 13; a++) { /* one past the activations: the exponential of softmax */
        const helper *h = a == 12 ? (wn_c_needs_softmax(source) ? &exp_helper : NULL)
                          : used[a] ? helper_of((wann_activation)a) : NULL;
        if (h && h->kernel && inline_math(source))
            want_kernel(h->suffix, wanted);
        else if (h)
            plain[n_plain++] = h;
    }
    WN_TRY(put_kernels(source, wanted, out, diag));
    for (size_t i = 0; i < n_plain; i++)
        WN_TRY(render(source, "activations", plain[i]->file, out, diag));
    return WANN_OK;
}
