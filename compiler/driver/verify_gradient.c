/* Comparing NAME_gradient and NAME_gradient_batch with derivatives by the complex step, at points
 * away from kinks. How far off rounding may bring a derivative is found by disturbing the reference
 * at every product and activation by as much as the code may err there. */
#include <math.h>
#include <string.h>

#include "compiler/driver/driver.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/rng.h"
#include "runtime/interp/slopes.h"

enum {
    POINTS = 8,
    ROWS = 19,   /* of a batch: the points again and again, a block of 16 and a rest */
    DRAWS = 200, /* until there are so many points away from kinks */
    RUNS = 6,    /* with disturbances */
    TRIED = 8,   /* derivatives of a kind at a point, or one more */
    ROUNDS = 8   /* with other ones */
};

/* Of the largest disturbance seen; tests/gradient uses up a third of 5. */
static const double ROOM = 10;

#define FUNCTIONS(real, type)                                                                      \
    void (*shared_##type)(const real *, real, const real *, real *, real *, real *);               \
    void (*baked_##type)(const real *, const real *, real *, real *);                              \
    void (*tuned_##type)(const real *, const real *, const real *, real *, real *);                \
    void (*shared_batch_##type)(size_t, const real *, real, const real *, real *, real *, real *); \
    void (*baked_batch_##type)(size_t, const real *, const real *, real *, real *);                \
    void (*tuned_batch_##type)(size_t, const real *, const real *, const real *, real *, real *);

/* Which member is meant follows from the options. */
typedef union gradient {
    FUNCTIONS(float, f32)
    FUNCTIONS(double, f64)
    void *symbol;
} gradient;

typedef struct checker {
    const wn_net *net;
    const wann_compile_options *options;
    gradient one, batch;
    double unit; /* of rounding, and of kernels */
    size_t n_in, n_out, n_weights;
    double *in, *out_bar, *out, *in_bar; /* [ROWS] rows */
    double *weight;                      /* [connections] */
    double *weights_bar;                 /* [n_weights] or one */
    float *in32, *out_bar32, *out32, *in_bar32, *weight32, *weights_bar32;
    void *room; /* of the reference */
    wn_arena arena;
    uint64_t stream;
    size_t round;
    wann_verify_report *report;
    wann_diag *diag;
} checker;

/* A derivative, and how far off it may be. */
typedef struct slope {
    double value, allowed;
} slope;

static bool is_single(const checker *c) {
    return c->options->real == WANN_FLOAT;
}

static void narrow(size_t n, const double *from, float *to) {
    for (size_t i = 0; i < n; i++)
        to[i] = (float)from[i];
}

static void widen(size_t n, const float *from, double *to) {
    for (size_t i = 0; i < n; i++)
        to[i] = (double)from[i];
}

static void call_f64(checker *c, bool batch, size_t n, size_t row) {
    const double *in = c->in + row * c->n_in, *out_bar = c->out_bar + row * c->n_out,
                 w = c->weight[0];
    double *out = c->out + row * c->n_out, *in_bar = c->in_bar + row * c->n_in;
    switch (c->options->weighting) {
    case WANN_WEIGHT_PARAMETER:
        if (batch)
            c->batch.shared_batch_f64(n, in, w, out_bar, out, in_bar, c->weights_bar);
        else
            c->one.shared_f64(in, w, out_bar, out, in_bar, c->weights_bar);
        return;
    case WANN_WEIGHT_BAKED:
        if (batch)
            c->batch.baked_batch_f64(n, in, out_bar, out, in_bar);
        else
            c->one.baked_f64(in, out_bar, out, in_bar);
        return;
    case WANN_WEIGHT_TUNED:
        if (batch)
            c->batch.tuned_batch_f64(n, in, c->weight, out_bar, out, c->weights_bar);
        else
            c->one.tuned_f64(in, c->weight, out_bar, out, c->weights_bar);
        return;
    }
}

static void call_f32(checker *c, bool batch, size_t n, size_t row) {
    const float *in = c->in32 + row * c->n_in, *out_bar = c->out_bar32 + row * c->n_out,
                w = c->weight32[0];
    float *out = c->out32 + row * c->n_out, *in_bar = c->in_bar32 + row * c->n_in;
    switch (c->options->weighting) {
    case WANN_WEIGHT_PARAMETER:
        if (batch)
            c->batch.shared_batch_f32(n, in, w, out_bar, out, in_bar, c->weights_bar32);
        else
            c->one.shared_f32(in, w, out_bar, out, in_bar, c->weights_bar32);
        return;
    case WANN_WEIGHT_BAKED:
        if (batch)
            c->batch.baked_batch_f32(n, in, out_bar, out, in_bar);
        else
            c->one.baked_f32(in, out_bar, out, in_bar);
        return;
    case WANN_WEIGHT_TUNED:
        if (batch)
            c->batch.tuned_batch_f32(n, in, c->weight32, out_bar, out, c->weights_bar32);
        else
            c->one.tuned_f32(in, c->weight32, out_bar, out, c->weights_bar32);
        return;
    }
}

/* n rows from a row on, with weights_bar from 0. */
static void call(checker *c, bool batch, size_t n, size_t row) {
    const size_t size = c->n_weights;
    memset(c->weights_bar, 0, size * sizeof *c->weights_bar);
    if (!is_single(c)) {
        call_f64(c, batch, n, row);
        return;
    }
    memset(c->weights_bar32, 0, size * sizeof *c->weights_bar32);
    narrow((row + n) * c->n_in, c->in, c->in32);
    narrow((row + n) * c->n_out, c->out_bar, c->out_bar32);
    narrow((size_t)c->net->n_conns + 1, c->weight, c->weight32);
    call_f32(c, batch, n, row);
    widen((row + n) * c->n_out, c->out32, c->out);
    widen((row + n) * c->n_in, c->in_bar32, c->in_bar);
    widen(size, c->weights_bar32, c->weights_bar);
}

static wann_status fail(const checker *c, const char *function, wn_slopes_direction d, double got,
                        slope expected) {
    static const char *const kinds[] = {[WN_BY_INPUT] = "input",
                                        [WN_BY_CONNECTION] = "connection",
                                        [WN_BY_SHARED_WEIGHT] = "the shared weight"};
    char *name = wann_compile_name(c->net, c->options);
    wn_buf text = {0};
    wn_buf_print(&text, "verification failed: %s_%s gives ", name ? name : "", function);
    wn_free(name);
    wn_buf_double(&text, got);
    wn_buf_print(&text, " for the derivative with respect to %s", kinds[d.kind]);
    if (d.kind != WN_BY_SHARED_WEIGHT)
        wn_buf_print(&text, " %u", (unsigned)d.index);
    wn_buf_text(&text, ", which is ");
    wn_buf_double(&text, expected.value);
    wn_buf_text(&text, "; the difference is more than ");
    wn_buf_double(&text, expected.allowed);
    const wann_status status = text.failed
                                   ? wn_fail_memory(c->diag)
                                   : wn_fail(c->diag, WANN_MISMATCH, NULL, 0, 0, "%s", text.data);
    wn_buf_free(&text);
    return status;
}

static slope reference(checker *c, size_t row, wn_slopes_direction d) {
    const wn_slopes_point point = {c->net, c->in + row * c->n_in, c->weight,
                                   c->out_bar + row * c->n_out};
    const long double exact = wn_slopes_take(&point, d, NULL, c->room).slope;
    long double spread = 0;
    for (uint64_t r = 0; r < RUNS; r++) {
        wn_slopes_noise noise = {c->unit, wn_rng_stream(c->stream++, r, d.index, 91)};
        const long double off = fabsl(wn_slopes_take(&point, d, &noise, c->room).slope - exact);
        spread = off > spread ? off : spread;
    }
    const double least = is_single(c) ? 1e-30 : 1e-200; /* what underflows */
    return (slope){(double)exact,
                   (double)(ROOM * (double)spread + c->unit * (double)fabsl(exact)) + least};
}

static wann_status compare(checker *c, const char *function, wn_slopes_direction d, double got,
                           slope expected) {
    const double share = fabs(got - expected.value) / expected.allowed;
    c->report->slopes++;
    if (!(share <= 1))
        return fail(c, function, d, got, expected);
    if (share > c->report->slope_share)
        c->report->slope_share = share;
    return WANN_OK;
}

/* Some of the derivatives of a kind, other ones at each point. */
static wann_status check_inputs(checker *c, size_t row, const slope *expected,
                                const char *function) {
    const size_t n = c->n_in;
    for (size_t i = row % (1 + n / TRIED), k = 0; i < n; i += 1 + n / TRIED, k++) {
        const wn_slopes_direction d = {WN_BY_INPUT, (uint32_t)i};
        WN_TRY(compare(c, function, d, c->in_bar[row * n + i], expected[k]));
    }
    return WANN_OK;
}

static wn_slopes_direction weight_direction(const checker *c, size_t k) {
    const bool tuned = c->options->weighting == WANN_WEIGHT_TUNED;
    return (wn_slopes_direction){tuned ? WN_BY_CONNECTION : WN_BY_SHARED_WEIGHT, (uint32_t)k};
}

/* Each point alone, then all of them again and again as a batch, whose derivatives with respect to
 * weights are the sums. */
static wann_status check_points(checker *c) {
    const bool inputs = c->options->weighting != WANN_WEIGHT_TUNED;
    const size_t stride = 1 + c->n_weights / TRIED, first = c->round % stride;
    slope of_input[POINTS][2 * TRIED + 2], of_weight[2 * TRIED + 2] = {{0, 0}};
    for (size_t p = 0; p < POINTS; p++) {
        const size_t step = 1 + c->n_in / TRIED, times = ROWS / POINTS + (p < ROWS % POINTS);
        call(c, false, 1, p);
        for (size_t i = p % step, k = 0; inputs && i < c->n_in; i += step, k++)
            of_input[p][k] = reference(c, p, (wn_slopes_direction){WN_BY_INPUT, (uint32_t)i});
        if (inputs)
            WN_TRY(check_inputs(c, p, of_input[p], "gradient"));
        for (size_t w = first, k = 0; w < c->n_weights; w += stride, k++) {
            const slope s = reference(c, p, weight_direction(c, w));
            WN_TRY(compare(c, "gradient", weight_direction(c, w), c->weights_bar[w], s));
            of_weight[k].value += (double)times * s.value;
            of_weight[k].allowed += (double)times * (s.allowed + ROWS * c->unit * fabs(s.value));
        }
    }
    call(c, true, ROWS, 0);
    for (size_t p = 0; inputs && p < POINTS; p++)
        WN_TRY(check_inputs(c, p, of_input[p], "gradient_batch"));
    for (size_t w = first, k = 0; w < c->n_weights; w += stride, k++)
        WN_TRY(
            compare(c, "gradient_batch", weight_direction(c, w), c->weights_bar[w], of_weight[k]));
    return WANN_OK;
}

static double drawn(const checker *c, wn_rng *rng) {
    const double x = wn_rng_normal(rng);
    return is_single(c) ? (double)(float)x : x;
}

/* Points away from kinks, repeated until the batch is full; false: there are too few. */
static bool draw_points(checker *c) {
    size_t found = 0;
    for (uint64_t draw = 0; draw < DRAWS && found < POINTS; draw++) {
        wn_rng rng = wn_rng_stream(c->stream++, draw, 0, 90);
        double *in = c->in + found * c->n_in, *out_bar = c->out_bar + found * c->n_out;
        for (size_t i = 0; i < c->n_in; i++)
            in[i] = drawn(c, &rng);
        for (size_t o = 0; o < c->n_out; o++)
            out_bar[o] = drawn(c, &rng);
        const wn_slopes_point point = {c->net, in, c->weight, out_bar};
        found += wn_slopes_smooth(&point, c->room);
    }
    for (size_t row = found; found == POINTS && row < ROWS; row++) {
        memcpy(c->in + row * c->n_in, c->in + (row - POINTS) * c->n_in, c->n_in * sizeof *c->in);
        memcpy(c->out_bar + row * c->n_out, c->out_bar + (row - POINTS) * c->n_out,
               c->n_out * sizeof *c->out_bar);
    }
    return found == POINTS;
}

/* What a product or an activation may err by, relative to 1: see wn_promise. */
static double unit_of(const wann_compile_options *o) {
    const bool libm =
        o->math == WANN_MATH_LIBM || (o->math == WANN_MATH_DEFAULT && o->real == WANN_DOUBLE);
    if (o->real == WANN_DOUBLE)
        return libm ? 0x1p-52 : 0x1p-51;
    return libm ? 0x1p-23 : o->level == WANN_O2 ? 4e-7 : 0x1p-22;
}

static wann_status prepare(checker *c) {
    const size_t conns = (size_t)c->net->n_conns + 1;
    c->unit = unit_of(c->options);
    c->n_in = c->net->n_inputs;
    c->n_out = c->net->n_outputs;
    c->n_weights = c->options->weighting == WANN_WEIGHT_TUNED
                       ? c->net->n_conns
                       : c->options->weighting == WANN_WEIGHT_PARAMETER;
    double *numbers = WN_NEW(&c->arena, double, 2 * ROWS * (c->n_in + c->n_out) + 2 * conns);
    float *floats = WN_NEW(&c->arena, float, 2 * ROWS * (c->n_in + c->n_out) + 2 * conns);
    c->room = WN_NEW(&c->arena, char, wn_slopes_room(c->net));
    if (!numbers || !floats || !c->room)
        return wn_fail_memory(c->diag);
    c->in = numbers;
    c->in_bar = c->in + ROWS * c->n_in;
    c->out = c->in_bar + ROWS * c->n_in;
    c->out_bar = c->out + ROWS * c->n_out;
    c->weight = c->out_bar + ROWS * c->n_out;
    c->weights_bar = c->weight + conns;
    c->in32 = floats;
    c->in_bar32 = c->in32 + ROWS * c->n_in;
    c->out32 = c->in_bar32 + ROWS * c->n_in;
    c->out_bar32 = c->out32 + ROWS * c->n_out;
    c->weight32 = c->out_bar32 + ROWS * c->n_out;
    c->weights_bar32 = c->weight32 + conns;
    return WANN_OK;
}

static wann_status check_all(checker *c, size_t n_weights, const double *weights,
                             const double *connection) {
    WN_TRY(prepare(c));
    const size_t most = 1 + c->n_weights / TRIED, rounds = most < ROUNDS ? most : ROUNDS;
    for (c->round = 0; c->round < rounds || c->round < n_weights; c->round++) {
        for (uint32_t k = 0; k <= c->net->n_conns; k++)
            c->weight[k] =
                connection && k < c->net->n_conns ? connection[k] : weights[c->round % n_weights];
        if (draw_points(c))
            WN_TRY(check_points(c));
    }
    return WANN_OK;
}

wann_status wn_verify_gradient(const wn_subject *subject, const wn_net *net,
                               const wann_compile_options *options, size_t n_weights,
                               const double *weights, const double *connection,
                               wann_verify_report *report, wann_diag *diag) {
    checker c = {.net = net, .options = options, .report = report, .diag = diag};
    if (!wn_subject_find(subject, "_gradient", &c.one) ||
        !wn_subject_find(subject, "_gradient_batch", &c.batch))
        return WANN_OK;
    const wann_status status = check_all(&c, n_weights, weights, connection);
    wn_arena_free(&c.arena);
    return status;
}
