/* Global value numbering: compute equal values once.
 *
 * Two instructions with the same operation and the same operands have the same value, those of + and
 * * in any order: both are commutative in floating point, to the last bit. Since the sums of a network add their terms in order of the sources, two nodes with the same sources and
 * the same activation become one, and sums that begin alike share their beginning.
 *
 * Also dropped, none of which changes a result (but for the sign of a zero): 0 + x = x, 1 * x = x,
 * linear(x) = x, and operations on constants, which are done here in the type of the IR. */
#include <math.h>
#include <string.h>

#include "compiler/pass/pass.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

typedef struct numbering {
    const wn_ir *from;
    wn_ir to;
    wn_value *moved;  /* [from->n_insts] */
    wn_value *table;  /* open hashing of values of `to`, + 1; 0: free */
    uint32_t mask;
} numbering;

static bool is_const(const numbering *n, wn_value v, double value) {
    const wn_inst *inst = &n->to.inst[v];
    return inst->op == WN_OP_CONST && inst->value == value;
}

static bool commutes(const wn_inst *inst) {
    return inst->op == WN_OP_ADD || inst->op == WN_OP_MUL;
}

/* The node is where a value came from, not what it is. */
static bool same(const wn_inst *a, const wn_inst *b) {
    const bool straight = a->arg[0] == b->arg[0] && a->arg[1] == b->arg[1];
    const bool crossed = commutes(a) && a->arg[0] == b->arg[1] && a->arg[1] == b->arg[0];
    return a->op == b->op && a->activation == b->activation && (straight || crossed) &&
           a->arg[2] == b->arg[2] && a->index == b->index &&
           memcmp(&a->value, &b->value, sizeof a->value) == 0;
}

static uint32_t hash(const wn_inst *inst) {
    const bool swap = commutes(inst) && inst->arg[0] > inst->arg[1];
    uint64_t h = inst->op | (uint64_t)inst->activation << 8 | (uint64_t)inst->index << 16, bits;
    memcpy(&bits, &inst->value, sizeof bits);
    const uint64_t parts[] = {inst->arg[swap], inst->arg[!swap], inst->arg[2], bits};
    for (size_t i = 0; i < 4; i++)
        h = (h ^ parts[i] ^ h >> 29) * UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(h >> 32);
}

/* The value of an instruction: an equal one that exists, or a new one. */
static wn_value look_up(numbering *n, wn_inst inst) {
    for (uint32_t slot = hash(&inst) & n->mask;; slot = (slot + 1) & n->mask) {
        const wn_value known = n->table[slot];
        if (known == 0) {
            const wn_value value = wn_ir_append(&n->to, inst);
            n->table[slot] = value + 1; /* 0 if memory ran out */
            return value;
        }
        if (same(&n->to.inst[known - 1], &inst))
            return known - 1;
    }
}

static bool all_const(const numbering *n, const wn_inst *inst) {
    const unsigned operands = wn_op_operands((wn_op)inst->op);
    for (unsigned a = 0; a < operands; a++)
        if (n->to.inst[inst->arg[a]].op != WN_OP_CONST)
            return false;
    return operands > 0 && inst->op != WN_OP_OUTPUT;
}

/* Do an operation on constants now. Activations are left alone: the kernels that generated code uses
 * for them need not be the C library that computes here. */
static void fold(const numbering *n, wn_inst *inst) {
    if (!all_const(n, inst) || wn_inst_activates(inst))
        return;
    double scratch[4], out;
    wn_inst list[4];
    wn_ir one = {.real = n->to.real, .n_outputs = 1, .inst = list};
    for (unsigned a = 0; a < wn_op_operands((wn_op)inst->op); a++)
        list[one.n_insts++] = n->to.inst[inst->arg[a]];
    list[one.n_insts] = *inst;
    for (unsigned a = 0; a < one.n_insts; a++)
        list[one.n_insts].arg[a] = a;
    one.n_insts++;
    wn_ir_evaluate(&one, NULL, 0, scratch, &out);
    if (isfinite(scratch[one.n_insts - 1])) /* an infinity is no literal */
        *inst = wn_inst_const(scratch[one.n_insts - 1], inst->node);
}

/* The operand that an instruction is equal to, or WN_NO_VALUE. */
static wn_value identity(const numbering *n, const wn_inst *inst) {
    const wn_value a = inst->arg[0], b = inst->arg[1];
    switch ((wn_op)inst->op) {
    case WN_OP_ADD:
        return is_const(n, a, 0) ? b : is_const(n, b, 0) ? a : WN_NO_VALUE;
    case WN_OP_SUB:
        return is_const(n, b, 0) ? a : WN_NO_VALUE;
    case WN_OP_MUL:
        return is_const(n, a, 1) ? b : is_const(n, b, 1) ? a : WN_NO_VALUE;
    case WN_OP_ACT:
        return inst->activation == WANN_ACT_LINEAR ? a : WN_NO_VALUE;
    case WN_OP_INPUT:
    case WN_OP_CONST:
    case WN_OP_WEIGHT:
    case WN_OP_NEG:
    case WN_OP_FMA:
    case WN_OP_GATE:
    case WN_OP_SCALED:
    case WN_OP_OUTPUT:
    case WN_OPS:
        return WN_NO_VALUE;
    }
    return WN_NO_VALUE;
}

static wn_value number(numbering *n, wn_inst inst) {
    for (unsigned a = 0; a < wn_op_operands((wn_op)inst.op); a++)
        inst.arg[a] = n->moved[inst.arg[a]];
    if (inst.op == WN_OP_OUTPUT)
        return wn_ir_append(&n->to, inst);
    const wn_value equal = identity(n, &inst);
    if (equal != WN_NO_VALUE)
        return equal;
    fold(n, &inst);
    return look_up(n, inst);
}

static wann_status number_all(numbering *n, wann_diag *diag) {
    uint32_t slots = 16;
    while (slots < 2 * (uint64_t)n->from->n_insts && slots < UINT32_C(1) << 31)
        slots *= 2;
    n->mask = slots - 1;
    n->table = wn_calloc(slots, sizeof *n->table);
    n->moved = wn_calloc(n->from->n_insts + 1, sizeof *n->moved);
    if (!n->table || !n->moved)
        return wn_fail_memory(diag);
    WN_TRY(wn_ir_begin(&n->to, n->from, diag));
    for (uint32_t i = 0; i < n->from->n_insts; i++) {
        n->moved[i] = number(n, n->from->inst[i]);
        if (n->moved[i] == WN_NO_VALUE)
            return wn_fail_memory(diag);
    }
    return WANN_OK;
}

wann_status wn_pass_number(wn_ir *ir, wn_pass_ctx *ctx) {
    numbering n = {.from = ir};
    const wann_status status = number_all(&n, ctx->diag);
    if (status == WANN_OK)
        wn_ir_replace(ir, &n.to);
    wn_ir_free(&n.to);
    wn_free(n.table);
    wn_free(n.moved);
    return status;
}
