/* Fold inverse nodes and signs into what reads them: a + (-b) = a - b, gaussian(-a) = gaussian(a),
 * tanh(-a) = -tanh(a), w (-a) = -(w a).
 *
 * Each of these holds in floating point to the last bit (rounding to nearest is symmetric, and the
 * kernels are exactly odd or even), but for the sign of a zero; so even a sum before a step may change
 * its form, for it keeps its order and its value. A value is followed as a sign and a base, and a
 * minus is computed only where nothing can take it up: before step, relu, sigmoid and outputs. */
#include <math.h>

#include "compiler/pass/pass.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

typedef struct folding {
    const wn_ir *from;
    wn_ir to;
    wn_value *base; /* [from->n_insts] the value in `to`, or minus it */
    bool *minus;    /* [from->n_insts] which of the two */
    bool failed;
} folding;

static wn_value append(folding *f, wn_inst inst) {
    const wn_value value = wn_ir_append(&f->to, inst);
    f->failed |= value == WN_NO_VALUE;
    return value;
}

/* The value itself, with its sign. */
static wn_value whole(folding *f, wn_value v) {
    if (!f->minus[v])
        return f->base[v];
    const wn_inst *inst = &f->from->inst[v];
    if (inst->op == WN_OP_CONST)
        return append(f, *inst);
    wn_inst minus = wn_inst_unary(WN_OP_NEG, f->base[v], inst->node);
    minus.part = inst->part;
    return append(f, minus);
}

/* How an activation treats a sign. */
typedef enum parity { NEITHER, EVEN, ODD } parity;

static parity parity_of(wann_activation activation) {
    switch (activation) {
    case WANN_ACT_GAUSSIAN:
    case WANN_ACT_ABS:
    case WANN_ACT_COS:
    case WANN_ACT_SQUARED:
        return EVEN;
    case WANN_ACT_LINEAR:
    case WANN_ACT_SIN:
    case WANN_ACT_TANH:
    case WANN_ACT_INVERSE:
        return ODD;
    case WANN_ACT_STEP:
    case WANN_ACT_SIGMOID:
    case WANN_ACT_RELU:
        return NEITHER;
    }
    return NEITHER;
}

static void fold_activation(folding *f, uint32_t i, wn_inst inst) {
    const wn_value a = inst.arg[0];
    const parity p = parity_of((wann_activation)inst.activation);
    if (inst.activation == WANN_ACT_INVERSE || inst.activation == WANN_ACT_LINEAR) {
        f->base[i] = f->base[a];
        f->minus[i] = f->minus[a] != (inst.activation == WANN_ACT_INVERSE);
        return;
    }
    inst.arg[0] = p == NEITHER ? whole(f, a) : f->base[a];
    f->minus[i] = p == ODD && f->minus[a];
    inst.minus = inst.minus != f->minus[i];
    f->base[i] = append(f, inst);
}

/* (+-a) + (+-b); for a subtraction b's sign is turned. */
static void fold_sum(folding *f, uint32_t i, wn_inst inst) {
    const wn_value a = inst.arg[0], b = inst.arg[1];
    const bool a_minus = f->minus[a], b_minus = f->minus[b] != (inst.op == WN_OP_SUB);
    const bool swap = a_minus && !b_minus;
    f->minus[i] = a_minus && b_minus;
    inst.op = a_minus == b_minus ? WN_OP_ADD : WN_OP_SUB;
    inst.arg[0] = f->base[swap ? b : a];
    inst.arg[1] = f->base[swap ? a : b];
    inst.minus = inst.minus != f->minus[i];
    f->base[i] = append(f, inst);
}

static void fold_inst(folding *f, uint32_t i) {
    wn_inst inst = f->from->inst[i];
    f->minus[i] = false;
    switch ((wn_op)inst.op) {
    case WN_OP_CONST:
        f->minus[i] = signbit(inst.value) != 0;
        inst.value = fabs(inst.value);
        break;
    case WN_OP_NEG:
        f->base[i] = f->base[inst.arg[0]];
        f->minus[i] = !f->minus[inst.arg[0]];
        return;
    case WN_OP_ADD:
    case WN_OP_SUB:
        fold_sum(f, i, inst);
        return;
    case WN_OP_MUL:
        f->minus[i] = f->minus[inst.arg[0]] != f->minus[inst.arg[1]];
        inst.arg[0] = f->base[inst.arg[0]];
        inst.arg[1] = f->base[inst.arg[1]];
        inst.minus = inst.minus != f->minus[i];
        break;
    case WN_OP_ACT:
        fold_activation(f, i, inst);
        return;
    case WN_OP_GATE:
        f->minus[i] = f->minus[inst.arg[1]];
        inst.arg[0] = whole(f, inst.arg[0]);
        inst.arg[1] = f->base[inst.arg[1]];
        inst.minus = inst.minus != f->minus[i];
        break;
    case WN_OP_FMA:
    case WN_OP_SCALED:
    case WN_OP_OUTPUT:
        for (unsigned a = 0; a < wn_op_operands((wn_op)inst.op); a++)
            inst.arg[a] = whole(f, inst.arg[a]);
        break;
    case WN_OP_INPUT:
    case WN_OP_WEIGHT:
    case WN_OPS:
        break;
    }
    f->base[i] = append(f, inst);
}

static wann_status fold_all(folding *f, wann_diag *diag) {
    f->base = wn_calloc((size_t)f->from->n_insts + 1, sizeof *f->base);
    f->minus = wn_calloc((size_t)f->from->n_insts + 1, sizeof *f->minus);
    if (!f->base || !f->minus)
        return wn_fail_memory(diag);
    WN_TRY(wn_ir_begin(&f->to, f->from, diag));
    for (uint32_t i = 0; i < f->from->n_insts && !f->failed; i++)
        fold_inst(f, i);
    return f->failed ? wn_fail_memory(diag) : WANN_OK;
}

wann_status wn_pass_fold(wn_ir *ir, wn_pass_ctx *ctx) {
    folding f = {.from = ir};
    const wann_status status = fold_all(&f, ctx->diag);
    if (status == WANN_OK)
        wn_ir_replace(ir, &f.to);
    wn_ir_free(&f.to);
    wn_free(f.base);
    wn_free(f.minus);
    return status;
}
