/* Autoencoders: slopes are those of the loss, trainings give the same bits however they are run,
 * what is exported sees as what was trained, and bad files are refused. */
#include <math.h>
#include <unistd.h>

#include "envs/vae/export.h"
#include "envs/vae/frames.h"
#include "envs/vae/network.h"
#include "envs/vae/run.h"
#include "envs/vae/trainer.h"
#include "runtime/base/alloc.h"
#include "runtime/base/file.h"
#include "runtime/base/rng.h"
#include "support/failing.h"
#include "support/test.h"

enum { N = WN_VAE_SHARE };

static char folder[128], frames_path[160];
static wn_frames frames;

static void collect(void) {
    wann_diag diag = {0};
    const wn_collect some = {.frames = 160, .seed = 5};
    CHECK_MSG(wn_frames_collect(&some, frames_path, &diag) == WANN_OK, "%s", diag.text);
    CHECK_MSG(wn_frames_read(frames_path, &frames, &diag) == WANN_OK, "%s", diag.text);
    CHECK(frames.n == 160 && frames.n_train == 150);
    for (size_t i = 1; i < frames.n; i++)
        CHECK(memcmp(wn_frame(&frames, i - 1), wn_frame(&frames, i), WN_VAE_PIXELS) != 0);
    char again[200];
    wn_frames same;
    snprintf(again, sizeof again, "%s.again", frames_path);
    CHECK(wn_frames_collect(&some, again, NULL) == WANN_OK);
    CHECK(wn_frames_read(again, &same, NULL) == WANN_OK);
    CHECK(memcmp(same.picture, frames.picture, frames.n * WN_VAE_PIXELS) == 0);
    wn_frames_free(&same);
    remove(again);
}

/* Where oneDNN is missing, it is said, and the rest of this file is of no use. */
static bool can_train(void) {
    const wn_vae_model model = wn_vae_model_of(wn_vae_size_named("small"));
    wn_vae_network *network;
    wann_diag diag = {0};
    const wann_status status = wn_vae_network_create(&model, N, &network, &diag);
    CHECK(status == WANN_OK || (status == WANN_UNSUPPORTED && strstr(diag.text, "libdnnl")));
    wn_vae_network_destroy(network);
    return status == WANN_OK;
}

/* --- slopes ----------------------------------------------------------------------------------- */

typedef struct lab {
    wn_vae_model model;
    wn_vae_network *network;
    float *parameter, *slope, *unused, *scratch;
    const unsigned char *picture[N];
    float noise[N * WN_VAE_LATENTS];
} lab;

static double loss_at(lab *l, double tolerance, float *slope) {
    wn_vae_loss loss;
    CHECK(wn_vae_network_weigh(l->network, l->parameter, NULL) == WANN_OK);
    CHECK(wn_vae_network_learn(l->network, l->picture, l->noise, tolerance, &loss, slope, NULL) ==
          WANN_OK);
    return loss.pixels + loss.excess;
}

/* The steepest parameter of a range. */
static size_t steepest(const float *slope, size_t from, size_t n) {
    size_t best = from;
    for (size_t i = from; i < from + n; i++)
        best = fabsf(slope[i]) > fabsf(slope[best]) ? i : best;
    return best;
}

static void check_slope(lab *l, size_t layer, size_t from, size_t n, double tolerance) {
    const size_t i = steepest(l->slope, from, n);
    const float before = l->parameter[i], step = 1e-3f;
    l->parameter[i] = before + step;
    const double above = loss_at(l, tolerance, l->unused);
    l->parameter[i] = before - step;
    const double below = loss_at(l, tolerance, l->unused);
    l->parameter[i] = before;
    const double measured = (above - below) / (2 * (double)step), slope = (double)l->slope[i];
    CHECK_MSG(fabs(measured - slope) < 0.12 * fabs(slope) + 0.5, "layer %zu: %g, not %g", layer,
              slope, measured);
}

/* Without a tolerance the divergence counts: by how much it changes the slopes of the heads' biases
 * is how much it changes with them. */
static void check_divergence(lab *l) {
    const size_t bias = l->model.layer[WN_VAE_ENCODER_LAYERS - 1].bias;
    loss_at(l, 1e9, l->unused);
    loss_at(l, 0, l->slope);
    for (size_t i = bias; i < bias + 2 * WN_VAE_LATENTS; i++) {
        const double counted = (double)l->slope[i] - (double)l->unused[i];
        const float before = l->parameter[i];
        double divergence[2];
        for (int k = 0; k < 2; k++) {
            wn_vae_loss loss;
            l->parameter[i] = before + (k ? 0.01f : -0.01f);
            CHECK(wn_vae_network_weigh(l->network, l->parameter, NULL) == WANN_OK);
            CHECK(wn_vae_network_learn(l->network, l->picture, l->noise, 0, &loss, l->scratch,
                                       NULL) == WANN_OK);
            divergence[k] = loss.divergence;
        }
        l->parameter[i] = before;
        const double measured = (divergence[1] - divergence[0]) / 0.02;
        CHECK_MSG(fabs(measured - counted) < 0.01 * fabs(measured) + 0.01, "%zu: %g, not %g",
                  i - bias, counted, measured);
    }
}

/* A tolerance of 0 lets the divergence count, a large one does not. */
static void test_slopes(void) {
    lab l = {.model = wn_vae_model_of(wn_vae_size_named("small"))};
    wn_rng rng = wn_rng_stream(3, 0, 0, 0);
    l.parameter = malloc(4 * l.model.n_parameters * sizeof(float));
    l.slope = l.parameter + l.model.n_parameters;
    l.unused = l.slope + l.model.n_parameters;
    l.scratch = l.unused + l.model.n_parameters;
    wn_vae_begin(&l.model, 3, l.parameter);
    CHECK(wn_vae_network_create(&l.model, N, &l.network, NULL) == WANN_OK);
    for (size_t i = 0; i < N; i++)
        l.picture[i] = wn_frame(&frames, 9 * i);
    for (size_t i = 0; i < N * WN_VAE_LATENTS; i++)
        l.noise[i] = (float)wn_rng_normal(&rng);
    for (int counts = 0; counts < 2; counts++) {
        const double tolerance = counts ? 0 : 1e9;
        loss_at(&l, tolerance, l.slope);
        for (size_t i = 0; i < WN_VAE_LAYERS; i++) {
            const wn_vae_layer *layer = &l.model.layer[i];
            check_slope(&l, i, layer->weight, layer->n_weights, tolerance);
            check_slope(&l, i, layer->bias, layer->out_channels, tolerance);
        }
    }
    check_divergence(&l);
    wn_vae_network_destroy(l.network);
    free(l.parameter);
}

/* --- trainings -------------------------------------------------------------------------------- */

static wn_vae_settings settings_of(uint32_t steps) {
    return (wn_vae_settings){.size = wn_vae_size_named("small"),
                             .seed = 2,
                             .steps = steps,
                             .batch = 4 * WN_VAE_SHARE,
                             .rate = 1e-3,
                             .tolerance = 0.5};
}

/* The same parameters by one thread and by three, which do not divide four shares. */
static void test_any_number_of_threads(void) {
    enum { STEPS = 3 };
    const wn_vae_settings settings = settings_of(STEPS);
    wn_vae_state state[2];
    double kept[2];
    for (size_t i = 0; i < 2; i++) {
        wn_trainer *trainer;
        wn_vae_loss loss;
        CHECK(wn_vae_state_begin(&settings, &state[i], NULL) == WANN_OK);
        CHECK(wn_trainer_create(&state[i], &frames, i ? 3 : 1, &trainer, NULL) == WANN_OK);
        for (size_t k = 0; k < STEPS; k++)
            CHECK(wn_trainer_step(trainer, &loss, NULL) == WANN_OK);
        CHECK(wn_trainer_check(trainer, &kept[i], NULL) == WANN_OK);
        wn_trainer_destroy(trainer);
    }
    const size_t bytes = state[0].model.n_parameters * sizeof(float);
    CHECK(memcmp(state[0].parameter, state[1].parameter, bytes) == 0);
    CHECK(memcmp(state[0].square, state[1].square, bytes) == 0);
    CHECK(kept[0] == kept[1] && kept[0] > 1);
    wn_vae_state_free(&state[0]);
    wn_vae_state_free(&state[1]);
}

static volatile sig_atomic_t stop;

static void stop_soon(void *context, const wn_vae_state *state, const wn_vae_point *p) {
    (void)context, (void)p;
    stop = state->step >= 10;
}

static void train(const char *name, bool resume, bool interrupted, wn_vae_result *result) {
    char path[200];
    wann_diag diag = {0};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    stop = 0;
    const wn_vae_run run = {.frames = frames_path,
                            .folder = path,
                            .resume = resume,
                            .settings = settings_of(20),
                            .threads = 2,
                            .stop = &stop,
                            .progress = interrupted ? stop_soon : NULL};
    CHECK_MSG(wn_vae_train(&run, result, &diag) == WANN_OK, "%s", diag.text);
}

static void read_run(const char *name, wn_vae_state *state) {
    char path[200];
    wann_diag diag = {0};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    CHECK_MSG(wn_vae_folder_read(path, state, &diag) == WANN_OK, "%s", diag.text);
}

/* Stopped half way and resumed: the same bits, and the same log but for the clock. */
static void test_resume(void) {
    wn_vae_result result;
    wn_vae_state whole, parts;
    train("whole", false, false, &result);
    CHECK(result.step == 20 && !result.stopped);
    train("parts", false, true, &result);
    CHECK_MSG(result.step == 10 && result.stopped, "%u", (unsigned)result.step);
    train("parts", true, false, &result);
    CHECK(result.step == 20 && !result.stopped && result.last.step == 20);
    read_run("whole", &whole);
    read_run("parts", &parts);
    const size_t bytes = whole.model.n_parameters * sizeof(float);
    CHECK(memcmp(whole.parameter, parts.parameter, bytes) == 0);
    CHECK(memcmp(whole.mean, parts.mean, bytes) == 0);
    CHECK(whole.n_points == 2 && parts.n_points == 2);
    CHECK(whole.point[1].pixels < 0.95 * whole.point[0].pixels);
    for (size_t i = 0; i < 2; i++)
        CHECK(whole.point[i].pixels == parts.point[i].pixels &&
              whole.point[i].kept == parts.point[i].kept);
    wn_vae_state_free(&whole);
    wn_vae_state_free(&parts);
    const wn_vae_run taken = {.frames = frames_path, .folder = folder, .settings = settings_of(20)};
    wn_vae_run again = taken;
    char path[200];
    wann_diag diag = {0};
    snprintf(path, sizeof path, "%s/whole", folder);
    again.folder = path;
    CHECK(wn_vae_train(&again, &result, &diag) == WANN_INPUT);
    CHECK_MSG(strstr(diag.text, "holds a training already"), "%s", diag.text);
}

/* --- exporting -------------------------------------------------------------------------------- */

/* The plain loops agree with oneDNN, and whole numbers with the plain loops. */
static void test_export(void) {
    wn_vae_state state;
    wn_encoder *encoder;
    wn_vae_loss_of_bits loss;
    wn_vae_network *network;
    const unsigned char *picture[N];
    float latent[N * WN_VAE_LATENTS], plain[WN_VAE_LATENTS];
    read_run("whole", &state);
    float *room = calloc(wn_vae_room(&state.model), sizeof *room);
    CHECK(wn_vae_network_create(&state.model, N, &network, NULL) == WANN_OK);
    CHECK(wn_vae_network_weigh(network, state.parameter, NULL) == WANN_OK);
    for (size_t i = 0; i < N; i++)
        picture[i] = wn_frame(&frames, i * 7);
    CHECK(wn_vae_network_see(network, picture, latent, NULL, NULL) == WANN_OK);
    for (size_t i = 0; i < N; i++) {
        wn_vae_encode(&state.model, state.parameter, picture[i], room, NULL, plain);
        for (size_t k = 0; k < WN_VAE_LATENTS; k++)
            CHECK_MSG(fabsf(plain[k] - latent[i * WN_VAE_LATENTS + k]) < 1e-4f, "%g, %g",
                      (double)plain[k], (double)latent[i * WN_VAE_LATENTS + k]);
    }
    CHECK(wn_vae_export(&state, &frames, &encoder, &loss, NULL) == WANN_OK);
    /* barely trained, its latents hardly differ from picture to picture */
    CHECK_MSG(loss.typical > 0 && loss.typical < 0.4, "%g", loss.typical);
    wn_encoder_destroy(encoder);
    wn_vae_network_destroy(network);
    wn_vae_state_free(&state);
    free(room);
}

/* --- bad files -------------------------------------------------------------------------------- */

static void refuse_state(const char *data, size_t size, const char *words) {
    char path[200];
    wn_vae_state state;
    wann_diag diag = {0};
    snprintf(path, sizeof path, "%s/bad", folder);
    CHECK(wn_file_write(path, data, size, 0600, NULL) == WANN_OK);
    CHECK(wn_vae_state_read(path, &state, &diag) == WANN_INPUT && !state.parameter);
    CHECK_MSG(strstr(diag.text, words), "expected '%s' in: %s", words, diag.text);
    remove(path);
}

/* Whatever a state holds comes back. */
static void test_state_files(void) {
    const wn_vae_settings settings = settings_of(20);
    char path[200];
    wn_vae_state state, again;
    wann_diag diag = {0};
    snprintf(path, sizeof path, "%s/state", folder);
    CHECK(wn_vae_state_begin(&settings, &state, NULL) == WANN_OK);
    const size_t n = state.model.n_parameters;
    state.step = 13;
    state.seconds = 1.0 / 3;
    state.mean[n - 1] = -0.25f;
    state.square[0] = 1e-30f;
    state.sum = (wn_vae_point){3, 0.1, 0.2, 0.3, 0.4};
    state.n_points = 1;
    state.point[0] = (wn_vae_point){10, 7.5, 1e-9, 3e5, 11};
    CHECK(wn_vae_state_write(&state, path, &diag) == WANN_OK);
    CHECK_MSG(wn_vae_state_read(path, &again, &diag) == WANN_OK, "%s", diag.text);
    const wn_vae_settings *s = &state.settings, *t = &again.settings;
    CHECK(s->size == t->size && s->seed == t->seed && s->steps == t->steps &&
          s->batch == t->batch && s->rate == t->rate && s->tolerance == t->tolerance);
    CHECK(again.step == 13 && again.seconds == state.seconds && again.n_points == 1);
    for (int k = 0; k < 2; k++) {
        const wn_vae_point *p = k ? &state.point[0] : &state.sum,
                           *q = k ? &again.point[0] : &again.sum;
        CHECK(p->step == q->step && p->pixels == q->pixels && p->divergence == q->divergence &&
              p->kept == q->kept && p->seconds == q->seconds);
    }
    CHECK(memcmp(state.parameter, again.parameter, n * sizeof(float)) == 0);
    CHECK(memcmp(state.mean, again.mean, n * sizeof(float)) == 0);
    CHECK(memcmp(state.square, again.square, n * sizeof(float)) == 0);
    wn_vae_state_free(&state);
    wn_vae_state_free(&again);
    remove(path);
}

static void test_bad_checkpoints(void) {
    char path[200], *data;
    size_t size;
    snprintf(path, sizeof path, "%s/whole/checkpoint", folder);
    CHECK(wn_file_read(path, &data, &size, NULL) == WANN_OK);
    refuse_state(data, 0, "is no autoencoder");
    refuse_state(data, 20, "is no autoencoder");
    refuse_state(data, size - 1, "is damaged");
    data[size / 2] ^= 4;
    refuse_state(data, size, "is damaged");
    data[size / 2] ^= 4;
    data[12] ^= 1; /* a size that there is not */
    refuse_state(data, size, "is damaged");
    wn_free(data);
}

static void refuse_frames(const char *data, size_t size, const char *words) {
    char path[200];
    wn_frames bad;
    wann_diag diag = {0};
    snprintf(path, sizeof path, "%s/bad", folder);
    CHECK(wn_file_write(path, data, size, 0600, NULL) == WANN_OK);
    CHECK(wn_frames_read(path, &bad, &diag) == WANN_INPUT && !bad.file);
    CHECK_MSG(strstr(diag.text, words), "expected '%s' in: %s", words, diag.text);
    remove(path);
}

static void test_bad_frames(void) {
    enum { HEADER = 24 };
    char *data;
    size_t size;
    CHECK(wn_file_read(frames_path, &data, &size, NULL) == WANN_OK);
    refuse_frames(data, 5, "is no file of pictures");
    refuse_frames(data, size - 1, "is no file of pictures");
    data[HEADER - 1] = 1;
    refuse_frames(data, size, "is no file of pictures");
    data[HEADER - 1] = 0;
    data[HEADER - 4] = 10;
    refuse_frames(data, HEADER + 10 * WN_VAE_PIXELS, "fewer than 64 pictures");
    wn_free(data);
}

/* Box2D and oneDNN take their memory elsewhere; ours may run out at any time. */
static void test_failing_memory(void) {
    const wn_vae_settings settings = settings_of(2);
    wann_set_allocator(&test_failing_allocator);
    size_t n = 0;
    for (; n < 500; n++) {
        wn_vae_state state;
        wn_trainer *trainer = NULL;
        wn_vae_loss loss;
        test_memory.left = n;
        test_memory.failed = false;
        wann_status status = wn_vae_state_begin(&settings, &state, NULL);
        if (status == WANN_OK)
            status = wn_trainer_create(&state, &frames, 2, &trainer, NULL);
        if (status == WANN_OK)
            status = wn_trainer_step(trainer, &loss, NULL);
        CHECK(status == WANN_OK || (status == WANN_NO_MEMORY && test_memory.failed));
        wn_trainer_destroy(trainer);
        wn_vae_state_free(&state);
        CHECK(test_memory.live == 0);
        if (status == WANN_OK)
            break;
    }
    CHECK_MSG(n > 20 && n < 500, "%zu", n);
    wann_set_allocator(NULL);
}

static void clean_up(void) {
    static const char *const names[] = {"checkpoint", "log.jsonl", "loss.png", "sheet.png", ""};
    char path[300];
    for (int run = 0; run < 2; run++)
        for (size_t i = 0; i < 5; i++) {
            snprintf(path, sizeof path, "%s/%s/%s", folder, run ? "parts" : "whole", names[i]);
            remove(path);
        }
    remove(frames_path);
    remove(folder);
}

int main(void) {
    snprintf(folder, sizeof folder, "/tmp/wann-vae-XXXXXX");
    if (!mkdtemp(folder))
        return EXIT_FAILURE;
    snprintf(frames_path, sizeof frames_path, "%s/frames", folder);
    RUN(collect);
    RUN(test_bad_frames);
    RUN(test_state_files);
    const bool trains = can_train();
    if (trains) {
        RUN(test_slopes);
        RUN(test_any_number_of_threads);
        RUN(test_resume);
        RUN(test_export);
        RUN(test_bad_checkpoints);
        RUN(test_failing_memory);
    } else {
        puts("skipped: no training without oneDNN (Debian package: libdnnl-dev)");
    }
    wn_frames_free(&frames);
    clean_up();
    return test_failures ? EXIT_FAILURE : trains ? EXIT_SUCCESS : TEST_SKIP;
}
