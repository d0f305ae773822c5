/* The reader of C: statements. */
#include "compiler/emit/llvm/read.h"

static void read_statement(wn_cr_reader *r);

static LLVMBuilderRef builder(const wn_cr_reader *r) {
    return r->unit->builder;
}

static LLVMBasicBlockRef new_block(wn_cr_reader *r, const char *name) {
    return LLVMAppendBasicBlockInContext(r->unit->context, r->function, name);
}

bool wn_cr_ended(const wn_cr_reader *r) {
    return LLVMGetBasicBlockTerminator(LLVMGetInsertBlock(builder(r))) != NULL;
}

/* Go on in a block, which the present one runs into unless it has its end. */
static void go_on(wn_cr_reader *r, LLVMBasicBlockRef block) {
    if (!wn_cr_ended(r))
        LLVMBuildBr(builder(r), block);
    LLVMPositionBuilderAtEnd(builder(r), block);
}

/* Leave for a block; what follows in the text cannot be reached. */
static void leave(wn_cr_reader *r, LLVMBasicBlockRef to, const char *outside) {
    if (!to)
        wn_cr_fail(r, outside);
    wn_cr_expect(r, ';', "';'");
    LLVMBuildBr(builder(r), to);
    LLVMPositionBuilderAtEnd(builder(r), new_block(r, "dead"));
}

static LLVMValueRef read_condition(wn_cr_reader *r) {
    if (r->lanes > 1)
        wn_cr_fail(r, "no statement that decides where numbers are vectors");
    wn_cr_expect(r, '(', "'('");
    LLVMValueRef condition = wn_cr_condition(r, wn_cr_expression(r));
    wn_cr_expect(r, ')', "')'");
    return condition;
}

static void read_if(wn_cr_reader *r) {
    LLVMValueRef condition = read_condition(r);
    LLVMBasicBlockRef then = new_block(r, "then"), otherwise = new_block(r, "else"),
                      after = new_block(r, "after");
    LLVMBuildCondBr(builder(r), condition, then, otherwise);
    LLVMPositionBuilderAtEnd(builder(r), then);
    read_statement(r);
    if (!wn_cr_ended(r))
        LLVMBuildBr(builder(r), after);
    LLVMPositionBuilderAtEnd(builder(r), otherwise);
    if (wn_cr_accept_word(r, "else"))
        read_statement(r);
    go_on(r, after);
}

/* The body of a loop; break and continue are for it. */
static void read_body(wn_cr_reader *r, LLVMBasicBlockRef next, LLVMBasicBlockRef after) {
    LLVMBasicBlockRef on_break = r->on_break, on_continue = r->on_continue;
    r->on_break = after;
    r->on_continue = next;
    read_statement(r);
    r->on_break = on_break;
    r->on_continue = on_continue;
}

static void read_while(wn_cr_reader *r) {
    LLVMBasicBlockRef test = new_block(r, "test"), body = new_block(r, "body"),
                      after = new_block(r, "after");
    go_on(r, test);
    LLVMBuildCondBr(builder(r), read_condition(r), body, after);
    LLVMPositionBuilderAtEnd(builder(r), body);
    read_body(r, test, after);
    go_on(r, test);
    LLVMPositionBuilderAtEnd(builder(r), after);
}

static void read_do(wn_cr_reader *r) {
    LLVMBasicBlockRef body = new_block(r, "body"), test = new_block(r, "test"),
                      after = new_block(r, "after");
    go_on(r, body);
    read_body(r, test, after);
    go_on(r, test);
    if (!wn_cr_accept_word(r, "while"))
        wn_cr_fail(r, "'while'");
    LLVMBuildCondBr(builder(r), read_condition(r), body, after);
    wn_cr_expect(r, ';', "';'");
    LLVMPositionBuilderAtEnd(builder(r), after);
}

/* The step of a for loop stands before its body but comes after it: it goes into a block of its
 * own. */
static void read_for(wn_cr_reader *r) {
    LLVMBasicBlockRef test = new_block(r, "test"), step = new_block(r, "step"),
                      body = new_block(r, "body"), after = new_block(r, "after");
    if (r->lanes > 1)
        wn_cr_fail(r, "no loop where numbers are vectors");
    wn_cr_expect(r, '(', "'('");
    if (r->token.mark != ';')
        wn_cr_expression(r);
    wn_cr_expect(r, ';', "';'");
    go_on(r, test);
    LLVMBuildCondBr(builder(r), wn_cr_condition(r, wn_cr_expression(r)), body, after);
    wn_cr_expect(r, ';', "';'");
    LLVMPositionBuilderAtEnd(builder(r), step);
    if (r->token.mark != ')')
        wn_cr_expression(r);
    LLVMBuildBr(builder(r), test);
    wn_cr_expect(r, ')', "')'");
    LLVMPositionBuilderAtEnd(builder(r), body);
    read_body(r, step, after);
    go_on(r, step);
    LLVMPositionBuilderAtEnd(builder(r), after);
}

static void read_switch(wn_cr_reader *r) {
    LLVMBasicBlockRef on_break = r->on_break, on_default = r->on_default, after;
    LLVMValueRef on_case = r->on_case;
    if (r->lanes > 1)
        wn_cr_fail(r, "no switch where numbers are vectors");
    wn_cr_expect(r, '(', "'('");
    const wn_cr_operand value = wn_cr_convert(r, wn_cr_expression(r), wn_cr_int(r, 32, true));
    wn_cr_expect(r, ')', "')'");
    r->on_default = new_block(r, "default");
    r->on_break = after = new_block(r, "after");
    r->on_case = LLVMBuildSwitch(builder(r), value.v, r->on_default, 8);
    LLVMPositionBuilderAtEnd(builder(r), new_block(r, "dead"));
    read_statement(r);
    go_on(r, after);
    if (!LLVMGetBasicBlockTerminator(r->on_default) && !LLVMGetFirstInstruction(r->on_default)) {
        LLVMPositionBuilderAtEnd(builder(r), r->on_default);
        LLVMBuildBr(builder(r), after);
        LLVMPositionBuilderAtEnd(builder(r), after);
    }
    r->on_break = on_break;
    r->on_default = on_default;
    r->on_case = on_case;
}

static void read_case(wn_cr_reader *r) {
    if (!r->on_case)
        wn_cr_fail(r, "a switch around 'case'");
    const uint64_t number = wn_cr_constant(r);
    wn_cr_expect(r, ':', "':'");
    LLVMBasicBlockRef block = new_block(r, "case");
    LLVMAddCase(r->on_case, LLVMConstInt(LLVMInt32TypeInContext(r->unit->context), number, true),
                block);
    go_on(r, block);
}

static void read_return(wn_cr_reader *r) {
    if (r->result->kind == WN_CR_VOID)
        LLVMBuildRetVoid(builder(r));
    else
        LLVMBuildRet(builder(r), wn_cr_convert(r, wn_cr_expression(r), r->result).v);
    wn_cr_expect(r, ';', "';'");
    LLVMPositionBuilderAtEnd(builder(r), new_block(r, "dead"));
}

/* Statements that begin with a word; false: it is none of them. */
static bool read_keyword(wn_cr_reader *r) {
    static const struct {
        const char *word;
        void (*read)(wn_cr_reader *r);
    } keywords[] = {{"if", read_if},        {"for", read_for},   {"while", read_while},
                    {"do", read_do},        {"case", read_case}, {"switch", read_switch},
                    {"return", read_return}};
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (wn_cr_accept_word(r, keywords[i].word)) {
            keywords[i].read(r);
            return true;
        }
    if (wn_cr_accept_word(r, "break"))
        leave(r, r->on_break, "a loop or switch around 'break'");
    else if (wn_cr_accept_word(r, "continue"))
        leave(r, r->on_continue, "a loop around 'continue'");
    else
        return false;
    return true;
}

static void read_statement(wn_cr_reader *r) {
    wn_cr_enter(r);
    if (wn_cr_accept(r, '{')) {
        wn_cr_block(r);
    } else if (wn_cr_starts_type(r) || wn_token_is(&r->token, "static")) {
        wn_cr_declaration(r, true);
    } else if (!wn_cr_accept(r, ';') && !read_keyword(r)) {
        wn_cr_expression(r);
        wn_cr_expect(r, ';', "';'");
    }
    r->depth--;
}

void wn_cr_block(wn_cr_reader *r) {
    const size_t outer = r->n_symbols;
    while (!wn_cr_accept(r, '}'))
        read_statement(r);
    r->n_symbols = outer;
}
