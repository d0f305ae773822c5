/* wann tune: progress, files and the result. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/file.h"
#include "runtime/cli/cli.h"
#include "runtime/draw/plot.h"
#include "search/cli/tune.h"
#include "search/tune/tune.h"

static void put_time(wn_buf *out, double seconds) {
    const unsigned long long s = (unsigned long long)(seconds + 0.5);
    if (s >= 3600)
        wn_buf_print(out, "%lluh%02llum", s / 3600, s / 60 % 60);
    else
        wn_buf_print(out, "%llum%02llus", s / 60, s % 60);
}

/* Losses are small, rewards of episodes are not. */
static int digits_of(double value) {
    return fabs(value) < 10 ? 4 : 1;
}

static void put_value(wn_buf *out, const char *label, double value) {
    if (!isfinite(value))
        return;
    wn_buf_text(out, label);
    wn_buf_fixed(out, value, digits_of(value));
}

void tune_progress(void *context, const wann_tune_progress *p) {
    tune_display *d = context;
    const double since = p->seconds - d->shown;
    const bool last = p->generation == p->generations;
    if (since < (d->terminal ? 0.1 : 5) && !(last && !d->terminal) && d->shown > 0)
        return;
    const bool shared = strcmp(p->phase, "race") == 0 || strcmp(p->phase, "sweep") == 0;
    wn_buf out = {0};
    wn_buf_print(&out, "%s %" PRIu32 "/%" PRIu32, p->phase, p->generation, p->generations);
    put_value(&out, ": best ", p->best);
    put_value(&out, ", mean ", p->mean);
    put_value(&out, shared ? ", weight " : ", kept ", p->kept);
    if (p->remaining >= 0) {
        wn_buf_text(&out, ", ");
        put_time(&out, p->remaining);
        wn_buf_text(&out, " left");
    }
    if (!out.failed)
        fprintf(stderr, d->terminal ? "\r%s\033[K" : "%s\n", out.data);
    wn_buf_free(&out);
    d->shown = p->seconds;
}

/* --- files ------------------------------------------------------------------------------------ */

static bool ends_with(const char *text, const char *ending) {
    const size_t n = strlen(text), m = strlen(ending);
    return n > m && strcmp(text + n - m, ending) == 0;
}

int tune_check_output(const tune_request *r) {
    const char *p = r->profile;
    if (p && !ends_with(p, ".csv") && !ends_with(p, ".svg") && !ends_with(p, ".png"))
        return wn_cli_usage("tune", "--profile %s: expected a file that ends with .csv, .svg or .png",
                            p);
    if (r->output && !ends_with(r->output, ".json") && !ends_with(r->output, ".out") &&
        !ends_with(r->output, ".csv"))
        return wn_cli_usage("tune", "-o %s: expected a file that ends with .json, .out or .csv",
                            r->output);
    return WN_EXIT_OK;
}

static void put_csv(wn_buf *out, const wann_tune_result *result) {
    wn_buf_text(out, "weight,mean,sd,episodes\n");
    for (size_t i = 0; i < result->n_points; i++) {
        const wann_tune_point *p = &result->point[i];
        wn_buf_double(out, p->weight);
        wn_buf_char(out, ',');
        wn_buf_double(out, p->mean);
        wn_buf_char(out, ',');
        wn_buf_double(out, p->sd);
        wn_buf_print(out, ",%zu\n", p->episodes);
    }
}

static wann_status plot(const tune_request *r, const wann_tune_result *result, double *memory,
                        wn_buf *out, wann_diag *diag) {
    const size_t n = result->n_points;
    const bool samples = wann_task_type(r->scoring.task)->samples != NULL;
    double *weight = memory, *mean = memory + n, *sd = mean + n;
    for (size_t i = 0; i < n; i++) {
        weight[i] = result->point[i].weight;
        mean[i] = result->point[i].mean;
        sd[i] = result->point[i].sd;
    }
    wn_buf title = {0}, mark = {0};
    wn_buf_print(&title, "%s on %s", wann_net_name(r->scoring.net),
                 wann_task_name(r->scoring.task));
    wn_buf_double(&mark, result->weight);
    put_value(&mark, ": ", samples ? result->accuracy : result->mean);
    const wn_series series = {.name = "mean", .n = n, .x = weight, .y = mean, .spread = sd};
    const wn_mark marks[] = {{result->weight, samples ? result->accuracy : result->mean,
                              mark.data ? mark.data : ""}};
    const char *const subtitle =
        samples ? "share of the training samples that is right; the mark: of the test samples"
                : "mean reward; the band is one standard deviation; the mark: on fresh episodes";
    const wn_plot picture = {.title = title.data ? title.data : "",
                             .subtitle = subtitle,
                             .x_label = "shared weight",
                             .y_label = samples ? "accuracy" : "reward",
                             .description = subtitle,
                             .series = &series,
                             .n_series = 1,
                             .marks = marks,
                             .n_marks = 1};
    const wann_status status = ends_with(r->profile, ".svg") ? wn_plot_svg(&picture, out, diag)
                                                             : wn_plot_png(&picture, 2, out, diag);
    wn_buf_free(&title);
    wn_buf_free(&mark);
    return status;
}

static wann_status draw(const tune_request *r, const wann_tune_result *result, wn_buf *out,
                        wann_diag *diag) {
    double *memory = calloc(3 * result->n_points + 1, sizeof *memory);
    if (!memory) {
        out->failed = true;
        return WANN_OK;
    }
    const wann_status status = plot(r, result, memory, out, diag);
    free(memory);
    return status;
}

static int write_profile(const tune_request *r, const wann_tune_result *result) {
    wann_diag diag = {0};
    wn_buf out = {0};
    wann_status status = WANN_OK;
    if (result->n_points == 0)
        return wn_cli_usage("tune", "--profile: no shared weight was looked for");
    if (ends_with(r->profile, ".csv"))
        put_csv(&out, result);
    else
        status = draw(r, result, &out, &diag);
    if (status == WANN_OK && out.failed) {
        status = WANN_NO_MEMORY;
        diag = (wann_diag){.status = status, .text = "out of memory"};
    }
    if (status == WANN_OK)
        status = wn_file_write(r->profile, out.data, out.length, 0666, &diag);
    wn_buf_free(&out);
    return status == WANN_OK ? WN_EXIT_OK : wn_cli_fail(&diag, r->profile);
}

/* --- the result ------------------------------------------------------------------------------- */

static void put_member(wn_buf *out, const char *key, double value) {
    wn_buf_print(out, ", \"%s\": ", key);
    scoring_json_number(out, value);
}

static void put_json(wn_buf *out, const tune_request *r, const wann_tune_result *result) {
    wn_buf_char(out, '{');
    scoring_json_text(out, "task", wann_task_name(r->scoring.task));
    wn_buf_text(out, ", ");
    scoring_json_text(out, "network", r->scoring.network);
    wn_buf_print(out, ", \"method\": \"%s\", \"seed\": %" PRIu64, wn_tune_word(r->tune.method),
                 r->tune.seed);
    put_member(out, "weight", result->weight);
    wn_buf_print(out, ", \"episodes\": %zu", result->episodes);
    put_member(out, "mean", result->mean);
    put_member(out, "sd", result->sd);
    put_member(out, "start_mean", result->start_mean);
    put_member(out, "accuracy", result->accuracy);
    wn_buf_print(out,
                 ", \"generations\": %" PRIu32 ", \"evaluations\": %" PRIu64 ", \"steps\": %" PRIu64,
                 result->generations, result->evaluations, result->steps);
    put_member(out, "seconds", result->seconds);
    wn_buf_print(out, ", \"compiled\": %s, \"stopped\": %s, \"points\": [",
                 result->compiled ? "true" : "false", result->stopped ? "true" : "false");
    for (size_t i = 0; i < result->n_points; i++) {
        const wann_tune_point *p = &result->point[i];
        wn_buf_text(out, i ? ", {\"weight\": " : "{\"weight\": ");
        scoring_json_number(out, p->weight);
        put_member(out, "mean", p->mean);
        put_member(out, "sd", p->sd);
        wn_buf_print(out, ", \"episodes\": %zu}", p->episodes);
    }
    wn_buf_text(out, "]}\n");
}

static void put_text(wn_buf *out, const tune_request *r, const wann_tune_result *result) {
    const int digits = digits_of(result->mean);
    if (r->output)
        wn_buf_print(out, "%s: ", r->output);
    if (r->tune.method == WANN_TUNE_SHARED) {
        wn_buf_text(out, "shared weight ");
        wn_buf_double(out, result->weight);
        wn_buf_text(out, ", ");
    }
    wn_buf_text(out, "mean ");
    wn_buf_fixed(out, result->mean, digits);
    wn_buf_text(out, " ± ");
    wn_buf_fixed(out, result->sd, digits);
    wn_buf_text(out, " (before: ");
    wn_buf_fixed(out, result->start_mean, digits);
    wn_buf_text(out, ")");
    if (isfinite(result->accuracy)) {
        wn_buf_text(out, ", ");
        wn_buf_fixed(out, 100 * result->accuracy, 2);
        wn_buf_text(out, " % of the test samples right");
    } else {
        wn_buf_print(out, " over %zu fresh episode%s", result->episodes,
                     result->episodes == 1 ? "" : "s");
    }
    wn_buf_print(out, "; %" PRIu64 " evaluations in ", result->evaluations);
    wn_buf_fixed(out, result->seconds, 1);
    wn_buf_text(out, " s\n");
    if (result->stopped && r->tune.checkpoint)
        wn_buf_text(out, "stopped; the same command with --resume goes on\n");
}

int tune_output(const tune_request *r, const wann_tune_result *result) {
    wann_diag diag = {0};
    wn_buf out = {0};
    if (r->output &&
        wann_net_write(result->net, r->output, WANN_FORMAT_AUTO, &diag) != WANN_OK)
        return wn_cli_fail(&diag, r->output);
    if (r->profile && write_profile(r, result) != WN_EXIT_OK)
        return WN_EXIT_FAILURE;
    if (r->scoring.json)
        put_json(&out, r, result);
    else
        put_text(&out, r, result);
    return scoring_print(&out);
}
