/* What an ONNX model computes, column by column, as the nodes of a network that grows. A tensor
 * [rows, columns] is a list of columns, each the same formula for every row. */
#ifndef WN_ONNX_COLUMNS_H
#define WN_ONNX_COLUMNS_H

#include "runtime/base/arena.h"
#include "runtime/net/net.h"

/* A source of a sum; node WN_ONNX_BIAS is the bias. */
#define WN_ONNX_BIAS UINT32_MAX
typedef struct wn_onnx_term {
    uint32_t node;
    double weight;
} wn_onnx_term;

/* SUM: terms added up; SQUARE: the same, squared; POSITIVE: whether it is more than 0. All times
 * `scale`, and times the shared weight where it says so (a sum before it is squared, too). */
typedef enum wn_onnx_form { WN_ONNX_SUM, WN_ONNX_SQUARE, WN_ONNX_POSITIVE } wn_onnx_form;
typedef struct wn_onnx_column {
    wn_onnx_form form;
    const wn_onnx_term *term; /* [n], at most one a node */
    size_t n;
    double inner; /* the scale of a sum that is squared or compared */
    double scale;
    bool weighted; /* by the shared weight */
    uint32_t
        *made; /* the node that it became when it was asked for; copies share it. NULL: it is one */
} wn_onnx_column;

/* The network under construction. Starts as {0} but for diag; give it back with wn_onnx_net_free.
 */
typedef struct wn_onnx_net {
    wn_arena arena; /* of columns and terms */
    wann_diag *diag;
    uint32_t n_inputs;
    wn_node_spec
        *nodes; /* the computed ones; node k of a term is input k, or computed node k - n_inputs */
    size_t n_nodes, node_room;
    wn_conn_spec *conns; /* from and to: numbers as in terms, -1 the bias */
    size_t n_conns, conn_room;
    bool weighted, unweighted, biased; /* whether a connection is so */
    size_t n_terms;                    /* of all columns, which are limited */
    size_t n_columns;                  /* of all tensors, likewise */
    double *scratch; /* [scratch_room] sums of weights by node while terms are merged */
    bool *seen;      /* [scratch_room] */
    size_t scratch_room;
} wn_onnx_net;

void wn_onnx_net_free(wn_onnx_net *net);

/* The value of a node, as a column. */
wann_status wn_onnx_column_of(wn_onnx_net *net, uint32_t node, wn_onnx_column *column);
/* A constant column. */
wann_status wn_onnx_constant(wn_onnx_net *net, double value, wn_onnx_column *column);

/* sum = weight[0] * column[0] + ...; columns that are more than a node become one first. */
wann_status wn_onnx_combine(wn_onnx_net *net, size_t n, const wn_onnx_column *const *column,
                            const double *weight, wn_onnx_column *sum);
/* A sum of columns which may belong to one sum: their terms are merged. */
wann_status wn_onnx_add(wn_onnx_net *net, const wn_onnx_column *a, const wn_onnx_column *b,
                        wn_onnx_column *sum);
/* The column times a number, and times the shared weight. */
wann_status wn_onnx_scale(wn_onnx_net *net, const wn_onnx_column *a, double factor,
                          wn_onnx_column *product);
wann_status wn_onnx_weigh(wn_onnx_net *net, const wn_onnx_column *a, wn_onnx_column *product);
wann_status wn_onnx_square(wn_onnx_net *net, const wn_onnx_column *a, wn_onnx_column *square);
wann_status wn_onnx_compare(wn_onnx_net *net, const wn_onnx_column *a, wn_onnx_column *positive);

/* The node that computes activation(column), as a column. */
wann_status wn_onnx_activate(wn_onnx_net *net, wann_activation activation, const wn_onnx_column *a,
                             wn_onnx_column *value);
/* exp(column), which has to be a negative multiple of a square. */
wann_status wn_onnx_exp(wn_onnx_net *net, const wn_onnx_column *a, wn_onnx_column *value);
/* The node that the column is, after making one of it if it is none: *node. */
wann_status wn_onnx_node(wn_onnx_net *net, const wn_onnx_column *a, uint32_t *node);

#endif
