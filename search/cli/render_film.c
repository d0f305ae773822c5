/* wann render: an episode, as one animated PNG or as a PNG a frame. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/file.h"
#include "runtime/cli/cli.h"
#include "runtime/draw/animation.h"
#include "search/cli/render.h"

enum { CAPTION_HEIGHT = 34, FRAMES_PER_SECOND = 25, HOLD_SECONDS = 1 };

/* An episode on its way to a file. */
typedef struct film {
    const render_request *request;
    wann_env *env;
    double *observation, *action, *act;
    uint32_t width, height; /* of the task's picture; the caption stands above it */
    uint8_t *rgb;           /* [CAPTION_HEIGHT + height][width][3] */
    double reward;
    uint32_t step, frames; /* so far */
    uint32_t rate;         /* frames a second of the task's time */
    wn_palette *palette;   /* that frames are added to, or NULL */
} film;

/* "swing, weight 0.8" on the left; reward, step and time on the right. */
static wann_status put_caption(film *f, wann_diag *diag) {
    static const wn_ink inks[] = {{0x15181d, 0}, {0xf4f6f8, 0}, {0xaab4c0, 0}};
    const render_request *r = f->request;
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
    render_put_weight(&left, r);
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

static wann_status no_memory(wann_diag *diag) {
    *diag = (wann_diag){.status = WANN_NO_MEMORY, .text = "out of memory"};
    return WANN_NO_MEMORY;
}

/* The frame as a file of its own. */
static wann_status put_file(const film *f, wann_diag *diag) {
    wn_buf name = {0}, png = {0};
    render_put_frame_name(&name, f->request->output, f->frames);
    wann_status status = wn_png_write(f->rgb, f->width, f->height + CAPTION_HEIGHT, &png, diag);
    if (status == WANN_OK && (name.failed || !name.data))
        status = no_memory(diag);
    if (status == WANN_OK)
        status = wn_file_write(name.data, png.data, png.length, 0666, diag);
    wn_buf_free(&name);
    wn_buf_free(&png);
    return status;
}

static wann_status take_frame(film *f, wn_animation *animation, uint16_t hold, wann_diag *diag) {
    wann_status status = put_caption(f, diag);
    if (status == WANN_OK)
        status = wann_env_render(f->env, f->width, f->height,
                                 f->rgb + (size_t)3 * f->width * CAPTION_HEIGHT, diag);
    if (status != WANN_OK)
        return status;
    if (f->palette) {
        wn_palette_add(f->palette, f->rgb, (size_t)f->width * (f->height + CAPTION_HEIGHT));
        return WANN_OK;
    }
    return animation ? wn_animation_frame(animation, f->rgb, hold, diag) : put_file(f, diag);
}

/* One episode; where it is drawn, a frame every `every` steps and the last one, into the animation
 * or, if that is NULL, into files. */
static wann_status play(film *f, bool draw, wn_animation *animation, uint32_t every,
                        wann_diag *diag) {
    const render_request *r = f->request;
    const wann_env_type *type = wann_task_type(r->scoring.task);
    const uint32_t most = r->scoring.evaluation.steps ? r->scoring.evaluation.steps : type->steps;
    wann_env_result result = {0};
    bool over = false;
    f->reward = 0;
    f->step = 0;
    f->frames = 0;
    wann_status status = wann_env_reset(f->env, r->scoring.evaluation.seed, f->observation, diag);
    while (status == WANN_OK) {
        if (f->step % every == 0 || over) {
            f->frames++;
            if (draw)
                status =
                    take_frame(f, animation, over ? (uint16_t)(HOLD_SECONDS * f->rate) : 1, diag);
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

static wann_status open_film(film *f, const render_request *r, wann_diag *diag) {
    const wann_env_type *type = wann_task_type(r->scoring.task);
    *f = (film){.request = r,
                .width = type->picture_width,
                .height = type->picture_height,
                .rate = FRAMES_PER_SECOND};
    if (r->width) {
        f->height = (uint32_t)lround((double)f->height * (double)r->width / f->width);
        f->width = (uint32_t)r->width;
    }
    f->observation = calloc(type->observations, sizeof *f->observation);
    f->action = calloc(type->actions, sizeof *f->action);
    f->act = calloc(wann_net_nodes(r->scoring.net), sizeof *f->act);
    f->rgb = calloc(3 * (size_t)f->width, (size_t)f->height + CAPTION_HEIGHT);
    if (!f->observation || !f->action || !f->act || !f->rgb)
        return no_memory(diag);
    return wann_env_create(r->scoring.task, &f->env, diag);
}

static void close_film(film *f) {
    wann_env_destroy(f->env);
    free(f->observation);
    free(f->action);
    free(f->act);
    free(f->rgb);
}

/* Steps from one frame to the next. */
static uint32_t stride_of(const film *f, double *rate) {
    const wann_env_type *type = wann_task_type(f->request->scoring.task);
    *rate = type->steps_per_second > 0 ? type->steps_per_second : f->rate;
    return (uint32_t)fmax(1, round(*rate / f->rate));
}

/* The second time: how many frames there are, and with a palette their colours, is known. */
static wann_status record(film *f, const wn_palette *palette, wn_buf *out, wann_diag *diag) {
    double rate;
    const uint32_t every = stride_of(f, &rate);
    wn_animation animation;
    wann_status status =
        wn_animation_begin(&animation, f->width, f->height + CAPTION_HEIGHT, f->frames,
                           (uint16_t)fmin(1000 * every / rate, 60000), 1000, palette, out, diag);
    if (status == WANN_OK)
        status = play(f, true, &animation, every, diag);
    if (status == WANN_OK)
        status = wn_animation_end(&animation, diag);
    wn_animation_free(&animation);
    return status;
}

/* Twice: an animation says at its beginning how many frames it has, and an episode that goes wrong
 * shall leave no files. */
static wann_status shoot(film *f, wann_diag *diag) {
    const char *output = f->request->output;
    double rate;
    const uint32_t every = stride_of(f, &rate);
    wann_status status = play(f, false, NULL, every, diag);
    if (status != WANN_OK || render_put_frame_name(NULL, output, 0))
        return status == WANN_OK ? play(f, true, NULL, every, diag) : status;
    wn_buf out = {0};
    status = record(f, NULL, &out, diag);
    if (status == WANN_OK)
        status = wn_file_write(output, out.data, out.length, 0666, diag);
    wn_buf_free(&out);
    return status;
}

static wann_status shoot_small(film *f, wn_buf *out, wann_diag *diag) {
    wn_palette palette;
    double rate;
    wann_status status = wn_palette_begin(&palette, diag);
    if (status == WANN_OK) {
        f->palette = &palette;
        status = play(f, true, NULL, stride_of(f, &rate), diag);
        f->palette = NULL;
    }
    if (status == WANN_OK) {
        wn_palette_choose(&palette);
        status = record(f, &palette, out, diag);
    }
    wn_palette_free(&palette);
    return status;
}

wann_status render_recording(const render_request *request, uint32_t frames_per_second, wn_buf *out,
                             wn_buf *still, double *reward, wann_diag *diag) {
    film f;
    wann_status status = open_film(&f, request, diag);
    f.rate = frames_per_second;
    if (status == WANN_OK)
        status = shoot_small(&f, out, diag);
    if (status == WANN_OK)
        status = wn_png_write(f.rgb, f.width, f.height + CAPTION_HEIGHT, still, diag);
    *reward = f.reward;
    close_film(&f);
    return status;
}

static int report(const render_request *r, const film *f) {
    wn_buf out = {0};
    if (r->scoring.json) {
        wn_buf_char(&out, '{');
        scoring_json_text(&out, "output", r->output);
        wn_buf_print(&out, ", \"frames\": %u, \"steps\": %u, \"reward\": ", (unsigned)f->frames,
                     (unsigned)f->step);
        scoring_json_number(&out, f->reward);
        wn_buf_text(&out, "}\n");
    } else if (!r->scoring.quiet) {
        wn_buf_print(&out, "%s: %u frames, %u steps, reward ", r->output, (unsigned)f->frames,
                     (unsigned)f->step);
        wn_buf_fixed(&out, f->reward, 1);
        wn_buf_char(&out, '\n');
    }
    return scoring_print(&out);
}

int render_film(const render_request *request) {
    film f;
    wann_diag diag = {0};
    wann_status status = open_film(&f, request, &diag);
    if (status == WANN_OK)
        status = shoot(&f, &diag);
    const int code =
        status == WANN_OK ? report(request, &f) : wn_cli_fail(&diag, request->scoring.network);
    close_film(&f);
    return code;
}
