/* The statements of a block of inputs: in loops over its lanes.
 *
 * Loops are short, a few nodes each, and what another loop reads is kept for all lanes. So compilers make
 * vector code of each, with its constants in registers, and a processor has the next lanes to work on
 * while those before wait for a result. */
#include <inttypes.h>
#include <string.h>

#include "compiler/emit/c_body.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

enum {
    LOOP = 16,            /* instructions a loop; gcc 12 and clang 14 make no vectors of very long ones */
    CACHE = 16 * 1024,    /* bytes for the values of a block: half of the first cache of most machines */
    MOST = 64, LEAST = 16, /* lanes: floats in a vector of the widest machines */
    WEIGHTS = 8,           /* an ensemble has few */
    ROOM = 64 * 1024, MOST_ROOM = 256 * 1024 /* bytes for a gradient, which keeps most values for its way back */
};

typedef struct block {
    wn_c_writer *b;
    const wn_ir *ir;
    uint32_t lanes;
    uint32_t *loop;   /* [n_insts] the loop over lanes that computes a value */
    bool *array;      /* [n_insts] other loops read it, so it is kept for all lanes */
    uint32_t *loaded; /* [n_insts] the last loop that loaded it, + 1 */
    uint32_t *member; /* [n_insts] instructions by loop */
    uint32_t *first;  /* [n_insts + 2] the first of each loop there */
} block;

uint32_t wn_c_lanes(const wn_net *net, wann_real real) {
    const size_t bytes = (size_t)net->n_nodes * (real == WANN_FLOAT ? sizeof(float) : sizeof(double));
    uint32_t lanes = MOST;
    while (lanes > LEAST && lanes * bytes > CACHE)
        lanes /= 2;
    return lanes;
}

static uint32_t gradient_lanes(const wn_ir *ir) {
    const size_t values = (size_t)ir->n_insts + ir->n_inputs + ir->n_outputs;
    const size_t bytes = values * (ir->real == WANN_FLOAT ? sizeof(float) : sizeof(double));
    return LEAST * bytes <= ROOM ? LEAST : LEAST / 2 * bytes <= MOST_ROOM ? LEAST / 2 : 0;
}

uint32_t wn_c_layout_lanes(const wn_ir *ir, wn_c_layout layout) {
    switch (layout) {
    case WN_C_ONE:
        return 1;
    case WN_C_BLOCK:
        return wn_c_lanes(ir->net, ir->real);
    case WN_C_GRADIENT_BLOCK:
        return gradient_lanes(ir);
    case WN_C_WEIGHTS:
        return WEIGHTS;
    }
    return 1;
}

uint32_t wn_c_row(const wn_array arrays[WN_ARRAYS], uint32_t index) {
    uint32_t row = index, first = 0;
    for (int a = 0; a < WN_ARRAYS && arrays[a].name && first + arrays[a].length <= index; a++) {
        first += arrays[a].length;
        row -= arrays[a].shared ? arrays[a].length : 0;
    }
    return row;
}

/* Give each statement its loop, by the operations that come together in it. Returns how many loops. */
static uint32_t assign_loops(block *k) {
    uint32_t loop = 0, operations = 0;
    for (uint32_t i = 0; i < k->ir->n_insts; i++) {
        k->loop[i] = loop;
        operations++;
        if (wn_c_has_statement(k->b, i) && operations > LOOP) {
            loop++;
            operations = 0;
        }
    }
    return loop + 1;
}

/* What is part of an expression is computed where its reader is; readers come later. Values that are
 * read in another loop than that of their statement are kept for all lanes. */
static void find_arrays(block *k, uint32_t loops) {
    for (uint32_t i = k->ir->n_insts; i-- > 0;) {
        const wn_inst *inst = &k->ir->inst[i];
        if (inst->op == WN_OP_OUTPUT && !wn_c_is_shared_output(k->b, inst))
            k->loop[i] = loops - 1;
        else if (inst->op == WN_OP_OUTPUT && wn_c_has_statement(k->b, inst->arg[0]))
            k->loop[i] = k->loop[inst->arg[0]]; /* where what it adds is at hand */
        for (unsigned a = 0; a < wn_op_operands((wn_op)inst->op); a++) {
            const wn_value v = inst->arg[a];
            if (!k->b->names.name[v])
                k->loop[v] = k->loop[i];
            else if (wn_c_has_statement(k->b, v) && k->loop[v] != k->loop[i])
                k->array[v] = true;
        }
    }
}

static void declare_arrays(block *k) {
    for (uint32_t i = 0; i < k->ir->n_insts; i++)
        if (k->array[i]) {
            wn_buf_print(k->b->out, "%s lanes_of_%s[%" PRIu32 "] ", wn_c_real_word(k->b), k->b->names.name[i],
                         k->lanes);
            wn_c_put_upper(k->b->source, k->b->out);
            wn_buf_text(k->b->out, "_LINES;\n");
        }
}

/* Load v, which a statement of a loop reads, if it comes from elsewhere and is not there yet. Loading
 * once keeps few accesses of memory in a loop: compilers compare each pair of them, and give up. */
static void put_load(block *k, wn_value v, uint32_t loop) {
    const wn_inst *inst = &k->ir->inst[v];
    const char *name = k->b->names.name[v];
    const bool input = inst->op == WN_OP_INPUT;
    if (!name || k->loaded[v] == loop + 1 || (!input && (!k->array[v] || k->loop[v] == loop)))
        return;
    k->loaded[v] = loop + 1;
    wn_buf_print(k->b->out, "const %s %s = ", wn_c_real_word(k->b), name);
    if (input)
        wn_buf_print(k->b->out, "x[%" PRIu32 "][l];\n", wn_c_row(k->ir->in, inst->index));
    else
        wn_buf_print(k->b->out, "lanes_of_%s[l];\n", name);
}

/* The statements of one loop. */
static void put_statements(block *k, uint32_t loop) {
    for (uint32_t m = k->first[loop]; m < k->first[loop + 1]; m++) {
        const uint32_t i = k->member[m];
        const wn_inst *inst = &k->ir->inst[i];
        for (unsigned a = 0; a < wn_op_operands((wn_op)inst->op); a++)
            put_load(k, inst->arg[a], loop);
        if (wn_c_has_statement(k->b, i))
            wn_c_put_statement(k->b, i);
        if (inst->op == WN_OP_OUTPUT && wn_c_is_shared_output(k->b, inst))
            wn_c_put_addition(k->b, inst);
        if (k->array[i])
            wn_buf_print(k->b->out, "lanes_of_%s[l] = %s;\n", k->b->names.name[i], k->b->names.name[i]);
    }
}

static void put_loop(block *k, uint32_t loop, bool last) {
    wn_buf inside = {0}, *const out = k->b->out;
    k->b->out = &inside;
    put_statements(k, loop);
    if (last)
        wn_c_put_outputs(k->b);
    k->b->out = out;
    wn_buf_print(out, "for (l = 0; l < %" PRIu32 "; l++) {\n", k->lanes);
    out->failed |= inside.failed;
    /* Text that was cut short need not end with a line. */
    for (const char *line = inside.failed ? NULL : inside.data; line && *line;) {
        const size_t length = strcspn(line, "\n") + 1;
        wn_buf_text(out, "    ");
        wn_buf_bytes(out, line, length);
        line += length;
    }
    wn_buf_text(out, "}\n");
    wn_buf_free(&inside);
}

/* Instructions by loop: counting sort. */
static void sort_by_loop(block *k, uint32_t loops) {
    for (uint32_t i = 0; i < k->ir->n_insts; i++)
        k->first[k->loop[i] + 1]++;
    for (uint32_t j = 0; j < loops; j++)
        k->first[j + 1] += k->first[j];
    for (uint32_t i = k->ir->n_insts; i-- > 0;)
        k->member[--k->first[k->loop[i] + 1]] = i; /* first[j + 1] moves down to the start of loop j */
    memmove(k->first, k->first + 1, loops * sizeof *k->first);
    k->first[loops] = k->ir->n_insts;
}

static void put_block(block *k) {
    const uint32_t loops = assign_loops(k);
    find_arrays(k, loops);
    declare_arrays(k);
    sort_by_loop(k, loops);
    if (!wn_c_reads(k->ir, WN_OP_WEIGHT) && k->b->source->options->weighting == WANN_WEIGHT_PARAMETER)
        wn_buf_text(k->b->out, "(void)weight; /* no output depends on the weight */\n");
    for (uint32_t loop = 0; loop < loops; loop++)
        put_loop(k, loop, loop + 1 == loops);
}

wann_status wn_c_put_block(wn_c_writer *b, wann_diag *diag) {
    const size_t n = (size_t)b->ir->n_insts + 1;
    block k = {.b = b, .ir = b->ir, .lanes = wn_c_layout_lanes(b->ir, b->layout)};
    k.loop = wn_calloc(n, sizeof *k.loop);
    k.array = wn_calloc(n, sizeof *k.array);
    k.loaded = wn_calloc(n, sizeof *k.loaded);
    k.member = wn_calloc(n, sizeof *k.member);
    k.first = wn_calloc(n + 1, sizeof *k.first);
    const bool ok = k.loop && k.array && k.loaded && k.member && k.first;
    if (ok)
        put_block(&k);
    wn_free(k.loop);
    wn_free(k.array);
    wn_free(k.loaded);
    wn_free(k.member);
    wn_free(k.first);
    return ok ? WANN_OK : wn_fail_memory(diag);
}
