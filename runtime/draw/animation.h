/* Animated PNG files (APNG; part of PNG since its third edition, W3C 2025): ordinary PNG files whose
 * further frames stand in chunks that other programs pass over. */
#ifndef WN_ANIMATION_H
#define WN_ANIMATION_H

#include "runtime/draw/canvas.h"
#include "runtime/draw/palette.h"

typedef struct wn_animation {
    wn_buf *out;
    uint32_t width, height;
    uint32_t frames, frame; /* in all, and written */
    uint32_t sequence;      /* of the next chunk that belongs to a frame */
    uint16_t delay, per;    /* a frame is shown for delay / per seconds */
    const wn_palette *palette; /* NULL: all colours */
    uint8_t colours[256][4];   /* of the palette, and one that is transparent */
    uint8_t *before;        /* [height][width][3] the frame before this one, or indices */
    uint8_t *change;        /* [height][width][4] what is new in this one, all else transparent */
} wn_animation;

/* Begin a file of `frames` frames, repeated for ever, in a buffer that outlives it. palette: colours to
 * make do with, for a smaller file; chosen, and outliving the animation; or NULL. Give its memory back
 * with wn_animation_free, after a failure too. */
wann_status wn_animation_begin(wn_animation *animation, uint32_t width, uint32_t height, uint32_t frames,
                               uint16_t delay, uint16_t per, const wn_palette *palette, wn_buf *out,
                               wann_diag *diag);
/* The next frame: width x height x 3 bytes, from the top. hold: how many times as long it stays. */
wann_status wn_animation_frame(wn_animation *animation, const uint8_t *rgb, uint16_t hold,
                               wann_diag *diag);
/* After the last frame. */
wann_status wn_animation_end(wn_animation *animation, wann_diag *diag);
void wn_animation_free(wn_animation *animation);

#endif
