/* From the camera's 96 x 84 pixels to the encoder's 64 x 64, which is exact in whole numbers: 21
 * rows become 16, and 3 columns become 2. */
#include <stdint.h>
#include <string.h>

#include "envs/racing.h"
#include "runtime/base/units.h"

enum {
    ROW = WN_RACING_VIEW * 3,
    ROWS = 84,
    EYE = WN_RACING_EYE,
    TALL = 21, /* parts of a row of the eye, of which a row of the view has 16 */
    PARTS = 16,
    WHOLE = 3 * TALL
};
_Static_assert(ROWS *PARTS == EYE * TALL && WN_RACING_VIEW * 2 == EYE * 3, "the squares fit");

/* Row y of the eye, times TALL, still as wide as the view. */
WN_ALONG void sum_rows(const unsigned char *rgb, size_t y, uint16_t *sum) {
    const size_t from = y * TALL, to = from + TALL;
    for (size_t i = 0; i < ROW; i++)
        sum[i] = 0;
    for (size_t row = from / PARTS; row * PARTS < to; row++) {
        const size_t begin = row * PARTS > from ? row * PARTS : from;
        const size_t end = (row + 1) * PARTS < to ? (row + 1) * PARTS : to;
        const uint16_t share = (uint16_t)(end - begin);
        for (size_t i = 0; i < ROW; i++)
            sum[i] = (uint16_t)(sum[i] + share * rgb[row * ROW + i]);
    }
}

/* value / WHOLE, rounded, for value <= 255 * WHOLE: 33289 / 2^21 is more than 1 / 63 by less than
 * 1 / (63 * (255 * 63 + 31)). Compilers have an instruction for the upper half of such a product,
 * none for a division. */
WN_ALONG unsigned char divide(unsigned value) {
    const uint16_t rounded = (uint16_t)(value + WHOLE / 2);
    return (unsigned char)((uint16_t)(((uint32_t)rounded * 33289u) >> 16) >> 5);
}

/* Both mixtures of each two neighbours in a row, of which every third is wanted: computing all of
 * them in vectors is faster than picking. */
WN_ALONG void mix_columns(const uint16_t *sum, unsigned char *left, unsigned char *right) {
    for (size_t i = 0; i < ROW; i++) {
        left[i] = divide(2u * sum[i] + sum[i + 3]);
        right[i] = divide(sum[i] + 2u * sum[i + 3]);
    }
}

/* Pixels are copied with the byte behind them, which the next one overwrites. */
WN_ALONG void squeeze(const unsigned char *rgb, unsigned char *eye) {
    for (size_t y = 0; y < EYE; y++) {
        uint16_t sum[ROW + 3];
        unsigned char left[ROW + 1], right[ROW + 1], row[EYE * 3 + 1];
        sum_rows(rgb, y, sum);
        sum[ROW] = sum[ROW + 1] = sum[ROW + 2] = 0;
        left[ROW] = right[ROW] = 0;
        mix_columns(sum, left, right);
        for (size_t x = 0; x < EYE / 2; x++) {
            memcpy(row + 6 * x, left + 9 * x, 4);
            memcpy(row + 6 * x + 3, right + 9 * x + 3, 4);
        }
        memcpy(eye + y * EYE * 3, row, EYE * 3);
    }
}

#define X(unit, attributes, present)                                                               \
    attributes static void squeeze_##unit(const unsigned char *rgb, unsigned char *eye) {          \
        squeeze(rgb, eye);                                                                         \
    }
WN_VECTOR_UNITS(X)
#undef X

void wn_racing_squeeze(const unsigned char *rgb, unsigned char *eye) {
    static void (*const on[])(const unsigned char *, unsigned char *) = {
#define X(unit, attributes, present) squeeze_##unit,
        WN_VECTOR_UNITS(X)
#undef X
    };
    on[wn_unit_best()](rgb, eye);
}
