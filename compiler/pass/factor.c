/* Take the shared weight out of sums: w a + w b + w c = w (a + b + c).
 *
 * This is the distributive law, exact in real arithmetic; in floating point each side has its own
 * rounding, within the bound of -O1. A sum that feeds a step is left alone: a step sees the sign
 * alone, and a sum whose terms cancel exactly must go on being exactly 0.
 *
 * Each value v may have a bare form, b with v = w b: the weight itself has 1, w x has x, and a sum of
 * values with bare forms has the sum of those. A sum with a bare form becomes w times it. What is no
 * longer needed is left for prune. */
#include "compiler/pass/factor.h"

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

typedef struct factoring {
    const wn_ir *from;
    wn_ir to;
    bool *before_step; /* [from->n_insts] parts of sums that a step reads */
    wn_value *exact;   /* [from->n_insts] the value with its sum as it was */
    wn_value *bare;    /* [from->n_insts] its bare form, or WN_NO_VALUE */
    wn_value *moved;   /* [from->n_insts] the value, factored where that is allowed */
    bool steps;        /* factor their sums too */
    wn_value weight;   /* in `from`; WN_NO_VALUE where the weights are baked in */
    bool failed;
} factoring;

static wn_value append(factoring *f, wn_inst inst) {
    const wn_value value = wn_ir_append(&f->to, inst);
    f->failed |= value == WN_NO_VALUE;
    return value;
}

static wn_value bare_form(factoring *f, uint32_t i) {
    const wn_inst *inst = &f->from->inst[i];
    const wn_value a = inst->arg[0], b = inst->arg[1];
    if (inst->op == WN_OP_WEIGHT)
        return append(f, wn_inst_const(1, inst->node));
    if (inst->op == WN_OP_MUL && (a == f->weight || b == f->weight))
        return f->moved[a == f->weight ? b : a];
    if (wn_is_sum(inst) && f->bare[a] != WN_NO_VALUE && f->bare[b] != WN_NO_VALUE) {
        wn_inst sum = wn_inst_binary((wn_op)inst->op, f->bare[a], f->bare[b], inst->node);
        sum.part = inst->part;
        return append(f, sum);
    }
    return WN_NO_VALUE;
}

static void factor(factoring *f, uint32_t i) {
    wn_inst inst = f->from->inst[i];
    const bool step = wn_inst_is_step(&inst) && !f->steps;
    const bool keep = step || wn_is_sum(&inst) || (inst.op == WN_OP_NEG && f->before_step[i]);
    for (unsigned a = 0; a < wn_op_operands((wn_op)inst.op); a++)
        inst.arg[a] = keep ? f->exact[inst.arg[a]] : f->moved[inst.arg[a]];
    f->exact[i] = f->moved[i] = append(f, inst);
    f->bare[i] = bare_form(f, i);
    if (!wn_is_sum(&inst) || f->bare[i] == WN_NO_VALUE || f->before_step[i])
        return;
    wn_inst product = wn_inst_binary(WN_OP_MUL, f->bare[i], f->moved[f->weight], inst.node);
    product.minus = inst.minus;
    product.part = inst.part;
    f->moved[i] = append(f, product);
}

static void find_weight(factoring *f) {
    f->weight = WN_NO_VALUE;
    for (uint32_t i = 0; i < f->from->n_insts; i++)
        if (f->from->inst[i].op == WN_OP_WEIGHT)
            f->weight = i;
}

static wann_status factor_all(factoring *f, wann_diag *diag) {
    const size_t n = (size_t)f->from->n_insts + 1;
    f->before_step = wn_calloc(n, sizeof *f->before_step);
    f->exact = wn_calloc(n, sizeof *f->exact);
    f->bare = wn_calloc(n, sizeof *f->bare);
    f->moved = wn_calloc(n, sizeof *f->moved);
    if (!f->before_step || !f->exact || !f->bare || !f->moved)
        return wn_fail_memory(diag);
    WN_TRY(wn_ir_begin(&f->to, f->from, diag));
    find_weight(f);
    if (!f->steps)
        wn_mark_step_sums(f->from, f->before_step);
    for (uint32_t i = 0; i < f->from->n_insts && !f->failed; i++)
        factor(f, i);
    return f->failed ? wn_fail_memory(diag) : WANN_OK;
}

wann_status wn_factor(wn_ir *ir, bool steps, wn_pass_ctx *ctx) {
    factoring f = {.from = ir, .steps = steps};
    const wann_status status = factor_all(&f, ctx->diag);
    if (status == WANN_OK)
        wn_ir_replace(ir, &f.to);
    wn_ir_free(&f.to);
    wn_free(f.before_step);
    wn_free(f.exact);
    wn_free(f.bare);
    wn_free(f.moved);
    return status;
}

wann_status wn_pass_factor(wn_ir *ir, wn_pass_ctx *ctx) {
    return wn_factor(ir, false, ctx);
}
