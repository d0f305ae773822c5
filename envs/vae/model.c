/* The layers of the autoencoder. */
#include "envs/vae/model.h"

#include <math.h>
#include <string.h>

#include "runtime/base/rng.h"

static const wn_vae_size sizes[] = {{"paper", {32, 64, 128, 256}, {1024, 128, 64, 32}},
                                    {"small", {8, 24, 48, 64}, {512, 64, 32, 16}}};
enum { N_SIZES = sizeof sizes / sizeof *sizes };

const wn_vae_size *wn_vae_sizes(size_t *n) {
    *n = N_SIZES;
    return sizes;
}

const wn_vae_size *wn_vae_size_named(const char *name) {
    for (size_t i = 0; i < N_SIZES; i++)
        if (strcmp(sizes[i].name, name) == 0)
            return &sizes[i];
    return NULL;
}

static size_t count_weights(const wn_vae_layer *l) {
    if (l->kind == WN_VAE_DENSE)
        return wn_vae_inputs(l) * wn_vae_outputs(l);
    return (size_t)l->in_channels * l->out_channels * l->kernel * l->kernel;
}

wn_vae_model wn_vae_model_of(const wn_vae_size *size) {
    const uint32_t *e = size->encoder, *d = size->decoder;
    wn_vae_model m = {
        .size = size,
        .layer = {{WN_VAE_GATHER, WN_VAE_RELU, 64, WN_VAE_COLORS, 31, e[0], 4, 0, 0, 0},
                  {WN_VAE_GATHER, WN_VAE_RELU, 31, e[0], 14, e[1], 4, 0, 0, 0},
                  {WN_VAE_GATHER, WN_VAE_RELU, 14, e[1], 6, e[2], 4, 0, 0, 0},
                  {WN_VAE_GATHER, WN_VAE_RELU, 6, e[2], 2, e[3], 4, 0, 0, 0},
                  {WN_VAE_DENSE, WN_VAE_LINEAR, 2, e[3], 1, 2 * WN_VAE_LATENTS, 0, 0, 0, 0},
                  {WN_VAE_DENSE, WN_VAE_LINEAR, 1, WN_VAE_LATENTS, 1, d[0], 0, 0, 0, 0},
                  {WN_VAE_DENSE, WN_VAE_RELU, 1, d[0], 5, d[1], 0, 0, 0, 0},
                  {WN_VAE_SPREAD, WN_VAE_RELU, 5, d[1], 13, d[2], 5, 0, 0, 0},
                  {WN_VAE_SPREAD, WN_VAE_RELU, 13, d[2], 30, d[3], 6, 0, 0, 0},
                  {WN_VAE_SPREAD, WN_VAE_SIGMOID, 30, d[3], 64, WN_VAE_COLORS, 6, 0, 0, 0}}};
    for (size_t i = 0; i < WN_VAE_LAYERS; i++) {
        wn_vae_layer *l = &m.layer[i];
        l->weight = m.n_parameters;
        l->n_weights = count_weights(l);
        l->bias = l->weight + l->n_weights;
        m.n_parameters = l->bias + l->out_channels;
    }
    return m;
}

/* Terms of a sum of the layer, in the mean over its outputs. */
static double fan_in(const wn_vae_layer *l) {
    if (l->kind == WN_VAE_DENSE)
        return (double)wn_vae_inputs(l);
    const double taps = (double)l->kernel * l->kernel * l->in_channels;
    return l->kind == WN_VAE_GATHER ? taps : taps / 4; /* a stride of 2 both ways */
}

void wn_vae_begin(const wn_vae_model *model, uint64_t seed, float *parameter) {
    memset(parameter, 0, model->n_parameters * sizeof *parameter);
    for (size_t i = 0; i < WN_VAE_LAYERS; i++) {
        const wn_vae_layer *l = &model->layer[i];
        wn_rng rng = wn_rng_stream(seed, i, 0, 'W');
        const double limit = sqrt((l->shape == WN_VAE_RELU ? 6 : 3) / fan_in(l));
        for (size_t k = 0; k < l->n_weights; k++)
            parameter[l->weight + k] = (float)(limit * (2 * wn_rng_uniform(&rng) - 1));
    }
}

size_t wn_vae_cost(const wn_vae_model *model) {
    size_t cost = 0;
    for (size_t i = 0; i + 1 < WN_VAE_ENCODER_LAYERS; i++) {
        const wn_vae_layer *l = &model->layer[i];
        cost += (size_t)l->out_side * l->out_side * l->n_weights;
    }
    return cost + wn_vae_inputs(&model->layer[WN_VAE_ENCODER_LAYERS - 1]) * WN_VAE_LATENTS;
}
