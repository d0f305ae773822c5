/* Where a product is read by one sum alone, do both at once: a + x y becomes fma(x, y, a).
 *
 * Exact in real arithmetic; the product is not rounded where the machine fuses. It saves an operation
 * where the throughput of many inputs counts, as in NAME_batch. Sums before a step are left alone: what
 * rounding makes an exact 0 there has to stay one. */
#include "compiler/pass/pass.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

typedef struct contracting {
    const wn_ir *from;
    wn_ir to;
    wn_value *moved;   /* [from->n_insts] */
    uint32_t *uses;    /* [from->n_insts] */
    bool *before_step; /* [from->n_insts] */
    bool failed;
} contracting;

static wn_value append(contracting *c, wn_inst inst) {
    const wn_value value = wn_ir_append(&c->to, inst);
    c->failed |= value == WN_NO_VALUE;
    return value;
}

/* Which operand of a sum is a product that nothing else reads; -1: none. */
static int product_operand(const contracting *c, const wn_inst *sum) {
    for (int a = 1; a >= 0; a--)
        if (c->from->inst[sum->arg[a]].op == WN_OP_MUL && c->uses[sum->arg[a]] == 1)
            return a;
    return -1;
}

static wn_value negate(contracting *c, wn_value v, const wn_inst *origin) {
    wn_inst minus = wn_inst_unary(WN_OP_NEG, v, origin->node);
    minus.part = origin->part;
    return append(c, minus);
}

static wn_value contract(contracting *c, uint32_t i) {
    wn_inst inst = c->from->inst[i];
    const int a = wn_is_sum(&inst) && !c->before_step[i] ? product_operand(c, &inst) : -1;
    if (a < 0) {
        for (unsigned k = 0; k < wn_op_operands((wn_op)inst.op); k++)
            inst.arg[k] = c->moved[inst.arg[k]];
        return append(c, inst);
    }
    const wn_inst *product = &c->from->inst[inst.arg[a]];
    wn_value x = c->moved[product->arg[0]], rest = c->moved[inst.arg[1 - a]];
    if (inst.op == WN_OP_SUB && a == 1) /* rest - x y = (-x) y + rest */
        x = negate(c, x, &inst);
    if (inst.op == WN_OP_SUB && a == 0) /* x y - rest = x y + (-rest) */
        rest = negate(c, rest, &inst);
    wn_inst fma = wn_inst_binary(WN_OP_FMA, x, c->moved[product->arg[1]], inst.node);
    fma.arg[2] = rest;
    fma.minus = inst.minus;
    fma.part = inst.part;
    return append(c, fma);
}

static wann_status contract_all(contracting *c, wann_diag *diag) {
    const size_t n = (size_t)c->from->n_insts + 1;
    c->moved = wn_calloc(n, sizeof *c->moved);
    c->uses = wn_calloc(n, sizeof *c->uses);
    c->before_step = wn_calloc(n, sizeof *c->before_step);
    if (!c->moved || !c->uses || !c->before_step)
        return wn_fail_memory(diag);
    WN_TRY(wn_ir_begin(&c->to, c->from, diag));
    wn_ir_uses(c->from, c->uses);
    wn_mark_step_sums(c->from, c->before_step);
    for (uint32_t i = 0; i < c->from->n_insts && !c->failed; i++)
        c->moved[i] = contract(c, i);
    return c->failed ? wn_fail_memory(diag) : WANN_OK;
}

wann_status wn_pass_contract(wn_ir *ir, wn_pass_ctx *ctx) {
    contracting c = {.from = ir};
    const wann_status status = contract_all(&c, ctx->diag);
    if (status == WANN_OK)
        wn_ir_replace(ir, &c.to);
    wn_ir_free(&c.to);
    wn_free(c.moved);
    wn_free(c.uses);
    wn_free(c.before_step);
    return status;
}
