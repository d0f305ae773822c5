/* How long instructions take: cycles from operands to result on recent x86 and Arm cores (additions,
 * multiplications and fused ones: Agner Fog's instruction tables for Zen 4 and Golden Cove), and those
 * of the kernels along their longest path. Passes only compare sums of these. */
#include "compiler/pass/pass.h"

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

static uint32_t activation_latency(wann_activation activation) {
    switch (activation) {
    case WANN_ACT_LINEAR:
        return 0;
    case WANN_ACT_INVERSE:
    case WANN_ACT_ABS:
        return 1;
    case WANN_ACT_STEP:
    case WANN_ACT_RELU:
        return 3;
    case WANN_ACT_SQUARED:
        return 4;
    case WANN_ACT_SIN:
    case WANN_ACT_COS:
        return 27;
    case WANN_ACT_GAUSSIAN:
        return 30;
    case WANN_ACT_TANH:
        return 31;
    case WANN_ACT_SIGMOID:
        return 34;
    }
    return 0;
}

uint32_t wn_latency(const wn_inst *inst) {
    switch ((wn_op)inst->op) {
    case WN_OP_INPUT:
    case WN_OP_CONST:
    case WN_OP_WEIGHT:
    case WN_OP_OUTPUT:
    case WN_OPS:
        return 0;
    case WN_OP_NEG:
        return 1;
    case WN_OP_GATE:
        return 3;
    case WN_OP_ADD:
    case WN_OP_SUB:
    case WN_OP_MUL:
    case WN_OP_FMA:
        return 4;
    case WN_OP_ACT:
    case WN_OP_SCALED:
        return activation_latency((wann_activation)inst->activation);
    }
    return 0;
}

/* Operations in a kernel, and how many operations on numbers begin in a cycle, on the same machines. */
enum { KERNEL = 12, A_CYCLE = 2 };

wann_status wn_measure_time(const wn_ir *ir, wn_time *time, wann_diag *diag) {
    uint32_t *ready = wn_calloc((size_t)ir->n_insts + 1, sizeof *ready);
    if (!ready)
        return wn_fail_memory(diag);
    uint64_t operations = 0;
    *time = (wn_time){0};
    for (uint32_t i = 0; i < ir->n_insts; i++) {
        const wn_inst *inst = &ir->inst[i];
        const uint32_t own = wn_latency(inst);
        for (unsigned a = 0; a < wn_op_operands((wn_op)inst->op); a++)
            ready[i] = ready[inst->arg[a]] > ready[i] ? ready[inst->arg[a]] : ready[i];
        ready[i] += own;
        time->path = ready[i] > time->path ? ready[i] : time->path;
        operations += own > KERNEL ? KERNEL : own > 0;
    }
    time->work = operations / A_CYCLE;
    wn_free(ready);
    return WANN_OK;
}
