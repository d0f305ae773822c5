/* The only place that knows oneDNN: convolutions, and products of matrices. */
#ifndef WN_VAE_CONVOLUTION_H
#define WN_VAE_CONVOLUTION_H

#include "envs/vae/model.h"
#include "wann/status.h"

/* Convolutions of one layer for n pictures. "Large" is the side that a kernel slides over,
 * [n][side] [side][channels]; "small" the other. */
typedef struct wn_conv wn_conv;
wann_status wn_conv_create(const wn_vae_layer *layer, size_t n, wn_conv **conv, wann_diag *diag);
void wn_conv_destroy(wn_conv *conv); /* NULL is allowed */

/* The weights of the layer, which are used until the next call. */
wann_status wn_conv_weigh(wn_conv *conv, const float *weight, wann_diag *diag);
/* The convolution, its transpose, and the gradient of the weights. */
wann_status wn_conv_gather(wn_conv *conv, const float *large, float *small, wann_diag *diag);
wann_status wn_conv_spread(wn_conv *conv, const float *small, float *large, wann_diag *diag);
wann_status wn_conv_slopes(wn_conv *conv, const float *large, const float *small, float *weight,
                           wann_diag *diag);

/* c [rows][columns] = a b, where a is [rows][inner] and b [inner][columns]; a_across: a is stored
 * as [inner][rows] instead, and b likewise. */
wann_status wn_matrix_product(size_t rows, size_t columns, size_t inner, const float *a,
                              int a_across, const float *b, int b_across, float *c,
                              wann_diag *diag);

/* From now on the calling thread does its work alone. */
void wn_convolution_alone(void);

#endif
