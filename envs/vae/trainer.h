/* Steps of a training, by several threads, with the same bits for any number of them. */
#ifndef WN_VAE_TRAINER_H
#define WN_VAE_TRAINER_H

#include "envs/vae/frames.h"
#include "envs/vae/network.h"
#include "envs/vae/state.h"

typedef struct wn_trainer wn_trainer;

/* State and frames belong to the caller and outlive the trainer. */
wann_status wn_trainer_create(wn_vae_state *state, const wn_frames *frames, size_t threads,
                              wn_trainer **trainer, wann_diag *diag);
void wn_trainer_destroy(wn_trainer *trainer); /* NULL is allowed */

/* One step. *loss: means a picture. WANN_INPUT if the numbers leave all bounds, which a lower rate
 * may prevent. */
wann_status wn_trainer_step(wn_trainer *trainer, wn_vae_loss *loss, wann_diag *diag);

/* The mean squared error of the pictures (of each, the sum over its values) that were kept from
 * training, 128 of them at most, through the means. */
wann_status wn_trainer_check(wn_trainer *trainer, double *pixels, wann_diag *diag);

#endif
