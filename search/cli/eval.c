/* wann eval: the rewards of a network in one condition. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/file.h"
#include "runtime/cli/cli.h"
#include "search/cli/commands.h"
#include "search/cli/scoring.h"
#include "search/cli/trace.h"

static const char COMMAND[] = "eval";
enum { MOST_WEIGHTS = 10000 };

/* A condition's option was given how often, and what it said. */
typedef struct request {
    scoring scoring;
    int conditions;
    double *weights; /* [evaluation.n_weights] */
    const char *trace; /* path of a table of the first episode, or NULL */
    bool votes;      /* the weights of a classifier were tried as an ensemble as well: */
    double ensemble_reward, ensemble_accuracy;
} request;

static int help(void) {
    puts("usage: wann eval NETWORK --task TASK [OPTIONS]\n"
         "\n"
         "Run a network on a task and report its rewards.\n"
         "\n"
         "NETWORK  a network file (.json) or a matrix of the published release (.out, .csv)\n"
         "\n"
         "Weights, one of:\n"
         "  --weight W          this shared weight; the default is the one that the file\n"
         "                      recommends, else 1\n"
         "  --weights W,W,...   each of these; where samples are classified also all together,\n"
         "                      by the mean of their softmaxes\n"
         "  --vote              with --weights: by most votes instead\n"
         "  --random-shared     for each episode a shared weight from U(-2, 2)\n"
         "  --random            for each episode and connection a weight from U(-2, 2)\n"
         "  --tuned             the connections' weights of the network file\n"
         "  --tuned-from FILE   those of FILE, a weights file of the published tool\n"
         "  --weight-bias B     with --tuned-from: is added to each\n"
         "\n" SCORING_TASK_HELP "\n" SCORING_RUN_HELP "\n" SCORING_NETWORK_HELP "\n"
         "Output:\n"
         "  --trace FILE        also write the first episode, step by step, as CSV\n"
         "  --json              all rewards and steps, as one JSON document\n"
         "  --quiet             no notes on standard error\n"
         "\n"
         "Example:\n"
         "  wann eval swing.out --task swingup --weights -1,1 --episodes 100");
    return WN_EXIT_OK;
}

enum {
    OPTION_WEIGHT = SCORING_FIRST_OWN,
    OPTION_WEIGHTS,
    OPTION_VOTE,
    OPTION_RANDOM_SHARED,
    OPTION_RANDOM,
    OPTION_TUNED,
    OPTION_TRACE
};
static const struct option options[] = {SCORING_OPTIONS,
                                        SCORING_MANY_OPTIONS,
                                        {"weight", required_argument, NULL, OPTION_WEIGHT},
                                        {"weights", required_argument, NULL, OPTION_WEIGHTS},
                                        {"vote", no_argument, NULL, OPTION_VOTE},
                                        {"random-shared", no_argument, NULL, OPTION_RANDOM_SHARED},
                                        {"random", no_argument, NULL, OPTION_RANDOM},
                                        {"tuned", no_argument, NULL, OPTION_TUNED},
                                        {"trace", required_argument, NULL, OPTION_TRACE},
                                        {NULL, 0, NULL, 0}};

static int take_weights(request *r, const char *option, const char *text, size_t most) {
    wann_evaluation *e = &r->scoring.evaluation;
    const char *at = text;
    e->n_weights = 0;
    for (;;) {
        double weight;
        const size_t taken = wn_parse_double(at, &weight);
        if (taken == 0 || !isfinite(weight) || e->n_weights == most)
            break;
        r->weights[e->n_weights++] = weight;
        at += taken;
        if (*at == '\0')
            return WN_EXIT_OK;
        if (*at++ != ',')
            break;
    }
    return wn_cli_usage(COMMAND, "--%s %s: expected %s", option, text,
                        most == 1 ? "a finite number" : "finite numbers, separated by commas");
}

static int take_option(request *r, int option, char **argv) {
    wann_evaluation *e = &r->scoring.evaluation;
    const int code = scoring_take(&r->scoring, option);
    r->conditions += option == SCORING_TUNED_FROM ||
                     (option >= SCORING_FIRST_OWN && option != OPTION_TRACE && option != OPTION_VOTE);
    if (option == SCORING_TUNED_FROM)
        e->condition = WANN_TUNED;
    if (code >= 0)
        return code;
    switch (option) {
    case OPTION_WEIGHT:
        return take_weights(r, "weight", optarg, 1);
    case OPTION_WEIGHTS:
        return take_weights(r, "weights", optarg, MOST_WEIGHTS);
    case OPTION_VOTE:
        e->vote = true;
        return WN_EXIT_OK;
    case OPTION_RANDOM_SHARED:
        e->condition = WANN_RANDOM_SHARED;
        return WN_EXIT_OK;
    case OPTION_RANDOM:
        e->condition = WANN_RANDOM;
        return WN_EXIT_OK;
    case OPTION_TUNED:
        e->condition = WANN_TUNED;
        return WN_EXIT_OK;
    case OPTION_TRACE:
        r->trace = optarg;
        return WN_EXIT_OK;
    }
    return wn_cli_bad_option(COMMAND, option, argv, options);
}

static const char *condition_word(wann_condition condition) {
    switch (condition) {
    case WANN_SHARED:
        return "shared";
    case WANN_RANDOM_SHARED:
        return "random_shared";
    case WANN_RANDOM:
        return "random";
    case WANN_TUNED:
        return "tuned";
    }
    return "unknown";
}

static void put_list(wn_buf *out, const char *key, const double *values, size_t n) {
    wn_buf_print(out, ", \"%s\": [", key);
    for (size_t i = 0; i < n; i++) {
        wn_buf_text(out, i ? ", " : "");
        scoring_json_number(out, values[i]);
    }
    wn_buf_char(out, ']');
}

/* One number for one weight, a list for several or for one an episode, null without any. */
static void put_weight(wn_buf *out, const wann_evaluation *e, const wann_scores *scores) {
    if (e->condition == WANN_SHARED && e->n_weights > 1) {
        put_list(out, "weight", e->weights, e->n_weights);
    } else if (e->condition == WANN_RANDOM_SHARED) {
        put_list(out, "weight", scores->weight, scores->episodes);
    } else {
        wn_buf_text(out, ", \"weight\": ");
        scoring_json_number(out, scores->weight[0]);
    }
}

/* The mean of a row's accuracies. */
static double accuracy(const wann_scores *scores, size_t row) {
    double sum = 0;
    for (size_t i = 0; i < scores->episodes; i++)
        sum += scores->accuracy[row * scores->episodes + i];
    return sum / (double)scores->episodes;
}

static void put_accuracy(wn_buf *out, const wann_scores *scores, const wann_summary *all) {
    wn_buf_text(out, ", \"accuracy\": [");
    for (size_t row = 0; row < scores->rows; row++) {
        wn_buf_text(out, row ? ", " : "");
        scoring_json_number(out, accuracy(scores, row));
    }
    wn_buf_text(out, "], \"loss\": ");
    scoring_json_number(out, -all->mean);
}

static void put_ensemble(wn_buf *out, const request *r) {
    wn_buf_print(out, ", \"ensemble\": {\"by\": \"%s\", \"accuracy\": ",
                 r->scoring.evaluation.vote ? "votes" : "mean");
    scoring_json_number(out, r->ensemble_accuracy);
    wn_buf_text(out, ", \"loss\": ");
    scoring_json_number(out, -r->ensemble_reward);
    wn_buf_char(out, '}');
}

static void put_json(wn_buf *out, const request *r, const wann_scores *scores,
                     const wann_summary *rows, const wann_summary *all) {
    const wann_evaluation *e = &r->scoring.evaluation;
    const size_t n = scores->rows * scores->episodes;
    wn_buf_char(out, '{');
    scoring_json_text(out, "task", wann_task_name(r->scoring.task));
    wn_buf_text(out, ", ");
    scoring_json_text(out, "network", r->scoring.network);
    wn_buf_print(out, ", \"condition\": \"%s\"", condition_word(e->condition));
    put_weight(out, e, scores);
    wn_buf_print(out, ", \"episodes\": %zu, \"seed\": %llu", scores->episodes,
                 (unsigned long long)e->seed);
    put_list(out, "rewards", scores->reward, n);
    wn_buf_text(out, ", \"steps\": [");
    for (size_t i = 0; i < n; i++)
        wn_buf_print(out, "%s%u", i ? ", " : "", (unsigned)scores->steps[i]);
    wn_buf_text(out, "], ");
    scoring_json_summary(out, all);
    if (scores->accuracy)
        put_accuracy(out, scores, all);
    if (r->votes)
        put_ensemble(out, r);
    wn_buf_text(out, ", \"rows\": [");
    for (size_t row = 0; row < scores->rows; row++) {
        wn_buf_text(out, row ? ", {\"weight\": " : "{\"weight\": ");
        scoring_json_number(out, e->condition == WANN_SHARED ? e->weights[row] : (double)NAN);
        wn_buf_text(out, ", ");
        scoring_json_summary(out, &rows[row]);
        wn_buf_char(out, '}');
    }
    wn_buf_text(out, "]}\n");
}

static void put_cell(wn_buf *out, double value, int digits, int width) {
    char number[WN_NUMBER_SIZE];
    wn_format_fixed(number, value, digits);
    wn_buf_print(out, " %*s", width, number);
}

static double mean_steps(const wann_scores *scores, size_t row) {
    double sum = 0;
    for (size_t i = 0; i < scores->episodes; i++)
        sum += scores->steps[row * scores->episodes + i];
    return sum / (double)scores->episodes;
}

static void put_row(wn_buf *out, const request *r, const wann_scores *scores, size_t row,
                    const wann_summary *s) {
    const wann_evaluation *e = &r->scoring.evaluation;
    const int digits = scores->accuracy ? 4 : 2;
    char name[WN_NUMBER_SIZE];
    if (e->condition == WANN_SHARED)
        wn_format_double(name, e->weights[row]);
    else
        strcpy(name, e->condition == WANN_TUNED ? "tuned" : "random");
    wn_buf_print(out, "%10s", name);
    put_cell(out, s->mean, digits, 11);
    put_cell(out, s->sd, digits, 10);
    put_cell(out, s->median, digits, 10);
    put_cell(out, s->min, digits, 10);
    put_cell(out, s->max, digits, 10);
    put_cell(out, mean_steps(scores, row), 1, 9);
    if (scores->accuracy)
        put_cell(out, 100 * accuracy(scores, row), 2, 9);
    wn_buf_char(out, '\n');
}

static void put_text(wn_buf *out, const request *r, const wann_scores *scores,
                     const wann_summary *rows) {
    const size_t n = scores->episodes;
    wn_buf_print(out, "%s, %s: %zu %s%s, %zu connections\n\n", wann_task_name(r->scoring.task),
                 wann_net_name(r->scoring.net), n, scores->accuracy ? "pass" : "episode",
                 n == 1             ? ""
                 : scores->accuracy ? "es"
                                    : "s",
                 wann_net_connections(r->scoring.net));
    wn_buf_print(out, "%10s %11s %10s %10s %10s %10s %9s%s\n", "weight",
                 scores->accuracy ? "-loss" : "reward", "sd", "median", "min", "max",
                 scores->accuracy ? "samples" : "steps", scores->accuracy ? "  right %" : "");
    for (size_t row = 0; row < scores->rows; row++)
        put_row(out, r, scores, row, &rows[row]);
    if (!r->votes)
        return;
    wn_buf_print(out, "%10s", "together");
    put_cell(out, r->ensemble_reward, 4, 11);
    put_cell(out, 100 * r->ensemble_accuracy, 2, 63);
    wn_buf_char(out, '\n');
}

static int report(const request *r, const wann_scores *scores) {
    wann_diag diag = {0};
    wann_summary all, *rows = calloc(scores->rows, sizeof *rows);
    wn_buf out = {0};
    bool enough = rows != NULL;
    for (size_t row = 0; enough && row < scores->rows; row++)
        enough = wann_summarise(scores->reward + row * scores->episodes, scores->episodes,
                                &rows[row], &diag) == WANN_OK;
    enough = enough && wann_summarise(scores->reward, scores->rows * scores->episodes, &all,
                                      &diag) == WANN_OK;
    if (!enough) {
        free(rows);
        return wn_cli_fail(&(wann_diag){.text = "out of memory"}, NULL);
    }
    if (r->scoring.json)
        put_json(&out, r, scores, rows, &all);
    else
        put_text(&out, r, scores, rows);
    free(rows);
    return scoring_print(&out);
}

/* Several weights of a classifier together, on all samples. */
static wann_status vote(request *r, wann_diag *diag) {
    const wann_evaluation *e = &r->scoring.evaluation;
    r->votes = wann_task_type(r->scoring.task)->samples && e->condition == WANN_SHARED &&
               e->n_weights > 1 && e->batch == 0;
    if (!r->votes)
        return WANN_OK;
    return wann_evaluate_ensemble(r->scoring.net, r->scoring.task, e, &r->ensemble_reward,
                                  &r->ensemble_accuracy, diag);
}

static int write_trace(const request *r) {
    wann_diag diag = {0};
    wn_buf out = {0};
    int code = WN_EXIT_OK;
    if (trace_csv(&r->scoring, &out, &diag) != WANN_OK)
        code = diag.status == WANN_ARGUMENT ? wn_cli_usage(COMMAND, "--trace: %s", diag.text)
                                            : wn_cli_fail(&diag, r->scoring.network);
    else if (wn_file_write(r->trace, out.data, out.length, 0666, &diag) != WANN_OK)
        code = wn_cli_fail(&diag, r->trace);
    wn_buf_free(&out);
    return code;
}

static int evaluate(request *r) {
    scoring *s = &r->scoring;
    wann_evaluation *e = &s->evaluation;
    wann_scores scores;
    wann_diag diag = {0};
    if (r->conditions == 0) {
        wann_net_shared_weight(s->net, &r->weights[0]);
        e->n_weights = 1;
    }
    e->weights = r->weights;
    /* Nothing is random about fixed weights on all samples. */
    const bool fixed = e->condition == WANN_SHARED || e->condition == WANN_TUNED;
    if (wann_task_type(s->task)->samples && fixed && e->batch == 0 && !s->has_episodes)
        e->episodes = 1;
    if (wann_evaluate(s->net, s->task, e, &scores, &diag) != WANN_OK)
        return diag.status == WANN_ARGUMENT ? wn_cli_usage(COMMAND, "%s", diag.text)
                                            : wn_cli_fail(&diag, s->network);
    int code = r->trace ? write_trace(r) : WN_EXIT_OK;
    if (code == WN_EXIT_OK)
        code = vote(r, &diag) == WANN_OK ? report(r, &scores) : wn_cli_fail(&diag, s->network);
    wann_scores_free(&scores);
    return code;
}

static int run(request *r, int argc, char **argv) {
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, ":", options, NULL)) != -1;) {
        if (option == SCORING_HELP)
            return help();
        const int code = take_option(r, option, argv);
        if (code != WN_EXIT_OK)
            return code;
    }
    if (r->conditions > 1)
        return wn_cli_usage(COMMAND, "more than one of --weight, --weights, --random-shared, "
                                     "--random, --tuned and --tuned-from");
    if (r->scoring.evaluation.vote && r->scoring.evaluation.n_weights < 2)
        return wn_cli_usage(COMMAND, "--vote needs --weights, two at least");
    if (optind >= argc)
        return wn_cli_usage(COMMAND, "no network to evaluate");
    if (optind + 1 < argc)
        return wn_cli_usage(COMMAND, "one network at a time; '%s' is too much", argv[optind + 1]);
    int code = scoring_complete(&r->scoring);
    if (code == WN_EXIT_OK)
        code = scoring_open(&r->scoring, argv[optind]);
    return code == WN_EXIT_OK ? evaluate(r) : code;
}

int wn_cmd_eval(int argc, char **argv) {
    request r = {.scoring = scoring_begin(COMMAND),
                 .weights = calloc(MOST_WEIGHTS, sizeof(double))};
    const int code =
        r.weights ? run(&r, argc, argv) : wn_cli_fail(&(wann_diag){.text = "out of memory"}, NULL);
    scoring_end(&r.scoring);
    free(r.weights);
    return code;
}
