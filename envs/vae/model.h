/* The variational autoencoder of the race's pictures: its layers, and where their weights are.
 *
 * World Models (Ha and Schmidhuber 2018, arXiv 1803.10122, appendix A.1): four convolutions of 4 x
 * 4 with stride 2 and without padding, 16 means and 16 logarithms of variances; two dense layers
 * (the second is the transposed convolution of one pixel) and three transposed convolutions back to
 * the picture. Sizes differ in their channels alone. */
#ifndef WN_VAE_MODEL_H
#define WN_VAE_MODEL_H

#include <stddef.h>
#include <stdint.h>

enum {
    WN_VAE_SIDE = 64, /* pixels of a picture, each way */
    WN_VAE_COLORS = 3,
    WN_VAE_PIXELS = WN_VAE_SIDE * WN_VAE_SIDE * WN_VAE_COLORS,
    WN_VAE_LATENTS = 16,
    WN_VAE_ENCODER_LAYERS = 5, /* the last one gives means, then logarithms of variances */
    WN_VAE_LAYERS = 10
};

typedef enum wn_vae_kind {
    WN_VAE_GATHER, /* a convolution with stride 2 */
    WN_VAE_SPREAD, /* a transposed one */
    WN_VAE_DENSE
} wn_vae_kind;

typedef enum wn_vae_shape { WN_VAE_LINEAR, WN_VAE_RELU, WN_VAE_SIGMOID } wn_vae_shape;

/* Values are [side][side][channels]. Weights of a convolution are
 * [channels of the smaller side][kernel][kernel][channels of the larger one], of a dense layer
 * [inputs][outputs]; a bias belongs to a channel. */
typedef struct wn_vae_layer {
    wn_vae_kind kind;
    wn_vae_shape shape;
    uint32_t in_side, in_channels, out_side, out_channels, kernel;
    size_t weight, n_weights; /* in the array of all parameters */
    size_t bias;
} wn_vae_layer;

/* The sizes that there are, by name; n of them. */
typedef struct wn_vae_size {
    const char *name;
    uint32_t encoder[4], decoder[4];
} wn_vae_size;
const wn_vae_size *wn_vae_sizes(size_t *n);
/* NULL if there is none of this name. */
const wn_vae_size *wn_vae_size_named(const char *name);

typedef struct wn_vae_model {
    const wn_vae_size *size;
    wn_vae_layer layer[WN_VAE_LAYERS];
    size_t n_parameters;
} wn_vae_model;
wn_vae_model wn_vae_model_of(const wn_vae_size *size);

static inline size_t wn_vae_inputs(const wn_vae_layer *l) {
    return (size_t)l->in_side * l->in_side * l->in_channels;
}
static inline size_t wn_vae_outputs(const wn_vae_layer *l) {
    return (size_t)l->out_side * l->out_side * l->out_channels;
}

/* Random weights: uniform, of the variance that He et al. (2015) give for layers with relu and
 * Glorot and Bengio (2010) for others; biases 0. parameter: [n_parameters]. */
void wn_vae_begin(const wn_vae_model *model, uint64_t seed, float *parameter);

/* Multiplications of the encoder's means. */
size_t wn_vae_cost(const wn_vae_model *model);

#endif
