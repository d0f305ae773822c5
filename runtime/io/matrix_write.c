/* Writing the published .out matrix. */
#include <inttypes.h>
#include <string.h>

#include "runtime/base/diag.h"
#include "runtime/io/io.h"

/* The format tells outputs by their place: they must be the last nodes, in their own order. */
static wann_status check_outputs(const wn_net *net, wann_diag *diag) {
    const uint32_t first = net->n_nodes - net->n_outputs;
    for (uint32_t o = 0; o < net->n_outputs; o++)
        if (net->output[o] != first + o)
            return wn_fail(diag, WANN_INPUT, NULL, 0, 0,
                           "a matrix cannot hold this network: output %" PRIu32
                           " is needed before the outputs in front of it are known",
                           o);
    return WANN_OK;
}

static wann_status check_weights(const wn_net *net, wann_diag *diag) {
    for (uint32_t i = 0; i < net->n_nodes; i++)
        for (uint32_t k = net->first_conn[i]; net->weight && k < net->first_conn[i + 1]; k++)
            if (net->weight[k] == 0.0)
                return wn_fail(
                    diag, WANN_INPUT, NULL, 0, 0,
                    "a matrix cannot hold this network: the connection from node %" PRId64
                    " to node %" PRId64 " has weight 0, which there means no connection",
                    net->id[net->source[k]], net->id[i]);
    return WANN_OK;
}

/* No larger than what a reader takes: an entry is at least "0,". */
static wann_status check_size(size_t n, wann_diag *diag) {
    static const size_t LARGEST_FILE = (size_t)1 << 30;
    if (n + 1 <= LARGEST_FILE / 2 / n)
        return WANN_OK;
    return wn_fail(diag, WANN_INPUT, NULL, 0, 0,
                   "a matrix cannot hold this network: of %zu nodes it would be larger than 1 GiB",
                   n);
}

/* The connections of each source, by destination: order[start[s] .. start[s + 1]). */
typedef struct rows {
    wn_arena arena;
    uint32_t *order;
    uint32_t *destination; /* of each connection */
} rows;

static bool sort_by_source(const wn_net *net, rows *r) {
    r->order = WN_NEW(&r->arena, uint32_t, net->n_conns);
    r->destination = WN_NEW(&r->arena, uint32_t, net->n_conns);
    if (!r->order || !r->destination || !wn_net_published_order(net, r->order))
        return false;
    for (uint32_t i = 0; i < net->n_nodes; i++)
        for (uint32_t k = net->first_conn[i]; k < net->first_conn[i + 1]; k++)
            r->destination[k] = i;
    return true;
}

static void write_zeros(wn_buf *out, uint32_t n) {
    while (n-- > 0)
        wn_buf_bytes(out, "0,", 2);
}

/* The row of node s; *next is its first connection in r->order and moves on. */
static void write_row(const wn_net *net, const rows *r, uint32_t s, uint32_t *next, uint32_t shift,
                      wn_buf *out) {
    uint32_t column = 0;
    write_zeros(out, shift);
    for (; *next < net->n_conns && net->source[r->order[*next]] == s; ++*next) {
        const uint32_t k = r->order[*next];
        write_zeros(out, r->destination[k] - column);
        wn_buf_double(out, net->weight ? net->weight[k] : 1.0);
        wn_buf_char(out, ',');
        column = r->destination[k] + 1;
    }
    write_zeros(out, net->n_nodes - column);
    wn_buf_print(out, "%d\n", net->activation[s]);
}

wann_status wn_matrix_write(const wn_net *net, wn_buf *out, wann_diag *diag) {
    const uint32_t shift = net->bias < 0; /* row 0 is the bias; one that nobody reads stands in */
    WN_TRY(check_outputs(net, diag));
    WN_TRY(check_weights(net, diag));
    WN_TRY(check_size((size_t)net->n_nodes + shift, diag));
    rows r = {0};
    if (!sort_by_source(net, &r)) {
        wn_arena_free(&r.arena);
        return wn_fail_memory(diag);
    }
    if (shift) {
        write_zeros(out, net->n_nodes + 1);
        wn_buf_print(out, "%d\n", WANN_ACT_LINEAR);
    }
    uint32_t next = 0;
    for (uint32_t s = 0; s < net->n_nodes; s++)
        write_row(net, &r, s, &next, shift, out);
    wn_arena_free(&r.arena);
    return out->failed ? wn_fail_memory(diag) : WANN_OK;
}
