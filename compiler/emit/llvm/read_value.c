/* The reader of C: values, conversions and operations. */
#include <stdlib.h>
#include <string.h>

#include "compiler/emit/llvm/read.h"
#include "runtime/base/text.h"

static LLVMBuilderRef builder(const wn_cr_reader *r) {
    return r->unit->builder;
}

/* One number in every lane. */
static LLVMValueRef in_lanes(const wn_cr_reader *r, LLVMValueRef constant) {
    LLVMValueRef lane[64];
    for (unsigned l = 0; l < r->lanes; l++)
        lane[l] = constant;
    return r->lanes > 1 ? LLVMConstVector(lane, r->lanes) : constant;
}

wn_cr_operand wn_cr_integer(wn_cr_reader *r, const wn_cr_type *type, uint64_t value) {
    LLVMTypeRef scalar = LLVMIntTypeInContext(r->unit->context, type->bits);
    return (wn_cr_operand){type, in_lanes(r, LLVMConstInt(scalar, value, type->is_signed)), false};
}

static wn_cr_operand real_number(wn_cr_reader *r, const wn_token *token) {
    const char last = token->text[token->length - 1];
    const bool single = last == 'f' || last == 'F';
    double value;
    if (wn_parse_double(token->text, &value) != token->length - single)
        wn_cr_fail(r, "a number");
    const wn_cr_type *type = wn_cr_real(r, single ? 32 : 64);
    LLVMTypeRef scalar = single ? LLVMFloatTypeInContext(r->unit->context)
                                : LLVMDoubleTypeInContext(r->unit->context);
    return (wn_cr_operand){
        type, in_lanes(r, LLVMConstReal(scalar, single ? (double)(float)value : value)), false};
}

/* Unsigned where its suffix or its hexadecimal digits say so, of 32 bits where those suffice. */
wn_cr_operand wn_cr_number(wn_cr_reader *r, const wn_token *token) {
    const bool hexadecimal = token->length > 1 && (token->text[1] == 'x' || token->text[1] == 'X');
    if (!hexadecimal && memchr(token->text, '.', token->length) != NULL)
        return real_number(r, token);
    if (!hexadecimal && memchr(token->text, 'e', token->length) != NULL)
        return real_number(r, token);
    char *end;
    const uint64_t value = strtoull(token->text, &end, 0);
    bool is_unsigned = false;
    for (; end < token->text + token->length; end++) {
        if (!strchr("uUlL", *end))
            wn_cr_fail(r, "a number");
        is_unsigned |= *end == 'u' || *end == 'U';
    }
    const unsigned bits =
        value > UINT32_MAX || (value > INT32_MAX && !is_unsigned && !hexadecimal) ? 64 : 32;
    is_unsigned |= hexadecimal && value > INT32_MAX;
    return wn_cr_integer(r, wn_cr_int(r, bits, !is_unsigned), value);
}

wn_cr_operand wn_cr_value_of(wn_cr_reader *r, wn_cr_operand o) {
    if (!o.place)
        return o;
    if (o.type->kind == WN_CR_ARRAY)
        return (wn_cr_operand){wn_cr_pointer(r, o.type->of), o.v, false};
    return (wn_cr_operand){o.type, LLVMBuildLoad2(builder(r), o.type->llvm, o.v, ""), false};
}

static LLVMValueRef convert_real(wn_cr_reader *r, wn_cr_operand value, const wn_cr_type *type) {
    if (value.type->kind == WN_CR_INT)
        return value.type->is_signed ? LLVMBuildSIToFP(builder(r), value.v, type->llvm, "")
                                     : LLVMBuildUIToFP(builder(r), value.v, type->llvm, "");
    return LLVMBuildFPCast(builder(r), value.v, type->llvm, "");
}

wn_cr_operand wn_cr_convert(wn_cr_reader *r, wn_cr_operand value, const wn_cr_type *type) {
    value = wn_cr_value_of(r, value);
    const wn_cr_kind from = value.type->kind, to = type->kind;
    if (from == to &&
        (to == WN_CR_POINTER || to == WN_CR_STRUCT || to == WN_CR_VOID ||
         (value.type->bits == type->bits && value.type->is_signed == type->is_signed)))
        return (wn_cr_operand){type, value.v, false};
    if (to == WN_CR_VOID)
        return (wn_cr_operand){type, NULL, false};
    if (to == WN_CR_REAL && (from == WN_CR_REAL || from == WN_CR_INT))
        return (wn_cr_operand){type, convert_real(r, value, type), false};
    if (to == WN_CR_INT && from == WN_CR_INT)
        return (wn_cr_operand){
            type, LLVMBuildIntCast2(builder(r), value.v, type->llvm, value.type->is_signed, ""),
            false};
    if (to == WN_CR_INT && from == WN_CR_REAL)
        return (wn_cr_operand){type,
                               type->is_signed
                                   ? LLVMBuildFPToSI(builder(r), value.v, type->llvm, "")
                                   : LLVMBuildFPToUI(builder(r), value.v, type->llvm, ""),
                               false};
    wn_cr_fail(r, "a value of another type");
}

/* A value as one bit a lane. */
LLVMValueRef wn_cr_condition(wn_cr_reader *r, wn_cr_operand value) {
    value = wn_cr_value_of(r, value);
    if (value.type->kind == WN_CR_INT && value.type->bits == 1)
        return value.v;
    LLVMValueRef zero = LLVMConstNull(value.type->llvm);
    if (value.type->kind == WN_CR_REAL)
        return LLVMBuildFCmp(builder(r), LLVMRealUNE, value.v, zero, "");
    if (value.type->kind == WN_CR_INT || value.type->kind == WN_CR_POINTER)
        return LLVMBuildICmp(builder(r), LLVMIntNE, value.v, zero, "");
    wn_cr_fail(r, "a condition");
}

/* The usual arithmetic conversions. */
const wn_cr_type *wn_cr_common(wn_cr_reader *r, const wn_cr_type *a, const wn_cr_type *b) {
    const bool numbers = (a->kind == WN_CR_REAL || a->kind == WN_CR_INT) &&
                         (b->kind == WN_CR_REAL || b->kind == WN_CR_INT);
    if (!numbers)
        wn_cr_fail(r, "numbers");
    if (a->kind == WN_CR_REAL && (b->kind == WN_CR_INT || a->bits >= b->bits))
        return a;
    if (b->kind == WN_CR_REAL)
        return b;
    const unsigned a_bits = a->bits < 32 ? 32 : a->bits, b_bits = b->bits < 32 ? 32 : b->bits;
    const bool a_signed = a->is_signed || a->bits < 32, b_signed = b->is_signed || b->bits < 32;
    const unsigned bits = a_bits > b_bits ? a_bits : b_bits;
    return wn_cr_int(r, bits, (a_signed || a_bits < bits) && (b_signed || b_bits < bits));
}

static wn_cr_operand offset(wn_cr_reader *r, wn_cr_operand pointer, wn_cr_operand by, bool minus) {
    if (by.type->kind != WN_CR_INT || r->lanes > 1)
        wn_cr_fail(r, "an integer beside a pointer");
    by = wn_cr_convert(r, by,
                       wn_cr_int(r, LLVMPointerSize(r->unit->layout) * 8, by.type->is_signed));
    if (minus)
        by.v = LLVMBuildNeg(builder(r), by.v, "");
    pointer.v = LLVMBuildInBoundsGEP2(builder(r), pointer.type->of->llvm, pointer.v, &by.v, 1, "");
    return pointer;
}

/* An opcode for reals, signed and unsigned integers; 0: there is none. */
typedef struct operation {
    unsigned mark;
    LLVMOpcode real, as_signed, as_unsigned;
} operation;
static const operation operations[] = {
    {'+', LLVMFAdd, LLVMAdd, LLVMAdd},
    {'-', LLVMFSub, LLVMSub, LLVMSub},
    {'*', LLVMFMul, LLVMMul, LLVMMul},
    {'/', LLVMFDiv, LLVMSDiv, LLVMUDiv},
    {'%', 0, LLVMSRem, LLVMURem},
    {'&', 0, LLVMAnd, LLVMAnd},
    {'|', 0, LLVMOr, LLVMOr},
    {'^', 0, LLVMXor, LLVMXor},
    {WN_MARK2('<', '<'), 0, LLVMShl, LLVMShl},
    {WN_MARK2('>', '>'), 0, LLVMAShr, LLVMLShr},
};

typedef struct comparison {
    unsigned mark;
    LLVMRealPredicate real;
    LLVMIntPredicate as_signed, as_unsigned;
} comparison;
static const comparison comparisons[] = {
    {'<', LLVMRealOLT, LLVMIntSLT, LLVMIntULT},
    {'>', LLVMRealOGT, LLVMIntSGT, LLVMIntUGT},
    {WN_MARK2('<', '='), LLVMRealOLE, LLVMIntSLE, LLVMIntULE},
    {WN_MARK2('>', '='), LLVMRealOGE, LLVMIntSGE, LLVMIntUGE},
    {WN_MARK2('=', '='), LLVMRealOEQ, LLVMIntEQ, LLVMIntEQ},
    {WN_MARK2('!', '='), LLVMRealUNE, LLVMIntNE, LLVMIntNE},
};

static wn_cr_operand compare(wn_cr_reader *r, const comparison *c, wn_cr_operand a,
                             wn_cr_operand b) {
    const wn_cr_type *result = wn_cr_int(r, 1, false);
    if (a.type->kind == WN_CR_POINTER && b.type->kind == WN_CR_POINTER)
        return (wn_cr_operand){result, LLVMBuildICmp(builder(r), c->as_unsigned, a.v, b.v, ""),
                               false};
    const wn_cr_type *type = wn_cr_common(r, a.type, b.type);
    a = wn_cr_convert(r, a, type);
    b = wn_cr_convert(r, b, type);
    LLVMValueRef v =
        type->kind == WN_CR_REAL
            ? LLVMBuildFCmp(builder(r), c->real, a.v, b.v, "")
            : LLVMBuildICmp(builder(r), type->is_signed ? c->as_signed : c->as_unsigned, a.v, b.v,
                            "");
    return (wn_cr_operand){result, v, false};
}

static wn_cr_operand compute(wn_cr_reader *r, const operation *o, wn_cr_operand a,
                             wn_cr_operand b) {
    const bool shift = o->as_signed == LLVMShl || o->as_signed == LLVMAShr;
    const wn_cr_type *type =
        shift ? wn_cr_common(r, a.type, a.type) : wn_cr_common(r, a.type, b.type);
    const LLVMOpcode opcode = type->kind == WN_CR_REAL ? o->real
                              : type->is_signed        ? o->as_signed
                                                       : o->as_unsigned;
    if (!opcode)
        wn_cr_fail(r, "integers");
    a = wn_cr_convert(r, a, type);
    b = wn_cr_convert(r, b, type);
    return (wn_cr_operand){
        type, wn_llvm_flagged(r->unit, LLVMBuildBinOp(builder(r), opcode, a.v, b.v, "")), false};
}

wn_cr_operand wn_cr_binary(wn_cr_reader *r, unsigned mark, wn_cr_operand a, wn_cr_operand b) {
    if (mark == WN_MARK2('&', '&') || mark == WN_MARK2('|', '|')) {
        LLVMValueRef x = wn_cr_condition(r, a), y = wn_cr_condition(r, b);
        return (wn_cr_operand){wn_cr_int(r, 1, false),
                               mark == WN_MARK2('&', '&') ? LLVMBuildAnd(builder(r), x, y, "")
                                                          : LLVMBuildOr(builder(r), x, y, ""),
                               false};
    }
    a = wn_cr_value_of(r, a);
    b = wn_cr_value_of(r, b);
    for (size_t i = 0; i < sizeof comparisons / sizeof *comparisons; i++)
        if (comparisons[i].mark == mark)
            return compare(r, &comparisons[i], a, b);
    if ((mark == '+' || mark == '-') && a.type->kind == WN_CR_POINTER)
        return offset(r, a, b, mark == '-');
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        if (operations[i].mark == mark)
            return compute(r, &operations[i], a, b);
    wn_cr_fail(r, "an operator");
}
