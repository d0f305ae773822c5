/* wann render: its command line. What is drawn is up to the task: episodes or samples. */
#include "search/cli/render.h"

#include <stdio.h>
#include <string.h>

#include "runtime/cli/cli.h"
#include "search/cli/commands.h"

static const char COMMAND[] = "render";

enum { MOST_PIXELS = 4096, MOST_SAMPLES = 1000, SOME_SAMPLES = 60 };

static int help(void) {
    puts("usage: wann render NETWORK -o FILE.png [OPTIONS]\n"
         "\n"
         "Draw an episode of a network as an animated PNG, 25 frames a second of the task's time,\n"
         "with the weight and the reward so far; or, where the task is to classify pictures, a "
         "sheet\n"
         "of samples with what the network takes them for.\n"
         "\n"
         "NETWORK  a network file (.json) or a matrix of the published release (.out, .csv)\n"
         "\n"
         "Weights, one of:\n"
         "  --weight W          this shared weight; the default is the one that the file\n"
         "                      recommends, else 1\n"
         "  --tuned             the connections' weights of the network file\n"
         "  --tuned-from FILE   those of FILE, a weights file of the published tool\n"
         "  --weight-bias B     with --tuned-from: is added to each\n"
         "\n"
         "Output:\n"
         "  -o, --output FILE   where to; its name ends with .png. A name with %d or %04d in it\n"
         "                      makes a file of each frame, numbered from 1\n"
         "  --width N           of the picture, in pixels; what suits the task if not given\n"
         "  --samples N         of a sheet; 60 if not given, drawn by --seed\n"
         "  --train             of a sheet: samples to train on instead of those to test on\n"
         "  --json              say on standard output what was done, as one JSON object\n"
         "  --quiet             no notes on standard error\n"
         "\n" SCORING_TASK_HELP "\n" SCORING_NETWORK_HELP "\n"
         "Example:\n"
         "  wann render examples/champions/cartpole.json --weight 0.85 -o cartpole.png");
    return WN_EXIT_OK;
}

enum { OPTION_WEIGHT = SCORING_FIRST_OWN, OPTION_TUNED, OPTION_WIDTH, OPTION_SAMPLES };
static const struct option options[] = {{"output", required_argument, NULL, 'o'},
                                        {"samples", required_argument, NULL, OPTION_SAMPLES},
                                        {"train", no_argument, NULL, SCORING_TRAIN},
                                        {"width", required_argument, NULL, OPTION_WIDTH},
                                        {"weight", required_argument, NULL, OPTION_WEIGHT},
                                        {"tuned", no_argument, NULL, OPTION_TUNED},
                                        SCORING_OPTIONS,
                                        {NULL, 0, NULL, 0}};

static int take_option(render_request *r, int option, char **argv) {
    const int code = scoring_take(&r->scoring, option);
    r->conditions +=
        option == SCORING_TUNED_FROM || option == OPTION_WEIGHT || option == OPTION_TUNED;
    r->tuned |= option == SCORING_TUNED_FROM || option == OPTION_TUNED;
    if (code >= 0)
        return code;
    switch (option) {
    case 'o':
        r->output = optarg;
        return WN_EXIT_OK;
    case OPTION_WEIGHT:
        if (scoring_weight(optarg, &r->weights.shared))
            return WN_EXIT_OK;
        return wn_cli_usage(COMMAND, "--weight %s: expected a finite number", optarg);
    case OPTION_TUNED:
        return WN_EXIT_OK;
    case OPTION_WIDTH:
        if (wn_cli_count(optarg, &r->width) && r->width >= 64 && r->width <= MOST_PIXELS)
            return WN_EXIT_OK;
        return wn_cli_usage(COMMAND, "--width %s: expected a number from 64 to %d", optarg,
                            MOST_PIXELS);
    case OPTION_SAMPLES:
        if (wn_cli_count(optarg, &r->samples) && r->samples <= MOST_SAMPLES)
            return WN_EXIT_OK;
        return wn_cli_usage(COMMAND, "--samples %s: expected a number from 1 to %d", optarg,
                            MOST_SAMPLES);
    }
    return wn_cli_bad_option(COMMAND, option, argv, options);
}

void render_put_weight(wn_buf *out, const render_request *request) {
    wn_buf_text(out, request->tuned ? "tuned weights" : "weight ");
    if (!request->tuned)
        wn_buf_double(out, request->weights.shared);
}

bool render_put_frame_name(wn_buf *out, const char *name, unsigned number) {
    for (const char *p = name; (p = strchr(p, '%')) != NULL; p++) {
        const bool digits = p[1] == '0' && p[2] >= '1' && p[2] <= '9';
        if (p[digits ? 3 : 1] != 'd')
            continue;
        if (out) {
            wn_buf_bytes(out, name, (size_t)(p - name));
            wn_buf_print(out, "%0*u%s", digits ? p[2] - '0' : 1, number, p + (digits ? 4 : 2));
        }
        return true;
    }
    return false;
}

static int check(const render_request *r) {
    const wann_env_type *type = wann_task_type(r->scoring.task);
    wann_diag diag = {0};
    if (!type->render && !type->samples) {
        snprintf(diag.text, sizeof diag.text, "task %.100s cannot be drawn", type->name);
        return wn_cli_fail(&diag, NULL);
    }
    if (wann_net_inputs(r->scoring.net) != type->observations ||
        wann_net_outputs(r->scoring.net) != type->actions) {
        snprintf(diag.text, sizeof diag.text,
                 "the network has %zu inputs and %zu outputs; task %.100s has %zu and %zu",
                 wann_net_inputs(r->scoring.net), wann_net_outputs(r->scoring.net), type->name,
                 type->observations, type->actions);
        return wn_cli_fail(&diag, r->scoring.network);
    }
    return WN_EXIT_OK;
}

static int choose_weights(render_request *r) {
    if (r->tuned) {
        r->weights.connection =
            r->scoring.tuned ? r->scoring.tuned : wann_net_weights(r->scoring.net);
        if (!r->weights.connection)
            return wn_cli_usage(
                COMMAND,
                "the network has no weights of its connections; expected --tuned-from FILE");
    } else if (r->conditions == 0) {
        wann_net_shared_weight(r->scoring.net, &r->weights.shared);
    }
    return WN_EXIT_OK;
}

static int render(render_request *r) {
    int code = check(r);
    if (code == WN_EXIT_OK)
        code = choose_weights(r);
    if (code != WN_EXIT_OK)
        return code;
    return wann_task_type(r->scoring.task)->samples ? render_sheet(r) : render_film(r);
}

static bool is_png(const char *path) {
    const size_t length = strlen(path);
    return length > 4 && strcmp(path + length - 4, ".png") == 0;
}

static int run(render_request *r, int argc, char **argv) {
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, ":o:", options, NULL)) != -1;) {
        if (option == SCORING_HELP)
            return help();
        const int code = take_option(r, option, argv);
        if (code != WN_EXIT_OK)
            return code;
    }
    if (r->conditions > 1)
        return wn_cli_usage(COMMAND, "more than one of --weight, --tuned and --tuned-from");
    if (optind >= argc)
        return wn_cli_usage(COMMAND, "no network to render");
    if (optind + 1 < argc)
        return wn_cli_usage(COMMAND, "one network at a time; '%s' is too much", argv[optind + 1]);
    if (!r->output || !is_png(r->output))
        return wn_cli_usage(COMMAND, "nowhere to write to; expected -o FILE.png");
    int code = scoring_complete(&r->scoring);
    if (code == WN_EXIT_OK)
        code = scoring_open(&r->scoring, argv[optind]);
    return code == WN_EXIT_OK ? render(r) : code;
}

int wn_cmd_render(int argc, char **argv) {
    render_request r = {
        .scoring = scoring_begin(COMMAND), .weights = {.shared = 1}, .samples = SOME_SAMPLES};
    const int code = run(&r, argc, argv);
    scoring_end(&r.scoring);
    return code;
}
