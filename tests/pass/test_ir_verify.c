/* The verifier: a good list is accepted; with one rule broken at a time it is refused, by name. */
#include <math.h>

#include "compiler/pass/pass.h"
#include "support/test.h"

/* Keeps every rule and every fact. Two inputs, two outputs, float. */
static wn_ir good_list(void) {
    static const char text[] = "wann-ir 1 float inputs 2 outputs 2\n"
                               "%0 = weight\n"
                               "%1 = input 0 @1\n"
                               "%2 = input 1 @2\n"
                               "%3 = mul %1, %0 @3\n"
                               "%4 = mul %2, %0 @3\n"
                               "%5 = sub %3, %4 @3\n"
                               "%6 = tanh %5 @3\n"
                               "output 0, %6 @4\n"
                               "%8 = const 0.5\n"
                               "%9 = fma %6, %8, %1\n"
                               "output 1, %9 @5\n";
    wn_ir ir;
    wann_diag diag = {0};
    CHECK_MSG(wn_ir_parse(text, "good", &ir, &diag) == WANN_OK, "%s", diag.text);
    ir.facts = WN_FACT_NUMBERED | WN_FACT_PRUNED;
    return ir;
}

static wn_inst with_operand(wn_inst inst, unsigned a, wn_value v) {
    inst.arg[a] = v;
    return inst;
}

static wn_inst with_activation(wn_inst inst, uint8_t activation) {
    inst.activation = activation;
    return inst;
}

static wn_inst with_index(wn_inst inst, uint32_t index) {
    inst.index = index;
    return inst;
}

static wn_inst with_value(wn_inst inst, double value) {
    inst.value = value;
    return inst;
}

static wn_inst with_op(wn_inst inst, int op) {
    inst.op = (uint8_t)op;
    return inst;
}

static void refuse(const wn_ir *ir, const char *message) {
    wann_diag diag = {0};
    CHECK_MSG(wn_ir_verify(ir, &diag) == WANN_INTERNAL, "accepted, though: %s", message);
    CHECK_TEXT(diag.text, message);
}

/* The good list with one instruction replaced. */
static void refuse_inst(uint32_t at, wn_inst inst, const char *message) {
    wn_ir ir = good_list();
    ir.inst[at] = inst;
    refuse(&ir, message);
    wn_ir_free(&ir);
}

static void good_list_is_accepted(void) {
    wn_ir ir = good_list();
    CHECK(wn_ir_verify(&ir, NULL) == WANN_OK);
    ir.inst[8] = wn_inst_const((double)NAN, WN_NO_NODE);
    CHECK(wn_ir_verify(&ir, NULL) == WANN_OK);
    wn_ir_free(&ir);
}

static void instructions_have_their_fields(void) {
    const wn_inst tanh = wn_inst_act(WANN_ACT_TANH, 5, 3), neg = wn_inst_unary(WN_OP_NEG, 5, 3);
    refuse_inst(6, with_op(tanh, WN_OPS), "%6: unknown operation");
    refuse_inst(6, wn_inst_scaled(WANN_ACT_TANH, 5, 3, 3), "%6: scaled by something else than the weight");
    refuse_inst(6, with_activation(wn_inst_scaled(WANN_ACT_TANH, 5, 0, 3), 0), "%6: wrong activation");
    refuse_inst(6, with_op(tanh, 255), "%6: unknown operation");
    refuse_inst(6, with_operand(neg, 1, 4), "%6: too many operands");
    refuse_inst(6, with_operand(neg, 2, 4), "%6: too many operands");
    refuse_inst(0, with_operand(wn_inst_weight(), 0, 0), "%0: too many operands");
    refuse_inst(6, with_activation(tanh, 0), "%6: wrong activation");
    refuse_inst(6, with_activation(tanh, 12), "%6: wrong activation");
    refuse_inst(6, with_activation(neg, WANN_ACT_TANH), "%6: wrong activation");
    refuse_inst(8, wn_inst_const(0.1, 3), "%8: a constant that is not of the type");
    refuse_inst(8, wn_inst_const(1e300, 3), "%8: a constant that is not of the type");
    refuse_inst(6, with_value(neg, 1), "%6: a number that is no constant's");
    refuse_inst(6, with_index(neg, 1), "%6: an index into nothing");
    refuse_inst(1, wn_inst_input(2, 1), "%1: no such input");
}

static void operands_come_before(void) {
    refuse_inst(6, wn_inst_act(WANN_ACT_TANH, 6, 3),
                "%6: reads a value that is not computed before it");
    refuse_inst(6, wn_inst_act(WANN_ACT_TANH, 9, 3),
                "%6: reads a value that is not computed before it");
    refuse_inst(6, wn_inst_act(WANN_ACT_TANH, 1000, 3),
                "%6: reads a value that is not computed before it");
    refuse_inst(6, wn_inst_act(WANN_ACT_TANH, WN_NO_VALUE, 3),
                "%6: reads a value that is not computed before it");
    refuse_inst(5, wn_inst_binary(WN_OP_SUB, 3, WN_NO_VALUE, 3),
                "%5: reads a value that is not computed before it");
    refuse_inst(9, wn_inst_binary(WN_OP_SUB, 6, 7, 3), "%9: reads an output");
}

static void outputs_are_written_once(void) {
    refuse_inst(10, wn_inst_output(2, 9, 5), "%10: no such output");
    refuse_inst(10, wn_inst_output(0, 9, 5), "%10: output written twice");
    refuse_inst(10, wn_inst_unary(WN_OP_NEG, 9, 5), "output 1 is never written");
}

static void nodes_are_of_the_network(void) {
    const wn_node_spec nodes[] = {{.id = 1, .role = WANN_INPUT_NODE},
                                  {.id = 2, .role = WANN_OUTPUT_NODE, .activation = WANN_ACT_TANH}};
    const wn_conn_spec conn = {.from = 1, .to = 2};
    const wn_net_spec spec = {
        .name = "n", .nodes = nodes, .n_nodes = 2, .conns = &conn, .n_conns = 1};
    const wann_compile_options options = wann_compile_defaults();
    wn_net *net;
    wn_ir ir;
    CHECK(wn_net_build(&spec, &net, NULL, NULL) == WANN_OK);
    CHECK(wn_lower(net, &options, &ir, NULL) == WANN_OK);
    CHECK(wn_ir_verify(&ir, NULL) == WANN_OK);
    ir.inst[ir.n_insts - 1].node = 2;
    refuse(&ir, "%6: no such node");
    wn_ir_free(&ir);
    wann_net_destroy(net);
}

/* A list with these values behind a weight and an input; message: NULL, or why it is refused. */
static void refuse_packs(const char *values, const char *message) {
    static const char head[] = "wann-ir 1 float inputs 1 outputs 1\n%0 = weight\n%1 = input 0\n";
    char text[1000];
    wn_ir ir;
    wann_diag diag = {0};
    snprintf(text, sizeof text, "%s%soutput 0, %%2\n", head, values);
    const wann_status status = wn_ir_parse(text, "packs", &ir, &diag);
    CHECK_MSG(status == (message ? WANN_INPUT : WANN_OK), "%s%s", values, diag.text);
    CHECK_TEXT(status == WANN_OK ? "" : diag.text, message ? message : "");
    if (status == WANN_OK)
        wn_ir_free(&ir);
}

static void packs_hold_what_goes_together(void) {
    refuse_packs("%2 = sin %1 pack 1\n%3 = sin %1 pack 1\n%4 = cos %1 pack 2\n%5 = cos %1 pack 2\n", NULL);
    refuse_packs("%2 = sin %1 pack 3\n%3 = gaussian %1 * %0 pack 1\n%4 = gaussian %1 * %0 pack 1\n", NULL);
    refuse_packs("%2 = sin %1 pack 1\n%3 = cos %1 pack 1\n", "%3: something else than its pack");
    refuse_packs("%2 = sin %1 * %0 pack 1\n%3 = sin %1 pack 1\n", "%3: something else than its pack");
    refuse_packs("%2 = sin %1 pack 1\n%3 = sin %2 pack 1\n", "%3: reads its own pack");
    refuse_packs("%2 = neg %1 pack 1\n", "%2: cannot be in this pack");
    refuse_packs("%2 = sin %1 pack 1\n%3 = neg %1\n%4 = sin %1 pack 1\n", "%4: a pack in two places");
    refuse_packs("%2 = sin %1 pack 9\n", "%2: a pack that has too large a number");
    refuse_packs("%2 = sin %1 pack 1\n%3 = sin %1 pack 1\n%4 = sin %1 pack 1\n%5 = sin %1 pack 1\n"
                 "%6 = sin %1 pack 1\n", "%6: cannot be in this pack");
}

static void refuse_fact(const char *text, unsigned fact, const char *message) {
    wn_ir ir;
    CHECK(wn_ir_parse(text, NULL, &ir, NULL) == WANN_OK);
    ir.facts = fact;
    refuse(&ir, message);
    wn_ir_free(&ir);
}

static void facts_are_true(void) {
    static const char unused[] =
        "wann-ir 1 float inputs 1 outputs 1\n%0 = input 0\n%1 = neg %0\noutput 0, %0\n",
                      no_zero[] =
                          "wann-ir 1 float inputs 1 outputs 1\n%0 = input 0\n%1 = mul %0, %0\n"
                          "%2 = add %1, %1\noutput 0, %2\n",
                      no_product[] =
                          "wann-ir 1 float inputs 1 outputs 1\n%0 = input 0\n%1 = const 0\n"
                          "%2 = add %1, %0\noutput 0, %2\n",
                      from_one[] =
                          "wann-ir 1 float inputs 1 outputs 1\n%0 = input 0\n%1 = const 1\n"
                          "%2 = mul %0, %0\n%3 = add %1, %2\noutput 0, %3\n",
                      twice[] = "wann-ir 1 float inputs 2 outputs 2\n%0 = input 0\n%1 = input 1\n"
                                "%2 = mul %0, %1\n%3 = mul %1, %0\noutput 0, %2\noutput 1, %3\n";
    refuse_fact(unused, WN_FACT_PRUNED, "%1: pruned, but unused");
    refuse_fact(no_zero, WN_FACT_REFERENCE_SUMS, "%2: a sum that does not start from 0");
    refuse_fact(from_one, WN_FACT_REFERENCE_SUMS, "%3: a sum that does not start from 0");
    refuse_fact(no_product, WN_FACT_REFERENCE_SUMS, "%2: a sum of something else than products");
    refuse_fact(no_product, WN_FACT_NUMBERED, "%2: numbered, but adds 0");
    refuse_fact(twice, WN_FACT_NUMBERED, "%3: numbered, but the same as %2");
}

int main(void) {
    RUN(good_list_is_accepted);
    RUN(instructions_have_their_fields);
    RUN(operands_come_before);
    RUN(outputs_are_written_once);
    RUN(nodes_are_of_the_network);
    RUN(packs_hold_what_goes_together);
    RUN(facts_are_true);
    return TEST_RESULT();
}
