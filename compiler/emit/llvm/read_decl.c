/* The reader of C: declarations, functions, and the reader itself. */
#include <stdlib.h>
#include <string.h>

#include "compiler/emit/llvm/read.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

enum { DEEPEST = 200 };

static LLVMBuilderRef builder(const wn_cr_reader *r) {
    return r->unit->builder;
}

/* expected NULL: memory ran out. */
void wn_cr_fail(wn_cr_reader *r, const char *expected) {
    char found[48];
    const size_t n = r->token.length < sizeof found - 1 ? r->token.length : sizeof found - 1;
    memcpy(found, r->token.kind == WN_TOKEN_END ? "" : r->token.text,
           r->token.kind == WN_TOKEN_END ? 0 : n);
    found[r->token.kind == WN_TOKEN_END ? 0 : n] = '\0';
    if (!expected)
        wn_fail_memory(r->diag);
    else if (r->lexer.broken)
        wn_fail(r->diag, WANN_INPUT, "<generated C>", r->lexer.line, 0, "%s", r->lexer.broken);
    else
        wn_fail(
            r->diag, WANN_INPUT, "<generated C>", r->token.line, 0,
            "the LLVM backend reads the C of the built-in templates only: expected %s before '%s'",
            expected, found);
    longjmp(r->failed, expected ? WANN_INPUT : WANN_NO_MEMORY);
}

void wn_cr_advance(wn_cr_reader *r) {
    r->token = wn_lex_next(&r->lexer);
    if (r->lexer.broken)
        wn_cr_fail(r, "C");
}

bool wn_cr_accept(wn_cr_reader *r, unsigned mark) {
    if (r->token.kind != WN_TOKEN_MARK || r->token.mark != mark)
        return false;
    wn_cr_advance(r);
    return true;
}

bool wn_cr_accept_word(wn_cr_reader *r, const char *word) {
    if (r->token.kind != WN_TOKEN_NAME || !wn_token_is(&r->token, word))
        return false;
    wn_cr_advance(r);
    return true;
}

void wn_cr_expect(wn_cr_reader *r, unsigned mark, const char *what) {
    if (!wn_cr_accept(r, mark))
        wn_cr_fail(r, what);
}

void wn_cr_enter(wn_cr_reader *r) {
    if (++r->depth > DEEPEST)
        wn_cr_fail(r, "less nesting");
}

/* Initialisers. */

/* The bytes of a string literal, with a zero; escapes are those that wn_escape writes. */
static LLVMValueRef read_string(wn_cr_reader *r) {
    char *bytes = wn_arena_alloc(&r->arena, r->token.length + 1, 1);
    size_t n = 0;
    if (!bytes)
        wn_cr_fail(r, NULL);
    for (size_t i = 1; i + 1 < r->token.length; i++) {
        char c = r->token.text[i];
        if (c == '\\' && r->token.text[i + 1] >= '0' && r->token.text[i + 1] <= '7') {
            unsigned value = 0, digits = 0;
            for (; digits < 3 && r->token.text[i + 1] >= '0' && r->token.text[i + 1] <= '7';
                 digits++)
                value = value * 8 + (unsigned)(r->token.text[++i] - '0');
            c = (char)value;
        } else if (c == '\\') {
            c = r->token.text[++i];
            c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
        }
        bytes[n++] = c;
    }
    LLVMValueRef text = LLVMConstStringInContext(r->unit->context, bytes, (unsigned)n, false);
    LLVMValueRef global = LLVMAddGlobal(r->unit->module, LLVMTypeOf(text), "text");
    LLVMSetInitializer(global, text);
    LLVMSetGlobalConstant(global, true);
    LLVMSetLinkage(global, LLVMPrivateLinkage);
    LLVMSetUnnamedAddress(global, LLVMGlobalUnnamedAddr);
    LLVMSetAlignment(global, 1);
    wn_cr_advance(r);
    return global;
}

static LLVMValueRef read_elements(wn_cr_reader *r, const wn_cr_type *type) {
    LLVMValueRef *element = wn_arena_alloc(&r->arena, type->length + 1, sizeof *element);
    uint64_t n = 0;
    if (!element)
        wn_cr_fail(r, NULL);
    wn_cr_expect(r, '{', "'{'");
    while (r->token.mark != '}') {
        if (n == type->length)
            wn_cr_fail(r, "fewer elements");
        element[n++] = wn_cr_initialiser(r, type->of);
        if (!wn_cr_accept(r, ','))
            break;
    }
    wn_cr_expect(r, '}', "'}'");
    for (; n < type->length; n++)
        element[n] = LLVMConstNull(type->of->llvm);
    return LLVMConstArray2(type->of->llvm, element, type->length);
}

/* A constant of a type. */
LLVMValueRef wn_cr_initialiser(wn_cr_reader *r, const wn_cr_type *type) {
    if (type->kind == WN_CR_ARRAY)
        return read_elements(r, type);
    if (type->kind == WN_CR_POINTER && r->token.kind == WN_TOKEN_STRING)
        return read_string(r);
    if (type->kind == WN_CR_POINTER) {
        if (wn_cr_constant(r) != 0)
            wn_cr_fail(r, "a string");
        return LLVMConstNull(type->llvm);
    }
    LLVMValueRef v = wn_cr_convert(r, wn_cr_assignment(r), type).v;
    if (!LLVMIsConstant(v))
        wn_cr_fail(r, "a constant");
    return v;
}

/* Variables. */

/* Room on the stack, taken where the function begins, whatever loop the declaration is in. */
LLVMValueRef wn_cr_local(wn_cr_reader *r, const wn_cr_type *type, const wn_token *name) {
    LLVMBasicBlockRef here = LLVMGetInsertBlock(builder(r)),
                      entry = LLVMGetEntryBasicBlock(r->function);
    LLVMValueRef first = LLVMGetFirstInstruction(entry);
    char text[64];
    const size_t n = name->length < sizeof text - 1 ? name->length : sizeof text - 1;
    memcpy(text, name->text, n);
    text[n] = '\0';
    if (first)
        LLVMPositionBuilderBefore(builder(r), first);
    else
        LLVMPositionBuilderAtEnd(builder(r), entry);
    LLVMValueRef place = LLVMBuildAlloca(builder(r), type->llvm, text);
    LLVMPositionBuilderAtEnd(builder(r), here);
    return place;
}

static const wn_cr_type *read_bounds(wn_cr_reader *r, const wn_cr_type *type) {
    if (!wn_cr_accept(r, '['))
        return type;
    const uint64_t length = wn_cr_constant(r);
    wn_cr_expect(r, ']', "']'");
    return wn_cr_array(r, read_bounds(r, type), length);
}

/* static const: one for the whole module. */
static wn_cr_operand constant_variable(wn_cr_reader *r, const wn_cr_type *type, const char *name,
                                       bool is_static) {
    wn_cr_expect(r, '=', "'='");
    LLVMValueRef v = wn_cr_initialiser(r, type);
    if (type->kind != WN_CR_ARRAY)
        return (wn_cr_operand){type, v, false};
    LLVMValueRef global = LLVMAddGlobal(r->unit->module, type->llvm, name);
    LLVMSetInitializer(global, v);
    LLVMSetGlobalConstant(global, true);
    if (is_static) {
        LLVMSetLinkage(global, LLVMPrivateLinkage);
        LLVMSetUnnamedAddress(global, LLVMGlobalUnnamedAddr);
    }
    return (wn_cr_operand){type, global, true};
}

/* A local that never changes is its value; others get room. */
static wn_cr_operand local_variable(wn_cr_reader *r, const wn_cr_type *type, const wn_token *name) {
    const bool has_value = wn_cr_accept(r, '=');
    if (has_value && type->is_const && type->kind != WN_CR_ARRAY)
        return wn_cr_convert(r, wn_cr_assignment(r), type);
    const wn_cr_operand place = {type, wn_cr_local(r, type, name), true};
    if (has_value)
        LLVMBuildStore(builder(r), wn_cr_convert(r, wn_cr_assignment(r), type).v, place.v);
    return place;
}

static void read_variable(wn_cr_reader *r, const wn_cr_type *base, bool is_static,
                          bool in_function) {
    const wn_cr_type *type = wn_cr_stars(r, base);
    const wn_token name = r->token;
    if (name.kind != WN_TOKEN_NAME)
        wn_cr_fail(r, "a name");
    wn_cr_advance(r);
    type = read_bounds(r, type);
    wn_cr_symbol *symbol = wn_cr_declare(r, &name, WN_CR_IS_OPERAND, type);
    const size_t index = (size_t)(symbol - r->symbol);
    const char *text = symbol->name;
    const wn_cr_operand operand = in_function && !is_static
                                      ? local_variable(r, type, &name)
                                      : constant_variable(r, type, text, is_static);
    r->symbol[index].operand = operand;
}

static void skip_attribute(wn_cr_reader *r) {
    int depth = 0;
    do {
        depth += (r->token.mark == '(') - (r->token.mark == ')');
        wn_cr_advance(r);
    } while (depth > 0 && r->token.kind != WN_TOKEN_END);
}

/* Functions. */
typedef struct wn_cr_traits {
    bool is_static, is_inline, no_inline, is_extern;
} traits;

static traits read_traits(wn_cr_reader *r) {
    traits t = {false, false, false, false};
    for (;;) {
        if (wn_cr_accept_word(r, "static"))
            t.is_static = true;
        else if (wn_cr_accept_word(r, "inline"))
            t.is_inline = true;
        else if (wn_cr_accept_word(r, "extern"))
            t.is_extern = true;
        else if (wn_cr_accept_word(r, "__attribute__")) {
            t.no_inline = true; /* the only attribute that templates give functions */
            skip_attribute(r);
        } else
            return t;
    }
}

static void read_parameters(wn_cr_reader *r, wn_cr_symbol *f, wn_token *name) {
    if (wn_cr_accept_word(r, "void")) {
        wn_cr_expect(r, ')', "')'");
        return;
    }
    do {
        const wn_cr_type *type = wn_cr_type_name(r);
        if (f->n_parameters == WN_CR_PARAMETERS || r->token.kind != WN_TOKEN_NAME)
            wn_cr_fail(r, "the name of a parameter");
        name[f->n_parameters] = r->token;
        wn_cr_advance(r);
        if (wn_cr_accept(r, '[')) {
            if (r->token.mark != ']')
                wn_cr_constant(r);
            wn_cr_expect(r, ']', "']'");
            type = wn_cr_pointer(r, type);
        }
        f->parameter[f->n_parameters++] = type;
    } while (wn_cr_accept(r, ','));
    wn_cr_expect(r, ')', "')'");
}

static void add_function(wn_cr_reader *r, wn_cr_symbol *f, traits t) {
    LLVMTypeRef parameter[WN_CR_PARAMETERS];
    char name[256];
    size_t n = 0;
    for (unsigned i = 0; i < f->n_parameters; i++)
        parameter[i] = f->parameter[i]->llvm;
    f->signature = LLVMFunctionType(f->type->llvm, parameter, f->n_parameters, false);
    for (; f->name[n] && n < 200; n++)
        name[n] = f->name[n];
    for (size_t i = 0; t.is_static && r->suffix[i] && n < 250; i++)
        name[n++] = r->suffix[i];
    name[n] = '\0';
    f->function = LLVMGetNamedFunction(r->unit->module, name);
    if (f->function)
        return;
    f->function = LLVMAddFunction(r->unit->module, name, f->signature);
    wn_llvm_plain_function(r->unit, f->function);
    if (t.is_static)
        LLVMSetLinkage(f->function, LLVMInternalLinkage);
    if (t.no_inline)
        wn_llvm_trait(r->unit, f->function, "noinline", 0);
    else if (t.is_inline && r->unit->options.inline_kernels)
        wn_llvm_trait(r->unit, f->function, "alwaysinline", 0);
}

/* Parameters that are never assigned to would not need room; mem2reg sees to that. */
static void bind_parameters(wn_cr_reader *r, const wn_cr_symbol *f, const wn_token *name) {
    for (unsigned i = 0; i < f->n_parameters; i++) {
        const wn_cr_type *type = f->parameter[i];
        LLVMValueRef v = LLVMGetParam(f->function, i);
        LLVMValueRef place = wn_cr_local(r, type, &name[i]);
        LLVMBuildStore(builder(r), v, place);
        wn_cr_declare(r, &name[i], WN_CR_IS_OPERAND, type)->operand =
            (wn_cr_operand){type, place, true};
    }
}

static void skip_body(wn_cr_reader *r) {
    for (int depth = 1; depth > 0; wn_cr_advance(r)) {
        if (r->token.kind == WN_TOKEN_END)
            wn_cr_fail(r, "'}'");
        if (r->token.kind == WN_TOKEN_MARK)
            depth += (r->token.mark == '{') - (r->token.mark == '}');
    }
}

static void read_function_body(wn_cr_reader *r, const wn_cr_symbol *symbol, const wn_token *name) {
    const size_t outer = r->n_symbols;
    const wn_cr_symbol f = *symbol;
    r->function = f.function;
    r->result = f.type;
    LLVMPositionBuilderAtEnd(builder(r),
                             LLVMAppendBasicBlockInContext(r->unit->context, f.function, "entry"));
    bind_parameters(r, &f, name);
    wn_cr_block(r);
    if (!wn_cr_ended(r)) {
        if (f.type->kind == WN_CR_VOID)
            LLVMBuildRetVoid(builder(r));
        else
            LLVMBuildUnreachable(builder(r));
    }
    r->n_symbols = outer;
}

/* After the '(' that follows its name. */
static void read_function(wn_cr_reader *r, const wn_cr_type *type, const wn_token *name, traits t) {
    wn_token parameter[WN_CR_PARAMETERS];
    wn_cr_symbol *known = wn_cr_find(r, name), *f = known;
    if (!known)
        f = wn_cr_declare(r, name, WN_CR_IS_FUNCTION, type);
    if (f->kind != WN_CR_IS_FUNCTION)
        wn_cr_fail(r, "a name that is free");
    f->n_parameters = 0;
    read_parameters(r, f, parameter);
    add_function(r, f, t);
    for (unsigned i = 0; i < f->n_parameters; i++) /* whoever lowers the body finds them by name */
        LLVMSetValueName2(LLVMGetParam(f->function, i), parameter[i].text, parameter[i].length);
    if (wn_cr_accept(r, ';'))
        return;
    wn_cr_expect(r, '{', "';' or '{'");
    if (LLVMCountBasicBlocks(f->function) > 0)
        skip_body(r);
    else
        read_function_body(r, f, parameter);
}

static void read_typedef(wn_cr_reader *r) {
    const wn_cr_type *type = wn_cr_type_name(r);
    const wn_token name = r->token;
    if (name.kind != WN_TOKEN_NAME)
        wn_cr_fail(r, "a name");
    wn_cr_advance(r);
    wn_cr_declare(r, &name, WN_CR_IS_TYPE, read_bounds(r, type));
    wn_cr_expect(r, ';', "';'");
}

/* A declaration without what it declares, or what it declares is a function? Decided after the
 * name. */
void wn_cr_declaration(wn_cr_reader *r, bool in_function) {
    const traits t = read_traits(r);
    const wn_cr_type *base = wn_cr_base_type(r);
    if (wn_cr_accept(r, ';'))
        return;
    if (!in_function) {
        wn_lexer lexer = r->lexer;
        const wn_token token = r->token;
        const wn_cr_type *type = wn_cr_stars(r, base);
        const wn_token name = r->token;
        wn_cr_advance(r);
        if (name.kind == WN_TOKEN_NAME && wn_cr_accept(r, '(')) {
            read_function(r, type, &name, t);
            return;
        }
        r->lexer = lexer;
        r->token = token;
    }
    if (t.is_extern) { /* declared only: the definition follows */
        while (!wn_cr_accept(r, ';'))
            wn_cr_advance(r);
        return;
    }
    do
        read_variable(r, base, t.is_static, in_function);
    while (wn_cr_accept(r, ','));
    wn_cr_expect(r, ';', "';'");
}

wann_status wn_cr_open(wn_cr_reader *r, wn_llvm_unit *unit, unsigned lanes, const char *suffix,
                       wann_diag *diag) {
    *r = (wn_cr_reader){.unit = unit, .lanes = lanes, .suffix = suffix, .diag = diag};
    r->symbol = WN_NEW(&r->arena, wn_cr_symbol, WN_CR_SYMBOLS);
    return r->symbol ? WANN_OK : wn_fail_memory(diag);
}

void wn_cr_close(wn_cr_reader *r) {
    wn_arena_free(&r->arena);
}

wann_status wn_cr_read(wn_cr_reader *r, const char *text) {
    const int failure = setjmp(r->failed);
    if (failure)
        return (wann_status)failure;
    wn_lex_start(&r->lexer, text);
    r->lexer.define = wn_cr_define_macro;
    r->lexer.ctx = r;
    r->depth = 0;
    wn_cr_advance(r);
    while (r->token.kind != WN_TOKEN_END) {
        if (wn_cr_accept_word(r, "typedef"))
            read_typedef(r);
        else
            wn_cr_declaration(r, false);
    }
    return WANN_OK;
}
