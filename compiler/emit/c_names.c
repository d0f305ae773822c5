/* Names of values in generated code. */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "compiler/emit/c_parts.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

/* The set of names given so far: open hashing. */
typedef struct name_set {
    const char **slot;
    uint32_t *next; /* the number that the next value of this name gets */
    uint32_t mask;
} name_set;

typedef struct naming {
    const wn_ir *ir;
    const char *prefix; /* of generated functions */
    wn_c_names *names;
    name_set set;
    uint32_t *uses;
    bool *shared;   /* read by an instruction of another node or another part of it, or by an output */
    uint32_t *last; /* [nodes] the last instruction of a node that is no output */
} naming;

/* The slot that holds a name, or would. */
static uint32_t find(const name_set *set, const char *name) {
    uint32_t i = (uint32_t)wn_hash(name, strlen(name)) & set->mask;
    while (set->slot[i] && strcmp(set->slot[i], name) != 0)
        i = (i + 1) & set->mask;
    return i;
}

/* Letters, digits and single underscores; at most 40, so that lines stay readable. */
static void put_identifier(wn_buf *out, const char *text) {
    size_t n = 0;
    for (bool gap = false; *text && n < 40; text++) {
        const unsigned char c = (unsigned char)*text;
        const bool plain = c < 0x80 && isalnum(c);
        if (plain && gap && n > 0)
            wn_buf_char(out, '_');
        if (plain)
            wn_buf_char(out, (char)c);
        n += plain;
        gap = !plain;
    }
}

static void put_id(wn_buf *out, const wn_ir *ir, uint32_t node) {
    const int64_t id = ir->net ? ir->net->id[node] : (int64_t)node;
    if (id < 0)
        wn_buf_print(out, "m%" PRIu64, -(uint64_t)id);
    else
        wn_buf_print(out, "%" PRId64, id);
}

bool wn_c_minus(const wn_ir *ir, const wn_inst *inst) {
    if (inst->part != WN_PART_FORWARD)
        return inst->minus;
    const bool inverse = ir->net && inst->node != WN_NO_NODE && ir->net->activation[inst->node] == WANN_ACT_INVERSE;
    const bool sum = inst->op != WN_OP_NEG && !wn_inst_activates(inst);
    return inst->minus != (inverse && sum);
}

/* The name of a node's value: it says what the node is. */
static void put_node_name(wn_buf *out, const wn_ir *ir, const wn_inst *inst) {
    const uint32_t node = inst->node;
    const wn_net *net = ir->net;
    const wann_role role = net ? (wann_role)net->role[node] : WANN_HIDDEN;
    if (role == WANN_INPUT_NODE || role == WANN_OUTPUT_NODE) {
        const char *prefix = role == WANN_INPUT_NODE ? "in" : "out", *name = net->node_name[node];
        const size_t n = strlen(prefix);
        const bool has_prefix = strncmp(name, prefix, n) == 0 && isdigit((unsigned char)name[n]);
        wn_buf_print(out, "%s%s_", wn_c_minus(ir, inst) ? "minus_" : "", prefix);
        put_identifier(out, name + (has_prefix ? n : 0)); /* in_0, not in_in0 */
        return;
    }
    const wann_activation activation = net ? (wann_activation)net->activation[node]
                                           : (wann_activation)inst->activation;
    const char *word = wann_activation_name(activation);
    wn_buf_print(out, "%s%s_", wn_c_minus(ir, inst) ? "minus_" : "", word ? word : "node");
    put_id(out, ir, node);
}

/* The adjoint of a node's value is called after that. */
static void put_adjoint_name(wn_buf *out, const wn_ir *ir, const wn_inst *inst) {
    wn_inst value = *inst;
    value.minus = false;
    value.part = WN_PART_FORWARD;
    value.op = WN_OP_ACT;
    wn_buf_text(out, inst->minus ? "minus_" : "");
    if (inst->part == WN_PART_BAR) {
        wn_buf_text(out, "bar_");
        put_node_name(out, ir, &value);
    } else {
        wn_buf_text(out, inst->part == WN_PART_SLOPE ? "slope_" : "bar_sum_");
        put_id(out, ir, inst->node);
    }
}

/* v, where the instruction is v times the shared weight and v has a name. */
static const char *weighted(const naming *n, const wn_inst *inst) {
    if (inst->op != WN_OP_MUL)
        return NULL;
    const wn_value a = inst->arg[0], b = inst->arg[1];
    if (n->ir->inst[b].op == WN_OP_WEIGHT)
        return n->names->name[a];
    return n->ir->inst[a].op == WN_OP_WEIGHT ? n->names->name[b] : NULL;
}

/* The value of a node is its activation; for linear and inverse nodes, of which passes leave only the
 * sum, it is the last thing that the node computes. */
static bool is_node_value(const naming *n, uint32_t i) {
    const wn_inst *inst = &n->ir->inst[i];
    if (inst->node == WN_NO_NODE || wn_inst_activates(inst))
        return inst->node != WN_NO_NODE;
    const wn_net *net = n->ir->net;
    const wann_activation activation = net ? (wann_activation)net->activation[inst->node] : WANN_ACT_LINEAR;
    return n->last[inst->node] == i && (activation == WANN_ACT_LINEAR || activation == WANN_ACT_INVERSE);
}

static wn_c_value_kind kind_of(const naming *n, uint32_t i) {
    const wn_inst *inst = &n->ir->inst[i];
    if (inst->op == WN_OP_INPUT && inst->part == WN_PART_FORWARD)
        return WN_C_INPUT;
    if (weighted(n, inst))
        return WN_C_PRODUCT;
    if (inst->part != WN_PART_FORWARD && inst->node != WN_NO_NODE)
        return WN_C_ADJOINT;
    return is_node_value(n, i) ? WN_C_NODE : WN_C_PART;
}

static void put_name(const naming *n, uint32_t i, wn_buf *out) {
    const wn_inst *inst = &n->ir->inst[i];
    switch ((wn_c_value_kind)n->names->kind[i]) {
    case WN_C_INPUT:
        if (inst->node == WN_NO_NODE) {
            uint32_t place;
            const wn_array *array = wn_ir_array(n->ir->in, inst->index, &place);
            if (array == n->ir->in + 1 && array->length == 1) /* of an ensemble */
                wn_buf_text(out, "weight");
            else
                wn_buf_print(out, "in_%" PRIu32, inst->index);
            return;
        }
        put_node_name(out, n->ir, inst);
        return;
    case WN_C_NODE:
        put_node_name(out, n->ir, inst);
        return;
    case WN_C_ADJOINT:
        put_adjoint_name(out, n->ir, inst);
        return;
    case WN_C_PRODUCT:
        wn_buf_print(out, "%s_w", weighted(n, inst));
        return;
    case WN_C_PART:
        wn_buf_text(out, "part_");
        if (inst->node != WN_NO_NODE)
            put_id(out, n->ir, inst->node);
        else
            wn_buf_print(out, "v%" PRIu32, i);
        return;
    }
}

/* The weights of connections are. */
static bool is_read_in_place(const naming *n, const wn_inst *input) {
    uint32_t place;
    const wn_array *array = wn_ir_array(n->ir->in, input->index, &place);
    return array && array->shared;
}

/* A value gets a variable unless it is a constant, the weight, or part of one expression alone. */
static bool needs_name(const naming *n, uint32_t i) {
    const wn_inst *inst = &n->ir->inst[i];
    if (inst->op == WN_OP_CONST || inst->op == WN_OP_WEIGHT || inst->op == WN_OP_OUTPUT)
        return false;
    if (inst->op == WN_OP_INPUT)
        return !is_read_in_place(n, inst);
    const wn_c_value_kind kind = kind_of(n, i);
    const bool whole = kind == WN_C_NODE || (kind == WN_C_ADJOINT && inst->op != WN_OP_NEG);
    return n->uses[i] > 1 || inst->pack || (n->shared[i] && whole);
}

/* Generated functions begin with the prefix of the user's; a variable of the same name would hide one. */
static void avoid_prefix(const naming *n, wn_buf *text) {
    const size_t length = strlen(n->prefix);
    if (text->failed || strncmp(text->data, n->prefix, length) != 0 || text->data[length] != '_')
        return;
    wn_buf longer = {0};
    wn_buf_print(&longer, "value_of_%s", text->data);
    wn_buf_free(text);
    *text = longer;
}

/* Add a number to a name that is taken. */
static uint32_t number_name(naming *n, uint32_t taken, wn_buf *text) {
    const size_t stem = text->length;
    uint32_t slot = taken;
    while (n->set.slot[slot] && !text->failed) {
        text->length = stem;
        wn_buf_print(text, "_%" PRIu32, 2 + n->set.next[taken]++);
        slot = text->failed ? taken : find(&n->set, text->data);
    }
    return slot;
}

static wann_status name_one(naming *n, uint32_t i, wann_diag *diag) {
    wn_buf text = {0};
    n->names->kind[i] = (uint8_t)kind_of(n, i);
    put_name(n, i, &text);
    avoid_prefix(n, &text);
    uint32_t slot = text.failed ? 0 : find(&n->set, text.data);
    if (!text.failed && n->set.slot[slot])
        slot = number_name(n, slot, &text);
    const char *copy = text.failed ? NULL : wn_arena_copy(&n->names->arena, text.data, text.length);
    wn_buf_free(&text);
    if (!copy)
        return wn_fail_memory(diag);
    n->set.slot[slot] = n->names->name[i] = copy;
    return WANN_OK;
}

static void analyse(naming *n) {
    const wn_ir *ir = n->ir;
    wn_ir_uses(ir, n->uses);
    for (uint32_t i = 0; i < ir->n_insts; i++) {
        const wn_inst *inst = &ir->inst[i];
        if (inst->op != WN_OP_OUTPUT && inst->node != WN_NO_NODE && inst->part == WN_PART_FORWARD)
            n->last[inst->node] = i;
        for (unsigned a = 0; a < wn_op_operands((wn_op)inst->op); a++) {
            const wn_value v = inst->arg[a];
            n->shared[v] |= inst->op == WN_OP_OUTPUT || ir->inst[v].node != inst->node ||
                            ir->inst[v].part != inst->part;
        }
    }
}

/* The arrays of a gradient are called like values: "in_bar" could be an input "bar". */
static void reserve_arrays(naming *n) {
    for (size_t a = 0; a < WN_ARRAYS; a++) {
        const char *in = n->ir->in[a].name, *out = n->ir->out[a].name;
        if (in)
            n->set.slot[find(&n->set, in)] = in;
        if (out)
            n->set.slot[find(&n->set, out + (out[0] == '*'))] = out + (out[0] == '*');
    }
}

static wann_status name_all(naming *n, wann_diag *diag) {
    const wn_ir *ir = n->ir;
    uint32_t slots = 64;
    while (slots < 2 * (uint64_t)ir->n_insts && slots < UINT32_C(1) << 31)
        slots *= 2;
    n->set = (name_set){wn_calloc(slots, sizeof *n->set.slot), wn_calloc(slots, sizeof *n->set.next), slots - 1};
    n->uses = wn_calloc((size_t)ir->n_insts + 1, sizeof *n->uses);
    n->shared = wn_calloc((size_t)ir->n_insts + 1, sizeof *n->shared);
    n->names->name = WN_NEW(&n->names->arena, const char *, (size_t)ir->n_insts + 1);
    n->names->kind = WN_NEW(&n->names->arena, uint8_t, (size_t)ir->n_insts + 1);
    uint32_t n_nodes = 0;
    for (uint32_t i = 0; i < ir->n_insts; i++)
        if (ir->inst[i].node != WN_NO_NODE && ir->inst[i].node >= n_nodes)
            n_nodes = ir->inst[i].node + 1;
    n->last = wn_calloc((size_t)n_nodes + 1, sizeof *n->last);
    if (!n->set.slot || !n->set.next || !n->uses || !n->shared || !n->names->name || !n->names->kind || !n->last)
        return wn_fail_memory(diag);
    analyse(n);
    reserve_arrays(n);
    for (uint32_t i = 0; i < ir->n_insts; i++)
        if (needs_name(n, i))
            WN_TRY(name_one(n, i, diag));
    return WANN_OK;
}

wann_status wn_c_name_values(const wn_ir *ir, const char *prefix, wn_c_names *names, wann_diag *diag) {
    *names = (wn_c_names){0};
    naming n = {.ir = ir, .prefix = prefix, .names = names};
    const wann_status status = name_all(&n, diag);
    wn_free(n.set.slot);
    wn_free(n.set.next);
    wn_free(n.uses);
    wn_free(n.shared);
    wn_free(n.last);
    if (status != WANN_OK)
        wn_c_names_free(names);
    return status;
}

void wn_c_names_free(wn_c_names *names) {
    wn_arena_free(&names->arena);
    names->name = NULL;
}
