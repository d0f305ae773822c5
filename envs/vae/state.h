/* An autoencoder in training: its settings, its parameters, and how far it is. */
#ifndef WN_VAE_STATE_H
#define WN_VAE_STATE_H

#include "envs/vae/model.h"
#include "wann/status.h"

/* What a training is asked to be. */
typedef struct wn_vae_settings {
    const wn_vae_size *size;
    uint64_t seed;
    uint32_t steps;
    uint32_t batch;   /* pictures a step; a multiple of WN_VAE_SHARE */
    double rate;      /* the largest, of Adam */
    double tolerance; /* divergence that costs nothing, a latent */
} wn_vae_settings;

enum { WN_VAE_SHARE = 16, WN_VAE_MOST_BATCH = 1024, WN_VAE_MOST_STEPS = 10000000 };

/* What was seen on the way, at the end of a stretch of steps: means a picture over the stretch, and
 * the error of pictures kept from training at its end. */
typedef struct wn_vae_point {
    uint32_t step;
    double pixels, divergence, kept, seconds;
} wn_vae_point;

enum { WN_VAE_POINTS = 50 }; /* the most stretches of a training */

typedef struct wn_vae_state {
    wn_vae_settings settings;
    wn_vae_model model;
    uint32_t step;    /* that have been made */
    double seconds;   /* that they took */
    float *parameter; /* [model.n_parameters], and the two moments of Adam */
    float *mean, *square;
    wn_vae_point sum; /* of the stretch under way */
    size_t n_points;
    wn_vae_point point[WN_VAE_POINTS];
} wn_vae_state;

/* The beginning of a training. Free it by wn_vae_state_free, after a failure too. */
wann_status wn_vae_state_begin(const wn_vae_settings *settings, wn_vae_state *state,
                               wann_diag *diag);
void wn_vae_state_free(wn_vae_state *state);

/* A state in a file, bit for bit. */
wann_status wn_vae_state_write(const wn_vae_state *state, const char *path, wann_diag *diag);
wann_status wn_vae_state_read(const char *path, wn_vae_state *state, wann_diag *diag);

#endif
