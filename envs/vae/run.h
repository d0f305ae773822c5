/* A training and its folder: `checkpoint`, `log.jsonl`, `loss.png` and `sheet.png`. */
#ifndef WN_VAE_RUN_H
#define WN_VAE_RUN_H

#include <signal.h>
#include <stdbool.h>

#include "envs/vae/state.h"

typedef struct wn_vae_run {
    const char *frames; /* path */
    const char *folder; /* made where it is missing */
    bool resume;        /* settings are the folder's then */
    wn_vae_settings settings;
    size_t threads;
    const volatile sig_atomic_t *stop; /* not 0: save and end */
    void (*progress)(void *context, const wn_vae_state *state, const wn_vae_point *last);
    void *context;
} wn_vae_run;

typedef struct wn_vae_result {
    uint32_t step, steps;
    wn_vae_point last; /* stretch that was completed */
    double seconds;
    bool stopped;
} wn_vae_result;

/* Train until the settings' last step, or until *stop. The same settings and frames give the same
 * bits for any number of threads and however often the run was stopped and resumed, on machines for
 * which oneDNN makes the same code. The pictures are left out where the build has no libpng. */
wann_status wn_vae_train(const wn_vae_run *run, wn_vae_result *result, wann_diag *diag);

/* The checkpoint of a run folder. */
wann_status wn_vae_folder_read(const char *folder, wn_vae_state *state, wann_diag *diag);

#endif
