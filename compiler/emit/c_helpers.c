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

const char *wn_c_activation_suffix(wann_activation activation) {
    const helper *h = helper_of(activation);
    return h ? h->suffix : "";
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
static const kernel lanes_kernels[] = {
#include "templates/kernels/lanes.def"
    {NULL, NULL}};
static const kernel pack_kernels[] = {
#include "templates/kernels/pack.def"
    {NULL, NULL}};
#undef X
enum { MAX_KERNELS = 32 };

/* A set of kernels, the folder that holds it, and what follows the prefix in their names. */
typedef struct kernel_set {
    const kernel *parts;
    const char *folder;
    const char *infix;
} kernel_set;

static kernel_set kernels_of(const wn_emit_source *source) {
    if (source->fixed)
        return (kernel_set){fixed_kernels, "kernels/fixed", ""};
    if (source->ir->real == WANN_DOUBLE)
        return (kernel_set){full_kernels, "kernels/f64", ""};
    if (source->options->level == WANN_O2)
        return (kernel_set){short_kernels, "kernels/f32_short", ""};
    if (source->options->level == WANN_OS)
        return (kernel_set){small_kernels, "kernels/f32_small", ""};
    return (kernel_set){full_kernels, "kernels/f32", ""};
}

static bool inline_math(const wn_emit_source *source) {
    return source->options->math == WANN_MATH_INLINE;
}

/* The kernels of a block of inputs, where it has its own. */
static bool has_lanes_kernels(const wn_emit_source *source) {
    return source->batch_ir && source->ir->real == WANN_FLOAT && source->options->level == WANN_O2 &&
           inline_math(source);
}
static const kernel_set lanes_set = {lanes_kernels, "kernels/f32_lanes", "_lanes"},
                        pack_set = {pack_kernels, "kernels/f32_pack", "_pack"};

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

/* Softmax is the action, or what an ensemble averages. */
bool wn_c_needs_softmax(const wn_emit_source *source) {
    return source->options->ensemble || source->net->action == WANN_ACTION_SOFTMAX;
}

/* The part of a set that is called name and ending; NULL: there is none. */
static const char *find_part(const kernel *parts, const char *name, const char *ending) {
    const size_t n = strlen(name);
    for (; parts && parts->file; parts++)
        if (strncmp(parts->file, name, n) == 0 && strcmp(parts->file + n, ending) == 0)
            return parts->file;
    return NULL;
}

/* Which functions are called: activations, and those of a product with the weight. */
typedef struct calls {
    bool of_one[12];
    bool of_product[12];
} calls;

static void mark_call(const wn_inst *inst, const kernel *parts, calls *c) {
    const helper *h = helper_of((wann_activation)inst->activation);
    const bool product = inst->op == WN_OP_SCALED && h && find_part(parts, h->suffix, "_of");
    (product ? c->of_product : c->of_one)[inst->activation] = true;
}

/* parts: the kernels that may have functions of products; NULL: there are none. */
static void mark_calls(const wn_ir *ir, const kernel *parts, calls *c) {
    for (uint32_t i = 0; ir && i < ir->n_insts; i++)
        if (wn_inst_activates(&ir->inst[i]))
            mark_call(&ir->inst[i], parts, c);
}

/* Those of the function for one input; packs: of its packs, or of all but these. */
static void mark_calls_of_one(const wn_emit_source *source, const kernel *parts, bool packs, calls *c) {
    for (uint32_t i = 0; i < source->ir->n_insts; i++) {
        const wn_inst *inst = &source->ir->inst[i];
        if (wn_inst_activates(inst) && (inst->pack != 0) == packs)
            mark_call(inst, parts, c);
    }
}

/* Of the functions for one input but for packs, and of what a batch shares with them. */
static calls find_calls(const wn_emit_source *source, bool products) {
    const kernel *parts = products && inline_math(source) ? kernels_of(source).parts : NULL;
    calls c = {{false}, {false}}, batch = {{false}, {false}};
    mark_calls_of_one(source, parts, false, &c);
    if (!products || !wn_c_packs(source))
        mark_calls_of_one(source, parts, true, &c);
    mark_calls(source->gradient_ir, parts, &c);
    mark_calls(source->ensemble_ir, parts, &c);
    if (!has_lanes_kernels(source)) {
        mark_calls(source->batch_ir, parts, &c);
        return c;
    }
    mark_calls(source->batch_ir, products ? lanes_kernels : NULL, &batch);
    for (int a = 0; a < 12; a++) {
        const helper *h = batch.of_one[a] ? helper_of((wann_activation)a) : NULL;
        c.of_one[a] |= h && !find_part(lanes_kernels, h->suffix, "");
    }
    return c;
}

bool wn_c_needs_math(const wn_emit_source *source) {
    if (inline_math(source))
        return false;
    const calls c = find_calls(source, true);
    bool needs = wn_c_needs_softmax(source);
    for (int a = 0; a < 12; a++) {
        const helper *h = c.of_one[a] ? helper_of((wann_activation)a) : NULL;
        needs |= h && h->calls_math;
    }
    return needs;
}

/* Whether there are loops over lanes but those of a batch. */
static bool other_lanes(const wn_emit_source *source) {
    return source->ensemble_ir || wn_emit_gradient_in_lanes(source->gradient_ir, source->options);
}

/* Whether kernels are to be part of what calls them, whatever a compiler thinks of it: those of a batch, as
 * calls keep loops over lanes from becoming vector code. With very many activations that would be too
 * much code. */
static bool forces_inlining(const wn_emit_source *source) {
    enum { MOST = 256 };
    uint32_t n = 0;
    for (uint32_t i = 0; i < source->ir->n_insts; i++)
        n += wn_inst_activates(&source->ir->inst[i]);
    return (source->batch_ir || other_lanes(source)) && n <= MOST;
}

static void put_specifiers(const wn_emit_source *source, bool forced, wn_buf *out) {
    if (!forced) {
        wn_buf_text(out, "static inline");
        return;
    }
    wn_c_put_upper(source, out);
    wn_buf_text(out, "_INLINE");
}

static void put_inline_macro(const wn_emit_source *source, wn_buf *out) {
    wn_buf_text(out, "/* A call in a loop over lanes would keep it from becoming vector code. */\n"
                     "#if defined(__GNUC__) && defined(__OPTIMIZE__) && !defined(__OPTIMIZE_SIZE__)\n#define ");
    put_specifiers(source, true, out);
    wn_buf_text(out, " static inline __attribute__((always_inline))\n#else\n#define ");
    put_specifiers(source, true, out);
    wn_buf_text(out, " static inline\n#endif\n\n");
}

void wn_c_activation_name(const wn_emit_source *source, wn_c_layout layout, wann_activation activation,
                          wn_buf *out) {
    const helper *h = helper_of(activation);
    const char *suffix = h ? h->suffix : "";
    const bool lanes = layout == WN_C_BLOCK && has_lanes_kernels(source) && find_part(lanes_kernels, suffix, "");
    wn_buf_print(out, "%s%s_%s", source->name, lanes ? lanes_set.infix : "", suffix);
}

bool wn_c_scaled_name(const wn_emit_source *source, wn_c_layout layout, wann_activation activation, wn_buf *out) {
    const bool lanes = layout == WN_C_BLOCK && has_lanes_kernels(source);
    const kernel_set set = lanes ? lanes_set : kernels_of(source);
    const helper *h = helper_of(activation);
    if (!inline_math(source) || !h || !find_part(set.parts, h->suffix, "_of"))
        return false;
    wn_buf_print(out, "%s%s_%s_of", source->name, set.infix, h->suffix);
    return true;
}

static wann_status render(const wn_emit_source *source, bool forced, const char *infix, const char *folder, const char *file,
                          wn_buf *out, wann_diag *diag) {
    const bool single = source->ir->real == WANN_FLOAT;
    wn_buf pi = {0}, path = {0}, name = {0}, specifiers = {0};
    wn_c_literal(source->ir->real, 3.14159265358979323846, &pi);
    wn_buf_print(&path, "%s/%s.c.in", folder, file);
    wn_buf_print(&name, "%s%s", source->name, infix);
    put_specifiers(source, forced, &specifiers);
    wann_status status = WANN_OK;
    if (pi.failed || path.failed || name.failed || specifiers.failed)
        status = wn_fail_memory(diag);
    if (status == WANN_OK) {
        const wn_slot slots[] = {{"name", name.data, true},
                                 {"inline", specifiers.data, false},
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
    wn_buf_free(&name);
    wn_buf_free(&specifiers);
    return status;
}

static wann_status put_kernels(const wn_emit_source *source, bool forced, kernel_set set, const bool wanted[MAX_KERNELS],
                               wn_buf *out, wann_diag *diag) {
    for (size_t k = 0; set.parts[k].file; k++)
        if (wanted[k])
            WN_TRY(render(source, forced, set.infix, set.folder, set.parts[k].file, out, diag));
    return WANN_OK;
}

/* Mark the parts of a set that are called. */
static void want_kernels(const kernel *parts, const calls *c, bool wanted[MAX_KERNELS]) {
    for (int a = 0; a < 12; a++) {
        const helper *h = c->of_one[a] || c->of_product[a] ? helper_of((wann_activation)a) : NULL;
        if (h && c->of_one[a])
            want_kernel(parts, h->suffix, wanted);
        if (h && c->of_product[a])
            want_kernel(parts, find_part(parts, h->suffix, "_of"), wanted);
    }
}

static wann_status put_lanes_kernels(const wn_emit_source *source, bool for_compilers, wn_buf *out,
                                     wann_diag *diag) {
    bool wanted[MAX_KERNELS] = {false};
    calls c = {{false}, {false}};
    mark_calls(source->batch_ir, for_compilers ? lanes_kernels : NULL, &c);
    want_kernels(lanes_kernels, &c, wanted);
    return put_kernels(source, for_compilers && forces_inlining(source), lanes_set, wanted, out, diag);
}

/* The kernels of packs and the macros that call these, or those for one value where there are no vectors.
 * there: the kernels of one value that all have. */
static wann_status put_packs(const wn_emit_source *source, bool forced, const bool there[MAX_KERNELS], wn_buf *out,
                             wann_diag *diag) {
    const kernel_set set = kernels_of(source);
    bool packed[MAX_KERNELS] = {false}, single[MAX_KERNELS] = {false};
    calls c = {{false}, {false}};
    mark_calls_of_one(source, set.parts, true, &c);
    want_kernels(pack_kernels, &c, packed);
    want_kernels(set.parts, &c, single);
    for (size_t k = 0; k < MAX_KERNELS; k++)
        single[k] &= !there[k];
    wn_buf_text(out, "/* Some activations at once, where there are vectors of four floats. */\n"
                     "#if defined(__GNUC__) && (defined(__SSE2__) || defined(__aarch64__) || defined(__wasm_simd128__))\n");
    WN_TRY(put_kernels(source, false, pack_set, packed, out, diag));
    wn_c_put_pack_macros(source, true, out);
    wn_buf_text(out, "#else\n");
    WN_TRY(put_kernels(source, forced, set, single, out, diag));
    wn_c_put_pack_macros(source, false, out);
    wn_buf_text(out, "#endif\n\n");
    return WANN_OK;
}

/* Whether any function has an operation in the network itself. */
static bool uses(const wn_emit_source *source, wn_op op) {
    const wn_ir *const irs[] = {source->ir, source->batch_ir, source->gradient_ir, source->ensemble_ir};
    for (size_t k = 0; k < sizeof irs / sizeof *irs; k++)
        for (uint32_t i = 0; irs[k] && i < irs[k]->n_insts; i++)
            if (irs[k]->inst[i].op == op)
                return true;
    return false;
}

/* In fixed point every function is a kernel. */
static wann_status put_fixed_helpers(const wn_emit_source *source, wn_buf *out, wann_diag *diag) {
    bool wanted[MAX_KERNELS] = {false};
    const char *names[WN_FIXED_HELPERS];
    const calls c = find_calls(source, true);
    want_kernels(fixed_kernels, &c, wanted);
    wn_fixed_helpers(source, names);
    for (size_t i = 0; names[i]; i++)
        want_kernel(fixed_kernels, names[i], wanted);
    if (wn_c_needs_softmax(source))
        want_kernel(fixed_kernels, exp_helper.suffix, wanted);
    return put_kernels(source, false, kernels_of(source), wanted, out, diag);
}

wann_status wn_c_helpers(const wn_emit_source *source, bool for_compilers, wn_buf *out, wann_diag *diag) {
    if (source->fixed)
        return put_fixed_helpers(source, out, diag);
    const kernel_set set = kernels_of(source);
    const bool macro = for_compilers && forces_inlining(source), 
               forced = macro && (!has_lanes_kernels(source) || other_lanes(source));
    const helper *plain[15] = {NULL};
    bool wanted[MAX_KERNELS] = {false};
    size_t n_plain = 0;
    const calls c = find_calls(source, for_compilers);
    if (inline_math(source))
        want_kernels(set.parts, &c, wanted);
    for (int a = 0; a < 13; a++) { /* one past the activations: the exponential of softmax */
        const helper *h = a == 12 ? (wn_c_needs_softmax(source) ? &exp_helper : NULL)
                          : c.of_one[a] ? helper_of((wann_activation)a) : NULL;
        if (h && h->kernel && inline_math(source))
            want_kernel(set.parts, h->suffix, wanted);
        else if (h)
            plain[n_plain++] = h;
    }
    if (uses(source, WN_OP_GATE))
        plain[n_plain++] = &gate_helper;
    if (uses(source, WN_OP_FMA) && !(inline_math(source) && want_kernel(set.parts, "fma", wanted)))
        plain[n_plain++] = &fma_helper;
    if (macro)
        put_inline_macro(source, out);
    WN_TRY(put_kernels(source, forced, set, wanted, out, diag));
    for (size_t i = 0; i < n_plain; i++)
        WN_TRY(render(source, forced, "", "activations", plain[i]->file, out, diag));
    if (for_compilers && wn_c_packs(source))
        WN_TRY(put_packs(source, forced, wanted, out, diag));
    return has_lanes_kernels(source) ? put_lanes_kernels(source, for_compilers, out, diag) : WANN_OK;
}
