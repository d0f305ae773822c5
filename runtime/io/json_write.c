/* Writing the network file: one node or connection a line, in one fixed form. */
#include <inttypes.h>
#include <string.h>

#include "runtime/base/escape.h"
#include "runtime/io/io.h"

static void write_string(wn_buf *out, const char *text) {
    wn_buf_char(out, '"');
    wn_escape(out, WN_ESCAPE_JSON, text);
    wn_buf_char(out, '"');
}

/* What stands between the braces of kept keys. */
static void write_extra(wn_buf *out, const char *before, wn_extra extra) {
    if (!extra)
        return;
    wn_buf_text(out, before);
    wn_buf_bytes(out, extra + 1, strlen(extra) - 2);
}

static void write_names(wn_buf *out, const wn_net *net, const char *key, const uint32_t *node,
                        uint32_t n) {
    wn_buf_print(out, "  \"%s\": [", key);
    for (uint32_t i = 0; i < n; i++) {
        wn_buf_text(out, i ? ", " : "");
        write_string(out, net->node_name[node[i]]);
    }
    wn_buf_text(out, "],\n");
}

static const char *role_word(wann_role role) {
    switch (role) {
    case WANN_BIAS:
        return "bias";
    case WANN_INPUT_NODE:
        return "input";
    case WANN_HIDDEN:
        return "hidden";
    case WANN_OUTPUT_NODE:
        return "output";
    }
    return "";
}

static const char *action_word(wann_action action) {
    switch (action) {
    case WANN_ACTION_NONE:
        return "none";
    case WANN_ACTION_SOFTMAX:
        return "softmax";
    }
    return "";
}

static void write_node(wn_buf *out, const wn_net *net, uint32_t i, const char *separator) {
    const wann_role role = (wann_role)net->role[i];
    wn_buf_print(out, "%s\n    {\"id\": %" PRId64 ", \"type\": \"%s\"", separator, net->id[i],
                 role_word(role));
    if (role == WANN_HIDDEN || role == WANN_OUTPUT_NODE)
        wn_buf_print(out, ", \"activation\": \"%s\"",
                     wann_activation_name((wann_activation)net->activation[i]));
    write_extra(out, ", ", net->node_extra ? net->node_extra[i] : NULL);
    wn_buf_char(out, '}');
}

/* Outputs stand in the order of the output vector, which need not be the one of evaluation: it is
 * from their order in the file that a reader knows which output is which. */
static void write_nodes(wn_buf *out, const wn_net *net) {
    const char *separator = "";
    wn_buf_text(out, "  \"nodes\": [");
    for (uint32_t i = 0; i < net->n_nodes; i++)
        if (net->role[i] != WANN_OUTPUT_NODE) {
            write_node(out, net, i, separator);
            separator = ",";
        }
    for (uint32_t o = 0; o < net->n_outputs; o++) {
        write_node(out, net, net->output[o], separator);
        separator = ",";
    }
    wn_buf_text(out, "\n  ],\n");
}

static void write_connection(wn_buf *out, const wn_net *net, uint32_t to, uint32_t k) {
    wn_buf_print(out, "%s\n    {\"from\": %" PRId64 ", \"to\": %" PRId64, k ? "," : "",
                 net->id[net->source[k]], net->id[to]);
    if (net->weight) {
        wn_buf_text(out, ", \"weight\": ");
        wn_buf_double(out, net->weight[k]);
    }
    write_extra(out, ", ", net->conn_extra ? net->conn_extra[k] : NULL);
    wn_buf_char(out, '}');
}

static void write_connections(wn_buf *out, const wn_net *net) {
    wn_buf_text(out, "  \"connections\": [");
    for (uint32_t i = 0; i < net->n_nodes; i++)
        for (uint32_t k = net->first_conn[i]; k < net->first_conn[i + 1]; k++)
            write_connection(out, net, i, k);
    wn_buf_text(out, net->n_conns ? "\n  ]" : "]");
}

void wn_json_write(const wn_net *net, wn_buf *out) {
    wn_buf_text(out, "{\n  \"format\": \"wann-network\", \"version\": 1,\n  \"name\": ");
    write_string(out, net->name);
    wn_buf_text(out, ",\n");
    write_names(out, net, "inputs", net->input, net->n_inputs);
    write_names(out, net, "outputs", net->output, net->n_outputs);
    wn_buf_print(out, "  \"action\": \"%s\",\n", action_word(net->action));
    write_nodes(out, net);
    write_connections(out, net);
    if (net->has_shared_weight) {
        wn_buf_text(out, ",\n  \"shared_weight\": ");
        wn_buf_double(out, net->shared_weight);
    }
    if (net->provenance) {
        wn_buf_text(out, ",\n  \"provenance\": ");
        wn_buf_text(out, net->provenance);
    }
    write_extra(out, ",\n  ", net->extra);
    wn_buf_text(out, "\n}\n");
}
