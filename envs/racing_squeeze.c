/* From the camera's 96 x 84 pixels to the encoder's 64 x 64, which is exact in whole numbers: 21 rows
 * become 16, and 3 columns become 2. */
#include <stdint.h>

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
_Static_assert(ROWS * PARTS == EYE * TALL && WN_RACING_VIEW * 2 == EYE * 3, "the squares fit");

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

WN_ALONG unsigned char part(unsigned sum) {
    return (unsigned char)((sum + WHOLE / 2) / WHOLE);
}

WN_ALONG void squeeze(const unsigned char *rgb, unsigned char *eye) {
    for (size_t y = 0; y < EYE; y++) {
        uint16_t sum[ROW];
        sum_rows(rgb, y, sum);
        for (size_t x = 0; x < EYE / 2; x++)
            for (size_t c = 0; c < 3; c++) {
                const unsigned a = sum[9 * x + c], b = sum[9 * x + 3 + c], d = sum[9 * x + 6 + c];
                eye[(y * EYE + 2 * x) * 3 + c] = part(2 * a + b);
                eye[(y * EYE + 2 * x + 1) * 3 + c] = part(b + 2 * d);
            }
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
