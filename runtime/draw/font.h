/* The built-in stroke font. */
#ifndef WN_FONT_H
#define WN_FONT_H

#include "runtime/draw/canvas.h"

/* Units of the grid that glyphs are drawn on: of the em, and of the height of capitals. */
enum { WN_FONT_EM = 20, WN_FONT_ASCENT = 14 };

/* The character at text, 0xFFFD for a stray byte; *length: its bytes. text is not empty. */
uint32_t wn_utf8_decode(const char *text, size_t *length);

/* Where the next glyph begins after this one, in grid units. */
double wn_glyph_advance(uint32_t character);

/* Whether wn_glyph_strokes has a shape of its own for the character, rather than an empty box. */
bool wn_glyph_known(uint32_t character);

/* Call curve(ctx, q) with each quadratic Bezier curve q[3] of a glyph in turn (straight lines too).
 * origin: the left end of its baseline; unit: length of one grid unit. */
void wn_glyph_strokes(uint32_t character, wn_point origin, double unit,
                      void (*curve)(void *ctx, const wn_point q[3]), void *ctx);

#endif
