/* Plots of lines with bands around them, on any canvas. */
#ifndef WN_PLOT_H
#define WN_PLOT_H

#include "runtime/draw/canvas.h"

/* A line, or points apart. y and spread that are not finite leave a gap. */
typedef struct wn_series {
    const char *name;     /* in the legend, which is drawn for two series and more */
    size_t n;
    const double *x;      /* [n] ascending */
    const double *y;      /* [n] */
    const double *spread; /* [n] half the height of the band, or NULL: no band */
    bool apart;           /* a dot for each point instead of a line */
} wn_series;

/* A point that is pointed out: a ring, and a word beside it. */
typedef struct wn_mark {
    double x, y;
    const char *text;
} wn_mark;

/* Texts are any; they are cut to fit. At most WN_PLOT_SERIES series. */
enum { WN_PLOT_SERIES = 6 };
typedef struct wn_plot {
    double width, height; /* of the picture, in its units; 0: a usual size */
    const char *title, *subtitle;
    const char *x_label, *y_label;
    const char *description; /* for those who cannot see it */
    const wn_series *series;
    size_t n_series;
    const wn_mark *marks;
    size_t n_marks;
} wn_plot;

/* What is left free around the axes: by those who put something of their own into the plot. The top is
 * that of a plot with a subtitle. */
enum { WN_PLOT_LEFT = 64, WN_PLOT_RIGHT = 28, WN_PLOT_TOP = 92, WN_PLOT_BOTTOM = 56 };

/* Append the plot as an SVG document, or as a PNG file of `scale` pixels a unit. */
wann_status wn_plot_svg(const wn_plot *plot, wn_buf *out, wann_diag *diag);
wann_status wn_plot_png(const wn_plot *plot, double scale, wn_buf *out, wann_diag *diag);

/* Steps of 1, 2 or 5 times a power of ten, about n from low to high: the first is at or above low.
 * *digits: how many belong behind the point. low < high. */
double wn_plot_step(double low, double high, int n, double *first, int *digits);

#endif
