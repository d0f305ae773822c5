/* Animated PNG files (APNG; part of PNG since its third edition, W3C 2025): ordinary PNG files whose
 * further frames stand in chunks that other programs pass over. */
#ifndef WN_ANIMATION_H
#define WN_ANIMATION_H

#include "runtime/draw/canvas.h"

typedef struct wn_animation {
    wn_buf *out;
    uint32_t width, height;
    uint32_t frames, frame; /* in all, and written */
    uint32_t sequence;      /* of the next chunk that belongs to a frame */
    uint16_t delay, per;    /* a frame is shown for delay / per seconds */
} wn_animation;

/* Begin a file of `frames` frames, repeated for ever, in a buffer that outlives it. */
void wn_animation_begin(wn_animation *animation, uint32_t width, uint32_t height, uint32_t frames,
                        uint16_t delay, uint16_t per, wn_buf *out);
/* The next frame: width x height x 3 bytes, from the top. hold: how many times as long it stays. */
wann_status wn_animation_frame(wn_animation *animation, const uint8_t *rgb, uint16_t hold,
                               wann_diag *diag);
/* After the last frame. */
wann_status wn_animation_end(wn_animation *animation, wann_diag *diag);

#endif
