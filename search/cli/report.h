/* wann report: what its files share. */
#ifndef WN_REPORT_H
#define WN_REPORT_H

#include "runtime/base/arena.h"
#include "search/cli/conditions.h"

/* A setting of a run, as texts. */
typedef struct report_setting {
    const char *key, *value;
} report_setting;

/* The log: one number a generation in each array [n]. Of a run with a budget, that start which got the
 * furthest. */
typedef struct report_curve {
    size_t n;
    double *generation, *best, *median, *peak, *connections, *median_connections;
} report_curve;

/* A Pareto front: [n] individuals. */
typedef struct report_front {
    double generation;
    size_t n;
    double *connections, *fitness;
} report_front;

enum { REPORT_FRONTS = 4 };

/* A run folder that was read. All belongs to the arena. */
typedef struct report_run {
    wn_arena arena;
    const char *task, *tool;
    const char **options; /* of the task, NULL at the end */
    size_t n_options;
    double seed, budget;
    report_setting *setting;
    size_t n_settings;
    report_curve curve;
    report_front front[REPORT_FRONTS]; /* of some generations, the last one last */
    size_t n_fronts;
    double generations, evaluations, steps, seconds; /* totals */
} report_run;

/* How rewards depend on the shared weight: arrays [n]. */
typedef struct report_profile {
    size_t n, episodes;
    double *weight, *mean, *sd;
    double *accuracy; /* NULL but for classification */
} report_profile;

/* What the page can do live. */
typedef enum report_kind {
    REPORT_STILL,   /* the task cannot be shown */
    REPORT_SWINGUP, /* cart and pole, in the page */
    REPORT_DRAWING, /* digits to be drawn */
    REPORT_FILM     /* a recording only */
} report_kind;

/* What the recording shows: tuned weights where they do better than any shared one. */
typedef enum report_film { REPORT_FILM_SHARED, REPORT_FILM_TUNED } report_film;

/* A report in the making. */
typedef struct report {
    scoring scoring;
    const char *output;
    report_run run;
    bool has_run; /* false: of a network alone */
    report_profile profile;
    condition_score cells[N_CONDITIONS];
    report_kind kind;
    double weight; /* that the page starts with */
    report_film film_weight;
} report;

/* Read a run folder into run, which is {0}; give it back with wn_arena_free(&run->arena), after a
 * failure too. */
wann_status report_read_run(const char *folder, report_run *run, wann_diag *diag);

/* Score the network: profile and conditions. The profile is to be given back. */
wann_status report_score(report *r, wann_diag *diag);
void report_free_profile(report_profile *profile);

/* Append the plots as SVG, for a page. The size is theirs. */
enum { REPORT_PLOT_WIDTH = 520, REPORT_PLOT_HEIGHT = 340 };
wann_status report_plot_fitness(const report *r, wn_buf *out, wann_diag *diag);
wann_status report_plot_size(const report *r, wn_buf *out, wann_diag *diag);
wann_status report_plot_front(const report *r, wn_buf *out, wann_diag *diag);
wann_status report_plot_profile(const report *r, wn_buf *out, wann_diag *diag);

/* Append what scripts of the page read, as JSON without any '<'. */
wann_status report_put_data(const report *r, wn_buf *out, wann_diag *diag);

/* Append the whole page. */
wann_status report_page(const report *r, wn_buf *out, wann_diag *diag);

/* A file that the page is made of, by its name; NULL if this build has none such. Ends with a byte 0
 * that does not count. Made by the build (cmake/embed.cmake). */
const char *report_file(const char *name, size_t *size);

/* Append bytes as base64 (RFC 4648). */
void report_put_base64(wn_buf *out, const void *bytes, size_t n);

#endif
