/* Files of pictures to learn from. */
#ifndef WN_VAE_FRAMES_H
#define WN_VAE_FRAMES_H

#include <signal.h>

#include "envs/vae/model.h"
#include "wann/status.h"

/* Pictures of WN_VAE_PIXELS bytes each, [side][side][3] from the top. The last ones, a sixteenth,
 * are from races of their own and are kept from training. */
typedef struct wn_frames {
    size_t n, n_train;
    const unsigned char *picture; /* [n][WN_VAE_PIXELS] */
    char *file;                   /* what is to be freed */
} wn_frames;

wann_status wn_frames_read(const char *path, wn_frames *frames, wann_diag *diag);
void wn_frames_free(wn_frames *frames);

static inline const unsigned char *wn_frame(const wn_frames *frames, size_t i) {
    return frames->picture + i * WN_VAE_PIXELS;
}

/* What collecting tells on its way. */
typedef struct wn_collect {
    size_t frames;
    uint64_t seed;
    void (*progress)(void *context, size_t done, size_t steps); /* may be NULL */
    void *context;
    const volatile sig_atomic_t *stop; /* may be NULL; not 0: end with WANN_IO and no file */
} wn_collect;

enum { WN_FRAMES_LEAST = 64, WN_FRAMES_MOST = 80000 /* a file of 1 GiB is too large to be read */ };

/* Drive many races, by a driver who knows the way, by one who often loses the wheel, and at random,
 * and write every eighth frame of them (in the mean) to a file. */
wann_status wn_frames_collect(const wn_collect *collect, const char *path, wann_diag *diag);

#endif
