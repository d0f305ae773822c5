/* Networks: read, write, ask. A wann_net never changes after it has been read, so any number of
 * threads may share one. */
#ifndef WANN_NET_H
#define WANN_NET_H

#include <stdbool.h>
#include <stddef.h>

#include "wann/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Values are the published activation numbers. */
typedef enum wann_activation {
#define X(NAME, name, number, formula) WANN_ACT_##NAME = number,
#include "wann/activations.def"
#undef X
} wann_activation;

typedef enum wann_role { WANN_BIAS, WANN_INPUT_NODE, WANN_HIDDEN, WANN_OUTPUT_NODE } wann_role;

/* What a policy does with the raw outputs (wann_run never does it; wann_act does). */
typedef enum wann_action { WANN_ACTION_NONE, WANN_ACTION_SOFTMAX } wann_action;

/* WANN_FORMAT_AUTO decides by the ending of the path (.json, .out, .csv, .onnx), else by the first byte.
 * ONNX: a feed-forward model of standard operators (docs/onnx.md). */
typedef enum wann_format {
    WANN_FORMAT_AUTO,
    WANN_FORMAT_JSON,
    WANN_FORMAT_MATRIX,
    WANN_FORMAT_ONNX
} wann_format;

/* How to read a network. All zero: no wish.
 * inputs, outputs: for matrix files, which do not say; 0: infer. */
typedef struct wann_read_options {
    wann_format format;
    size_t inputs;
    size_t outputs;
    const char *name; /* name of a network whose file has none; NULL: the stem of the path */
} wann_read_options;

typedef struct wann_net wann_net;

/* Read a network from a file ("-": standard input). options may be NULL. On success *net is the
 * caller's, to be given back with wann_net_destroy; on failure it is NULL. If inferred is not NULL,
 * it is set to whether inputs and outputs had to be inferred (matrix files only). */
WANN_API wann_status wann_net_read(const char *path, const wann_read_options *options,
                                   wann_net **net, bool *inferred, wann_diag *diag);

/* The same from size bytes of memory; path is the name that errors give. */
WANN_API wann_status wann_net_read_memory(const char *data, size_t size, const char *path,
                                          const wann_read_options *options, wann_net **net,
                                          bool *inferred, wann_diag *diag);

/* Write a network; the file appears whole or not at all. WANN_FORMAT_MATRIX loses names, ids,
 * action and provenance, and rounds no weight (unlike the published tool). WANN_FORMAT_ONNX is in
 * float and has the shared weight as an input; wann_compile_file writes models with weights in them. */
WANN_API wann_status wann_net_write(const wann_net *net, const char *path, wann_format format,
                                    wann_diag *diag);

/* NULL is allowed. */
WANN_API void wann_net_destroy(wann_net *net);

/* Read per-connection weights for net from a weights file of the published tool: a JSON list whose
 * first element lists one offset for each connection, sorted by source and then destination.
 * On success *weights has wann_net_connections(net) values, offset + bias each, in the
 * network's own order (the one of wann_net_weights); give it back with wann_free. */
WANN_API wann_status wann_weights_read(const wann_net *net, const char *path, double bias,
                                       double **weights, wann_diag *diag);

WANN_API const char *wann_net_name(const wann_net *net);
/* The task that the file says the network was made for (provenance), or NULL. Any text. */
WANN_API const char *wann_net_task(const wann_net *net);
WANN_API size_t wann_net_nodes(const wann_net *net);       /* bias and inputs included */
WANN_API size_t wann_net_connections(const wann_net *net);
WANN_API size_t wann_net_inputs(const wann_net *net);      /* without the bias */
WANN_API size_t wann_net_outputs(const wann_net *net);
WANN_API const char *wann_net_input_name(const wann_net *net, size_t input);
WANN_API const char *wann_net_output_name(const wann_net *net, size_t output);
WANN_API wann_action wann_net_action(const wann_net *net);
/* The longest path, in connections, from a node without connections to an output. */
WANN_API size_t wann_net_depth(const wann_net *net);

/* The shared weight that the file recommends; false if it names none (*weight is then 1). */
WANN_API bool wann_net_shared_weight(const wann_net *net, double *weight);

/* One weight for each connection, or NULL if the file has none. Order: by destination, then by
 * source, both in order of evaluation. */
WANN_API const double *wann_net_weights(const wann_net *net);

/* The word for an activation, e.g. "tanh"; NULL for a number that is none. */
WANN_API const char *wann_activation_name(wann_activation activation);

#ifdef __cplusplus
}
#endif
#endif
