/* wann tune: better weights for a network. */
#define _GNU_SOURCE
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/cli/cli.h"
#include "search/cli/commands.h"
#include "search/cli/long_run.h"
#include "search/cli/tune.h"
#include "search/tune/tune.h"

static const char COMMAND[] = "tune";

static void print_settings(void) {
    static const char *const meaning[] = {
#define X(kind, key, value, least, largest, methods, help) help,
#include "search/tune/tune.def"
#undef X
    };
    for (size_t i = 0; i < WN_TUNE_KEYS; i++) {
        wn_buf values = {0};
        for (int m = 0; m <= WANN_TUNE_GRADIENT; m++) {
            const wn_tune_settings s = wn_tune_defaults((wann_tune_method)m);
            char number[WN_NUMBER_SIZE] = "-";
            if (wn_tune_knows((wann_tune_method)m, (wn_tune_key)i))
                wn_format_double(number, s.value[i]);
            wn_buf_print(&values, " %-6s", number);
        }
        if (!values.failed)
            printf("  %-20s%s %s\n", wn_tune_key_name((wn_tune_key)i), values.data, meaning[i]);
        wn_buf_free(&values);
    }
}

static int help(void) {
    puts("usage: wann tune NETWORK --task TASK --method METHOD [-o tuned.json] [OPTIONS]\n"
         "\n"
         "Find better weights for a network: the one that all connections share, or one for each.\n"
         "\n"
         "NETWORK  a network file (.json) or a matrix of the published release (.out, .csv)\n"
         "\n"
         "Methods:");
    static const char *const methods[][2] = {
#define X(name, word, help) {word, help},
        WANN_TUNE_LIST(X)
#undef X
    };
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        printf("  %-20s%s\n", methods[i][0], methods[i][1]);
    puts("\n"
         "Tuning:\n"
         "  --method METHOD     one of these; shared if not given\n"
         "  --set KEY=VALUE     one setting, of those below; may be given again\n"
         "  --generations N     the same as --set maxGen=N, or for gradient --set epochs=N\n"
         "  --population N      the same as --set popsize=N\n"
         "  --episodes N        for each candidate; the same as --set num_episode=N\n"
         "  --budget TIME       90s, 10m or 2h: stop after so long\n"
         "  --seed N            the same seed gives the same weights; 0 if not given\n"
         "  --threads N         as many as there are processors, if not given\n"
         "\n"
         "Start, of all methods but shared; if left out, the best shared weight:\n"
         "  --weight W          this weight for each connection\n"
         "  --tuned             the connections' weights of the network file\n"
         "  --tuned-from FILE   those of FILE, a weights file of the published tool\n"
         "  --weight-bias B     with --tuned-from: is added to each\n"
         "\n"
         "Task:\n"
         "  --task TASK         a name that wann tasks lists, classify:FILE.csv, or the path of a\n"
         "                      plug-in; if left out, the task that the network file names\n"
         "  --option KEY=VALUE  an option of the task; may be repeated\n"
         "  --inputs N          for a matrix, which does not say; if left out, what the task has\n"
         "  --outputs M\n"
         "\n"
         "Output:\n"
         "  -o, --output FILE   the network with its new weights (.json, .out)\n"
         "  --profile FILE      the shared weights that were tried (.csv, .svg, .png)\n"
         "  --checkpoint FILE   keep the state there, and when interrupted\n"
         "  --resume            go on from the checkpoint as if nothing had happened\n"
         "  --json              the result as one JSON document\n"
         "  --quiet             no progress on standard error\n"
         "\n"
         "Settings (KEY; value for shared, cma, pepg, openes, ga, gradient; what it is):");
    print_settings();
    puts("\n"
         "Example:\n"
         "  wann tune swing.out --task swingup --method cma --budget 60s -o tuned.json");
    return WN_EXIT_OK;
}

enum {
    OPTION_METHOD = SCORING_FIRST_OWN,
    OPTION_SET,
    OPTION_GENERATIONS,
    OPTION_POPULATION,
    OPTION_EPISODES,
    OPTION_BUDGET,
    OPTION_WEIGHT,
    OPTION_TUNED,
    OPTION_PROFILE,
    OPTION_CHECKPOINT,
    OPTION_RESUME
};
static const struct option options[] = {{"method", required_argument, NULL, OPTION_METHOD},
                                        {"set", required_argument, NULL, OPTION_SET},
                                        {"generations", required_argument, NULL, OPTION_GENERATIONS},
                                        {"population", required_argument, NULL, OPTION_POPULATION},
                                        {"episodes", required_argument, NULL, OPTION_EPISODES},
                                        {"budget", required_argument, NULL, OPTION_BUDGET},
                                        {"seed", required_argument, NULL, SCORING_SEED},
                                        {"threads", required_argument, NULL, SCORING_THREADS},
                                        {"weight", required_argument, NULL, OPTION_WEIGHT},
                                        {"tuned", no_argument, NULL, OPTION_TUNED},
                                        {"tuned-from", required_argument, NULL, SCORING_TUNED_FROM},
                                        {"weight-bias", required_argument, NULL, SCORING_BIAS},
                                        {"task", required_argument, NULL, SCORING_TASK},
                                        {"option", required_argument, NULL, SCORING_OPTION},
                                        {"inputs", required_argument, NULL, SCORING_INPUTS},
                                        {"outputs", required_argument, NULL, SCORING_OUTPUTS},
                                        {"output", required_argument, NULL, 'o'},
                                        {"profile", required_argument, NULL, OPTION_PROFILE},
                                        {"checkpoint", required_argument, NULL, OPTION_CHECKPOINT},
                                        {"resume", no_argument, NULL, OPTION_RESUME},
                                        {"json", no_argument, NULL, SCORING_JSON},
                                        {"quiet", no_argument, NULL, SCORING_QUIET},
                                        {"help", no_argument, NULL, SCORING_HELP},
                                        {NULL, 0, NULL, 0}};

static int take_method(tune_request *r) {
    static const char *const words[] = {
#define X(name, word, help) word,
        WANN_TUNE_LIST(X)
#undef X
    };
    const size_t n = sizeof words / sizeof *words;
    for (size_t i = 0; i < n; i++)
        if (strcmp(optarg, words[i]) == 0) {
            r->tune.method = (wann_tune_method)i;
            return WN_EXIT_OK;
        }
    const char *nearest = wn_cli_nearest(optarg, words, n);
    if (nearest)
        return wn_cli_usage(COMMAND, "--method %s: did you mean %s?", optarg, nearest);
    return wn_cli_usage(COMMAND, "--method %s: expected shared, cma, pepg, openes, ga or gradient",
                        optarg);
}

static int add_setting(tune_request *r, const char *text) {
    if (r->n_settings == TUNE_MOST_SETTINGS)
        return wn_cli_usage(COMMAND, "more than %d settings", TUNE_MOST_SETTINGS);
    r->setting[r->n_settings++] = text;
    return WN_EXIT_OK;
}

/* A number that is a setting: which one, the method decides once all options are read. */
static int take_number(const char *option, size_t *number) {
    if (wn_cli_count(optarg, number))
        return WN_EXIT_OK;
    return wn_cli_usage(COMMAND, "--%s %s: expected a number from 1 to 1000000", option, optarg);
}

static int take_budget(tune_request *r) {
    double number = 0;
    const size_t n = wn_parse_double(optarg, &number);
    const char *unit = optarg + n;
    const double scale = strcmp(unit, "s") == 0 || !*unit ? 1
                         : strcmp(unit, "m") == 0         ? 60
                         : strcmp(unit, "h") == 0         ? 3600
                                                          : 0;
    r->tune.budget_seconds = number * scale;
    if (n > 0 && r->tune.budget_seconds > 0 && r->tune.budget_seconds < 1e9)
        return WN_EXIT_OK;
    return wn_cli_usage(COMMAND, "--budget %s: expected a time such as 90s, 10m or 2h", optarg);
}

static int take_start(tune_request *r, int option) {
    r->starts++;
    if (option == OPTION_TUNED) {
        r->from_file = true;
        return WN_EXIT_OK;
    }
    r->tune.has_start_weight = true;
    if (scoring_weight(optarg, &r->tune.start_weight))
        return WN_EXIT_OK;
    return wn_cli_usage(COMMAND, "--weight %s: expected a finite number", optarg);
}

static int take_option(tune_request *r, int option, char **argv) {
    const int code = scoring_take(&r->scoring, option);
    r->starts += option == SCORING_TUNED_FROM;
    if (code >= 0)
        return code;
    switch (option) {
    case OPTION_METHOD:
        return take_method(r);
    case OPTION_SET:
        return add_setting(r, optarg);
    case OPTION_GENERATIONS:
        return take_number("generations", &r->generations);
    case OPTION_POPULATION:
        return take_number("population", &r->population);
    case OPTION_EPISODES:
        return take_number("episodes", &r->episodes);
    case OPTION_BUDGET:
        return take_budget(r);
    case OPTION_WEIGHT:
    case OPTION_TUNED:
        return take_start(r, option);
    case 'o':
        r->output = optarg;
        return WN_EXIT_OK;
    case OPTION_PROFILE:
        r->profile = optarg;
        return WN_EXIT_OK;
    case OPTION_CHECKPOINT:
        r->tune.checkpoint = optarg;
        return WN_EXIT_OK;
    case OPTION_RESUME:
        r->tune.resume = 1;
        return WN_EXIT_OK;
    }
    return wn_cli_bad_option(COMMAND, option, argv, options);
}

static int add_number(tune_request *r, const char *key, size_t number, char *room) {
    if (number == 0)
        return WN_EXIT_OK;
    snprintf(room, TUNE_SETTING_SIZE, "%s=%zu", key, number);
    return add_setting(r, room);
}

/* Settings are tried before anything is opened, so that a misspelt one is wrong usage. */
static int complete(tune_request *r) {
    const bool epochs = r->tune.method == WANN_TUNE_GRADIENT;
    int code = add_number(r, epochs ? "epochs" : "maxGen", r->generations, r->room[0]);
    if (code == WN_EXIT_OK)
        code = add_number(r, "popsize", r->population, r->room[1]);
    if (code == WN_EXIT_OK)
        code = add_number(r, "num_episode", r->episodes, r->room[2]);
    wn_tune_settings any = wn_tune_defaults(r->tune.method);
    wann_diag diag;
    for (size_t i = 0; code == WN_EXIT_OK && i < r->n_settings; i++)
        if (wn_tune_assign(&any, r->tune.method, r->setting[i], &diag) != WANN_OK)
            code = wn_cli_usage(COMMAND, "%s", diag.text);
    if (code == WN_EXIT_OK && r->starts > 1)
        code = wn_cli_usage(COMMAND, "more than one of --weight, --tuned and --tuned-from");
    if (code == WN_EXIT_OK && r->tune.resume && !r->tune.checkpoint)
        code = wn_cli_usage(COMMAND, "--resume needs --checkpoint FILE");
    if (code == WN_EXIT_OK && r->tune.method == WANN_TUNE_SHARED && r->tune.checkpoint)
        code = wn_cli_usage(COMMAND, "method shared keeps no checkpoint");
    return code == WN_EXIT_OK ? tune_check_output(r) : code;
}

static int tune(tune_request *r, wann_ranks *ranks) {
    wann_diag diag = {0};
    wann_tune_result result;
    tune_display shown = {.terminal = isatty(STDERR_FILENO) != 0};
    r->tune.net = r->scoring.net;
    r->tune.task = r->scoring.task;
    r->tune.settings = r->setting;
    r->tune.seed = r->scoring.evaluation.seed;
    r->tune.threads = r->scoring.evaluation.threads;
    if (ranks && !r->tune.threads)
        r->tune.threads = wn_long_run_processors(ranks);
    r->tune.ranks = ranks;
    r->tune.start = r->from_file ? wann_net_weights(r->scoring.net) : r->scoring.tuned;
    r->tune.stop = &wn_long_run_stop;
    r->tune.progress = r->scoring.quiet ? NULL : tune_progress;
    r->tune.context = &shown;
    if (r->from_file && !r->tune.start)
        return wn_cli_usage(COMMAND, "--tuned: the network file has no weights of its connections");
    const wann_status status = wann_tune(&r->tune, &result, &diag);
    if (shown.terminal && shown.shown > 0)
        fputc('\n', stderr);
    if (status == WANN_ARGUMENT)
        return wn_cli_usage(COMMAND, "%s", diag.text);
    if (status != WANN_OK)
        return wn_cli_fail(&diag, r->scoring.network);
    const int code = tune_output(r, &result);
    const bool stopped = result.stopped;
    wann_tune_free(&result);
    return code == WN_EXIT_OK && stopped ? 128 + wn_long_run_stop : code;
}

static int run(tune_request *r, int argc, char **argv, wann_ranks *ranks) {
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, ":o:", options, NULL)) != -1;) {
        if (option == SCORING_HELP)
            return help();
        const int code = take_option(r, option, argv);
        if (code != WN_EXIT_OK)
            return code;
    }
    if (optind >= argc)
        return wn_cli_usage(COMMAND, "no network to tune");
    if (optind + 1 < argc)
        return wn_cli_usage(COMMAND, "one network at a time; '%s' is too much", argv[optind + 1]);
    int code = complete(r);
    if (code == WN_EXIT_OK)
        code = scoring_complete(&r->scoring);
    if (code == WN_EXIT_OK)
        code = scoring_open(&r->scoring, argv[optind]);
    return code == WN_EXIT_OK ? tune(r, ranks) : code;
}

static int command(int argc, char **argv, wann_ranks *ranks) {
    tune_request r = {.scoring = scoring_begin(COMMAND)};
    const int code = run(&r, argc, argv, ranks);
    scoring_end(&r.scoring);
    return code;
}

int wn_cmd_tune(int argc, char **argv) {
    return wn_long_run(argc, argv, command);
}
