/* The comment at the top of generated files: what it is, from what, how made, what it costs. */
#include <inttypes.h>

#include "compiler/emit/c_parts.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/escape.h"

static void put_source(const wn_emit_source *source, wn_buf *out) {
    const wann_compile_options *options = source->options;
    wn_buf_print(out, "The weight agnostic neural network \"");
    wn_escape(out, WN_ESCAPE_C_COMMENT, source->net->name);
    wn_buf_print(out, "\", made into C by wannc %s.\n\n", WANN_VERSION_STRING);
    if (options->source) {
        wn_buf_text(out, "Source:  ");
        wn_escape(out, WN_ESCAPE_C_COMMENT, options->source);
        wn_buf_char(out, '\n');
    }
    if (options->command) {
        wn_buf_text(out, "Command: ");
        wn_escape(out, WN_ESCAPE_C_COMMENT, options->command);
        wn_buf_char(out, '\n');
    }
}

static wann_status put_network(const wn_net *net, wn_buf *out, wann_diag *diag) {
    bool *live = wn_calloc(net->n_nodes, sizeof *live);
    if (!live)
        return wn_fail_memory(diag);
    wn_net_live(net, live);
    uint32_t n_live = 0;
    for (uint32_t i = 0; i < net->n_nodes; i++)
        n_live += live[i];
    wn_free(live);
    wn_buf_print(out, "Network: %" PRIu32 " nodes, %" PRIu32 " connections, depth %zu", net->n_nodes,
                 net->n_conns, wann_net_depth(net));
    if (n_live < net->n_nodes)
        wn_buf_print(out, "; no output depends on %" PRIu32 " of the nodes", net->n_nodes - n_live);
    wn_buf_char(out, '\n');
    return WANN_OK;
}

static void put_weights(const wn_emit_source *source, wn_buf *out) {
    switch (source->options->weighting) {
    case WANN_WEIGHT_PARAMETER:
        wn_buf_text(out, "Weights: the one shared by all connections is a parameter");
        if (source->net->has_shared_weight) {
            wn_buf_text(out, "; recommended: ");
            wn_buf_double(out, source->net->shared_weight);
        }
        break;
    case WANN_WEIGHT_BAKED:
        wn_buf_text(out, "Weights: all ");
        wn_buf_double(out, source->options->weight);
        break;
    case WANN_WEIGHT_TUNED:
        wn_buf_text(out, "Weights: one for each connection");
        break;
    }
    wn_buf_char(out, '\n');
}

/* The stack of a function with lanes: a variable has an array that begins on a cache line of its own,
 * and copies of one lane in the loops that read it. */
static void put_block(const wn_emit_source *source, const char *function, uint32_t variables, const wn_ir *ir,
                      wn_c_layout layout, wn_buf *out) {
    enum { LINE = 64, COPIES = 4 };
    const uint32_t size = source->ir->real == WANN_FLOAT ? 4 : 8;
    if (!variables)
        return;
    const uint32_t array = (wn_c_layout_lanes(ir, layout) * size + LINE - 1) / LINE * LINE;
    wn_buf_print(out, "         (%s_%s: at most %" PRIu32 " bytes)\n", source->name, function,
                 variables * (array + COPIES * size) + 6144);
}

/* A compiler may keep every variable on the stack (-O0), and gives each call a frame: 384 bytes cover
 * those from the outermost function to the deepest kernel (tests/cli/test_stack.sh holds gcc to it).
 * An ensemble also keeps the outputs of one member; a batch every variable for each lane. */
static void put_cost(const wn_emit_source *source, const wn_ir_cost *cost, uint32_t locals, wn_c_blocks blocks, wn_buf *out) {
    const unsigned size = source->fixed || source->ir->real == WANN_FLOAT ? 4 : 8;
    const uint32_t kept = locals + (source->options->ensemble ? source->net->n_outputs : 0);
    const bool bytecode = source->options->level == WANN_OS;
    const bool once_a_value = bytecode && source->options->weighting != WANN_WEIGHT_TUNED;
    wn_buf_print(out, "Cost:    %" PRIu32 " additions, %" PRIu32 " multiplications, %" PRIu32
                      " activations an inference\n", cost->adds, once_a_value ? locals : cost->muls,
                 cost->activations + cost->negs);
    if (bytecode)
        wn_buf_print(out, "Stack:   at most %" PRIu32 " bytes, %" PRIu32 " of them for %" PRIu32 " values\n",
                     kept * size + 384, kept * size, kept);
    else
        wn_buf_print(out, "Stack:   at most %" PRIu32 " bytes without optimisation (%" PRIu32
                          " variables); at most %" PRIu32 " values are alive at once (%" PRIu32 " bytes)\n",
                     kept * size + 384, locals, cost->live, cost->live * size);
    put_block(source, "batch", blocks.batch, source->batch_ir, WN_C_BLOCK, out);
    put_block(source, "gradient_batch", blocks.gradient, source->gradient_ir, WN_C_GRADIENT_BLOCK, out);
    put_block(source, "ensemble", blocks.ensemble, source->ensemble_ir, WN_C_WEIGHTS, out);
}

static wann_status put_banner(const wn_emit_source *source, uint32_t locals, wn_c_blocks blocks, wn_buf *out, wann_diag *diag) {
    wn_ir_cost cost;
    WN_TRY(wn_ir_measure(source->ir, &cost, diag));
    put_source(source, out);
    WN_TRY(put_network(source->net, out, diag));
    put_weights(source, out);
    put_cost(source, &cost, locals, blocks, out);
    wn_buf_text(out, "\nPure and reentrant: no heap, no variable that outlives a call, no I/O.");
    return WANN_OK;
}

/* Lines after the first begin with " *". */
static void put_as_comment(const char *text, wn_buf *out) {
    for (; *text; text++) {
        wn_buf_char(out, *text);
        if (*text == '\n')
            wn_buf_text(out, text[1] == '\n' ? " *" : " * ");
    }
}

wann_status wn_c_banner(const wn_emit_source *source, uint32_t locals, wn_c_blocks blocks, wn_buf *out, wann_diag *diag) {
    wn_buf text = {0};
    wann_status status = put_banner(source, locals, blocks, &text, diag);
    if (status == WANN_OK && text.failed)
        status = wn_fail_memory(diag);
    if (status == WANN_OK)
        put_as_comment(text.data, out);
    wn_buf_free(&text);
    return status;
}
