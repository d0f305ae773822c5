/* Run a network without compiling it.
 *
 * The reference interpreter is the meaning of a network: node by node in order of evaluation, each
 * sum from 0 in order of the sources, C library functions, no contraction. The lanes run many
 * inputs at once and pay for dispatch once a node. Neither allocates while it runs. */
#ifndef WANN_RUN_H
#define WANN_RUN_H

#include <stddef.h>

#include "wann/net.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The weights of a run: connection k has connection[k] (order of wann_net_weights), or, where
 * connection is NULL, the one shared weight. */
typedef struct wann_weights {
    double shared;
    const double *connection;
} wann_weights;

/* One input, in double. in[inputs], out[outputs] (raw, without the action), act[nodes] gets the
 * value of each node and is scratch as well; sum, if not NULL, gets each node's sum (0 for bias and
 * inputs). */
WANN_API void wann_run(const wann_net *net, const double *in, wann_weights weights, double *sum,
                       double *act, double *out);

/* The same in single precision: weights and inputs rounded to float, every operation in float. */
WANN_API void wann_run_f32(const wann_net *net, const float *in, wann_weights weights, float *sum,
                           float *act, float *out);

/* Apply the network's action to raw outputs, in place: nothing, or softmax. The softmax of outputs
 * of which one is NaN or +infinity, or all are -infinity, is NaN everywhere. */
WANN_API void wann_act(const wann_net *net, double *out);
WANN_API void wann_act_f32(const wann_net *net, float *out);

/* Many inputs at once. A plan holds what is decided once for a network, and scratch: use one plan
 * in one thread at a time. The plan refers to the network, which must outlive it. */
typedef struct wann_lanes wann_lanes;

WANN_API wann_status wann_lanes_create(const wann_net *net, wann_lanes **lanes, wann_diag *diag);
WANN_API void wann_lanes_destroy(wann_lanes *lanes); /* NULL is allowed */

/* Run n lanes, n any number. Input i of lane l is in[i * in_stride + l]; output o of lane l goes to
 * out[o * out_stride + l]; strides are at least n. in and out must not overlap.
 * weight: one shared weight a lane, weight[n]; or NULL: the weights of `weights` for all lanes.
 * In double each lane is bit for bit wann_run. In float the activations are the project's own
 * kernels (at most 2 ulp each), sums in the same order as wann_run_f32. */
WANN_API void wann_lanes_run(wann_lanes *lanes, size_t n, const double *in, size_t in_stride,
                             const double *weight, wann_weights weights, double *out,
                             size_t out_stride);
WANN_API void wann_lanes_run_f32(wann_lanes *lanes, size_t n, const float *in, size_t in_stride,
                                 const float *weight, wann_weights weights, float *out,
                                 size_t out_stride);

#ifdef __cplusplus
}
#endif
#endif
