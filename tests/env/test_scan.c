/* Convex polygons in small pictures: a pixel is filled if its centre is inside. */
#include <math.h>

#include "envs/scan.h"
#include "runtime/base/rng.h"
#include "support/test.h"

enum { WIDTH = 40, HEIGHT = 30, N_INKS = 4 };
static const uint32_t colors[N_INKS] = {0x000000, 0x010203, 0xff8040, 0xffffff};

static unsigned char rgb[3 * WIDTH * HEIGHT];
static wn_scan scan;

static uint32_t at(size_t x, size_t y) {
    const unsigned char *p = rgb + 3 * (y * WIDTH + x);
    return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

/* How far the middle of a pixel is to one side of the line from a to b. */
static double side(wn_scan_point a, wn_scan_point b, size_t x, size_t y) {
    const double px = (double)x + 0.5, py = (double)y + 0.5;
    return ((b.x - a.x) * (py - a.y) - (b.y - a.y) * (px - a.x)) / hypot(b.x - a.x, b.y - a.y);
}

/* A regular polygon, in either direction, that may lie across the border of the picture. */
static size_t draw_polygon(wn_rng *rng, wn_scan_point *corner) {
    const size_t n = 3 + (size_t)wn_rng_below(rng, WN_SCAN_CORNERS - 2);
    const double x = wn_rng_uniform(rng) * 50 - 5, y = wn_rng_uniform(rng) * 40 - 5;
    const double radius = 0.3 + 25 * wn_rng_uniform(rng) * wn_rng_uniform(rng);
    const double turn = wn_rng_uniform(rng) * 7, direction = wn_rng_uniform(rng) < 0.5 ? 1 : -1;
    for (size_t i = 0; i < n; i++) {
        const double angle = turn + direction * 6.283185307 * (double)i / (double)n;
        corner[i] = (wn_scan_point){x + radius * cos(angle), y + radius * sin(angle)};
    }
    return n;
}

/* Against the definition; centres within a millionth of a pixel of an edge may go either way. */
static void test_centres(void) {
    wn_rng rng = wn_rng_stream(1, 2, 3, 4);
    size_t filled = 0;
    for (int round = 0; round < 3000; round++) {
        wn_scan_point corner[WN_SCAN_CORNERS];
        const size_t n = draw_polygon(&rng, corner);
        wn_scan_clear(&scan, 1);
        wn_scan_polygon(&scan, corner, n, 2);
        for (size_t y = 0; y < HEIGHT; y++)
            for (size_t x = 0; x < WIDTH; x++) {
                double low = HUGE_VAL, high = -HUGE_VAL;
                for (size_t i = 0; i < n; i++) {
                    const double s = side(corner[i], corner[(i + 1) % n], x, y);
                    low = fmin(low, s);
                    high = fmax(high, s);
                }
                const int inside = low > 1e-6 || high < -1e-6, outside = low < -1e-6 && high > 1e-6;
                CHECK(!inside || at(x, y) == colors[2]);
                CHECK(!outside || at(x, y) == colors[1]);
                filled += at(x, y) == colors[2];
            }
    }
    CHECK(filled > 100000);
}

/* The pieces of a plane cut by lines through one point cover it without gap or overlap. */
static void test_shared_edges(void) {
    wn_rng rng = wn_rng_stream(1, 2, 3, 5);
    for (int round = 0; round < 500; round++) {
        const wn_scan_point middle = {round % 2 ? 20.5 : wn_rng_uniform(&rng) * WIDTH,
                                      round % 3 ? 14.5 : wn_rng_uniform(&rng) * HEIGHT};
        const wn_scan_point corner[5] = {
            {-50, -50}, {100, -50}, {100, 100}, {-50, 100}, {-50, -50}};
        size_t times[HEIGHT][WIDTH] = {0};
        for (size_t i = 0; i < 4; i++) {
            const wn_scan_point forward[3] = {middle, corner[i], corner[i + 1]};
            const wn_scan_point backward[3] = {corner[i + 1], corner[i], middle};
            wn_scan_clear(&scan, 0);
            wn_scan_polygon(&scan, i % 2 ? forward : backward, 3, 3);
            for (size_t y = 0; y < HEIGHT; y++)
                for (size_t x = 0; x < WIDTH; x++)
                    times[y][x] += at(x, y) == colors[3];
        }
        for (size_t k = 0; k < WIDTH * HEIGHT; k++)
            CHECK(times[k / WIDTH][k % WIDTH] == 1);
    }
}

/* Far outside, huge, flat and without area. */
static void test_extremes(void) {
    const wn_scan_point far[3] = {{1e9, 5}, {2e9, 7}, {1e9, 20}};
    const wn_scan_point flat[4] = {{5, 5}, {5, 5}, {30, 5}, {30, 5}};
    const wn_scan_point huge[4] = {{-1e12, -1e12}, {1e12, -1e12}, {1e12, 1e12}, {-1e12, 1e12}};
    wn_scan_clear(&scan, 0);
    wn_scan_polygon(&scan, far, 3, 3);
    wn_scan_polygon(&scan, flat, 4, 3);
    for (size_t i = 0; i < sizeof rgb; i++)
        CHECK(rgb[i] == 0);
    wn_scan_polygon(&scan, huge, 4, 3);
    for (size_t i = 0; i < sizeof rgb; i++)
        CHECK(rgb[i] == 255);
}

int main(void) {
    void *scratch = malloc(wn_scan_scratch(WIDTH, HEIGHT, N_INKS));
    wn_scan_begin(&scan, WIDTH, HEIGHT, rgb, colors, N_INKS, scratch);
    RUN(test_centres);
    RUN(test_shared_edges);
    RUN(test_extremes);
    free(scratch);
    return TEST_RESULT();
}
