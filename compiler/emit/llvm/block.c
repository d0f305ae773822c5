/* NAME_block: as many inputs at once as a vector of the target holds. Rows are read and written in
 * tiles and turned in registers, so that lane l of every value belongs to row l. */
#include <string.h>

#include "compiler/emit/llvm/lower.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

enum { REGISTERS = 16 /* that inputs may take before they go to memory */ };

/* Numbers in 128 bits: rows of a tile, and its columns. */
static unsigned tile_of(const wn_llvm_unit *unit) {
    return unit->source->ir->real == WANN_FLOAT ? 4 : 2;
}

static LLVMValueRef shuffle(const wn_llvm_unit *unit, LLVMValueRef a, LLVMValueRef b,
                            const unsigned *lane, unsigned n) {
    LLVMTypeRef type = LLVMInt32TypeInContext(unit->context);
    LLVMValueRef mask[64];
    for (unsigned i = 0; i < n; i++)
        mask[i] = LLVMConstInt(type, lane[i], false);
    return LLVMBuildShuffleVector(unit->builder, a, b, LLVMConstVector(mask, n), "");
}

/* The vectors part[0..n), one after the other, as one. */
static LLVMValueRef join(const wn_llvm_unit *unit, LLVMValueRef *part, unsigned n, unsigned size) {
    unsigned lane[64];
    for (; n > 1; n /= 2, size *= 2) {
        for (unsigned i = 0; i < 2 * size; i++)
            lane[i] = i;
        for (unsigned k = 0; k < n / 2; k++)
            part[k] = shuffle(unit, part[2 * k], part[2 * k + 1], lane, 2 * size);
    }
    return part[0];
}

/* Turn each group of t x t numbers: lane g t + c of row[r] is what lane g t + r of row[c] was. By
 * halves: the classic exchange of blocks of 1, 2, ... lanes between rows that are as far apart. */
static void transpose(const wn_llvm_unit *unit, LLVMValueRef *row, unsigned t) {
    unsigned low[64], high[64];
    for (unsigned d = 1; d < t; d *= 2) {
        for (unsigned l = 0; l < unit->lanes; l++) {
            const bool upper = l & d;
            low[l] = upper ? unit->lanes + l - d : l;
            high[l] = upper ? unit->lanes + l : l + d;
        }
        for (unsigned r = 0; r < t; r++) {
            if (r & d)
                continue;
            LLVMValueRef a = row[r], b = row[r + d];
            row[r] = shuffle(unit, a, b, low, unit->lanes);
            row[r + d] = shuffle(unit, a, b, high, unit->lanes);
        }
    }
}

static LLVMValueRef load(const wn_llvm_unit *unit, LLVMValueRef in, uint64_t index, unsigned n) {
    LLVMValueRef v =
        LLVMBuildLoad2(unit->builder, wn_llvm_real(unit, n), wn_llvm_element(unit, in, index), "");
    LLVMSetAlignment(v, unit->source->ir->real == WANN_FLOAT ? 4 : 8);
    return v;
}

static void store(const wn_llvm_unit *unit, LLVMValueRef v, LLVMValueRef out, uint64_t index) {
    LLVMSetAlignment(LLVMBuildStore(unit->builder, v, wn_llvm_element(unit, out, index)),
                     unit->source->ir->real == WANN_FLOAT ? 4 : 8);
}

/* Columns column .. column + t of all rows. */
static void load_tile(wn_llvm_lowering *l, LLVMValueRef in, uint32_t column, unsigned t,
                      LLVMValueRef *value) {
    const uint64_t width = l->unit->source->net->n_inputs;
    for (unsigned r = 0; r < t; r++) {
        LLVMValueRef part[16];
        for (unsigned g = 0; g < l->lanes / t; g++)
            part[g] = load(l->unit, in, (g * t + r) * width + column, t);
        value[r] = join(l->unit, part, l->lanes / t, t);
    }
    transpose(l->unit, value, t);
}

static void load_column(wn_llvm_lowering *l, LLVMValueRef in, uint32_t column) {
    const uint64_t width = l->unit->source->net->n_inputs;
    LLVMTypeRef index = LLVMInt32TypeInContext(l->unit->context);
    LLVMValueRef v = LLVMGetPoison(wn_llvm_real(l->unit, l->lanes));
    for (unsigned r = 0; r < l->lanes; r++)
        v = LLVMBuildInsertElement(l->unit->builder, v, load(l->unit, in, r * width + column, 1),
                                   LLVMConstInt(index, r, false), "");
    l->input[column] = v;
}

/* The last tile may overlap the one before. */
static void load_inputs(wn_llvm_lowering *l, LLVMValueRef in) {
    const uint32_t width = l->unit->source->net->n_inputs;
    const unsigned t = tile_of(l->unit);
    if (width == 1)
        l->input[0] = load(l->unit, in, 0, l->lanes);
    for (uint32_t c = 0; width > 1 && width < t && c < width; c++)
        load_column(l, in, c);
    for (uint32_t c = 0; width >= t && c < width; c += t) {
        LLVMValueRef value[4];
        const uint32_t from = c + t <= width ? c : width - t;
        load_tile(l, in, from, t, value);
        for (uint32_t k = c - from; k < t; k++)
            l->input[from + k] = value[k];
    }
}

/* More columns than registers are turned in memory: each is then loaded where it is read. */
static void stage_inputs(wn_llvm_lowering *l) {
    const uint32_t width = l->unit->source->net->n_inputs;
    LLVMTypeRef column = wn_llvm_real(l->unit, l->lanes), type = LLVMArrayType2(column, width);
    LLVMValueRef stage = LLVMBuildAlloca(l->unit->builder, type, "x");
    for (uint32_t c = 0; c < width; c++) {
        LLVMValueRef at[2] = {LLVMConstInt(LLVMInt64TypeInContext(l->unit->context), 0, false),
                              LLVMConstInt(LLVMInt64TypeInContext(l->unit->context), c, false)};
        LLVMValueRef place = LLVMBuildInBoundsGEP2(l->unit->builder, type, stage, at, 2, "");
        LLVMBuildStore(l->unit->builder, l->input[c], place);
        l->input[c] = place;
    }
    l->staged = true;
}

static void store_tile(wn_llvm_lowering *l, LLVMValueRef out, uint32_t column, unsigned t) {
    const uint64_t width = l->unit->source->net->n_outputs;
    LLVMValueRef row[4];
    unsigned lane[4];
    memcpy(row, l->output + column, t * sizeof *row);
    transpose(l->unit, row, t);
    for (unsigned g = 0; g < l->lanes / t; g++) {
        for (unsigned i = 0; i < t; i++)
            lane[i] = g * t + i;
        for (unsigned r = 0; r < t; r++)
            store(l->unit, shuffle(l->unit, row[r], LLVMGetPoison(LLVMTypeOf(row[r])), lane, t),
                  out, (g * t + r) * width + column);
    }
}

static void store_outputs(wn_llvm_lowering *l, LLVMValueRef out) {
    const uint32_t width = l->unit->source->net->n_outputs;
    const unsigned t = tile_of(l->unit);
    LLVMTypeRef index = LLVMInt32TypeInContext(l->unit->context);
    if (width == 1)
        store(l->unit, l->output[0], out, 0);
    for (unsigned r = 0; width > 1 && width < t && r < l->lanes; r++)
        for (uint32_t c = 0; c < width; c++)
            store(l->unit,
                  LLVMBuildExtractElement(l->unit->builder, l->output[c],
                                          LLVMConstInt(index, r, false), ""),
                  out, r * (uint64_t)width + c);
    for (uint32_t c = 0; width >= t && c < width; c += t)
        store_tile(l, out, c + t <= width ? c : width - t, t);
    LLVMBuildRetVoid(l->unit->builder);
}

static wann_status lower_block(wn_llvm_lowering *l, LLVMValueRef in, LLVMValueRef out) {
    l->input = wn_calloc((size_t)l->ir->n_inputs + 1, sizeof *l->input);
    wann_status status = l->input ? wn_llvm_lowering_open(l) : wn_fail_memory(l->diag);
    if (status == WANN_OK) {
        load_inputs(l, in);
        if (l->ir->n_inputs > REGISTERS)
            stage_inputs(l);
        status = wn_llvm_lower_insts(l);
    }
    if (status == WANN_OK)
        store_outputs(l, out);
    wn_free(l->input);
    return status;
}

wann_status wn_llvm_lower_block(wn_llvm_unit *unit, const wn_cr_reader *functions,
                                wann_diag *diag) {
    wn_buf name = {0};
    wn_buf_print(&name, "%s_block", unit->source->name);
    if (name.failed)
        return wn_fail_memory(diag);
    const bool parameter = unit->source->options->weighting == WANN_WEIGHT_PARAMETER;
    LLVMTypeRef pointer = LLVMPointerTypeInContext(unit->context, 0),
                number = wn_llvm_real(unit, 1);
    LLVMTypeRef type[3] = {pointer, parameter ? number : pointer, pointer};
    LLVMValueRef f = LLVMAddFunction(
        unit->module, name.data,
        LLVMFunctionType(LLVMVoidTypeInContext(unit->context), type, parameter ? 3 : 2, false));
    wn_llvm_plain_function(unit, f);
    LLVMSetLinkage(f, LLVMInternalLinkage);
    wn_llvm_attribute(unit, f, 1, "noalias", 0);
    wn_llvm_attribute(unit, f, parameter ? 3 : 2, "noalias", 0);
    wn_llvm_lowering l = {.unit = unit,
                          .functions = functions,
                          .ir = unit->source->batch_ir,
                          .lanes = unit->lanes,
                          .function = f,
                          .diag = diag};
    LLVMPositionBuilderAtEnd(unit->builder,
                             LLVMAppendBasicBlockInContext(unit->context, f, "entry"));
    wn_llvm_debug_function(unit, f, name.data);
    l.weight = parameter ? wn_llvm_splat(unit, LLVMGetParam(f, 1), unit->lanes) : NULL;
    const wann_status status =
        lower_block(&l, LLVMGetParam(f, 0), LLVMGetParam(f, parameter ? 2 : 1));
    wn_llvm_debug_end(unit);
    wn_llvm_lowering_close(&l);
    wn_buf_free(&name);
    return status;
}
