/* The textual form of the IR.
 *
 *     wann-ir 1 float inputs 2 outputs 1
 *     %0 = weight
 *     %1 = input 0 @1
 *     %2 = mul %1, %0 @7
 *     %3 = tanh %2 @7
 *     %4 = gaussian %1 * %0 @9
 *     output 0, %3 @8
 *
 * One instruction a line; "@N" is the node that it belongs to and may be missing, "@-N" says that
 * it computes minus what the node has there, "@bar N", "@bar_sum N" and "@slope N" which part of
 * the derivative it computes; "pack N" at the end, that it may be computed together with those next to it
 * that say the same; ";" begins a comment. Values are numbered in order, outputs included.
 * Numbers read back exactly. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/ir.h"
#include "runtime/base/diag.h"

static const char *const part_words[] = {"", "bar ", "bar_sum ", "slope "};

static void print_inst(const wn_ir *ir, uint32_t i, wn_buf *out) {
    const wn_inst *inst = &ir->inst[i];
    if (inst->op == WN_OP_OUTPUT) {
        wn_buf_print(out, "output %" PRIu32 ", %%%" PRIu32, inst->index, inst->arg[0]);
    } else {
        wn_buf_print(out, "%%%" PRIu32 " = %s", i,
                     wn_inst_activates(inst) ? wann_activation_name((wann_activation)inst->activation)
                                           : wn_op_word((wn_op)inst->op));
        if (inst->op == WN_OP_INPUT)
            wn_buf_print(out, " %" PRIu32, inst->index);
        if (inst->op == WN_OP_CONST) {
            wn_buf_char(out, ' ');
            wn_buf_double(out, inst->value);
        }
        for (unsigned a = 0; a < wn_op_operands((wn_op)inst->op); a++)
            wn_buf_print(out, "%s%%%" PRIu32, a == 0 ? " " : inst->op == WN_OP_SCALED ? " * " : ", ", inst->arg[a]);
    }
    if (inst->node != WN_NO_NODE)
        wn_buf_print(out, " @%s%s%" PRIu32, inst->minus ? "-" : "", part_words[inst->part],
                     inst->node);
    if (inst->pack)
        wn_buf_print(out, " pack %" PRIu32, inst->pack);
    wn_buf_char(out, '\n');
}

void wn_ir_print(const wn_ir *ir, wn_buf *out) {
    wn_buf_print(out, "wann-ir 1 %s inputs %" PRIu32 " outputs %" PRIu32 "\n",
                 ir->real == WANN_FLOAT ? "float" : "double", ir->n_inputs, ir->n_outputs);
    for (uint32_t i = 0; i < ir->n_insts; i++)
        print_inst(ir, i, out);
}

/* A reader of one line at a time. */
typedef struct reader {
    const char *path;
    const char *at;
    const char *line_start;
    int line;
    wn_ir *ir;
    wann_diag *diag;
} reader;

static wann_status expected(const reader *r, const char *what) {
    return wn_fail(r->diag, WANN_INPUT, r->path, r->line, (int)(r->at - r->line_start) + 1,
                   "expected %s", what);
}

static void skip_blanks(reader *r) {
    while (*r->at == ' ' || *r->at == '\t')
        r->at++;
}

/* Go to the next line that holds something; false at the end of the text. */
static bool next_line(reader *r) {
    for (;;) {
        skip_blanks(r);
        if (*r->at == ';')
            r->at += strcspn(r->at, "\n");
        if (*r->at == '\0')
            return false;
        if (*r->at != '\n')
            return true;
        r->line_start = ++r->at;
        r->line++;
    }
}

static bool accept(reader *r, const char *text) {
    skip_blanks(r);
    const size_t n = strlen(text);
    if (strncmp(r->at, text, n) != 0)
        return false;
    r->at += n;
    return true;
}

static wann_status read_u32(reader *r, uint32_t *number) {
    skip_blanks(r);
    if (*r->at < '0' || *r->at > '9')
        return expected(r, "a number");
    char *end;
    const unsigned long long value = strtoull(r->at, &end, 10);
    if (value >= UINT32_MAX)
        return expected(r, "a smaller number");
    *number = (uint32_t)value;
    r->at = end;
    return WANN_OK;
}

static wann_status read_value(reader *r, wn_value *value) {
    if (!accept(r, "%"))
        return expected(r, "a value such as %3");
    return read_u32(r, value);
}

static wann_status read_operand(reader *r, wn_value *value) {
    WN_TRY(read_value(r, value));
    return *value < r->ir->n_insts ? WANN_OK : expected(r, "an earlier value");
}

static wann_status read_line_end(reader *r) {
    skip_blanks(r);
    const bool end = *r->at == '\n' || *r->at == ';' || *r->at == '\0';
    return end ? WANN_OK : expected(r, "the end of the line");
}

static wann_status read_word(reader *r, wn_inst *inst) {
    skip_blanks(r);
    const size_t n = strspn(r->at, "abcdefghijklmnopqrstuvwxyz");
    for (int op = 0; op < WN_OPS; op++) {
        const char *word = wn_op_word((wn_op)op);
        if (op != WN_OP_ACT && op != WN_OP_SCALED && op != WN_OP_OUTPUT && strlen(word) == n &&
            memcmp(word, r->at, n) == 0) {
            inst->op = (uint8_t)op;
            r->at += n;
            return WANN_OK;
        }
    }
    inst->op = WN_OP_ACT;
    inst->activation = (uint8_t)wn_activation_by_name(r->at, n);
    if (!inst->activation)
        return expected(r, "an operation or an activation");
    r->at += n;
    return WANN_OK;
}

static wann_status read_operands(reader *r, wn_inst *inst) {
    if (inst->op == WN_OP_INPUT)
        WN_TRY(read_u32(r, &inst->index));
    if (inst->op == WN_OP_CONST) {
        skip_blanks(r);
        const size_t n = wn_parse_double(r->at, &inst->value);
        if (n == 0)
            return expected(r, "a number");
        r->at += n;
    }
    for (unsigned a = 0; a < wn_op_operands((wn_op)inst->op); a++) {
        if (a > 0 && !accept(r, ","))
            return expected(r, "','");
        WN_TRY(read_operand(r, &inst->arg[a]));
    }
    if (inst->op == WN_OP_ACT && accept(r, "*")) {
        inst->op = WN_OP_SCALED;
        return read_operand(r, &inst->arg[1]);
    }
    return WANN_OK;
}

static wann_status read_inst(reader *r) {
    wn_inst inst = wn_inst_weight();
    if (accept(r, "output")) {
        inst.op = WN_OP_OUTPUT;
        WN_TRY(read_u32(r, &inst.index));
        if (!accept(r, ","))
            return expected(r, "','");
        WN_TRY(read_operand(r, &inst.arg[0]));
    } else {
        wn_value number;
        WN_TRY(read_value(r, &number));
        if (number != r->ir->n_insts)
            return expected(r, "values numbered in order");
        if (!accept(r, "="))
            return expected(r, "'='");
        WN_TRY(read_word(r, &inst));
        WN_TRY(read_operands(r, &inst));
    }
    if (accept(r, "@")) {
        inst.minus = accept(r, "-");
        for (uint8_t part = WN_PART_SLOPE; part > WN_PART_FORWARD && !inst.part; part--)
            inst.part = accept(r, part_words[part]) ? part : WN_PART_FORWARD;
        WN_TRY(read_u32(r, &inst.node));
    }
    if (accept(r, "pack"))
        WN_TRY(read_u32(r, &inst.pack));
    WN_TRY(read_line_end(r));
    return wn_ir_append(r->ir, inst) == WN_NO_VALUE ? wn_fail_memory(r->diag) : WANN_OK;
}

static wann_status read_header(reader *r) {
    if (!next_line(r) || !accept(r, "wann-ir 1 "))
        return expected(r, "'wann-ir 1'");
    if (accept(r, "double"))
        r->ir->real = WANN_DOUBLE;
    else if (accept(r, "float"))
        r->ir->real = WANN_FLOAT;
    else
        return expected(r, "'float' or 'double'");
    if (!accept(r, "inputs"))
        return expected(r, "'inputs'");
    WN_TRY(read_u32(r, &r->ir->n_inputs));
    if (!accept(r, "outputs"))
        return expected(r, "'outputs'");
    WN_TRY(read_u32(r, &r->ir->n_outputs));
    return read_line_end(r);
}

static wann_status read_all(reader *r) {
    WN_TRY(read_header(r));
    while (next_line(r))
        WN_TRY(read_inst(r));
    wann_diag broken;
    const wann_status status = wn_ir_verify(r->ir, &broken);
    return status == WANN_INTERNAL ? wn_fail(r->diag, WANN_INPUT, r->path, 0, 0, "%s", broken.text)
           : status == WANN_OK     ? WANN_OK
                                   : wn_fail_memory(r->diag);
}

wann_status wn_ir_parse(const char *text, const char *path, wn_ir *ir, wann_diag *diag) {
    *ir = (wn_ir){0};
    reader r = {path, text, text, 1, ir, diag};
    const wann_status status = read_all(&r);
    if (status != WANN_OK)
        wn_ir_free(ir);
    return status;
}
