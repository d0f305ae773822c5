/* Reverse mode: append to the IR of a network the derivative of a weighted sum of its outputs,
 * sum_o out_bar[o] out[o], with respect to its weights or its inputs.
 *
 * One walk backwards over the instructions (Griewank and Walther, Evaluating Derivatives, 2008,
 * chapter 3). The adjoint of a value is what that sum changes by when the value does. When the walk
 * comes to an instruction, all that read its value have been passed, so its adjoint is complete, and
 * it hands on to each operand the adjoint times the derivative with respect to that operand. Network
 * and derivatives together take two to three times the operations of the network alone, however many
 * weights there are.
 *
 * Slopes come from values of the forward part wherever they can: 1 - t^2 of tanh, s (1 - s) of a
 * sigmoid, -x g of a gaussian. At the kinks of step, abs and relu the derivative is 0. */
#include "compiler/pass/pass.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

#define PI 3.14159265358979323846

typedef struct reversing {
    wn_ir *ir;
    uint32_t n_forward; /* instructions of the network itself */
    wn_array wanted;    /* of ir->in: what to differentiate with respect to */
    uint32_t first_wanted;
    bool weight_wanted;   /* and with respect to the shared weight */
    uint32_t first_bar;   /* where derivatives begin in the output vector */
    uint32_t first_seed;  /* where out_bar begins in the input vector */
    bool *active;         /* [n_forward] depends on what is wanted */
    wn_value *bar;        /* [n_forward] the adjoint so far; WN_NO_VALUE: 0 */
    bool *written;        /* [derivatives] */
    wn_value *node_value; /* [nodes] the value of each node */
    bool failed;
} reversing;

static wn_value append(reversing *r, wn_inst inst, wn_part part) {
    inst.part = (uint8_t)part;
    const wn_value value = wn_ir_append(r->ir, inst);
    r->failed |= value == WN_NO_VALUE;
    return value;
}

static bool is_wanted(const reversing *r, const wn_inst *inst) {
    if (inst->op == WN_OP_WEIGHT)
        return r->weight_wanted;
    return inst->op == WN_OP_INPUT && inst->index >= r->first_wanted &&
           inst->index < r->first_wanted + r->wanted.length;
}

/* A step is flat, so nothing goes through it. */
static void find_active(reversing *r) {
    for (uint32_t i = 0; i < r->n_forward; i++) {
        const wn_inst *inst = &r->ir->inst[i];
        r->active[i] = is_wanted(r, inst);
        for (unsigned a = 0; a < wn_op_operands((wn_op)inst->op); a++)
            r->active[i] |= r->active[inst->arg[a]];
        if (wn_inst_is_step(inst))
            r->active[i] = false;
    }
}

/* The last thing that a node computes is its value. */
static void find_node_values(reversing *r) {
    for (uint32_t i = 0; i < r->n_forward; i++) {
        const wn_inst *inst = &r->ir->inst[i];
        if (inst->op != WN_OP_OUTPUT && inst->node != WN_NO_NODE)
            r->node_value[inst->node] = i;
    }
}

static wn_part part_of(const reversing *r, wn_value v) {
    const wn_inst *inst = &r->ir->inst[v];
    const bool whole =
        inst->op == WN_OP_ACT || inst->node == WN_NO_NODE || r->node_value[inst->node] == v;
    return whole ? WN_PART_BAR : WN_PART_BAR_SUM;
}

/* A part of the adjoint of v. */
static wn_value contribution(reversing *r, wn_value v, wn_inst inst) {
    inst.node = r->ir->inst[v].node;
    return append(r, inst, part_of(r, v));
}

static void add_to(reversing *r, wn_value v, wn_value bar) {
    if (r->bar[v] == WN_NO_VALUE)
        r->bar[v] = bar;
    else
        r->bar[v] = contribution(r, v, wn_inst_binary(WN_OP_ADD, r->bar[v], bar, WN_NO_NODE));
}

static void add_product(reversing *r, wn_value v, wn_value bar, wn_value factor) {
    if (r->active[v])
        add_to(r, v, contribution(r, v, wn_inst_binary(WN_OP_MUL, bar, factor, WN_NO_NODE)));
}

static void add_minus(reversing *r, wn_value v, wn_value bar) {
    if (r->active[v])
        add_to(r, v, contribution(r, v, wn_inst_unary(WN_OP_NEG, bar, WN_NO_NODE)));
}

static void add_same(reversing *r, wn_value v, wn_value bar) {
    if (r->active[v])
        add_to(r, v, bar);
}

/* The derivative of an activation is made of parts that belong to its node. */
static wn_value slope(reversing *r, wn_inst inst) {
    return append(r, inst, WN_PART_SLOPE);
}

static wn_value slope_product(reversing *r, wn_value a, wn_value b, uint32_t node) {
    return slope(r, wn_inst_binary(WN_OP_MUL, a, b, node));
}

static wn_value slope_constant(reversing *r, double value, uint32_t node) {
    return slope(r, wn_inst_const(wn_ir_round(r->ir, value), node));
}

static wn_value one_minus(reversing *r, wn_value v, uint32_t node) {
    const wn_value one = slope_constant(r, 1, node);
    return slope(r, wn_inst_binary(WN_OP_SUB, one, v, node));
}

/* -(a b) */
static wn_value minus_product(reversing *r, wn_value a, wn_value b, uint32_t node) {
    wn_inst product = wn_inst_binary(WN_OP_MUL, a, b, node);
    product.minus = true;
    return slope(r, wn_inst_unary(WN_OP_NEG, slope(r, product), node));
}

/* c f(x) */
static wn_value scaled(reversing *r, double c, wann_activation f, wn_value x, uint32_t node) {
    const wn_value scale = slope_constant(r, c, node);
    return slope_product(r, scale, slope(r, wn_inst_act(f, x, node)), node);
}

/* The slope at x of the activation whose value is y. */
static wn_value slope_of(reversing *r, wn_value y, wn_value x) {
    const uint32_t node = r->ir->inst[y].node;
    switch ((wann_activation)r->ir->inst[y].activation) {
    case WANN_ACT_SIN:
        return scaled(r, PI, WANN_ACT_COS, x, node);
    case WANN_ACT_COS:
        return scaled(r, -PI, WANN_ACT_SIN, x, node);
    case WANN_ACT_GAUSSIAN:
        return minus_product(r, x, y, node);
    case WANN_ACT_TANH:
        return one_minus(r, slope_product(r, y, y, node), node);
    case WANN_ACT_SIGMOID:
        return slope_product(r, y, one_minus(r, y, node), node);
    case WANN_ACT_SQUARED:
        return slope_product(r, slope_constant(r, 2, node), x, node);
    case WANN_ACT_LINEAR:
    case WANN_ACT_STEP:
    case WANN_ACT_INVERSE:
    case WANN_ACT_ABS:
    case WANN_ACT_RELU:
        break;
    }
    return WN_NO_VALUE;
}

/* bar where x > 0, else 0. */
static wn_value gate(reversing *r, wn_value v, wn_value x, wn_value bar) {
    return contribution(r, v, wn_inst_binary(WN_OP_GATE, x, bar, WN_NO_NODE));
}

static void reverse_abs(reversing *r, wn_value x, wn_value bar) {
    const wn_value negated = contribution(r, x, wn_inst_unary(WN_OP_NEG, x, WN_NO_NODE));
    const wn_value right = gate(r, x, x, bar), left = gate(r, x, negated, bar);
    add_to(r, x, contribution(r, x, wn_inst_binary(WN_OP_SUB, right, left, WN_NO_NODE)));
}

static void reverse_activation(reversing *r, uint32_t i, wn_value bar) {
    const wn_value x = r->ir->inst[i].arg[0];
    switch ((wann_activation)r->ir->inst[i].activation) {
    case WANN_ACT_LINEAR:
        add_same(r, x, bar);
        return;
    case WANN_ACT_INVERSE:
        add_minus(r, x, bar);
        return;
    case WANN_ACT_ABS:
        reverse_abs(r, x, bar);
        return;
    case WANN_ACT_RELU: /* its value is positive where its argument is */
        add_to(r, x, gate(r, x, i, bar));
        return;
    case WANN_ACT_SIN:
    case WANN_ACT_GAUSSIAN:
    case WANN_ACT_TANH:
    case WANN_ACT_SIGMOID:
    case WANN_ACT_COS:
    case WANN_ACT_SQUARED:
        add_product(r, x, bar, slope_of(r, i, x));
        return;
    case WANN_ACT_STEP:
        return;
    }
}

/* The adjoint of something wanted is complete. */
static void put_derivative(reversing *r, const wn_inst *of, wn_value bar) {
    const uint32_t k = of->op == WN_OP_WEIGHT ? r->wanted.length : of->index - r->first_wanted;
    r->written[k] = true;
    append(r, wn_inst_output(r->first_bar + k, bar, of->node), WN_PART_BAR);
}

static wn_value seed_of(reversing *r, const wn_inst *output) {
    return append(r, wn_inst_input(r->first_seed + output->index, output->node), WN_PART_BAR);
}

static void reverse(reversing *r, uint32_t i) {
    const wn_inst inst = r->ir->inst[i];
    const wn_value a = inst.arg[0], b = inst.arg[1], bar = r->bar[i];
    if (!r->active[i] || (bar == WN_NO_VALUE && inst.op != WN_OP_OUTPUT))
        return;
    switch ((wn_op)inst.op) {
    case WN_OP_INPUT:
    case WN_OP_WEIGHT:
        put_derivative(r, &inst, bar);
        return;
    case WN_OP_ADD:
        add_same(r, b, bar);
        add_same(r, a, bar);
        return;
    case WN_OP_SUB:
        add_minus(r, b, bar);
        add_same(r, a, bar);
        return;
    case WN_OP_NEG:
        add_minus(r, a, bar);
        return;
    case WN_OP_FMA:
        add_same(r, inst.arg[2], bar);
        add_product(r, b, bar, a);
        add_product(r, a, bar, b);
        return;
    case WN_OP_MUL:
        add_product(r, b, bar, a);
        add_product(r, a, bar, b);
        return;
    case WN_OP_GATE: /* the gate itself is flat */
        if (r->active[b])
            add_to(r, b, gate(r, b, a, bar));
        return;
    case WN_OP_ACT:
        reverse_activation(r, i, bar);
        return;
    case WN_OP_OUTPUT:
        add_same(r, a, seed_of(r, &inst));
        return;
    case WN_OP_CONST:
    case WN_OP_SCALED: /* comes of passes that run where nothing is differentiated any more */
    case WN_OPS:
        return;
    }
}

/* What no output depends on. */
static void put_zeros(reversing *r) {
    const uint32_t n = r->wanted.length + r->weight_wanted;
    wn_value zero = WN_NO_VALUE;
    for (uint32_t k = 0; k < n && !r->failed; k++) {
        if (r->written[k])
            continue;
        if (zero == WN_NO_VALUE)
            zero = append(r, wn_inst_const(0, WN_NO_NODE), WN_PART_BAR);
        append(r, wn_inst_output(r->first_bar + k, zero, WN_NO_NODE), WN_PART_BAR);
    }
}

/* The arrays that come with the derivative. */
static void extend_vectors(reversing *r) {
    wn_ir *ir = r->ir;
    const bool weights = ir->in[1].name != NULL;
    r->wanted = ir->in[weights];
    r->first_wanted = weights ? ir->in[0].length : 0;
    r->first_seed = ir->n_inputs;
    r->first_bar = ir->n_outputs;
    ir->in[1 + weights] = (wn_array){"out_bar", ir->n_outputs, false};
    ir->n_inputs += ir->n_outputs;
    ir->out[1] = (wn_array){weights ? "weights_bar" : "in_bar", r->wanted.length, weights};
    if (r->weight_wanted)
        ir->out[2] = (wn_array){"*weight_bar", 1, true};
    ir->n_outputs += r->wanted.length + r->weight_wanted;
}

static wann_status differentiate(reversing *r, wann_diag *diag) {
    const size_t n = (size_t)r->n_forward + 1;
    extend_vectors(r);
    r->active = wn_calloc(n, sizeof *r->active);
    r->bar = wn_calloc(n, sizeof *r->bar);
    r->written = wn_calloc((size_t)r->wanted.length + 1, sizeof *r->written);
    r->node_value = wn_calloc((size_t)r->ir->net->n_nodes + 1, sizeof *r->node_value);
    if (!r->active || !r->bar || !r->written || !r->node_value)
        return wn_fail_memory(diag);
    for (uint32_t i = 0; i < r->n_forward; i++)
        r->bar[i] = WN_NO_VALUE;
    find_active(r);
    find_node_values(r);
    for (uint32_t i = r->n_forward; i-- > 0 && !r->failed;)
        reverse(r, i);
    put_zeros(r);
    return r->failed ? wn_fail_memory(diag) : WANN_OK;
}

wann_status wn_differentiate(wn_ir *ir, wann_weighting weighting, wann_diag *diag) {
    reversing r = {
        .ir = ir, .n_forward = ir->n_insts, .weight_wanted = weighting == WANN_WEIGHT_PARAMETER};
    const wann_status status = differentiate(&r, diag);
    ir->facts = WN_FACT_NONE;
    wn_free(r.active);
    wn_free(r.bar);
    wn_free(r.written);
    wn_free(r.node_value);
    return status;
}
