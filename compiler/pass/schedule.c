/* Put instructions in the order in which they can start, if the machine does all at once that it can.
 *
 * A processor looks ahead a few hundred instructions. In this order the ones that the longest path
 * needs come as early as they can be used, so that it looks past the end of a call and starts the next
 * one while the last operations of this one wait for each other. Values do not change. */
#include <stdlib.h>

#include "compiler/pass/pass.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

typedef struct slot {
    uint32_t start; /* cycle at which its operands are there */
    uint32_t index;
} slot;

static int compare(const void *x, const void *y) {
    const slot *a = x, *b = y;
    if (a->start != b->start)
        return a->start < b->start ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

/* Outputs come last: they are stores, which emitters write after all values. */
static void find_starts(const wn_ir *ir, slot *order, uint32_t *ready) {
    for (uint32_t i = 0; i < ir->n_insts; i++) {
        const wn_inst *inst = &ir->inst[i];
        uint32_t start = 0;
        for (unsigned a = 0; a < wn_op_operands((wn_op)inst->op); a++)
            if (ready[inst->arg[a]] > start)
                start = ready[inst->arg[a]];
        ready[i] = start + wn_latency(inst);
        order[i] = (slot){inst->op == WN_OP_OUTPUT ? UINT32_MAX : start, i};
    }
}

static wann_status reorder(const wn_ir *ir, wn_ir *result, const slot *order, wn_value *moved, wann_diag *diag) {
    WN_TRY(wn_ir_begin(result, ir, diag));
    for (uint32_t k = 0; k < ir->n_insts; k++) {
        wn_inst inst = ir->inst[order[k].index];
        for (unsigned a = 0; a < wn_op_operands((wn_op)inst.op); a++)
            inst.arg[a] = moved[inst.arg[a]];
        moved[order[k].index] = wn_ir_append(result, inst);
    }
    return WANN_OK;
}

wann_status wn_pass_schedule(wn_ir *ir, wn_pass_ctx *ctx) {
    const size_t n = (size_t)ir->n_insts + 1;
    slot *order = wn_calloc(n, sizeof *order);
    uint32_t *numbers = wn_calloc(n, sizeof *numbers);
    wn_ir result = {0};
    wann_status status = order && numbers ? WANN_OK : wn_fail_memory(ctx->diag);
    if (status == WANN_OK) {
        find_starts(ir, order, numbers);
        qsort(order, ir->n_insts, sizeof *order, compare);
        status = reorder(ir, &result, order, numbers, ctx->diag);
    }
    if (status == WANN_OK)
        wn_ir_replace(ir, &result);
    wn_ir_free(&result);
    wn_free(order);
    wn_free(numbers);
    return status;
}
