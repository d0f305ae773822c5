/* A module of LLVM: the network from the IR, and around it the C of the templates. */
#include "compiler/emit/llvm/llvm.h"

#include <string.h>

#include "compiler/emit/llvm/lower.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

/* The texts that a module is made of. */
typedef struct texts {
    wn_buf helpers;      /* activations, and what they need */
    wn_buf declarations; /* the functions that users call */
    wn_buf definitions;  /* those of them that are no networks */
} texts;

static void free_texts(texts *t) {
    wn_buf_free(&t->helpers);
    wn_buf_free(&t->declarations);
    wn_buf_free(&t->definitions);
}

/* A fused multiply-add keeps the digits of a product that the reference rounds off, which can turn
 * a sum that is exactly 0 into one that is not, and flip a step behind it. -O0 promises the
 * reference's sums. */
static bool may_contract(const wn_emit_source *source) {
    for (uint32_t i = 0; i < source->ir->n_insts; i++)
        if (wn_inst_is_step(&source->ir->inst[i]))
            return false;
    return source->options->level != WANN_O0 && source->options->level != WANN_OS;
}

/* Numbers in a vector of NAME_batch. */
static unsigned choose_lanes(const wn_llvm_unit *unit) {
    const unsigned bits = unit->source->ir->real == WANN_FLOAT ? 32 : 64;
    return unit->source->batch_ir && unit->vector_bits ? unit->vector_bits / bits : 1;
}

/* A vector at least; more as long as the values of all rows fit into the first cache. */
static unsigned choose_rows(const wn_llvm_unit *unit) {
    const unsigned rows = wn_c_lanes(unit->source->net, unit->source->ir->real);
    return unit->lanes == 1 || rows < unit->lanes ? unit->lanes : rows;
}

static wann_status lower_function(wn_llvm_unit *unit, const wn_cr_reader *r, const wn_ir *ir,
                                  const char *suffix, wann_diag *diag) {
    wn_buf name = {0};
    wn_buf_print(&name, "%s%s", unit->source->name, suffix);
    const wann_status status =
        name.failed ? wn_fail_memory(diag) : wn_llvm_lower(unit, r, ir, name.data, diag);
    wn_buf_free(&name);
    return status;
}

/* The network in vectors, with activations in vectors. */
static wann_status lower_batch(wn_llvm_unit *unit, const texts *t, wann_diag *diag) {
    wn_cr_reader r;
    WN_TRY(wn_cr_open(&r, unit, unit->lanes, ".lanes", diag));
    wann_status status = wn_cr_read(&r, t->helpers.data ? t->helpers.data : "");
    if (status == WANN_OK)
        status = wn_llvm_lower_block(unit, &r, diag);
    wn_cr_close(&r);
    return status;
}

static wann_status lower_all(wn_llvm_unit *unit, wn_cr_reader *r, const texts *t, wann_diag *diag) {
    const wn_emit_source *source = unit->source;
    WN_TRY(wn_cr_read(r, t->helpers.data ? t->helpers.data : ""));
    WN_TRY(wn_cr_read(r, t->declarations.data));
    if (source->options->level != WANN_OS)
        WN_TRY(lower_function(unit, r, source->ir, "", diag));
    if (source->gradient_ir)
        WN_TRY(lower_function(unit, r, source->gradient_ir, "_gradient", diag));
    if (unit->lanes > 1)
        WN_TRY(lower_batch(unit, t, diag));
    WN_TRY(wn_cr_read(r, t->definitions.data));
    if (unit->options.entries)
        WN_TRY(wn_cr_read(r, unit->options.entries));
    wn_llvm_debug_finish(unit);
    return WANN_OK;
}

/* What only the module itself calls is dropped or inlined, and no time goes into code for others.
 */
static void hide(wn_llvm_unit *unit) {
    const wn_llvm_options *options = &unit->options;
    for (LLVMValueRef g = LLVMGetFirstGlobal(unit->module); g; g = LLVMGetNextGlobal(g))
        LLVMSetLinkage(g, LLVMInternalLinkage);
    for (LLVMValueRef f = LLVMGetFirstFunction(unit->module); f; f = LLVMGetNextFunction(f)) {
        size_t length;
        const char *name = LLVMGetValueName2(f, &length);
        if (LLVMIsDeclaration(f) || strncmp(name, options->only, strlen(options->only)) == 0)
            continue;
        LLVMSetLinkage(f, LLVMInternalLinkage);
        if (unit->lanes == 1 && strcmp(name, unit->source->name) == 0)
            wn_llvm_trait(unit, f, "alwaysinline", 0);
    }
}

static wann_status build(wn_llvm_unit *unit, wann_diag *diag) {
    texts t = {{0}, {0}, {0}};
    wn_cr_reader r;
    unit->contract = may_contract(unit->source);
    unit->lanes = choose_lanes(unit);
    unit->rows = choose_rows(unit);
    unit->options.inline_kernels = unit->source->options->level != WANN_OS && !unit->options.fast;
    wann_status status = wn_c_helpers(unit->source, false, &t.helpers, diag);
    if (status == WANN_OK)
        status = wn_c_frame(unit->source, unit->rows, &t.declarations, &t.definitions, diag);
    if (status == WANN_OK && (t.helpers.failed || t.declarations.failed || t.definitions.failed))
        status = wn_fail_memory(diag);
    if (status == WANN_OK)
        status = wn_cr_open(&r, unit, 1, "", diag);
    if (status == WANN_OK) {
        status = lower_all(unit, &r, &t, diag);
        wn_cr_close(&r);
    }
    if (status == WANN_OK && unit->options.only)
        hide(unit);
    free_texts(&t);
    return status;
}

wann_status wn_emit_llvm(const wn_emit_source *source, const wn_llvm_options *options,
                         wann_kind kind, char **data, size_t *size, wann_diag *diag) {
    wn_llvm_unit unit;
    wann_status status = wn_llvm_open(&unit, source, options, diag);
    if (status == WANN_OK)
        status = build(&unit, diag);
    if (status == WANN_OK)
        status = wn_llvm_optimise(&unit, diag);
    if (status == WANN_OK)
        status = wn_llvm_write(&unit, kind, data, size, diag);
    wn_llvm_close(&unit);
    return status;
}
