/* The operators of ONNX that a network can say, applied to columns. */
#ifndef WN_ONNX_OPERATORS_H
#define WN_ONNX_OPERATORS_H

#include "runtime/io/onnx_columns.h"
#include "wn_onnx.pb-c.h"

/* A value of the model. */
typedef enum wn_onnx_kind {
    WN_ONNX_COLUMNS,  /* depends on the input: [rows, n] */
    WN_ONNX_NUMBERS,  /* a constant of n numbers */
    WN_ONNX_WEIGHT,   /* the shared weight */
    WN_ONNX_SOFTMAXED /* the softmax of columns; can only be an output */
} wn_onnx_kind;

typedef struct wn_onnx_tensor {
    wn_onnx_kind kind;
    size_t n;
    const wn_onnx_column *column; /* COLUMNS, SOFTMAXED: [n] */
    const double *number;         /* NUMBERS: [n] */
    size_t rank, dims[2];         /* NUMBERS; at most 2 dimensions are kept apart */
} wn_onnx_tensor;

/* One operator of the model: its inputs, NULL where one is left out. */
typedef struct wn_onnx_call {
    wn_onnx_net *net;
    const Wn__NodeProto *node;
    const wn_onnx_tensor *const *in; /* [n_in] */
    size_t n_in;
    wn_onnx_tensor *out; /* [n_out], to be filled */
    size_t n_out;
} wn_onnx_call;

/* At most this many columns a tensor, and all tensors together: a short file can ask for many. */
enum { WN_ONNX_MOST_COLUMNS = 1000000, WN_ONNX_ALL_COLUMNS = 1 << 23 };

/* Read a constant: float, double or int64; *tensor belongs to net's arena. */
wann_status wn_onnx_constant_tensor(wn_onnx_net *net, const Wn__TensorProto *t,
                                    wn_onnx_tensor *tensor);

/* Apply an operator; WANN_INPUT where it is none that a network can say, or not used in such a way.
 */
wann_status wn_onnx_call_operator(const wn_onnx_call *call);

#endif
