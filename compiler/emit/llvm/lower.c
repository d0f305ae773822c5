/* From instructions of the IR to those of LLVM, one by one: the passes have done what there was to
 * do. */
#include "compiler/emit/llvm/lower.h"

#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

LLVMValueRef wn_llvm_parameter(LLVMValueRef function, const char *name) {
    for (unsigned i = 0; i < LLVMCountParams(function); i++) {
        LLVMValueRef parameter = LLVMGetParam(function, i);
        size_t length;
        const char *own = LLVMGetValueName2(parameter, &length);
        if (length == strlen(name) && memcmp(own, name, length) == 0)
            return parameter;
    }
    return NULL;
}

LLVMValueRef wn_llvm_element(const wn_llvm_unit *unit, LLVMValueRef array, uint64_t index) {
    LLVMValueRef at = LLVMConstInt(LLVMInt64TypeInContext(unit->context), index, false);
    return index == 0
               ? array
               : LLVMBuildInBoundsGEP2(unit->builder, wn_llvm_real(unit, 1), array, &at, 1, "");
}

/* Where an element of the input or output vector is; NULL after a failure. */
static LLVMValueRef place_of(const wn_llvm_lowering *l, const wn_array arrays[WN_ARRAYS],
                             uint32_t index) {
    const wn_array *array = wn_ir_array(arrays, index, &index);
    LLVMValueRef parameter =
        array ? wn_llvm_parameter(l->function, array->name + (array->name[0] == '*')) : NULL;
    return parameter ? wn_llvm_element(l->unit, parameter, index) : NULL;
}

/* Only what templates declare otherwise than the built-in ones can get here. */
static wann_status fail_parameter(const wn_llvm_lowering *l, const char *name) {
    return wn_fail(l->diag, WANN_INPUT, NULL, 0, 0,
                   "the LLVM backend finds no parameter or function '%s'", name);
}

static wann_status lower_input(wn_llvm_lowering *l, const wn_inst *inst, LLVMValueRef *v) {
    LLVMValueRef place = place_of(l, l->ir->in, inst->index);
    if (!place)
        return fail_parameter(l, "in");
    *v = LLVMBuildLoad2(l->unit->builder, wn_llvm_real(l->unit, 1), place, "");
    return WANN_OK;
}

/* A call of a function of numbers that was read. */
static wann_status call(wn_llvm_lowering *l, const char *name, LLVMValueRef *arguments, unsigned n,
                        LLVMValueRef *v) {
    const wn_cr_symbol *f = wn_cr_function(l->functions, name);
    if (!f || f->n_parameters != n)
        return fail_parameter(l, name);
    *v = LLVMBuildCall2(l->unit->builder, f->signature, f->function, arguments, n, "");
    return WANN_OK;
}

static wann_status call_named(wn_llvm_lowering *l, wn_buf *name, LLVMValueRef *arguments,
                              unsigned n, LLVMValueRef *v) {
    const wann_status status =
        name->failed ? wn_fail_memory(l->diag) : call(l, name->data, arguments, n, v);
    wn_buf_free(name);
    return status;
}

static wann_status lower_activation(wn_llvm_lowering *l, const wn_inst *inst, LLVMValueRef argument,
                                    LLVMValueRef *v) {
    wn_buf name = {0};
    switch ((wann_activation)inst->activation) {
    case WANN_ACT_LINEAR:
        *v = argument;
        return WANN_OK;
    case WANN_ACT_INVERSE:
        *v = LLVMBuildFNeg(l->unit->builder, argument, "");
        return WANN_OK;
    case WANN_ACT_STEP:
    case WANN_ACT_SIN:
    case WANN_ACT_GAUSSIAN:
    case WANN_ACT_TANH:
    case WANN_ACT_SIGMOID:
    case WANN_ACT_ABS:
    case WANN_ACT_RELU:
    case WANN_ACT_COS:
    case WANN_ACT_SQUARED:
        break;
    }
    wn_c_activation_name(l->unit->source, l->lanes > 1 ? WN_C_BLOCK : WN_C_ONE,
                         (wann_activation)inst->activation, &name);
    return call_named(l, &name, &argument, 1, v);
}

static wann_status lower_gate(wn_llvm_lowering *l, LLVMValueRef *arguments, LLVMValueRef *v) {
    wn_buf name = {0};
    wn_buf_print(&name, "%s_gate", l->unit->source->name);
    return call_named(l, &name, arguments, 2, v);
}

/* An output that all samples add to takes its share at once; others are written in the end, because
 * in and out may be the same memory. */
static wann_status lower_output(wn_llvm_lowering *l, const wn_inst *inst) {
    uint32_t index;
    const wn_array *array = wn_ir_array(l->ir->out, inst->index, &index);
    l->output[inst->index] = l->value[inst->arg[0]];
    if (!array || !array->shared)
        return WANN_OK;
    LLVMValueRef place = place_of(l, l->ir->out, inst->index);
    if (!place)
        return fail_parameter(l, array->name);
    LLVMValueRef old = LLVMBuildLoad2(l->unit->builder, wn_llvm_real(l->unit, 1), place, "");
    LLVMValueRef sum = LLVMBuildFAdd(l->unit->builder, old, l->output[inst->index], "");
    LLVMBuildStore(l->unit->builder, sum, place);
    l->output[inst->index] = NULL;
    return WANN_OK;
}

static wann_status lower_inst(wn_llvm_lowering *l, const wn_inst *inst, LLVMValueRef *v) {
    LLVMBuilderRef builder = l->unit->builder;
    LLVMValueRef a[3] = {NULL};
    for (unsigned k = 0; k < wn_op_operands((wn_op)inst->op); k++)
        a[k] = l->value[inst->arg[k]];
    switch ((wn_op)inst->op) {
    case WN_OP_INPUT:
        return lower_input(l, inst, v);
    case WN_OP_CONST:
        *v = wn_llvm_splat(l->unit, LLVMConstReal(wn_llvm_real(l->unit, 1), inst->value), l->lanes);
        return WANN_OK;
    case WN_OP_WEIGHT:
        *v = l->weight;
        return l->weight ? WANN_OK : fail_parameter(l, "weight");
    case WN_OP_ADD:
        *v = wn_llvm_flagged(l->unit, LLVMBuildFAdd(builder, a[0], a[1], ""));
        return WANN_OK;
    case WN_OP_SUB:
        *v = wn_llvm_flagged(l->unit, LLVMBuildFSub(builder, a[0], a[1], ""));
        return WANN_OK;
    case WN_OP_MUL:
        *v = wn_llvm_flagged(l->unit, LLVMBuildFMul(builder, a[0], a[1], ""));
        return WANN_OK;
    case WN_OP_NEG:
        *v = LLVMBuildFNeg(builder, a[0], "");
        return WANN_OK;
    case WN_OP_FMA:
        *v = wn_llvm_intrinsic(l->unit, "llvm.fmuladd", a, 3);
        return WANN_OK;
    case WN_OP_GATE:
        return lower_gate(l, a, v);
    case WN_OP_ACT:
        return lower_activation(l, inst, a[0], v);
    case WN_OP_SCALED:
        return lower_activation(
            l, inst, wn_llvm_flagged(l->unit, LLVMBuildFMul(builder, a[0], a[1], "")), v);
    case WN_OP_OUTPUT:
        return lower_output(l, inst);
    case WN_OPS:
        break;
    }
    return WANN_OK;
}

/* A value that has a name in generated C has it in LLVM's text too. */
static void name_value(const wn_llvm_lowering *l, uint32_t i) {
    const char *name = l->names.name[i];
    if (name && l->value[i] && LLVMIsAInstruction(l->value[i]) && l->ir->inst[i].op != WN_OP_CONST)
        LLVMSetValueName2(l->value[i], name, strlen(name));
}

wann_status wn_llvm_lower_inst(wn_llvm_lowering *l, uint32_t i) {
    const wn_inst *inst = &l->ir->inst[i];
    wn_llvm_debug_node(l->unit, inst->node);
    WN_TRY(lower_inst(l, inst, &l->value[i]));
    name_value(l, i);
    return WANN_OK;
}

static wann_status lower_insts(wn_llvm_lowering *l) {
    for (uint32_t i = 0; i < l->ir->n_insts; i++)
        WN_TRY(wn_llvm_lower_inst(l, i));
    wn_llvm_debug_node(l->unit, WN_NO_NODE);
    return WANN_OK;
}

wann_status wn_llvm_lowering_open(wn_llvm_lowering *l) {
    l->value = wn_calloc((size_t)l->ir->n_insts + 1, sizeof *l->value);
    l->output = wn_calloc((size_t)l->ir->n_outputs + 1, sizeof *l->output);
    if (!l->value || !l->output)
        return wn_fail_memory(l->diag);
    return wn_c_name_values(l->ir, l->unit->source->name, &l->names, l->diag);
}

void wn_llvm_lowering_close(wn_llvm_lowering *l) {
    wn_free(l->value);
    wn_free(l->output);
    wn_c_names_free(&l->names);
}

static wann_status write_outputs(wn_llvm_lowering *l) {
    for (uint32_t o = 0; o < l->ir->n_outputs; o++) {
        LLVMValueRef place = l->output[o] ? place_of(l, l->ir->out, o) : NULL;
        if (l->output[o] && !place)
            return fail_parameter(l, "out");
        if (place)
            LLVMBuildStore(l->unit->builder, l->output[o], place);
    }
    LLVMBuildRetVoid(l->unit->builder);
    return WANN_OK;
}

/* What holds of memory: nothing but what parameters point to is touched; inputs are only read,
 * outputs only written; no pointer is kept. */
static void describe_parameters(const wn_llvm_lowering *l) {
    const wn_llvm_unit *unit = l->unit;
    const unsigned size = l->ir->real == WANN_FLOAT ? 4 : 8;
    enum { ARGUMENT_MEMORY_READ_WRITE = 3 };
    wn_llvm_trait(unit, l->function, "memory", ARGUMENT_MEMORY_READ_WRITE);
    for (unsigned side = 0; side < 2; side++)
        for (unsigned k = 0; k < WN_ARRAYS; k++) {
            const wn_array *array = side == 0 ? &l->ir->in[k] : &l->ir->out[k];
            LLVMValueRef parameter =
                array->name ? wn_llvm_parameter(l->function, array->name + (array->name[0] == '*'))
                            : NULL;
            for (unsigned i = 0; parameter && i < LLVMCountParams(l->function); i++) {
                if (LLVMGetParam(l->function, i) != parameter)
                    continue;
                wn_llvm_attribute(unit, l->function, i + 1, "nocapture", 0);
                wn_llvm_attribute(unit, l->function, i + 1, "align", size);
                if (!array->shared || side == 0)
                    wn_llvm_attribute(unit, l->function, i + 1,
                                      side == 0 ? "readonly" : "writeonly", 0);
            }
        }
}

wann_status wn_llvm_lower(wn_llvm_unit *unit, const wn_cr_reader *functions, const wn_ir *ir,
                          const char *name, wann_diag *diag) {
    const wn_cr_symbol *symbol = wn_cr_function(functions, name);
    wn_llvm_lowering l = {.unit = unit, .functions = functions, .ir = ir, .lanes = 1, .diag = diag};
    if (!symbol)
        return fail_parameter(&l, name);
    l.function = symbol->function;
    l.weight = wn_llvm_parameter(l.function, "weight");
    LLVMPositionBuilderAtEnd(unit->builder,
                             LLVMAppendBasicBlockInContext(unit->context, l.function, "entry"));
    wn_llvm_debug_function(unit, l.function, name);
    describe_parameters(&l);
    wann_status status = wn_llvm_lowering_open(&l);
    if (status == WANN_OK)
        status = lower_insts(&l);
    if (status == WANN_OK)
        status = write_outputs(&l);
    wn_llvm_debug_end(unit);
    wn_llvm_lowering_close(&l);
    return status;
}
