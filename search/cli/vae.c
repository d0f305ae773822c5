/* wann vae: train the encoder through which racing is seen. */
#define _GNU_SOURCE
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "envs/vae/export.h"
#include "envs/vae/frames.h"
#include "envs/vae/run.h"
#include "envs/vae/sheet.h"
#include "runtime/base/file.h"
#include "runtime/cli/cli.h"
#include "search/cli/commands.h"
#include "search/cli/scoring.h"

static const char COMMAND[] = "vae";
enum { MOST_RUNS = 8 };

typedef struct request {
    wn_vae_run run;
    wn_collect collect;
    const char *frames; /* --frames: a file, or how many to collect */
    const char *output;
    char **word; /* behind the action */
    size_t n_words;
    bool json, quiet, terminal;
} request;

static int help(void) {
    puts("usage: wann vae collect -o FRAMES [--frames N] [--seed N] [OPTIONS]\n"
         "       wann vae train FRAMES -o RUNDIR [TRAINING] [OPTIONS]\n"
         "       wann vae train FRAMES --resume RUNDIR [OPTIONS]\n"
         "       wann vae export RUNDIR --frames FRAMES -o FILE [OPTIONS]\n"
         "       wann vae sheet RUNDIR... --frames FRAMES -o FILE.png [OPTIONS]\n"
         "\n"
         "The encoder of task racing, which squeezes a picture into the 16 numbers that networks\n"
         "see: a convolutional variational autoencoder, trained here.\n"
         "\n"
         "collect  drive races, well, badly and at random, and keep pictures of them\n"
         "train    train an autoencoder on pictures; interrupted (Ctrl-C), it saves itself\n"
         "export   write a trained encoder in whole numbers, for --option encoder=FILE\n"
         "sheet    pictures beside what autoencoders make of them, as a PNG\n"
         "\n"
         "Training:\n"
         "  --size NAME         paper (14.7 million multiplications a picture, the default) or\n"
         "                      small (1.8 million)\n"
         "  --steps N           how many; 4000 if not given\n"
         "  --batch N           pictures a step, a multiple of 16; 128 if not given\n"
         "  --rate R            the largest step of Adam; 0.001 if not given\n"
         "  --kl-tolerance T    divergence a latent that costs nothing; 0.5 if not given\n"
         "  --seed N            the same seed gives the same training; 1 if not given\n"
         "  --threads N         how many at once; one a processor if not given\n"
         "\n"
         "Options:\n"
         "  --frames N|FRAMES   how many pictures to collect, 20000 if not given; for export and\n"
         "                      sheet the file of pictures\n"
         "  -o, --output PATH   the file or folder to write\n"
         "  --resume RUNDIR     go on with a training\n"
         "  --json              one JSON object on standard output\n"
         "  --quiet             no progress on standard error\n"
         "\n"
         "Example:\n"
         "  wann vae collect -o frames && wann vae train frames -o run &&\n"
         "  wann vae export run --frames frames -o my.encoder");
    return WN_EXIT_OK;
}

/* --- progress --------------------------------------------------------------------------------- */

static volatile sig_atomic_t stop;

/* The first signal ends the work cleanly, the second at once. */
static void on_signal(int number) {
    if (stop)
        signal(number, SIG_DFL);
    stop = number;
}

static void watch_signals(void) {
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static void show(const request *r, const wn_buf *line) {
    if (!line->failed)
        fprintf(stderr, r->terminal ? "\r%s\033[K" : "%s\n", line->data);
}

static void show_frames(void *context, size_t done, size_t steps) {
    const request *r = context;
    wn_buf line = {0};
    wn_buf_print(&line, "%zu of %zu pictures, %zu frames driven", done, r->collect.frames, steps);
    show(r, &line);
    wn_buf_free(&line);
}

static void show_training(void *context, const wn_vae_state *state, const wn_vae_point *p) {
    const request *r = context;
    const double left = state->seconds / state->step * (state->settings.steps - state->step);
    wn_buf line = {0};
    wn_buf_print(&line, "step %" PRIu32 "/%" PRIu32 ": pixels ", state->step,
                 state->settings.steps);
    wn_buf_fixed(&line, p->pixels, 1);
    wn_buf_text(&line, ", kept from training ");
    wn_buf_fixed(&line, p->kept, 1);
    wn_buf_text(&line, ", divergence ");
    wn_buf_fixed(&line, p->divergence, 1);
    wn_buf_text(&line, ", ");
    wn_buf_fixed(&line, state->step * (double)state->settings.batch / state->seconds, 0);
    wn_buf_print(&line, " pictures/s, %.0f s left", left);
    show(r, &line);
    wn_buf_free(&line);
}

/* End the line that progress was shown on. */
static void end_line(const request *r) {
    if (r->terminal && !r->quiet)
        fputc('\n', stderr);
}

static void put_number(wn_buf *out, const char *key, double value) {
    wn_buf_print(out, ", \"%s\": ", key);
    scoring_json_number(out, value);
}

/* --- the actions ------------------------------------------------------------------------------ */

static int collect(request *r) {
    wann_diag diag = {0};
    size_t n = 20000;
    if (r->n_words > 0)
        return wn_cli_usage(COMMAND, "'%s' is too much", r->word[0]);
    if (r->frames && (!wn_cli_count(r->frames, &n) || n < WN_FRAMES_LEAST || n > WN_FRAMES_MOST))
        return wn_cli_usage(COMMAND, "--frames %s: expected a number from %d to %d", r->frames,
                            WN_FRAMES_LEAST, WN_FRAMES_MOST);
    if (!r->output)
        return wn_cli_usage(COMMAND, "nowhere to write to; expected -o FRAMES");
    r->collect.frames = n;
    r->collect.seed = r->run.settings.seed;
    r->collect.progress = r->quiet ? NULL : show_frames;
    r->collect.context = r;
    r->collect.stop = &stop;
    const wann_status status = wn_frames_collect(&r->collect, r->output, &diag);
    end_line(r);
    if (status != WANN_OK)
        return stop ? wn_cli_fail(&diag, r->output), 128 + stop : wn_cli_fail(&diag, r->output);
    wn_buf out = {0};
    if (r->json) {
        wn_buf_text(&out, "{");
        scoring_json_text(&out, "output", r->output);
        wn_buf_print(&out, ", \"frames\": %zu}\n", n);
    }
    return scoring_print(&out);
}

static int report_training(const request *r, const wn_vae_result *result) {
    wn_buf out = {0};
    if (r->json) {
        wn_buf_text(&out, "{");
        scoring_json_text(&out, "folder", r->run.folder);
        wn_buf_print(&out, ", \"step\": %" PRIu32 ", \"steps\": %" PRIu32, result->step,
                     result->steps);
        put_number(&out, "pixels", result->last.pixels);
        put_number(&out, "kept_pixels", result->last.kept);
        put_number(&out, "divergence", result->last.divergence);
        put_number(&out, "seconds", result->seconds);
        wn_buf_print(&out, ", \"stopped\": %s}\n", result->stopped ? "true" : "false");
    } else {
        wn_buf_print(&out, "%s: step %" PRIu32 " of %" PRIu32 ", pixels ", r->run.folder,
                     result->step, result->steps);
        wn_buf_fixed(&out, result->last.pixels, 1);
        wn_buf_text(&out, ", kept from training ");
        wn_buf_fixed(&out, result->last.kept, 1);
        wn_buf_print(&out, ", %.0f s\n", result->seconds);
        if (result->stopped)
            wn_buf_print(&out, "stopped; go on with: wann vae train %s --resume %s\n",
                         r->run.frames, r->run.folder);
    }
    const int code = scoring_print(&out);
    return code == WN_EXIT_OK && result->stopped ? 128 + stop : code;
}

static int train(request *r) {
    wann_diag diag = {0};
    wn_vae_result result;
    if (r->n_words != 1)
        return wn_cli_usage(COMMAND, "train needs one file of pictures");
    if (r->frames)
        return wn_cli_usage(COMMAND, "--frames is not for train: its pictures are a word");
    if (!r->run.folder && !r->output)
        return wn_cli_usage(COMMAND, "nowhere to write to; expected -o RUNDIR");
    if (r->run.resume && r->output)
        return wn_cli_usage(COMMAND, "-o and --resume both name the folder");
    if (!r->run.resume)
        r->run.folder = r->output;
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    if (!r->run.threads)
        r->run.threads = processors > 0 ? (size_t)processors : 1;
    r->run.frames = r->word[0];
    r->run.stop = &stop;
    r->run.progress = r->quiet ? NULL : show_training;
    r->run.context = r;
    const wann_status status = wn_vae_train(&r->run, &result, &diag);
    end_line(r);
    return status == WANN_OK ? report_training(r, &result) : wn_cli_fail(&diag, NULL);
}

/* A folder's autoencoder and the pictures. */
static wann_status open_both(const request *r, size_t run, wn_vae_state *state, wn_frames *frames,
                             wann_diag *diag) {
    const wann_status status = wn_frames_read(r->frames, frames, diag);
    if (status != WANN_OK)
        return status;
    return wn_vae_folder_read(r->word[run], state, diag);
}

static int report_export(const request *r, const wn_vae_state *state,
                         const wn_vae_loss_of_bits *loss) {
    wn_buf out = {0};
    if (r->json) {
        wn_buf_text(&out, "{");
        scoring_json_text(&out, "output", r->output);
        wn_buf_print(&out, ", \"size\": \"%s\", \"multiplications\": %zu",
                     state->settings.size->name, wn_vae_cost(&state->model));
        put_number(&out, "typical_error", loss->typical);
        put_number(&out, "largest_error", loss->largest);
        wn_buf_text(&out, "}\n");
    } else if (!r->quiet) {
        wn_buf_print(&out, "%s: %s, %zu multiplications; latents are off by ", r->output,
                     state->settings.size->name, wn_vae_cost(&state->model));
        wn_buf_fixed(&out, loss->typical, 4);
        wn_buf_text(&out, " of their standard deviation, ");
        wn_buf_fixed(&out, loss->largest, 4);
        wn_buf_text(&out, " at most\n");
    }
    return scoring_print(&out);
}

static int export(request *r) {
    wann_diag diag = {0};
    wn_vae_state state = {0};
    wn_frames frames = {0};
    wn_encoder *encoder = NULL;
    wn_vae_loss_of_bits loss = {0};
    if (r->n_words != 1)
        return wn_cli_usage(COMMAND, "export needs one folder of a training");
    if (!r->frames || !r->output)
        return wn_cli_usage(COMMAND, "export needs --frames FRAMES and -o FILE");
    wann_status status = open_both(r, 0, &state, &frames, &diag);
    if (status == WANN_OK)
        status = wn_vae_export(&state, &frames, &encoder, &loss, &diag);
    if (status == WANN_OK)
        status = wn_encoder_write(encoder, r->output, &diag);
    const int code = status == WANN_OK ? report_export(r, &state, &loss) : wn_cli_fail(&diag, NULL);
    wn_encoder_destroy(encoder);
    wn_vae_state_free(&state);
    wn_frames_free(&frames);
    return code;
}

static int sheet(request *r) {
    wann_diag diag = {0};
    wn_vae_state state[MOST_RUNS] = {{.step = 0}};
    const wn_vae_state *states[MOST_RUNS];
    wn_frames frames = {0};
    wn_buf out = {0};
    if (r->n_words == 0 || r->n_words > MOST_RUNS)
        return wn_cli_usage(COMMAND, "sheet needs 1 to %d folders of trainings", MOST_RUNS);
    if (!r->frames || !r->output)
        return wn_cli_usage(COMMAND, "sheet needs --frames FRAMES and -o FILE.png");
    wann_status status = wn_frames_read(r->frames, &frames, &diag);
    for (size_t i = 0; i < r->n_words && status == WANN_OK; i++) {
        status = wn_vae_folder_read(r->word[i], &state[i], &diag);
        states[i] = &state[i];
    }
    if (status == WANN_OK)
        status = wn_vae_sheet(&frames, states, r->n_words, &out, &diag);
    if (status == WANN_OK)
        status = wn_file_write(r->output, out.data, out.length, 0666, &diag);
    for (size_t i = 0; i < r->n_words; i++)
        wn_vae_state_free(&state[i]);
    wn_frames_free(&frames);
    wn_buf_free(&out);
    return status == WANN_OK ? WN_EXIT_OK : wn_cli_fail(&diag, NULL);
}

/* --- the command line ------------------------------------------------------------------------- */

enum {
    OPTION_FRAMES = 256,
    OPTION_SIZE,
    OPTION_STEPS,
    OPTION_BATCH,
    OPTION_RATE,
    OPTION_TOLERANCE,
    OPTION_SEED,
    OPTION_THREADS,
    OPTION_RESUME,
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_HELP
};
static const struct option options[] = {{"frames", required_argument, NULL, OPTION_FRAMES},
                                        {"size", required_argument, NULL, OPTION_SIZE},
                                        {"steps", required_argument, NULL, OPTION_STEPS},
                                        {"batch", required_argument, NULL, OPTION_BATCH},
                                        {"rate", required_argument, NULL, OPTION_RATE},
                                        {"kl-tolerance", required_argument, NULL, OPTION_TOLERANCE},
                                        {"seed", required_argument, NULL, OPTION_SEED},
                                        {"threads", required_argument, NULL, OPTION_THREADS},
                                        {"output", required_argument, NULL, 'o'},
                                        {"resume", required_argument, NULL, OPTION_RESUME},
                                        {"json", no_argument, NULL, OPTION_JSON},
                                        {"quiet", no_argument, NULL, OPTION_QUIET},
                                        {"help", no_argument, NULL, OPTION_HELP},
                                        {NULL, 0, NULL, 0}};

static int take_size(request *r) {
    const wn_vae_size *size = wn_vae_size_named(optarg);
    if (!size)
        return wn_cli_usage(COMMAND, "--size %s: expected paper or small", optarg);
    r->run.settings.size = size;
    return WN_EXIT_OK;
}

static int take_batch(request *r) {
    size_t n;
    if (!wn_cli_count(optarg, &n) || n % WN_VAE_SHARE != 0 || n > WN_VAE_MOST_BATCH)
        return wn_cli_usage(COMMAND, "--batch %s: expected a multiple of %d up to %d", optarg,
                            WN_VAE_SHARE, WN_VAE_MOST_BATCH);
    r->run.settings.batch = (uint32_t)n;
    return WN_EXIT_OK;
}

static int take_count(const char *option, size_t most, size_t *count) {
    if (wn_cli_count(optarg, count) && *count <= most)
        return WN_EXIT_OK;
    return wn_cli_usage(COMMAND, "--%s %s: expected a number from 1 to %zu", option, optarg, most);
}

static int take_real(const char *option, double most, double *value) {
    if (scoring_weight(optarg, value) && *value > 0 && *value <= most)
        return WN_EXIT_OK;
    return wn_cli_usage(COMMAND, "--%s %s: expected a number above 0, up to %g", option, optarg,
                        most);
}

static int take_option(request *r, int option, char **argv) {
    wn_vae_settings *settings = &r->run.settings;
    size_t count;
    int code = WN_EXIT_OK;
    switch (option) {
    case OPTION_FRAMES:
        r->frames = optarg;
        return code;
    case OPTION_SIZE:
        return take_size(r);
    case OPTION_STEPS:
        code = take_count("steps", 1000000, &count);
        if (code == WN_EXIT_OK)
            settings->steps = (uint32_t)count;
        return code;
    case OPTION_BATCH:
        return take_batch(r);
    case OPTION_RATE:
        return take_real("rate", 0.1, &settings->rate);
    case OPTION_TOLERANCE:
        return take_real("kl-tolerance", 100, &settings->tolerance);
    case OPTION_SEED:
        if (scoring_number(optarg, &settings->seed))
            return WN_EXIT_OK;
        return wn_cli_usage(COMMAND, "--seed %s: expected a whole number", optarg);
    case OPTION_THREADS:
        return take_count("threads", 64, &r->run.threads);
    case OPTION_RESUME:
        r->run.folder = optarg;
        r->run.resume = true;
        return code;
    case 'o':
        r->output = optarg;
        return code;
    case OPTION_JSON:
        r->json = true;
        return code;
    case OPTION_QUIET:
        r->quiet = true;
        return code;
    }
    return wn_cli_bad_option(COMMAND, option, argv, options);
}

static int run_action(request *r, const char *word) {
    static const struct {
        const char *name;
        int (*run)(request *);
    } actions[] = {{"collect", collect}, {"train", train}, {"export", export}, {"sheet", sheet}};
    enum { N = sizeof actions / sizeof *actions };
    const char *names[N];
    for (size_t i = 0; i < N; i++) {
        names[i] = actions[i].name;
        if (strcmp(word, names[i]) == 0)
            return actions[i].run(r);
    }
    const char *nearest = wn_cli_nearest(word, names, N);
    if (nearest)
        return wn_cli_usage(COMMAND, "unknown action '%s'; did you mean '%s'?", word, nearest);
    return wn_cli_usage(COMMAND, "unknown action '%s'; expected collect, train, export or sheet",
                        word);
}

int wn_cmd_vae(int argc, char **argv) {
    request r = {.run.settings = {.size = wn_vae_size_named("paper"),
                                  .seed = 1,
                                  .steps = 4000,
                                  .batch = 128,
                                  .rate = 1e-3,
                                  .tolerance = 0.5},
                 .terminal = isatty(STDERR_FILENO) != 0};
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, ":o:", options, NULL)) != -1;) {
        if (option == OPTION_HELP)
            return help();
        const int code = take_option(&r, option, argv);
        if (code != WN_EXIT_OK)
            return code;
    }
    if (optind >= argc)
        return wn_cli_usage(COMMAND, "nothing to do; expected collect, train, export or sheet");
    r.word = argv + optind + 1;
    r.n_words = (size_t)(argc - optind - 1);
    watch_signals();
    return run_action(&r, argv[optind]);
}
