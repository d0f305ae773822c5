/* The few colours that many frames are drawn with. */
#include "runtime/draw/palette.h"

#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

wann_status wn_palette_begin(wn_palette *p, wann_diag *diag) {
    *p = (wn_palette){.count = wn_calloc(WN_PALETTE_BINS, sizeof *p->count),
                      .votes = wn_calloc(WN_PALETTE_BINS, sizeof *p->votes),
                      .bin = wn_calloc(WN_PALETTE_BINS, sizeof *p->bin),
                      .index = wn_calloc(WN_PALETTE_BINS, sizeof *p->index)};
    return p->count && p->votes && p->bin && p->index ? WANN_OK : wn_fail_memory(diag);
}

void wn_palette_free(wn_palette *p) {
    wn_free(p->count);
    wn_free(p->votes);
    wn_free(p->bin);
    wn_free(p->index);
    *p = (wn_palette){0};
}

static uint32_t bin_of(const uint8_t *rgb) {
    return (uint32_t)rgb[0] >> 3 << 10 | (uint32_t)rgb[1] >> 3 << 5 | rgb[2] >> 3;
}

void wn_palette_add(wn_palette *p, const uint8_t *rgb, size_t n) {
    for (size_t i = 0; i < n; i++, rgb += 3) {
        const uint32_t b = bin_of(rgb);
        p->count[b]++;
        if (p->votes[b] == 0)
            memcpy(p->bin[b], rgb, 3);
        if (memcmp(p->bin[b], rgb, 3) == 0)
            p->votes[b]++;
        else
            p->votes[b]--;
    }
}

static uint32_t distance(const uint8_t *a, const uint8_t *b) {
    uint32_t sum = 0;
    for (int c = 0; c < 3; c++)
        sum += (uint32_t)((a[c] - b[c]) * (a[c] - b[c]));
    return sum;
}

static uint8_t nearest(const wn_palette *p, const uint8_t *rgb) {
    uint32_t best = UINT32_MAX;
    uint8_t found = 0;
    for (unsigned i = 0; i < WN_PALETTE_COLOURS; i++) {
        const uint32_t d = distance(p->colour[i], rgb);
        if (d < best) {
            best = d;
            found = (uint8_t)i;
        }
    }
    return found;
}

/* Bins of equal count in the order of their numbers, so that equal frames have equal palettes. */
void wn_palette_choose(wn_palette *p) {
    for (unsigned i = 0; i < WN_PALETTE_COLOURS; i++) {
        uint32_t most = 0;
        for (uint32_t b = 1; b < WN_PALETTE_BINS; b++)
            if (p->count[b] > p->count[most])
                most = b;
        memcpy(p->colour[i], p->bin[most], 3);
        p->count[most] = 0;
    }
    for (uint32_t b = 0; b < WN_PALETTE_BINS; b++)
        p->index[b] = nearest(p, p->bin[b]);
}

uint8_t wn_palette_index(const wn_palette *p, const uint8_t *rgb) {
    return p->index[bin_of(rgb)];
}
