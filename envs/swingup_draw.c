/* The picture of the cart-pole: track, cart, pole, and the force of the last step. */
#include "envs/swingup_draw.h"

#include <math.h>
#include <string.h>

#include "runtime/draw/canvas.h"

/* Units of the picture: 1/100 m; what is shown of the world is 6 m wide. */
enum { VIEW_WIDTH = 600, VIEW_HEIGHT = 300, RAIL = 185, CART_WIDTH = 56, CART_HEIGHT = 26 };

enum { PAPER, STEEL, EDGE, CART, CART_EDGE, POLE, JOINT, FORCE, N_INKS };
static const wn_ink inks[N_INKS] = {[PAPER] = {0xffffff, 0},  [STEEL] = {0x9aa3ad, 0},
                                    [EDGE] = {0xd55e00, 0},   [CART] = {0x4a5563, 0},
                                    [CART_EDGE] = {0x2a323b, 0}, [POLE] = {0x0072b2, 0},
                                    [JOINT] = {0xf4f6f8, 0},  [FORCE] = {0xe69f00, 0}};

/* The view is as large as fits, in the middle of the picture. */
typedef struct view {
    wn_canvas *canvas;
    double left, top;
} view;

static wn_point at(const view *v, double x, double y) {
    return (wn_point){v->left + VIEW_WIDTH / 2.0 + 100 * x, v->top + y};
}

static void line(const view *v, wn_point a, wn_point b, int ink, double width) {
    const wn_point points[4] = {a, a, b, b};
    v->canvas->curve(v->canvas, points, 1, &(wn_style){WN_NO_INK, ink, width, 1});
}

static void draw_track(const view *v) {
    line(v, at(v, -WN_SWINGUP_TRACK, RAIL), at(v, WN_SWINGUP_TRACK, RAIL), STEEL, 3);
    for (int side = -1; side <= 1; side += 2)
        line(v, at(v, side * WN_SWINGUP_TRACK, RAIL - 16), at(v, side * WN_SWINGUP_TRACK, RAIL + 16),
             EDGE, 4);
}

/* An arrow from the cart's side, half a metre long for the largest force. */
static void draw_force(const view *v, double x, double action) {
    const double push = action < -1 ? -1 : action > 1 ? 1 : action;
    if (fabs(push) < 0.02)
        return;
    const double side = push > 0 ? 1 : -1, start = x + side * CART_WIDTH / 200.0;
    const double tip = start + side * 0.06 + push * 0.5;
    const wn_point head[3] = {at(v, tip + side * 0.1, RAIL), at(v, tip, RAIL - 7),
                              at(v, tip, RAIL + 7)};
    line(v, at(v, start, RAIL), at(v, tip, RAIL), FORCE, 5);
    v->canvas->polygon(v->canvas, head, 3, &(wn_style){FORCE, WN_NO_INK, 0, 1});
}

static void draw_cart(const view *v, const wn_cart_pole *p, double pole) {
    const wn_point middle = at(v, p->x, RAIL);
    const wn_point tip = {middle.x + 100 * pole * p->sine,
                          middle.y - 100 * pole * p->cosine};
    v->canvas->box(v->canvas, (wn_point){middle.x - CART_WIDTH / 2.0, middle.y - CART_HEIGHT / 2.0},
                   (wn_point){CART_WIDTH, CART_HEIGHT}, 6, &(wn_style){CART, CART_EDGE, 1.5, 1});
    line(v, middle, tip, POLE, 9);
    v->canvas->circle(v->canvas, middle, 4, &(wn_style){JOINT, CART_EDGE, 1.5, 1});
}

int wn_swingup_draw(const wn_cart_pole *state, double pole, double action, uint32_t width,
                    uint32_t height, unsigned char *rgb) {
    const double scale = fmin(width / (double)VIEW_WIDTH, height / (double)VIEW_HEIGHT);
    const wn_picture picture = {.width = width / scale,
                                .height = height / scale,
                                .title = "",
                                .description = "",
                                .inks = inks,
                                .n_inks = N_INKS,
                                .paper = PAPER};
    wn_raster raster;
    const bool enough = wn_raster_begin(&raster, &picture, scale, (double)INFINITY, NULL) == WANN_OK;
    if (enough) {
        const view v = {&raster.canvas, (picture.width - VIEW_WIDTH) / 2,
                        (picture.height - VIEW_HEIGHT) / 2};
        draw_track(&v);
        draw_force(&v, state->x, action);
        draw_cart(&v, state, pole);
        for (uint32_t row = 0; row < height; row++)
            memcpy(rgb + (size_t)row * width * 3, raster.rgb + (size_t)row * raster.width * 3,
                   (size_t)width * 3);
    }
    wn_raster_free(&raster);
    return enough ? WANN_OK : WANN_NO_MEMORY;
}
