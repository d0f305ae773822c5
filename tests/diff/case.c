/* One random network as generated code, in several modes, against the interpreter. */
#include "diff/case.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diff/compilers.h"
#include "support/random_net.h"

/* Short kernels promise an absolute error, whatever the value. */
static wn_promise short_kernels(void) {
    wn_promise promise = wn_promise_float_kernels();
    promise.kernel_abs = 4e-7;
    return promise;
}

const diff_mode diff_modes[DIFF_MODES] = {
    {"O0 double libm", WANN_O0, WANN_DOUBLE, WANN_MATH_LIBM, true, wn_promise_double_libm},
    {"O0 float libm", WANN_O0, WANN_FLOAT, WANN_MATH_LIBM, true, wn_promise_float_libm},
    {"O1 double libm", WANN_O1, WANN_DOUBLE, WANN_MATH_LIBM, false, wn_promise_double_libm},
    {"O1 float inline", WANN_O1, WANN_FLOAT, WANN_MATH_INLINE, false, wn_promise_float_kernels},
    {"O1 float libm", WANN_O1, WANN_FLOAT, WANN_MATH_LIBM, false, wn_promise_float_libm},
    {"O0 float inline", WANN_O0, WANN_FLOAT, WANN_MATH_INLINE, false, wn_promise_float_kernels},
    {"O2 float inline", WANN_O2, WANN_FLOAT, WANN_MATH_INLINE, false, short_kernels},
    {"O2 double libm", WANN_O2, WANN_DOUBLE, WANN_MATH_LIBM, false, wn_promise_double_libm},
    {"Os float inline", WANN_OS, WANN_FLOAT, WANN_MATH_INLINE, false, wn_promise_float_kernels},
    {"Os double libm", WANN_OS, WANN_DOUBLE, WANN_MATH_LIBM, false, wn_promise_double_libm},
    {"O0 double inline", WANN_O0, WANN_DOUBLE, WANN_MATH_INLINE, false, wn_promise_double_kernels},
    {"O1 double inline", WANN_O1, WANN_DOUBLE, WANN_MATH_INLINE, false, wn_promise_double_kernels},
    {"O2 double inline", WANN_O2, WANN_DOUBLE, WANN_MATH_INLINE, false, wn_promise_double_kernels},
    {"Os double inline", WANN_OS, WANN_DOUBLE, WANN_MATH_INLINE, false, wn_promise_double_kernels},
    {"O2 float libm", WANN_O2, WANN_FLOAT, WANN_MATH_LIBM, false, wn_promise_float_libm},
    {"Os float libm", WANN_OS, WANN_FLOAT, WANN_MATH_LIBM, false, wn_promise_float_libm},
};

enum {
    INPUTS = 14,
    ROWS = 19,   /* of a batch: a block of 16, and some */
    MEMBERS = 4, /* of an ensemble */
    LARGE = 40,  /* connections; larger networks are tried in two modes */
    TRIED = 14   /* draws of modes of others: compilers take their time */
};

static unsigned some_modes(wn_rng *rng, int n) {
    unsigned modes = 0;
    for (int i = 0; i < n; i++)
        modes |= 1u << wn_rng_below(rng, DIFF_MODES);
    return modes;
}

void diff_case_draw(uint64_t seed, diff_case *c) {
    wn_rng rng = wn_rng_stream(51, seed, 0, 0);
    *c = (diff_case){.seed = seed};
    c->net = test_random_net(
        &rng, &(test_random_options){.max_nodes = wn_rng_below(&rng, 20) ? 100 : 2000});
    c->weighting = (wann_weighting)wn_rng_below(&rng, 3);
    c->weight = (double)(float)test_random_weight(&rng);
    c->batch = wn_rng_below(&rng, 4) == 0;
    c->ensemble = c->weighting == WANN_WEIGHT_PARAMETER && wn_rng_below(&rng, 4) == 0;
    c->header = wn_rng_below(&rng, 6) == 0;
    c->modes = some_modes(&rng, wann_net_connections(c->net) > LARGE ? 2 : TRIED);
}

void diff_case_free(diff_case *c) {
    wann_net_destroy(c->net);
}

/* Weights that belong to the ends of a connection, so that they stay as the network shrinks; those
 * of the network where it has some. All are finite floats. */
static void fill_tuned(const diff_case *c, double *tuned) {
    const wn_net *net = c->net;
    for (uint32_t i = 0; i < net->n_nodes; i++)
        for (uint32_t k = net->first_conn[i]; k < net->first_conn[i + 1]; k++) {
            wn_rng rng =
                wn_rng_stream(c->seed, (uint64_t)net->id[net->source[k]], (uint64_t)net->id[i], 52);
            const double drawn =
                wn_rng_below(&rng, 5) ? wn_rng_normal(&rng) : (double)wn_rng_below(&rng, 3) - 1;
            tuned[k] = net->weight ? net->weight[k] : drawn;
            if (fabs(tuned[k]) > (double)FLT_MAX)
                tuned[k] = 1e30;
        }
}

/* Prefixes of several shapes, each network and mode with its own. */
static void put_name(const diff_case *c, size_t mode, char *name, size_t size) {
    static const char *const shapes[] = {"policy_%" PRIu64 "_%zu", "P%" PRIu64 "_%zu_",
                                         "in_%" PRIu64 "_%zu",     "tanh_%" PRIu64 "_%zu",
                                         "X%" PRIu64 "X%zu",       "out_%" PRIu64 "__%zu"};
    snprintf(name, size, shapes[c->seed % 6], c->seed, mode);
}

static wann_compile_options options_of(const diff_case *c, size_t mode, const char *name,
                                       const double *tuned) {
    wann_compile_options options = wann_compile_defaults();
    options.name = name;
    options.level = diff_modes[mode].level;
    options.real = diff_modes[mode].real;
    options.math = diff_modes[mode].math;
    options.weighting = c->weighting;
    options.weight = c->weight;
    options.tuned = tuned;
    options.batch = c->batch;
    options.ensemble = c->ensemble;
    return options;
}

static bool emit_kind(const diff_case *c, const wann_compile_options *options, wann_kind kind,
                      wn_buf *out, wann_diag *diag) {
    char *text, *header = NULL;
    if (wann_compile_text(c->net, options, kind, &text, &header, diag) != WANN_OK)
        return false;
    if (kind == WANN_KIND_HEADER)
        for (const char *p = options->name; *p || (wn_buf_text(out, "_IMPLEMENTATION\n"), false);
             p++)
            wn_buf_print(out, "%s%c", p == options->name ? "#define " : "",
                         *p >= 'a' && *p <= 'z' ? *p - 32 : *p);
    if (header)
        wn_buf_text(out, header); /* declared before it is defined, as users do */
    wn_buf_text(out, text);
    wn_buf_text(out, diff_separator);
    wann_free(text);
    wann_free(header);
    return true;
}

bool diff_case_emit(const diff_case *c, wn_buf *out, char *message, size_t size) {
    double *tuned = calloc(c->net->n_conns + 1, sizeof *tuned);
    wann_diag diag = {0};
    bool ok = tuned != NULL;
    if (ok)
        fill_tuned(c, tuned);
    for (size_t m = 0; ok && m < DIFF_MODES; m++) {
        char name[64], single[80];
        if (!(c->modes & 1u << m))
            continue;
        put_name(c, m, name, sizeof name);
        snprintf(single, sizeof single, "%s_single", name);
        const wann_compile_options options = options_of(c, m, name, tuned);
        const wann_compile_options again = options_of(c, m, single, tuned);
        ok = emit_kind(c, &options, WANN_KIND_C, out, &diag) &&
             (!c->header || emit_kind(c, &again, WANN_KIND_HEADER, out, &diag));
    }
    if (!ok)
        snprintf(message, size, "wannc refuses it: %s", diag.text);
    free(tuned);
    return ok;
}

/* A function of generated code, whatever its type and whether or not the weight is a parameter. */
typedef union function {
    void (*f64_w)(const double *in, double weight, double *out);
    void (*f64)(const double *in, double *out);
    void (*f32_w)(const float *in, float weight, float *out);
    void (*f32)(const float *in, float *out);
    void (*batch_f64_w)(size_t n, const double *in, double weight, double *out);
    void (*batch_f64)(size_t n, const double *in, double *out);
    void (*batch_f32_w)(size_t n, const float *in, float weight, float *out);
    void (*batch_f32)(size_t n, const float *in, float *out);
    void (*ensemble_f64)(const double *in, const double *weights, size_t n, double *out);
    void (*ensemble_f32)(const float *in, const float *weights, size_t n, float *out);
} function;

/* Numbers of one call in both types; ROWS rows of each. */
typedef struct vectors {
    double *in, *out;
    float *in32, *out32;
} vectors;

/* What a check of one mode works with. */
typedef struct checking {
    const diff_case *c;
    const diff_mode *mode;
    void *library;
    char name[64];
    wann_weights weights;
    function run, act, batch, single, ensemble;
    vectors v;
    double *got, *expected, *value, *error, *act_scratch, *tuned;
    float *expected32, *act_scratch32;
    wn_bound *bound;
    diff_totals *totals;
    char *message;
    size_t size;
} checking;

static bool fail(checking *k, const char *format, ...) {
    va_list args;
    const int n = snprintf(k->message, k->size, "%s: ", k->mode->name);
    va_start(args, format);
    vsnprintf(k->message + n, k->size - (size_t)n, format, args);
    va_end(args);
    return false;
}

static bool is_double(const checking *k) {
    return k->mode->real == WANN_DOUBLE;
}

static bool has_parameter(const checking *k) {
    return k->c->weighting == WANN_WEIGHT_PARAMETER;
}

/* v.in to out, the float code by way of floats. */
static void call(checking *k, function f, double *out) {
    const uint32_t n_in = k->c->net->n_inputs, n_out = k->c->net->n_outputs;
    const double w = k->weights.shared;
    for (uint32_t i = 0; i < n_in; i++)
        k->v.in32[i] = (float)k->v.in[i];
    if (is_double(k) && has_parameter(k))
        f.f64_w(k->v.in, w, out);
    else if (is_double(k))
        f.f64(k->v.in, out);
    else if (has_parameter(k))
        f.f32_w(k->v.in32, (float)w, k->v.out32);
    else
        f.f32(k->v.in32, k->v.out32);
    for (uint32_t o = 0; o < n_out && !is_double(k); o++)
        out[o] = (double)k->v.out32[o];
}

/* The bits of a NaN are the machine's choice. */
static bool same_bits(double a, double b) {
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

static bool compare_bits(checking *k, const char *what, const double *got, const double *expected) {
    for (uint32_t o = 0; o < k->c->net->n_outputs; o++)
        if (!same_bits(got[o], expected[o]))
            return fail(k, "%s: output %" PRIu32 ": %a, expected %a (weight %a)", what, o, got[o],
                        expected[o], k->weights.shared);
    return true;
}

static bool check_exact(checking *k) {
    const wn_net *net = k->c->net;
    if (is_double(k))
        wann_run(net, k->v.in, k->weights, NULL, k->act_scratch, k->expected);
    else
        wann_run_f32(net, k->v.in32, k->weights, NULL, k->act_scratch32, k->expected32);
    for (uint32_t o = 0; o < net->n_outputs && !is_double(k); o++)
        k->expected[o] = (double)k->expected32[o];
    k->totals->exact += net->n_outputs;
    return compare_bits(k, "not the interpreter's bits", k->got, k->expected);
}

static bool check_bound(checking *k) {
    const wn_net *net = k->c->net;
    const wn_promise promise = k->mode->promise();
    bool edge;
    wann_run(net, k->v.in, k->weights, NULL, k->act_scratch, k->expected);
    wn_bound_run(k->bound, k->v.in, k->weights, &promise, k->value, k->error, &edge);
    double *const worst = &k->totals->worst[k->mode - diff_modes];
    for (uint32_t o = 0; o < net->n_outputs; o++) {
        const double got = k->got[o], expected = k->expected[o], bound = k->error[o];
        const double error = fabs(got - expected);
        k->totals->bounded++;
        k->totals->edges += edge;
        k->totals->beyond += isinf(bound) != 0;
        if (isinf(bound) || got == expected || (isnan(got) && isnan(expected)))
            continue;
        if (!(error <= bound))
            return fail(k, "output %" PRIu32 ": %a, expected %a within %a (weight %a)", o, got,
                        expected, bound, k->weights.shared);
        if (!edge && error / bound > *worst)
            *worst = error / bound;
    }
    return true;
}

/* A softmax has the error of its exponential: the short one errs by 1e-6. */
static double softmax_room(const checking *k) {
    if (is_double(k))
        return 1e-13;
    return k->mode->level == WANN_O2 ? 1e-5 : 4e-6;
}

/* The short exponential makes no NaN of an infinity. */
static bool asks_nothing(const checking *k, double expected) {
    return k->mode->level == WANN_O2 && k->mode->real == WANN_FLOAT && !isfinite(expected);
}

/* In the code the action is applied in its type; with own kernels its exponential differs. */
static bool check_act(checking *k) {
    const wn_net *net = k->c->net;
    double *expected = k->expected, *got = k->value;
    memcpy(expected, k->got, net->n_outputs * sizeof *expected);
    for (uint32_t o = 0; o < net->n_outputs; o++)
        k->expected32[o] = (float)expected[o];
    if (is_double(k))
        wann_act(net, expected);
    else
        wann_act_f32(net, k->expected32);
    for (uint32_t o = 0; o < net->n_outputs && !is_double(k); o++)
        expected[o] = (double)k->expected32[o];
    call(k, k->act, got);
    k->totals->rows++;
    if (k->mode->exact)
        return compare_bits(k, "action", got, expected);
    for (uint32_t o = 0; o < net->n_outputs; o++)
        if (!(fabs(got[o] - expected[o]) <= softmax_room(k)) && !same_bits(got[o], expected[o]) &&
            !asks_nothing(k, expected[o]))
            return fail(k, "action: output %" PRIu32 ": %a, expected %a", o, got[o], expected[o]);
    return true;
}

static bool check_single_header(checking *k) {
    call(k, k->single, k->value);
    k->totals->rows++;
    return compare_bits(k, "single header", k->value, k->got);
}

/* A row of a batch, k->value, keeps the promise of the single call for k->v.in. More is not to be
 * had: where compilers fuse, they fuse otherwise in a loop; and at -O2 a batch has passes of its
 * own. */
static bool check_row(checking *k) {
    call(k, k->run, k->got); /* sets the inputs in float */
    memcpy(k->got, k->value, k->c->net->n_outputs * sizeof *k->got);
    k->totals->rows++;
    return k->mode->exact ? check_exact(k) : check_bound(k);
}

static bool check_batch(checking *k, wn_rng *rng) {
    const uint32_t n_in = k->c->net->n_inputs, n_out = k->c->net->n_outputs;
    double *rows = calloc(ROWS * ((size_t)n_in + n_out) + 1, sizeof *rows);
    float *rows32 = calloc(ROWS * ((size_t)n_in + n_out) + 1, sizeof *rows32);
    if (!rows || !rows32)
        return fail(k, "no memory");
    double *out = rows + (size_t)ROWS * n_in;
    float *out32 = rows32 + (size_t)ROWS * n_in;
    if (k->mode->level == WANN_O2)
        test_random_ordinary_input(rng, (size_t)ROWS * n_in, rows);
    else
        test_random_input(rng, (size_t)ROWS * n_in, rows);
    for (size_t i = 0; i < (size_t)ROWS * n_in; i++)
        rows32[i] = (float)rows[i];
    if (is_double(k) && has_parameter(k))
        k->batch.batch_f64_w(ROWS, rows, k->weights.shared, out);
    else if (is_double(k))
        k->batch.batch_f64(ROWS, rows, out);
    else if (has_parameter(k))
        k->batch.batch_f32_w(ROWS, rows32, (float)k->weights.shared, out32);
    else
        k->batch.batch_f32(ROWS, rows32, out32);
    bool ok = true;
    for (size_t r = 0; ok && r < ROWS; r++) {
        memcpy(k->v.in, rows + r * n_in, n_in * sizeof *rows);
        for (uint32_t o = 0; o < n_out; o++)
            k->value[o] = is_double(k) ? out[r * n_out + o] : (double)out32[r * n_out + o];
        ok = check_row(k);
    }
    free(rows);
    free(rows32);
    return ok;
}

static void softmax(uint32_t n, double *out) {
    double largest = out[0], sum = 0;
    for (uint32_t o = 1; o < n; o++)
        largest = out[o] > largest ? out[o] : largest;
    for (uint32_t o = 0; o < n; o++)
        sum += out[o] = exp(out[o] - largest);
    for (uint32_t o = 0; o < n; o++)
        out[o] /= sum;
}

/* Adds the softmax of what the network is for its weight to k->expected, divided by the members;
 * returns by how much a share of it may be off: outputs off by at most e turn exp(x_i) / sum exp(x_j)
 * by a factor of exp(-2e) to exp(2e). */
static double add_member(checking *k) {
    const uint32_t n = k->c->net->n_outputs;
    const wn_promise promise = k->mode->promise();
    bool edge;
    double worst = 0;
    wann_run(k->c->net, k->v.in, k->weights, NULL, k->act_scratch, k->got);
    wn_bound_run(k->bound, k->v.in, k->weights, &promise, k->act_scratch, k->error, &edge);
    for (uint32_t o = 0; o < n; o++)
        worst = k->error[o] > worst ? k->error[o] : worst;
    softmax(n, k->got);
    for (uint32_t o = 0; o < n; o++)
        k->expected[o] += k->got[o] / MEMBERS;
    return expm1(2 * worst) / MEMBERS;
}

/* The mean of the softmaxed outputs, each within its bound. */
static bool check_ensemble(checking *k) {
    static const double weights[MEMBERS] = {-2, -0.5, 1, 1.5};
    static const float weights32[MEMBERS] = {-2, -0.5f, 1, 1.5f};
    const uint32_t n = k->c->net->n_outputs;
    double room = softmax_room(k);
    if (is_double(k))
        k->ensemble.ensemble_f64(k->v.in, weights, MEMBERS, k->value);
    else
        k->ensemble.ensemble_f32(k->v.in32, weights32, MEMBERS, k->v.out32);
    for (uint32_t o = 0; o < n; o++) {
        k->value[o] = is_double(k) ? k->value[o] : (double)k->v.out32[o];
        k->expected[o] = 0;
    }
    for (int m = 0; m < MEMBERS; m++) {
        k->weights.shared = weights[m];
        room += add_member(k);
    }
    k->totals->rows++;
    for (uint32_t o = 0; o < n; o++)
        if (!(fabs(k->value[o] - k->expected[o]) <= room) &&
            !(isnan(k->value[o]) && isnan(k->expected[o])) && !asks_nothing(k, k->expected[o]))
            return fail(k, "ensemble: output %" PRIu32 ": %a, expected %a within %a", o, k->value[o],
                        k->expected[o], room);
    return true;
}

static double draw_weight(const checking *k, wn_rng *rng) {
    static const double special[] = {(double)INFINITY, (double)NAN, 1e-310, -1e200, -0.0, 0x1p-126};
    if (k->mode->exact && wn_rng_below(rng, 8) == 0)
        return special[wn_rng_below(rng, 6)];
    return test_random_weight(rng);
}

static bool check_inputs(checking *k) {
    const wn_net *net = k->c->net;
    wn_rng rng = wn_rng_stream(53, k->c->seed, 0, 0);
    bool ok = true;
    for (int i = 0; ok && i < INPUTS; i++) {
        if (i % 3 == 0 && k->mode->level != WANN_O2) /* whose kernels are for finite arguments */
            test_random_input(&rng, net->n_inputs, k->v.in);
        else
            test_random_ordinary_input(&rng, net->n_inputs, k->v.in);
        if (has_parameter(k))
            k->weights.shared = draw_weight(k, &rng);
        call(k, k->run, k->got);
        k->totals->outputs += net->n_outputs;
        ok = (k->mode->exact ? check_exact(k) : check_bound(k)) && check_act(k) &&
             (!k->c->header || check_single_header(k));
    }
    ok = ok && (!k->c->ensemble || check_ensemble(k));
    return ok && (!k->c->batch || check_batch(k, &rng));
}

static bool find(checking *k, const char *suffix, function *f) {
    char symbol[128];
    snprintf(symbol, sizeof symbol, "%s%s", k->name, suffix);
    return diff_find(k->library, symbol, f) || fail(k, "no function %s", symbol);
}

static bool find_all(checking *k) {
    return find(k, "", &k->run) && find(k, "_act", &k->act) &&
           (!k->c->batch || find(k, "_batch", &k->batch)) &&
           (!k->c->header || find(k, "_single", &k->single)) &&
           (!k->c->ensemble || find(k, "_ensemble", &k->ensemble));
}

static bool prepare(checking *k) {
    const size_t n = k->c->net->n_nodes, conns = k->c->net->n_conns;
    k->v.in = calloc(7 * n + conns + 1, sizeof *k->v.in);
    k->v.in32 = calloc(4 * n + 1, sizeof *k->v.in32);
    if (!k->v.in || !k->v.in32 || wn_bound_create(k->c->net, &k->bound, NULL) != WANN_OK)
        return false;
    k->v.out = k->v.in + n;
    k->got = k->v.in + 2 * n;
    k->expected = k->v.in + 3 * n;
    k->value = k->v.in + 4 * n;
    k->error = k->v.in + 5 * n;
    k->act_scratch = k->v.in + 6 * n;
    k->tuned = k->v.in + 7 * n;
    k->v.out32 = k->v.in32 + n;
    k->expected32 = k->v.in32 + 2 * n;
    k->act_scratch32 = k->v.in32 + 3 * n;
    fill_tuned(k->c, k->tuned);
    k->weights =
        (wann_weights){k->c->weight, k->c->weighting == WANN_WEIGHT_TUNED ? k->tuned : NULL};
    return true;
}

bool diff_case_check(const diff_case *c, void *library, diff_totals *totals, char *message,
                     size_t size) {
    bool ok = true;
    totals->networks++;
    for (size_t m = 0; ok && m < DIFF_MODES; m++) {
        if (!(c->modes & 1u << m))
            continue;
        checking k = {.c = c,
                      .mode = &diff_modes[m],
                      .library = library,
                      .totals = totals,
                      .message = message,
                      .size = size};
        put_name(c, m, k.name, sizeof k.name);
        totals->functions++;
        ok = prepare(&k) ? find_all(&k) && check_inputs(&k) : fail(&k, "no memory");
        wn_bound_destroy(k.bound);
        free(k.v.in);
        free(k.v.in32);
    }
    return ok;
}
