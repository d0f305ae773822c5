/* Sums, and which of them stand before a step. */
#include "compiler/pass/pass.h"

bool wn_is_sum(const wn_inst *inst) {
    return inst->op == WN_OP_ADD || inst->op == WN_OP_SUB;
}

/* Readers come after what they read, so one walk backwards reaches every part of a sum. */
void wn_mark_step_sums(const wn_ir *ir, bool *before_step) {
    for (uint32_t i = ir->n_insts; i-- > 0;) {
        const wn_inst *inst = &ir->inst[i];
        const bool step = wn_inst_is_step(inst);
        const bool part = before_step[i] && (inst->op == WN_OP_NEG || wn_is_sum(inst));
        for (unsigned a = 0; (step || part) && a < wn_op_operands((wn_op)inst->op); a++)
            before_step[inst->arg[a]] = true;
    }
}
