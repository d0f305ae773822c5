/* Primitives: coverage of pixels, fitting of text, and every glyph of the font. */
#include "runtime/base/alloc.h"
#include "runtime/draw/canvas.h"
#include "runtime/draw/font.h"
#include "support/test.h"

#include <math.h>

static const wn_ink inks[] = {{0xffffff, 0x000000}, {0x000000, 0xffffff}};
static const wn_style black_fill = {1, WN_NO_INK, 0, 1};

static wn_picture page(double width, double height) {
    return (wn_picture){.width = width,
                        .height = height,
                        .title = "t",
                        .description = "d",
                        .inks = inks,
                        .n_inks = 2};
}

/* The sum of darkness, in pixels. */
static double darkness(const wn_raster *r) {
    double sum = 0;
    for (size_t i = 0; i < (size_t)r->width * r->height; i++)
        sum += (255 - r->rgb[3 * i]) / 255.0;
    return sum;
}

static int nearly(double got, double expected, double relative) {
    return got > expected * (1 - relative) && got < expected * (1 + relative);
}

/* Coverage adds up to the area of a shape, wherever it lies between the pixels. */
static void shapes_cover_their_area(void) {
    const wn_picture p = page(60, 60);
    for (int i = 0; i < 10; i++) {
        wn_raster r;
        CHECK(wn_raster_begin(&r, &p, 1, 1e6, NULL) == WANN_OK);
        r.canvas.circle(&r.canvas, (wn_point){30 + 0.13 * i, 30 - 0.29 * i}, 12.3, &black_fill);
        CHECK(nearly(darkness(&r), 3.14159 * 12.3 * 12.3, 0.005));
        wn_raster_free(&r);
        CHECK(wn_raster_begin(&r, &p, 1, 1e6, NULL) == WANN_OK);
        const wn_point line[] = {{10, 10}, {20, 12.0 + i}, {40, 18.0 + 2 * i}, {50, 20.0 + 3 * i}};
        r.canvas.curve(&r.canvas, line, 1, &(wn_style){WN_NO_INK, 1, 0.8, 1});
        const double length = 40.0 * 40 + (10.0 + 3 * i) * (10.0 + 3 * i);
        CHECK(nearly(darkness(&r) * darkness(&r), 0.64 * length, 0.15));
        wn_raster_free(&r);
    }
}

/* A star has corners that point inwards; its area is known from its corners (Gauss's formula). */
static void polygons_cover_their_area(void) {
    const wn_picture p = page(60, 60);
    for (int i = 0; i < 10; i++) {
        wn_point star[10];
        double area = 0;
        for (int k = 0; k < 10; k++) {
            const double radius = k % 2 ? 9 + 0.7 * i : 24, angle = 0.6283185 * k + 0.31 * i;
            star[k] = (wn_point){30.2 + radius * cos(angle), 29.1 + radius * sin(angle)};
        }
        for (int k = 0; k < 10; k++) {
            const wn_point a = star[k], b = star[(k + 1) % 10];
            area += (a.x * b.y - b.x * a.y) / 2;
        }
        wn_raster r;
        CHECK(wn_raster_begin(&r, &p, 1, 1e6, NULL) == WANN_OK);
        r.canvas.polygon(&r.canvas, star, 10, &black_fill);
        CHECK_MSG(nearly(darkness(&r), area, 0.002), "%g for %g", darkness(&r), area);
        wn_raster_free(&r);
    }
}

/* Each edge of this one is cut by the page; a square with a corner cut off remains. */
static void polygons_are_cut_at_the_page(void) {
    const wn_picture p = page(20, 20);
    const wn_point triangle[] = {{-100, -100}, {130, -100}, {-100, 130}};
    const wn_point outside[] = {{25, 5}, {90, -40}, {90, 70}};
    wn_raster r;
    CHECK(wn_raster_begin(&r, &p, 1, 1e6, NULL) == WANN_OK);
    r.canvas.polygon(&r.canvas, outside, 3, &black_fill);
    CHECK(darkness(&r) == 0);
    r.canvas.polygon(&r.canvas, triangle, 3, &black_fill);
    CHECK_MSG(nearly(darkness(&r), 400 - 50, 0.002), "%g", darkness(&r));
    wn_raster_free(&r);
    CHECK(wn_raster_begin(&r, &p, 1, 1e6, NULL) == WANN_OK);
    r.canvas.polygon(&r.canvas, triangle, 3, &(wn_style){WN_NO_INK, 1, 2, 1});
    CHECK_MSG(nearly(darkness(&r), 2 * sqrt(200), 0.15), "%g", darkness(&r));
    wn_raster_free(&r);
}

static void shapes_may_leave_the_page(void) {
    const wn_picture p = page(20, 10);
    wn_raster r;
    CHECK(wn_raster_begin(&r, &p, 2, 1e6, NULL) == WANN_OK);
    CHECK(r.width == 40 && r.height == 20);
    const wn_point curve[] = {{-500, -90}, {900, 80}, {-70, 300}, {40, -1000}};
    r.canvas.curve(&r.canvas, curve, 1, &(wn_style){WN_NO_INK, 1, 3, 0.5});
    r.canvas.circle(&r.canvas, (wn_point){-100, 5}, 20, &black_fill);
    r.canvas.text(&r.canvas, (wn_point){18, -3}, "outside",
                  &(wn_text_style){12, 1, 1, WN_ANCHOR_START, true});
    CHECK(r.rgb[0] == 255);
    r.canvas.box(&r.canvas, (wn_point){-5, -5}, (wn_point){100, 100}, 2, &black_fill);
    CHECK(nearly(darkness(&r), 800, 1e-9));
    wn_raster_free(&r);
}

/* No glyph is empty but the blank, and none leaves its box. */
static void glyphs_stay_in_their_boxes(void) {
    const wn_picture p = page(40, 40);
    for (uint32_t c = '!'; c <= '~'; c++) {
        wn_raster r;
        const char text[2] = {(char)c, 0};
        const double width = wn_text_width(text, 20);
        CHECK(wn_raster_begin(&r, &p, 1, 1e6, NULL) == WANN_OK);
        r.canvas.text(&r.canvas, (wn_point){10, 25}, text,
                      &(wn_text_style){20, 1, 1, WN_ANCHOR_START, false});
        CHECK_MSG(darkness(&r) > 2, "%s", text);
        for (uint32_t y = 0; y < 40; y++)
            for (uint32_t x = 0; x < 40; x++)
                if (r.rgb[3 * (y * 40 + x)] < 250)
                    CHECK_MSG(x >= 10 && x < 11 + width && y >= 9 && y < 32, "%s", text);
        wn_raster_free(&r);
    }
}

static void check_fit(const char *text, double width, const char *expected) {
    wn_buf out = {0};
    wn_text_fit(&out, text, 20, width);
    CHECK_TEXT(out.data ? out.data : "", expected);
    CHECK(wn_text_width(out.data ? out.data : "", 20) <= width);
    wn_buf_free(&out);
}

/* At size 20 an n is 11 wide, the ellipsis 12. */
static void text_is_cut_to_fit(void) {
    check_fit("nnn", 33, "nnn");
    check_fit("nnnn", 35, "nn\xe2\x80\xa6");
    check_fit("nnnn", 12, "\xe2\x80\xa6");
    check_fit("", 12, "");
    check_fit("a\nb", 100,
              "a\xef\xbf\xbd"
              "b");
    check_fit("a\xe2\x80\xae"
              "b",
              100,
              "a\xef\xbf\xbd"
              "b");
    check_fit("\xff", 100, "\xef\xbf\xbd");
    check_fit("e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81", 100,
              "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81");
}

int main(void) {
    RUN(shapes_cover_their_area);
    RUN(polygons_cover_their_area);
    RUN(polygons_are_cut_at_the_page);
    RUN(shapes_may_leave_the_page);
    RUN(glyphs_stay_in_their_boxes);
    RUN(text_is_cut_to_fit);
    return TEST_RESULT();
}
