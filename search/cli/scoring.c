/* What the commands that score networks share. */
#include "search/cli/scoring.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/escape.h"
#include "runtime/cli/cli.h"
#include "search/cli/dense.h"

scoring scoring_begin(const char *command) {
    return (scoring){.command = command, .evaluation = wann_evaluation_defaults()};
}

void scoring_end(scoring *s) {
    wann_net_destroy(s->net);
    wann_task_close(s->task);
    wann_free(s->tuned);
    s->net = NULL;
    s->task = NULL;
    s->tuned = NULL;
    s->evaluation.tuned = NULL;
}

bool scoring_weight(const char *text, double *weight) {
    const size_t taken = wn_parse_double(text, weight);
    return taken > 0 && text[taken] == '\0' && isfinite(*weight);
}

bool scoring_number(const char *text, uint64_t *number) {
    enum { MOST_DIGITS = 15 };
    const size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > MOST_DIGITS || text[digits])
        return false;
    *number = 0;
    for (; *text; text++)
        *number = *number * 10 + (uint64_t)(*text - '0');
    return true;
}

static int add_option(scoring *s, const char *text) {
    if (!strchr(text, '='))
        return wn_cli_usage(s->command, "--option %s: expected KEY=VALUE", text);
    if (s->n_task_options == SCORING_MOST_OPTIONS)
        return wn_cli_usage(s->command, "more than %d options of the task", SCORING_MOST_OPTIONS);
    s->task_options[s->n_task_options++] = text;
    return WN_EXIT_OK;
}

static int take_count(const scoring *s, const char *option, size_t *count) {
    if (wn_cli_count(optarg, count))
        return WN_EXIT_OK;
    return wn_cli_usage(s->command, "--%s %s: expected a number from 1 to 1000000", option, optarg);
}

static int take_seed(scoring *s) {
    if (scoring_number(optarg, &s->evaluation.seed))
        return WN_EXIT_OK;
    return wn_cli_usage(s->command, "--seed %s: expected a whole number of at most 15 digits",
                        optarg);
}

static int take_engine(scoring *s) {
    static const char *const words[] = {
#define X(name, word) word,
        WANN_ENGINE_LIST(X)
#undef X
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(optarg, words[i]) == 0) {
            s->evaluation.engine = (wann_engine)i;
            return WN_EXIT_OK;
        }
    return wn_cli_usage(s->command, "--engine %s: expected interpreter, lanes, compiled or jit",
                        optarg);
}

static int take_real(scoring *s) {
    if (strcmp(optarg, "float") != 0 && strcmp(optarg, "double") != 0)
        return wn_cli_usage(s->command, "--real %s: expected float or double", optarg);
    s->evaluation.real = *optarg == 'f' ? WANN_FLOAT : WANN_DOUBLE;
    return WN_EXIT_OK;
}

static int take_bias(scoring *s) {
    if (!scoring_weight(optarg, &s->weight_bias))
        return wn_cli_usage(s->command, "--weight-bias %s: expected a finite number", optarg);
    s->has_bias = true;
    return WN_EXIT_OK;
}

static int take_steps(scoring *s) {
    size_t steps;
    const int code = take_count(s, "max-steps", &steps);
    if (code == WN_EXIT_OK)
        s->evaluation.steps = (uint32_t)steps;
    return code;
}

/* Own functions in the network too: those that generated code carries. */
static int take_portable(scoring *s) {
    s->evaluation.math = WANN_MATH_INLINE;
    return add_option(s, "portable=1");
}

int scoring_take(scoring *s, int option) {
    switch (option) {
    case SCORING_TASK:
        s->task_name = optarg;
        return WN_EXIT_OK;
    case SCORING_OPTION:
        return add_option(s, optarg);
    case SCORING_PORTABLE:
        return take_portable(s);
    case SCORING_INPUTS:
        return take_count(s, "inputs", &s->read.inputs);
    case SCORING_OUTPUTS:
        return take_count(s, "outputs", &s->read.outputs);
    case SCORING_TUNED_FROM:
        s->tuned_from = optarg;
        return WN_EXIT_OK;
    case SCORING_BIAS:
        return take_bias(s);
    case SCORING_EPISODES:
        s->has_episodes = true;
        return take_count(s, "episodes", &s->evaluation.episodes);
    case SCORING_SEED:
        return take_seed(s);
    case SCORING_STEPS:
        return take_steps(s);
    case SCORING_ENGINE:
        return take_engine(s);
    case SCORING_REAL:
        return take_real(s);
    case SCORING_THREADS:
        return take_count(s, "threads", &s->evaluation.threads);
    case SCORING_TRAIN:
        s->evaluation.split = WANN_TRAIN;
        return WN_EXIT_OK;
    case SCORING_BATCH:
        return take_count(s, "batch", &s->evaluation.batch);
    case SCORING_JSON:
        s->json = true;
        return WN_EXIT_OK;
    case SCORING_QUIET:
        s->quiet = true;
        return WN_EXIT_OK;
    }
    return -1;
}

int scoring_complete(const scoring *s) {
    if (s->has_bias && !s->tuned_from)
        return wn_cli_usage(s->command, "--weight-bias needs --tuned-from");
    return WN_EXIT_OK;
}

/* A fully connected network has the sizes of the task. */
static int make_dense(scoring *s, const char *path, wann_diag *diag) {
    if (!s->task)
        return wn_cli_usage(s->command, "%s: expected --task TASK", path);
    const wann_env_type *type = wann_task_type(s->task);
    const wann_status status = dense_net(path, type->observations, type->actions,
                                         type->samples != NULL, &s->net, diag);
    if (status == WANN_ARGUMENT)
        return wn_cli_usage(s->command, "%s", diag->text);
    return status == WANN_OK ? WN_EXIT_OK : wn_cli_fail(diag, path);
}

static int read_net(scoring *s, const char *path, wann_diag *diag) {
    if (dense_is(path))
        return make_dense(s, path, diag);
    wann_read_options read = s->read;
    if (s->task && read.inputs == 0 && read.outputs == 0) {
        read.inputs = wann_task_type(s->task)->observations;
        read.outputs = wann_task_type(s->task)->actions;
    }
    return wann_net_read(path, &read, &s->net, NULL, diag) == WANN_OK ? WN_EXIT_OK
                                                                      : wn_cli_fail(diag, path);
}

int scoring_open_task(const char *command, const char *name, const char *const *options,
                      wann_task **task) {
    wann_diag diag = {0};
    if (wann_task_open(name, options, task, &diag) == WANN_OK)
        return WN_EXIT_OK;
    const bool slip = diag.status == WANN_INPUT && !diag.path[0];
    return slip ? wn_cli_usage(command, "%s", diag.text) : wn_cli_fail(&diag, NULL);
}

static int open_task(scoring *s, const char *name) {
    return scoring_open_task(s->command, name, s->task_options, &s->task);
}

static int read_tuned(scoring *s, wann_diag *diag) {
    if (!s->tuned_from)
        return WN_EXIT_OK;
    if (wann_weights_read(s->net, s->tuned_from, s->weight_bias, &s->tuned, diag) != WANN_OK)
        return wn_cli_fail(diag, s->tuned_from);
    s->evaluation.tuned = s->tuned;
    return WN_EXIT_OK;
}

/* A matrix says nothing of the encoder through which its network learned to see, and the published
 * one has an encoder that was never published. */
static int check_encoder(const scoring *s, const char *path) {
    const size_t n = strlen(path);
    const bool is_matrix = n > 4 && (strcmp(path + n - 4, ".out") == 0 || strcmp(path + n - 4, ".csv") == 0);
    if (!s->task || !is_matrix || strcmp(wann_task_type(s->task)->name, "racing") != 0)
        return WN_EXIT_OK;
    wann_diag diag = {.status = WANN_UNSUPPORTED};
    snprintf(diag.text, sizeof diag.text,
             "the published racer cannot be scored: it sees through an encoder that was not "
             "published, and another gives it other inputs; for a matrix of your own: wann convert "
             "it to .json first");
    return wn_cli_fail(&diag, path);
}

int scoring_open(scoring *s, const char *path) {
    wann_diag diag = {0};
    s->network = path;
    int code = s->task_name ? open_task(s, s->task_name) : WN_EXIT_OK;
    if (code == WN_EXIT_OK)
        code = read_net(s, path, &diag);
    if (code == WN_EXIT_OK && !s->task) {
        /* A file may name a task, but not code to be loaded. */
        const char *name = wann_net_task(s->net);
        code = name && !strpbrk(name, "/.")
                   ? open_task(s, name)
                   : wn_cli_usage(s->command, "no task; expected --task TASK");
    }
    if (code == WN_EXIT_OK)
        code = check_encoder(s, path);
    return code == WN_EXIT_OK ? read_tuned(s, &diag) : code;
}

void scoring_json_number(wn_buf *out, double value) {
    if (isfinite(value))
        wn_buf_double(out, value);
    else
        wn_buf_text(out, "null");
}

void scoring_json_text(wn_buf *out, const char *key, const char *text) {
    wn_buf_print(out, "\"%s\": \"", key);
    wn_escape(out, WN_ESCAPE_JSON, text);
    wn_buf_char(out, '"');
}

void scoring_json_summary(wn_buf *out, const wann_summary *summary) {
    const struct {
        const char *key;
        double value;
    } pairs[] = {{"mean", summary->mean},
                 {"sd", summary->sd},
                 {"median", summary->median},
                 {"min", summary->min},
                 {"max", summary->max}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        wn_buf_print(out, "%s\"%s\": ", i ? ", " : "", pairs[i].key);
        scoring_json_number(out, pairs[i].value);
    }
}

int scoring_print(wn_buf *out) {
    int code = WN_EXIT_OK;
    if (out->failed)
        code = wn_cli_fail(&(wann_diag){.text = "out of memory"}, NULL);
    else if (out->data)
        fputs(out->data, stdout);
    wn_buf_free(out);
    return code;
}

void scoring_progress(const scoring *s, size_t done, size_t all) {
    if (s->quiet || !isatty(STDERR_FILENO))
        return;
    fprintf(stderr, "\rwann %s: %zu of %zu%s", s->command, done, all,
            done == all ? "\r\033[K" : "");
    fflush(stderr);
}

void scoring_grid(double from, double to, size_t n, double *weights) {
    const double last = (double)(n - 1);
    for (size_t i = 0; i < n; i++)
        weights[i] = n == 1 ? from : (from * (last - (double)i) + to * (double)i) / last;
}
