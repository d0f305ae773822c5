/* The plots of a report. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/base/diag.h"
#include "runtime/draw/plot.h"
#include "search/cli/report.h"

/* Small enough to be read on a phone, where the page scales it down a little. */
enum { WIDTH = REPORT_PLOT_WIDTH, HEIGHT = REPORT_PLOT_HEIGHT, MOST_POINTS = 400 };

/* A few hundred of many points, the last one among them. */
static size_t thin(const double *from, size_t n, double *to) {
    const size_t step = n / MOST_POINTS + 1;
    size_t taken = 0;
    for (size_t i = 0; i < n; i += step)
        to[taken++] = from[i];
    if (n > 0 && (n - 1) % step != 0)
        to[taken++] = from[n - 1];
    return taken;
}

typedef struct line {
    const char *name;
    const double *y;
} line;

/* Lines over generations. */
static wann_status plot_curves(const report_curve *c, wn_plot *plot, const line *lines, size_t n,
                               wn_buf *out, wann_diag *diag) {
    enum { ROOM = MOST_POINTS + 2 };
    double *room = calloc((n + 1) * ROOM, sizeof *room);
    wn_series series[WN_PLOT_SERIES];
    if (!room)
        return wn_fail_memory(diag);
    const size_t points = thin(c->generation, c->n, room);
    for (size_t k = 0; k < n; k++) {
        double *y = room + (k + 1) * ROOM;
        thin(lines[k].y, c->n, y);
        series[k] = (wn_series){.name = lines[k].name, .n = points, .x = room, .y = y};
    }
    plot->series = series;
    plot->n_series = n;
    const wann_status status = wn_plot_svg(plot, out, diag);
    free(room);
    return status;
}

wann_status report_plot_fitness(const report *r, wn_buf *out, wann_diag *diag) {
    const report_curve *c = &r->run.curve;
    const line lines[] = {{"peak", c->peak}, {"best", c->best}, {"median", c->median}};
    wn_plot plot = {.width = WIDTH,
                    .height = HEIGHT,
                    .title = "Fitness over generations",
                    .x_label = "generation",
                    .y_label = "reward",
                    .description = "The generation's largest mean reward with one weight (peak), the "
                                   "best and the median mean over all weights."};
    return plot_curves(c, &plot, lines, 3, out, diag);
}

wann_status report_plot_size(const report *r, wn_buf *out, wann_diag *diag) {
    const report_curve *c = &r->run.curve;
    const line lines[] = {{"best", c->connections}, {"median", c->median_connections}};
    wn_plot plot = {.width = WIDTH,
                    .height = HEIGHT,
                    .title = "Size over generations",
                    .x_label = "generation",
                    .y_label = "connections",
                    .description = "The connections of the generation's best network, and their median."};
    return plot_curves(c, &plot, lines, 2, out, diag);
}

wann_status report_plot_front(const report *r, wn_buf *out, wann_diag *diag) {
    const report_run *run = &r->run;
    wn_series series[REPORT_FRONTS];
    char names[REPORT_FRONTS][32];
    for (size_t k = 0; k < run->n_fronts; k++) {
        const report_front *f = &run->front[run->n_fronts - 1 - k]; /* the last one is drawn first */
        snprintf(names[k], sizeof names[k], "gen. %.0f", f->generation);
        series[k] = (wn_series){.name = names[k],
                                .n = f->n,
                                .x = f->connections,
                                .y = f->fitness,
                                .apart = true};
    }
    const wn_plot plot = {.width = WIDTH,
                          .height = HEIGHT,
                          .title = "Pareto front",
                          .x_label = "connections",
                          .y_label = "reward",
                          .description = "The networks of some generations that no other one beats in "
                                         "both size and mean reward.",
                          .series = series,
                          .n_series = run->n_fronts};
    return wn_plot_svg(&plot, out, diag);
}

static size_t best_of(const report_profile *p) {
    const double *value = p->accuracy ? p->accuracy : p->mean;
    size_t best = 0;
    for (size_t i = 1; i < p->n; i++)
        if (value[i] > value[best])
            best = i;
    return best;
}

static wann_status plot_rewards(const report_profile *p, wn_buf *out, wann_diag *diag) {
    const size_t best = best_of(p);
    wn_buf subtitle = {0}, mark = {0};
    wn_buf_print(&subtitle, "mean of %zu episodes a weight, band: one standard deviation",
                 p->episodes);
    wn_buf_double(&mark, round(p->weight[best] * 100) / 100);
    wn_buf_text(&mark, ": ");
    wn_buf_fixed(&mark, p->mean[best], 1);
    const wn_series series = {.name = "mean", .n = p->n, .x = p->weight, .y = p->mean, .spread = p->sd};
    const wn_mark marks[] = {{p->weight[best], p->mean[best], mark.data ? mark.data : ""}};
    const wn_plot plot = {.width = WIDTH,
                          .height = HEIGHT,
                          .title = "Reward over the shared weight",
                          .subtitle = subtitle.data,
                          .x_label = "shared weight",
                          .y_label = "reward",
                          .description = subtitle.data,
                          .series = &series,
                          .n_series = 1,
                          .marks = marks,
                          .n_marks = 1};
    const wann_status status = wn_plot_svg(&plot, out, diag);
    wn_buf_free(&subtitle);
    wn_buf_free(&mark);
    return status;
}

static wann_status plot_accuracy(const report_profile *p, wn_buf *out, wann_diag *diag) {
    const size_t best = best_of(p);
    double *percent = calloc(p->n, sizeof *percent);
    wn_buf mark = {0};
    if (!percent)
        return wn_fail_memory(diag);
    for (size_t i = 0; i < p->n; i++)
        percent[i] = 100 * p->accuracy[i];
    wn_buf_double(&mark, round(p->weight[best] * 100) / 100);
    wn_buf_text(&mark, ": ");
    wn_buf_fixed(&mark, percent[best], 1);
    wn_buf_text(&mark, " %");
    const wn_series series = {.name = "accuracy", .n = p->n, .x = p->weight, .y = percent};
    const wn_mark marks[] = {{p->weight[best], percent[best], mark.data ? mark.data : ""}};
    const wn_plot plot = {.width = WIDTH,
                          .height = HEIGHT,
                          .title = "Accuracy over the shared weight",
                          .subtitle = "on the samples that the search has not seen",
                          .x_label = "shared weight",
                          .y_label = "right answers, %",
                          .description = "The share of test samples that are classified correctly.",
                          .series = &series,
                          .n_series = 1,
                          .marks = marks,
                          .n_marks = 1};
    const wann_status status = wn_plot_svg(&plot, out, diag);
    wn_buf_free(&mark);
    free(percent);
    return status;
}

wann_status report_plot_profile(const report *r, wn_buf *out, wann_diag *diag) {
    return r->profile.accuracy ? plot_accuracy(&r->profile, out, diag)
                               : plot_rewards(&r->profile, out, diag);
}
