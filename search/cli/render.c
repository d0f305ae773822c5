/* wann render: an episode as an animated PNG. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/file.h"
#include "runtime/cli/cli.h"
#include "runtime/draw/animation.h"
#include "search/cli/commands.h"
#include "search/cli/scoring.h"
#include "wann/run.h"

static const char COMMAND[] = "render";

enum { CAPTION_HEIGHT = 34, FRAMES_PER_SECOND = 25, LAST_FRAME_HOLD = 25, MOST_PIXELS = 4096 };

typedef struct request {
    scoring scoring;
    int conditions;
    wann_weights weights;
    bool tuned;
    const char *output;
    size_t width;
} request;

/* An episode on its way to a file. */
typedef struct film {
    const request *request;
    wann_env *env;
    double *observation, *action, *act;
    uint32_t width, height; /* of the task's picture; the caption stands above it */
    uint8_t *rgb;           /* [CAPTION_HEIGHT + height][width][3] */
    double reward;
    uint32_t step;
} film;

static int help(void) {
    puts("usage: wann render NETWORK -o FILE.png [OPTIONS]\n"
         "\n"
         "Draw an episode of a network as an animated PNG, 25 frames a second of the task's time,\n"
         "with the weight and the reward so far.\n"
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
         "  -o, --output FILE   where to; its name ends with .png\n"
         "  --width N           of the picture, in pixels; what suits the task if not given\n"
         "  --json              say on standard output what was done, as one JSON object\n"
         "  --quiet             no notes on standard error\n"
         "\n" SCORING_TASK_HELP "\n" SCORING_NETWORK_HELP "\n"
         "Example:\n"
         "  wann render examples/champions/cartpole.json --weight 0.85 -o cartpole.png");
    return WN_EXIT_OK;
}

enum { OPTION_WEIGHT = SCORING_FIRST_OWN, OPTION_TUNED, OPTION_WIDTH };
static const struct option options[] = {{"output", required_argument, NULL, 'o'},
                                        {"width", required_argument, NULL, OPTION_WIDTH},
                                        {"weight", required_argument, NULL, OPTION_WEIGHT},
                                        {"tuned", no_argument, NULL, OPTION_TUNED},
                                        SCORING_OPTIONS,
                                        {NULL, 0, NULL, 0}};

static int take_option(request *r, int option, char **argv) {
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
    }
    return wn_cli_bad_option(COMMAND, option, argv, options);
}

/* "swing, weight 0.8" on the left; reward, step and time on the right. */
static wann_status put_caption(film *f, wann_diag *diag) {
    static const wn_ink inks[] = {{0x15181d, 0}, {0xf4f6f8, 0}, {0xaab4c0, 0}};
    const request *r = f->request;
    const wn_picture picture = {.width = f->width,
                                .height = CAPTION_HEIGHT,
                                .title = "",
                                .description = "",
                                .inks = inks,
                                .n_inks = 3};
    const wann_env_type *type = wann_task_type(r->scoring.task);
    wn_raster raster;
    wn_buf left = {0}, right = {0}, fitted = {0};
    wn_buf_print(&left, "%s, ", wann_net_name(r->scoring.net));
    wn_buf_text(&left, r->tuned ? "tuned weights" : "weight ");
    if (!r->tuned)
        wn_buf_double(&left, r->weights.shared);
    wn_buf_text(&right, "reward ");
    wn_buf_fixed(&right, f->reward, 1);
    wn_buf_print(&right, "   step %u   ", (unsigned)f->step);
    wn_buf_fixed(&right, f->step / fmax(type->steps_per_second, 1e-3), 1);
    wn_buf_text(&right, " s");
    wann_status status = wn_raster_begin(&raster, &picture, 1, (double)INFINITY, diag);
    if (status == WANN_OK && right.data && left.data) {
        const double room = f->width - wn_text_width(right.data, 14) - 40;
        wn_text_fit(&fitted, left.data, 14, fmax(room, 0));
        const wn_point at = {12, 23}, end = {f->width - 12.0, 23};
        if (fitted.data)
            raster.canvas.text(&raster.canvas, at, fitted.data,
                               &(wn_text_style){14, 1, 1, WN_ANCHOR_START, true});
        raster.canvas.text(&raster.canvas, end, right.data,
                           &(wn_text_style){14, 2, 1, WN_ANCHOR_END, false});
        memcpy(f->rgb, raster.rgb, (size_t)3 * f->width * CAPTION_HEIGHT);
    }
    wn_raster_free(&raster);
    wn_buf_free(&left);
    wn_buf_free(&right);
    wn_buf_free(&fitted);
    return status;
}

static wann_status take_frame(film *f, wn_animation *animation, uint16_t hold, wann_diag *diag) {
    wann_status status = put_caption(f, diag);
    if (status == WANN_OK)
        status = wann_env_render(f->env, f->width, f->height,
                                 f->rgb + (size_t)3 * f->width * CAPTION_HEIGHT, diag);
    return status == WANN_OK ? wn_animation_frame(animation, f->rgb, hold, diag) : status;
}

/* One episode; with an animation, a frame every `every` steps and the last. *frames: how many. */
static wann_status play(film *f, wn_animation *animation, uint32_t every, uint32_t *frames,
                        wann_diag *diag) {
    const request *r = f->request;
    const wann_env_type *type = wann_task_type(r->scoring.task);
    const uint32_t most = r->scoring.evaluation.steps ? r->scoring.evaluation.steps : type->steps;
    wann_env_result result = {0};
    bool over = false;
    f->reward = 0;
    f->step = 0;
    *frames = 0;
    wann_status status = wann_env_reset(f->env, r->scoring.evaluation.seed, f->observation, diag);
    while (status == WANN_OK) {
        if (f->step % every == 0 || over) {
            ++*frames;
            if (animation)
                status = take_frame(f, animation, over ? LAST_FRAME_HOLD : 1, diag);
        }
        if (over || status != WANN_OK)
            break;
        wann_run(r->scoring.net, f->observation, r->weights, NULL, f->act, f->action);
        status = wann_env_step(f->env, f->action, f->observation, &result, diag);
        f->reward += result.reward;
        f->step++;
        over = result.terminated || result.truncated || f->step >= most;
    }
    return status;
}

static wann_status open_film(film *f, const request *r, wann_diag *diag) {
    const wann_env_type *type = wann_task_type(r->scoring.task);
    *f = (film){.request = r, .width = type->picture_width, .height = type->picture_height};
    if (r->width) {
        f->height = (uint32_t)lround((double)f->height * (double)r->width / f->width);
        f->width = (uint32_t)r->width;
    }
    f->observation = calloc(type->observations, sizeof *f->observation);
    f->action = calloc(type->actions, sizeof *f->action);
    f->act = calloc(wann_net_nodes(r->scoring.net), sizeof *f->act);
    f->rgb = calloc(3 * (size_t)f->width, (size_t)f->height + CAPTION_HEIGHT);
    if (!f->observation || !f->action || !f->act || !f->rgb) {
        *diag = (wann_diag){.status = WANN_NO_MEMORY, .text = "out of memory"};
        return WANN_NO_MEMORY;
    }
    return wann_env_create(r->scoring.task, &f->env, diag);
}

static void close_film(film *f) {
    wann_env_destroy(f->env);
    free(f->observation);
    free(f->action);
    free(f->act);
    free(f->rgb);
}

/* Twice: an animation says at its beginning how many frames it has. */
static wann_status shoot(film *f, uint32_t *frames, wn_buf *out, wann_diag *diag) {
    const wann_env_type *type = wann_task_type(f->request->scoring.task);
    const double rate = type->steps_per_second > 0 ? type->steps_per_second : FRAMES_PER_SECOND;
    const uint32_t every = (uint32_t)fmax(1, round(rate / FRAMES_PER_SECOND));
    wn_animation animation;
    wann_status status = play(f, NULL, every, frames, diag);
    if (status != WANN_OK)
        return status;
    const double delay = fmin(1000 * every / rate, 60000);
    wn_animation_begin(&animation, f->width, f->height + CAPTION_HEIGHT, *frames, (uint16_t)delay,
                       1000, out);
    status = play(f, &animation, every, frames, diag);
    return status == WANN_OK ? wn_animation_end(&animation, diag) : status;
}

static int report(const request *r, const film *f, uint32_t frames) {
    wn_buf out = {0};
    if (r->scoring.json) {
        wn_buf_char(&out, '{');
        scoring_json_text(&out, "output", r->output);
        wn_buf_print(&out, ", \"frames\": %u, \"steps\": %u, \"reward\": ", (unsigned)frames,
                     (unsigned)f->step);
        scoring_json_number(&out, f->reward);
        wn_buf_text(&out, "}\n");
    } else if (!r->scoring.quiet) {
        wn_buf_print(&out, "%s: %u frames, %u steps, reward ", r->output, (unsigned)frames,
                     (unsigned)f->step);
        wn_buf_fixed(&out, f->reward, 1);
        wn_buf_char(&out, '\n');
    }
    return scoring_print(&out);
}

static int check(const request *r, wann_diag *diag) {
    const wann_env_type *type = wann_task_type(r->scoring.task);
    if (!type->render) {
        snprintf(diag->text, sizeof diag->text, "task %.100s cannot be drawn", type->name);
        return wn_cli_fail(diag, NULL);
    }
    if (wann_net_inputs(r->scoring.net) != type->observations ||
        wann_net_outputs(r->scoring.net) != type->actions) {
        snprintf(diag->text, sizeof diag->text,
                 "the network has %zu inputs and %zu outputs; task %.100s has %zu and %zu",
                 wann_net_inputs(r->scoring.net), wann_net_outputs(r->scoring.net), type->name,
                 type->observations, type->actions);
        return wn_cli_fail(diag, r->scoring.network);
    }
    return WN_EXIT_OK;
}

static int choose_weights(request *r) {
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

static int render(request *r) {
    wann_diag diag = {0};
    int code = check(r, &diag);
    if (code == WN_EXIT_OK)
        code = choose_weights(r);
    if (code != WN_EXIT_OK)
        return code;
    film f;
    wn_buf out = {0};
    uint32_t frames = 0;
    wann_status status = open_film(&f, r, &diag);
    if (status == WANN_OK)
        status = shoot(&f, &frames, &out, &diag);
    if (status != WANN_OK)
        code = wn_cli_fail(&diag, r->scoring.network);
    else if (wn_file_write(r->output, out.data, out.length, 0666, &diag) != WANN_OK)
        code = wn_cli_fail(&diag, r->output);
    else
        code = report(r, &f, frames);
    wn_buf_free(&out);
    close_film(&f);
    return code;
}

static bool is_png(const char *path) {
    const size_t length = strlen(path);
    return length > 4 && strcmp(path + length - 4, ".png") == 0;
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
    request r = {.scoring = scoring_begin(COMMAND), .weights = {.shared = 1}};
    const int code = run(&r, argc, argv);
    scoring_end(&r.scoring);
    return code;
}
