/* Where the last terms of a sum come late, multiply each as it comes: w (a + b + late) becomes
 * w late + w (a + b), which is one fused multiply-add after the late term instead of an addition and a
 * multiplication.
 *
 * This is the distributive law again, exact in real arithmetic; the product with the late term is not
 * rounded where the machine fuses. It costs one more multiplication, which is made while the machine
 * waits. Where it has no time to wait for, because a network is wide and not deep, nothing is done. Sums
 * before a step have no product behind them (factor leaves them alone, or scale takes the weight into the
 * step), and are not touched. */
#include "compiler/pass/pass.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

enum { DEEPEST = 64 }; /* additions of one sum that are looked at; what lies below is early */

typedef struct fusing {
    const wn_ir *from;
    wn_ir to;
    wn_value *moved; /* [from->n_insts] */
    uint32_t *ready; /* [from->n_insts] cycle at which a value is available */
    uint32_t *uses;
    bool failed;
} fusing;

static wn_value append(fusing *f, wn_inst inst) {
    const wn_value value = wn_ir_append(&f->to, inst);
    f->failed |= value == WN_NO_VALUE;
    return value;
}

/* A sum that only one instruction reads. */
static bool is_own_sum(const fusing *f, wn_value v) {
    return wn_is_sum(&f->from->inst[v]) && f->uses[v] == 1;
}

static unsigned late_operand(const fusing *f, const wn_inst *sum) {
    return f->ready[sum->arg[0]] > f->ready[sum->arg[1]] ? 0 : 1;
}

/* When w v is there, if v is a sum that is taken apart where that is sooner; *apart says whether. */
static uint32_t product_ready(const fusing *f, wn_value v, int depth, bool *apart) {
    const uint32_t cycles = wn_latency(&(wn_inst){.op = WN_OP_MUL});
    const uint32_t whole = f->ready[v] + cycles;
    *apart = false;
    if (!is_own_sum(f, v) || depth == DEEPEST)
        return whole;
    const wn_inst *sum = &f->from->inst[v];
    const unsigned late = late_operand(f, sum);
    bool inner;
    const uint32_t early = product_ready(f, sum->arg[1 - late], depth + 1, &inner);
    const uint32_t last = f->ready[sum->arg[late]];
    const uint32_t fused = (early > last ? early : last) + cycles;
    *apart = fused < whole;
    return *apart ? fused : whole;
}

static wn_value copy(fusing *f, wn_inst inst) {
    for (unsigned a = 0; a < wn_op_operands((wn_op)inst.op); a++)
        inst.arg[a] = f->moved[inst.arg[a]];
    return append(f, inst);
}

/* w v, or minus that. */
static wn_value multiply(fusing *f, wn_value v, wn_value w, bool minus, int depth, uint32_t node) {
    bool apart;
    product_ready(f, v, depth, &apart);
    if (!apart) {
        const wn_value product = append(f, wn_inst_binary(WN_OP_MUL, f->moved[v], w, node));
        return minus ? append(f, wn_inst_unary(WN_OP_NEG, product, node)) : product;
    }
    const wn_inst *sum = &f->from->inst[v];
    const unsigned late = late_operand(f, sum);
    const bool subtract = sum->op == WN_OP_SUB;
    const bool late_minus = minus != (subtract && late == 1), early_minus = minus != (subtract && late == 0);
    const wn_value early = multiply(f, sum->arg[1 - late], w, early_minus, depth + 1, node);
    const wn_value factor = late_minus ? append(f, wn_inst_unary(WN_OP_NEG, w, WN_NO_NODE)) : w;
    wn_inst fma = wn_inst_binary(WN_OP_FMA, f->moved[sum->arg[late]], factor, node);
    fma.arg[2] = early;
    return append(f, fma);
}

/* Which operand of a product is a sum worth taking apart; -1: none. */
static int sum_operand(const fusing *f, const wn_inst *inst) {
    for (int a = 0; inst->op == WN_OP_MUL && a < 2; a++) {
        const wn_inst *factor = &f->from->inst[inst->arg[1 - a]];
        bool apart;
        product_ready(f, inst->arg[a], 0, &apart);
        if (apart && (factor->op == WN_OP_WEIGHT || factor->op == WN_OP_CONST))
            return a;
    }
    return -1;
}

static void fuse_inst(fusing *f, uint32_t i) {
    const wn_inst inst = f->from->inst[i];
    for (unsigned a = 0; a < wn_op_operands((wn_op)inst.op); a++)
        if (f->ready[inst.arg[a]] > f->ready[i])
            f->ready[i] = f->ready[inst.arg[a]];
    f->ready[i] += wn_latency(&inst);
    const int a = sum_operand(f, &inst);
    if (a < 0) {
        f->moved[i] = copy(f, inst);
        return;
    }
    bool apart;
    f->ready[i] = product_ready(f, inst.arg[a], 0, &apart);
    f->moved[i] = multiply(f, inst.arg[a], f->moved[inst.arg[1 - a]], false, 0, inst.node);
    if (!f->failed)
        f->to.inst[f->moved[i]].minus = inst.minus;
}

static wann_status fuse_all(fusing *f, wann_diag *diag) {
    const size_t n = (size_t)f->from->n_insts + 1;
    f->moved = wn_calloc(n, sizeof *f->moved);
    f->ready = wn_calloc(n, sizeof *f->ready);
    f->uses = wn_calloc(n, sizeof *f->uses);
    if (!f->moved || !f->ready || !f->uses)
        return wn_fail_memory(diag);
    WN_TRY(wn_ir_begin(&f->to, f->from, diag));
    wn_ir_uses(f->from, f->uses);
    for (uint32_t i = 0; i < f->from->n_insts && !f->failed; i++)
        fuse_inst(f, i);
    return f->failed ? wn_fail_memory(diag) : WANN_OK;
}

wann_status wn_pass_fuse(wn_ir *ir, wn_pass_ctx *ctx) {
    enum { WIDE = 2 }; /* times as much work as the longest path: the machine is busy all the time */
    wn_time time;
    WN_TRY(wn_measure_time(ir, &time, ctx->diag));
    if (time.work > WIDE * time.path)
        return WANN_OK;
    fusing f = {.from = ir};
    const wann_status status = fuse_all(&f, ctx->diag);
    if (status == WANN_OK)
        wn_ir_replace(ir, &f.to);
    wn_ir_free(&f.to);
    wn_free(f.moved);
    wn_free(f.ready);
    wn_free(f.uses);
    return status;
}
