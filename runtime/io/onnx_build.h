/* ONNX models under construction: operators and constants, one after the other. */
#ifndef WN_ONNX_BUILD_H
#define WN_ONNX_BUILD_H

#include <stdbool.h>

#include "runtime/base/arena.h"
#include "runtime/base/text.h"
#include "wann/status.h"
#include "wn_onnx.pb-c.h"

/* TensorProto.DataType and AttributeProto.AttributeType of onnx.proto, as far as they are used. */
enum { WN_ONNX_FLOAT = 1, WN_ONNX_INT64 = 7, WN_ONNX_DOUBLE = 11 };
enum { WN_ONNX_INT = 2 };
/* The operator set, which all runtimes of today know, and the format that goes with it. */
enum { WN_ONNX_OPSET = 13, WN_ONNX_IR = 7 };

/* Starts as {0}; everything in it belongs to the arena, which is given back with it. A failed
 * allocation is remembered. */
typedef struct wn_onnx_graph {
    wn_arena arena;
    Wn__GraphProto graph;
    Wn__ModelProto model;
    size_t node_room, constant_room, property_room;
    bool failed;
} wn_onnx_graph;

void wn_onnx_begin(wn_onnx_graph *g, const char *name);
void wn_onnx_free(wn_onnx_graph *g);

/* A text "STEM NUMBER" without the blank, of the arena; never NULL ("" if memory ran out). */
const char *wn_onnx_name(wn_onnx_graph *g, const char *stem, size_t number);

/* A constant of rank 1 or 2 (columns 0: rank 1), which gets the name; the data are copied. */
void wn_onnx_floats(wn_onnx_graph *g, const char *name, size_t rows, size_t columns,
                    const float *values);
void wn_onnx_numbers(wn_onnx_graph *g, const char *name, size_t n, const int64_t *values);

/* An operator with n_in inputs and n_out outputs, which are named by the caller. axis < 0: it has
 * no such attribute. */
void wn_onnx_operator(wn_onnx_graph *g, const char *type, size_t n_in, const char *const *in,
                      size_t n_out, const char *const *out, int axis);
/* The same with one or two inputs (b may be NULL) and one output, whose name is returned. */
const char *wn_onnx_apply(wn_onnx_graph *g, const char *type, const char *a, const char *b,
                          const char *out);
/* A number turned into another type. */
const char *wn_onnx_cast(wn_onnx_graph *g, const char *a, int type, const char *out);

/* Inputs and outputs: float, [any number of rows, columns]; rows 0 is "any", called "n". */
void wn_onnx_input(wn_onnx_graph *g, const char *name, size_t rank, size_t columns);
void wn_onnx_output(wn_onnx_graph *g, const char *name, size_t columns);

/* What the model says about itself; the texts are copied. */
void wn_onnx_property(wn_onnx_graph *g, const char *key, const char *value);

/* Append the model's bytes. */
wann_status wn_onnx_finish(wn_onnx_graph *g, wn_buf *out, wann_diag *diag);

#endif
