/* wann tasks: the tasks of this build, and what a network has to have for each. */
#include <stdio.h>
#include <string.h>

#include "runtime/base/escape.h"
#include "runtime/cli/cli.h"
#include "search/cli/commands.h"
#include "search/cli/scoring.h"

static int help(void) {
    puts("usage: wann tasks [TASK]... [--json]\n"
         "\n"
         "List the tasks, or tell what a task's inputs, outputs and limits are.\n"
         "\n"
         "TASK   a name, classify:FILE.csv, or the path of a plug-in\n"
         "\n"
         "Output:\n"
         "  --json   one JSON document, everything of every task\n"
         "  --quiet  accepted, as in every command\n"
         "\n"
         "Example:\n"
         "  wann tasks swingup");
    return WN_EXIT_OK;
}

static void put_names(wn_buf *out, const char *const *names, size_t n, const char *stem) {
    for (size_t i = 0; i < n; i++) {
        wn_buf_text(out, i ? ", \"" : "\"");
        if (names)
            wn_escape(out, WN_ESCAPE_JSON, names[i]);
        else
            wn_buf_print(out, "%s%zu", stem, i);
        wn_buf_char(out, '"');
    }
}

static void put_limits(wn_buf *out, const char *key, const double *limits, size_t n) {
    wn_buf_print(out, ", \"%s\": ", key);
    if (!limits) {
        wn_buf_text(out, "null");
        return;
    }
    for (size_t i = 0; i < n; i++) {
        wn_buf_text(out, i ? ", " : "[");
        scoring_json_number(out, limits[i]);
    }
    wn_buf_char(out, ']');
}

static const char *kind(const wann_env_type *t) {
    return t->samples ? "classification" : "episodes";
}

static void put_json(wn_buf *out, const wann_env_type *t) {
    wn_buf_char(out, '{');
    scoring_json_text(out, "name", t->name);
    wn_buf_text(out, ", ");
    scoring_json_text(out, "summary", t->summary);
    wn_buf_print(out, ", \"kind\": \"%s\", \"inputs\": %zu, \"outputs\": %zu, \"input_names\": [",
                 kind(t), t->observations, t->actions);
    put_names(out, t->observation_names, t->observations, "in");
    wn_buf_text(out, "], \"output_names\": [");
    put_names(out, t->action_names, t->actions, "out");
    wn_buf_char(out, ']');
    put_limits(out, "output_low", t->action_low, t->actions);
    put_limits(out, "output_high", t->action_high, t->actions);
    wn_buf_print(out, ", \"steps\": %u, \"search_steps\": %u, \"batch\": %zu, ", (unsigned)t->steps,
                 (unsigned)(t->search_steps ? t->search_steps : t->steps), t->batch);
    scoring_json_text(out, "search_settings", t->search_settings ? t->search_settings : "");
    wn_buf_text(out, ", ");
    scoring_json_text(out, "search_options", t->search_options ? t->search_options : "");
    wn_buf_print(out, ", \"lanes\": %s, \"render\": %s}",
                 t->lanes_f32 && t->lanes_f64 ? "true" : "false", t->render ? "true" : "false");
}

static void put_row(wn_buf *out, const wann_env_type *t) {
    wn_buf_print(out, "%-14s %6zu %7zu ", t->name, t->observations, t->actions);
    if (t->samples)
        wn_buf_print(out, "%7s", "-");
    else
        wn_buf_print(out, "%7u", (unsigned)t->steps);
    wn_buf_print(out, "  %s\n", t->summary);
}

static void put_ports(wn_buf *out, const char *what, const char *const *names, const double *low,
                      const double *high, size_t n) {
    wn_buf_print(out, "  %s:", what);
    for (size_t i = 0; i < n && i < 100; i++) {
        wn_buf_text(out, i ? ", " : " ");
        if (names)
            wn_buf_text(out, names[i]);
        else
            wn_buf_print(out, "%zu", i);
        if (low && high) {
            wn_buf_text(out, " (");
            wn_buf_double(out, low[i]);
            wn_buf_text(out, " to ");
            wn_buf_double(out, high[i]);
            wn_buf_char(out, ')');
        }
    }
    wn_buf_text(out, n > 100 ? ", ...\n" : "\n");
}

static void put_details(wn_buf *out, const wann_env_type *t) {
    wn_buf_print(out, "%s: %s\n", t->name, t->summary);
    wn_buf_print(out, "  %zu input%s, %zu output%s, ", t->observations,
                 t->observations == 1 ? "" : "s", t->actions, t->actions == 1 ? "" : "s");
    if (t->samples)
        wn_buf_text(out, "samples to classify\n");
    else
        wn_buf_print(out, "episodes of at most %u steps\n", (unsigned)t->steps);
    if (t->observation_names)
        put_ports(out, "inputs", t->observation_names, NULL, NULL, t->observations);
    if (t->action_names)
        put_ports(out, "outputs", t->action_names, t->action_low, t->action_high, t->actions);
    if (t->search_settings)
        wn_buf_print(out, "  a search starts from: %s\n", t->search_settings);
    if (t->search_options)
        wn_buf_print(out, "  and with the options: %s\n", t->search_options);
}

/* Append what there is to tell of one task: an exit code. */
static int describe(wn_buf *out, const char *name, bool json, bool details) {
    wann_task *task;
    const int code = scoring_open_task("tasks", name, NULL, &task);
    if (code != WN_EXIT_OK)
        return code;
    const wann_env_type *type = wann_task_type(task);
    if (json)
        put_json(out, type);
    else if (details)
        put_details(out, type);
    else
        put_row(out, type);
    wann_task_close(task);
    return WN_EXIT_OK;
}

static int list(const char *const *names, size_t n, bool json, bool details) {
    wn_buf out = {0};
    int code = WN_EXIT_OK;
    if (json)
        wn_buf_text(&out, "{\"tasks\": [");
    else if (!details)
        wn_buf_print(&out, "%-14s %6s %7s %7s\n", "", "inputs", "outputs", "steps");
    for (size_t i = 0; i < n && code == WN_EXIT_OK; i++) {
        wn_buf_text(&out, json && i ? ", " : "");
        code = describe(&out, names[i], json, details);
    }
    if (json)
        wn_buf_text(&out, "]}\n");
    else if (!details)
        wn_buf_text(&out, "\nOr the path of a plug-in; see docs/add-a-task.md.\n");
    if (code == WN_EXIT_OK)
        return scoring_print(&out);
    wn_buf_free(&out);
    return code;
}

static const struct option options[] = {{"json", no_argument, NULL, SCORING_JSON},
                                        {"quiet", no_argument, NULL, SCORING_QUIET},
                                        {"help", no_argument, NULL, SCORING_HELP},
                                        {NULL, 0, NULL, 0}};

int wn_cmd_tasks(int argc, char **argv) {
    scoring s = scoring_begin("tasks");
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, ":", options, NULL)) != -1;) {
        if (option == SCORING_HELP)
            return help();
        if (scoring_take(&s, option) < 0)
            return wn_cli_bad_option("tasks", option, argv, options);
    }
    if (optind < argc)
        return list((const char *const *)argv + optind, (size_t)(argc - optind), s.json, true);
    const char *const *names = wann_task_names();
    size_t n = 0;
    while (names[n])
        n++;
    return list(names, n, s.json, false);
}
