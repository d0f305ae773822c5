/* A canvas of pixels: shapes are turned into coverage by distance, then blended once. */
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/draw/canvas.h"
#include "runtime/draw/font.h"

#include <math.h>
#include <string.h>

/* A range of pixels of one row or column, clipped to the picture. */
static uint32_t clip(double value, uint32_t limit) {
    return value <= 0 ? 0 : value >= limit ? limit : (uint32_t)value;
}

/* Pixels of a block. Thin curves touch few blocks of the rows that they cross, so blending costs
 * what a curve covers, not the box around it. */
enum { BLOCK = 16 };

/* The mask may hold something in left <= x < right of row y. */
static void touch(wn_raster *r, uint32_t y, uint32_t left, uint32_t right) {
    const uint32_t row = y * r->blocks;
    for (uint32_t block = row + left / BLOCK; block <= row + (right - 1) / BLOCK; block++)
        if (!r->touched[block]) {
            r->touched[block] = 1;
            r->list[r->n_listed++] = block;
        }
}

static uint8_t mix(uint8_t under, uint32_t over, uint32_t alpha) {
    return (uint8_t)((under * (255 - alpha) + over * alpha + 127) / 255);
}

/* Blend one block through the mask and clear the mask. Blending is done on sRGB values, as browsers
 * do it, so that the picture looks like its SVG. */
static void blend_block(wn_raster *r, uint32_t block, uint32_t color, uint32_t strength) {
    const uint32_t left = block % r->blocks * BLOCK;
    const uint32_t n = r->width - left < BLOCK ? r->width - left : BLOCK;
    const size_t at = (size_t)(block / r->blocks) * r->width + left;
    uint8_t *mask = r->mask + at, *pixel = r->rgb + 3 * at;
    for (uint32_t x = 0; x < n; x++, pixel += 3) {
        const uint32_t alpha = mask[x] * strength >> 8;
        if (alpha == 0)
            continue;
        pixel[0] = mix(pixel[0], color >> 16, alpha);
        pixel[1] = mix(pixel[1], color >> 8 & 255, alpha);
        pixel[2] = mix(pixel[2], color & 255, alpha);
    }
    memset(mask, 0, n);
}

static void blend(wn_raster *r, int ink, double opacity) {
    const uint32_t color = r->picture->inks[ink].light;
    const uint32_t strength = (uint32_t)lround(opacity * 256);
    for (uint32_t i = 0; i < r->n_listed; i++) {
        blend_block(r, r->list[i], color, strength);
        r->touched[r->list[i]] = 0;
    }
    r->n_listed = 0;
}

/* How much of a pixel a line of this half width covers, its middle at this distance. */
static double band_coverage(double distance, double half) {
    const double inside = fmin(half, distance + 0.5) - fmax(-half, distance - 0.5);
    return inside <= 0 ? 0 : fmin(inside, 1);
}

static void cover(uint8_t *mask, double coverage) {
    const uint8_t value = (uint8_t)(coverage * 255 + 0.5);
    if (value > *mask)
        *mask = value;
}

/* One straight piece of a stroke, in pixels, with round ends. A row is looked at only where the
 * line's band crosses it, so long lines cost what they cover. */
static void stroke_line(wn_raster *r, wn_point a, wn_point b, double half) {
    const double reach = half + 0.5, dx = b.x - a.x, dy = b.y - a.y;
    const double squared = dx * dx + dy * dy, length = sqrt(squared);
    const double low = fmin(a.x, b.x) - reach, high = fmax(a.x, b.x) + reach;
    const uint32_t top = clip(floor(fmin(a.y, b.y) - reach), r->height);
    const uint32_t bottom = clip(ceil(fmax(a.y, b.y) + reach), r->height);
    for (uint32_t y = top; y < bottom; y++) {
        double from = low, to = high;
        if (fabs(dy) > 1e-3 * length) {
            const double middle = a.x + (y + 0.5 - a.y) * dx / dy;
            const double spread = reach * length / fabs(dy) + 1;
            from = fmax(from, middle - spread);
            to = fmin(to, middle + spread);
        }
        const uint32_t left = clip(floor(from), r->width), right = clip(ceil(to), r->width);
        if (left >= right)
            continue;
        touch(r, y, left, right);
        for (uint32_t x = left; x < right; x++) {
            const double px = x + 0.5 - a.x, py = y + 0.5 - a.y;
            double t = squared > 0 ? (px * dx + py * dy) / squared : 0;
            t = t < 0 ? 0 : t > 1 ? 1 : t;
            const double ex = px - t * dx, ey = py - t * dy, d2 = ex * ex + ey * ey;
            if (d2 < reach * reach)
                cover(r->mask + (size_t)y * r->width + x, band_coverage(sqrt(d2), half));
        }
    }
}

static wn_point to_pixels(const wn_raster *r, wn_point p) {
    return (wn_point){p.x * r->scale, p.y * r->scale};
}

static wn_point cubic_at(const wn_point p[4], double t) {
    const double s = 1 - t, a = s * s * s, b = 3 * s * s * t, c = 3 * s * t * t, d = t * t * t;
    return (wn_point){a * p[0].x + b * p[1].x + c * p[2].x + d * p[3].x,
                      a * p[0].y + b * p[1].y + c * p[2].y + d * p[3].y};
}

/* How far three points are from lying evenly on a line. */
static double bend(wn_point a, wn_point b, wn_point c) {
    return hypot(a.x - 2 * b.x + c.x, a.y - 2 * b.y + c.y);
}

/* Split into as many lines as keep the error below a tenth of a pixel: for a cubic, 6/8 of the
 * largest second difference over n squared. */
static void stroke_cubic(wn_raster *r, const wn_point p[4], double half) {
    const double second = fmax(bend(p[0], p[1], p[2]), bend(p[1], p[2], p[3]));
    const int n = 1 + (int)fmin(sqrt(0.75 * second / 0.1), 400);
    wn_point from = p[0];
    for (int i = 1; i <= n; i++) {
        const wn_point to = cubic_at(p, (double)i / n);
        stroke_line(r, from, to, half);
        from = to;
    }
}

static void curve(wn_canvas *canvas, const wn_point *points, size_t n, const wn_style *style) {
    wn_raster *r = (wn_raster *)canvas;
    for (size_t i = 0; i < n; i++) {
        wn_point p[4];
        for (size_t j = 0; j < 4; j++)
            p[j] = to_pixels(r, points[3 * i + j]);
        stroke_cubic(r, p, style->width * r->scale / 2);
    }
    blend(r, style->stroke, style->opacity);
}

/* A rectangle with round corners, in pixels. */
typedef struct round_box {
    wn_point centre, half;
    double radius;
} round_box;

/* The distance of a point from the border, negative inside. */
static double border_distance(const round_box *b, double x, double y) {
    const double qx = fabs(x - b->centre.x) - b->half.x + b->radius;
    const double qy = fabs(y - b->centre.y) - b->half.y + b->radius;
    return hypot(fmax(qx, 0), fmax(qy, 0)) + fmin(fmax(qx, qy), 0) - b->radius;
}

/* The border's band of half a stroke, or, for half = 0, the inside. */
static void mask_box(wn_raster *r, const round_box *b, double half) {
    const double reach = half + 1;
    const uint32_t left = clip(floor(b->centre.x - b->half.x - reach), r->width);
    const uint32_t right = clip(ceil(b->centre.x + b->half.x + reach), r->width);
    const uint32_t top = clip(floor(b->centre.y - b->half.y - reach), r->height);
    const uint32_t bottom = clip(ceil(b->centre.y + b->half.y + reach), r->height);
    for (uint32_t y = top; y < bottom && left < right; y++) {
        touch(r, y, left, right);
        for (uint32_t x = left; x < right; x++) {
            const double d = border_distance(b, x + 0.5, y + 0.5);
            const double inside = half > 0 ? band_coverage(fabs(d), half) : fmin(0.5 - d, 1);
            if (inside > 0)
                cover(r->mask + (size_t)y * r->width + x, inside);
        }
    }
}

static void draw_box(wn_raster *r, const round_box *b, const wn_style *style) {
    if (style->fill != WN_NO_INK) {
        mask_box(r, b, 0);
        blend(r, style->fill, style->opacity);
    }
    if (style->stroke != WN_NO_INK) {
        mask_box(r, b, style->width * r->scale / 2);
        blend(r, style->stroke, style->opacity);
    }
}

static void circle(wn_canvas *canvas, wn_point centre, double radius, const wn_style *style) {
    wn_raster *r = (wn_raster *)canvas;
    const double pixels = radius * r->scale;
    draw_box(r, &(round_box){to_pixels(r, centre), {pixels, pixels}, pixels}, style);
}

static void box(wn_canvas *canvas, wn_point corner, wn_point size, double radius,
                const wn_style *style) {
    wn_raster *r = (wn_raster *)canvas;
    const wn_point half = to_pixels(r, (wn_point){size.x / 2, size.y / 2});
    const wn_point from = to_pixels(r, corner);
    draw_box(r, &(round_box){{from.x + half.x, from.y + half.y}, half, radius * r->scale}, style);
}

/* A piece of outline inside one row of pixels goes from column a to column b and down by `height`.
 * Add what it covers of each pixel, as the difference from the pixel left of it: a pixel's coverage
 * is then the sum up to it. */
static void add_edge(double *row, double width, double a, double b, double height) {
    const double from = fmin(fmax(fmin(a, b), 0), width), to = fmin(fmax(fmax(a, b), 0), width);
    const double span = fabs(b - a);
    if (span > 0) { /* what lies left of the picture covers all of the row, what lies right nothing */
        row[0] += height * fmax(0, fmin(fmax(a, b), 0) - fmin(a, b)) / span;
        if (to <= from)
            return;
        height *= (to - from) / span;
    }
    for (double x = from; x < to || x == from;) {
        const double column = floor(x), next = fmin(column + 1, to);
        const double part = to > from ? height * (next - x) / (to - from) : height;
        const double middle = (x + next) / 2 - column;
        row[(size_t)column] += part * (1 - middle);
        row[(size_t)column + 1] += part * middle;
        if (next >= to)
            return;
        x = next;
    }
}

/* The part of an edge that lies in row y. */
static void add_edge_of_row(wn_raster *r, uint32_t y, wn_point a, wn_point b) {
    const double sign = b.y > a.y ? 1 : -1;
    if (sign < 0) {
        const wn_point swap = a;
        a = b;
        b = swap;
    }
    const double top = fmax(a.y, y), bottom = fmin(b.y, y + 1.0);
    if (top >= bottom)
        return;
    const double slope = (b.x - a.x) / (b.y - a.y);
    add_edge(r->row, r->width, a.x + (top - a.y) * slope, a.x + (bottom - a.y) * slope,
             sign * (bottom - top));
}

static void fill_row(wn_raster *r, uint32_t y, uint32_t left, uint32_t right) {
    double sum = 0;
    for (uint32_t x = 0; x < right; x++) {
        sum += r->row[x];
        const double coverage = fmin(fabs(sum), 1);
        if (x >= left && coverage > 0)
            cover(r->mask + (size_t)y * r->width + x, coverage);
    }
    memset(r->row, 0, (r->width + 2) * sizeof *r->row);
    touch(r, y, left, right);
}

static void fill_polygon(wn_raster *r, const wn_point *points, size_t n) {
    wn_point low = to_pixels(r, points[0]), high = low;
    for (size_t i = 1; i < n; i++) {
        const wn_point p = to_pixels(r, points[i]);
        low = (wn_point){fmin(low.x, p.x), fmin(low.y, p.y)};
        high = (wn_point){fmax(high.x, p.x), fmax(high.y, p.y)};
    }
    const uint32_t left = clip(floor(low.x), r->width), right = clip(ceil(high.x), r->width);
    const uint32_t top = clip(floor(low.y), r->height), bottom = clip(ceil(high.y), r->height);
    for (uint32_t y = top; y < bottom && left < right; y++) {
        for (size_t i = 0; i < n; i++)
            add_edge_of_row(r, y, to_pixels(r, points[i]), to_pixels(r, points[(i + 1) % n]));
        fill_row(r, y, left, right);
    }
}

static void polygon(wn_canvas *canvas, const wn_point *points, size_t n, const wn_style *style) {
    wn_raster *r = (wn_raster *)canvas;
    if (style->fill != WN_NO_INK) {
        fill_polygon(r, points, n);
        blend(r, style->fill, style->opacity);
    }
    if (style->stroke != WN_NO_INK) {
        for (size_t i = 0; i < n; i++)
            stroke_line(r, to_pixels(r, points[i]), to_pixels(r, points[(i + 1) % n]),
                        style->width * r->scale / 2);
        blend(r, style->stroke, style->opacity);
    }
}

/* What the curves of a glyph are stroked with. */
typedef struct pen {
    wn_raster *raster;
    double half;
} pen;

static void stroke_glyph_curve(void *ctx, const wn_point q[3]) {
    const pen *p = ctx;
    const wn_point cubic[4] = {
        q[0],
        {(q[0].x + 2 * q[1].x) / 3, (q[0].y + 2 * q[1].y) / 3},
        {(2 * q[1].x + q[2].x) / 3, (2 * q[1].y + q[2].y) / 3},
        q[2],
    };
    stroke_cubic(p->raster, cubic, p->half);
}

static void text(wn_canvas *canvas, wn_point at, const char *line, const wn_text_style *style) {
    wn_raster *r = (wn_raster *)canvas;
    const double unit = style->size * r->scale / WN_FONT_EM;
    const pen p = {r, unit * (style->bold ? 1.25 : 0.85)};
    wn_point pixel = to_pixels(r, at);
    pixel.x -= wn_text_width(line, style->size) * r->scale * (double)style->anchor / 2;
    for (size_t n; *line; line += n) {
        const uint32_t c = wn_utf8_decode(line, &n);
        wn_glyph_strokes(c, pixel, unit, stroke_glyph_curve, (void *)&p);
        pixel.x += unit * wn_glyph_advance(c);
    }
    blend(r, style->ink, style->opacity);
}

/* Pixels have no structure. */
static void open_group(wn_canvas *canvas, const char *kind, const char *title) {
    (void)canvas, (void)kind, (void)title;
}

static void close_group(wn_canvas *canvas) {
    (void)canvas;
}

static void fill_paper(wn_raster *r) {
    const uint32_t paper = r->picture->inks[r->picture->paper].light;
    const size_t pixels = (size_t)r->width * r->height;
    for (size_t i = 0; i < pixels; i++) {
        r->rgb[3 * i] = (uint8_t)(paper >> 16);
        r->rgb[3 * i + 1] = (uint8_t)(paper >> 8);
        r->rgb[3 * i + 2] = (uint8_t)paper;
    }
}

wann_status wn_raster_begin(wn_raster *raster, const wn_picture *picture, double scale,
                            double max_pixels, wann_diag *diag) {
    scale = fmin(scale, sqrt(max_pixels / (picture->width * picture->height)));
    *raster = (wn_raster){.canvas = {circle, box, curve, polygon, text, open_group, close_group},
                          .picture = picture,
                          .scale = scale,
                          .width = (uint32_t)fmax(1, ceil(picture->width * scale - 1e-6)),
                          .height = (uint32_t)fmax(1, ceil(picture->height * scale - 1e-6))};
    const size_t pixels = (size_t)raster->width * raster->height;
    raster->rgb = wn_calloc(pixels, 3);
    raster->mask = wn_calloc(pixels, 1);
    raster->row = wn_calloc((size_t)raster->width + 2, sizeof *raster->row);
    raster->blocks = (raster->width + BLOCK - 1) / BLOCK;
    raster->touched = wn_calloc(raster->height, raster->blocks);
    raster->list = wn_calloc((size_t)raster->height * raster->blocks, sizeof *raster->list);
    if (!raster->rgb || !raster->mask || !raster->row || !raster->touched || !raster->list)
        return wn_fail_memory(diag);
    fill_paper(raster);
    return WANN_OK;
}

void wn_raster_free(wn_raster *raster) {
    wn_free(raster->rgb);
    wn_free(raster->mask);
    wn_free(raster->row);
    wn_free(raster->touched);
    wn_free(raster->list);
    *raster = (wn_raster){0};
}
