/* The textual IR: what is printed reads back as the same list, and what is wrong is pointed at. */
#include <math.h>
#include <stdbool.h>

#include "compiler/ir.h"
#include "runtime/base/rng.h"
#include "support/test.h"

enum { LISTS = 400 };

static double draw_constant(wn_rng *rng, const wn_ir *ir) {
    static const double special[] = {
        0.0, -0.0, 1.0, -1.5, 5e-324, 1e308, 1e-45, 0.1, (double)INFINITY};
    const uint64_t pick = wn_rng_below(rng, 20);
    const double value = pick < 9 ? special[pick] : wn_rng_normal(rng);
    return wn_ir_round(ir, value);
}

static wn_value draw_earlier(wn_rng *rng, const wn_ir *ir) {
    wn_value v;
    do
        v = (wn_value)wn_rng_below(rng, ir->n_insts);
    while (ir->inst[v].op == WN_OP_OUTPUT);
    return v;
}

static wn_inst draw_inst(wn_rng *rng, const wn_ir *ir) {
    const uint32_t node = wn_rng_below(rng, 3) ? (uint32_t)wn_rng_below(rng, 1000) : WN_NO_NODE;
    const wn_op op = (wn_op)wn_rng_below(rng, WN_OP_OUTPUT);
    if (op == WN_OP_INPUT)
        return wn_inst_input((uint32_t)wn_rng_below(rng, ir->n_inputs), node);
    wn_inst inst = wn_inst_const(op == WN_OP_CONST ? draw_constant(rng, ir) : 0, node);
    inst.op = (uint8_t)op;
    inst.activation = wn_inst_activates(&inst) ? (uint8_t)(1 + wn_rng_below(rng, 11)) : 0;
    for (unsigned a = 0; a < wn_op_operands(op); a++)
        inst.arg[a] = draw_earlier(rng, ir);
    if (op == WN_OP_SCALED)
        inst.arg[1] = 0; /* the weight */
    if (wn_inst_activates(&inst) && wn_rng_below(rng, 2))
        inst.pack = ir->n_insts + 1; /* of its own */
    return inst;
}

static wn_ir draw_ir(wn_rng *rng) {
    wn_ir ir = {.real = wn_rng_below(rng, 2) ? WANN_DOUBLE : WANN_FLOAT};
    ir.n_inputs = 1 + (uint32_t)wn_rng_below(rng, 9);
    ir.n_outputs = 1 + (uint32_t)wn_rng_below(rng, 5);
    wn_ir_append(&ir, wn_inst_weight());
    for (uint64_t n = wn_rng_below(rng, 60); n > 0; n--)
        wn_ir_append(&ir, draw_inst(rng, &ir));
    for (uint32_t o = 0; o < ir.n_outputs; o++)
        wn_ir_append(&ir, wn_inst_output(ir.n_outputs - 1 - o, draw_earlier(rng, &ir), o));
    return ir;
}

static bool same_inst(const wn_inst *a, const wn_inst *b) {
    return a->op == b->op && a->activation == b->activation && a->index == b->index &&
           a->node == b->node && a->pack == b->pack && memcmp(a->arg, b->arg, sizeof a->arg) == 0 &&
           memcmp(&a->value, &b->value, sizeof a->value) == 0;
}

static void printed_reads_back(void) {
    for (uint64_t i = 0; i < LISTS; i++) {
        wn_rng rng = wn_rng_stream(31, i, 0, 0);
        wn_ir ir = draw_ir(&rng), again;
        wn_buf text = {0};
        wann_diag diag = {0};
        wn_ir_print(&ir, &text);
        const wann_status status = wn_ir_parse(text.data, "text", &again, &diag);
        CHECK_MSG(status == WANN_OK, "list %d, line %d: %s", (int)i, diag.line, diag.text);
        CHECK(again.real == ir.real && again.n_inputs == ir.n_inputs &&
              again.n_outputs == ir.n_outputs);
        CHECK(again.n_insts == ir.n_insts);
        for (uint32_t k = 0; k < ir.n_insts && k < again.n_insts; k++)
            CHECK_MSG(same_inst(&ir.inst[k], &again.inst[k]), "list %d, %%%u of\n%s", (int)i, k,
                      text.data);
        wn_buf_free(&text);
        wn_ir_free(&ir);
        wn_ir_free(&again);
    }
}

static void blanks_and_comments_mean_nothing(void) {
    static const char text[] =
        "; first\n\n  \t\n wann-ir 1 \tdouble  inputs 2   outputs 1 ; header\n"
        "\t%0=input   1@7;input\n\n%1 =tanh%0 @ 3\noutput 0 , %1";
    wn_ir ir;
    wn_buf out = {0};
    wann_diag diag = {0};
    CHECK_MSG(wn_ir_parse(text, NULL, &ir, &diag) == WANN_OK, "%d:%d: %s", diag.line, diag.column,
              diag.text);
    wn_ir_print(&ir, &out);
    CHECK_TEXT(
        out.data,
        "wann-ir 1 double inputs 2 outputs 1\n%0 = input 1 @7\n%1 = tanh %0 @3\noutput 0, %1\n");
    wn_buf_free(&out);
    wn_ir_free(&ir);
}

#define HEAD "wann-ir 1 float inputs 2 outputs 1\n"

static const struct {
    const char *text;
    int line, column;
    const char *message;
} mistakes[] = {
    {"", 1, 1, "expected 'wann-ir 1'"},
    {"; only a comment\n", 2, 1, "expected 'wann-ir 1'"},
    {"wann-ir 2 float inputs 1 outputs 1\n", 1, 1, "expected 'wann-ir 1'"},
    {"wann-ir 10 float inputs 1 outputs 1\n", 1, 1, "expected 'wann-ir 1'"},
    {"wann-ir 1 half inputs 1 outputs 1\n", 1, 11, "expected 'float' or 'double'"},
    {"wann-ir 1 float outputs 1\n", 1, 17, "expected 'inputs'"},
    {"wann-ir 1 float inputs x outputs 1\n", 1, 24, "expected a number"},
    {"wann-ir 1 float inputs -1 outputs 1\n", 1, 24, "expected a number"},
    {"wann-ir 1 float inputs 4294967295 outputs 1\n", 1, 24, "expected a smaller number"},
    {"wann-ir 1 float inputs 99999999999999999999999 outputs 1\n", 1, 24,
     "expected a smaller number"},
    {"wann-ir 1 float inputs 1\n", 1, 25, "expected 'outputs'"},
    {"wann-ir 1 float inputs 1 outputs\n", 1, 33, "expected a number"},
    {"wann-ir 1 float inputs 1 outputs 1 %0 = weight\n", 1, 36, "expected the end of the line"},
    {HEAD "%0 weight\n", 2, 4, "expected '='"},
    {HEAD "%1 = weight\n", 2, 3, "expected values numbered in order"},
    {HEAD "%0 = weight\n%0 = weight\n", 3, 3, "expected values numbered in order"},
    {HEAD "weight\n", 2, 1, "expected a value such as %3"},
    {HEAD "%x = weight\n", 2, 2, "expected a number"},
    {HEAD "%0 = wait\n", 2, 6, "expected an operation or an activation"},
    {HEAD "%0 = act %0\n", 2, 6, "expected an operation or an activation"},
    {HEAD "%0 = output 0\n", 2, 6, "expected an operation or an activation"},
    {HEAD "%0 = \n", 2, 6, "expected an operation or an activation"},
    {HEAD "%0 = input\n", 2, 11, "expected a number"},
    {HEAD "%0 = const one\n", 2, 12, "expected a number"},
    {HEAD "%0 = weight %0\n", 2, 13, "expected the end of the line"},
    {HEAD "%0 = weight\n%1 = add %0\n", 3, 12, "expected ','"},
    {HEAD "%0 = weight\n%1 = add %0, 0\n", 3, 14, "expected a value such as %3"},
    {HEAD "%0 = weight\n%1 = add %0, %0, %0\n", 3, 16, "expected the end of the line"},
    {HEAD "%0 = weight\n%1 = neg %1\n", 3, 12, "expected an earlier value"},
    {HEAD "%0 = weight\n%1 = neg %7\n", 3, 12, "expected an earlier value"},
    {HEAD "%0 = weight @\n", 2, 14, "expected a number"},
    {HEAD "%0 = weight @x\n", 2, 14, "expected a number"},
    {HEAD "%0 = weight\noutput 0 %0\n", 3, 10, "expected ','"},
    {HEAD "%0 = weight\noutput, %0\n", 3, 7, "expected a number"},
    {HEAD "%0 = weight\noutput 0, %1\n", 3, 13, "expected an earlier value"},
    {HEAD "%0 = weight\noutput 0, %0 %0\n", 3, 14, "expected the end of the line"},
    {HEAD "%0 = input 2\noutput 0, %0\n", 0, 0, "%0: no such input"},
    {HEAD "%0 = const 0.1\noutput 0, %0\n", 0, 0, "%0: a constant that is not of the type"},
    {HEAD "%0 = weight\noutput 1, %0\n", 0, 0, "%1: no such output"},
    {HEAD "%0 = weight\n", 0, 0, "output 0 is never written"},
};

static void mistakes_are_pointed_at(void) {
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        wn_ir ir;
        wann_diag diag = {0};
        const wann_status status = wn_ir_parse(mistakes[i].text, "hand.ir", &ir, &diag);
        CHECK_MSG(status == WANN_INPUT, "%s: %s", mistakes[i].text, wann_status_text(status));
        CHECK(ir.inst == NULL && ir.n_insts == 0);
        CHECK_TEXT(diag.path, "hand.ir");
        CHECK_TEXT(diag.text, mistakes[i].message);
        CHECK_MSG(diag.line == mistakes[i].line && diag.column == mistakes[i].column, "%s: %d:%d",
                  mistakes[i].text, diag.line, diag.column);
    }
}

int main(void) {
    RUN(printed_reads_back);
    RUN(blanks_and_comments_mean_nothing);
    RUN(mistakes_are_pointed_at);
    return TEST_RESULT();
}
