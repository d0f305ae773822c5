/* Filling convex polygons. */
#include "envs/scan.h"

#include <math.h>
#include <string.h>

size_t wn_scan_scratch(uint32_t width, uint32_t height, size_t n_inks) {
    return 2 * sizeof(int32_t) * height + n_inks * width * 3;
}

void wn_scan_begin(wn_scan *scan, uint32_t width, uint32_t height, unsigned char *rgb,
                   const uint32_t *colors, size_t n_inks, void *scratch) {
    int32_t *columns = scratch;
    *scan = (wn_scan){width,   height,           rgb,
                      columns, columns + height, (unsigned char *)(columns + 2 * (size_t)height)};
    unsigned char *p = scan->ink;
    for (size_t i = 0; i < n_inks; i++)
        for (uint32_t x = 0; x < width; x++, p += 3) {
            p[0] = (unsigned char)(colors[i] >> 16);
            p[1] = (unsigned char)(colors[i] >> 8);
            p[2] = (unsigned char)colors[i];
        }
}

static const unsigned char *row_of(const wn_scan *scan, size_t ink) {
    return scan->ink + ink * scan->width * 3;
}

void wn_scan_clear(wn_scan *scan, size_t ink) {
    const size_t row = (size_t)scan->width * 3;
    for (size_t y = 0; y < scan->height; y++)
        memcpy(scan->rgb + y * row, row_of(scan, ink), row);
}

/* The first pixel whose centre is not before this coordinate, clipped to 0 .. limit. */
static int32_t first_pixel(double coordinate, uint32_t limit) {
    const double pixel = ceil(coordinate - 0.5);
    return pixel <= 0 ? 0 : pixel >= limit ? (int32_t)limit : (int32_t)pixel;
}

/* Where an edge crosses the middle of each row. Edges are always followed downwards, so that an
 * edge of two polygons gives the same columns for both. */
static void trace(wn_scan *scan, wn_scan_point a, wn_scan_point b) {
    if (a.y > b.y) {
        const wn_scan_point swap = a;
        a = b;
        b = swap;
    }
    const int32_t top = first_pixel(a.y, scan->height), bottom = first_pixel(b.y, scan->height);
    const double slope = (b.x - a.x) / (b.y - a.y);
    for (int32_t y = top; y < bottom; y++) {
        const int32_t x = first_pixel(a.x + (y + 0.5 - a.y) * slope, scan->width);
        if (x < scan->left[y])
            scan->left[y] = x;
        if (x > scan->right[y])
            scan->right[y] = x;
    }
}

void wn_scan_polygon(wn_scan *scan, const wn_scan_point *corner, size_t n, size_t ink) {
    double low = corner[0].y, high = corner[0].y;
    for (size_t i = 1; i < n; i++) {
        low = corner[i].y < low ? corner[i].y : low;
        high = corner[i].y > high ? corner[i].y : high;
    }
    const int32_t top = first_pixel(low, scan->height), bottom = first_pixel(high, scan->height);
    for (int32_t y = top; y < bottom; y++) {
        scan->left[y] = (int32_t)scan->width;
        scan->right[y] = 0;
    }
    for (size_t i = 0; i < n; i++)
        trace(scan, corner[i], corner[i + 1 < n ? i + 1 : 0]);
    const unsigned char *row = row_of(scan, ink);
    for (int32_t y = top; y < bottom; y++)
        if (scan->left[y] < scan->right[y])
            memcpy(scan->rgb + 3 * ((size_t)y * scan->width + (size_t)scan->left[y]), row,
                   3 * (size_t)(scan->right[y] - scan->left[y]));
}
