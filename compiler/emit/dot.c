/* Networks as text for Graphviz. */
#include "compiler/emit/picture.h"
#include "runtime/base/diag.h"
#include "runtime/base/escape.h"

#include <inttypes.h>

static void quoted(wn_buf *out, const char *attribute, const char *text) {
    wn_buf_print(out, "%s=\"", attribute);
    wn_escape(out, WN_ESCAPE_DOT, text);
    wn_buf_char(out, '"');
}

/* Colours and shape of a node; one that no output depends on is dashed and pale. */
static void node_style(const wn_net *net, uint32_t node, bool live, wn_buf *out) {
    const char *alpha = live ? "" : "59"; /* 35 % */
    const bool computed = net->role[node] == WANN_HIDDEN || net->role[node] == WANN_OUTPUT_NODE;
    const wn_look *look = wn_activation_look((wann_activation)net->activation[node]);
    if (computed)
        wn_buf_print(out, ", fillcolor=\"#%06" PRIx32 "%s\", fontcolor=\"#%06" PRIx32 "%s\"",
                     wn_inks[look->fill].light, alpha, wn_inks[look->on_fill].light, alpha);
    else
        wn_buf_print(out, ", fillcolor=\"#ffffff%s\"", alpha);
    if (net->role[node] == WANN_BIAS)
        wn_buf_text(out, ", shape=box");
    if (net->role[node] == WANN_OUTPUT_NODE)
        wn_buf_text(out, ", penwidth=2.4");
    if (!live)
        wn_buf_text(out, ", style=\"filled,dashed\"");
}

/* Inputs are labelled by their name, hidden nodes by their activation, outputs by both. */
static void node_label(const wn_net *net, uint32_t node, wn_buf *label) {
    const char *name = net->role[node] == WANN_BIAS ? "bias" : net->node_name[node];
    if (name)
        wn_text_fit(label, name, 12, WN_LABEL_WIDTH);
    if (net->role[node] == WANN_OUTPUT_NODE)
        wn_buf_text(label, ": ");
    if (net->role[node] == WANN_OUTPUT_NODE || net->role[node] == WANN_HIDDEN)
        wn_buf_text(label, wann_activation_name((wann_activation)net->activation[node]));
}

static wann_status emit_node(const wn_net *net, uint32_t node, bool live, wn_buf *out,
                             wann_diag *diag) {
    wn_buf label = {0}, tooltip = {0};
    node_label(net, node, &label);
    wn_describe_node(net, node, live, &tooltip);
    const bool failed = label.failed || tooltip.failed;
    if (!failed) {
        wn_buf_print(out, "  n%" PRIu32 " [", node);
        quoted(out, "label", label.data ? label.data : "");
        quoted(out, ", tooltip", tooltip.data);
        node_style(net, node, live, out);
        wn_buf_text(out, "];\n");
    }
    wn_buf_free(&label);
    wn_buf_free(&tooltip);
    return failed ? wn_fail_memory(diag) : WANN_OK;
}

/* One column. */
static void same_rank(const char *rank, const uint32_t *nodes, uint32_t n, int64_t bias,
                      wn_buf *out) {
    wn_buf_print(out, "  { rank=%s;", rank);
    if (bias >= 0)
        wn_buf_print(out, " n%" PRId64 ";", bias);
    for (uint32_t i = 0; i < n; i++)
        wn_buf_print(out, " n%" PRIu32 ";", nodes[i]);
    wn_buf_text(out, " }\n");
}

static void emit_edges(const wn_net *net, const bool *live, wn_buf *out) {
    for (uint32_t v = 0; v < net->n_nodes; v++)
        for (uint32_t k = net->first_conn[v]; k < net->first_conn[v + 1]; k++) {
            wn_buf_print(out, "  n%" PRIu32 " -> n%" PRIu32, net->source[k], v);
            if (net->weight) {
                wn_buf_text(out, " [tooltip=\"weight ");
                wn_buf_double(out, net->weight[k]);
                wn_buf_text(out, live[v] ? "\"]" : "\", style=dashed]");
            } else if (!live[v]) {
                wn_buf_text(out, " [style=dashed]");
            }
            wn_buf_text(out, ";\n");
        }
}

static void emit_head(const wn_net *net, wn_buf *out) {
    wn_buf title = {0};
    wn_text_fit(&title, net->name, 12, 4 * WN_LABEL_WIDTH);
    wn_buf_text(out, "digraph network {\n"
                     "  graph [rankdir=LR, labelloc=t, fontname=\"Helvetica\", label=\"");
    wn_escape(out, WN_ESCAPE_DOT, title.data ? title.data : "");
    wn_buf_text(out, "\\n"); /* a line break of Graphviz */
    wn_describe_net(net, out);
    wn_buf_text(out, "\"];\n"
                     "  node [shape=ellipse, style=filled, fontname=\"Helvetica\", fontsize=12];\n"
                     "  edge [color=\"#46525f99\", arrowsize=0.5];\n");
    out->failed |= title.failed;
    wn_buf_free(&title);
}

/* Outputs share the last column unless another node reads one of them. */
static bool outputs_are_last(const wn_net *net) {
    for (uint32_t k = 0; k < net->n_conns; k++)
        if (net->role[net->source[k]] == WANN_OUTPUT_NODE)
            return false;
    return true;
}

wann_status wn_emit_dot(const wn_net *net, wn_buf *out, wann_diag *diag) {
    wn_arena arena = {0};
    bool *live = WN_NEW(&arena, bool, net->n_nodes);
    if (!live)
        return wn_fail_memory(diag);
    wn_net_live(net, live);
    emit_head(net, out);
    wann_status status = WANN_OK;
    for (uint32_t v = 0; v < net->n_nodes && status == WANN_OK; v++)
        status = emit_node(net, v, live[v], out, diag);
    same_rank("source", net->input, net->n_inputs, net->bias, out);
    if (outputs_are_last(net))
        same_rank("sink", net->output, net->n_outputs, -1, out);
    emit_edges(net, live, out);
    wn_buf_text(out, "}\n");
    wn_arena_free(&arena);
    if (status == WANN_OK && out->failed)
        status = wn_fail_memory(diag);
    return status;
}
