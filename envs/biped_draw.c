/* The picture of the walker: the original's view, 20 m wide, which follows the hull. */
#include <math.h>
#include <string.h>

#include "envs/biped.h"
#include "runtime/base/alloc.h"
#include "runtime/draw/canvas.h"

enum { VIEW_HEIGHT = 400 }; /* units of the picture, 1/30 m each */
/* The view moves up and down only where the hull would come near an edge of the picture. */
static const double LOWEST = 3.5, HIGHEST = 9.5;

enum {
    SKY,
    SOIL,
    TURF,
    STONE,
    STONE_EDGE,
    NEAR,
    NEAR_EDGE,
    FAR,
    FAR_EDGE,
    HULL,
    HULL_EDGE,
    RAY,
    POLE,
    FLAG,
    N_INKS
};
static const wn_ink inks[N_INKS] = {
    [SKY] = {0xe6e9ff, 0},       [SOIL] = {0x66994d, 0},       [TURF] = {0x3d7a2e, 0},
    [STONE] = {0xf4f4f4, 0},     [STONE_EDGE] = {0x8a8a8a, 0}, [NEAR] = {0x804d66, 0},
    [NEAR_EDGE] = {0x4d2640, 0}, [FAR] = {0xc28fb0, 0},        [FAR_EDGE] = {0x80597a, 0},
    [HULL] = {0x8066e6, 0},      [HULL_EDGE] = {0x4d4d80, 0},  [RAY] = {0xd02020, 0},
    [POLE] = {0x202020, 0},      [FLAG] = {0xe63300, 0},
};

typedef struct view {
    wn_canvas *canvas;
    const wn_biped *biped;
    double width;      /* of the picture */
    double left, base; /* of the picture, in metres */
} view;

static wn_point at(const view *v, double x, double y) {
    return (wn_point){(x - v->left) * WN_BIPED_SCALE, VIEW_HEIGHT - (y - v->base) * WN_BIPED_SCALE};
}

static void line(const view *v, wn_point from, wn_point to, int ink, double width, double opacity) {
    const wn_point third = {(to.x - from.x) / 3, (to.y - from.y) / 3};
    const wn_point curve[4] = {
        from, {from.x + third.x, from.y + third.y}, {to.x - third.x, to.y - third.y}, to};
    v->canvas->curve(v->canvas, curve, 1, &(wn_style){WN_NO_INK, ink, width, opacity});
}

/* The corners that can be seen, as one outline down to below the picture. Left of its first corner
 * there is no ground. */
static void draw_ground(const view *v) {
    const double last = v->left + v->width / WN_BIPED_SCALE;
    wn_point outline[WN_BIPED_CORNERS + 2];
    size_t n = 0;
    for (size_t i = 0; i < WN_BIPED_CORNERS; i++) {
        const double x = (double)i * WN_BIPED_STEP;
        if (x > v->left - WN_BIPED_STEP && x < last + WN_BIPED_STEP)
            outline[n++] = at(v, x, v->biped->terrain.height[i]);
    }
    if (n < 2)
        return;
    outline[n] = (wn_point){outline[n - 1].x, VIEW_HEIGHT + 10};
    outline[n + 1] = (wn_point){outline[0].x, VIEW_HEIGHT + 10};
    v->canvas->polygon(v->canvas, outline, n + 2, &(wn_style){SOIL, WN_NO_INK, 0, 1});
    for (size_t i = 0; i + 1 < n; i++)
        line(v, outline[i], outline[i + 1], TURF, 4, 1);
}

static void draw_blocks(const view *v) {
    for (size_t i = 0; i < v->biped->terrain.n_blocks; i++) {
        wn_point corner[4];
        for (size_t k = 0; k < 4; k++) {
            const wn_b2_vec p = v->biped->terrain.block[i][k];
            corner[k] = at(v, (double)p.x, (double)p.y);
        }
        v->canvas->polygon(v->canvas, corner, 4, &(wn_style){STONE, STONE_EDGE, 2, 1});
    }
}

/* Where to start from and where to get. */
static void draw_flag(const view *v, size_t corner) {
    const double x = (double)corner * WN_BIPED_STEP, foot = v->biped->terrain.height[corner];
    const wn_point top = at(v, x, foot + 50 / WN_BIPED_SCALE);
    const wn_point flag[3] = {top, {top.x, top.y + 12}, {top.x + 25, top.y + 6}};
    line(v, at(v, x, foot), top, POLE, 2, 1);
    v->canvas->polygon(v->canvas, flag, 3, &(wn_style){FLAG, POLE, 1, 1});
}

static void draw_lidar(const view *v) {
    for (size_t i = 0; i < WN_BIPED_RAYS; i++) {
        wn_b2_vec from, to;
        wn_biped_ray(v->biped, i, &from, &to);
        const double part = v->biped->lidar[i];
        const wn_point start = at(v, (double)from.x, (double)from.y);
        const wn_point end = at(v, (double)from.x + part * (double)(to.x - from.x),
                                (double)from.y + part * (double)(to.y - from.y));
        line(v, start, end, RAY, 1, 0.35);
        if (part < 1)
            v->canvas->circle(v->canvas, end, 2.5, &(wn_style){RAY, WN_NO_INK, 0, 0.8});
    }
}

static void draw_part(const view *v, size_t part) {
    static const int fill[WN_BIPED_PARTS] = {HULL, FAR, FAR, NEAR, NEAR};
    static const int edge[WN_BIPED_PARTS] = {HULL_EDGE, FAR_EDGE, FAR_EDGE, NEAR_EDGE, NEAR_EDGE};
    wn_b2_vec corner[WN_B2_VERTICES];
    wn_point outline[WN_B2_VERTICES];
    const size_t n = wn_biped_part(part, corner);
    for (size_t i = 0; i < n; i++) {
        const wn_b2_vec p = wn_b2_world_point(v->biped->part[part], corner[i]);
        outline[i] = at(v, (double)p.x, (double)p.y);
    }
    v->canvas->polygon(v->canvas, outline, n, &(wn_style){fill[part], edge[part], 2, 1});
}

static void draw(const view *v) {
    draw_ground(v);
    draw_blocks(v);
    draw_flag(v, 3);
    draw_flag(v, WN_BIPED_FINISH);
    draw_lidar(v);
    draw_part(v, WN_BIPED_LEG_1);
    draw_part(v, WN_BIPED_SHIN_1);
    draw_part(v, WN_BIPED_LEG_2);
    draw_part(v, WN_BIPED_SHIN_2);
    draw_part(v, WN_BIPED_HULL);
}

bool wn_biped_draw(const wn_biped *biped, uint32_t width, uint32_t height, unsigned char *rgb) {
    const double scale = (double)height / VIEW_HEIGHT;
    const wn_picture picture = {.width = width / scale,
                                .height = VIEW_HEIGHT,
                                .inks = inks,
                                .n_inks = N_INKS,
                                .paper = SKY};
    wn_raster raster;
    const bool enough = wn_raster_begin(&raster, &picture, scale, (double)INFINITY, NULL) == WANN_OK;
    if (enough) {
        const wn_b2_vec hull = wn_b2_body_motion(biped->part[WN_BIPED_HULL]).position;
        const double y = (double)hull.y;
        const view v = {.canvas = &raster.canvas,
                        .biped = biped,
                        .width = picture.width,
                        .left = (double)hull.x - picture.width / WN_BIPED_SCALE / 5,
                        .base = fmax(y - HIGHEST, 0) + fmin(y - LOWEST, 0)};
        draw(&v);
        for (uint32_t row = 0; row < height; row++)
            memcpy(rgb + (size_t)row * width * 3, raster.rgb + (size_t)row * raster.width * 3,
                   (size_t)width * 3);
    }
    wn_raster_free(&raster);
    return enough;
}
