/* One thread's share of training: a few pictures forwards through the autoencoder, and the
 * gradients of their loss backwards. */
#ifndef WN_VAE_NETWORK_H
#define WN_VAE_NETWORK_H

#include "envs/vae/model.h"
#include "wann/status.h"

typedef struct wn_vae_network wn_vae_network;

/* What a share of a batch costs: sums over its pictures. */
typedef struct wn_vae_loss {
    double pixels;     /* squared errors, of values from 0 to 1 */
    double divergence; /* of Kullback and Leibler, from the standard normal distribution */
    double excess;     /* what counts of it: at least the tolerance, for each picture */
} wn_vae_loss;

/* For n pictures at a time. WANN_TOOL where oneDNN fails. */
wann_status wn_vae_network_create(const wn_vae_model *model, size_t n, wn_vae_network **network,
                                  wann_diag *diag);
void wn_vae_network_destroy(wn_vae_network *network); /* NULL is allowed */

/* New parameters, [n_parameters]; to be called whenever they changed. */
wann_status wn_vae_network_weigh(wn_vae_network *network, const float *parameter, wann_diag *diag);

/* picture: [n][WN_VAE_PIXELS] bytes. noise: [n][WN_VAE_LATENTS] standard normal numbers, by which
 * latents are drawn. *loss gets what they cost, gradient [n_parameters] the sum of its slopes. */
wann_status wn_vae_network_learn(wn_vae_network *network, const unsigned char *const *picture,
                                 const float *noise, double tolerance, wn_vae_loss *loss,
                                 float *gradient, wann_diag *diag);

/* Through the means: latent [n][WN_VAE_LATENTS] (may be NULL), and the picture that the decoder
 * makes of it, values from 0 to 1, [n][WN_VAE_PIXELS] (may be NULL). */
wann_status wn_vae_network_see(wn_vae_network *network, const unsigned char *const *picture,
                               float *latent, float *seen, wann_diag *diag);
/* What the decoder makes of latents. */
wann_status wn_vae_network_dream(wn_vae_network *network, const float *latent, float *seen,
                                 wann_diag *diag);

#endif
