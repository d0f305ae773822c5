/* Byte code for -Os. A node is a line of the table: the values that it adds up, then its
 * activation. The loop keeps each value times the shared weight, which is the product that the
 * reference adds to a sum, rounded as there; so the weight is applied once a node and every sum is
 * the reference's to the bit.
 *
 * Nodes that add up the same and do the same with it are one line: they are equal to the bit.
 *
 * A table has no way to say which value is an output; the last lines are, in order. An output that
 * other nodes read has two lines: one where its value is needed, and one at the end. */
#include "compiler/emit/bytecode.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/escape.h"

enum { LINE = 96, ACTIVATIONS = 12 };

typedef enum table_kind { CODE, WEIGHTS } table_kind;

/* Weights of single connections as small integers over a common number, where that is exact. */
typedef struct weight_format {
    const char *type; /* of the table */
    double scale;     /* 0: no integers */
} weight_format;

typedef struct bytecode {
    const wn_emit_source *source;
    const wn_ir *ir;
    wn_value *term;       /* [n_terms] what is added up, node after node */
    double *weight;       /* [n_terms] its own weight, 0 where all have the shared one */
    uint32_t *first_term; /* [n_insts + 1] of the node whose activation is an instruction */
    uint32_t *end_term;   /* likewise */
    wn_value *equal;      /* [n_insts] the first value that is the same */
    uint32_t *table;      /* open hashing of nodes, + 1; 0: free */
    uint32_t mask;
    bool *read;       /* [n_insts] whether a product reads a value */
    uint32_t *place;  /* [n_insts] of a value in the array; 0: the bias */
    wn_value *output; /* [n_outputs] */
    uint32_t n_terms;
    bool bias;      /* the first value is the bias */
    uint32_t first; /* values before those of nodes */
    uint32_t values;
    uint32_t operation[ACTIVATIONS]; /* numbers of the activations; 0: not used */
    uint32_t end;                    /* the first number that means nothing */
    weight_format weights;
} bytecode;

static bool is_tuned(const bytecode *b) {
    return b->source->options->weighting == WANN_WEIGHT_TUNED;
}

static wann_status allocate(bytecode *b, wann_diag *diag) {
    const size_t n = (size_t)b->ir->n_insts + 1;
    uint32_t slots = 16;
    while (slots < 2 * (uint64_t)n && slots < UINT32_C(1) << 31)
        slots *= 2;
    b->mask = slots - 1;
    b->table = wn_calloc(slots, sizeof *b->table);
    b->weight = wn_calloc(n, sizeof *b->weight);
    b->equal = wn_calloc(n, sizeof *b->equal);
    b->term = wn_calloc(n, sizeof *b->term);
    b->first_term = wn_calloc(n, sizeof *b->first_term);
    b->end_term = wn_calloc(n, sizeof *b->end_term);
    b->read = wn_calloc(n, sizeof *b->read);
    b->place = wn_calloc(n, sizeof *b->place);
    b->output = wn_calloc((size_t)b->ir->n_outputs + 1, sizeof *b->output);
    const bool ok = b->table && b->weight && b->equal && b->term && b->first_term && b->end_term &&
                    b->read && b->place && b->output;
    return ok ? WANN_OK : wn_fail_memory(diag);
}

static void release(bytecode *b) {
    wn_free(b->table);
    wn_free(b->weight);
    wn_free(b->equal);
    wn_free(b->term);
    wn_free(b->first_term);
    wn_free(b->end_term);
    wn_free(b->read);
    wn_free(b->place);
    wn_free(b->output);
}

static bool same_node(const bytecode *b, wn_value x, wn_value y) {
    const uint32_t n = b->end_term[x] - b->first_term[x];
    return b->ir->inst[x].activation == b->ir->inst[y].activation &&
           n == b->end_term[y] - b->first_term[y] &&
           memcmp(b->term + b->first_term[x], b->term + b->first_term[y], n * sizeof *b->term) ==
               0 &&
           memcmp(b->weight + b->first_term[x], b->weight + b->first_term[y],
                  n * sizeof *b->weight) == 0;
}

/* The first node that is the same as v, which may be v. */
static wn_value first_equal(bytecode *b, wn_value v) {
    const uint32_t n = b->end_term[v] - b->first_term[v];
    const uint64_t hash = wn_hash(b->term + b->first_term[v], n * sizeof *b->term);
    for (uint32_t slot = (uint32_t)hash & b->mask;; slot = (slot + 1) & b->mask) {
        const uint32_t known = b->table[slot];
        if (known == 0)
            b->table[slot] = v + 1;
        if (known == 0 || same_node(b, known - 1, v))
            return known == 0 ? v : known - 1;
    }
}

static void collect_term(bytecode *b, const wn_inst *product) {
    const wn_inst *weight = &b->ir->inst[product->arg[1]];
    b->term[b->n_terms] = b->equal[product->arg[0]];
    b->weight[b->n_terms++] = is_tuned(b) ? weight->value : 0;
}

static void collect_node(bytecode *b, wn_value v) {
    b->end_term[v] = b->n_terms;
    b->equal[v] = first_equal(b, v);
    if (b->equal[v] != v) {
        b->n_terms = b->first_term[v];
        return;
    }
    for (uint32_t t = b->first_term[v]; t < b->n_terms; t++) {
        b->read[b->term[t]] = true;
        b->bias |= b->ir->inst[b->term[t]].op == WN_OP_CONST;
    }
    b->operation[b->ir->inst[v].activation] = 1;
}

/* Products stand between the activation of the node before and that of their own. */
static void collect(bytecode *b) {
    uint32_t first = 0;
    for (uint32_t i = 0; i < b->ir->n_insts; i++) {
        const wn_inst *inst = &b->ir->inst[i];
        b->equal[i] = i;
        if (inst->op == WN_OP_MUL) {
            collect_term(b, inst);
        } else if (inst->op == WN_OP_ACT) {
            b->first_term[i] = first;
            collect_node(b, i);
            first = b->n_terms;
        } else if (inst->op == WN_OP_OUTPUT) {
            b->output[inst->index] = b->equal[inst->arg[0]];
        }
    }
}

/* An array has one element at least. */
static void assign_places(bytecode *b) {
    b->bias |= b->ir->n_inputs == 0;
    b->first = b->values = b->bias + b->ir->n_inputs;
    for (uint32_t i = 0; i < b->ir->n_insts; i++) {
        const wn_inst *inst = &b->ir->inst[i];
        if (inst->op == WN_OP_INPUT)
            b->place[i] = b->bias + inst->index;
        else if (inst->op == WN_OP_ACT && b->read[i])
            b->place[i] = b->values++;
    }
    b->end = b->values;
    for (int a = 0; a < ACTIVATIONS; a++)
        if (b->operation[a])
            b->operation[a] = b->end++;
}

static const char *unit_of(const bytecode *b) {
    return b->end <= 256 ? "unsigned char" : b->end <= 65536 ? "unsigned short" : "unsigned long";
}

static bool all_are_over(const bytecode *b, double scale, double largest) {
    for (uint32_t t = 0; t < b->n_terms; t++) {
        const double weight = b->weight[t], number = round(weight * scale);
        if (fabs(number) > largest || wn_ir_round(b->ir, number / scale) != weight ||
            (number == 0 && signbit(weight)))
            return false;
    }
    return true;
}

/* Floats divide as wn_ir_round does, which rounds a quotient of two floats in double to float: that
 * cannot differ from dividing in float (Figueroa, "When is double rounding innocuous?", 1995). */
static weight_format choose_weights(const bytecode *b) {
    static const double scales[] = {1,   2,    4,    8,     16, 32,  64,   128,
                                    256, 1024, 4096, 16384, 10, 100, 1000, 10000};
    static const struct {
        const char *type;
        double largest;
    } types[] = {{"signed char", 127}, {"short", 32767}};
    for (size_t t = 0; t < sizeof types / sizeof *types; t++)
        for (size_t s = 0; s < sizeof scales / sizeof *scales; s++)
            if (all_are_over(b, scales[s], types[t].largest))
                return (weight_format){types[t].type, scales[s]};
    return (weight_format){b->ir->real == WANN_FLOAT ? "float" : "double", 0};
}

/* Text. */
static void put_upper(const char *text, wn_buf *out) {
    for (; *text; text++)
        wn_buf_char(out, *text >= 'a' && *text <= 'z' ? (char)(*text - 'a' + 'A') : *text);
}

/* "POLICY_TANH". */
static void put_operation_name(const bytecode *b, int activation, wn_buf *out) {
    put_upper(b->source->name, out);
    wn_buf_char(out, '_');
    put_upper(wann_activation_name((wann_activation)activation), out);
}

static void put_operations(const bytecode *b, wn_buf *out) {
    for (int a = 0; a < ACTIVATIONS; a++)
        if (b->operation[a]) {
            put_operation_name(b, a, out);
            wn_buf_print(out, " = %" PRIu32 "%s\n", b->operation[a],
                         b->operation[a] + 1 < b->end ? "," : "");
        }
}

/* An element of a table; it goes to the next line where it does not fit. */
static void put_element(wn_buf *out, size_t *column, wn_buf *element) {
    out->failed |= element->failed;
    if (out->failed)
        return;
    if (*column > 0 && *column + element->length > LINE) {
        wn_buf_text(out, "\n    ");
        *column = 4;
    }
    wn_buf_bytes(out, element->data, element->length);
    wn_buf_text(out, ", ");
    *column += element->length + 2;
    element->length = 0;
}

static void put_term(const bytecode *b, uint32_t t, table_kind kind, wn_buf *out) {
    if (kind == CODE)
        wn_buf_print(out, "%" PRIu32, b->place[b->term[t]]);
    else if (b->weights.scale > 0)
        wn_buf_print(out, "%d", (int)round(b->weight[t] * b->weights.scale));
    else
        wn_c_literal(b->ir->real, b->weight[t], out);
}

/* "12: node 17, tanh", or "out[0]: node 28, output "force", linear". */
static void put_row_comment(const bytecode *b, wn_value v, const char *place, wn_buf *out) {
    const wn_net *net = b->source->net;
    const wn_inst *inst = &b->ir->inst[v];
    wn_buf_print(out, "/* %s: node %" PRId64, place, net->id[inst->node]);
    if (net->role[inst->node] == WANN_OUTPUT_NODE) {
        wn_buf_text(out, ", output \"");
        wn_escape(out, WN_ESCAPE_C_COMMENT, net->node_name[inst->node]);
        wn_buf_char(out, '"');
    }
    wn_buf_print(out, ", %s */\n", wann_activation_name((wann_activation)inst->activation));
}

static void put_row(const bytecode *b, wn_value v, const char *place, table_kind kind,
                    wn_buf *out) {
    wn_buf element = {0};
    size_t column = 0;
    for (uint32_t t = b->first_term[v]; t < b->end_term[v]; t++) {
        put_term(b, t, kind, &element);
        put_element(out, &column, &element);
    }
    if (kind == CODE) {
        put_operation_name(b, b->ir->inst[v].activation, &element);
        put_element(out, &column, &element);
    }
    if (column > 0)
        put_row_comment(b, v, place, out);
    wn_buf_free(&element);
}

/* The lines of a table; returns how many elements it has. */
static uint32_t put_rows(const bytecode *b, table_kind kind, wn_buf *out) {
    uint32_t size = 0;
    char place[32];
    for (uint32_t i = 0; i < b->ir->n_insts; i++)
        if (b->ir->inst[i].op == WN_OP_ACT && b->read[i]) {
            snprintf(place, sizeof place, "%" PRIu32, b->place[i]);
            put_row(b, i, place, kind, out);
            size += b->end_term[i] - b->first_term[i] + (kind == CODE);
        }
    for (uint32_t o = 0; o < b->ir->n_outputs; o++) {
        const wn_value v = b->output[o];
        snprintf(place, sizeof place, "out[%" PRIu32 "]", o);
        put_row(b, v, place, kind, out);
        size += b->end_term[v] - b->first_term[v] + (kind == CODE);
    }
    return size;
}

static void put_weights(const bytecode *b, wn_buf *out) {
    wn_buf rows = {0};
    const uint32_t size = put_rows(b, WEIGHTS, &rows);
    wn_buf_text(out, "\n/* The weights of what is added up, in turn");
    if (b->weights.scale > 1)
        wn_buf_print(out, ", times %d", (int)b->weights.scale);
    wn_buf_print(out, ". */\nstatic const %s %s_weights[%" PRIu32 "] = {\n", b->weights.type,
                 b->source->name, size ? size : 1);
    for (const char *line = size ? rows.data : "0\n"; line && *line;) {
        const size_t n = strcspn(line, "\n") + 1;
        wn_buf_text(out, "    ");
        wn_buf_bytes(out, line, n);
        line += n;
    }
    wn_buf_text(out, "};\n");
    out->failed |= rows.failed;
    wn_buf_free(&rows);
}

/* What a value is multiplied by where it is made: the text before it; nothing if that is 1. */
static void put_factor(const bytecode *b, wn_buf *out) {
    const wann_compile_options *options = b->source->options;
    if (options->weighting == WANN_WEIGHT_PARAMETER)
        wn_buf_text(out, "weight * ");
    if (options->weighting != WANN_WEIGHT_BAKED || wn_ir_round(b->ir, options->weight) == 1)
        return;
    wn_c_literal(b->ir->real, wn_ir_round(b->ir, options->weight), out);
    wn_buf_text(out, " * ");
}

/* What a value is multiplied by where it is added up. */
static void put_times(const bytecode *b, wn_buf *out) {
    const char *real = b->ir->real == WANN_FLOAT ? "float" : "double";
    if (!is_tuned(b))
        return;
    if (b->weights.scale == 0)
        wn_buf_text(out, " * *weight++");
    else if (b->weights.scale == 1)
        wn_buf_print(out, " * (%s)*weight++", real);
    else {
        wn_buf_print(out, " * ((%s)*weight++ / ", real);
        wn_c_literal(b->ir->real, b->weights.scale, out);
        wn_buf_char(out, ')');
    }
}

/* The bias and the inputs become values. Where nothing is multiplied, 0 is added, as to every sum:
 * of a plain copy compilers make a call of memcpy, which may be larger than the network. */
static void put_start(const bytecode *b, const char *factor, wn_buf *out) {
    if (b->ir->n_inputs > 0)
        wn_buf_text(out, "int i;\n");
    if (b->bias) {
        wn_buf_text(out, "value[0] = ");
        if (*factor)
            wn_buf_bytes(out, factor, strlen(factor) - strlen(" * "));
        else
            wn_c_literal(b->ir->real, 1, out);
        wn_buf_text(out, ";\n");
    }
    if (b->ir->n_inputs == 0) {
        wn_buf_text(out, "(void)in; /* there are no inputs */\n");
        return;
    }
    wn_buf_print(out, "for (i = 0; i < %" PRIu32 "; i++)\n    value[%s] = ", b->ir->n_inputs,
                 b->bias ? "i + 1" : "i");
    if (*factor) {
        wn_buf_print(out, "%sin[i];\n", factor);
        return;
    }
    wn_c_literal(b->ir->real, 0, out);
    wn_buf_text(out, " + in[i];\n");
}

/* Linear nodes need no case. */
static void put_cases(const bytecode *b, wn_buf *out) {
    bool any = false;
    for (int a = 0; a < ACTIVATIONS; a++) {
        if (!b->operation[a] || a == WANN_ACT_LINEAR)
            continue;
        wn_buf_text(out, any ? "case " : "switch (op) {\ncase ");
        any = true;
        put_operation_name(b, a, out);
        wn_buf_text(out, ":\n    sum = ");
        if (a == WANN_ACT_INVERSE) {
            wn_buf_text(out, "-sum;\n    break;\n");
            continue;
        }
        wn_c_activation_name(b->source, WN_C_ONE, (wann_activation)a, out);
        wn_buf_text(out, "(sum);\n    break;\n");
    }
    if (any)
        wn_buf_text(out, "}\n");
}

static void put_meaning(const bytecode *b, wn_buf *out) {
    const uint32_t inputs = b->ir->n_inputs;
    wn_buf_text(out, b->bias ? "0 is the bias" : "");
    wn_buf_text(out, b->bias && inputs ? ", " : "");
    if (inputs > 1)
        wn_buf_print(out, "%d to %" PRIu32 " are the inputs", b->bias, b->first - 1);
    else if (inputs)
        wn_buf_print(out, "%d is the input", b->bias);
}

/* The texts of the slots of both templates. */
enum { SLOTS = 24 };
typedef struct slots {
    wn_slot slot[SLOTS];
    wn_buf text[SLOTS];
    size_t n;
} slots;

/* The buffer of a new slot. */
static wn_buf *slot(slots *s, const char *name) {
    s->slot[s->n].name = name;
    return &s->text[s->n++];
}

static void fill_numbers(const bytecode *b, slots *s) {
    const uint32_t outputs = b->ir->n_outputs;
    wn_buf_print(slot(s, "values"), "%" PRIu32, b->values);
    wn_buf_print(slot(s, "first"), "%" PRIu32, b->first);
    if (outputs == 1)
        wn_buf_text(slot(s, "outputs_are"), "line is the output");
    else
        wn_buf_print(slot(s, "outputs_are"), "%" PRIu32 " lines are the outputs", outputs);
}

static void fill_slots(const bytecode *b, slots *s) {
    wn_buf *factor = slot(s, "factor"), *rows = slot(s, "rows"), *weights = slot(s, "weights");
    wn_buf_text(slot(s, "name"), b->source->name);
    wn_buf_text(slot(s, "real"), b->ir->real == WANN_FLOAT ? "float" : "double");
    wn_buf_text(slot(s, "f"), b->ir->real == WANN_FLOAT ? "f" : "");
    wn_buf_text(slot(s, "unit"), unit_of(b));
    wn_buf_text(slot(s, "operand"), b->end <= 65536 ? "unsigned" : "unsigned long");
    fill_numbers(b, s);
    put_meaning(b, slot(s, "meaning"));
    put_operations(b, slot(s, "operations"));
    wn_buf_print(slot(s, "size"), "%" PRIu32, put_rows(b, CODE, rows));
    put_factor(b, factor);
    put_times(b, slot(s, "times"));
    put_start(b, factor->data ? factor->data : "", slot(s, "start"));
    put_cases(b, slot(s, "activate"));
    wn_buf *pointer = slot(s, "weight_pointer");
    if (is_tuned(b)) {
        put_weights(b, weights);
        wn_buf_print(pointer, "const %s *weight = %s_weights;", b->weights.type, b->source->name);
    }
}

static wann_status render(const bytecode *b, wn_buf *table, wn_buf *body, wann_diag *diag) {
    const char *dir = b->source->options->template_dir;
    slots s = {.n = 0};
    bool failed = false;
    fill_slots(b, &s);
    for (size_t i = 0; i < s.n; i++) {
        failed |= s.text[i].failed;
        s.slot[i].text = s.text[i].data ? s.text[i].data : "";
    }
    wann_status status = failed ? wn_fail_memory(diag) : WANN_OK;
    if (status == WANN_OK)
        status = wn_template_render(dir, "bytecode_table.c.in", s.slot, table, diag);
    if (status == WANN_OK)
        status = wn_template_render(dir, "bytecode.c.in", s.slot, body, diag);
    for (size_t i = 0; i < s.n; i++)
        wn_buf_free(&s.text[i]);
    return status;
}

wann_status wn_c_bytecode(const wn_emit_source *source, wn_buf *table, wn_buf *body,
                          uint32_t *values, wann_diag *diag) {
    bytecode b = {.source = source, .ir = source->ir};
    if (!(source->ir->facts & WN_FACT_REFERENCE_SUMS))
        return wn_fail(diag, WANN_INTERNAL, NULL, 0, 0,
                       "byte code needs the sums of the reference");
    wann_status status = allocate(&b, diag);
    if (status == WANN_OK) {
        collect(&b);
        assign_places(&b);
        if (is_tuned(&b))
            b.weights = choose_weights(&b);
        *values = b.values;
        status = render(&b, table, body, diag);
    }
    release(&b);
    return status;
}
