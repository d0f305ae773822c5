/* Filling convex polygons straight into a small picture, fast: the inner loop of tasks that are
 * seen as pixels. A pixel belongs to a polygon if its centre does, so polygons that share an edge
 * neither overlap nor leave a gap. */
#ifndef WN_SCAN_H
#define WN_SCAN_H

#include <stddef.h>
#include <stdint.h>

enum { WN_SCAN_CORNERS = 8 };

/* Pixels; x goes right, y down from the top. */
typedef struct wn_scan_point {
    double x, y;
} wn_scan_point;

typedef struct wn_scan {
    uint32_t width, height;
    unsigned char *rgb;    /* [height][width][3] */
    int32_t *left, *right; /* [height] scratch: the columns of a row that are inside */
    unsigned char *ink;    /* [n_inks][width][3] rows of one colour each */
} wn_scan;

/* Bytes of memory that a picture with so many colours needs for scratch, and setting it up.
 * colors: 0xRRGGBB. scratch is aligned as malloc's. */
size_t wn_scan_scratch(uint32_t width, uint32_t height, size_t n_inks);
void wn_scan_begin(wn_scan *scan, uint32_t width, uint32_t height, unsigned char *rgb,
                   const uint32_t *colors, size_t n_inks, void *scratch);

/* Fill everything. */
void wn_scan_clear(wn_scan *scan, size_t ink);
/* Fill a convex polygon of n <= WN_SCAN_CORNERS finite corners, in either direction. */
void wn_scan_polygon(wn_scan *scan, const wn_scan_point *corner, size_t n, size_t ink);

#endif
