/* The fixed-point format of each value, by interval arithmetic (Moore, Kearfott and Cloud,
 * "Introduction to Interval Analysis", 2009) over what inputs and weight can be.
 *
 * A value gets as many fraction bits as its range leaves in 32; a sum as many as fit itself and
 * what it adds, so that no partial result overflows. Integers are rounded where bits go: that
 * widens intervals, which makes them hold for the integers themselves, and is added up for the
 * error bound. */
#include "compiler/emit/fixed.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

enum { MOST_BITS = 30 };

/* A little less than 2^31, for intervals are widened once more when formats are final. */
static const double LARGEST = 2147483000.0, FACTOR = 1073741824.0;

/* What each kernel errs at most; tests/fixed tries them. */
static const double KERNEL = 20.0 / 1073741824.0;

double wn_fixed_scale(double value, int bits) {
    const double scaled = round(ldexp(value, bits));
    return scaled > INT32_MAX ? INT32_MAX : scaled < -INT32_MAX ? -INT32_MAX : scaled;
}

int wn_fixed_argument_bits(wann_activation activation) {
    switch (activation) {
    case WANN_ACT_SIGMOID:
        return 26;
    case WANN_ACT_TANH:
        return 27;
    case WANN_ACT_GAUSSIAN:
        return 28;
    case WANN_ACT_LINEAR:
    case WANN_ACT_STEP:
    case WANN_ACT_SIN:
    case WANN_ACT_INVERSE:
    case WANN_ACT_ABS:
    case WANN_ACT_RELU:
    case WANN_ACT_COS:
    case WANN_ACT_SQUARED:
        return 0;
    }
    return 0;
}

/* The most fraction bits with which magnitude stays within limit. */
static int fit(double magnitude, double limit) {
    int bits = MOST_BITS;
    while (bits > -1100 && !(ldexp(magnitude, bits) <= limit))
        bits--;
    return bits;
}

static double larger(double a, double b) {
    return a > b ? a : b;
}

static double magnitude(const wn_fixed *f, wn_value v) {
    return larger(fabs(f->low[v]), fabs(f->high[v]));
}

static bool is_constant(const wn_fixed *f, wn_value v) {
    return f->ir->inst[v].op == WN_OP_CONST;
}

/* How far v may be off when it is taken with so many fraction bits: constants are rounded to the
 * nearest, others down. */
static double loss(const wn_fixed *f, wn_value v, int bits) {
    if (is_constant(f, v))
        return fabs(ldexp(wn_fixed_scale(f->low[v], bits), -bits) - f->low[v]);
    return f->bits[v] > bits ? ldexp(1, -bits) : 0;
}

unsigned wn_fixed_shifted(const wn_fixed *f, const wn_inst *product) {
    return is_constant(f, product->arg[1]);
}

/* Of a product, or of the squared argument of an activation, which stands for both. */
static wn_value factor_of(const wn_inst *inst, unsigned k) {
    return inst->arg[inst->op == WN_OP_ACT ? 0 : k];
}

int wn_fixed_factor_bits(const wn_fixed *f, const wn_inst *product, unsigned k) {
    const wn_value a = factor_of(product, 0), b = factor_of(product, 1);
    const int surplus = f->bits[a] + f->bits[b] - MOST_BITS - f->bits[product - f->ir->inst];
    const unsigned shifted = product->op == WN_OP_ACT ? 0 : wn_fixed_shifted(f, product);
    return f->bits[k ? b : a] - (k == shifted ? surplus : 0);
}

/* Setting one value. Formats are chosen in the first round; the second, with those of sums that
 * others read made equal to theirs, finds the final intervals. */
typedef struct formatting {
    wn_fixed *f;
    const wann_compile_options *options;
    bool choose;
    wann_diag *diag;
} formatting;

static void set_range(wn_fixed *f, wn_value v, double low, double high, double widening) {
    f->low[v] = low - widening;
    f->high[v] = high + widening;
}

static void set_bits(const formatting *t, wn_value v, int bits) {
    if (t->choose)
        t->f->bits[v] = (int8_t)larger(bits, -128);
}

static void set_sum(const formatting *t, wn_value v, const wn_inst *inst) {
    wn_fixed *f = t->f;
    const wn_value a = inst->arg[0], b = inst->arg[1];
    const bool minus = inst->op == WN_OP_SUB;
    const double low = f->low[a] + (minus ? -f->high[b] : f->low[b]);
    const double high = f->high[a] + (minus ? -f->low[b] : f->high[b]);
    const double largest =
        larger(larger(magnitude(f, a), magnitude(f, b)), larger(fabs(low), fabs(high)));
    set_bits(t, v, fit(largest, LARGEST));
    const double lost = loss(f, a, f->bits[v]) + loss(f, b, f->bits[v]);
    set_range(f, v, low, high, lost);
    f->error[v] = f->error[a] + f->error[b] + lost;
}

static void set_product(const formatting *t, wn_value v, const wn_inst *inst) {
    wn_fixed *f = t->f;
    const wn_value a = factor_of(inst, 0), b = factor_of(inst, 1);
    const double p = f->low[a] * f->low[b], q = f->low[a] * f->high[b], r = f->high[a] * f->low[b],
                 s = f->high[a] * f->high[b];
    const double low = fmin(fmin(p, q), fmin(r, s)), high = fmax(fmax(p, q), fmax(r, s));
    const int natural = f->bits[a] + f->bits[b] - MOST_BITS,
              room = fit(larger(fabs(low), fabs(high)), LARGEST);
    set_bits(t, v, natural < room ? natural : room);
    const double lost_a = loss(f, a, wn_fixed_factor_bits(f, inst, 0)) + f->error[a];
    const double lost_b = loss(f, b, wn_fixed_factor_bits(f, inst, 1)) + f->error[b];
    const double rounding = ldexp(0.5, -f->bits[v]);
    const double local = (lost_a - f->error[a]) * magnitude(f, b) +
                         (lost_b - f->error[b]) * magnitude(f, a) +
                         (lost_a - f->error[a]) * (lost_b - f->error[b]) + rounding;
    set_range(f, v, low, high, local);
    f->error[v] = lost_a * magnitude(f, b) + lost_b * magnitude(f, a) + lost_a * lost_b + rounding;
}

static void set_same(const formatting *t, wn_value v, wn_value a, double low, double high) {
    set_bits(t, v, t->f->bits[a]);
    set_range(t->f, v, low, high, is_constant(t->f, a) ? loss(t->f, a, t->f->bits[v]) : 0);
    t->f->error[v] = t->f->error[a] + (is_constant(t->f, a) ? loss(t->f, a, t->f->bits[v]) : 0);
}

/* Values of range 1, from kernels. */
static void set_kernel(const formatting *t, wn_value v, double low, double high) {
    set_bits(t, v, MOST_BITS);
    set_range(t->f, v, low, high, KERNEL);
    t->f->error[v] = KERNEL;
}

static double sigmoid(double x) {
    return 1 / (1 + exp(-x));
}

static void set_activation_value(const formatting *t, wn_value v, const wn_inst *inst) {
    wn_fixed *f = t->f;
    const wn_value a = inst->arg[0];
    const double low = f->low[a], high = f->high[a];
    switch ((wann_activation)inst->activation) {
    case WANN_ACT_LINEAR:
        set_same(t, v, a, low, high);
        return;
    case WANN_ACT_INVERSE:
        set_same(t, v, a, -high, -low);
        return;
    case WANN_ACT_ABS:
        set_same(t, v, a, 0, larger(-low, high));
        return;
    case WANN_ACT_RELU:
        set_same(t, v, a, 0, larger(0, high));
        return;
    case WANN_ACT_STEP:
        set_kernel(t, v, 0, 1);
        f->error[v] = 0;
        return;
    case WANN_ACT_SIN:
    case WANN_ACT_COS:
        set_kernel(t, v, -1, 1);
        return;
    case WANN_ACT_GAUSSIAN:
        set_kernel(t, v, 0, 1);
        return;
    case WANN_ACT_TANH:
        set_kernel(t, v, tanh(low), tanh(high));
        return;
    case WANN_ACT_SIGMOID:
        set_kernel(t, v, sigmoid(low), sigmoid(high));
        return;
    case WANN_ACT_SQUARED:
        set_product(t, v, inst);
        return;
    }
}

/* Errors up to here belong to the node's sum; its value starts anew with what the activation adds.
 */
static void set_activation(const formatting *t, wn_value v, const wn_inst *inst) {
    wn_fixed *f = t->f;
    const wn_value a = inst->arg[0];
    const int bits = wn_fixed_argument_bits((wann_activation)inst->activation);
    const double before = f->error[a] + (bits                ? loss(f, a, bits)
                                         : is_constant(f, a) ? loss(f, a, f->bits[a])
                                                             : 0);
    f->error[a] = 0;
    set_activation_value(t, v, inst);
    f->error[a] = before;
    if (inst->node != WN_NO_NODE) {
        f->sum_error[inst->node] = before;
        f->value_error[inst->node] = f->error[v];
    }
    f->error[v] = 0;
}

static void set_input(const formatting *t, wn_value v, const wn_inst *inst) {
    wn_fixed *f = t->f;
    f->bits[v] = (int8_t)f->in_bits;
    set_range(f, v, f->input[inst->index].low, f->input[inst->index].high, 0);
}

static void set_value(const formatting *t, wn_value v) {
    wn_fixed *f = t->f;
    const wn_inst *inst = &f->ir->inst[v];
    switch ((wn_op)inst->op) {
    case WN_OP_INPUT:
        set_input(t, v, inst);
        return;
    case WN_OP_CONST:
        set_bits(t, v, fit(fabs(inst->value), FACTOR));
        set_range(f, v, inst->value, inst->value, 0);
        return;
    case WN_OP_WEIGHT:
        f->bits[v] = (int8_t)f->weight_bits;
        set_range(f, v, f->weight.low, f->weight.high, 0);
        return;
    case WN_OP_ADD:
    case WN_OP_SUB:
        set_sum(t, v, inst);
        return;
    case WN_OP_NEG:
        set_same(t, v, inst->arg[0], -f->high[inst->arg[0]], -f->low[inst->arg[0]]);
        return;
    case WN_OP_MUL:
        set_product(t, v, inst);
        return;
    case WN_OP_ACT:
        set_activation(t, v, inst);
        return;
    case WN_OP_OUTPUT: /* when the formats of all are known */
    case WN_OP_FMA:    /* passes for fixed point make none of these */
    case WN_OP_GATE:
    case WN_OP_SCALED:
    case WN_OPS:
        return;
    }
}

static wann_status refuse(const formatting *t, wn_value v) {
    const wn_inst *inst = &t->f->ir->inst[v];
    const wn_net *net = t->f->ir->net;
    wn_buf text = {0};
    if (net && inst->node != WN_NO_NODE)
        wn_buf_print(&text, "node %" PRId64 " (%s of %" PRIu32 ")", net->id[inst->node],
                     wann_activation_name((wann_activation)net->activation[inst->node]),
                     net->first_conn[inst->node + 1] - net->first_conn[inst->node]);
    else
        wn_buf_text(&text, "a power of the weight");
    wn_buf_text(&text, " can need numbers as large as ");
    wn_buf_fixed(&text, magnitude(t->f, v), 0);
    wn_buf_print(&text,
                 ", which leaves less than %d of 32 bits for fractions; narrower ranges of inputs "
                 "or weight, "
                 "or a weight that is baked in, make them smaller",
                 WN_FIXED_FEWEST_BITS);
    const wann_status status = text.failed
                                   ? wn_fail_memory(t->diag)
                                   : wn_fail(t->diag, WANN_INPUT, NULL, 0, 0, "%s", text.data);
    wn_buf_free(&text);
    return status;
}

/* Not !(bits < ...): a magnitude that is no number fits with no bits at all. */
static wann_status choose(const formatting *t) {
    for (uint32_t v = 0; v < t->f->ir->n_insts; v++) {
        set_value(t, v);
        if (t->f->ir->inst[v].op != WN_OP_OUTPUT && t->f->bits[v] < WN_FIXED_FEWEST_BITS)
            return refuse(t, v);
    }
    return WANN_OK;
}

/* Part of a sum that nothing else reads has the format of the whole, so that each term is shifted
 * once. */
static wann_status join_sums(wn_fixed *f, wann_diag *diag) {
    const wn_ir *ir = f->ir;
    uint32_t *uses = wn_calloc((size_t)ir->n_insts + 1, sizeof *uses);
    if (!uses)
        return wn_fail_memory(diag);
    wn_ir_uses(ir, uses);
    for (uint32_t v = ir->n_insts; v-- > 0;) {
        const wn_inst *inst = &ir->inst[v];
        if (inst->op != WN_OP_ADD && inst->op != WN_OP_SUB)
            continue;
        for (int k = 0; k < 2; k++) {
            const wn_value a = inst->arg[k];
            const bool sum = ir->inst[a].op == WN_OP_ADD || ir->inst[a].op == WN_OP_SUB;
            if (sum && uses[a] == 1 && f->bits[a] > f->bits[v])
                f->bits[a] = f->bits[v];
        }
    }
    wn_free(uses);
    return WANN_OK;
}

static void set_outputs(wn_fixed *f) {
    f->out_bits = MOST_BITS;
    for (uint32_t v = 0; v < f->ir->n_insts; v++)
        if (f->ir->inst[v].op == WN_OP_OUTPUT && f->bits[f->ir->inst[v].arg[0]] < f->out_bits)
            f->out_bits = f->bits[f->ir->inst[v].arg[0]];
    f->output = (wann_range){HUGE_VAL, -HUGE_VAL};
    for (uint32_t v = 0; v < f->ir->n_insts; v++) {
        const wn_inst *inst = &f->ir->inst[v];
        const wn_value a = inst->arg[0];
        if (inst->op != WN_OP_OUTPUT)
            continue;
        f->output.low = fmin(f->output.low, f->low[a]);
        f->output.high = fmax(f->output.high, f->high[a]);
        if (inst->node != WN_NO_NODE)
            f->value_error[inst->node] += f->error[a] + loss(f, a, f->out_bits);
    }
}

/* Nodes that were merged with equal ones err as these do; what is linear errs where it is read. */
static wann_status spread_errors(wn_fixed *f, wann_diag *diag) {
    const wn_net *net = f->ir->net;
    bool *own = wn_calloc((size_t)net->n_nodes + 1, sizeof *own);
    double sum = 0, value = 0;
    if (!own)
        return wn_fail_memory(diag);
    for (uint32_t v = 0; v < f->ir->n_insts; v++)
        if (f->ir->inst[v].op == WN_OP_ACT && f->ir->inst[v].node != WN_NO_NODE) {
            const uint32_t node = f->ir->inst[v].node;
            own[node] = true;
            sum = larger(sum, f->sum_error[node]);
            value = larger(value, f->value_error[node]);
        }
    for (uint32_t i = 0; i < net->n_nodes; i++) {
        const bool linear =
            net->activation[i] == WANN_ACT_LINEAR || net->activation[i] == WANN_ACT_INVERSE;
        if (own[i] || linear)
            continue;
        f->sum_error[i] = sum;
        f->value_error[i] += value;
    }
    wn_free(own);
    return WANN_OK;
}

/* Ranges as integers of their format have them. */
static wann_range as_integers(wann_range range, int bits) {
    return (wann_range){ldexp(wn_fixed_scale(range.low, bits), -bits),
                        ldexp(wn_fixed_scale(range.high, bits), -bits)};
}

static wann_range input_range(const wann_compile_options *options, uint32_t i) {
    if (!options->input_range || options->n_input_ranges == 0)
        return (wann_range){-8, 8};
    return options->input_range[options->n_input_ranges == 1 ? 0 : i];
}

static wann_status set_parameters(wn_fixed *f, const wann_compile_options *options,
                                  wann_diag *diag) {
    const uint32_t n = f->ir->n_inputs;
    const wann_range w = options->weight_range;
    wann_range *input = WN_NEW(&f->arena, wann_range, (size_t)n + 1);
    double largest = 0;
    if (!input)
        return wn_fail_memory(diag);
    f->weight_bits = fit(larger(fabs(w.low), fabs(w.high)), FACTOR);
    f->weight = as_integers(w, f->weight_bits);
    for (uint32_t i = 0; i < n; i++) {
        input[i] = input_range(options, i);
        largest = larger(largest, larger(fabs(input[i].low), fabs(input[i].high)));
    }
    f->in_bits = fit(largest, LARGEST);
    for (uint32_t i = 0; i < n; i++)
        input[i] = as_integers(input[i], f->in_bits);
    f->input = input;
    return WANN_OK;
}

static wann_status allocate(wn_fixed *f, wann_diag *diag) {
    const size_t n = (size_t)f->ir->n_insts + 1, nodes = (size_t)f->ir->net->n_nodes + 1;
    f->bits = WN_NEW(&f->arena, int8_t, n);
    f->low = WN_NEW(&f->arena, double, n);
    f->high = WN_NEW(&f->arena, double, n);
    f->error = WN_NEW(&f->arena, double, n);
    f->sum_error = WN_NEW(&f->arena, double, nodes);
    f->value_error = WN_NEW(&f->arena, double, nodes);
    const bool ok = f->bits && f->low && f->high && f->error && f->sum_error && f->value_error;
    return ok ? WANN_OK : wn_fail_memory(diag);
}

/* No sum or product overflows: what the whole file is for. */
static wann_status check(const wn_fixed *f, wann_diag *diag) {
    for (uint32_t v = 0; v < f->ir->n_insts; v++)
        if (f->ir->inst[v].op != WN_OP_OUTPUT && !(ldexp(magnitude(f, v), f->bits[v]) <= INT32_MAX))
            return wn_fail(diag, WANN_INTERNAL, NULL, 0, 0,
                           "value %" PRIu32 " does not fit its format", v);
    return WANN_OK;
}

static wann_status create(wn_fixed *f, const wann_compile_options *options, wann_diag *diag) {
    formatting t = {f, options, true, diag};
    WN_TRY(allocate(f, diag));
    WN_TRY(set_parameters(f, options, diag));
    WN_TRY(choose(&t));
    WN_TRY(join_sums(f, diag));
    t.choose = false;
    WN_TRY(choose(&t));
    WN_TRY(check(f, diag));
    WN_TRY(spread_errors(f, diag));
    set_outputs(f);
    return WANN_OK;
}

wann_status wn_fixed_create(const wn_ir *ir, const wann_compile_options *options, wn_fixed **fixed,
                            wann_diag *diag) {
    *fixed = NULL;
    wn_fixed *f = wn_calloc(1, sizeof *f);
    if (!f)
        return wn_fail_memory(diag);
    f->ir = ir;
    const wann_status status = create(f, options, diag);
    if (status != WANN_OK) {
        wn_fixed_destroy(f);
        return status;
    }
    *fixed = f;
    return WANN_OK;
}

void wn_fixed_destroy(wn_fixed *fixed) {
    if (!fixed)
        return;
    wn_arena_free(&fixed->arena);
    wn_free(fixed);
}
