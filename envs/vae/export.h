/* From a trained autoencoder to an encoder in whole numbers. */
#ifndef WN_VAE_EXPORT_H
#define WN_VAE_EXPORT_H

#include "envs/encoder.h"
#include "envs/vae/frames.h"
#include "envs/vae/state.h"

/* How far the encoder's latents are from the autoencoder's, in standard deviations of the latents
 * over the pictures that were tried. */
typedef struct wn_vae_loss_of_bits {
    double typical; /* root of the mean square */
    double largest;
} wn_vae_loss_of_bits;

/* Ranges between layers are those seen on pictures of the frames, 256 of them at most, and a
 * quarter more. *loss: on other ones, that were kept from training. */
wann_status wn_vae_export(const wn_vae_state *state, const wn_frames *frames, wn_encoder **encoder,
                          wn_vae_loss_of_bits *loss, wann_diag *diag);

/* The encoder of a model in single precision, by plain loops: latent [WN_VAE_LATENTS] means. most:
 * [WN_VAE_ENCODER_LAYERS] grows to the largest value of each layer; may be NULL. room:
 * [wn_vae_room()] floats. */
void wn_vae_encode(const wn_vae_model *model, const float *parameter, const unsigned char *picture,
                   float *room, float *most, float *latent);
size_t wn_vae_room(const wn_vae_model *model);

#endif
