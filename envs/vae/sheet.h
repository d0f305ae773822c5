/* Pictures beside what an autoencoder makes of them, for people to compare. */
#ifndef WN_VAE_SHEET_H
#define WN_VAE_SHEET_H

#include "envs/vae/frames.h"
#include "envs/vae/state.h"
#include "runtime/base/text.h"

/* Append a PNG file: 12 pictures that were kept from training, and below them what each of n
 * autoencoders makes of them, by the latents that its encoder gives as means. */
wann_status wn_vae_sheet(const wn_frames *frames, const wn_vae_state *const *state, size_t n,
                         wn_buf *out, wann_diag *diag);

#endif
