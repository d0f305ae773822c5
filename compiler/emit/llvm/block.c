/* NAME_block: some vectors of inputs, in loops over the vectors, one for each part of the network.
 * Rows are read and written in tiles and turned in registers, so that lane l of every value belongs
 * to row l. */
#include <string.h>

#include "compiler/emit/llvm/lower.h"
#include "compiler/emit/llvm/parts.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

/* A block in the making. Vectors that one part leaves to another are kept in room[slot][vector]. */
typedef struct block {
    wn_llvm_lowering l;
    wn_llvm_parts parts;
    LLVMValueRef room, in, out;
    int32_t *loaded;     /* [n_insts] the part that has read a value from its room */
    LLVMValueRef vector; /* the number of the one in work */
} block;

/* A loop in the making: its counter runs from 0. */
typedef struct loop {
    LLVMBasicBlockRef body;
    LLVMValueRef counter;
} loop;

static LLVMValueRef integer(const block *b, uint64_t value) {
    return LLVMConstInt(LLVMInt64TypeInContext(b->l.unit->context), value, false);
}

static LLVMBasicBlockRef append(const block *b, const char *name) {
    return LLVMAppendBasicBlockInContext(b->l.unit->context, b->l.function, name);
}

static loop begin_loop(block *b) {
    LLVMBuilderRef builder = b->l.unit->builder;
    LLVMBasicBlockRef before = LLVMGetInsertBlock(builder);
    loop made = {append(b, "loop"), NULL};
    LLVMValueRef zero = integer(b, 0);
    LLVMBuildBr(builder, made.body);
    LLVMPositionBuilderAtEnd(builder, made.body);
    made.counter = LLVMBuildPhi(builder, LLVMTypeOf(zero), "");
    LLVMAddIncoming(made.counter, &zero, &before, 1);
    return made;
}

/* times: at least 1. */
static void end_loop(block *b, const loop *made, uint64_t times) {
    LLVMBuilderRef builder = b->l.unit->builder;
    LLVMBasicBlockRef last = LLVMGetInsertBlock(builder), after = append(b, "after");
    LLVMValueRef next = LLVMBuildAdd(builder, made->counter, integer(b, 1), "");
    LLVMAddIncoming(made->counter, &next, &last, 1);
    LLVMValueRef more = LLVMBuildICmp(builder, LLVMIntULT, next, integer(b, times), "");
    LLVMBuildCondBr(builder, more, made->body, after);
    LLVMPositionBuilderAtEnd(builder, after);
}

static unsigned vectors_of(const block *b) {
    return b->l.unit->rows / b->l.unit->lanes;
}

/* What is kept in a slot of the vector in work: slot counts from a slot that is known at run time
 * only, or NULL. */
static LLVMValueRef place(block *b, LLVMValueRef first, uint64_t slot) {
    const wn_llvm_unit *unit = b->l.unit;
    LLVMTypeRef row = LLVMArrayType2(wn_llvm_real(unit, unit->lanes), vectors_of(b));
    LLVMValueRef base = b->room, at[2] = {integer(b, slot), b->vector};
    if (first)
        base = LLVMBuildInBoundsGEP2(unit->builder, row, base, &first, 1, "");
    return LLVMBuildInBoundsGEP2(unit->builder, row, base, at, 2, "");
}

/* The numbers of rows that the vector in work belongs to, in an array of so many a row. */
static LLVMValueRef rows_of(block *b, LLVMValueRef array, uint64_t width) {
    const wn_llvm_unit *unit = b->l.unit;
    LLVMValueRef at = LLVMBuildMul(unit->builder, b->vector, integer(b, unit->lanes * width), "");
    return LLVMBuildInBoundsGEP2(unit->builder, wn_llvm_real(unit, 1), array, &at, 1, "");
}

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

/* Columns 0 to t of the rows at in, to slots 0 to t from first on. */
static void load_tile(block *b, LLVMValueRef in, LLVMValueRef first, uint64_t slot, unsigned t) {
    const wn_llvm_unit *unit = b->l.unit;
    const uint64_t width = unit->source->net->n_inputs;
    LLVMValueRef value[4];
    for (unsigned r = 0; r < t; r++) {
        LLVMValueRef part[16];
        for (unsigned g = 0; g < unit->lanes / t; g++)
            part[g] = load(unit, in, (g * t + r) * width, t);
        value[r] = join(unit, part, unit->lanes / t, t);
    }
    transpose(unit, value, t);
    for (unsigned c = 0; c < t; c++)
        LLVMBuildStore(unit->builder, value[c], place(b, first, slot + c));
}

/* Fewer columns than a tile has. */
static void load_column(block *b, LLVMValueRef in, uint32_t column) {
    const wn_llvm_unit *unit = b->l.unit;
    const uint64_t width = unit->source->net->n_inputs;
    LLVMTypeRef index = LLVMInt32TypeInContext(unit->context);
    LLVMValueRef v = LLVMGetPoison(wn_llvm_real(unit, unit->lanes));
    for (unsigned r = 0; r < unit->lanes; r++)
        v = LLVMBuildInsertElement(unit->builder, v, load(unit, in, r * width + column, 1),
                                   LLVMConstInt(index, r, false), "");
    LLVMBuildStore(unit->builder, v, place(b, NULL, column));
}

/* Tiles of many columns, in a loop. */
static void load_tiles(block *b, LLVMValueRef in, uint32_t tiles, unsigned t) {
    const wn_llvm_unit *unit = b->l.unit;
    loop columns = begin_loop(b);
    LLVMValueRef first = LLVMBuildMul(unit->builder, columns.counter, integer(b, t), "");
    load_tile(b, LLVMBuildInBoundsGEP2(unit->builder, wn_llvm_real(unit, 1), in, &first, 1, ""),
              first, 0, t);
    end_loop(b, &columns, tiles);
}

/* Each column to the slot of its number. The last tile may overlap the one before. */
static void load_inputs(block *b) {
    enum { FEW = 4 };
    const wn_llvm_unit *unit = b->l.unit;
    const uint32_t width = unit->source->net->n_inputs;
    const unsigned t = tile_of(unit);
    loop vectors = begin_loop(b);
    b->vector = vectors.counter;
    LLVMValueRef in = rows_of(b, b->in, width);
    if (width == 1)
        LLVMBuildStore(unit->builder, load(unit, in, 0, unit->lanes), place(b, NULL, 0));
    for (uint32_t c = 0; width > 1 && width < t && c < width; c++)
        load_column(b, in, c);
    uint32_t done = 0;
    if (width > FEW * t) {
        done = width / t * t;
        load_tiles(b, in, width / t, t);
    }
    for (uint32_t c = done; width >= t && c < width; c += t) {
        const uint32_t from = c + t <= width ? c : width - t;
        load_tile(b, wn_llvm_element(unit, in, from), NULL, from, t);
    }
    end_loop(b, &vectors, vectors_of(b));
}

static void store_tile(const block *b, LLVMValueRef out, LLVMValueRef *column, unsigned t) {
    const wn_llvm_unit *unit = b->l.unit;
    const uint64_t width = unit->source->net->n_outputs;
    LLVMValueRef row[4];
    unsigned lane[4];
    memcpy(row, column, t * sizeof *row);
    transpose(unit, row, t);
    for (unsigned g = 0; g < unit->lanes / t; g++) {
        for (unsigned i = 0; i < t; i++)
            lane[i] = g * t + i;
        for (unsigned r = 0; r < t; r++)
            store(unit, shuffle(unit, row[r], LLVMGetPoison(LLVMTypeOf(row[r])), lane, t), out,
                  (g * t + r) * width);
    }
}

static void store_outputs(block *b, LLVMValueRef out) {
    const wn_llvm_unit *unit = b->l.unit;
    const uint32_t width = unit->source->net->n_outputs;
    const unsigned t = tile_of(unit);
    LLVMTypeRef index = LLVMInt32TypeInContext(unit->context);
    LLVMValueRef *column = b->l.output;
    if (width == 1)
        store(unit, column[0], out, 0);
    for (unsigned r = 0; width > 1 && width < t && r < unit->lanes; r++)
        for (uint32_t c = 0; c < width; c++)
            store(unit,
                  LLVMBuildExtractElement(unit->builder, column[c], LLVMConstInt(index, r, false),
                                          ""),
                  out, r * (uint64_t)width + c);
    for (uint32_t c = 0; width >= t && c < width; c += t) {
        const uint32_t from = c + t <= width ? c : width - t;
        store_tile(b, wn_llvm_element(unit, out, from), column + from, t);
    }
}

/* Load what an instruction reads and another part has computed. */
static void load_operands(block *b, const wn_inst *inst, int32_t part) {
    for (unsigned a = 0; a < wn_op_operands((wn_op)inst->op); a++) {
        const wn_value v = inst->arg[a];
        if (b->parts.part[v] == WN_LLVM_ANYWHERE || b->parts.part[v] == part ||
            b->loaded[v] == part)
            continue;
        b->l.value[v] = LLVMBuildLoad2(b->l.unit->builder, wn_llvm_real(b->l.unit, b->l.lanes),
                                       place(b, NULL, (uint64_t)b->parts.slot[v]), "");
        b->loaded[v] = part;
    }
}

/* The instructions of a part; those of the last one are outputs. */
static wann_status lower_part(block *b, int32_t part, uint32_t *at) {
    wn_llvm_lowering *l = &b->l;
    for (; *at < l->ir->n_insts; (*at)++) {
        const int32_t own = b->parts.part[*at];
        if (own >= 0 && own != part)
            break;
        if (own != part)
            continue;
        load_operands(b, &l->ir->inst[*at], part);
        WN_TRY(wn_llvm_lower_inst(l, *at));
        if (b->parts.slot[*at] >= 0)
            LLVMBuildStore(l->unit->builder, l->value[*at],
                           place(b, NULL, (uint64_t)b->parts.slot[*at]));
    }
    return WANN_OK;
}

static wann_status lower_parts(block *b) {
    uint32_t at = 0;
    for (int32_t part = 0; part < b->parts.n; part++) {
        loop vectors = begin_loop(b);
        b->vector = vectors.counter;
        WN_TRY(lower_part(b, part, &at));
        wn_llvm_debug_node(b->l.unit, WN_NO_NODE);
        end_loop(b, &vectors, vectors_of(b));
    }
    return WANN_OK;
}

static wann_status lower_outputs(block *b) {
    const wn_ir *ir = b->l.ir;
    loop vectors = begin_loop(b);
    b->vector = vectors.counter;
    for (uint32_t i = 0; i < ir->n_insts; i++)
        if (ir->inst[i].op == WN_OP_OUTPUT) {
            load_operands(b, &ir->inst[i], b->parts.n);
            WN_TRY(wn_llvm_lower_inst(&b->l, i));
        }
    wn_llvm_debug_node(b->l.unit, WN_NO_NODE);
    store_outputs(b, rows_of(b, b->out, ir->n_outputs));
    end_loop(b, &vectors, vectors_of(b));
    LLVMBuildRetVoid(b->l.unit->builder);
    return WANN_OK;
}

/* Constants and the weight, which all parts read. */
static wann_status lower_common(block *b) {
    wn_llvm_unit *unit = b->l.unit;
    LLVMTypeRef vectors = LLVMArrayType2(wn_llvm_real(unit, unit->lanes), vectors_of(b));
    b->room =
        LLVMBuildAlloca(unit->builder, LLVMArrayType2(vectors, (uint64_t)b->parts.n_slots), "room");
    for (uint32_t i = 0; i < b->l.ir->n_insts; i++) {
        const wn_op op = (wn_op)b->l.ir->inst[i].op;
        b->loaded[i] = -1;
        if (op == WN_OP_CONST || op == WN_OP_WEIGHT)
            WN_TRY(wn_llvm_lower_inst(&b->l, i));
    }
    wn_llvm_debug_node(unit, WN_NO_NODE);
    return WANN_OK;
}

static wann_status lower_block(block *b) {
    WN_TRY(wn_llvm_lowering_open(&b->l));
    WN_TRY(wn_llvm_cut(b->l.ir, &b->parts, b->l.diag));
    b->loaded = wn_calloc((size_t)b->l.ir->n_insts + 1, sizeof *b->loaded);
    if (!b->loaded)
        return wn_fail_memory(b->l.diag);
    WN_TRY(lower_common(b));
    load_inputs(b);
    WN_TRY(lower_parts(b));
    return lower_outputs(b);
}

/* The static function NAME_block, without a body. */
static LLVMValueRef declare(wn_llvm_unit *unit, const char *name, bool weight) {
    LLVMTypeRef pointer = LLVMPointerTypeInContext(unit->context, 0);
    LLVMTypeRef type[3] = {pointer, weight ? wn_llvm_real(unit, 1) : pointer, pointer};
    LLVMTypeRef signature =
        LLVMFunctionType(LLVMVoidTypeInContext(unit->context), type, weight ? 3 : 2, false);
    LLVMValueRef f = LLVMAddFunction(unit->module, name, signature);
    wn_llvm_plain_function(unit, f);
    LLVMSetLinkage(f, LLVMInternalLinkage);
    wn_llvm_attribute(unit, f, 1, "noalias", 0);
    wn_llvm_attribute(unit, f, weight ? 3 : 2, "noalias", 0);
    return f;
}

wann_status wn_llvm_lower_block(wn_llvm_unit *unit, const wn_cr_reader *functions,
                                wann_diag *diag) {
    wn_buf name = {0};
    wn_buf_print(&name, "%s_block", unit->source->name);
    if (name.failed)
        return wn_fail_memory(diag);
    const bool weight = unit->source->options->weighting == WANN_WEIGHT_PARAMETER;
    LLVMValueRef f = declare(unit, name.data, weight);
    block b = {.l = {.unit = unit,
                     .functions = functions,
                     .ir = unit->source->batch_ir,
                     .lanes = unit->lanes,
                     .function = f,
                     .diag = diag},
               .in = LLVMGetParam(f, 0),
               .out = LLVMGetParam(f, weight ? 2 : 1)};
    LLVMPositionBuilderAtEnd(unit->builder, append(&b, "entry"));
    wn_llvm_debug_function(unit, f, name.data);
    b.l.weight = weight ? wn_llvm_splat(unit, LLVMGetParam(f, 1), unit->lanes) : NULL;
    const wann_status status = lower_block(&b);
    wn_llvm_debug_end(unit);
    wn_llvm_lowering_close(&b.l);
    wn_llvm_parts_free(&b.parts);
    wn_free(b.loaded);
    wn_buf_free(&name);
    return status;
}
