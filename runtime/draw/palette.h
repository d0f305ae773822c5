/* The few colours that many frames are drawn with. */
#ifndef WN_PALETTE_H
#define WN_PALETTE_H

#include <stddef.h>
#include <stdint.h>

#include "wann/status.h"

enum { WN_PALETTE_COLOURS = 255, WN_PALETTE_BINS = 32768 };

/* Colours that differ in the last three bits of a channel only share a bin, which shows the most
 * frequent of them. */
typedef struct wn_palette {
    uint64_t *count;     /* [WN_PALETTE_BINS] pixels in each bin */
    uint64_t *votes;     /* [WN_PALETTE_BINS] for its colour (Boyer and Moore's majority vote) */
    uint8_t (*bin)[3];   /* [WN_PALETTE_BINS] */
    uint8_t *index;      /* [WN_PALETTE_BINS] the palette's colour that stands for it, once chosen */
    uint8_t colour[WN_PALETTE_COLOURS][3];
} wn_palette;

/* Give it back with wn_palette_free, after a failure too. */
wann_status wn_palette_begin(wn_palette *palette, wann_diag *diag);
/* Pixels of a frame, 3 bytes each. */
void wn_palette_add(wn_palette *palette, const uint8_t *rgb, size_t n);
/* Once all frames were added: the colours that most pixels have; others are shown by the nearest. */
void wn_palette_choose(wn_palette *palette);
/* The index of a colour. */
uint8_t wn_palette_index(const wn_palette *palette, const uint8_t *rgb);
void wn_palette_free(wn_palette *palette);

#endif
