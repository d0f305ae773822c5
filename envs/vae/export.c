/* From floats to whole numbers. */
#include "envs/vae/export.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

enum { HEADS = WN_VAE_ENCODER_LAYERS - 1, MOST_PICTURES = 256 };
_Static_assert((int)WN_VAE_ENCODER_LAYERS == (int)WN_ENCODER_LAYERS &&
                   (int)WN_VAE_LATENTS == (int)WN_ENCODER_LATENTS,
               "one encoder");

/* --- in floats -------------------------------------------------------------------------------- */

size_t wn_vae_room(const wn_vae_model *model) {
    size_t most = WN_VAE_PIXELS;
    for (size_t i = 0; i < WN_VAE_ENCODER_LAYERS; i++) {
        const size_t n = wn_vae_outputs(&model->layer[i]);
        most = n > most ? n : most;
    }
    return 2 * most;
}

static float convolve(const wn_vae_layer *l, const float *weight, const float *in, size_t y,
                      size_t x) {
    const size_t run = (size_t)l->kernel * l->in_channels;
    float sum = 0;
    for (size_t k = 0; k < l->kernel; k++) {
        const float *row = in + ((2 * y + k) * l->in_side + 2 * x) * l->in_channels;
        for (size_t i = 0; i < run; i++)
            sum += row[i] * weight[k * run + i];
    }
    return sum;
}

static void encode_layer(const wn_vae_layer *l, const float *parameter, const float *in,
                         float *out) {
    const size_t terms = l->n_weights / l->out_channels;
    for (size_t y = 0; y < l->out_side; y++)
        for (size_t x = 0; x < l->out_side; x++)
            for (size_t o = 0; o < l->out_channels; o++) {
                const float sum = convolve(l, parameter + l->weight + o * terms, in, y, x) +
                                  parameter[l->bias + o];
                *out++ = sum > 0 ? sum : 0;
            }
}

static void encode_means(const wn_vae_layer *l, const float *parameter, const float *in,
                         float *latent) {
    for (size_t o = 0; o < WN_VAE_LATENTS; o++) {
        latent[o] = parameter[l->bias + o];
        for (size_t k = 0; k < wn_vae_inputs(l); k++)
            latent[o] += in[k] * parameter[l->weight + k * wn_vae_outputs(l) + o];
    }
}

void wn_vae_encode(const wn_vae_model *model, const float *parameter, const unsigned char *picture,
                   float *room, float *most, float *latent) {
    float *in = room, *out = room + wn_vae_room(model) / 2;
    for (size_t p = 0; p < WN_VAE_PIXELS; p++)
        in[p] = (float)picture[p] / 255;
    for (size_t i = 0; i < HEADS; i++) {
        const wn_vae_layer *l = &model->layer[i];
        encode_layer(l, parameter, in, out);
        for (size_t k = 0; most && k < wn_vae_outputs(l); k++)
            most[i] = fmaxf(most[i], out[k]);
        float *swap = in;
        in = out;
        out = swap;
    }
    encode_means(&model->layer[HEADS], parameter, in, latent);
}

/* --- in whole numbers ------------------------------------------------------------------------- */

/* Weight k of channel o, in the encoder's order. */
static double weight_of(const wn_vae_state *s, size_t layer, size_t o, size_t k) {
    const wn_vae_layer *l = &s->model.layer[layer];
    const float *weight = s->parameter + l->weight;
    if (layer == HEADS)
        return (double)weight[k * wn_vae_outputs(l) + o];
    return (double)weight[o * (l->n_weights / l->out_channels) + k];
}

/* in, out: what 1 between layers stands for. A channel whose bias is large beside its weights gives
 * some of their bits away, so that the bias fits. */
static void round_channel(const wn_vae_state *s, size_t layer, size_t o, double in, double out,
                          wn_encoder_layer *to) {
    const double bias = (double)s->parameter[s->model.layer[layer].bias + o];
    double largest = 0;
    for (size_t k = 0; k < to->terms; k++)
        largest = fmax(largest, fabs(weight_of(s, layer, o, k)));
    const double least = fabs(bias) / (in * WN_ENCODER_LARGEST_BIAS * 0.99);
    const double unit = fmax(fmax(largest / 127, least), 1e-20);
    for (size_t k = 0; k < to->terms; k++)
        to->weight[o * to->terms + k] = (int16_t)lrint(weight_of(s, layer, o, k) / unit);
    to->bias[o] = (int32_t)lrint(bias / (in * unit));
    to->scale[o] = (float)(in * unit / out);
}

static void round_layers(const wn_vae_state *s, const float *most, wn_encoder *encoder) {
    double in = 1.0 / 255;
    for (size_t i = 0; i < WN_ENCODER_LAYERS; i++) {
        wn_encoder_layer *to = &wn_encoder_layers(encoder)[i];
        const double range = fmax((double)most[i], 1e-6) * 1.25;
        const double out = i == HEADS ? 1 : range / WN_ENCODER_LARGEST_VALUE;
        for (size_t o = 0; o < to->out_channels; o++)
            round_channel(s, i, o, in, out, to);
        in = out;
    }
}

/* --- how good it is --------------------------------------------------------------------------- */

/* Sums over pictures, for each latent. */
typedef struct spread {
    size_t n;
    double sum[WN_VAE_LATENTS], square[WN_VAE_LATENTS], off[WN_VAE_LATENTS], most[WN_VAE_LATENTS];
} spread;

static void note(spread *s, const float *exact, const double *rounded) {
    s->n++;
    for (size_t i = 0; i < WN_VAE_LATENTS; i++) {
        const double value = (double)exact[i], off = rounded[i] - value;
        s->sum[i] += value;
        s->square[i] += value * value;
        s->off[i] += off * off;
        s->most[i] = fmax(s->most[i], fabs(off));
    }
}

static wn_vae_loss_of_bits loss_of(const spread *s) {
    wn_vae_loss_of_bits loss = {0, 0};
    const double n = (double)s->n;
    for (size_t i = 0; i < WN_VAE_LATENTS; i++) {
        const double variance = s->square[i] / n - s->sum[i] / n * (s->sum[i] / n);
        const double sd = sqrt(fmax(variance, 1e-12));
        loss.typical += s->off[i] / n / (sd * sd) / WN_VAE_LATENTS;
        loss.largest = fmax(loss.largest, s->most[i] / sd);
    }
    loss.typical = sqrt(loss.typical);
    return loss;
}

static wann_status compare(const wn_vae_state *s, const wn_frames *frames, float *room,
                           const wn_encoder *encoder, wn_vae_loss_of_bits *loss, wann_diag *diag) {
    const size_t kept = frames->n - frames->n_train;
    const size_t n = kept < MOST_PICTURES ? kept : MOST_PICTURES;
    wn_encoder_scratch *scratch = wn_encoder_scratch_create(encoder);
    spread seen = {0};
    if (!scratch)
        return wn_fail_memory(diag);
    for (size_t i = 0; i < n; i++) {
        const unsigned char *picture = wn_frame(frames, frames->n_train + i * kept / n);
        float exact[WN_VAE_LATENTS];
        double rounded[WN_VAE_LATENTS];
        wn_vae_encode(&s->model, s->parameter, picture, room, NULL, exact);
        wn_encoder_run(encoder, picture, scratch, rounded);
        note(&seen, exact, rounded);
    }
    wn_free(scratch);
    *loss = loss_of(&seen);
    return WANN_OK;
}

wann_status wn_vae_export(const wn_vae_state *state, const wn_frames *frames, wn_encoder **encoder,
                          wn_vae_loss_of_bits *loss, wann_diag *diag) {
    const size_t n = frames->n_train < MOST_PICTURES ? frames->n_train : MOST_PICTURES;
    float most[WN_VAE_ENCODER_LAYERS] = {0}, latent[WN_VAE_LATENTS];
    WN_TRY(wn_encoder_create(state->settings.size->encoder, encoder, diag));
    float *room = wn_calloc(wn_vae_room(&state->model), sizeof *room);
    wann_status status = room ? WANN_OK : wn_fail_memory(diag);
    for (size_t i = 0; room && i < n; i++)
        wn_vae_encode(&state->model, state->parameter, wn_frame(frames, i * frames->n_train / n),
                      room, most, latent);
    if (status == WANN_OK) {
        round_layers(state, most, *encoder);
        status = compare(state, frames, room, *encoder, loss, diag);
    }
    wn_free(room);
    if (status != WANN_OK) {
        wn_encoder_destroy(*encoder);
        *encoder = NULL;
    }
    return status;
}
