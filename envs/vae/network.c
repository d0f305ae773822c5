/* The autoencoder forwards and backwards. Values that a picture's worth of layers have stand one
 * picture after the other. */
#include "envs/vae/network.h"

#include <math.h>
#include <string.h>

#include "envs/vae/convolution.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

enum { HEADS = WN_VAE_ENCODER_LAYERS - 1, FIRST_DECODER = WN_VAE_ENCODER_LAYERS };

struct wn_vae_network {
    wn_vae_model model;
    size_t n;
    const float *parameter;
    wn_conv *conv[WN_VAE_LAYERS]; /* NULL for dense layers */
    float *picture;               /* [n][WN_VAE_PIXELS] */
    float *latent;                /* [n][WN_VAE_LATENTS] drawn */
    float *value[WN_VAE_LAYERS];  /* [n][outputs] of each layer */
    float *slope[WN_VAE_LAYERS];  /* the same: of the loss by them */
    float *latent_slope;          /* [n][WN_VAE_LATENTS] */
};

static const wn_vae_layer *layer_of(const wn_vae_network *v, size_t i) {
    return &v->model.layer[i];
}

static wann_status open_layer(wn_vae_network *v, size_t i, wann_diag *diag) {
    const wn_vae_layer *l = layer_of(v, i);
    v->value[i] = wn_calloc(v->n * wn_vae_outputs(l), sizeof(float));
    v->slope[i] = wn_calloc(v->n * wn_vae_outputs(l), sizeof(float));
    if (!v->value[i] || !v->slope[i])
        return wn_fail_memory(diag);
    return l->kind == WN_VAE_DENSE ? WANN_OK : wn_conv_create(l, v->n, &v->conv[i], diag);
}

static wann_status open_network(wn_vae_network *v, wann_diag *diag) {
    v->picture = wn_calloc(v->n * WN_VAE_PIXELS, sizeof(float));
    v->latent = wn_calloc(v->n * WN_VAE_LATENTS, sizeof(float));
    v->latent_slope = wn_calloc(v->n * WN_VAE_LATENTS, sizeof(float));
    if (!v->picture || !v->latent || !v->latent_slope)
        return wn_fail_memory(diag);
    for (size_t i = 0; i < WN_VAE_LAYERS; i++)
        WN_TRY(open_layer(v, i, diag));
    return WANN_OK;
}

wann_status wn_vae_network_create(const wn_vae_model *model, size_t n, wn_vae_network **network,
                                  wann_diag *diag) {
    *network = NULL;
    wn_vae_network *made = wn_calloc(1, sizeof *made);
    if (!made)
        return wn_fail_memory(diag);
    made->model = *model;
    made->n = n;
    const wann_status status = open_network(made, diag);
    if (status != WANN_OK)
        wn_vae_network_destroy(made);
    else
        *network = made;
    return status;
}

void wn_vae_network_destroy(wn_vae_network *v) {
    if (!v)
        return;
    for (size_t i = 0; i < WN_VAE_LAYERS; i++) {
        wn_conv_destroy(v->conv[i]);
        wn_free(v->value[i]);
        wn_free(v->slope[i]);
    }
    wn_free(v->picture);
    wn_free(v->latent);
    wn_free(v->latent_slope);
    wn_free(v);
}

wann_status wn_vae_network_weigh(wn_vae_network *v, const float *parameter, wann_diag *diag) {
    v->parameter = parameter;
    for (size_t i = 0; i < WN_VAE_LAYERS; i++)
        if (v->conv[i])
            WN_TRY(wn_conv_weigh(v->conv[i], parameter + layer_of(v, i)->weight, diag));
    return WANN_OK;
}

/* --- forwards --------------------------------------------------------------------------------- */

/* What layer i reads. */
static float *input_of(const wn_vae_network *v, size_t i) {
    return i == 0 ? v->picture : i == FIRST_DECODER ? v->latent : v->value[i - 1];
}

static void add_bias(float *value, size_t pixels, const float *bias, size_t channels,
                     wn_vae_shape shape) {
    for (size_t p = 0; p < pixels; p++, value += channels)
        for (size_t c = 0; c < channels; c++) {
            const float sum = value[c] + bias[c];
            value[c] = shape == WN_VAE_RELU && sum < 0 ? 0 : sum;
        }
}

static void squash(float *value, size_t n) {
    for (size_t i = 0; i < n; i++)
        value[i] = 1 / (1 + expf(-value[i]));
}

static wann_status run_layer(wn_vae_network *v, size_t i, wann_diag *diag) {
    const wn_vae_layer *l = layer_of(v, i);
    const float *in = input_of(v, i);
    if (l->kind == WN_VAE_GATHER)
        WN_TRY(wn_conv_gather(v->conv[i], in, v->value[i], diag));
    else if (l->kind == WN_VAE_SPREAD)
        WN_TRY(wn_conv_spread(v->conv[i], in, v->value[i], diag));
    else
        WN_TRY(wn_matrix_product(v->n, wn_vae_outputs(l), wn_vae_inputs(l), in, 0,
                                 v->parameter + l->weight, 0, v->value[i], diag));
    add_bias(v->value[i], v->n * l->out_side * l->out_side, v->parameter + l->bias, l->out_channels,
             l->shape);
    if (l->shape == WN_VAE_SIGMOID)
        squash(v->value[i], v->n * wn_vae_outputs(l));
    return WANN_OK;
}

static wann_status run_layers(wn_vae_network *v, size_t from, size_t to, wann_diag *diag) {
    for (size_t i = from; i < to; i++)
        WN_TRY(run_layer(v, i, diag));
    return WANN_OK;
}

static void take_pictures(wn_vae_network *v, const unsigned char *const *picture) {
    for (size_t k = 0; k < v->n; k++)
        for (size_t p = 0; p < WN_VAE_PIXELS; p++)
            v->picture[k * WN_VAE_PIXELS + p] = (float)picture[k][p] / 255;
}

static const float *heads_of(const wn_vae_network *v, size_t picture) {
    return v->value[HEADS] + picture * 2 * WN_VAE_LATENTS;
}

wann_status wn_vae_network_dream(wn_vae_network *v, const float *latent, float *seen,
                                 wann_diag *diag) {
    memcpy(v->latent, latent, v->n * WN_VAE_LATENTS * sizeof *latent);
    WN_TRY(run_layers(v, FIRST_DECODER, WN_VAE_LAYERS, diag));
    memcpy(seen, v->value[WN_VAE_LAYERS - 1], v->n * WN_VAE_PIXELS * sizeof *seen);
    return WANN_OK;
}

wann_status wn_vae_network_see(wn_vae_network *v, const unsigned char *const *picture,
                               float *latent, float *seen, wann_diag *diag) {
    take_pictures(v, picture);
    WN_TRY(run_layers(v, 0, WN_VAE_ENCODER_LAYERS, diag));
    for (size_t k = 0; k < v->n; k++)
        memcpy(v->latent + k * WN_VAE_LATENTS, heads_of(v, k), WN_VAE_LATENTS * sizeof(float));
    if (latent)
        memcpy(latent, v->latent, v->n * WN_VAE_LATENTS * sizeof *latent);
    return seen ? wn_vae_network_dream(v, v->latent, seen, diag) : WANN_OK;
}

/* --- the loss --------------------------------------------------------------------------------- */

/* Latents are drawn from the normal distributions that the encoder names. */
static void draw_latents(wn_vae_network *v, const float *noise) {
    for (size_t k = 0; k < v->n; k++)
        for (size_t i = 0; i < WN_VAE_LATENTS; i++) {
            const float *head = heads_of(v, k);
            const size_t at = k * WN_VAE_LATENTS + i;
            v->latent[at] = head[i] + expf(head[WN_VAE_LATENTS + i] / 2) * noise[at];
        }
}

/* The sum of squared errors, and its slope by what went into the last layer's sigmoid. */
static double compare_pictures(wn_vae_network *v) {
    const float *seen = v->value[WN_VAE_LAYERS - 1];
    float *slope = v->slope[WN_VAE_LAYERS - 1];
    double sum = 0;
    for (size_t k = 0; k < v->n; k++) {
        float of_picture = 0;
        for (size_t p = k * WN_VAE_PIXELS; p < (k + 1) * WN_VAE_PIXELS; p++) {
            const float off = seen[p] - v->picture[p];
            of_picture += off * off;
            slope[p] = 2 * off * seen[p] * (1 - seen[p]);
        }
        sum += (double)of_picture;
    }
    return sum;
}

/* Kingma and Welling 2014, appendix B. */
static double divergence(const float *head) {
    double sum = 0;
    for (size_t i = 0; i < WN_VAE_LATENTS; i++) {
        const double mean = (double)head[i], log_variance = (double)head[WN_VAE_LATENTS + i];
        sum += mean * mean + exp(log_variance) - 1 - log_variance;
    }
    return sum / 2;
}

/* Slopes by the heads: through the drawn latent, and by the divergence where it is more than what
 * is tolerated. */
static void slope_heads(wn_vae_network *v, const float *noise, double tolerance,
                        wn_vae_loss *loss) {
    for (size_t k = 0; k < v->n; k++) {
        const float *head = heads_of(v, k), *through = v->latent_slope + k * WN_VAE_LATENTS;
        float *slope = v->slope[HEADS] + k * 2 * WN_VAE_LATENTS;
        const double kl = divergence(head);
        const float counts = kl > tolerance ? 1 : 0;
        loss->divergence += kl;
        loss->excess += fmax(kl, tolerance);
        for (size_t i = 0; i < WN_VAE_LATENTS; i++) {
            const float log_variance = head[WN_VAE_LATENTS + i];
            slope[i] = through[i] + counts * head[i];
            slope[WN_VAE_LATENTS + i] =
                through[i] * noise[k * WN_VAE_LATENTS + i] * expf(log_variance / 2) / 2 +
                counts * (expf(log_variance) - 1) / 2;
        }
    }
}

/* --- backwards -------------------------------------------------------------------------------- */

/* From slopes by a relu's value to slopes by its argument. */
static void through_relu(const float *value, float *slope, size_t n) {
    for (size_t i = 0; i < n; i++)
        slope[i] = value[i] > 0 ? slope[i] : 0;
}

static void sum_biases(const float *slope, size_t pixels, size_t channels, float *gradient) {
    memset(gradient, 0, channels * sizeof *gradient);
    for (size_t p = 0; p < pixels; p++, slope += channels)
        for (size_t c = 0; c < channels; c++)
            gradient[c] += slope[c];
}

/* Slopes by the weights of layer i, and by what it read (NULL: nobody asks). */
static wann_status slope_layer(wn_vae_network *v, size_t i, float *gradient, float *by_input,
                               wann_diag *diag) {
    const wn_vae_layer *l = layer_of(v, i);
    const float *in = input_of(v, i), *weight = v->parameter + l->weight;
    float *slope = v->slope[i];
    if (l->shape == WN_VAE_RELU)
        through_relu(v->value[i], slope, v->n * wn_vae_outputs(l));
    sum_biases(slope, v->n * l->out_side * l->out_side, l->out_channels, gradient + l->bias);
    if (l->kind == WN_VAE_DENSE) {
        const size_t inputs = wn_vae_inputs(l), outputs = wn_vae_outputs(l);
        WN_TRY(
            wn_matrix_product(inputs, outputs, v->n, in, 1, slope, 0, gradient + l->weight, diag));
        return wn_matrix_product(v->n, inputs, outputs, slope, 0, weight, 1, by_input, diag);
    }
    if (l->kind == WN_VAE_SPREAD) {
        WN_TRY(wn_conv_slopes(v->conv[i], slope, in, gradient + l->weight, diag));
        return wn_conv_gather(v->conv[i], slope, by_input, diag);
    }
    WN_TRY(wn_conv_slopes(v->conv[i], in, slope, gradient + l->weight, diag));
    return by_input ? wn_conv_spread(v->conv[i], slope, by_input, diag) : WANN_OK;
}

wann_status wn_vae_network_learn(wn_vae_network *v, const unsigned char *const *picture,
                                 const float *noise, double tolerance, wn_vae_loss *loss,
                                 float *gradient, wann_diag *diag) {
    *loss = (wn_vae_loss){0};
    take_pictures(v, picture);
    WN_TRY(run_layers(v, 0, WN_VAE_ENCODER_LAYERS, diag));
    draw_latents(v, noise);
    WN_TRY(run_layers(v, FIRST_DECODER, WN_VAE_LAYERS, diag));
    loss->pixels = compare_pictures(v);
    for (size_t i = WN_VAE_LAYERS; i-- > FIRST_DECODER;)
        WN_TRY(slope_layer(v, i, gradient, i == FIRST_DECODER ? v->latent_slope : v->slope[i - 1],
                           diag));
    slope_heads(v, noise, tolerance, loss);
    for (size_t i = WN_VAE_ENCODER_LAYERS; i-- > 0;)
        WN_TRY(slope_layer(v, i, gradient, i == 0 ? NULL : v->slope[i - 1], diag));
    return WANN_OK;
}
