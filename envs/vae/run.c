/* A training and its folder. */
#define _GNU_SOURCE
#include "envs/vae/run.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "envs/vae/sheet.h"
#include "envs/vae/trainer.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/file.h"
#include "runtime/draw/plot.h"

static const double SAVE_SECONDS = 60;

static double clock_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static char *path_in(const char *folder, const char *name) {
    wn_buf path = {0};
    wn_buf_print(&path, "%s/%s", folder, name);
    return wn_buf_take(&path);
}

wann_status wn_vae_folder_read(const char *folder, wn_vae_state *state, wann_diag *diag) {
    char *path = path_in(folder, "checkpoint");
    *state = (wn_vae_state){0};
    const wann_status status = path ? wn_vae_state_read(path, state, diag) : wn_fail_memory(diag);
    wn_free(path);
    return status;
}

/* Write text or a picture into the folder; frees it. */
static wann_status write_file(const char *folder, const char *name, wn_buf *out, wann_diag *diag) {
    char *path = path_in(folder, name);
    const wann_status status = path && !out->failed
                                   ? wn_file_write(path, out->data, out->length, 0666, diag)
                                   : wn_fail_memory(diag);
    wn_free(path);
    wn_buf_free(out);
    return status;
}

static void put_number(wn_buf *out, const char *key, double value) {
    wn_buf_print(out, ", \"%s\": ", key);
    wn_buf_double(out, value);
}

static wann_status write_log(const char *folder, const wn_vae_state *s, wann_diag *diag) {
    wn_buf out = {0};
    wn_buf_text(&out, "");
    for (size_t i = 0; i < s->n_points; i++) {
        const wn_vae_point *p = &s->point[i];
        wn_buf_print(&out, "{\"step\": %u", (unsigned)p->step);
        put_number(&out, "pixels", p->pixels);
        put_number(&out, "divergence", p->divergence);
        put_number(&out, "kept_pixels", p->kept);
        put_number(&out, "seconds", p->seconds);
        wn_buf_text(&out, "}\n");
    }
    return write_file(folder, "log.jsonl", &out, diag);
}

static wann_status write_plot(const char *folder, const wn_vae_state *s, wann_diag *diag) {
    double step[WN_VAE_POINTS], pixels[WN_VAE_POINTS], kept[WN_VAE_POINTS], apart[WN_VAE_POINTS];
    for (size_t i = 0; i < s->n_points; i++) {
        step[i] = s->point[i].step;
        pixels[i] = s->point[i].pixels;
        kept[i] = s->point[i].kept;
        apart[i] = s->point[i].divergence;
    }
    const wn_series series[] = {
        {.name = "pixels", .n = s->n_points, .x = step, .y = pixels},
        {.name = "kept from training", .n = s->n_points, .x = step, .y = kept},
        {.name = "divergence", .n = s->n_points, .x = step, .y = apart}};
    const wn_plot plot = {.title = "Loss of the autoencoder",
                          .subtitle = s->settings.size->name,
                          .x_label = "step",
                          .y_label = "a picture",
                          .description = "squared error of pixels and divergence over steps",
                          .series = series,
                          .n_series = 3};
    wn_buf out = {0};
    const wann_status status = wn_plot_png(&plot, 2, &out, diag);
    if (status == WANN_OK)
        return write_file(folder, "loss.png", &out, diag);
    wn_buf_free(&out);
    return status == WANN_UNSUPPORTED ? WANN_OK : status;
}

static wann_status write_sheet(const char *folder, const wn_vae_state *s, const wn_frames *frames,
                               wann_diag *diag) {
    wn_buf out = {0};
    const wann_status status = wn_vae_sheet(frames, &s, 1, &out, diag);
    if (status == WANN_OK)
        return write_file(folder, "sheet.png", &out, diag);
    wn_buf_free(&out);
    return status == WANN_UNSUPPORTED ? WANN_OK : status;
}

static wann_status save(const char *folder, const wn_vae_state *state, const wn_frames *frames,
                        wann_diag *diag) {
    char *path = path_in(folder, "checkpoint");
    wann_status status = path ? wn_vae_state_write(state, path, diag) : wn_fail_memory(diag);
    wn_free(path);
    if (status == WANN_OK)
        status = write_log(folder, state, diag);
    if (status == WANN_OK && state->n_points > 0)
        status = write_plot(folder, state, diag);
    return status == WANN_OK ? write_sheet(folder, state, frames, diag) : status;
}

/* Stretches have ten steps at least, where there are so many. */
static size_t stretches_of(const wn_vae_state *s) {
    const size_t n = s->settings.steps / 10;
    return n == 0 ? 1 : n < WN_VAE_POINTS ? n : WN_VAE_POINTS;
}

/* Stretch i ends at this step; the last one ends at the last step. */
static uint32_t end_of(const wn_vae_state *s, size_t i) {
    return (uint32_t)((uint64_t)s->settings.steps * (i + 1) / stretches_of(s));
}

/* Closes the stretch if this step was its last. */
static wann_status note(wn_vae_state *s, wn_trainer *trainer, const wn_vae_loss *loss,
                        wann_diag *diag) {
    s->sum.pixels += loss->pixels;
    s->sum.divergence += loss->divergence;
    s->sum.step++;
    if (s->n_points == stretches_of(s) || s->step < end_of(s, s->n_points))
        return WANN_OK;
    wn_vae_point *p = &s->point[s->n_points++];
    *p = (wn_vae_point){s->step, s->sum.pixels / s->sum.step, s->sum.divergence / s->sum.step, 0,
                        s->seconds};
    s->sum = (wn_vae_point){0};
    return wn_trainer_check(trainer, &p->kept, diag);
}

static wann_status run_steps(const wn_vae_run *run, wn_vae_state *s, const wn_frames *frames,
                             wn_trainer *trainer, wann_diag *diag) {
    const double before = s->seconds, begun = clock_seconds();
    double saved = begun;
    while (s->step < s->settings.steps && !(run->stop && *run->stop)) {
        wn_vae_loss loss;
        const size_t points = s->n_points;
        WN_TRY(wn_trainer_step(trainer, &loss, diag));
        s->seconds = before + clock_seconds() - begun;
        WN_TRY(note(s, trainer, &loss, diag));
        if (run->progress && s->n_points > points)
            run->progress(run->context, s, &s->point[s->n_points - 1]);
        if (clock_seconds() - saved < SAVE_SECONDS)
            continue;
        WN_TRY(save(run->folder, s, frames, diag));
        saved = clock_seconds();
    }
    return save(run->folder, s, frames, diag);
}

static wann_status train(const wn_vae_run *run, wn_vae_state *s, wann_diag *diag) {
    wn_frames frames;
    wn_trainer *trainer = NULL;
    WN_TRY(wn_frames_read(run->frames, &frames, diag));
    wann_status status = wn_trainer_create(s, &frames, run->threads, &trainer, diag);
    if (status == WANN_OK)
        status = run_steps(run, s, &frames, trainer, diag);
    wn_trainer_destroy(trainer);
    wn_frames_free(&frames);
    return status;
}

/* A folder that holds a run already is not begun anew. */
static wann_status make_folder(const char *folder, wann_diag *diag) {
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return wn_fail_errno(diag, folder, "create");
    char *path = path_in(folder, "checkpoint");
    if (!path)
        return wn_fail_memory(diag);
    struct stat there;
    const bool taken = stat(path, &there) == 0;
    wn_free(path);
    return taken ? wn_fail(diag, WANN_INPUT, folder, 0, 0,
                           "holds a training already; go on with --resume, or take another folder")
                 : WANN_OK;
}

wann_status wn_vae_train(const wn_vae_run *run, wn_vae_result *result, wann_diag *diag) {
    wn_vae_state state = {0};
    *result = (wn_vae_result){0};
    wann_status status = run->resume ? wn_vae_folder_read(run->folder, &state, diag)
                                     : make_folder(run->folder, diag);
    if (status == WANN_OK && !run->resume)
        status = wn_vae_state_begin(&run->settings, &state, diag);
    if (status == WANN_OK)
        status = train(run, &state, diag);
    if (status == WANN_OK) {
        *result = (wn_vae_result){.step = state.step,
                                  .steps = state.settings.steps,
                                  .seconds = state.seconds,
                                  .stopped = state.step < state.settings.steps};
        if (state.n_points > 0)
            result->last = state.point[state.n_points - 1];
    }
    wn_vae_state_free(&state);
    return status;
}
