/* The reader of C: expressions. */
#include <string.h>

#include "compiler/emit/llvm/read.h"

static wn_cr_operand read_unary(wn_cr_reader *r);

static LLVMBuilderRef builder(const wn_cr_reader *r) {
    return r->unit->builder;
}

static void assign(wn_cr_reader *r, wn_cr_operand place, wn_cr_operand value) {
    if (!place.place || place.type->is_const || place.type->kind == WN_CR_ARRAY)
        wn_cr_fail(r, "something that can be assigned to");
    LLVMBuildStore(builder(r), wn_cr_convert(r, value, place.type).v, place.v);
}

/* x++ and so on; gives what x was, or is then. */
static wn_cr_operand step(wn_cr_reader *r, wn_cr_operand place, bool up, bool after) {
    const wn_cr_operand old = wn_cr_value_of(r, place);
    const wn_cr_operand one = wn_cr_integer(r, wn_cr_int(r, 32, true), 1);
    const wn_cr_operand new =
        wn_cr_convert(r, wn_cr_binary(r, up ? '+' : '-', old, one), place.type);
    assign(r, place, new);
    return after ? old : new;
}

static wn_cr_operand element(wn_cr_reader *r, wn_cr_operand array) {
    array = wn_cr_value_of(r, array);
    const wn_cr_operand index = wn_cr_expression(r);
    wn_cr_expect(r, ']', "']'");
    if (array.type->kind != WN_CR_POINTER)
        wn_cr_fail(r, "an array before '['");
    const wn_cr_operand pointer = wn_cr_binary(r, '+', array, index);
    return (wn_cr_operand){array.type->of, pointer.v, true};
}

static wn_cr_operand member(wn_cr_reader *r, wn_cr_operand of) {
    const wn_cr_type *type = of.type;
    unsigned i = 0;
    while (type->kind == WN_CR_STRUCT && i < type->n_members &&
           !(type->members[i].name.length == r->token.length &&
             memcmp(type->members[i].name.text, r->token.text, r->token.length) == 0))
        i++;
    if (type->kind != WN_CR_STRUCT || i == type->n_members)
        wn_cr_fail(r, "a member");
    wn_cr_advance(r);
    const wn_cr_member *m = &type->members[i];
    if (!of.place)
        return (wn_cr_operand){m->type, LLVMBuildExtractValue(builder(r), of.v, m->index, ""),
                               false};
    LLVMValueRef v =
        type->is_union ? of.v : LLVMBuildStructGEP2(builder(r), type->llvm, of.v, m->index, "");
    return (wn_cr_operand){m->type, v, true};
}

static wn_cr_operand read_size(wn_cr_reader *r) {
    wn_cr_expect(r, '(', "'('");
    const wn_cr_type *type = wn_cr_type_name(r);
    wn_cr_expect(r, ')', "')'");
    return wn_cr_integer(r, wn_cr_int(r, LLVMPointerSize(r->unit->layout) * 8, false),
                         LLVMABISizeOfType(r->unit->layout, type->llvm));
}

static wn_cr_operand read_name(wn_cr_reader *r) {
    const wn_token name = r->token;
    wn_cr_advance(r);
    if (wn_cr_accept(r, '('))
        return wn_cr_call(r, &name);
    if (wn_token_is(&name, "sizeof"))
        return read_size(r);
    const wn_cr_symbol *symbol = wn_cr_find(r, &name);
    if (!symbol || symbol->kind != WN_CR_IS_OPERAND) {
        r->token = name;
        wn_cr_fail(r, "a name that is known");
    }
    return symbol->operand;
}

/* After '(': a cast, or an expression in parentheses. */
static wn_cr_operand read_parentheses(wn_cr_reader *r) {
    if (!wn_cr_starts_type(r)) {
        const wn_cr_operand inside = wn_cr_expression(r);
        wn_cr_expect(r, ')', "')'");
        return inside;
    }
    const wn_cr_type *type = wn_cr_type_name(r);
    wn_cr_expect(r, ')', "')'");
    return wn_cr_convert(r, read_unary(r), type);
}

static wn_cr_operand read_postfix(wn_cr_reader *r) {
    wn_cr_operand o;
    if (r->token.kind == WN_TOKEN_NUMBER) {
        o = wn_cr_number(r, &r->token);
        wn_cr_advance(r);
    } else if (r->token.kind == WN_TOKEN_NAME) {
        if (wn_token_is(&r->token, "sizeof")) {
            wn_cr_advance(r);
            return read_size(r);
        }
        o = read_name(r);
    } else if (wn_cr_accept(r, '(')) {
        o = read_parentheses(r);
    } else {
        wn_cr_fail(r, "an expression");
    }
    for (;;) {
        if (wn_cr_accept(r, '['))
            o = element(r, o);
        else if (wn_cr_accept(r, '.'))
            o = member(r, o);
        else if (wn_cr_accept(r, WN_MARK2('+', '+')))
            o = step(r, o, true, true);
        else if (wn_cr_accept(r, WN_MARK2('-', '-')))
            o = step(r, o, false, true);
        else
            return o;
    }
}

static wn_cr_operand negate(wn_cr_reader *r, wn_cr_operand o) {
    o = wn_cr_value_of(r, o);
    if (o.type->kind == WN_CR_REAL)
        return (wn_cr_operand){o.type, LLVMBuildFNeg(builder(r), o.v, ""), false};
    return wn_cr_binary(r, '-', wn_cr_integer(r, wn_cr_int(r, 32, true), 0), o);
}

static wn_cr_operand complement(wn_cr_reader *r, wn_cr_operand o) {
    o = wn_cr_binary(r, '|', o, wn_cr_integer(r, wn_cr_int(r, 32, true), 0)); /* promotes */
    return (wn_cr_operand){o.type, LLVMBuildNot(builder(r), o.v, ""), false};
}

static wn_cr_operand dereference(wn_cr_reader *r, wn_cr_operand o) {
    o = wn_cr_value_of(r, o);
    if (o.type->kind != WN_CR_POINTER)
        wn_cr_fail(r, "a pointer after '*'");
    return (wn_cr_operand){o.type->of, o.v, true};
}

static wn_cr_operand read_unary(wn_cr_reader *r) {
    const unsigned mark = r->token.kind == WN_TOKEN_MARK ? r->token.mark : 0;
    const wn_cr_type *bit = wn_cr_int(r, 1, false);
    wn_cr_operand o;
    switch (mark) {
    case '-':
        wn_cr_advance(r);
        return negate(r, read_unary(r));
    case '~':
        wn_cr_advance(r);
        return complement(r, read_unary(r));
    case '*':
        wn_cr_advance(r);
        return dereference(r, read_unary(r));
    case '!':
        wn_cr_advance(r);
        return (wn_cr_operand){bit, LLVMBuildNot(builder(r), wn_cr_condition(r, read_unary(r)), ""),
                               false};
    case '&':
        wn_cr_advance(r);
        o = read_unary(r);
        if (!o.place)
            wn_cr_fail(r, "something that has an address");
        return (wn_cr_operand){wn_cr_pointer(r, o.type), o.v, false};
    case WN_MARK2('+', '+'):
        wn_cr_advance(r);
        return step(r, read_unary(r), true, false);
    case WN_MARK2('-', '-'):
        wn_cr_advance(r);
        return step(r, read_unary(r), false, false);
    }
    return read_postfix(r);
}

static int precedence(unsigned mark) {
    switch (mark) {
    case '*':
    case '/':
    case '%':
        return 10;
    case '+':
    case '-':
        return 9;
    case WN_MARK2('<', '<'):
    case WN_MARK2('>', '>'):
        return 8;
    case '<':
    case '>':
    case WN_MARK2('<', '='):
    case WN_MARK2('>', '='):
        return 7;
    case WN_MARK2('=', '='):
    case WN_MARK2('!', '='):
        return 6;
    case '&':
        return 5;
    case '^':
        return 4;
    case '|':
        return 3;
    case WN_MARK2('&', '&'):
        return 2;
    case WN_MARK2('|', '|'):
        return 1;
    }
    return 0;
}

static wn_cr_operand read_binary(wn_cr_reader *r, int least) {
    wn_cr_enter(r);
    wn_cr_operand left = read_unary(r);
    for (;;) {
        const unsigned mark = r->token.kind == WN_TOKEN_MARK ? r->token.mark : 0;
        const int tightness = precedence(mark);
        if (tightness == 0 || tightness < least)
            break;
        wn_cr_advance(r);
        left = wn_cr_value_of(r, left);
        left = wn_cr_binary(r, mark, left, read_binary(r, tightness + 1));
    }
    r->depth--;
    return left;
}

/* condition ? a : b. Both are computed. */
static wn_cr_operand read_conditional(wn_cr_reader *r) {
    const wn_cr_operand condition = read_binary(r, 1);
    if (!wn_cr_accept(r, '?'))
        return condition;
    LLVMValueRef bit = wn_cr_condition(r, condition);
    wn_cr_operand a = wn_cr_value_of(r, wn_cr_expression(r));
    wn_cr_expect(r, ':', "':'");
    wn_cr_operand b = wn_cr_value_of(r, read_conditional(r));
    if (a.type->kind != WN_CR_POINTER && a.type->kind != WN_CR_STRUCT) {
        const wn_cr_type *type = wn_cr_common(r, a.type, b.type);
        a = wn_cr_convert(r, a, type);
        b = wn_cr_convert(r, b, type);
    }
    return (wn_cr_operand){
        a.type, wn_llvm_flagged(r->unit, LLVMBuildSelect(builder(r), bit, a.v, b.v, "")), false};
}

/* The operator of "+=" and so on; 0: it is none. */
static unsigned compound(unsigned mark) {
    if (mark == WN_MARK3('<', '<', '=') || mark == WN_MARK3('>', '>', '='))
        return mark & 0xffff;
    const unsigned first = mark & 0xff;
    return mark >> 8 == '=' && strchr("+-*/%&|^", (int)first) ? first : 0;
}

wn_cr_operand wn_cr_assignment(wn_cr_reader *r) {
    const wn_cr_operand left = read_conditional(r);
    const unsigned mark = r->token.kind == WN_TOKEN_MARK ? r->token.mark : 0;
    if (mark != '=' && !compound(mark))
        return left;
    wn_cr_advance(r);
    const wn_cr_operand old = mark == '=' ? left : wn_cr_value_of(r, left);
    wn_cr_operand right = wn_cr_value_of(r, wn_cr_assignment(r));
    if (mark != '=')
        right = wn_cr_binary(r, compound(mark), old, right);
    assign(r, left, right);
    return right;
}

wn_cr_operand wn_cr_expression(wn_cr_reader *r) {
    wn_cr_enter(r);
    wn_cr_operand o = wn_cr_assignment(r);
    while (wn_cr_accept(r, ','))
        o = wn_cr_assignment(r);
    r->depth--;
    return o;
}

uint64_t wn_cr_constant(wn_cr_reader *r) {
    const wn_cr_operand o = wn_cr_value_of(r, read_conditional(r));
    LLVMValueRef v = r->lanes > 1 && LLVMIsConstant(o.v) ? LLVMGetAggregateElement(o.v, 0) : o.v;
    if (o.type->kind != WN_CR_INT || !v || !LLVMIsAConstantInt(v))
        wn_cr_fail(r, "an integer that is known");
    return o.type->is_signed ? (uint64_t)LLVMConstIntGetSExtValue(v) : LLVMConstIntGetZExtValue(v);
}

/* Calls. */
/* What GNU C has a word for and LLVM an intrinsic. fma is the one that is fused where that is fast,
 * which is when the text asks for it. */
static const char *intrinsic_of(const wn_token *name) {
    static const char *const table[][2] = {
        {"__builtin_fabsf", "llvm.fabs"},         {"__builtin_fabs", "llvm.fabs"},
        {"__builtin_copysignf", "llvm.copysign"}, {"__builtin_copysign", "llvm.copysign"},
        {"__builtin_fmaf", "llvm.fmuladd"},       {"__builtin_fma", "llvm.fmuladd"}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (wn_token_is(name, table[i][0]))
            return table[i][1];
    return NULL;
}

static wn_cr_operand call_intrinsic(wn_cr_reader *r, const char *name) {
    LLVMValueRef v[3];
    unsigned n = 0;
    const wn_cr_type *type = NULL;
    do {
        const wn_cr_operand argument = wn_cr_value_of(r, wn_cr_assignment(r));
        type = type ? type : argument.type;
        v[n++] = wn_cr_convert(r, argument, type).v;
    } while (n < 3 && wn_cr_accept(r, ','));
    wn_cr_expect(r, ')', "')'");
    return (wn_cr_operand){type, wn_llvm_intrinsic(r->unit, name, v, n), false};
}

/* The functions of math.h that templates call: of one number each. */
static wn_cr_symbol *declare_math(wn_cr_reader *r, const wn_token *name) {
    static const char *const known[] = {"sin", "cos", "exp", "tanh"};
    const bool single = name->length > 1 && name->text[name->length - 1] == 'f';
    bool found = false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        found |= strlen(known[i]) == name->length - single &&
                 memcmp(known[i], name->text, name->length - single) == 0;
    if (!found || r->lanes > 1)
        return NULL;
    const wn_cr_type *type = wn_cr_real(r, single ? 32 : 64);
    LLVMTypeRef parameter = type->llvm;
    wn_cr_symbol *f = wn_cr_declare(r, name, WN_CR_IS_FUNCTION, type);
    f->parameter[0] = type;
    f->n_parameters = 1;
    f->signature = LLVMFunctionType(type->llvm, &parameter, 1, false);
    f->function = LLVMGetNamedFunction(r->unit->module, f->name);
    if (f->function) /* declared in a block that has ended */
        return f;
    f->function = LLVMAddFunction(r->unit->module, f->name, f->signature);
    wn_llvm_plain_function(r->unit, f->function);
    wn_llvm_trait(r->unit, f->function, "memory", 0);
    return f;
}

wn_cr_operand wn_cr_call(wn_cr_reader *r, const wn_token *name) {
    const char *intrinsic = intrinsic_of(name);
    if (intrinsic)
        return call_intrinsic(r, intrinsic);
    wn_cr_symbol *f = wn_cr_find(r, name);
    if (!f)
        f = declare_math(r, name);
    if (!f || f->kind != WN_CR_IS_FUNCTION) {
        r->token = *name;
        wn_cr_fail(r, "a function that is known");
    }
    LLVMValueRef argument[WN_CR_PARAMETERS];
    const wn_cr_symbol callee = *f;
    for (unsigned i = 0; i < callee.n_parameters; i++) {
        if (i > 0)
            wn_cr_expect(r, ',', "another argument");
        argument[i] = wn_cr_convert(r, wn_cr_assignment(r), callee.parameter[i]).v;
    }
    wn_cr_expect(r, ')', "')'");
    LLVMValueRef v = LLVMBuildCall2(builder(r), callee.signature, callee.function, argument,
                                    callee.n_parameters, "");
    return (wn_cr_operand){callee.type, v, false};
}
