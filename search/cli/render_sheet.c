/* wann render: a sheet of pictures to classify, and what the network takes each for. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/file.h"
#include "runtime/cli/cli.h"
#include "runtime/draw/canvas.h"
#include "search/batch.h"
#include "search/cli/render.h"

enum { MARGIN = 20, HEADER = 64, CELL = 72, GAP = 16, CAPTION = 22, NARROWEST = 6 };
enum { PAPER, TEXT, QUIET, WRONG, BLANK, INK, N_INKS };
static const wn_ink inks[N_INKS] = {
    [PAPER] = {0xffffff, 0}, [TEXT] = {0x15181d, 0},  [QUIET] = {0x5b6673, 0},
    [WRONG] = {0xc62828, 0}, [BLANK] = {0xeef1f4, 0}, [INK] = {0x15181d, 0}};

/* What the network says to one sample. */
typedef struct guess {
    size_t class;
    double share; /* of the class in the softmax */
} guess;

typedef struct sheet {
    const render_request *request;
    const wann_env_type *type;
    const wann_samples *samples;
    size_t n, columns, rows;
    uint32_t *index;       /* [samples->n], the first n are shown */
    guess *guess;          /* [n] */
    size_t right;          /* of those n */
    double accuracy, loss; /* of all samples */
    double low, high;      /* of the inputs that are shown */
} sheet;

static wann_status no_memory(wann_diag *diag) {
    *diag = (wann_diag){.status = WANN_NO_MEMORY, .text = "out of memory"};
    return WANN_NO_MEMORY;
}

static guess largest(const double *out, size_t classes) {
    guess g = {0};
    double sum = 0;
    for (size_t k = 1; k < classes; k++)
        if (out[k] > out[g.class])
            g.class = k;
    for (size_t k = 0; k < classes; k++)
        sum += exp(out[k] - out[g.class]);
    g.share = 1 / sum;
    return g;
}

static wann_status classify(sheet *s, wann_diag *diag) {
    const wann_net *net = s->request->scoring.net;
    const size_t inputs = s->samples->inputs, classes = s->samples->classes;
    double *act = calloc(wann_net_nodes(net) + classes, sizeof *act);
    if (!act)
        return no_memory(diag);
    double *out = act + wann_net_nodes(net);
    s->low = 0;
    s->high = 1e-300;
    for (size_t i = 0; i < s->n; i++) {
        const double *in = s->samples->input + s->index[i] * inputs;
        wann_run(net, in, s->request->weights, NULL, act, out);
        s->guess[i] = largest(out, classes);
        s->right += s->guess[i].class == s->samples->label[s->index[i]];
        for (size_t k = 0; k < inputs; k++) {
            s->low = fmin(s->low, in[k]);
            s->high = fmax(s->high, in[k]);
        }
    }
    free(act);
    return WANN_OK;
}

/* How it does on all samples, which is also what finds outputs that are not finite. */
static wann_status score(sheet *s, wann_diag *diag) {
    const render_request *r = s->request;
    wann_evaluation e = r->scoring.evaluation;
    e.condition = r->tuned ? WANN_TUNED : WANN_SHARED;
    e.tuned = r->weights.connection;
    e.weights = &r->weights.shared;
    e.n_weights = 1;
    e.episodes = 1;
    wann_scores scores;
    const wann_status status = wann_evaluate(r->scoring.net, r->scoring.task, &e, &scores, diag);
    if (status != WANN_OK)
        return status;
    s->accuracy = scores.accuracy[0];
    s->loss = -scores.reward[0];
    wann_scores_free(&scores);
    return WANN_OK;
}

/* --- drawing ---------------------------------------------------------------------------------- */

static uint32_t shade(double value) {
    uint32_t color = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
        const double from = inks[BLANK].light >> shift & 255, to = inks[INK].light >> shift & 255;
        color |= (uint32_t)lround(from + (to - from) * value) << shift;
    }
    return color;
}

/* A sample's pixels, without seams whatever the scale. */
static void put_pixels(const sheet *s, wn_raster *raster, wn_point corner, const double *in) {
    const size_t width = s->samples->width, height = s->samples->height;
    const uint32_t left = (uint32_t)lround(corner.x * raster->scale);
    const uint32_t top = (uint32_t)lround(corner.y * raster->scale);
    const uint32_t size = (uint32_t)lround(CELL * raster->scale);
    for (uint32_t y = 0; y < size && top + y < raster->height; y++)
        for (uint32_t x = 0; x < size && left + x < raster->width; x++) {
            const double value = in[y * height / size * width + x * width / size];
            const uint32_t color = shade((value - s->low) / (s->high - s->low));
            uint8_t *pixel = raster->rgb + 3 * ((size_t)(top + y) * raster->width + left + x);
            pixel[0] = (uint8_t)(color >> 16);
            pixel[1] = (uint8_t)(color >> 8);
            pixel[2] = (uint8_t)color;
        }
}

static void put_class(wn_buf *out, const sheet *s, size_t class) {
    if (s->type->action_names)
        wn_buf_text(out, s->type->action_names[class]);
    else
        wn_buf_print(out, "%zu", class);
}

/* Text that is cut to fit. */
static void put_text(wn_canvas *canvas, wn_point at, wn_buf *text, double room,
                     const wn_text_style *style) {
    wn_buf fitted = {0};
    if (text->data)
        wn_text_fit(&fitted, text->data, style->size, room);
    if (fitted.data)
        canvas->text(canvas, at, fitted.data, style);
    wn_buf_free(&fitted);
    wn_buf_free(text);
}

/* "3 98 %", or "3 is 8". */
static void put_sample(const sheet *s, wn_raster *raster, size_t i) {
    wn_canvas *canvas = &raster->canvas;
    const guess *g = &s->guess[i];
    const uint32_t label = s->samples->label[s->index[i]];
    const wn_point corner = {MARGIN + (double)(i % s->columns * (CELL + GAP)),
                             HEADER + (double)(i / s->columns * (CELL + CAPTION + GAP))};
    put_pixels(s, raster, corner, s->samples->input + s->index[i] * s->samples->inputs);
    const bool right = g->class == label;
    if (!right)
        canvas->box(canvas, corner, (wn_point){CELL, CELL}, 0,
                    &(wn_style){WN_NO_INK, WRONG, 2.5, 1});
    wn_buf said = {0}, beside = {0};
    put_class(&said, s, g->class);
    if (right) {
        wn_buf_fixed(&beside, 100 * g->share, 0);
        wn_buf_text(&beside, " %");
    } else {
        wn_buf_text(&beside, "is ");
        put_class(&beside, s, label);
    }
    const double y = corner.y + CELL + 16;
    put_text(canvas, (wn_point){corner.x, y}, &said, CELL / 2.0,
             &(wn_text_style){14, right ? TEXT : WRONG, 1, WN_ANCHOR_START, true});
    put_text(canvas, (wn_point){corner.x + CELL, y}, &beside, CELL / 2.0,
             &(wn_text_style){13, right ? QUIET : WRONG, 1, WN_ANCHOR_END, false});
}

static void put_header(const sheet *s, wn_raster *raster) {
    const render_request *r = s->request;
    const double room = raster->picture->width - 2 * MARGIN;
    wn_buf title = {0}, line = {0};
    const char *task = wann_task_name(r->scoring.task), *net = wann_net_name(r->scoring.net);
    wn_buf_print(&title, "%s, ", task);
    if (strcmp(task, net) != 0)
        wn_buf_print(&title, "%s, ", net);
    render_put_weight(&title, r);
    wn_buf_fixed(&line, 100 * s->accuracy, 2);
    wn_buf_print(&line, " %% of %zu samples right; of these %zu: %zu", s->samples->n, s->n,
                 s->right);
    put_text(&raster->canvas, (wn_point){MARGIN, 28}, &title, room,
             &(wn_text_style){17, TEXT, 1, WN_ANCHOR_START, true});
    put_text(&raster->canvas, (wn_point){MARGIN, 48}, &line, room,
             &(wn_text_style){13, QUIET, 1, WN_ANCHOR_START, false});
}

static wann_status draw(const sheet *s, wn_buf *png, wann_diag *diag) {
    const wn_picture picture = {.width = 2 * MARGIN + (double)(s->columns * (CELL + GAP)) - GAP,
                                .height = HEADER + MARGIN / 2.0 +
                                          (double)(s->rows * (CELL + CAPTION + GAP)) - GAP,
                                .title = "",
                                .description = "",
                                .inks = inks,
                                .n_inks = N_INKS,
                                .paper = PAPER};
    const double scale = s->request->width ? (double)s->request->width / picture.width : 1;
    wn_raster raster;
    wann_status status = wn_raster_begin(&raster, &picture, scale, 1e8, diag);
    if (status == WANN_OK) {
        put_header(s, &raster);
        for (size_t i = 0; i < s->n; i++)
            put_sample(s, &raster, i);
        status = wn_raster_png(&raster, png, diag);
    }
    wn_raster_free(&raster);
    return status;
}

/* --- the command ------------------------------------------------------------------------------ */

static wann_status open_sheet(sheet *s, const render_request *r, wann_diag *diag) {
    *s = (sheet){.request = r, .type = wann_task_type(r->scoring.task)};
    const wann_status status =
        wann_task_samples(r->scoring.task, r->scoring.evaluation.split, &s->samples, diag);
    if (status != WANN_OK)
        return status;
    if (s->samples->width == 0) {
        snprintf(diag->text, sizeof diag->text, "the samples of task %.100s are no pictures",
                 s->type->name);
        return diag->status = WANN_UNSUPPORTED;
    }
    s->n = r->samples < s->samples->n ? r->samples : s->samples->n;
    s->columns = (size_t)ceil(sqrt(1.6 * (double)s->n));
    s->rows = (s->n + s->columns - 1) / s->columns;
    s->columns = s->columns < NARROWEST ? NARROWEST : s->columns; /* room for the header */
    s->index = calloc(s->samples->n, sizeof *s->index);
    s->guess = calloc(s->n, sizeof *s->guess);
    if (!s->index || !s->guess)
        return no_memory(diag);
    wn_batch_draw(r->scoring.evaluation.seed, s->samples->n, s->n, s->index);
    return WANN_OK;
}

static int report(const sheet *s) {
    const render_request *r = s->request;
    wn_buf out = {0};
    if (r->scoring.json) {
        wn_buf_char(&out, '{');
        scoring_json_text(&out, "output", r->output);
        wn_buf_print(&out, ", \"samples\": %zu, \"right\": %zu, \"accuracy\": ", s->n, s->right);
        scoring_json_number(&out, s->accuracy);
        wn_buf_text(&out, ", \"loss\": ");
        scoring_json_number(&out, s->loss);
        wn_buf_text(&out, "}\n");
    } else if (!r->scoring.quiet) {
        wn_buf_print(&out, "%s: %zu samples, %zu right; of all ", r->output, s->n, s->right);
        wn_buf_fixed(&out, 100 * s->accuracy, 2);
        wn_buf_text(&out, " %\n");
    }
    return scoring_print(&out);
}

/* s is to be given back by its two arrays, after a failure too. */
static wann_status make_sheet(sheet *s, const render_request *request, wn_buf *png,
                              wann_diag *diag) {
    wann_status status = open_sheet(s, request, diag);
    if (status == WANN_OK)
        status = score(s, diag);
    if (status == WANN_OK)
        status = classify(s, diag);
    return status == WANN_OK ? draw(s, png, diag) : status;
}

wann_status render_sheet_picture(const render_request *request, wn_buf *png, wann_diag *diag) {
    sheet s;
    const wann_status status = make_sheet(&s, request, png, diag);
    free(s.index);
    free(s.guess);
    return status;
}

int render_sheet(const render_request *request) {
    sheet s;
    wn_buf png = {0};
    wann_diag diag = {0};
    wann_status status = make_sheet(&s, request, &png, &diag);
    if (status == WANN_OK)
        status = wn_file_write(request->output, png.data, png.length, 0666, &diag);
    const int code = status == WANN_OK ? report(&s) : wn_cli_fail(&diag, request->scoring.network);
    wn_buf_free(&png);
    free(s.index);
    free(s.guess);
    return code;
}
