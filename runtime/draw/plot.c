/* Plots: where things go. */
#include "runtime/draw/plot.h"

#include <math.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

/* Okabe and Ito's colours, which people with any kind of colour vision tell apart (Color Universal
 * Design, 2008), after those of page, text, axes and grid. */
enum { PAPER, INK, SOFT, GRID, FIRST_SERIES };
static const wn_ink inks[FIRST_SERIES + WN_PLOT_SERIES] = {
    {0xffffff, 0x15181d}, {0x15181d, 0xe8ebee}, {0x5b6570, 0xa3acb7}, {0xe1e5ea, 0x2b323b},
    {0x0072b2, 0x56b4e9}, {0xd55e00, 0xe69f00}, {0x009e73, 0x2fcf9f}, {0xb0507f, 0xe08cb8},
    {0x8a6d00, 0xf0e442}, {0x56b4e9, 0x9fd6f7}};

enum { USUAL_WIDTH = 760, USUAL_HEIGHT = 460, TEXT = 13 };

/* The frame of the axes in the picture, and what it shows. */
typedef struct frame {
    wn_canvas *canvas;
    const wn_plot *plot;
    double width, height;
    double left, right, top, bottom;
    double x_low, x_high, y_low, y_high;
} frame;

static wn_point place(const frame *f, double x, double y) {
    return (wn_point){f->left + (x - f->x_low) / (f->x_high - f->x_low) * (f->right - f->left),
                      f->bottom - (y - f->y_low) / (f->y_high - f->y_low) * (f->bottom - f->top)};
}

double wn_plot_step(double low, double high, int n, double *first, int *digits) {
    const double rough = (high - low) / n;
    const double power = pow(10, floor(log10(rough))), ratio = rough / power;
    const double step = power * (ratio <= 1 ? 1 : ratio <= 2 ? 2 : ratio <= 5 ? 5 : 10);
    *first = ceil(low / step - 1e-9) * step;
    *digits = (int)fmax(0, ceil(-log10(step) - 1e-9));
    return step;
}

static void widen(double *low, double *high, double value) {
    if (!isfinite(value))
        return;
    *low = fmin(*low, value);
    *high = fmax(*high, value);
}

static void settle(double *low, double *high, double margin) {
    if (!(*low <= *high))
        *low = *high = 0;
    if (!(*high - *low > 1e-9 * fmax(fabs(*low), fabs(*high)))) {
        const double around = fmax(fabs(*low) * 0.1, 1e-3);
        *low -= around;
        *high += around;
    }
    const double extra = (*high - *low) * margin;
    *low -= extra;
    *high += extra;
}

static double spread_of(const wn_series *s, size_t i) {
    return s->spread && isfinite(s->spread[i]) ? s->spread[i] : 0;
}

static void find_ranges(frame *f) {
    f->x_low = f->y_low = (double)INFINITY;
    f->x_high = f->y_high = -(double)INFINITY;
    for (size_t k = 0; k < f->plot->n_series; k++) {
        const wn_series *s = &f->plot->series[k];
        for (size_t i = 0; i < s->n; i++) {
            widen(&f->x_low, &f->x_high, s->x[i]);
            widen(&f->y_low, &f->y_high, s->y[i] - spread_of(s, i));
            widen(&f->y_low, &f->y_high, s->y[i] + spread_of(s, i));
        }
    }
    settle(&f->x_low, &f->x_high, 0);
    settle(&f->y_low, &f->y_high, 0.04);
}

static void write_text(const frame *f, wn_point at, const char *text, double size, int ink,
                       wn_anchor anchor, bool bold, double width) {
    wn_buf fitted = {0};
    wn_text_fit(&fitted, text, size, width);
    if (fitted.data)
        f->canvas->text(f->canvas, at, fitted.data,
                        &(wn_text_style){size, ink, 1, anchor, bold});
    wn_buf_free(&fitted);
}

static void line(const frame *f, wn_point a, wn_point b, int ink, double width) {
    const wn_point points[4] = {a, a, b, b};
    f->canvas->curve(f->canvas, points, 1, &(wn_style){WN_NO_INK, ink, width, 1});
}

enum { MOST_TICKS = 40 };

static void draw_y_axis(const frame *f) {
    double first;
    int digits;
    const double step = wn_plot_step(f->y_low, f->y_high, 6, &first, &digits);
    for (int i = 0; i < MOST_TICKS && first + i * step <= f->y_high; i++) {
        const double y = first + i * step;
        const wn_point at = place(f, f->x_low, y);
        char number[WN_NUMBER_SIZE];
        wn_format_fixed(number, fabs(y) < step / 2 ? 0 : y, digits);
        line(f, at, (wn_point){f->right, at.y}, fabs(y) < step / 2 ? SOFT : GRID, 1);
        write_text(f, (wn_point){f->left - 8, at.y + 4.5}, number, TEXT, SOFT, WN_ANCHOR_END, false,
                   f->left - 8);
    }
}

static void draw_x_axis(const frame *f) {
    double first;
    int digits;
    const double step = wn_plot_step(f->x_low, f->x_high, 8, &first, &digits);
    line(f, (wn_point){f->left, f->bottom}, (wn_point){f->right, f->bottom}, SOFT, 1);
    for (int i = 0; i < MOST_TICKS && first + i * step <= f->x_high + step * 1e-9; i++) {
        const double x = first + i * step;
        const wn_point at = place(f, x, f->y_low);
        char number[WN_NUMBER_SIZE];
        wn_format_fixed(number, fabs(x) < step / 2 ? 0 : x, digits);
        line(f, at, (wn_point){at.x, at.y + 5}, SOFT, 1);
        write_text(f, (wn_point){at.x, at.y + 20}, number, TEXT, SOFT, WN_ANCHOR_MIDDLE, false, 80);
    }
}

static void draw_texts(const frame *f) {
    const wn_plot *p = f->plot;
    const double room = f->right - f->left;
    write_text(f, (wn_point){f->left, 30}, p->title, 17, INK, WN_ANCHOR_START, true, room);
    if (p->subtitle)
        write_text(f, (wn_point){f->left, 50}, p->subtitle, TEXT, SOFT, WN_ANCHOR_START, false, room);
    write_text(f, (wn_point){f->left, f->top - 12}, p->y_label, TEXT, INK, WN_ANCHOR_START, false,
               room / 2);
    write_text(f, (wn_point){(f->left + f->right) / 2, f->bottom + 42}, p->x_label, TEXT, INK,
               WN_ANCHOR_MIDDLE, false, room);
}

static void draw_legend(const frame *f) {
    double x = f->right;
    for (size_t k = f->plot->n_series; f->plot->n_series > 1 && k-- > 0;) {
        const char *name = f->plot->series[k].name;
        const wn_point at = {x, f->top - 12};
        const double width = fmin(wn_text_width(name, TEXT), 160);
        write_text(f, at, name, TEXT, INK, WN_ANCHOR_END, false, 160);
        line(f, (wn_point){x - width - 24, at.y - 4}, (wn_point){x - width - 6, at.y - 4},
             FIRST_SERIES + (int)k, 3);
        x -= width + 44;
    }
}

/* The end of the stretch without a gap that begins at i. */
static size_t stretch(const wn_series *s, size_t i) {
    while (i < s->n && isfinite(s->x[i]) && isfinite(s->y[i]))
        i++;
    return i;
}

static void draw_band(const frame *f, const wn_series *s, size_t first, size_t end, int ink,
                      wn_point *points) {
    const size_t n = end - first;
    for (size_t i = 0; i < n; i++) {
        const double x = s->x[first + i], y = s->y[first + i], half = spread_of(s, first + i);
        points[i] = place(f, x, y + half);
        points[2 * n - 1 - i] = place(f, x, y - half);
    }
    if (n > 1)
        f->canvas->polygon(f->canvas, points, 2 * n, &(wn_style){ink, WN_NO_INK, 0, 0.2});
}

static void draw_line(const frame *f, const wn_series *s, size_t first, size_t end, int ink,
                      wn_point *points) {
    const size_t n = end - first;
    for (size_t i = 0; i < n; i++) {
        const wn_point at = place(f, s->x[first + i], s->y[first + i]);
        if (i > 0) {
            points[3 * i - 2] = points[3 * i - 3];
            points[3 * i - 1] = at;
        }
        points[3 * i] = at;
    }
    if (n > 1)
        f->canvas->curve(f->canvas, points, n - 1, &(wn_style){WN_NO_INK, ink, 2, 1});
    else
        f->canvas->circle(f->canvas, points[0], 2, &(wn_style){ink, WN_NO_INK, 0, 1});
}

static void draw_dots(const frame *f, const wn_series *s, size_t first, size_t end, int ink) {
    for (size_t i = first; i < end; i++)
        f->canvas->circle(f->canvas, place(f, s->x[i], s->y[i]), 3.2, &(wn_style){ink, PAPER, 0.8, 1});
}

/* points[3 n + 1] is scratch. */
static void draw_series(const frame *f, size_t k, wn_point *points) {
    const wn_series *s = &f->plot->series[k];
    const int ink = FIRST_SERIES + (int)k;
    f->canvas->open(f->canvas, "series", s->name);
    for (size_t i = 0, end; i < s->n; i = end + 1) {
        end = stretch(s, i);
        if (end > i && s->spread)
            draw_band(f, s, i, end, ink, points);
        if (end > i && s->apart)
            draw_dots(f, s, i, end, ink);
        else if (end > i)
            draw_line(f, s, i, end, ink, points);
    }
    f->canvas->close(f->canvas);
}

/* The word stands where it is neither cut off nor on the point. */
static void draw_mark(const frame *f, const wn_mark *mark) {
    const wn_point at = place(f, mark->x, mark->y);
    const double width = wn_text_width(mark->text, TEXT);
    const bool right = at.x + 10 + width <= f->right;
    f->canvas->circle(f->canvas, at, 4.5, &(wn_style){PAPER, INK, 1.6, 1});
    write_text(f, (wn_point){right ? at.x + 10 : at.x - 10, fmax(at.y - 7, f->top + 12)}, mark->text,
               TEXT, INK, right ? WN_ANCHOR_START : WN_ANCHOR_END, false, f->width);
}

static wann_status draw(frame *f, wann_diag *diag) {
    size_t most = 0;
    for (size_t k = 0; k < f->plot->n_series; k++)
        most = f->plot->series[k].n > most ? f->plot->series[k].n : most;
    wn_point *points = wn_calloc(3 * most + 1, sizeof *points);
    if (!points)
        return wn_fail_memory(diag);
    find_ranges(f);
    draw_y_axis(f);
    draw_x_axis(f);
    for (size_t k = 0; k < f->plot->n_series && k < WN_PLOT_SERIES; k++)
        draw_series(f, k, points);
    for (size_t i = 0; i < f->plot->n_marks; i++)
        draw_mark(f, &f->plot->marks[i]);
    draw_texts(f);
    draw_legend(f);
    wn_free(points);
    return WANN_OK;
}

static frame frame_of(const wn_plot *plot) {
    frame f = {.plot = plot, .width = USUAL_WIDTH, .height = USUAL_HEIGHT};
    if (plot->width > 0 && plot->height > 0) {
        f.width = plot->width;
        f.height = plot->height;
    }
    f.left = WN_PLOT_LEFT;
    f.right = f.width - WN_PLOT_RIGHT;
    f.top = plot->subtitle ? WN_PLOT_TOP : WN_PLOT_TOP - 20;
    f.bottom = f.height - WN_PLOT_BOTTOM;
    return f;
}

static wn_picture picture_of(const frame *f) {
    return (wn_picture){.width = f->width,
                        .height = f->height,
                        .title = f->plot->title,
                        .description = f->plot->description ? f->plot->description : "",
                        .inks = inks,
                        .n_inks = FIRST_SERIES + WN_PLOT_SERIES,
                        .paper = PAPER,
                        .scope = "p"};
}

wann_status wn_plot_svg(const wn_plot *plot, wn_buf *out, wann_diag *diag) {
    frame f = frame_of(plot);
    const wn_picture picture = picture_of(&f);
    wn_svg svg;
    wn_svg_begin(&svg, &picture, out);
    f.canvas = &svg.canvas;
    WN_TRY(draw(&f, diag));
    wn_svg_end(&svg);
    return out->failed ? wn_fail_memory(diag) : WANN_OK;
}

wann_status wn_plot_png(const wn_plot *plot, double scale, wn_buf *out, wann_diag *diag) {
    frame f = frame_of(plot);
    const wn_picture picture = picture_of(&f);
    wn_raster raster;
    wann_status status = wn_raster_begin(&raster, &picture, scale, 1e8, diag);
    f.canvas = &raster.canvas;
    if (status == WANN_OK)
        status = draw(&f, diag);
    if (status == WANN_OK)
        status = wn_raster_png(&raster, out, diag);
    wn_raster_free(&raster);
    return status;
}
