/* Derivatives of a network's outputs with respect to its weights, interpreted: reverse mode, many
 * samples side by side, in single precision. */
#ifndef WN_BACKPROP_H
#define WN_BACKPROP_H

#include "runtime/net/net.h"

typedef struct wn_backprop wn_backprop;

/* The network belongs to the caller and outlives it. Use one in one thread at a time. */
wann_status wn_backprop_create(const wann_net *net, wn_backprop **b, wann_diag *diag);
void wn_backprop_destroy(wn_backprop *b); /* NULL is allowed */

/* n samples, row-major: in[n][inputs], out_bar[n][outputs], out[n][outputs]; weights[connections] in
 * the order of wann_net_weights. weights_bar[connections], in that order, is added to: the derivatives
 * of the sum of out_bar * out. Without weights_bar (NULL, and out_bar too) only out is computed. Steps
 * are flat; at their kinks abs and relu have slope 0, as in compiled code. */
void wn_backprop_run(wn_backprop *b, size_t n, const float *in, const float *weights,
                     const float *out_bar, float *out, float *weights_bar);

#endif
