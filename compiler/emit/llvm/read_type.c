/* The reader of C: types and symbols. */
#include <string.h>

#include "compiler/emit/llvm/read.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

static void *get(wn_cr_reader *r, size_t n, size_t size) {
    void *memory = wn_arena_alloc(&r->arena, n, size);
    if (!memory)
        wn_cr_fail(r, NULL);
    return memory;
}

static wn_cr_type *new_type(wn_cr_reader *r, wn_cr_kind kind, LLVMTypeRef llvm) {
    wn_cr_type *type = get(r, 1, sizeof *type);
    type->kind = kind;
    type->llvm = llvm;
    return type;
}

/* The type of a number: a vector of them in a reader of lanes. */
static LLVMTypeRef in_lanes(const wn_cr_reader *r, LLVMTypeRef type) {
    return r->lanes > 1 ? LLVMVectorType(type, r->lanes) : type;
}

const wn_cr_type *wn_cr_void(wn_cr_reader *r) {
    return new_type(r, WN_CR_VOID, LLVMVoidTypeInContext(r->unit->context));
}

const wn_cr_type *wn_cr_real(wn_cr_reader *r, unsigned bits) {
    LLVMContextRef context = r->unit->context;
    wn_cr_type *type = new_type(r, WN_CR_REAL,
                                in_lanes(r, bits == 32 ? LLVMFloatTypeInContext(context)
                                                       : LLVMDoubleTypeInContext(context)));
    type->bits = bits;
    return type;
}

const wn_cr_type *wn_cr_int(wn_cr_reader *r, unsigned bits, bool is_signed) {
    wn_cr_type *type =
        new_type(r, WN_CR_INT, in_lanes(r, LLVMIntTypeInContext(r->unit->context, bits)));
    type->bits = bits;
    type->is_signed = is_signed;
    return type;
}

const wn_cr_type *wn_cr_pointer(wn_cr_reader *r, const wn_cr_type *of) {
    wn_cr_type *type = new_type(r, WN_CR_POINTER, LLVMPointerTypeInContext(r->unit->context, 0));
    type->of = of;
    return type;
}

const wn_cr_type *wn_cr_array(wn_cr_reader *r, const wn_cr_type *of, uint64_t length) {
    wn_cr_type *type = new_type(r, WN_CR_ARRAY, LLVMArrayType2(of->llvm, length));
    type->of = of;
    type->length = length;
    type->is_const = of->is_const;
    return type;
}

const wn_cr_type *wn_cr_const(wn_cr_reader *r, const wn_cr_type *type) {
    wn_cr_type *copy = get(r, 1, sizeof *copy);
    *copy = *type;
    copy->is_const = true;
    return copy;
}

static const wn_cr_type *find_type(const wn_cr_reader *r) {
    const wn_cr_symbol *symbol = r->token.kind == WN_TOKEN_NAME ? wn_cr_find(r, &r->token) : NULL;
    return symbol && symbol->kind == WN_CR_IS_TYPE ? symbol->type : NULL;
}

static bool is_type_word(const wn_token *token) {
    static const char *const words[] = {"void",  "float",  "double", "int",      "char",
                                        "short", "long",   "signed", "unsigned", "size_t",
                                        "const", "struct", "union",  "enum"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (wn_token_is(token, words[i]))
            return true;
    return false;
}

bool wn_cr_starts_type(const wn_cr_reader *r) {
    return is_type_word(&r->token) || find_type(r);
}

static void read_member(wn_cr_reader *r, wn_cr_type *type) {
    const wn_cr_type *member = wn_cr_type_name(r);
    if (r->token.kind != WN_TOKEN_NAME || type->n_members == 8)
        wn_cr_fail(r, "a member");
    const unsigned index = type->n_members++;
    type->members[index] = (wn_cr_member){r->token, member, type->is_union ? 0 : index};
    wn_cr_advance(r);
    wn_cr_expect(r, ';', "';'");
}

/* After struct or union. A union is memory for its first member; all of them are of one size here.
 */
static const wn_cr_type *read_members(wn_cr_reader *r, bool is_union) {
    if (r->token.kind == WN_TOKEN_NAME) /* tags are not looked up: templates use typedefs */
        wn_cr_advance(r);
    wn_cr_expect(r, '{', "'{'");
    wn_cr_type *type = new_type(r, WN_CR_STRUCT, NULL);
    type->is_union = is_union;
    type->members = get(r, 8, sizeof *type->members);
    while (!wn_cr_accept(r, '}'))
        read_member(r, type);
    LLVMTypeRef member[8];
    if (type->n_members == 0)
        wn_cr_fail(r, "a member");
    for (unsigned i = 0; i < type->n_members; i++)
        member[i] = type->members[i].type->llvm;
    type->llvm =
        LLVMStructTypeInContext(r->unit->context, member, is_union ? 1 : type->n_members, false);
    return type;
}

static const wn_cr_type *read_enum(wn_cr_reader *r) {
    const wn_cr_type *type = wn_cr_int(r, 32, true);
    uint64_t value = 0;
    wn_cr_expect(r, '{', "'{'");
    while (r->token.kind == WN_TOKEN_NAME) {
        const wn_token name = r->token;
        wn_cr_advance(r);
        if (wn_cr_accept(r, '='))
            value = wn_cr_constant(r);
        wn_cr_declare(r, &name, WN_CR_IS_OPERAND, type)->operand = wn_cr_integer(r, type, value++);
        if (!wn_cr_accept(r, ','))
            break;
    }
    wn_cr_expect(r, '}', "'}'");
    return type;
}

/* "unsigned long long" and so on, in any order. */
static const wn_cr_type *read_integer(wn_cr_reader *r) {
    const unsigned long_bits = LLVMPointerSize(r->unit->layout) * 8;
    unsigned bits = 32, longs = 0;
    bool is_signed = true;
    for (;; wn_cr_advance(r)) {
        if (wn_token_is(&r->token, "unsigned"))
            is_signed = false;
        else if (wn_token_is(&r->token, "long"))
            bits = ++longs == 1 ? long_bits : 64;
        else if (wn_token_is(&r->token, "short"))
            bits = 16;
        else if (wn_token_is(&r->token, "char"))
            bits = 8;
        else if (!wn_token_is(&r->token, "int") && !wn_token_is(&r->token, "signed"))
            return wn_cr_int(r, bits, is_signed);
    }
}

static const wn_cr_type *read_unqualified(wn_cr_reader *r) {
    const wn_cr_type *named = find_type(r);
    if (named)
        wn_cr_advance(r);
    if (named)
        return named;
    if (wn_cr_accept_word(r, "void"))
        return wn_cr_void(r);
    if (wn_cr_accept_word(r, "float"))
        return wn_cr_real(r, 32);
    if (wn_cr_accept_word(r, "double"))
        return wn_cr_real(r, 64);
    if (wn_cr_accept_word(r, "size_t"))
        return wn_cr_int(r, LLVMPointerSize(r->unit->layout) * 8, false);
    if (wn_cr_accept_word(r, "struct"))
        return read_members(r, false);
    if (wn_cr_accept_word(r, "union"))
        return read_members(r, true);
    if (wn_cr_accept_word(r, "enum"))
        return read_enum(r);
    if (!is_type_word(&r->token))
        wn_cr_fail(r, "a type");
    return read_integer(r);
}

const wn_cr_type *wn_cr_base_type(wn_cr_reader *r) {
    bool is_const = wn_cr_accept_word(r, "const");
    const wn_cr_type *type = read_unqualified(r);
    is_const |= wn_cr_accept_word(r, "const");
    return is_const ? wn_cr_const(r, type) : type;
}

const wn_cr_type *wn_cr_stars(wn_cr_reader *r, const wn_cr_type *type) {
    while (wn_cr_accept(r, '*')) {
        type = wn_cr_pointer(r, type);
        if (wn_cr_accept_word(r, "const"))
            type = wn_cr_const(r, type);
    }
    return type;
}

const wn_cr_type *wn_cr_type_name(wn_cr_reader *r) {
    return wn_cr_stars(r, wn_cr_base_type(r));
}

/* Symbols: a stack, so that inner ones hide outer ones and end with their block. */
wn_cr_symbol *wn_cr_find(const wn_cr_reader *r, const wn_token *name) {
    for (size_t i = r->n_symbols; i-- > 0;) {
        wn_cr_symbol *symbol = &r->symbol[i];
        if (symbol->length == name->length && memcmp(symbol->name, name->text, name->length) == 0)
            return symbol;
    }
    return NULL;
}

/* Names are copied: text that was read may go. */
wn_cr_symbol *wn_cr_declare(wn_cr_reader *r, const wn_token *name, wn_cr_symbol_kind kind,
                            const wn_cr_type *type) {
    if (r->n_symbols == WN_CR_SYMBOLS)
        wn_cr_fail(r, "fewer names");
    const char *copy = wn_arena_copy(&r->arena, name->text, name->length);
    if (!copy)
        wn_cr_fail(r, NULL);
    wn_cr_symbol *symbol = &r->symbol[r->n_symbols++];
    *symbol = (wn_cr_symbol){.name = copy, .length = name->length, .kind = kind, .type = type};
    return symbol;
}

void wn_cr_define_macro(void *ctx, const wn_token *name, const wn_token *value) {
    wn_cr_reader *r = ctx;
    const wn_cr_operand number = wn_cr_number(r, value);
    wn_cr_declare(r, name, WN_CR_IS_OPERAND, number.type)->operand = number;
}

const wn_cr_symbol *wn_cr_function(const wn_cr_reader *r, const char *name) {
    const wn_token token = {WN_TOKEN_NAME, name, strlen(name), 0, 0};
    const wn_cr_symbol *symbol = wn_cr_find(r, &token);
    return symbol && symbol->kind == WN_CR_IS_FUNCTION ? symbol : NULL;
}
