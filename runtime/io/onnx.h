/* ONNX models: networks as graphs of standard operators, for other tools, and back. */
#ifndef WN_ONNX_H
#define WN_ONNX_H

#include "runtime/base/text.h"
#include "runtime/io/source.h"
#include "runtime/net/net.h"

/* Where a model's weights come from. {0}: the shared weight is a second input. */
typedef struct wn_onnx_weights {
    bool baked; /* every connection has the weight `shared` */
    double shared;
    const double *connection; /* [n_conns] one each, in the network's order; NULL: none */
} wn_onnx_weights;

/* Append a model in float: input "input" [n, inputs], n any number, and, unless weights are in it,
 * "weight" [1]; output "output" [n, outputs], raw, and, where the network's action is softmax,
 * "action". weights may be NULL: {0}. The same network gives the same bytes. WANN_UNSUPPORTED in a
 * build without protobuf-c, for a network without inputs, weights past float, or a model of more
 * than 2^31 - 1 bytes. */
wann_status wn_onnx_write(const wn_net *net, const wn_onnx_weights *weights, wn_buf *out,
                          wann_diag *diag);

/* Read a feed-forward model of the operators that wn_onnx_write uses and of MatMul, Gemm, Sum,
 * Identity, Slice and Constant. A sum becomes a node; numbers that multiply it become the weights
 * of its connections. default_name: for a model that gives none. WANN_INPUT, naming the operator,
 * for what no network can say; WANN_UNSUPPORTED in a build without protobuf-c. */
wann_status wn_onnx_read(const wn_source *source, const char *default_name, wn_net **net,
                         wann_diag *diag);

#endif
