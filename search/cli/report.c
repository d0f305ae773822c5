/* wann report: one self-contained page of a run or of a network. */
#include "search/cli/report.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/base/file.h"
#include "runtime/cli/cli.h"
#include "search/cli/commands.h"

static const char COMMAND[] = "report";

/* Enough for a profile that is smooth to the eye, and soon done. */
enum { EPISODES = 20 };

static int help(void) {
    puts("usage: wann report RUNDIR|NETWORK -o FILE.html [OPTIONS]\n"
         "\n"
         "Make one self-contained page: the network, to be explored; its scores, and how they depend\n"
         "on the shared weight; the course of the search; and, for swing-up and digits, the task,\n"
         "to be tried in the browser. The page loads nothing from anywhere.\n"
         "\n"
         "RUNDIR   the folder of a search (wann search -o)\n"
         "NETWORK  a network file (.json) or a matrix of the published release (.out, .csv)\n"
         "\n"
         "Weights:\n"
         "  --tuned-from FILE   tuned weights: those of FILE, a weights file of the published tool;\n"
         "                      if left out, those of the network file\n"
         "  --weight-bias B     with --tuned-from: is added to each\n"
         "\n"
         "Output:\n"
         "  -o, --output FILE   where to; its name ends with .html\n"
         "  --json              say on standard output what was done, as one JSON object\n"
         "  --quiet             no notes on standard error\n"
         "\n" SCORING_TASK_HELP "\n" SCORING_RUN_HELP "\n" SCORING_NETWORK_HELP "\n"
         "Example:\n"
         "  wann search swingup --generations 100 -o run && wann report run -o report.html");
    return WN_EXIT_OK;
}

static const struct option options[] = {{"output", required_argument, NULL, 'o'},
                                        SCORING_OPTIONS,
                                        SCORING_MANY_OPTIONS,
                                        {NULL, 0, NULL, 0}};

static int take_option(report *r, int option, char **argv) {
    const int code = scoring_take(&r->scoring, option);
    if (code >= 0)
        return code;
    if (option != 'o')
        return wn_cli_bad_option(COMMAND, option, argv, options);
    r->output = optarg;
    return WN_EXIT_OK;
}

static bool is_folder(const char *path) {
    struct stat there;
    return stat(path, &there) == 0 && S_ISDIR(there.st_mode);
}

static int no_memory(void) {
    return wn_cli_fail(&(wann_diag){.text = "out of memory"}, NULL);
}

/* A folder may come from anybody: it may name a task and a table of data, but not code to be loaded. */
static bool is_code(const char *task) {
    const char *colon = strchr(task, ':'), *slash = strchr(task, '/');
    const size_t length = strlen(task);
    return (slash && (!colon || slash < colon)) ||
           (length > 3 && strcmp(task + length - 3, ".so") == 0);
}

/* Task and network are those of the run, unless the command line names another task. */
static int open_run(report *r, const char *folder) {
    wann_diag diag = {0};
    wn_buf path = {0};
    if (report_read_run(folder, &r->run, &diag) != WANN_OK)
        return wn_cli_fail(&diag, folder);
    r->has_run = true;
    if (!r->scoring.task_name && is_code(r->run.task))
        return wn_cli_usage(COMMAND, "the run is of a plug-in; expected --task and its path");
    if (!r->scoring.task_name) {
        r->scoring.task_name = r->run.task;
        if (r->run.n_options + r->scoring.n_task_options > SCORING_MOST_OPTIONS)
            return wn_cli_usage(COMMAND, "more than %d options of the task", SCORING_MOST_OPTIONS);
        for (size_t i = 0; i < r->run.n_options; i++)
            r->scoring.task_options[r->scoring.n_task_options++] = r->run.options[i];
    }
    wn_buf_print(&path, "%s/best.json", folder);
    const char *network =
        path.failed ? NULL : wn_arena_copy(&r->run.arena, path.data, path.length);
    wn_buf_free(&path);
    return network ? scoring_open(&r->scoring, network) : no_memory();
}

static report_kind kind_of(const report *r) {
    const wann_env_type *type = wann_task_type(r->scoring.task);
    static const char *const drawn[] = {"digits", "mnist256", "mnist784"};
    if (strcmp(type->name, "swingup") == 0 || strcmp(type->name, "swingup_hard") == 0)
        return REPORT_SWINGUP;
    for (size_t i = 0; i < sizeof drawn / sizeof *drawn; i++)
        if (strcmp(type->name, drawn[i]) == 0)
            return REPORT_DRAWING;
    return type->render ? REPORT_FILM : REPORT_STILL;
}

/* The page starts with the best weight of its profile, which need not be the file's. */
static double choose_weight(const report *r) {
    const report_profile *p = &r->profile;
    const double *value = p->accuracy ? p->accuracy : p->mean;
    size_t best = 0;
    for (size_t i = 1; i < p->n; i++)
        if (value[i] > value[best])
            best = i;
    return round(p->weight[best] * 100) / 100;
}

static report_film choose_film(const report *r) {
    const condition_score *tuned = &r->cells[CONDITION_TUNED];
    const bool better =
        tuned->known && tuned->reward.mean > r->cells[CONDITION_TUNED_SHARED].reward.mean;
    return better ? REPORT_FILM_TUNED : REPORT_FILM_SHARED;
}

static int tell(const report *r, size_t bytes) {
    wn_buf out = {0};
    if (r->scoring.json) {
        wn_buf_char(&out, '{');
        scoring_json_text(&out, "output", r->output);
        wn_buf_print(&out, ", \"bytes\": %zu, \"weight\": ", bytes);
        scoring_json_number(&out, r->weight);
        wn_buf_text(&out, "}\n");
    } else if (!r->scoring.quiet) {
        wn_buf_print(&out, "%s: %zu bytes\n", r->output, bytes);
    }
    return scoring_print(&out);
}

static int write_report(report *r) {
    wann_diag diag = {0};
    wn_buf page = {0};
    int code = WN_EXIT_OK;
    r->kind = kind_of(r);
    wann_status status = report_score(r, &diag);
    if (status == WANN_OK) {
        r->weight = choose_weight(r);
        r->film_weight = choose_film(r);
        status = report_page(r, &page, &diag);
    }
    if (status != WANN_OK)
        code = wn_cli_fail(&diag, r->scoring.network);
    else if (wn_file_write(r->output, page.data, page.length, 0666, &diag) != WANN_OK)
        code = wn_cli_fail(&diag, r->output);
    else
        code = tell(r, page.length);
    wn_buf_free(&page);
    return code;
}

static bool is_page(const char *path) {
    const size_t length = strlen(path);
    return length > 5 && strcmp(path + length - 5, ".html") == 0;
}

static int run(report *r, int argc, char **argv) {
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, ":o:", options, NULL)) != -1;) {
        if (option == SCORING_HELP)
            return help();
        const int code = take_option(r, option, argv);
        if (code != WN_EXIT_OK)
            return code;
    }
    if (optind >= argc)
        return wn_cli_usage(COMMAND, "no run to report on; expected a run folder or a network");
    if (optind + 1 < argc)
        return wn_cli_usage(COMMAND, "one run at a time; '%s' is too much", argv[optind + 1]);
    if (!r->output || !is_page(r->output))
        return wn_cli_usage(COMMAND, "nowhere to write to; expected -o FILE.html");
    if (r->scoring.evaluation.engine >= WANN_ENGINE_COMPILED ||
        r->scoring.evaluation.math == WANN_MATH_INLINE)
        return wn_cli_usage(COMMAND, "random weights of connections cannot be compiled in");
    int code = scoring_complete(&r->scoring);
    if (code == WN_EXIT_OK)
        code = is_folder(argv[optind]) ? open_run(r, argv[optind])
                                       : scoring_open(&r->scoring, argv[optind]);
    return code == WN_EXIT_OK ? write_report(r) : code;
}

int wn_cmd_report(int argc, char **argv) {
    report r = {.scoring = scoring_begin(COMMAND)};
    r.scoring.evaluation.episodes = EPISODES;
    const int code = run(&r, argc, argv);
    scoring_end(&r.scoring);
    report_free_profile(&r.profile);
    wn_arena_free(&r.run.arena);
    return code;
}
