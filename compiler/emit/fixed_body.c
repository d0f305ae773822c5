/* The statements of a network in fixed point, and what the header says of its numbers. */
#include "compiler/emit/fixed.h"

#include <inttypes.h>
#include <string.h>

#include "compiler/emit/c_parts.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

enum { DEEPEST = 32 /* operations in an expression */ };

typedef struct body {
    const wn_emit_source *source;
    const wn_fixed *f;
    const wn_ir *ir;
    wn_c_names names;
    uint8_t *depth; /* [n_insts] of the expression that a value is, 0 where it has a name */
    wn_buf *out;
    uint32_t locals;
} body;

static bool is_sum(const wn_inst *inst) {
    return inst->op == WN_OP_ADD || inst->op == WN_OP_SUB;
}

static void put_integer(double value, int bits, wn_buf *out) {
    wn_buf_print(out, "%" PRId32, (int32_t)wn_fixed_scale(value, bits));
}

static void put_expression(body *b, wn_value v, wn_buf *out);

/* v as it stands in an expression of operations that bind tighter. */
static void put_atom(body *b, wn_value v, wn_buf *out) {
    const bool parentheses =
        !b->names.name[v] && (is_sum(&b->ir->inst[v]) || b->ir->inst[v].op == WN_OP_NEG);
    if (b->names.name[v]) {
        wn_buf_text(out, b->names.name[v]);
        return;
    }
    wn_buf_text(out, parentheses ? "(" : "");
    put_expression(b, v, out);
    wn_buf_text(out, parentheses ? ")" : "");
}

/* v with so many fraction bits, as a term of a sum, an argument or an operand of NEG. saturate:
 * where that is too much for its range, the nearest number that there is. */
static void put_as(body *b, wn_value v, int bits, bool atom, wn_buf *out) {
    const int shift = b->f->bits[v] - bits;
    const double most = b->f->high[v] > -b->f->low[v] ? b->f->high[v] : -b->f->low[v];
    if (b->ir->inst[v].op == WN_OP_CONST) {
        put_integer(b->ir->inst[v].value, bits, out);
    } else if (shift > 0) {
        wn_buf_text(out, atom ? "(" : "");
        put_atom(b, v, out);
        wn_buf_print(out, " >> %d%s", shift, atom ? ")" : "");
    } else if (shift == 0 && (atom || b->names.name[v])) {
        put_atom(b, v, out);
    } else if (shift == 0) {
        put_expression(b, v, out);
    } else if (wn_fixed_scale(most, bits) < INT32_MAX) {
        put_atom(b, v, out);
        wn_buf_print(out, " * %ld", 1l << -shift);
    } else {
        wn_buf_print(out, "%s_left(", b->source->name);
        put_as(b, v, b->f->bits[v], false, out);
        wn_buf_print(out, ", %d)", -shift);
    }
}

static void put_sum(body *b, wn_value v, wn_buf *out) {
    const wn_inst *inst = &b->ir->inst[v];
    const wn_value left = inst->arg[0], right = inst->arg[1];
    const int bits = b->f->bits[v];
    const bool left_sum =
        !b->names.name[left] && is_sum(&b->ir->inst[left]) && b->f->bits[left] == bits;
    const bool minus = inst->op == WN_OP_SUB, constant = b->ir->inst[right].op == WN_OP_CONST;
    put_as(b, left, bits, !left_sum, out);
    if (constant && (b->ir->inst[right].value < 0) != minus) {
        wn_buf_text(out, " - ");
        put_integer(minus ? b->ir->inst[right].value : -b->ir->inst[right].value, bits, out);
    } else if (constant) {
        wn_buf_text(out, " + ");
        put_integer(minus ? -b->ir->inst[right].value : b->ir->inst[right].value, bits, out);
    } else {
        wn_buf_text(out, minus ? " - " : " + ");
        put_as(b, right, bits, true, out);
    }
}

static void put_product(body *b, const wn_inst *inst, wn_buf *out) {
    wn_buf_print(out, "%s_mul(", b->source->name);
    for (unsigned k = 0; k < 2; k++) {
        put_as(b, inst->arg[inst->op == WN_OP_ACT ? 0 : k], wn_fixed_factor_bits(b->f, inst, k),
               false, out);
        wn_buf_text(out, k == 0 ? ", " : ")");
    }
}

/* The phase of sine and cosine: half of the argument, whole turns dropped. */
static void put_phase(body *b, wn_value v, wn_buf *out) {
    wn_buf_text(out, "(uint32_t)");
    if (b->ir->inst[v].op == WN_OP_CONST)
        put_integer(b->ir->inst[v].value, b->f->bits[v], out);
    else
        put_atom(b, v, out);
    wn_buf_print(out, " << %d", 31 - b->f->bits[v]);
}

static void put_activation(body *b, const wn_inst *inst, wn_buf *out) {
    const wann_activation activation = (wann_activation)inst->activation;
    const wn_value a = inst->arg[0];
    const int bits = wn_fixed_argument_bits(activation);
    if (activation == WANN_ACT_LINEAR) {
        put_as(b, a, b->f->bits[a], true, out);
    } else if (activation == WANN_ACT_INVERSE) {
        wn_buf_char(out, '-');
        put_as(b, a, b->f->bits[a], true, out);
    } else if (activation == WANN_ACT_SQUARED) {
        put_product(b, inst, out);
    } else {
        wn_c_activation_name(b->source, WN_C_ONE, activation, out);
        wn_buf_char(out, '(');
        if (activation == WANN_ACT_SIN || activation == WANN_ACT_COS)
            put_phase(b, a, out);
        else
            put_as(b, a, bits ? bits : b->f->bits[a], false, out);
        wn_buf_char(out, ')');
    }
}

static void put_input(body *b, const wn_inst *inst, wn_buf *out) {
    const wann_range range = b->f->input[inst->index];
    wn_buf_print(out, "%s_clamp(in[%" PRIu32 "], ", b->source->name, inst->index);
    put_integer(range.low, b->f->in_bits, out);
    wn_buf_text(out, ", ");
    put_integer(range.high, b->f->in_bits, out);
    wn_buf_char(out, ')');
}

static void put_expression(body *b, wn_value v, wn_buf *out) {
    const wn_inst *inst = &b->ir->inst[v];
    switch ((wn_op)inst->op) {
    case WN_OP_INPUT:
        put_input(b, inst, out);
        return;
    case WN_OP_CONST:
        put_integer(inst->value, b->f->bits[v], out);
        return;
    case WN_OP_WEIGHT:
        wn_buf_text(out, "weight");
        return;
    case WN_OP_ADD:
    case WN_OP_SUB:
        put_sum(b, v, out);
        return;
    case WN_OP_NEG:
        wn_buf_char(out, '-');
        put_as(b, inst->arg[0], b->f->bits[v], true, out);
        return;
    case WN_OP_MUL:
        put_product(b, inst, out);
        return;
    case WN_OP_ACT:
        put_activation(b, inst, out);
        return;
    case WN_OP_FMA:
    case WN_OP_GATE:
    case WN_OP_SCALED:
    case WN_OP_OUTPUT:
    case WN_OPS:
        return;
    }
}

static void put_statement(body *b, wn_value v) {
    wn_buf text = {0}, comment = {0};
    wn_buf_print(&text, "const int32_t %s = ", b->names.name[v]);
    put_expression(b, v, &text);
    wn_buf_char(&text, ';');
    wn_buf_text(&comment, "/* ");
    wn_c_node_comment(b->ir, &b->names, v, &comment);
    wn_buf_print(&comment, "; %d fraction bits */", b->f->bits[v]);
    wn_c_put_commented(&text, &comment, b->out);
    b->locals++;
}

static bool reads(const wn_ir *ir, wn_op op) {
    for (uint32_t i = 0; i < ir->n_insts; i++)
        if (ir->inst[i].op == op)
            return true;
    return false;
}

static void put_weight(body *b) {
    const bool parameter = b->source->options->weighting == WANN_WEIGHT_PARAMETER;
    if (!parameter || !reads(b->ir, WN_OP_WEIGHT))
        return;
    wn_buf_print(b->out, "weight = %s_clamp(weight, ", b->source->name);
    put_integer(b->f->weight.low, b->f->weight_bits, b->out);
    wn_buf_text(b->out, ", ");
    put_integer(b->f->weight.high, b->f->weight_bits, b->out);
    wn_buf_text(b->out, ");\n");
}

static void put_all(body *b) {
    const bool parameter = b->source->options->weighting == WANN_WEIGHT_PARAMETER;
    put_weight(b);
    for (uint32_t v = 0; v < b->ir->n_insts; v++)
        if (b->names.name[v])
            put_statement(b, v);
    wn_buf_char(b->out, '\n');
    if (!reads(b->ir, WN_OP_INPUT))
        wn_buf_text(b->out, "(void)in; /* no output depends on an input */\n");
    if (parameter && !reads(b->ir, WN_OP_WEIGHT))
        wn_buf_text(b->out, "(void)weight; /* no output depends on the weight */\n");
    for (uint32_t v = 0; v < b->ir->n_insts; v++) {
        const wn_inst *inst = &b->ir->inst[v];
        if (inst->op != WN_OP_OUTPUT)
            continue;
        wn_buf_print(b->out, "out[%" PRIu32 "] = ", inst->index);
        put_as(b, inst->arg[0], b->f->out_bits, false, b->out);
        wn_buf_text(b->out, ";\n");
    }
}

/* Long expressions are cut: compilers nest them, and so do we. */
static wann_status cut_expressions(body *b, wann_diag *diag) {
    for (uint32_t v = 0; v < b->ir->n_insts; v++) {
        const wn_inst *inst = &b->ir->inst[v];
        unsigned deepest = 0;
        for (unsigned a = 0; a < wn_op_operands((wn_op)inst->op); a++)
            if (!b->names.name[inst->arg[a]] && b->depth[inst->arg[a]] >= deepest)
                deepest = b->depth[inst->arg[a]] + 1u;
        if (deepest >= DEEPEST && !b->names.name[v] && inst->op != WN_OP_OUTPUT) {
            wn_buf name = {0};
            wn_buf_print(&name, "subtotal_%" PRIu32, v);
            b->names.name[v] =
                name.failed ? NULL : wn_arena_copy(&b->names.arena, name.data, name.length);
            b->names.kind[v] = WN_C_PART;
            wn_buf_free(&name);
            if (!b->names.name[v])
                return wn_fail_memory(diag);
        }
        b->depth[v] = b->names.name[v] ? 0 : (uint8_t)deepest;
    }
    return WANN_OK;
}

wann_status wn_fixed_body(const wn_emit_source *source, wn_buf *out, uint32_t *locals,
                          wann_diag *diag) {
    body b = {.source = source, .f = source->fixed, .ir = source->ir, .out = out};
    WN_TRY(wn_c_name_values(b.ir, source->name, &b.names, diag));
    b.depth = wn_calloc((size_t)b.ir->n_insts + 1, sizeof *b.depth);
    wann_status status = b.depth ? cut_expressions(&b, diag) : wn_fail_memory(diag);
    if (status == WANN_OK)
        put_all(&b);
    if (status == WANN_OK && out->failed)
        status = wn_fail_memory(diag);
    *locals = b.locals;
    wn_free(b.depth);
    wn_c_names_free(&b.names);
    return status;
}

/* Whether the argument of a kernel is to be shifted to the left further than its range allows. */
static bool saturates(const wn_fixed *f, const wn_inst *inst) {
    const int bits =
        inst->op == WN_OP_ACT ? wn_fixed_argument_bits((wann_activation)inst->activation) : 0;
    const wn_value a = inst->arg[0];
    if (!bits || f->ir->inst[a].op == WN_OP_CONST)
        return false;
    const double most = f->high[a] > -f->low[a] ? f->high[a] : -f->low[a];
    return f->bits[a] < bits && wn_fixed_scale(most, bits) >= INT32_MAX;
}

void wn_fixed_helpers(const wn_emit_source *source, const char *names[WN_FIXED_HELPERS]) {
    const wn_ir *ir = source->ir;
    bool mul = false, left = false;
    const bool clamp = reads(ir, WN_OP_INPUT) || reads(ir, WN_OP_WEIGHT);
    for (uint32_t v = 0; v < ir->n_insts; v++) {
        const wn_inst *inst = &ir->inst[v];
        mul |= inst->op == WN_OP_MUL ||
               (inst->op == WN_OP_ACT && inst->activation == WANN_ACT_SQUARED);
        left |= saturates(source->fixed, inst);
    }
    size_t n = 0;
    if (mul)
        names[n++] = "mul";
    if (clamp)
        names[n++] = "clamp";
    if (left)
        names[n++] = "left";
    if (wn_c_needs_softmax(source))
        names[n++] = "share";
    names[n] = NULL;
}
