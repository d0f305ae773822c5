/* The rules of the IR. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/ir.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

#define REQUIRE(condition, ...)                                                                    \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return wn_fail(diag, WANN_INTERNAL, NULL, 0, 0, __VA_ARGS__);                          \
    } while (0)

static wann_status verify_inst(const wn_ir *ir, uint32_t i, wann_diag *diag) {
    const wn_inst *inst = &ir->inst[i];
    REQUIRE(inst->op < WN_OPS, "%%%" PRIu32 ": unknown operation", i);
    const unsigned operands = wn_op_operands((wn_op)inst->op);
    for (unsigned a = 0; a < 3; a++) {
        const wn_value v = inst->arg[a];
        REQUIRE(a < operands || v == WN_NO_VALUE, "%%%" PRIu32 ": too many operands", i);
        REQUIRE(a >= operands || v < i,
                "%%%" PRIu32 ": reads a value that is not computed before it", i);
        REQUIRE(a >= operands || ir->inst[v].op != WN_OP_OUTPUT, "%%%" PRIu32 ": reads an output",
                i);
    }
    REQUIRE(inst->part <= WN_PART_SLOPE, "%%%" PRIu32 ": unknown part", i);
    const bool act = wn_inst_activates(inst);
    REQUIRE(act ? wn_activation_known(inst->activation) : inst->activation == 0,
            "%%%" PRIu32 ": wrong activation", i);
    if (inst->op == WN_OP_CONST) {
        const double rounded = wn_ir_round(ir, inst->value);
        REQUIRE(isnan(inst->value) || rounded == inst->value,
                "%%%" PRIu32 ": a constant that is not of the type", i);
    }
    const bool vector = inst->op == WN_OP_INPUT || inst->op == WN_OP_OUTPUT;
    REQUIRE(vector || inst->index == 0, "%%%" PRIu32 ": an index into nothing", i);
    REQUIRE(inst->op == WN_OP_CONST || inst->value == 0,
            "%%%" PRIu32 ": a number that is no constant's", i);
    if (inst->op == WN_OP_SCALED)
        REQUIRE(ir->inst[inst->arg[1]].op == WN_OP_WEIGHT, "%%%" PRIu32 ": scaled by something else than the weight", i);
    if (inst->op == WN_OP_INPUT)
        REQUIRE(inst->index < ir->n_inputs, "%%%" PRIu32 ": no such input", i);
    REQUIRE(!ir->net || inst->node == WN_NO_NODE || inst->node < ir->net->n_nodes,
            "%%%" PRIu32 ": no such node", i);
    return WANN_OK;
}

/* Each element of the output vector is written once. */
static wann_status verify_outputs(const wn_ir *ir, bool *written, wann_diag *diag) {
    for (uint32_t i = 0; i < ir->n_insts; i++) {
        if (ir->inst[i].op != WN_OP_OUTPUT)
            continue;
        REQUIRE(ir->inst[i].index < ir->n_outputs, "%%%" PRIu32 ": no such output", i);
        REQUIRE(!written[ir->inst[i].index], "%%%" PRIu32 ": output written twice", i);
        written[ir->inst[i].index] = true;
    }
    for (uint32_t o = 0; o < ir->n_outputs; o++)
        REQUIRE(written[o], "output %" PRIu32 " is never written", o);
    return WANN_OK;
}

static wann_status verify_pruned(const wn_ir *ir, uint32_t *uses, wann_diag *diag) {
    wn_ir_uses(ir, uses);
    for (uint32_t i = 0; i < ir->n_insts; i++)
        REQUIRE(uses[i] > 0 || ir->inst[i].op == WN_OP_OUTPUT, "%%%" PRIu32 ": pruned, but unused",
                i);
    return WANN_OK;
}

/* A sum of the reference starts from a constant 0 and adds one product after the other. */
static wann_status verify_reference_sums(const wn_ir *ir, wann_diag *diag) {
    for (uint32_t i = 0; i < ir->n_insts; i++) {
        const wn_inst *inst = &ir->inst[i];
        if (inst->op != WN_OP_ADD)
            continue;
        const wn_inst *left = &ir->inst[inst->arg[0]], *right = &ir->inst[inst->arg[1]];
        REQUIRE(left->op == WN_OP_ADD || (left->op == WN_OP_CONST && left->value == 0),
                "%%%" PRIu32 ": a sum that does not start from 0", i);
        REQUIRE(right->op == WN_OP_MUL, "%%%" PRIu32 ": a sum of something else than products", i);
    }
    return WANN_OK;
}

/* Orders instructions by what they compute; 0 for the same. Operands that commute are put in order.
 */
static int compare_insts(const wn_inst *a, const wn_inst *b) {
    const bool commutes = a->op == WN_OP_ADD || a->op == WN_OP_MUL;
    const bool swap_a = commutes && a->arg[0] > a->arg[1],
               swap_b = commutes && b->arg[0] > b->arg[1];
    const uint32_t key_a[] = {a->op,          a->activation,   a->index,
                              a->arg[swap_a], a->arg[!swap_a], a->arg[2]};
    const uint32_t key_b[] = {b->op,          b->activation,   b->index,
                              b->arg[swap_b], b->arg[!swap_b], b->arg[2]};
    for (size_t i = 0; i < sizeof key_a / sizeof *key_a; i++)
        if (key_a[i] != key_b[i])
            return key_a[i] < key_b[i] ? -1 : 1;
    return memcmp(&a->value, &b->value, sizeof a->value);
}

/* An instruction and its place, to be sorted. */
typedef struct placed {
    const wn_inst *inst;
    uint32_t place;
} placed;

static int compare_placed(const void *x, const void *y) {
    const placed *a = x, *b = y;
    const int order = compare_insts(a->inst, b->inst);
    return order ? order : a->place < b->place ? -1 : 1;
}

static wann_status verify_numbered(const wn_ir *ir, wann_diag *diag) {
    placed *sorted = wn_calloc((size_t)ir->n_insts + 1, sizeof *sorted);
    if (!sorted)
        return wn_fail_memory(diag);
    for (uint32_t i = 0; i < ir->n_insts; i++)
        sorted[i] = (placed){&ir->inst[i], i};
    qsort(sorted, ir->n_insts, sizeof *sorted, compare_placed);
    uint32_t twin = 1;
    while (twin < ir->n_insts && compare_insts(sorted[twin - 1].inst, sorted[twin].inst) != 0)
        twin++;
    const uint32_t first = twin < ir->n_insts ? sorted[twin - 1].place : 0;
    const uint32_t second = twin < ir->n_insts ? sorted[twin].place : 0;
    wn_free(sorted);
    REQUIRE(first == second, "%%%" PRIu32 ": numbered, but the same as %%%" PRIu32, second, first);
    return WANN_OK;
}

/* The members of a pack stand together, compute the same function and do not read each other. Numbers of
 * packs are used once. */
static wann_status verify_packs(const wn_ir *ir, uint32_t *used, wann_diag *diag) {
    for (uint32_t i = 0, first = 0; i < ir->n_insts; i++) {
        const wn_inst *inst = &ir->inst[i], *before = i > 0 ? inst - 1 : inst;
        used[i] = 0;
        if (!inst->pack || before->pack != inst->pack || i == 0)
            first = i;
        if (!inst->pack)
            continue;
        REQUIRE(inst->pack <= ir->n_insts, "%%%" PRIu32 ": a pack that has too large a number", i);
        REQUIRE(wn_inst_activates(inst) && i - first < WN_PACK, "%%%" PRIu32 ": cannot be in this pack", i);
        REQUIRE(first == i || (inst->op == before->op && inst->activation == before->activation && inst->arg[1] == before->arg[1]),
                "%%%" PRIu32 ": something else than its pack", i);
        REQUIRE(inst->arg[0] < first, "%%%" PRIu32 ": reads its own pack", i);
    }
    for (uint32_t i = 0; i < ir->n_insts; i++) {
        const uint32_t pack = ir->inst[i].pack;
        if (!pack || (i > 0 && ir->inst[i - 1].pack == pack))
            continue;
        REQUIRE(!used[pack - 1], "%%%" PRIu32 ": a pack in two places", i);
        used[pack - 1] = 1;
    }
    return WANN_OK;
}

static wann_status verify_facts(const wn_ir *ir, uint32_t *uses, wann_diag *diag) {
    if (ir->facts & WN_FACT_PRUNED)
        WN_TRY(verify_pruned(ir, uses, diag));
    if (ir->facts & WN_FACT_REFERENCE_SUMS)
        WN_TRY(verify_reference_sums(ir, diag));
    for (uint32_t i = 0; (ir->facts & WN_FACT_NUMBERED) && i < ir->n_insts; i++)
        for (unsigned a = 0; ir->inst[i].op == WN_OP_ADD && a < 2; a++) {
            const wn_inst *term = &ir->inst[ir->inst[i].arg[a]];
            REQUIRE(term->op != WN_OP_CONST || term->value != 0,
                    "%%%" PRIu32 ": numbered, but adds 0", i);
        }
    return ir->facts & WN_FACT_NUMBERED ? verify_numbered(ir, diag) : WANN_OK;
}

wann_status wn_ir_verify(const wn_ir *ir, wann_diag *diag) {
    for (uint32_t i = 0; i < ir->n_insts; i++)
        WN_TRY(verify_inst(ir, i, diag));
    bool *written = wn_calloc(ir->n_outputs + 1, sizeof *written);
    uint32_t *uses = wn_calloc(ir->n_insts + 1, sizeof *uses);
    wann_status status = written && uses ? verify_outputs(ir, written, diag) : wn_fail_memory(diag);
    if (status == WANN_OK)
        status = verify_packs(ir, uses, diag);
    if (status == WANN_OK)
        status = verify_facts(ir, uses, diag);
    wn_free(written);
    wn_free(uses);
    return status;
}
