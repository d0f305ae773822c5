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
 * in one thread at a time. The plan does not refer to the network. */
typedef struct wann_lanes wann_lanes;

/* Which kernels the float engine computes activations with. Double calls the C library. */
typedef enum wann_lanes_math {
    WANN_LANES_ACCURATE, /* at most 2 ulp each; the same bits on every machine */
    WANN_LANES_SHORT /* absolute error at most 4e-7 each, for finite sums, as wannc -O2 has them;
                        some number for others. The same bits on all machines that fuse
                        multiplications with additions (x86 with AVX2, AVX-512) */
} wann_lanes_math;

typedef struct wann_lanes_options { /* {0}: the defaults */
    wann_lanes_math math;
    size_t
        block; /* floats in a block; 0: as many as suit the cache. Rounded up to a whole vector */
} wann_lanes_options;

/* options may be NULL. */
WANN_API wann_status wann_lanes_create_with(const wann_net *net, const wann_lanes_options *options,
                                            wann_lanes **lanes, wann_diag *diag);
WANN_API wann_status wann_lanes_create(const wann_net *net, wann_lanes **lanes, wann_diag *diag);
WANN_API void wann_lanes_destroy(wann_lanes *lanes); /* NULL is allowed */

/* Run n lanes, n any number. Input i of lane l is in[i * in_stride + l]; output o of lane l goes to
 * out[o * out_stride + l]; strides are at least n. in and out must not overlap.
 * weight: one shared weight a lane, weight[n]; or NULL: the weights of `weights` for all lanes.
 * In double each lane is bit for bit wann_run. In float only the kernels differ from wann_run_f32:
 * products and sums are the same, in the same order. */
WANN_API void wann_lanes_run(wann_lanes *lanes, size_t n, const double *in, size_t in_stride,
                             const double *weight, wann_weights weights, double *out,
                             size_t out_stride);
WANN_API void wann_lanes_run_f32(wann_lanes *lanes, size_t n, const float *in, size_t in_stride,
                                 const float *weight, wann_weights weights, float *out,
                                 size_t out_stride);

/* The same without copies, for worlds that step along with the network: write the inputs where the
 * plan keeps them, run, read the outputs. The arrays belong to the plan and start as zeros. */
typedef struct wann_lanes_block {
    size_t stride;    /* lanes that there is room for */
    float *in;        /* [inputs][stride]; a run leaves it as it is */
    float *weight;    /* [stride] the shared weight of each lane; left as it is by a run */
    const float *out; /* [outputs][stride] */
} wann_lanes_block;
WANN_API wann_lanes_block wann_lanes_block_f32(wann_lanes *lanes);

/* The weights of runs in place: those of connections, copied, or a shared one, written into
 * weight[] of every lane, which may then be changed lane by lane. Call it before the first run, and
 * again after wann_lanes_run, which uses the same memory. */
WANN_API void wann_lanes_weigh_f32(wann_lanes *lanes, wann_weights weights);

/* Lanes 0 to n - 1, n <= stride. The lanes up to the next multiple of 16 are computed as well. */
WANN_API void wann_lanes_run_block_f32(wann_lanes *lanes, size_t n);

#ifdef __cplusplus
}
#endif
#endif
