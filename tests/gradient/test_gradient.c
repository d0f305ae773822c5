/* NAME_gradient against the complex step: random networks in every way of compiling them, through
 * every compiler. How far a float may be off is found by disturbing the reference where the code
 * rounds. */
#include <dlfcn.h>
#include <inttypes.h>
#include <math.h>

#include "diff/compilers.h"
#include "runtime/base/text.h"
#include "runtime/interp/slopes.h"
#include "support/random_net.h"
#include "support/test.h"
#include "wann/compile.h"

enum { NETWORKS = 15, POINTS = 2, RUNS = 5, MOST_SLOPES = 12 };

typedef struct mode {
    const char *label;
    wann_level level;
    wann_real real;
    wann_math math;
    double unit; /* of rounding and of kernels */
} mode;

static const mode modes[] = {
    {"O0 double libm", WANN_O0, WANN_DOUBLE, WANN_MATH_LIBM, 0x1p-52},
    {"O1 double libm", WANN_O1, WANN_DOUBLE, WANN_MATH_LIBM, 0x1p-52},
    {"O2 double inline", WANN_O2, WANN_DOUBLE, WANN_MATH_INLINE, 0x1p-51},
    {"O0 float inline", WANN_O0, WANN_FLOAT, WANN_MATH_INLINE, 0x1p-22},
    {"O1 float libm", WANN_O1, WANN_FLOAT, WANN_MATH_LIBM, 0x1p-23},
    {"O1 float inline", WANN_O1, WANN_FLOAT, WANN_MATH_INLINE, 0x1p-22},
    {"O2 float inline", WANN_O2, WANN_FLOAT, WANN_MATH_INLINE, 4e-7},
};
enum { MODES = sizeof modes / sizeof *modes };

static struct {
    unsigned long slopes, points, kinks, activations[12];
    double worst[MODES]; /* share of what is allowed */
} seen;

/* One network at one point, in the type of a mode. */
typedef struct subject {
    uint64_t seed;
    wn_net *net;
    wann_weighting weighting;
    double baked;
    double *tuned;                      /* [connections] of the network as compiled */
    double *in, *weight, *out_bar;      /* where it is tried */
    double *out, *in_bar, *weights_bar; /* what the code gives */
    void *room; /* of slopes */
    float *in32, *weight32, *out_bar32, *out32, *in_bar32, *weights_bar32;
} subject;

static void *room(size_t n, size_t size) {
    void *p = calloc(n + 1, size);
    if (!p)
        abort();
    return p;
}

static void draw(subject *s, uint64_t seed) {
    wn_rng rng = wn_rng_stream(61, seed, 0, 0);
    const test_random_options options = {
        .min_nodes = 3, .max_nodes = seed % 4 ? 30 : 150, .tame = true};
    *s = (subject){.seed = seed,
                   .net = test_random_net(&rng, &options),
                   .weighting = (wann_weighting)(seed % 3)};
    s->baked = (double)(float)test_random_weight(&rng);
    const size_t n = 2 * (size_t)s->net->n_conns + 2 * s->net->n_nodes + 2;
    double *numbers = room(4 * n, sizeof *numbers);
    float *numbers32 = room(3 * n, sizeof *numbers32);
    s->tuned = numbers;
    s->weight = s->tuned + s->net->n_conns;
    s->in = numbers + n;
    s->out_bar = s->in + s->net->n_nodes;
    s->out = numbers + 2 * n;
    s->in_bar = s->out + s->net->n_nodes;
    s->weights_bar = numbers + 3 * n;
    s->in32 = numbers32;
    s->out_bar32 = s->in32 + s->net->n_nodes;
    s->weight32 = numbers32 + 2 * s->net->n_nodes;
    s->out32 = numbers32 + n;
    s->in_bar32 = s->out32 + s->net->n_nodes;
    s->weights_bar32 = numbers32 + 2 * n;
    s->room = room(1, wn_slopes_room(s->net));
    for (uint32_t k = 0; k < s->net->n_conns; k++)
        s->tuned[k] = (double)(float)wn_rng_normal(&rng);
    for (uint32_t i = 0; i < s->net->n_nodes; i++)
        seen.activations[s->net->activation[i]]++;
}

static void drop(subject *s) {
    wann_net_destroy(s->net);
    free(s->tuned);
    free(s->in32);
    free(s->room);
}

static void put_name(const subject *s, size_t m, char name[64]) {
    snprintf(name, 64, "net%" PRIu64 "_%zu", s->seed, m);
}

static bool emit(const subject *s, size_t m, wn_buf *out) {
    char name[64], *text, *header;
    wann_diag diag = {0};
    wann_compile_options options = wann_compile_defaults();
    put_name(s, m, name);
    options.name = name;
    options.real = modes[m].real;
    options.level = modes[m].level;
    options.math = modes[m].math;
    options.weighting = s->weighting;
    options.weight = s->baked;
    options.tuned = s->tuned;
    options.gradient = true;
    const wann_status status =
        wann_compile_text(s->net, &options, WANN_KIND_C, &text, &header, &diag);
    CHECK_MSG(status == WANN_OK, "seed %" PRIu64 ": %s", s->seed, diag.text);
    if (status != WANN_OK)
        return false;
    wn_buf_text(out, header);
    wn_buf_text(out, text);
    wn_buf_text(out, diff_separator);
    wann_free(text);
    wann_free(header);
    return true;
}

/* NAME_gradient, whatever its type and weighting. */
typedef union gradient {
    void (*shared)(const double *, double, const double *, double *, double *, double *);
    void (*baked)(const double *, const double *, double *, double *);
    void (*tuned)(const double *, const double *, const double *, double *, double *);
    void (*shared32)(const float *, float, const float *, float *, float *, float *);
    void (*baked32)(const float *, const float *, float *, float *);
    void (*tuned32)(const float *, const float *, const float *, float *, float *);
    void (*shared_batch)(size_t, const double *, double, const double *, double *, double *, double *);
    void (*baked_batch)(size_t, const double *, const double *, double *, double *);
    void (*tuned_batch)(size_t, const double *, const double *, const double *, double *, double *);
    void (*shared_batch32)(size_t, const float *, float, const float *, float *, float *, float *);
    void (*baked_batch32)(size_t, const float *, const float *, float *, float *);
    void (*tuned_batch32)(size_t, const float *, const float *, const float *, float *, float *);
} gradient;

static void call(subject *s, gradient g, bool single) {
    switch (s->weighting) {
    case WANN_WEIGHT_PARAMETER:
        if (single)
            g.shared32(s->in32, s->weight32[0], s->out_bar32, s->out32, s->in_bar32,
                       s->weights_bar32);
        else
            g.shared(s->in, s->weight[0], s->out_bar, s->out, s->in_bar, s->weights_bar);
        return;
    case WANN_WEIGHT_BAKED:
        if (single)
            g.baked32(s->in32, s->out_bar32, s->out32, s->in_bar32);
        else
            g.baked(s->in, s->out_bar, s->out, s->in_bar);
        return;
    case WANN_WEIGHT_TUNED:
        if (single)
            g.tuned32(s->in32, s->weight32, s->out_bar32, s->out32, s->weights_bar32);
        else
            g.tuned(s->in, s->weight, s->out_bar, s->out, s->weights_bar);
        return;
    }
}

static uint32_t n_weights_bar(const subject *s) {
    return s->weighting == WANN_WEIGHT_TUNED ? s->net->n_conns
                                             : s->weighting == WANN_WEIGHT_PARAMETER;
}

/* Twice, because what is for the weights adds up: the second call has to double it, to the bit. */
static void take_gradient(subject *s, gradient g, bool single) {
    const uint32_t n = n_weights_bar(s);
    for (uint32_t k = 0; k < n; k++)
        s->weights_bar32[k] = (float)(s->weights_bar[k] = 0);
    for (uint32_t k = 0; k < s->net->n_conns; k++)
        s->weight32[k] = (float)s->weight[k];
    for (uint32_t i = 0; i < s->net->n_nodes; i++) {
        s->in32[i] = (float)s->in[i];
        s->out_bar32[i] = (float)s->out_bar[i];
        s->out32[i] = s->in_bar32[i] = (float)(s->out[i] = s->in_bar[i] = (double)NAN);
    }
    call(s, g, single);
    float *first32 = room(n, sizeof *first32);
    double *first = room(n, sizeof *first);
    for (uint32_t k = 0; k < n; k++) {
        first32[k] = s->weights_bar32[k];
        first[k] = s->weights_bar[k];
    }
    call(s, g, single);
    for (uint32_t k = 0; k < n; k++) {
        CHECK(single ? s->weights_bar32[k] == 2 * first32[k] || !(first32[k] == first32[k])
                     : s->weights_bar[k] == 2 * first[k] || !(first[k] == first[k]));
        s->weights_bar[k] = single ? (double)first32[k] : first[k];
    }
    for (uint32_t i = 0; i < s->net->n_nodes && single; i++) {
        s->out[i] = (double)s->out32[i];
        s->in_bar[i] = (double)s->in_bar32[i];
    }
    free(first32);
    free(first);
}

/* The point as each row of a batch: a block of lanes and some. */
enum { ROWS = 19 };

static void *repeat(const void *row, size_t n, size_t size) {
    char *rows = room(ROWS * n, size);
    for (size_t r = 0; r < ROWS; r++)
        memcpy(rows + r * n * size, row, n * size);
    return rows;
}

static void call_batch(subject *s, gradient g) {
    const size_t n_in = s->net->n_inputs, n_out = s->net->n_outputs;
    double *in = repeat(s->in, n_in, sizeof *in), *out_bar = repeat(s->out_bar, n_out, sizeof *in);
    double *out = room(ROWS * n_out, sizeof *out), *in_bar = room(ROWS * n_in, sizeof *in_bar);
    if (s->weighting == WANN_WEIGHT_PARAMETER)
        g.shared_batch(ROWS, in, s->weight[0], out_bar, out, in_bar, s->weights_bar);
    else if (s->weighting == WANN_WEIGHT_BAKED)
        g.baked_batch(ROWS, in, out_bar, out, in_bar);
    else
        g.tuned_batch(ROWS, in, s->weight, out_bar, out, s->weights_bar);
    for (size_t r = 1; r < ROWS; r++) /* every lane does the same */
        CHECK(memcmp(out, out + r * n_out, n_out * sizeof *out) == 0 &&
              (s->weighting == WANN_WEIGHT_TUNED ||
               memcmp(in_bar, in_bar + r * n_in, n_in * sizeof *in_bar) == 0));
    memcpy(s->out, out, n_out * sizeof *out);
    memcpy(s->in_bar, in_bar, n_in * sizeof *in_bar);
    free(in);
    free(out_bar);
    free(out);
    free(in_bar);
}

static void call_batch32(subject *s, gradient g) {
    const size_t n_in = s->net->n_inputs, n_out = s->net->n_outputs, last = ROWS - 1;
    float *in = repeat(s->in32, n_in, sizeof *in), *out_bar = repeat(s->out_bar32, n_out, sizeof *in);
    float *out = room(ROWS * n_out, sizeof *out), *in_bar = room(ROWS * n_in, sizeof *in_bar);
    if (s->weighting == WANN_WEIGHT_PARAMETER)
        g.shared_batch32(ROWS, in, s->weight32[0], out_bar, out, in_bar, s->weights_bar32);
    else if (s->weighting == WANN_WEIGHT_BAKED)
        g.baked_batch32(ROWS, in, out_bar, out, in_bar);
    else
        g.tuned_batch32(ROWS, in, s->weight32, out_bar, out, s->weights_bar32);
    for (size_t o = 0; o < n_out; o++)
        s->out[o] = (double)out[last * n_out + o];
    for (size_t i = 0; i < n_in; i++)
        s->in_bar[i] = (double)in_bar[last * n_in + i];
    free(in);
    free(out_bar);
    free(out);
    free(in_bar);
}

/* After take_gradient, which has set the floats. */
static void take_batch(subject *s, gradient g, bool single) {
    const uint32_t n = n_weights_bar(s);
    for (uint32_t k = 0; k < n; k++)
        s->weights_bar32[k] = (float)(s->weights_bar[k] = 0);
    if (single)
        call_batch32(s, g);
    else
        call_batch(s, g);
    for (uint32_t k = 0; k < n; k++)
        s->weights_bar[k] = (single ? (double)s->weights_bar32[k] : s->weights_bar[k]) / ROWS;
}

static bool check_slope(const subject *s, size_t m, const wn_slopes_point *p, wn_slopes_direction d,
                        double got) {
    const wn_slopes_result exact = wn_slopes_take(p, d, NULL, s->room);
    long double spread = 0;
    for (unsigned r = 0; r < RUNS; r++) {
        wn_slopes_noise noise = {modes[m].unit, wn_rng_stream(62, s->seed, r, d.index)};
        const long double off = fabsl(wn_slopes_take(p, d, &noise, s->room).slope - exact.slope);
        spread = off > spread ? off : spread;
    }
    const double allowed =
        (double)(5 * spread + (long double)(2 * modes[m].unit) * fabsl(exact.slope)) + 1e-30;
    const double share = (double)fabsl((long double)got - exact.slope) / allowed;
    seen.slopes++;
    if (share <= 1 && share > seen.worst[m])
        seen.worst[m] = share;
    CHECK_MSG(share <= 1,
              "seed %" PRIu64 ", %s, kind %d, index %" PRIu32 ": %a, but the slope is %a within %a",
              s->seed, modes[m].label, (int)d.kind, d.index, got, (double)exact.slope, allowed);
    return share <= 1;
}

static void check_outputs(const subject *s, size_t m, const wn_slopes_point *p) {
    long double total = 0, magnitude = 0;
    for (uint32_t o = 0; o < s->net->n_outputs; o++) {
        total += (long double)(s->out[o] * s->out_bar[o]);
        magnitude += (long double)fabs(s->out[o] * s->out_bar[o]);
    }
    long double spread = (long double)modes[m].unit * magnitude;
    const wn_slopes_direction none = {WN_BY_NOTHING, 0};
    const long double exact = wn_slopes_take(p, none, NULL, s->room).value;
    for (unsigned r = 0; r < RUNS; r++) {
        wn_slopes_noise noise = {modes[m].unit, wn_rng_stream(63, s->seed, r, 0)};
        spread += fabsl(wn_slopes_take(p, none, &noise, s->room).value - exact);
    }
    CHECK_MSG(fabsl(total - exact) <= 5 * spread, "seed %" PRIu64 ", %s: outputs", s->seed,
              modes[m].label);
}

/* Some of a large network's slopes. */
static bool check_point(const subject *s, size_t m, const wn_slopes_point *p) {
    const uint32_t n_in = s->weighting == WANN_WEIGHT_TUNED ? 0 : s->net->n_inputs,
                   n = n_weights_bar(s);
    const wn_slopes_kind kind = s->weighting == WANN_WEIGHT_TUNED ? WN_BY_CONNECTION : WN_BY_SHARED_WEIGHT;
    bool ok = true;
    check_outputs(s, m, p);
    for (uint32_t i = 0; ok && i < n_in; i += 1 + n_in / MOST_SLOPES)
        ok = check_slope(s, m, p, (wn_slopes_direction){WN_BY_INPUT, i}, s->in_bar[i]);
    for (uint32_t k = (uint32_t)m % (1 + n / MOST_SLOPES); ok && k < n; k += 1 + n / MOST_SLOPES)
        ok = check_slope(s, m, p, (wn_slopes_direction){kind, k}, s->weights_bar[k]);
    return ok;
}

static void draw_point(subject *s, wn_rng *rng) {
    const double shared =
        s->weighting == WANN_WEIGHT_BAKED ? s->baked : (double)(float)(1.5 * wn_rng_normal(rng));
    for (uint32_t i = 0; i < s->net->n_inputs; i++)
        s->in[i] = (double)(float)wn_rng_normal(rng);
    for (uint32_t o = 0; o < s->net->n_outputs; o++)
        s->out_bar[o] = (double)(float)wn_rng_normal(rng);
    for (uint32_t k = 0; k < s->net->n_conns; k++)
        s->weight[k] =
            s->weighting == WANN_WEIGHT_TUNED ? (double)(float)wn_rng_normal(rng) : shared;
    s->weight[s->net->n_conns] = 0;
    if (s->net->n_conns == 0)
        s->weight[0] = shared;
}

static void check_network(subject *s, void *library) {
    for (size_t m = 0; m < MODES; m++) {
        char name[64], function[80];
        gradient g;
        put_name(s, m, name);
        snprintf(function, sizeof function, "%s_gradient", name);
        CHECK_MSG(diff_find(library, function, &g), "no %s", function);
        gradient batch;
        snprintf(function, sizeof function, "%s_gradient_batch", name);
        CHECK_MSG(diff_find(library, function, &batch), "no %s", function);
        wn_rng rng = wn_rng_stream(64, s->seed, 0, 0);
        bool ok = true;
        for (int point = 0; ok && point < POINTS; point++) {
            draw_point(s, &rng);
            const wn_slopes_point p = {s->net, s->in, s->weight, s->out_bar};
            seen.points++;
            if (!wn_slopes_smooth(&p, s->room)) {
                seen.kinks++;
                continue;
            }
            take_gradient(s, g, modes[m].real == WANN_FLOAT);
            ok = check_point(s, m, &p);
            take_batch(s, batch, modes[m].real == WANN_FLOAT);
            ok = ok && check_point(s, m, &p);
        }
    }
}

/* The same networks for no two compilers. */
static void try_compiler(const diff_compiler *compiler, uint64_t first) {
    subject subjects[NETWORKS];
    wn_buf text = {0};
    for (uint64_t i = 0; i < NETWORKS; i++) {
        draw(&subjects[i], first + i);
        for (size_t m = 0; m < MODES; m++)
            emit(&subjects[i], m, &text);
    }
    void *library = text.failed ? NULL : diff_load(compiler, "gradient-networks", text.data);
    CHECK_MSG(library, "%s", compiler->label);
    for (uint64_t i = 0; i < NETWORKS; i++) {
        if (library)
            check_network(&subjects[i], library);
        drop(&subjects[i]);
    }
    if (library)
        dlclose(library);
    wn_buf_free(&text);
}

static void gradients_are_derivatives(void) {
    for (size_t c = 0; c < diff_n_compilers; c++)
        if (diff_compiler_present(&diff_compilers[c]))
            try_compiler(&diff_compilers[c], c * NETWORKS);
    printf("     %lu slopes at %lu points (%lu more too near to a kink)\n", seen.slopes,
           seen.points - seen.kinks, seen.kinks);
    for (size_t m = 0; m < MODES; m++)
        printf("     %-16s at most %d %% of what rounding explains\n", modes[m].label,
               (int)(100 * seen.worst[m] + 0.5));
    CHECK(seen.kinks < seen.points / 2);
    for (int a = WANN_ACT_LINEAR; a <= WANN_ACT_SQUARED; a++)
        CHECK_MSG(seen.activations[a] > 0, "%s", wann_activation_name((wann_activation)a));
}

int main(void) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    RUN(gradients_are_derivatives);
    return TEST_RESULT();
}
