/* Let activations multiply by the shared weight themselves: act(w x) becomes one instruction.
 *
 * The same in exact arithmetic, as SCALED is defined as that; what is gained is in the kernels.
 * exp(-(w x)^2 / 2) = 2^(c w^2 x^2) and 1 / (1 + exp(-w x)) = 1 / (1 + 2^(c w x)) have w in a constant
 * that is computed once a call instead of once a node, and step(w x) is the comparison of x, or of -x where
 * w is below 0, with 0. Which activations gain depends on their kernels: those for one input
 * (kernels/f32_short) have tanh and sigmoid as quotients of polynomials in w x, so only batches
 * (kernels/f32_lanes) take w into these. */
#include "compiler/pass/pass.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

/* Whether kernels take the weight in; many: those of batches. */
static bool takes_weight(wann_activation activation, bool many) {
    switch (activation) {
    case WANN_ACT_STEP: /* turns a sign, or multiplies; its sum is known as one before a step */
    case WANN_ACT_GAUSSIAN:
        return true;
    case WANN_ACT_TANH:
    case WANN_ACT_SIGMOID:
        return many;
    case WANN_ACT_LINEAR:
    case WANN_ACT_SIN:
    case WANN_ACT_INVERSE:
    case WANN_ACT_ABS:
    case WANN_ACT_RELU:
    case WANN_ACT_COS:
    case WANN_ACT_SQUARED:
        return false;
    }
    return false;
}

/* Which operand of a product is the weight; -1: it is none with the weight. */
static int weight_operand(const wn_ir *ir, const wn_inst *product) {
    for (int w = 0; product->op == WN_OP_MUL && w < 2; w++)
        if (ir->inst[product->arg[w]].op == WN_OP_WEIGHT)
            return w;
    return -1;
}

/* A product that others read too has to be computed in any case, but a step takes it apart all the same,
 * so that what it reads is known as a sum before a step. The product itself is left for prune. */
static void scale(wn_ir *ir, wn_inst *inst, const uint32_t *uses) {
    const bool step = inst->activation == WANN_ACT_STEP;
    wn_inst *minus = &ir->inst[inst->arg[0]];
    if (!step || minus->op != WN_OP_NEG || uses[inst->arg[0]] > 1)
        minus = NULL;
    const wn_value v = minus ? minus->arg[0] : inst->arg[0];
    const wn_inst *product = &ir->inst[v];
    const int w = weight_operand(ir, product);
    if (w < 0 || (!step && uses[v] > 1))
        return;
    inst->op = WN_OP_SCALED;
    inst->arg[1] = product->arg[w];
    if (minus)
        minus->arg[0] = product->arg[!w]; /* step(-(a w)) = step((-a) w) */
    else
        inst->arg[0] = product->arg[!w];
}

static wann_status scale_all(wn_ir *ir, bool many, wn_pass_ctx *ctx) {
    uint32_t *uses = wn_calloc((size_t)ir->n_insts + 1, sizeof *uses);
    if (!uses)
        return wn_fail_memory(ctx->diag);
    wn_ir_uses(ir, uses);
    for (uint32_t i = 0; i < ir->n_insts; i++) {
        wn_inst *inst = &ir->inst[i];
        if (inst->op == WN_OP_ACT && takes_weight((wann_activation)inst->activation, many))
            scale(ir, inst, uses);
    }
    wn_free(uses);
    return WANN_OK;
}

wann_status wn_pass_scale(wn_ir *ir, wn_pass_ctx *ctx) {
    return scale_all(ir, false, ctx);
}

wann_status wn_pass_scale_many(wn_ir *ir, wn_pass_ctx *ctx) {
    return scale_all(ir, true, ctx);
}
