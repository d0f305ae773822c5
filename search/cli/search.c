/* wann search: find networks for a task. */
#define _GNU_SOURCE
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/escape.h"
#include "runtime/cli/cli.h"
#include "search/cli/commands.h"
#include "search/cli/long_run.h"
#include "search/hyper.h"
#include "wann/search.h"

static const char COMMAND[] = "search";
enum { MOST_SETTINGS = 256, MOST_OPTIONS = 64, SETTING_SIZE = 40 };

typedef struct request {
    wann_run_options run;
    const char *setting[MOST_SETTINGS + 1];
    size_t n_settings;
    const char *option[MOST_OPTIONS + 1];
    size_t n_options;
    char generations[SETTING_SIZE];
    char population[SETTING_SIZE];
    char folder[512];
    bool json;
    bool quiet;
} request;

static void print_settings(void) {
    static const char *const meaning[] = {
#define X(kind, key, wann, neat, least, largest, help) help,
#include "search/hyper.def"
#undef X
    };
    const wn_hyper wann = wn_hyper_defaults(WN_WANN), neat = wn_hyper_defaults(WN_NEAT);
    for (size_t i = 0; i < WN_HYPER_KEYS; i++) {
        wn_buf one = {0}, other = {0};
        wn_hyper_put(&wann, (wn_hyper_key)i, &one);
        wn_hyper_put(&neat, (wn_hyper_key)i, &other);
        if (!one.failed && !other.failed)
            printf("  %-25s%-9s%-9s%s\n", wn_hyper_name((wn_hyper_key)i), one.data, other.data,
                   meaning[i]);
        wn_buf_free(&one);
        wn_buf_free(&other);
    }
}

static int help(void) {
    puts(
        "usage: wann search TASK [OPTIONS]\n"
        "       wann search --resume RUNDIR [OPTIONS]\n"
        "\n"
        "Search for a network that does a task with any shared weight.\n"
        "\n"
        "TASK  the name of a task (wann tasks), classify:FILE.csv, or the path of a plug-in; may\n"
        "      be left out if the settings file names it\n"
        "\n"
        "Search:\n"
        "  -p, --settings FILE    settings, as the published p/*.json\n"
        "  --set KEY=VALUE        one setting; may be given again\n"
        "  --algorithm NAME       wann, or neat: weights evolve too\n"
        "  --generations N        how many; the same as --set maxGen=N\n"
        "  --population N         how large; the same as --set popSize=N\n"
        "  --budget TIME          90s, 10m or 2h: many starts, of which the best go on\n"
        "  --seed N               the same seed gives the same run; 1 if not given\n"
        "  --option KEY=VALUE     an option of the task; may be given again\n"
        "  --threads N            how many at once, in each process; one a processor if not given\n"
        "\n"
        "Run:\n"
        "  -o, --output RUNDIR    folder for the run's files; TASK-SEED if not given\n"
        "  --resume RUNDIR        go on with a run that was stopped, or for more generations\n"
        "  --json                 print the result as one JSON object\n"
        "  --quiet                no progress on standard error\n"
        "\n"
        "Settings (KEY, value for wann, for neat, what it is):");
    print_settings();
    puts("\n"
         "Started by mpirun, all its processes evaluate; the run is the same.\n"
         "A task may suggest other values; the settings file and --set hold over them.\n"
         "Interrupted (Ctrl-C), a run saves itself and exits with 130; --resume goes on as if\n"
         "nothing had happened.\n"
         "\n"
         "Example:\n"
         "  wann search swingup --population 64 --generations 1024 --seed 1 -o run\n"
         "  mpirun -n 16 wann search biped -o walker");
    return WN_EXIT_OK;
}

static int add_setting(request *r, const char *text) {
    if (r->n_settings == MOST_SETTINGS)
        return wn_cli_usage(COMMAND, "more than %d settings", MOST_SETTINGS);
    r->setting[r->n_settings++] = text;
    return WN_EXIT_OK;
}

static int add_count(request *r, const char *option, const char *key, char *room) {
    size_t count;
    if (!wn_cli_count(optarg, &count))
        return wn_cli_usage(COMMAND, "--%s %s: expected a number from 1 to 1000000", option,
                            optarg);
    snprintf(room, SETTING_SIZE, "%s=%zu", key, count);
    return add_setting(r, room);
}

static int take_seed(request *r) {
    char *end;
    if (strspn(optarg, "0123456789") == strlen(optarg) && strlen(optarg) < 17) {
        r->run.seed = strtoull(optarg, &end, 10);
        if (end > optarg && r->run.seed < UINT64_C(1) << 53)
            return WN_EXIT_OK;
    }
    return wn_cli_usage(COMMAND, "--seed %s: expected a number from 0 to 2^53 - 1", optarg);
}

/* A number of seconds, minutes or hours. */
static int take_budget(request *r) {
    double number = 0;
    const size_t n = wn_parse_double(optarg, &number);
    const char *unit = optarg + n;
    const double scale = strcmp(unit, "s") == 0 || !*unit ? 1
                         : strcmp(unit, "m") == 0         ? 60
                         : strcmp(unit, "h") == 0         ? 3600
                                                          : 0;
    r->run.budget_seconds = number * scale;
    if (n > 0 && r->run.budget_seconds > 0 && r->run.budget_seconds < 1e9)
        return WN_EXIT_OK;
    return wn_cli_usage(COMMAND, "--budget %s: expected a time such as 90s, 10m or 2h", optarg);
}

static int take_algorithm(request *r) {
    r->run.neat = strcmp(optarg, "neat") == 0;
    if (r->run.neat || strcmp(optarg, "wann") == 0)
        return WN_EXIT_OK;
    return wn_cli_usage(COMMAND, "--algorithm %s: expected wann or neat", optarg);
}

static int take_task_option(request *r) {
    if (!strchr(optarg, '='))
        return wn_cli_usage(COMMAND, "--option %s: expected KEY=VALUE", optarg);
    if (r->n_options == MOST_OPTIONS)
        return wn_cli_usage(COMMAND, "more than %d options of the task", MOST_OPTIONS);
    r->option[r->n_options++] = optarg;
    return WN_EXIT_OK;
}

static int take_threads(request *r) {
    if (wn_cli_count(optarg, &r->run.threads) && r->run.threads <= 1024)
        return WN_EXIT_OK;
    return wn_cli_usage(COMMAND, "--threads %s: expected a number from 1 to 1024", optarg);
}

/* Settings are tried at once, so that a misspelt one is wrong usage. */
static int take_setting(request *r) {
    wn_hyper any = wn_hyper_defaults(WN_WANN);
    wann_diag diag;
    if (wn_hyper_assign(&any, optarg, &diag) != WANN_OK)
        return wn_cli_usage(COMMAND, "--set %s: %s", optarg, diag.text);
    if (strncmp(optarg, "algorithm=", strlen("algorithm=")) == 0)
        return wn_cli_usage(COMMAND, "--set %s: the algorithm is chosen by --algorithm", optarg);
    return add_setting(r, optarg);
}

enum {
    OPTION_SET = 256,
    OPTION_ALGORITHM,
    OPTION_GENERATIONS,
    OPTION_POPULATION,
    OPTION_BUDGET,
    OPTION_SEED,
    OPTION_OPTION,
    OPTION_THREADS,
    OPTION_RESUME,
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_HELP
};
static const struct option options[] = {
    {"settings", required_argument, NULL, 'p'},
    {"set", required_argument, NULL, OPTION_SET},
    {"algorithm", required_argument, NULL, OPTION_ALGORITHM},
    {"generations", required_argument, NULL, OPTION_GENERATIONS},
    {"population", required_argument, NULL, OPTION_POPULATION},
    {"budget", required_argument, NULL, OPTION_BUDGET},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"option", required_argument, NULL, OPTION_OPTION},
    {"threads", required_argument, NULL, OPTION_THREADS},
    {"output", required_argument, NULL, 'o'},
    {"resume", required_argument, NULL, OPTION_RESUME},
    {"json", no_argument, NULL, OPTION_JSON},
    {"quiet", no_argument, NULL, OPTION_QUIET},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0}};

static int take_option(request *r, int option, char **argv) {
    switch (option) {
    case 'p':
        r->run.settings_file = optarg;
        return WN_EXIT_OK;
    case OPTION_SET:
        return take_setting(r);
    case OPTION_ALGORITHM:
        return take_algorithm(r);
    case OPTION_GENERATIONS:
        return add_count(r, "generations", "maxGen", r->generations);
    case OPTION_POPULATION:
        return add_count(r, "population", "popSize", r->population);
    case OPTION_BUDGET:
        return take_budget(r);
    case OPTION_SEED:
        return take_seed(r);
    case OPTION_OPTION:
        return take_task_option(r);
    case OPTION_THREADS:
        return take_threads(r);
    case 'o':
        r->run.folder = optarg;
        return WN_EXIT_OK;
    case OPTION_RESUME:
        r->run.folder = optarg;
        r->run.resume = 1;
        return WN_EXIT_OK;
    case OPTION_JSON:
        r->json = true;
        return WN_EXIT_OK;
    case OPTION_QUIET:
        r->quiet = true;
        return WN_EXIT_OK;
    }
    return wn_cli_bad_option(COMMAND, option, argv, options);
}

/* TASK-SEED: the last part of a path or of classify:FILE, without its ending. */
static void name_folder(request *r) {
    const char *name = r->run.task ? r->run.task : "run";
    for (const char *c = name; *c; c++)
        if ((*c == '/' || *c == ':') && c[1])
            name = c + 1;
    const char *dot = strchr(name, '.');
    const size_t n = dot > name ? (size_t)(dot - name) : strlen(name);
    snprintf(r->folder, sizeof r->folder, "%.*s-%" PRIu64, (int)(n < 400 ? n : 400), name,
             r->run.seed);
    r->run.folder = r->folder;
}

static int complete(request *r, int argc, char **argv, const wann_ranks *ranks) {
    if (optind + 1 < argc)
        return wn_cli_usage(COMMAND, "one task at a time; '%s' is too much", argv[optind + 1]);
    if (optind < argc && r->run.resume)
        return wn_cli_usage(COMMAND, "a run that goes on knows its task; '%s' is too much",
                            argv[optind]);
    r->run.task = optind < argc ? argv[optind] : NULL;
    if (!r->run.task && !r->run.settings_file && !r->run.resume)
        return wn_cli_usage(COMMAND, "no task to search for");
    if (!r->run.threads)
        r->run.threads = wn_long_run_processors(ranks);
    if (!r->run.folder)
        name_folder(r);
    r->run.settings = r->setting;
    r->run.task_options = r->option;
    return WN_EXIT_OK;
}

/* What the progress line needs to know from call to call. */
typedef struct display {
    bool terminal;
    double shown; /* seconds of the run */
    uint64_t evaluations;
} display;

static void put_time(wn_buf *out, double seconds) {
    const unsigned long long s = (unsigned long long)(seconds + 0.5);
    if (s >= 3600)
        wn_buf_print(out, "%lluh%02llum", s / 3600, s / 60 % 60);
    else
        wn_buf_print(out, "%llum%02llus", s / 60, s % 60);
}

static void progress(void *context, const wann_run_progress *p) {
    display *d = context;
    const double since = p->seconds - d->shown;
    const bool last = p->generation + 1 == p->generations;
    if (since < (d->terminal ? 0.1 : 5) && !(last && !d->terminal) && d->shown > 0)
        return;
    wn_buf out = {0};
    if (p->start > 0)
        wn_buf_print(&out, "start %" PRIu32 ", ", p->start);
    wn_buf_print(&out, "generation %" PRIu32 "/%" PRIu32 ": best ", p->generation + 1,
                 p->generations);
    wn_buf_fixed(&out, p->best, 1);
    wn_buf_text(&out, ", median ");
    wn_buf_fixed(&out, p->median, 1);
    wn_buf_text(&out, ", peak ");
    wn_buf_fixed(&out, p->peak, 1);
    wn_buf_text(&out, ", champion ");
    wn_buf_fixed(&out, p->champion, 1);
    wn_buf_print(&out, ", %" PRIu32 " connections", p->connections);
    if (since > 0)
        wn_buf_print(&out, ", %.0f evaluations/s",
                     (double)(p->evaluations - d->evaluations) / since);
    if (p->remaining >= 0) {
        wn_buf_text(&out, ", ");
        put_time(&out, p->remaining);
        wn_buf_text(&out, " left");
    }
    if (!out.failed)
        fprintf(stderr, d->terminal ? "\r%s\033[K" : "%s\n", out.data);
    wn_buf_free(&out);
    d->shown = p->seconds;
    d->evaluations = p->evaluations;
}

static void put_member(wn_buf *out, const char *key, double value) {
    wn_buf_print(out, ", \"%s\": ", key);
    wn_buf_double(out, value);
}

static int print_json(const request *r, const wann_run_result *result) {
    wn_buf out = {0};
    wn_buf_text(&out, "{\"best\": \"");
    wn_escape(&out, WN_ESCAPE_JSON, r->run.folder);
    wn_buf_text(&out, "/best.json\"");
    put_member(&out, "mean", result->mean);
    put_member(&out, "peak", result->peak);
    wn_buf_print(&out,
                 ", \"connections\": %" PRIu32 ", \"generations\": %" PRIu64
                 ", \"evaluations\": %" PRIu64 ", \"repeats\": %" PRIu64 ", \"steps\": %" PRIu64
                 ", \"lane_use\": ",
                 result->connections, result->generations, result->evaluations, result->repeats,
                 result->steps);
    wn_buf_fixed(&out, result->slots ? (double)result->steps / (double)result->slots : 1, 4);
    wn_buf_text(&out, ", \"seconds\": ");
    wn_buf_fixed(&out, result->seconds, 3);
    wn_buf_print(&out, ", \"stopped\": %s}", result->stopped ? "true" : "false");
    if (!out.failed)
        puts(out.data);
    const int code =
        out.failed ? wn_cli_fail(&(wann_diag){.text = "out of memory"}, NULL) : WN_EXIT_OK;
    wn_buf_free(&out);
    return code;
}

static int print_summary(const request *r, const wann_run_result *result) {
    wn_buf out = {0};
    wn_buf_print(&out, "%s/best.json: mean ", r->run.folder);
    wn_buf_fixed(&out, result->mean, 2);
    wn_buf_text(&out, ", peak ");
    wn_buf_fixed(&out, result->peak, 2);
    wn_buf_print(&out,
                 ", %" PRIu32 " connections; %" PRIu64 " generations, %" PRIu64 " evaluations, ",
                 result->connections, result->generations, result->evaluations);
    wn_buf_fixed(&out, 1e-6 * (double)result->steps, 1);
    wn_buf_text(&out, " million steps in ");
    put_time(&out, result->seconds);
    if (result->stopped)
        wn_buf_print(&out, "\nstopped; go on with: wann search --resume %s", r->run.folder);
    if (!out.failed)
        puts(out.data);
    wn_buf_free(&out);
    return WN_EXIT_OK;
}

static int search(request *r, wann_ranks *ranks) {
    wann_diag diag = {0};
    wann_run_result result;
    display shown = {.terminal = isatty(STDERR_FILENO) != 0};
    r->run.ranks = ranks;
    r->run.stop = &wn_long_run_stop;
    r->run.progress = r->quiet ? NULL : progress;
    r->run.context = &shown;
    const wann_status status = wann_run_search(&r->run, &result, &diag);
    if (shown.terminal && shown.shown > 0)
        fputc('\n', stderr);
    if (status != WANN_OK)
        return wn_cli_fail(&diag, NULL);
    const int code = r->json ? print_json(r, &result) : print_summary(r, &result);
    wann_net_destroy(result.best);
    return code == WN_EXIT_OK && result.stopped ? 128 + wn_long_run_stop : code;
}

static int command(int argc, char **argv, wann_ranks *ranks) {
    request r = {.run = {.seed = 1}};
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, ":o:p:", options, NULL)) != -1;) {
        if (option == OPTION_HELP)
            return help();
        const int code = take_option(&r, option, argv);
        if (code != WN_EXIT_OK)
            return code;
    }
    const int code = complete(&r, argc, argv, ranks);
    return code == WN_EXIT_OK ? search(&r, ranks) : code;
}

int wn_cmd_search(int argc, char **argv) {
    return wn_long_run(argc, argv, command);
}
