/* Drawing without a display: a few primitives, written as SVG text or as pixels. */
#ifndef WN_CANVAS_H
#define WN_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/text.h"
#include "wann/status.h"

/* Lengths are in units of the picture (CSS pixels in SVG); x goes right, y goes down. */
typedef struct wn_point {
    double x, y;
} wn_point;

/* One colour of a picture's palette, 0xRRGGBB: on a light page, and on a dark one for viewers that
 * ask for it. Pixels are always light. */
typedef struct wn_ink {
    uint32_t light, dark;
} wn_ink;

/* Inks are indices into the palette. */
enum { WN_NO_INK = -1 };

typedef struct wn_style {
    int fill;       /* ink or WN_NO_INK */
    int stroke;     /* ink or WN_NO_INK */
    double width;   /* of the stroke */
    double opacity; /* 0 to 1, of fill and stroke alike */
} wn_style;

typedef enum wn_anchor { WN_ANCHOR_START, WN_ANCHOR_MIDDLE, WN_ANCHOR_END } wn_anchor;

typedef struct wn_text_style {
    double size; /* of the em */
    int ink;
    double opacity;
    wn_anchor anchor;
    bool bold;
} wn_text_style;

typedef struct wn_picture {
    double width, height;
    const char *title;       /* any text; escaped where it is written */
    const char *description; /* the same */
    const wn_ink *inks;
    int n_inks;
    int paper; /* ink of the background */
    const char *scope; /* begins the classes that SVG gives to inks; pictures with different palettes on
                          one page need different ones. NULL: "w" */
} wn_picture;

/* What one draws on. Call as canvas->circle(canvas, ...). Text is any UTF-8. */
typedef struct wn_canvas wn_canvas;
struct wn_canvas {
    void (*circle)(wn_canvas *canvas, wn_point centre, double radius, const wn_style *style);
    void (*box)(wn_canvas *canvas, wn_point corner, wn_point size, double radius,
                const wn_style *style);
    /* n cubic Bezier curves, one after the other: points[1 + 3 n]; stroked, never filled. */
    void (*curve)(wn_canvas *canvas, const wn_point *points, size_t n, const wn_style *style);
    /* A closed polygon of n corners; what its outline goes around is inside. */
    void (*polygon)(wn_canvas *canvas, const wn_point *points, size_t n, const wn_style *style);
    /* One line of text; `at` is on the baseline. */
    void (*text)(wn_canvas *canvas, wn_point at, const char *text, const wn_text_style *style);
    /* What is drawn until the matching close belongs together. kind: a word; title: any text that
     * tells people what it is, or NULL. */
    void (*open)(wn_canvas *canvas, const char *kind, const char *title);
    void (*close)(wn_canvas *canvas);
};

/* An SVG document that grows in a buffer. The picture must outlive the canvas. A failed allocation
 * shows in the buffer. */
typedef struct wn_svg {
    wn_canvas canvas;
    const wn_picture *picture;
    wn_buf *out;
} wn_svg;

void wn_svg_begin(wn_svg *svg, const wn_picture *picture, wn_buf *out);
void wn_svg_end(wn_svg *svg);

/* Pixels: width x height x 3 bytes, sRGB, row by row from the top. */
typedef struct wn_raster {
    wn_canvas canvas;
    const wn_picture *picture;
    double scale; /* pixels per unit */
    uint32_t width, height;
    uint8_t *rgb;
    uint8_t *mask;    /* [height][width] coverage by the shape being drawn, 0 between shapes */
    double *row;      /* [width + 2] areas of the row of a polygon being filled, 0 between rows */
    uint32_t blocks;  /* short stretches that a row is divided into */
    uint8_t *touched; /* [height][blocks] whether the mask may hold anything there */
    uint32_t *list;   /* [n_listed] the touched blocks */
    uint32_t n_listed;
} wn_raster;

/* Make a picture of about scale pixels a unit, fewer where it would get more than max_pixels.
 * Give the memory back with wn_raster_free, after a failure too. */
wann_status wn_raster_begin(wn_raster *raster, const wn_picture *picture, double scale,
                            double max_pixels, wann_diag *diag);
void wn_raster_free(wn_raster *raster);

/* Append width x height x 3 bytes as a PNG file. WANN_UNSUPPORTED as below. */
wann_status wn_png_write(const uint8_t *rgb, uint32_t width, uint32_t height, wn_buf *bytes,
                         wann_diag *diag);
/* The same of width x height x 4 bytes, the fourth being the opacity; smaller, and slower. */
wann_status wn_png_write_rgba(const uint8_t *rgba, uint32_t width, uint32_t height, wn_buf *bytes,
                              wann_diag *diag);
/* The same of one byte a pixel, an index into 256 colours, colours[256][4] (R, G, B, opacity). */
wann_status wn_png_write_indices(const uint8_t *indices, uint32_t width, uint32_t height,
                                 const uint8_t *colours, wn_buf *bytes, wann_diag *diag);
/* Append the picture as a PNG file. WANN_UNSUPPORTED where the build has no libpng. */
wann_status wn_raster_png(const wn_raster *raster, wn_buf *bytes, wann_diag *diag);

/* The width of a line of text in the built-in font; other sans-serif fonts come close for ASCII. */
double wn_text_width(const char *text, double size);

/* Append text so that a label made of it is at most `width` wide: cut short with an ellipsis where
 * needed, and without the characters that would break lines or turn the direction of writing. */
void wn_text_fit(wn_buf *out, const char *text, double size, double width);

#endif
