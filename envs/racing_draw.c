/* The pictures of car racing. The view is the original's: a window of 1200 x 1000 that follows the
 * car, squeezed into whatever size is asked for. */
#include <math.h>
#include <string.h>

#include "envs/racing.h"
#include "envs/scan.h"
#include "runtime/base/alloc.h"
#include "runtime/base/text.h"
#include "runtime/draw/canvas.h"

static const double WINDOW_WIDTH = 1200, WINDOW_HEIGHT = 1000;

enum {
    VOID,
    GRASS,
    LIGHT_GRASS,
    ROAD, /* three shades, of tiles that were not visited yet; those that were have the first */
    CURB_WHITE = ROAD + 3,
    CURB_RED,
    TYRE,
    TYRE_MARK,
    HULL,
    PANEL,
    FRONT_WHEEL,
    REAR_WHEEL,
    STEERING,
    MUD,
    N_INKS,
    RUBBER = TYRE,
    GYRO = CURB_RED,
    SPEED = CURB_WHITE
};

/* The original's colours are parts of 1: 0.4, 0.8, .... */
static const uint32_t colors[N_INKS] = {
    [VOID] = 0x000000,        [GRASS] = 0x66cc66,      [LIGHT_GRASS] = 0x66e666,
    [ROAD] = 0x666666,        [ROAD + 1] = 0x696969,   [ROAD + 2] = 0x6b6b6b,
    [CURB_WHITE] = 0xffffff,  [CURB_RED] = 0xff0000,   [TYRE] = 0x000000,
    [TYRE_MARK] = 0x4d4d4d,   [HULL] = 0xcc0000,       [PANEL] = 0x000000,
    [FRONT_WHEEL] = 0x0000ff, [REAR_WHEEL] = 0x3300ff, [STEERING] = 0x00ff00,
    [MUD] = 0x666600,
};

/* From the field to pixels: x' = xx x + xy y + x0 and so on. */
typedef struct camera {
    double xx, xy, x0, yx, yy, y0;
    double x, y, reach; /* what is farther from here than this is not seen */
} camera;

/* The view comes nearer in the first second, and looks where the car goes if it moves. */
static camera camera_of(const wn_racing *r, uint32_t width, uint32_t height) {
    const wn_b2_motion hull = wn_b2_body_motion(r->hull);
    const double vx = (double)hull.velocity.x, vy = (double)hull.velocity.y;
    const double angle = sqrt(vx * vx + vy * vy) > 0.5 ? atan2(vx, vy) : -(double)hull.angle;
    const double t = fmin(r->seconds, 1), zoom = 0.6 * (1 - t) + 16.2 * t;
    const double x = (double)hull.position.x, y = (double)hull.position.y;
    const double kx = width / WINDOW_WIDTH * zoom, ky = height / WINDOW_HEIGHT * zoom;
    const double c = cos(angle), s = sin(angle);
    return (camera){.xx = kx * c,
                    .xy = -kx * s,
                    .x0 = width / 2.0 - kx * (x * c - y * s),
                    .yx = -ky * s,
                    .yy = -ky * c,
                    .y0 = height * 0.75 + ky * (x * s + y * c),
                    .x = x,
                    .y = y,
                    .reach = hypot(WINDOW_WIDTH / 2, WINDOW_HEIGHT * 0.75) / zoom};
}

static wn_scan_point project(const camera *c, double x, double y) {
    return (wn_scan_point){c->xx * x + c->xy * y + c->x0, c->yx * x + c->yy * y + c->y0};
}

static void fill(wn_scan *scan, const camera *c, const wn_b2_vec *corner, size_t n, size_t ink) {
    wn_scan_point p[WN_B2_VERTICES];
    for (size_t i = 0; i < n; i++)
        p[i] = project(c, (double)corner[i].x, (double)corner[i].y);
    wn_scan_polygon(scan, p, n, ink);
}

static void fill_square(wn_scan *scan, const camera *c, double x, double y, double side,
                        size_t ink) {
    const wn_scan_point p[4] = {project(c, x + side, y), project(c, x, y), project(c, x, y + side),
                                project(c, x + side, y + side)};
    wn_scan_polygon(scan, p, 4, ink);
}

/* The range of squares, of 20 a direction, that may be seen around a coordinate. */
static void seen(double middle, double reach, int *first, int *last) {
    const double pair = WN_RACING_FIELD / 10;
    *first = (int)fmax(-10, floor((middle - reach) / pair));
    *last = (int)fmin(9, floor((middle + reach) / pair));
}

static void draw_field(wn_scan *scan, const camera *c) {
    const double side = WN_RACING_FIELD / 20;
    int x0, x1, y0, y1;
    if (fabs(c->x) + c->reach < WN_RACING_FIELD && fabs(c->y) + c->reach < WN_RACING_FIELD) {
        wn_scan_clear(scan, GRASS);
    } else {
        wn_scan_clear(scan, VOID);
        fill_square(scan, c, -WN_RACING_FIELD, -WN_RACING_FIELD, 2 * WN_RACING_FIELD, GRASS);
    }
    seen(c->x, c->reach, &x0, &x1);
    seen(c->y, c->reach, &y0, &y1);
    for (int x = x0; x <= x1; x++)
        for (int y = y0; y <= y1; y++)
            fill_square(scan, c, 2 * x * side, 2 * y * side, side, LIGHT_GRASS);
}

/* A tile reaches some 8.5 m from the place that it is named by, a curb 1.4 m more. */
static bool is_near(const camera *c, const wn_racing_place *p) {
    const double x = p->x - c->x, y = p->y - c->y, reach = c->reach + 10;
    return x * x + y * y < reach * reach;
}

static void draw_road(wn_scan *scan, const camera *c, const wn_racing *r) {
    for (size_t i = 0; i < r->track.n; i++) {
        if (!is_near(c, &r->track.place[i]))
            continue;
        const wn_racing_tile *tile = &r->track.tile[i];
        fill(scan, c, tile->corner, 4, r->visited[i] ? ROAD : ROAD + i % 3);
        if (tile->has_curb)
            fill(scan, c, tile->curb, 4, i % 2 ? CURB_RED : CURB_WHITE);
    }
}

static void fill_part(wn_scan *scan, const camera *c, const wn_b2_body *body,
                      const wn_b2_vec *corner, size_t n, size_t ink) {
    wn_b2_vec p[WN_B2_VERTICES];
    for (size_t i = 0; i < n; i++)
        p[i] = wn_b2_world_point(body, corner[i]);
    fill(scan, c, p, n, ink);
}

/* A light bar across the tyre, 1.2 rad of its surface, which one sees going round. */
static void draw_wheel(wn_scan *scan, const camera *c, const wn_racing_wheel *w) {
    wn_b2_vec p[WN_B2_VERTICES];
    const size_t n = wn_racing_wheel_polygon(p);
    fill_part(scan, c, w->body, p, n, TYRE);
    const double s1 = sin(w->phase), s2 = sin(w->phase + 1.2);
    double c1 = cos(w->phase), c2 = cos(w->phase + 1.2);
    if (s1 > 0 && s2 > 0)
        return;
    if (s1 > 0)
        c1 = c1 < 0 ? -1 : 1;
    if (s2 > 0)
        c2 = c2 < 0 ? -1 : 1;
    const float top = p[0].y * (float)c1, bottom = p[0].y * (float)c2;
    const wn_b2_vec bar[4] = {{p[0].x, top}, {p[1].x, top}, {p[1].x, bottom}, {p[0].x, bottom}};
    fill_part(scan, c, w->body, bar, 4, TYRE_MARK);
}

static void draw_car(wn_scan *scan, const camera *c, const wn_racing *r) {
    for (size_t i = 0; i < WN_RACING_WHEELS; i++)
        draw_wheel(scan, c, &r->wheel[i]);
    for (size_t k = 0; k < WN_RACING_HULLS; k++) {
        wn_b2_vec p[WN_B2_VERTICES];
        const size_t n = wn_racing_hull_polygon(k, p);
        fill_part(scan, c, r->hull, p, n, HULL);
    }
}

/* A rectangle of the panel, whose field is 40 x 40 from the lower left corner of the window. */
static void fill_panel(wn_scan *scan, double x0, double y0, double x1, double y1, size_t ink) {
    const double kx = scan->width / 40.0, ky = scan->height / 40.0;
    const wn_scan_point p[4] = {{kx * x0, ky * (40 - y0)},
                                {kx * x1, ky * (40 - y0)},
                                {kx * x1, ky * (40 - y1)},
                                {kx * x0, ky * (40 - y1)}};
    wn_scan_polygon(scan, p, 4, ink);
}

static void draw_panel(wn_scan *scan, const wn_racing *r) {
    const wn_b2_motion hull = wn_b2_body_motion(r->hull);
    const double speed = hypot((double)hull.velocity.x, (double)hull.velocity.y);
    fill_panel(scan, 0, 0, 40, 5, PANEL);
    fill_panel(scan, 5, 1, 6, 1 + 0.02 * speed, SPEED);
    for (size_t i = 0; i < WN_RACING_WHEELS; i++)
        fill_panel(scan, 7 + (double)i, 1, 8 + (double)i, 1 + 0.01 * r->wheel[i].omega,
                   i < 2 ? FRONT_WHEEL : REAR_WHEEL);
    fill_panel(scan, 20, 4, 20 - 10 * (double)wn_b2_joint_angle(r->wheel[0].joint), 2, STEERING);
    fill_panel(scan, 30, 4, 30 - 0.8 * (double)hull.spin, 2, GYRO);
}

/* A stretch of a mark, as wide as a tyre. */
static void draw_stretch(wn_scan *scan, const camera *c, wn_b2_vec a, wn_b2_vec b, size_t ink) {
    const float half = 0.28f, x = b.x - a.x, y = b.y - a.y, length = hypotf(x, y);
    if (!(length > 0))
        return;
    const float dx = -y / length * half, dy = x / length * half;
    const wn_b2_vec corner[4] = {
        {a.x + dx, a.y + dy}, {b.x + dx, b.y + dy}, {b.x - dx, b.y - dy}, {a.x - dx, a.y - dy}};
    fill(scan, c, corner, 4, ink);
}

/* The oldest first. The original keeps them from the picture that the encoder sees. */
static void draw_marks(wn_scan *scan, const camera *c, const wn_racing *r) {
    const size_t n = r->n_marks < WN_RACING_MARKS ? r->n_marks : WN_RACING_MARKS;
    for (size_t i = r->n_marks - n; i < r->n_marks; i++) {
        const wn_racing_mark *m = &r->mark[i % WN_RACING_MARKS];
        for (size_t k = 1; k < m->n; k++)
            draw_stretch(scan, c, m->point[k - 1], m->point[k], m->mud ? MUD : RUBBER);
    }
}

static void draw_world(wn_scan *scan, const wn_racing *r, bool marks) {
    const camera c = camera_of(r, scan->width, scan->height);
    draw_field(scan, &c);
    draw_road(scan, &c, r);
    if (marks)
        draw_marks(scan, &c, r);
    draw_car(scan, &c, r);
}

void wn_racing_view(const wn_racing *r, unsigned char *rgb) {
    int32_t scratch[2 * WN_RACING_VIEW + N_INKS * WN_RACING_VIEW * 3 / sizeof(int32_t)];
    wn_scan scan;
    wn_scan_begin(&scan, WN_RACING_VIEW, WN_RACING_VIEW, rgb, colors, N_INKS, scratch);
    draw_world(&scan, r, false);
}

enum { FINE = 3 }; /* points a pixel in each direction, for people */

static void shrink(const unsigned char *fine, uint32_t width, uint32_t height, unsigned char *rgb) {
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < 3 * (size_t)width; x++) {
            unsigned sum = 0;
            for (size_t k = 0; k < FINE * FINE; k++)
                sum += fine[((y * FINE + k / FINE) * width * FINE + x / 3 * FINE + k % FINE) * 3 +
                            x % 3];
            rgb[y * 3 * width + x] = (unsigned char)((sum + FINE * FINE / 2) / (FINE * FINE));
        }
}

/* The reward, at the left of the panel, where the original has it. */
static bool write_reward(const wn_racing *r, uint32_t width, uint32_t height, unsigned char *rgb) {
    static const wn_ink inks[2] = {{0x000000, 0}, {0xffffff, 0}};
    const wn_picture picture = {.width = width, .height = height, .inks = inks, .n_inks = 2};
    char number[WN_NUMBER_SIZE];
    wn_format_fixed(number, r->reward, 0);
    wn_raster raster;
    const bool enough = wn_raster_begin(&raster, &picture, 1, HUGE_VAL, NULL) == WANN_OK;
    if (enough) {
        const double size = fmin(height / 18.0, width / 24.0);
        memcpy(raster.rgb, rgb, (size_t)width * height * 3);
        raster.canvas.text(&raster.canvas,
                           (wn_point){width * 0.11, height * (1 - 1 / 16.0) + size * 0.35}, number,
                           &(wn_text_style){size, 1, 1, WN_ANCHOR_END, false});
        memcpy(rgb, raster.rgb, (size_t)width * height * 3);
    }
    wn_raster_free(&raster);
    return enough;
}

bool wn_racing_picture(const wn_racing *r, uint32_t width, uint32_t height, unsigned char *rgb) {
    const uint32_t w = FINE * width, h = FINE * height;
    unsigned char *fine = wn_calloc((size_t)w * h, 3);
    void *scratch = wn_alloc(wn_scan_scratch(w, h, N_INKS));
    const bool enough = fine && scratch;
    if (enough) {
        wn_scan scan;
        wn_scan_begin(&scan, w, h, fine, colors, N_INKS, scratch);
        draw_world(&scan, r, true);
        draw_panel(&scan, r);
        shrink(fine, width, height, rgb);
    }
    wn_free(fine);
    wn_free(scratch);
    return enough && write_reward(r, width, height, rgb);
}
