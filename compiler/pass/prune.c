/* Remove what no output depends on. Outputs are the only effect of an IR, so an instruction that
 * none of them reads, directly or not, can go. */
#include "compiler/pass/pass.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

/* Operands come before their readers, so one walk backwards finds everything needed. */
static void mark(const wn_ir *ir, bool *needed) {
    for (uint32_t i = ir->n_insts; i-- > 0;) {
        const wn_inst *inst = &ir->inst[i];
        needed[i] |= inst->op == WN_OP_OUTPUT;
        for (unsigned a = 0; needed[i] && a < wn_op_operands((wn_op)inst->op); a++)
            needed[inst->arg[a]] = true;
    }
}

/* Close the gaps; moved[i] becomes the new number of instruction i. */
static void compact(wn_ir *ir, const bool *needed, wn_value *moved) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < ir->n_insts; i++) {
        if (!needed[i])
            continue;
        wn_inst inst = ir->inst[i];
        for (unsigned a = 0; a < wn_op_operands((wn_op)inst.op); a++)
            inst.arg[a] = moved[inst.arg[a]];
        moved[i] = kept;
        ir->inst[kept++] = inst;
    }
    ir->n_insts = kept;
}

wann_status wn_pass_prune(wn_ir *ir, wn_pass_ctx *ctx) {
    bool *needed = wn_calloc(ir->n_insts + 1, sizeof *needed);
    wn_value *moved = wn_calloc(ir->n_insts + 1, sizeof *moved);
    const bool ok = needed && moved;
    if (ok) {
        mark(ir, needed);
        compact(ir, needed, moved);
    }
    wn_free(needed);
    wn_free(moved);
    return ok ? WANN_OK : wn_fail_memory(ctx->diag);
}
