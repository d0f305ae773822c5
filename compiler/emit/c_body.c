/* The statements of a network: one a value that has a name, grouped by level. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "compiler/emit/c_body.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/escape.h"

enum {
    LINE = 96,      /* columns after which a sum is broken */
    LONG_SUM = 256 /* terms after which it is broken into statements: compilers nest what we chain */
};

void wn_c_literal(wann_real real, double value, wn_buf *out) {
    const size_t start = out->length;
    if (real == WANN_FLOAT)
        wn_buf_float(out, (float)value);
    else
        wn_buf_double(out, value);
    if (out->failed)
        return;
    if (!strpbrk(out->data + start, ".e"))
        wn_buf_text(out, ".0");
    if (real == WANN_FLOAT)
        wn_buf_char(out, 'f');
}

const char *wn_c_real_word(const wn_c_writer *b) {
    return b->ir->real == WANN_FLOAT ? "float" : "double";
}

/* How tightly an expression holds together, so that parentheses come where they are needed. */
typedef enum binding { SUM, PRODUCT, UNARY, ATOM } binding;

static binding binding_of(const wn_c_writer *b, wn_value v) {
    const wn_inst *inst = &b->ir->inst[v];
    if (b->names.name[v])
        return ATOM;
    switch ((wn_op)inst->op) {
    case WN_OP_ADD:
    case WN_OP_SUB:
        return SUM;
    case WN_OP_MUL:
        return PRODUCT;
    case WN_OP_NEG:
        return UNARY;
    case WN_OP_CONST:
        return signbit(inst->value) ? UNARY : ATOM;
    case WN_OP_SCALED:
        return ATOM;
    case WN_OP_ACT:
        if (inst->activation == WANN_ACT_LINEAR)
            return binding_of(b, inst->arg[0]);
        return inst->activation == WANN_ACT_INVERSE ? UNARY : ATOM;
    case WN_OP_FMA:
    case WN_OP_GATE:
    case WN_OP_INPUT:
    case WN_OP_WEIGHT:
    case WN_OP_OUTPUT:
    case WN_OPS:
        return ATOM;
    }
    return ATOM;
}

static void put_operand(wn_c_writer *b, wn_value v, binding least, wn_buf *out) {
    const bool parentheses = binding_of(b, v) < least;
    if (parentheses)
        wn_buf_char(out, '(');
    wn_c_put_value(b, v, out);
    if (parentheses)
        wn_buf_char(out, ')');
}

static bool is_sum(const wn_inst *inst) {
    return inst->op == WN_OP_ADD || inst->op == WN_OP_SUB;
}

/* Which operand a sum goes on in: the left one, or the right one where only that is a sum without a
 * name (+ is commutative to the bit). */
static unsigned rest_of_sum(const wn_c_writer *b, const wn_inst *inst) {
    const wn_value left = inst->arg[0], right = inst->arg[1];
    const bool left_sum = !b->names.name[left] && is_sum(&b->ir->inst[left]);
    const bool right_sum = !b->names.name[right] && is_sum(&b->ir->inst[right]);
    return inst->op == WN_OP_ADD && right_sum && !left_sum;
}

/* A chain of additions: found backwards without recursion, written forwards. */
static void put_sum(wn_c_writer *b, wn_value v, wn_buf *out) {
    uint32_t n = 0;
    wn_value *chain = wn_alloc(((size_t)b->terms[v] + 1) * sizeof *chain);
    if (!chain) {
        out->failed = true;
        return;
    }
    wn_value at = v;
    do {
        chain[n++] = at;
        at = b->ir->inst[at].arg[rest_of_sum(b, &b->ir->inst[at])];
    } while (!b->names.name[at] && is_sum(&b->ir->inst[at]));
    put_operand(b, at, SUM, out);
    while (n-- > 0) {
        const wn_inst *inst = &b->ir->inst[chain[n]];
        wn_buf_text(out, inst->op == WN_OP_ADD ? " + " : " - ");
        put_operand(b, inst->arg[!rest_of_sum(b, inst)], PRODUCT, out);
    }
    wn_free(chain);
}

static void put_activation(wn_c_writer *b, const wn_inst *inst, wn_buf *out) {
    if (inst->activation == WANN_ACT_LINEAR) {
        wn_c_put_value(b, inst->arg[0], out);
    } else if (inst->activation == WANN_ACT_INVERSE) {
        wn_buf_char(out, '-');
        put_operand(b, inst->arg[0], ATOM, out);
    } else {
        wn_c_activation_name(b->source, b->layout, (wann_activation)inst->activation, out);
        wn_buf_char(out, '(');
        wn_c_put_value(b, inst->arg[0], out);
        wn_buf_char(out, ')');
    }
}

/* An activation of a product with the weight: a function of both, or of their product. */
static void put_scaled(wn_c_writer *b, const wn_inst *inst, wn_buf *out) {
    const bool both = wn_c_scaled_name(b->source, b->layout, (wann_activation)inst->activation, out);
    if (!both)
        wn_c_activation_name(b->source, b->layout, (wann_activation)inst->activation, out);
    wn_buf_char(out, '(');
    put_operand(b, inst->arg[0], both ? SUM : PRODUCT, out);
    wn_buf_text(out, both ? ", " : " * ");
    put_operand(b, inst->arg[1], both ? SUM : UNARY, out);
    wn_buf_char(out, ')');
}

/* An operation that is a function in the code, under its word. */
static void put_call(wn_c_writer *b, const wn_inst *inst, wn_buf *out) {
    wn_buf_print(out, "%s_%s(", b->source->name, wn_op_word((wn_op)inst->op));
    for (unsigned a = 0; a < wn_op_operands((wn_op)inst->op); a++) {
        wn_buf_text(out, a > 0 ? ", " : "");
        wn_c_put_value(b, inst->arg[a], out);
    }
    wn_buf_char(out, ')');
}

/* An element of the input or output vector, whichever array of the code holds it; block: the array's
 * name in a block. */
static void put_element(const wn_c_writer *b, const wn_array arrays[WN_ARRAYS], const char *block, uint32_t index,
                        wn_buf *out) {
    const uint32_t row = wn_c_row(arrays, index);
    const wn_array *array = wn_ir_array(arrays, index, &index);
    if (b->layout != WN_C_ONE && !(array && array->shared))
        wn_buf_print(out, "%s[%" PRIu32 "][l]", block, row);
    else if (b->layout != WN_C_ONE && arrays == b->ir->out)
        wn_buf_print(out, "bar[%" PRIu32 "][l]", index);
    else if (array->name[0] == '*')
        wn_buf_text(out, array->name);
    else
        wn_buf_print(out, "%s[%" PRIu32 "]", array->name, index);
}

/* The operation that gives v, whether or not v has a name. */
static void put_expression(wn_c_writer *b, wn_value v, wn_buf *out) {
    const wn_inst *inst = &b->ir->inst[v];
    switch ((wn_op)inst->op) {
    case WN_OP_INPUT:
        put_element(b, b->ir->in, "x", inst->index, out);
        return;
    case WN_OP_CONST:
        wn_c_literal(b->ir->real, inst->value, out);
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
        put_operand(b, inst->arg[0], ATOM, out);
        return;
    case WN_OP_MUL: {
        /* Factors in an order that people expect, "weight * (a + b)": * is commutative to the bit. */
        const bool swap = b->ir->inst[inst->arg[1]].op == WN_OP_WEIGHT && binding_of(b, inst->arg[0]) < PRODUCT;
        put_operand(b, inst->arg[swap ? 1 : 0], PRODUCT, out);
        wn_buf_text(out, " * ");
        put_operand(b, inst->arg[swap ? 0 : 1], UNARY, out);
        return;
    }
    case WN_OP_FMA:
    case WN_OP_GATE:
        put_call(b, inst, out);
        return;
    case WN_OP_SCALED:
        if (!wn_c_put_packed(b, v, out))
            put_scaled(b, inst, out);
        return;
    case WN_OP_ACT:
        if (!wn_c_put_packed(b, v, out))
            put_activation(b, inst, out);
        return;
    case WN_OP_OUTPUT:
    case WN_OPS:
        return;
    }
}

void wn_c_put_value(wn_c_writer *b, wn_value v, wn_buf *out) {
    if (b->names.name[v])
        wn_buf_text(out, b->names.name[v]);
    else
        put_expression(b, v, out);
}

/* Whether a line may end here: before an addition or subtraction. */
static bool may_break(const char *at) {
    return at[0] == ' ' && (at[1] == '+' || at[1] == '-') && at[2] == ' ';
}

/* Text that is broken before additions where lines grow long. */
static void put_wrapped(const char *text, wn_buf *out) {
    size_t column = 0;
    while (*text) {
        size_t n = 1;
        while (text[n] && !may_break(text + n))
            n++;
        if (column + n > LINE && may_break(text)) {
            wn_buf_text(out, "\n    ");
            column = 4;
            text++;
            n--;
        }
        wn_buf_bytes(out, text, n);
        column += n;
        text += n;
    }
}

void wn_c_node_comment(const wn_ir *ir, const wn_c_names *names, wn_value v, wn_buf *out) {
    const wn_net *net = ir->net;
    const wn_inst *inst = &ir->inst[v];
    if (names->kind[v] == WN_C_PRODUCT) {
        wn_buf_text(out, "used more than once");
        return;
    }
    if (!net || inst->node == WN_NO_NODE) {
        wn_buf_print(out, "%%%" PRIu32, v);
        return;
    }
    const uint32_t node = inst->node;
    const wann_role role = (wann_role)net->role[node];
    const char *relation = names->kind[v] == WN_C_PART ? "part of " : wn_c_minus(ir, inst) ? "minus " : "";
    static const char *const part[] = {"", "the adjoint of ", "the adjoint of the sum of ", "the slope of "};
    wn_buf_print(out, "%s%snode %" PRId64, relation, part[inst->part], net->id[node]);
    if (role == WANN_INPUT_NODE || role == WANN_OUTPUT_NODE) {
        wn_buf_print(out, ", %s \"", role == WANN_INPUT_NODE ? "input" : "output");
        wn_escape(out, WN_ESCAPE_C_COMMENT, net->node_name[node]);
        wn_buf_char(out, '"');
    }
    if (role != WANN_INPUT_NODE)
        wn_buf_print(out, ", %s of %" PRIu32, wann_activation_name((wann_activation)net->activation[node]),
                     net->first_conn[node + 1] - net->first_conn[node]);
}

void wn_c_put_commented(wn_buf *text, wn_buf *comment, wn_buf *out) {
    out->failed |= text->failed || comment->failed;
    if (!out->failed) {
        const bool beside = text->length + comment->length < LINE;
        if (!beside)
            wn_buf_print(out, "%s\n", comment->data);
        put_wrapped(text->data, out);
        wn_buf_print(out, "%s%s\n", beside ? " " : "", beside ? comment->data : "");
    }
    wn_buf_free(text);
    wn_buf_free(comment);
}

void wn_c_put_statement(wn_c_writer *b, wn_value v) {
    wn_buf text = {0}, comment = {0};
    wn_buf_print(&text, "const %s %s = ", wn_c_real_word(b), b->names.name[v]);
    put_expression(b, v, &text);
    wn_buf_char(&text, ';');
    wn_buf_text(&comment, "/* ");
    wn_c_node_comment(b->ir, &b->names, v, &comment);
    wn_buf_text(&comment, " */");
    wn_c_put_commented(&text, &comment, b->out);
    b->locals++;
}

static uint32_t level_of(const wn_c_writer *b, const wn_inst *inst) {
    return b->level && inst->node != WN_NO_NODE ? b->level[inst->node] : 0;
}

static const char backward_comment[] =
    "\n/* Backward: bar_x is the derivative of the sum of all out_bar[o] * out[o] with respect to x. */\n";
#define BACKWARD (UINT32_MAX - 1) /* the group after all levels */

/* A comment where a group begins: inputs, then each level of nodes, then what the gradient adds. */
static void put_group(wn_c_writer *b, uint32_t *group, const wn_inst *inst) {
    if (inst->part != WN_PART_FORWARD) {
        wn_buf_text(b->out, *group == BACKWARD ? "" : backward_comment);
        *group = BACKWARD;
        return;
    }
    const uint32_t level = inst->op == WN_OP_INPUT ? 0 : level_of(b, inst);
    if (!b->by_level || inst->node == WN_NO_NODE || level == *group)
        return;
    *group = level;
    if (level == 0)
        wn_buf_text(b->out, "/* Inputs. */\n");
    else
        wn_buf_print(b->out, "\n/* Level %" PRIu32 ". */\n", level);
}

/* Whether the statements come level by level: a schedule mixes them. */
static bool is_by_level(const wn_c_writer *b) {
    uint32_t level = 0;
    for (uint32_t i = 0; b->level && i < b->ir->n_insts; i++) {
        const wn_inst *inst = &b->ir->inst[i];
        if (!b->names.name[i] || inst->node == WN_NO_NODE || inst->part != WN_PART_FORWARD)
            continue;
        const uint32_t own = inst->op == WN_OP_INPUT ? 0 : level_of(b, inst);
        if (own < level)
            return false;
        level = own;
    }
    return b->level != NULL;
}

bool wn_c_reads(const wn_ir *ir, wn_op op) {
    for (uint32_t i = 0; i < ir->n_insts; i++)
        if (ir->inst[i].op == op)
            return true;
    return false;
}

/* Whether a named value has a statement of its own: in a block, each loop that reads an input loads it. */
bool wn_c_has_statement(const wn_c_writer *b, uint32_t i) {
    return b->names.name[i] && !(b->layout != WN_C_ONE && b->ir->inst[i].op == WN_OP_INPUT);
}

/* Parameters that the code does not use: compilers would warn. */
static void put_unused(wn_c_writer *b) {
    uint32_t place;
    for (size_t a = 0; a < WN_ARRAYS && b->ir->in[a].name && b->layout == WN_C_ONE; a++) {
        bool used = false;
        for (uint32_t i = 0; i < b->ir->n_insts; i++)
            used |= b->ir->inst[i].op == WN_OP_INPUT &&
                    wn_ir_array(b->ir->in, b->ir->inst[i].index, &place) == &b->ir->in[a];
        if (!used)
            wn_buf_print(b->out, "(void)%s; /* no output depends on %s */\n", b->ir->in[a].name,
                         a == 0 ? "an input" : "it");
    }
    if (!wn_c_reads(b->ir, WN_OP_WEIGHT) && b->source->options->weighting == WANN_WEIGHT_PARAMETER)
        wn_buf_text(b->out, "(void)weight; /* no output depends on the weight */\n");
    for (size_t a = 0; a < WN_ARRAYS && b->ir->out[a].name; a++)
        if (b->ir->out[a].length == 0 || (b->ir->out[a].shared && !b->added[a]))
            wn_buf_print(b->out, "(void)%s; /* no output depends on what it is for */\n",
                         b->ir->out[a].name + (b->ir->out[a].name[0] == '*'));
}

bool wn_c_is_shared_output(const wn_c_writer *b, const wn_inst *output) {
    uint32_t place;
    const wn_array *array = wn_ir_array(b->ir->out, output->index, &place);
    return array && array->shared;
}

/* A sum over the samples takes its share as soon as that is known, so that few values have to be kept. */
void wn_c_put_addition(wn_c_writer *b, const wn_inst *output) {
    uint32_t place;
    const wn_array *array = wn_ir_array(b->ir->out, output->index, &place);
    const wn_inst *value = &b->ir->inst[output->arg[0]];
    wn_buf text = {0};
    if (value->op == WN_OP_CONST && value->value == 0)
        return;
    b->added[array - b->ir->out] = true;
    put_element(b, b->ir->out, "y", output->index, &text);
    const bool minus = value->op == WN_OP_NEG && !b->names.name[output->arg[0]];
    wn_buf_text(&text, minus ? " -= " : " += ");
    wn_c_put_value(b, minus ? value->arg[0] : output->arg[0], &text);
    wn_buf_text(&text, ";");
    b->out->failed |= text.failed;
    if (!b->out->failed)
        put_wrapped(text.data, b->out);
    wn_buf_char(b->out, '\n');
    wn_buf_free(&text);
}

void wn_c_put_outputs(wn_c_writer *b) {
    for (uint32_t i = 0; i < b->ir->n_insts; i++) {
        const wn_inst *inst = &b->ir->inst[i];
        if (inst->op != WN_OP_OUTPUT || wn_c_is_shared_output(b, inst))
            continue;
        put_element(b, b->ir->out, "y", inst->index, b->out);
        wn_buf_text(b->out, " = ");
        wn_c_put_value(b, inst->arg[0], b->out);
        wn_buf_text(b->out, ";\n");
    }
}

static void put_one(wn_c_writer *b) {
    uint32_t group = UINT32_MAX;
    b->by_level = is_by_level(b);
    for (uint32_t i = 0; i < b->ir->n_insts; i++) {
        const wn_inst *inst = &b->ir->inst[i];
        if (wn_c_has_statement(b, i)) {
            put_group(b, &group, inst);
            wn_c_put_pack(b, i);
            wn_c_put_statement(b, i);
        } else if (inst->op == WN_OP_OUTPUT && wn_c_is_shared_output(b, inst)) {
            wn_c_put_addition(b, inst);
        }
    }
    wn_buf_text(b->out, "\n");
    put_unused(b);
    wn_c_put_outputs(b);
}

/* Give a name to part of a sum that is too long for one expression. */
static wann_status split_sum(wn_c_writer *b, uint32_t i, wann_diag *diag) {
    wn_buf name = {0};
    wn_buf_print(&name, "subtotal_%" PRIu32, i);
    b->names.name[i] = name.failed ? NULL : wn_arena_copy(&b->names.arena, name.data, name.length);
    b->names.kind[i] = WN_C_PART;
    wn_buf_free(&name);
    return b->names.name[i] ? WANN_OK : wn_fail_memory(diag);
}

/* Count the terms of each sum. */
static wann_status count_terms(wn_c_writer *b, wann_diag *diag) {
    for (uint32_t i = 0; i < b->ir->n_insts; i++) {
        const wn_inst *inst = &b->ir->inst[i];
        b->terms[i] = 1;
        if (!is_sum(inst))
            continue;
        const wn_value rest = inst->arg[rest_of_sum(b, inst)];
        if (!b->names.name[rest])
            b->terms[i] += b->terms[rest];
        if (b->terms[i] >= LONG_SUM && !b->names.name[i])
            WN_TRY(split_sum(b, i, diag));
    }
    return WANN_OK;
}

static wann_status write_body(wn_c_writer *b, wann_diag *diag) {
    const wn_net *net = b->ir->net;
    b->terms = wn_calloc((size_t)b->ir->n_insts + 1, sizeof *b->terms);
    b->level = net ? wn_calloc(net->n_nodes, sizeof *b->level) : NULL;
    if (!b->terms || (net && !b->level))
        return wn_fail_memory(diag);
    if (net)
        wn_net_levels(net, b->level);
    WN_TRY(count_terms(b, diag));
    if (b->layout != WN_C_ONE)
        WN_TRY(wn_c_put_block(b, diag));
    else
        put_one(b);
    return b->out->failed ? wn_fail_memory(diag) : WANN_OK;
}

wann_status wn_c_body(const wn_emit_source *source, const wn_ir *ir, wn_c_layout layout, wn_buf *out,
                      uint32_t *locals, wann_diag *diag) {
    wn_c_writer b = {.source = source, .ir = ir, .layout = layout, .out = out};
    WN_TRY(wn_c_name_values(ir, source->name, &b.names, diag));
    const wann_status status = write_body(&b, diag);
    *locals = b.locals;
    wn_free(b.level);
    wn_free(b.terms);
    wn_c_names_free(&b.names);
    return status;
}
