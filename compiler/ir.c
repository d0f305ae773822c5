/* Building, measuring and running the IR. */
#include "compiler/ir.h"

#include <math.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/interp/activate.h"

void wn_ir_free(wn_ir *ir) {
    wn_free(ir->inst);
    *ir = (wn_ir){0};
}

wn_value wn_ir_append(wn_ir *ir, wn_inst inst) {
    if (ir->n_insts == ir->capacity) {
        const uint32_t capacity = ir->capacity ? ir->capacity * 2 : 64;
        size_t bytes;
        if (capacity <= ir->capacity || !wn_mul_size(capacity, sizeof inst, &bytes))
            return WN_NO_VALUE;
        wn_inst *grown = wn_realloc(ir->inst, bytes);
        if (!grown)
            return WN_NO_VALUE;
        ir->inst = grown;
        ir->capacity = capacity;
    }
    ir->inst[ir->n_insts] = inst;
    return ir->n_insts++;
}

wann_status wn_ir_begin(wn_ir *result, const wn_ir *from, wann_diag *diag) {
    *result = *from;
    result->n_insts = 0;
    result->capacity = from->n_insts + 1;
    result->inst = wn_calloc(result->capacity, sizeof *result->inst);
    return result->inst ? WANN_OK : wn_fail_memory(diag);
}

void wn_ir_replace(wn_ir *ir, wn_ir *result) {
    wn_free(ir->inst);
    *ir = *result;
    *result = (wn_ir){0};
}

static wn_inst make(wn_op op, uint32_t node) {
    return (wn_inst){.op = (uint8_t)op, .arg = {WN_NO_VALUE, WN_NO_VALUE, WN_NO_VALUE}, .node = node};
}

wn_inst wn_inst_input(uint32_t index, uint32_t node) {
    wn_inst inst = make(WN_OP_INPUT, node);
    inst.index = index;
    return inst;
}

wn_inst wn_inst_const(double value, uint32_t node) {
    wn_inst inst = make(WN_OP_CONST, node);
    inst.value = value;
    return inst;
}

wn_inst wn_inst_weight(void) {
    return make(WN_OP_WEIGHT, WN_NO_NODE);
}

wn_inst wn_inst_unary(wn_op op, wn_value a, uint32_t node) {
    wn_inst inst = make(op, node);
    inst.arg[0] = a;
    return inst;
}

wn_inst wn_inst_binary(wn_op op, wn_value a, wn_value b, uint32_t node) {
    wn_inst inst = wn_inst_unary(op, a, node);
    inst.arg[1] = b;
    return inst;
}

wn_inst wn_inst_act(wann_activation activation, wn_value a, uint32_t node) {
    wn_inst inst = wn_inst_unary(WN_OP_ACT, a, node);
    inst.activation = (uint8_t)activation;
    return inst;
}

wn_inst wn_inst_scaled(wann_activation activation, wn_value a, wn_value b, uint32_t node) {
    wn_inst inst = wn_inst_binary(WN_OP_SCALED, a, b, node);
    inst.activation = (uint8_t)activation;
    return inst;
}

bool wn_inst_activates(const wn_inst *inst) {
    return inst->op == WN_OP_ACT || inst->op == WN_OP_SCALED;
}

bool wn_inst_is_step(const wn_inst *inst) {
    return wn_inst_activates(inst) && inst->activation == WANN_ACT_STEP;
}

wn_inst wn_inst_output(uint32_t index, wn_value a, uint32_t node) {
    wn_inst inst = wn_inst_unary(WN_OP_OUTPUT, a, node);
    inst.index = index;
    return inst;
}

static const struct {
    const char *word;
    unsigned operands;
} ops[] = {
#define X(NAME, word, operands, text) {#word, operands},
#include "compiler/ops.def"
#undef X
};

unsigned wn_op_operands(wn_op op) {
    return ops[op].operands;
}

const char *wn_op_word(wn_op op) {
    return ops[op].word;
}

void wn_ir_uses(const wn_ir *ir, uint32_t *uses) {
    memset(uses, 0, ir->n_insts * sizeof *uses);
    for (uint32_t i = 0; i < ir->n_insts; i++)
        for (unsigned a = 0; a < ops[ir->inst[i].op].operands; a++)
            uses[ir->inst[i].arg[a]]++;
}

static void count(const wn_inst *inst, wn_ir_cost *cost) {
    switch ((wn_op)inst->op) {
    case WN_OP_ADD:
    case WN_OP_SUB:
        cost->adds++;
        return;
    case WN_OP_MUL:
        cost->muls++;
        return;
    case WN_OP_FMA:
        cost->fmas++;
        return;
    case WN_OP_NEG:
        cost->negs++;
        return;
    case WN_OP_GATE:
        cost->activations++;
        return;
    case WN_OP_ACT:
        cost->acts[inst->activation]++;
        cost->activations += inst->activation != WANN_ACT_LINEAR;
        return;
    case WN_OP_SCALED: /* a step multiplies, or turns the sign; other kernels have the weight in a constant */
        cost->acts[inst->activation]++;
        cost->activations++;
        cost->muls += inst->activation == WANN_ACT_STEP;
        return;
    case WN_OP_INPUT:
    case WN_OP_CONST:
    case WN_OP_WEIGHT:
    case WN_OP_OUTPUT:
    case WN_OPS:
        return;
    }
}

/* Whether an instruction is work for the machine. */
static bool computes(const wn_inst *inst) {
    switch ((wn_op)inst->op) {
    case WN_OP_ADD:
    case WN_OP_SUB:
    case WN_OP_NEG:
    case WN_OP_MUL:
    case WN_OP_FMA:
    case WN_OP_GATE:
        return true;
    case WN_OP_ACT:
    case WN_OP_SCALED:
        return inst->activation != WANN_ACT_LINEAR;
    case WN_OP_INPUT:
    case WN_OP_CONST:
    case WN_OP_WEIGHT:
    case WN_OP_OUTPUT:
    case WN_OPS:
        return false;
    }
    return false;
}

/* Values alive between two instructions, at most; constants count for nothing. */
static uint32_t most_alive(const wn_ir *ir, uint32_t *left) {
    uint32_t alive = 0, most = 0;
    wn_ir_uses(ir, left);
    for (uint32_t i = 0; i < ir->n_insts; i++) {
        const wn_inst *inst = &ir->inst[i];
        for (unsigned a = 0; a < ops[inst->op].operands; a++) {
            const wn_value v = inst->arg[a];
            alive -= --left[v] == 0 && ir->inst[v].op != WN_OP_CONST;
        }
        alive += left[i] > 0 && inst->op != WN_OP_CONST;
        most = alive > most ? alive : most;
    }
    return most;
}

wann_status wn_ir_measure(const wn_ir *ir, wn_ir_cost *cost, wann_diag *diag) {
    *cost = (wn_ir_cost){0};
    uint32_t *depth = wn_calloc(ir->n_insts + 1, sizeof *depth);
    if (!depth)
        return wn_fail_memory(diag);
    for (uint32_t i = 0; i < ir->n_insts; i++) {
        const wn_inst *inst = &ir->inst[i];
        const uint32_t before = cost->activations;
        count(inst, cost);
        const bool goes_on = inst->pack && i > 0 && inst[-1].pack == inst->pack;
        cost->kernels += goes_on ? 0 : cost->activations - before;
        for (unsigned a = 0; a < ops[inst->op].operands; a++)
            if (depth[inst->arg[a]] > depth[i])
                depth[i] = depth[inst->arg[a]];
        depth[i] += computes(inst);
        if (depth[i] > cost->depth)
            cost->depth = depth[i];
    }
    cost->live = most_alive(ir, depth);
    wn_free(depth);
    return WANN_OK;
}

const wn_array *wn_ir_array(const wn_array arrays[WN_ARRAYS], uint32_t index, uint32_t *place) {
    for (size_t a = 0; a < WN_ARRAYS && arrays[a].name; a++) {
        if (index < arrays[a].length) {
            *place = index;
            return &arrays[a];
        }
        index -= arrays[a].length;
    }
    return NULL;
}

double wn_ir_round(const wn_ir *ir, double value) {
    return ir->real == WANN_FLOAT ? (double)(float)value : value;
}

static double evaluate_f64(const wn_inst *inst, const double *in, double weight, const double *v) {
    const double a = inst->arg[0] != WN_NO_VALUE ? v[inst->arg[0]] : 0;
    const double b = inst->arg[1] != WN_NO_VALUE ? v[inst->arg[1]] : 0;
    const double c = inst->arg[2] != WN_NO_VALUE ? v[inst->arg[2]] : 0;
    switch ((wn_op)inst->op) {
    case WN_OP_INPUT: return in[inst->index];
    case WN_OP_CONST: return inst->value;
    case WN_OP_WEIGHT: return weight;
    case WN_OP_ADD: return a + b;
    case WN_OP_SUB: return a - b;
    case WN_OP_NEG: return -a;
    case WN_OP_MUL: return a * b;
    case WN_OP_FMA: return a * b + c;
    case WN_OP_GATE: return a > 0 ? b : 0;
    case WN_OP_ACT: return wn_activate((wann_activation)inst->activation, a);
    case WN_OP_SCALED: return wn_activate((wann_activation)inst->activation, a * b);
    case WN_OP_OUTPUT:
    case WN_OPS:
        return a;
    }
    return a;
}

/* The product and sum of two floats in double, rounded to float, are the float product and sum
 * (double has more than twice the digits of float), so only activations need float functions. */
static double evaluate_f32(const wn_inst *inst, const double *in, double weight, const double *v) {
    if (inst->op == WN_OP_ACT)
        return (double)wn_activate_f32((wann_activation)inst->activation, (float)v[inst->arg[0]]);
    if (inst->op == WN_OP_SCALED)
        return (double)wn_activate_f32((wann_activation)inst->activation, (float)(v[inst->arg[0]] * v[inst->arg[1]]));
    if (inst->op == WN_OP_FMA)
        return (double)(float)((double)(float)(v[inst->arg[0]] * v[inst->arg[1]]) + v[inst->arg[2]]);
    return (double)(float)evaluate_f64(inst, in, weight, v);
}

void wn_ir_evaluate(const wn_ir *ir, const double *in, double weight, double *scratch, double *out) {
    for (uint32_t i = 0; i < ir->n_insts; i++) {
        const wn_inst *inst = &ir->inst[i];
        scratch[i] = ir->real == WANN_FLOAT ? evaluate_f32(inst, in, weight, scratch)
                                            : evaluate_f64(inst, in, weight, scratch);
        if (inst->op == WN_OP_OUTPUT)
            out[inst->index] = scratch[i];
    }
}
