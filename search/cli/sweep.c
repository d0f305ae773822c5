/* wann sweep: the rewards of a network over shared weights, as numbers or as a plot. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "runtime/base/file.h"
#include "runtime/cli/cli.h"
#include "runtime/draw/plot.h"
#include "search/cli/commands.h"
#include "search/cli/scoring.h"

static const char COMMAND[] = "sweep";

/* What is written: the ending of -o decides; without -o, CSV or JSON on standard output. */
typedef enum form { FORM_CSV, FORM_PNG, FORM_SVG } form;

typedef struct request {
    scoring scoring;
    double from, to;
    size_t points;
    const char *output;
    form form;
} request;

/* What was found at each weight; arrays [n]. */
typedef struct profile {
    size_t n;
    double *weight, *mean, *sd;
    double *accuracy; /* NULL but for classification */
    wann_summary *summary;
} profile;

static int help(void) {
    puts(
        "usage: wann sweep NETWORK --task TASK [OPTIONS]\n"
        "\n"
        "Run a network with one shared weight after the other: its performance profile.\n"
        "\n"
        "NETWORK  a network file (.json) or a matrix of the published release (.out, .csv)\n"
        "\n"
        "Weights:\n"
        "  --from W            the first weight, -2 if not given\n"
        "  --to W              the last, 2 if not given\n"
        "  --steps N           how many, evenly; 41 if not given\n"
        "\n"
        "Output:\n"
        "  -o, --output FILE   .csv, or a plot with a band of one standard deviation: .png, .svg;\n"
        "                      without it, CSV on standard output\n"
        "  --json              one JSON document on standard output\n"
        "  --quiet             no notes on standard error\n"
        "\n" SCORING_TASK_HELP "\n" SCORING_RUN_HELP "\n" SCORING_NETWORK_HELP "\n"
        "Example:\n"
        "  wann sweep swing.out --task swingup -o profile.svg");
    return WN_EXIT_OK;
}

enum { OPTION_FROM = SCORING_FIRST_OWN, OPTION_TO, OPTION_STEPS };
static const struct option options[] = {{"output", required_argument, NULL, 'o'},
                                        {"from", required_argument, NULL, OPTION_FROM},
                                        {"to", required_argument, NULL, OPTION_TO},
                                        {"steps", required_argument, NULL, OPTION_STEPS},
                                        SCORING_OPTIONS,
                                        SCORING_MANY_OPTIONS,
                                        {NULL, 0, NULL, 0}};

static int take_end(double *weight, const char *option) {
    if (scoring_weight(optarg, weight))
        return WN_EXIT_OK;
    return wn_cli_usage(COMMAND, "--%s %s: expected a finite number", option, optarg);
}

static bool ends_with(const char *path, const char *ending) {
    const size_t length = strlen(path), n = strlen(ending);
    return length > n && strcasecmp(path + length - n, ending) == 0;
}

static int take_output(request *r) {
    r->output = optarg;
    if (ends_with(optarg, ".csv"))
        r->form = FORM_CSV;
    else if (ends_with(optarg, ".png"))
        r->form = FORM_PNG;
    else if (ends_with(optarg, ".svg"))
        r->form = FORM_SVG;
    else
        return wn_cli_usage(COMMAND, "-o %s: expected a name that ends with .csv, .png or .svg",
                            optarg);
    return WN_EXIT_OK;
}

static int take_option(request *r, int option, char **argv) {
    const int code = scoring_take(&r->scoring, option);
    if (code >= 0)
        return code;
    switch (option) {
    case 'o':
        return take_output(r);
    case OPTION_FROM:
        return take_end(&r->from, "from");
    case OPTION_TO:
        return take_end(&r->to, "to");
    case OPTION_STEPS:
        if (wn_cli_count(optarg, &r->points) && r->points <= 100000)
            return WN_EXIT_OK;
        return wn_cli_usage(COMMAND, "--steps %s: expected a number from 1 to 100000", optarg);
    }
    return wn_cli_bad_option(COMMAND, option, argv, options);
}

static void close_profile(profile *p) {
    free(p->weight);
    free(p->mean);
    free(p->sd);
    free(p->accuracy);
    free(p->summary);
}

static bool open_profile(profile *p, size_t n, bool samples) {
    *p = (profile){.n = n,
                   .weight = calloc(n, sizeof *p->weight),
                   .mean = calloc(n, sizeof *p->mean),
                   .sd = calloc(n, sizeof *p->sd),
                   .accuracy = samples ? calloc(n, sizeof *p->accuracy) : NULL,
                   .summary = calloc(n, sizeof *p->summary)};
    return p->weight && p->mean && p->sd && p->summary && (p->accuracy || !samples);
}

static double mean_of(const double *values, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += values[i];
    return sum / (double)n;
}

static wann_status take_scores(profile *p, size_t first, const wann_scores *scores,
                               wann_diag *diag) {
    for (size_t row = 0; row < scores->rows; row++) {
        const double *reward = scores->reward + row * scores->episodes;
        wann_summary *summary = &p->summary[first + row];
        const wann_status status = wann_summarise(reward, scores->episodes, summary, diag);
        if (status != WANN_OK)
            return status;
        p->mean[first + row] = summary->mean;
        p->sd[first + row] = summary->sd;
        if (p->accuracy)
            p->accuracy[first + row] =
                mean_of(scores->accuracy + row * scores->episodes, scores->episodes);
    }
    return WANN_OK;
}

/* Some weights at a time, so that there is progress to show. */
static wann_status fill_profile(request *r, profile *p, wann_diag *diag) {
    enum { AT_ONCE = 8 };
    wann_evaluation e = r->scoring.evaluation;
    if (p->accuracy && e.batch == 0 && !r->scoring.has_episodes)
        e.episodes = 1; /* all samples: nothing is random */
    for (size_t first = 0; first < p->n; first += e.n_weights) {
        wann_scores scores;
        e.weights = p->weight + first;
        e.n_weights = p->n - first < AT_ONCE ? p->n - first : AT_ONCE;
        scoring_progress(&r->scoring, first, p->n);
        wann_status status = wann_evaluate(r->scoring.net, r->scoring.task, &e, &scores, diag);
        if (status == WANN_OK)
            status = take_scores(p, first, &scores, diag);
        wann_scores_free(&scores);
        if (status != WANN_OK)
            return status;
    }
    scoring_progress(&r->scoring, p->n, p->n);
    r->scoring.evaluation.episodes = e.episodes;
    return WANN_OK;
}

static void put_csv(wn_buf *out, const profile *p) {
    wn_buf_text(out, p->accuracy ? "weight,mean,sd,median,min,max,accuracy\n"
                                 : "weight,mean,sd,median,min,max\n");
    for (size_t i = 0; i < p->n; i++) {
        const wann_summary *s = &p->summary[i];
        const double cells[] = {p->weight[i], s->mean, s->sd, s->median, s->min, s->max};
        for (size_t c = 0; c < sizeof cells / sizeof *cells; c++) {
            wn_buf_text(out, c ? "," : "");
            wn_buf_double(out, cells[c]);
        }
        if (p->accuracy) {
            wn_buf_char(out, ',');
            wn_buf_double(out, p->accuracy[i]);
        }
        wn_buf_char(out, '\n');
    }
}

static void put_json(wn_buf *out, const request *r, const profile *p) {
    wn_buf_char(out, '{');
    scoring_json_text(out, "task", wann_task_name(r->scoring.task));
    wn_buf_text(out, ", ");
    scoring_json_text(out, "network", r->scoring.network);
    wn_buf_print(out, ", \"episodes\": %zu, \"seed\": %llu, \"points\": [",
                 r->scoring.evaluation.episodes, (unsigned long long)r->scoring.evaluation.seed);
    for (size_t i = 0; i < p->n; i++) {
        wn_buf_text(out, i ? ", {\"weight\": " : "{\"weight\": ");
        scoring_json_number(out, p->weight[i]);
        wn_buf_text(out, ", ");
        scoring_json_summary(out, &p->summary[i]);
        if (p->accuracy) {
            wn_buf_text(out, ", \"accuracy\": ");
            scoring_json_number(out, p->accuracy[i]);
        }
        wn_buf_char(out, '}');
    }
    wn_buf_text(out, "]}\n");
}

static size_t best_of(const profile *p) {
    size_t best = 0;
    for (size_t i = 1; i < p->n; i++)
        if (p->mean[i] > p->mean[best])
            best = i;
    return best;
}

/* "0.8: 707.3 ± 6.1". */
static void put_best(wn_buf *out, const profile *p) {
    const size_t best = best_of(p);
    const int digits = fabs(p->mean[best]) < 10 ? 3 : 1;
    wn_buf_double(out, p->weight[best]);
    wn_buf_text(out, ": ");
    wn_buf_fixed(out, p->mean[best], digits);
    wn_buf_text(out, " ± ");
    wn_buf_fixed(out, p->sd[best], digits);
}

static wann_status draw(const request *r, const profile *p, wn_buf *out, wann_diag *diag) {
    const size_t best = best_of(p), episodes = r->scoring.evaluation.episodes;
    wn_buf title = {0}, subtitle = {0}, mark = {0};
    wn_buf_print(&title, "%s on %s", wann_net_name(r->scoring.net),
                 wann_task_name(r->scoring.task));
    wn_buf_print(&subtitle, "mean reward of %zu %s a weight; the band is one standard deviation",
                 episodes, p->accuracy ? "passes" : "episodes");
    put_best(&mark, p);
    const wn_series series = {
        .name = "mean", .n = p->n, .x = p->weight, .y = p->mean, .spread = p->sd};
    const wn_mark marks[] = {{p->weight[best], p->mean[best], mark.data ? mark.data : ""}};
    const wn_plot plot = {.title = title.data ? title.data : "",
                          .subtitle = subtitle.data,
                          .x_label = "shared weight",
                          .y_label = p->accuracy ? "reward (minus the cross-entropy)" : "reward",
                          .description = subtitle.data,
                          .series = &series,
                          .n_series = 1,
                          .marks = marks,
                          .n_marks = 1};
    const wann_status status =
        r->form == FORM_SVG ? wn_plot_svg(&plot, out, diag) : wn_plot_png(&plot, 2, out, diag);
    wn_buf_free(&title);
    wn_buf_free(&subtitle);
    wn_buf_free(&mark);
    return status;
}

static wann_status write_output(const request *r, const profile *p, wann_diag *diag) {
    wn_buf out = {0};
    wann_status status = WANN_OK;
    if (r->form == FORM_CSV)
        put_csv(&out, p);
    else
        status = draw(r, p, &out, diag);
    if (status == WANN_OK && out.failed) {
        *diag = (wann_diag){.status = WANN_NO_MEMORY, .text = "out of memory"};
        status = WANN_NO_MEMORY;
    }
    if (status == WANN_OK)
        status = wn_file_write(r->output, out.data, out.length, 0666, diag);
    wn_buf_free(&out);
    return status;
}

static int report(const request *r, const profile *p) {
    wann_diag diag = {0};
    wn_buf out = {0};
    if (r->output && write_output(r, p, &diag) != WANN_OK)
        return wn_cli_fail(&diag, r->output);
    if (r->scoring.json) {
        put_json(&out, r, p);
    } else if (!r->output) {
        put_csv(&out, p);
    } else if (!r->scoring.quiet) {
        wn_buf_print(&out, "%s: best at ", r->output);
        put_best(&out, p);
        wn_buf_char(&out, '\n');
    }
    return scoring_print(&out);
}

static int sweep(request *r) {
    profile p;
    wann_diag diag = {.text = "out of memory"};
    bool done = open_profile(&p, r->points, wann_task_type(r->scoring.task)->samples != NULL);
    if (done) {
        scoring_grid(r->from, r->to, p.n, p.weight);
        done = fill_profile(r, &p, &diag) == WANN_OK;
    }
    const int code = done ? report(r, &p) : wn_cli_fail(&diag, r->scoring.network);
    close_profile(&p);
    return code;
}

static int run(request *r, int argc, char **argv) {
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, ":o:", options, NULL)) != -1;) {
        if (option == SCORING_HELP)
            return help();
        const int code = take_option(r, option, argv);
        if (code != WN_EXIT_OK)
            return code;
    }
    if (optind >= argc)
        return wn_cli_usage(COMMAND, "no network to sweep");
    if (optind + 1 < argc)
        return wn_cli_usage(COMMAND, "one network at a time; '%s' is too much", argv[optind + 1]);
    if (!(r->from <= r->to))
        return wn_cli_usage(COMMAND, "--from is larger than --to");
    const int code = scoring_open(&r->scoring, argv[optind]);
    return code == WN_EXIT_OK ? sweep(r) : code;
}

int wn_cmd_sweep(int argc, char **argv) {
    request r = {.scoring = scoring_begin(COMMAND), .from = -2, .to = 2, .points = 41};
    const int code = run(&r, argc, argv);
    scoring_end(&r.scoring);
    return code;
}
