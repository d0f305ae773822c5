/* Comparing what was made with the reference interpreter.
 *
 * Where every bit is promised (-O0, double, C library) every bit is compared. Elsewhere the size of
 * an honest error depends on the network and on the input: a small error in a sum is a large one
 * behind a steep sine and a whole 1 behind a step. So each inference is run a second time in higher
 * precision, with a bound on the error of each node carried along (runtime/interp/bound.h): what
 * the level allows the node itself plus what its sources bring with them. An output past that bound
 * cannot be explained by rounding; within it, it can. At an edge the bound is a whole step high and
 * would hide the errors of other inferences, so these are counted apart. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "compiler/driver/driver.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/rng.h"
#include "runtime/interp/bound.h"
#include "runtime/net/net.h"
#include "wann/run.h"

/* One output that is as it should not be. */
typedef struct finding {
    const char *function; /* what is appended to NAME */
    size_t output;
    double got, expected, allowed, error, weight;
} finding;

typedef struct verifier {
    const wn_net *net;
    const wann_compile_options *options;
    bool exact;
    wn_compilation compilation; /* for the formats of fixed point */
    const wn_fixed *fixed;      /* of it, else NULL */
    wn_promise promise;
    wn_bound *bound;
    size_t n_inputs; /* how many to try */
    double weight[WN_SUBJECT_WEIGHTS];
    size_t n_weights;
    double *connection; /* [n_conns] tuned weights as the code holds them, or NULL */
    wn_arena arena;     /* what follows, for one block of inputs */
    double *in;         /* [block][inputs] */
    double *made;       /* [n_weights][block][outputs] from NAME */
    double *other;      /* [block][outputs] from another function */
    double *expected;   /* [block][outputs] */
    double *allowed;    /* [block][outputs] how far `other` or `made` may be from it */
    bool *edge;         /* [block] */
    double *act;        /* [nodes] scratch of the interpreter */
    finding worst;
    wann_verify_report *report;
    wann_diag *diag;
} verifier;

/* The number in a range that x becomes with so many fraction bits. */
static double nearest(double x, wann_range range, int bits) {
    const double held = x < range.low ? range.low : x > range.high ? range.high : x;
    return ldexp(wn_fixed_scale(held, bits), -bits);
}

static double in_type(const verifier *v, double x) {
    if (v->fixed) /* a weight; the code would hold it to the range as well */
        return nearest(x, v->fixed->weight, v->fixed->weight_bits);
    return v->options->real == WANN_FLOAT ? (double)(float)x : x;
}

/* Inputs. What is drawn for all elements of one vector: ordinary values, values that make sums
 * exact and steps undecided, and the ends of the range. The last hundredth has infinities and NaN,
 * of which only the kind is compared. */
typedef enum mixture { NORMAL, UNIFORM, ROUND, ONE_HOT, TINY, LARGE, DENORMAL, NOT_FINITE } mixture;

static mixture mixture_of(const verifier *v, size_t i) {
    static const mixture cycle[] = {NORMAL, NORMAL, UNIFORM, ROUND,  NORMAL,  UNIFORM, ONE_HOT,
                                    NORMAL, TINY,   ROUND,   NORMAL, UNIFORM, LARGE,   NORMAL,
                                    ROUND,  NORMAL, UNIFORM, NORMAL, ONE_HOT, DENORMAL};
    const bool any = v->options->level != WANN_O2 && !v->fixed; /* whose kernels are for finite arguments */
    if (any && i >= v->n_inputs - v->n_inputs / 100)
        return NOT_FINITE;
    return cycle[i % (sizeof cycle / sizeof *cycle)];
}

static double draw(const verifier *v, mixture kind, wn_rng *rng) {
    static const double round[] = {0, 0, 1, -1, 0.5, -0.5, 2, -2, 1.5, 3};
    static const double odd[] = {(double)INFINITY, -(double)INFINITY, (double)NAN};
    const double smallest = v->options->real == WANN_FLOAT ? 0x1p-149 : 0x1p-1074;
    switch (kind) {
    case NORMAL:
        return wn_rng_normal(rng);
    case UNIFORM:
        return 2 * wn_rng_uniform(rng) - 1;
    case ROUND:
        return round[wn_rng_below(rng, sizeof round / sizeof *round)];
    case ONE_HOT:
        return 0; /* the caller sets one element */
    case TINY:
        return 1e-6 * wn_rng_normal(rng);
    case LARGE:
        return 1e3 * wn_rng_normal(rng);
    case DENORMAL:
        return smallest * (double)wn_rng_below(rng, 1000);
    case NOT_FINITE:
        return wn_rng_below(rng, 8) == 0 ? odd[wn_rng_below(rng, 3)] : wn_rng_normal(rng);
    }
    return 0;
}

/* Input number i, the same in every run. The first two are all zeros and all ones. */
static void draw_input(const verifier *v, size_t i, double *in) {
    wn_rng rng = wn_rng_stream(1, i, 0, 0);
    const size_t n = v->net->n_inputs;
    const mixture kind = mixture_of(v, i);
    for (size_t k = 0; k < n; k++)
        in[k] = i < 2 ? (double)i : draw(v, kind, &rng);
    for (size_t k = 0; k < n; k++)
        in[k] = v->fixed ? nearest(in[k], v->fixed->input[k], v->fixed->in_bits) : in_type(v, in[k]);
    if (kind == ONE_HOT && n > 0)
        in[wn_rng_below(&rng, n)] = 1;
}

/* Weights. */
static void add_weight(verifier *v, double weight) {
    const double w = in_type(v, weight);
    for (size_t k = 0; k < v->n_weights; k++)
        if (v->weight[k] == w)
            return;
    v->weight[v->n_weights++] = w;
}

static wann_status choose_weights(verifier *v) {
    static const double usual[] = {-2, -1.5, -1, -0.5, 0.5, 1, 1.5, 2};
    const double *tuned = v->options->tuned ? v->options->tuned : v->net->weight;
    switch (v->options->weighting) {
    case WANN_WEIGHT_PARAMETER:
        for (size_t k = 0; k < sizeof usual / sizeof *usual; k++)
            add_weight(v, usual[k]);
        if (v->net->has_shared_weight)
            add_weight(v, v->net->shared_weight);
        return WANN_OK;
    case WANN_WEIGHT_BAKED:
        v->weight[v->n_weights++] = v->fixed ? v->options->weight : in_type(v, v->options->weight);
        return WANN_OK;
    case WANN_WEIGHT_TUNED:
        v->weight[v->n_weights++] = 0;
        v->connection = WN_NEW(&v->arena, double, (size_t)v->net->n_conns + 1);
        if (!v->connection)
            return wn_fail_memory(v->diag);
        for (uint32_t k = 0; k < v->net->n_conns; k++)
            v->connection[k] = v->fixed ? tuned[k] : in_type(v, tuned[k]);
        return WANN_OK;
    }
    return WANN_OK;
}

/* Judging. */

/* Whether an output is as it should be; *error gets the difference. Where nothing can be said of an
 * output, because numbers left the range of the type, allowed is infinite. */
static bool agree(const verifier *v, double got, double expected, double allowed, double *error) {
    *error = 0;
    if (isinf(allowed) || (isnan(got) && isnan(expected)))
        return true;
    if (v->exact && memcmp(&got, &expected, sizeof got) == 0)
        return true;
    if (!v->exact && got == expected)
        return true;
    *error = isfinite(got) && isfinite(expected) ? fabs(got - expected) : (double)INFINITY;
    return !v->exact && *error <= allowed;
}

static void keep_input(verifier *v, size_t i, double error, double weight) {
    wann_verify_report *r = v->report;
    r->largest_error = error;
    r->weight = v->connection ? 0 : weight;
    memcpy(r->input, v->in + i * v->net->n_inputs, v->net->n_inputs * sizeof *r->input);
}

static void judge_output(verifier *v, const char *function, size_t i, size_t o, double got,
                         double weight, bool *failed) {
    wann_verify_report *r = v->report;
    const size_t at = i * v->net->n_outputs + o;
    const double expected = v->expected[at], allowed = v->allowed[at];
    double error;
    if (!agree(v, got, expected, allowed, &error)) {
        if (!v->worst.function || error > v->worst.error) {
            v->worst = (finding){function, o, got, expected, allowed, error, weight};
            keep_input(v, i, error, weight);
        }
        *failed = true;
        return;
    }
    if (v->edge[i])
        return;
    if (error > 0 && error / allowed > r->share)
        r->share = error / allowed;
    if (!v->worst.function && error > r->largest_error)
        keep_input(v, i, error, weight);
}

/* Compare what a function gave for a block of n inputs with v->expected. */
static void judge(verifier *v, const char *function, size_t n, const double *got, double weight) {
    const size_t outputs = v->net->n_outputs;
    for (size_t i = 0; i < n; i++) {
        bool failed = false;
        for (size_t o = 0; o < outputs; o++)
            judge_output(v, function, i, o, got[i * outputs + o], weight, &failed);
        v->report->failures += failed;
    }
}

/* What the interpreter gives for a block, and how far from it the code may be. */
static void expect(verifier *v, size_t n, double weight) {
    const size_t inputs = v->net->n_inputs, outputs = v->net->n_outputs;
    const wann_weights weights = {weight, v->connection};
    double *value = v->other; /* of the bound, not needed */
    for (size_t i = 0; i < n; i++) {
        const double *in = v->in + i * inputs;
        double *allowed = v->allowed + i * outputs;
        wann_run(v->net, in, weights, NULL, v->act, v->expected + i * outputs);
        v->edge[i] = false;
        if (!v->exact)
            wn_bound_run(v->bound, in, weights, &v->promise, value, allowed, &v->edge[i]);
        for (size_t o = 0; o < outputs; o++)
            v->edge[i] |= isinf(allowed[o]);
        v->report->edges += v->edge[i];
    }
}

/* Softmax is a function of the outputs that NAME gave: e^(x - max) over the sum of those. The
 * difference errs by half a unit of its size d, which e^-d makes less than one unit of 1; the
 * exponential by 2 ulp; the sums by a unit for each term. */
static double softmax_error(const verifier *v, size_t terms) {
    if (v->exact)
        return 0;
    if (v->fixed) /* each exponential errs by 2e-8 and loses the bits that make room for the sum */
        return ldexp(1, -v->fixed->out_bits) + (double)(terms + 2) * 4e-8;
    const double exponential = v->options->level == WANN_O2 ? 2e-6 : 0; /* the short one: 1e-6 */
    return exponential + 2 * v->promise.unit * ((double)terms + 16);
}

static void set_allowed(verifier *v, size_t n, double allowed) {
    for (size_t k = 0; k < n * v->net->n_outputs; k++)
        v->allowed[k] = allowed;
    memset(v->edge, 0, n * sizeof *v->edge);
}

/* The exponential of -O2 is for finite numbers: nothing is promised of the softmax of others. */
static void excuse_infinite(verifier *v, size_t n, const double *made) {
    const size_t outputs = v->net->n_outputs;
    for (size_t i = 0; v->options->level == WANN_O2 && i < n; i++) {
        bool finite = true;
        for (size_t o = 0; o < outputs; o++)
            finite &= isfinite(made[i * outputs + o]) != 0;
        for (size_t o = 0; !finite && o < outputs; o++)
            v->allowed[i * outputs + o] = (double)INFINITY;
    }
}

static void softmax(verifier *v, double *out) {
    wn_net with_softmax = *v->net;
    with_softmax.action = WANN_ACTION_SOFTMAX;
    wann_act(&with_softmax, out);
}

static wann_status try_act(verifier *v, wn_subject *subject, size_t n, const double *made,
                           double weight) {
    const size_t outputs = v->net->n_outputs;
    WN_TRY(wn_subject_run(subject, WN_ENTRY_ACT, n, v->in, weight, v->other, v->diag));
    memcpy(v->expected, made, n * outputs * sizeof *made);
    for (size_t i = 0; i < n; i++)
        wann_act(v->net, v->expected + i * outputs);
    set_allowed(v, n, v->net->action == WANN_ACTION_NONE ? 0 : softmax_error(v, outputs));
    excuse_infinite(v, n, made);
    judge(v, "_act", n, v->other, weight);
    return WANN_OK;
}

/* The mean of the softmax over weights, of what NAME gave for each; so many that lanes are left over. */
static void try_ensemble(verifier *v, wn_subject *subject, size_t n) {
    const size_t outputs = v->net->n_outputs, size = n * outputs;
    const size_t members = v->n_weights % 8 ? v->n_weights : v->n_weights - 1;
    bool has;
    wn_subject_ensemble(subject, n, v->in, members, v->weight, v->other, &has);
    if (!has)
        return;
    memset(v->expected, 0, size * sizeof *v->expected);
    set_allowed(v, n, softmax_error(v, outputs + members));
    for (size_t w = 0; w < members; w++) {
        double *made = v->made + w * WN_SUBJECT_INPUTS * outputs;
        excuse_infinite(v, n, made);
        for (size_t i = 0; i < n; i++)
            softmax(v, made + i * outputs);
        for (size_t k = 0; k < size; k++)
            v->expected[k] += made[k];
    }
    for (size_t k = 0; k < size; k++)
        v->expected[k] /= (double)members;
    judge(v, "_ensemble", n, v->other, 0);
}

static wann_status try_weight(verifier *v, wn_subject *subject, size_t n, size_t w) {
    const double weight = v->weight[w];
    double *made = v->made + w * WN_SUBJECT_INPUTS * v->net->n_outputs;
    WN_TRY(wn_subject_run(subject, WN_ENTRY_RUN, n, v->in, weight, made, v->diag));
    expect(v, n, weight);
    v->report->inferences += n;
    judge(v, "", n, made, weight);
    if (wn_subject_has(subject, WN_ENTRY_BATCH)) {
        WN_TRY(wn_subject_run(subject, WN_ENTRY_BATCH, n, v->in, weight, v->other, v->diag));
        judge(v, "_batch", n, v->other, weight);
    }
    return wn_subject_has(subject, WN_ENTRY_ACT) ? try_act(v, subject, n, made, weight) : WANN_OK;
}

static wann_status try_all(verifier *v, wn_subject *subject) {
    for (size_t first = 0; first < v->n_inputs; first += WN_SUBJECT_INPUTS) {
        const size_t left = v->n_inputs - first;
        const size_t n = left < WN_SUBJECT_INPUTS ? left : WN_SUBJECT_INPUTS;
        for (size_t i = 0; i < n; i++)
            draw_input(v, first + i, v->in + i * v->net->n_inputs);
        for (size_t w = 0; w < v->n_weights; w++)
            WN_TRY(try_weight(v, subject, n, w));
        try_ensemble(v, subject, n);
    }
    return WANN_OK;
}

/* The verdict. */
static void put_input(const verifier *v, wn_buf *text) {
    enum { ROOM = 600 }; /* a message is one line of limited length; the report has all */
    for (size_t k = 0; k < v->net->n_inputs; k++) {
        wn_buf_text(text, k > 0 ? "," : "");
        if (text->length > ROOM) {
            wn_buf_text(text, "...");
            return;
        }
        wn_buf_double(text, v->report->input[k]);
    }
}

static wann_status fail(const verifier *v) {
    const finding *f = &v->worst;
    char *name = wann_compile_name(v->net, v->options);
    wn_buf text = {0};
    wn_buf_print(&text, "verification failed for %zu of %zu inferences: %s%s gives ",
                 v->report->failures, v->report->inferences, name ? name : "", f->function);
    wn_free(name);
    wn_buf_double(&text, f->got);
    wn_buf_print(&text, " for output %zu, the interpreter ", f->output);
    wn_buf_double(&text, f->expected);
    wn_buf_text(&text, "; the difference ");
    wn_buf_double(&text, f->error);
    wn_buf_text(&text, " is more than ");
    wn_buf_double(&text, f->allowed);
    if (!v->connection && strcmp(f->function, "_ensemble") != 0) {
        wn_buf_text(&text, "; weight ");
        wn_buf_double(&text, f->weight);
    }
    wn_buf_text(&text, "; input ");
    put_input(v, &text);
    const wann_status status = text.failed
                                   ? wn_fail_memory(v->diag)
                                   : wn_fail(v->diag, WANN_MISMATCH, NULL, 0, 0, "%s", text.data);
    wn_buf_free(&text);
    return status;
}

/* The short kernels of -O2 may be 4e-7 off, whatever the value. */
static wn_promise promise_of(const wann_compile_options *options, const wn_fixed *fixed, bool libm) {
    if (fixed)
        return wn_promise_fixed(fixed->sum_error, fixed->value_error);
    if (options->real == WANN_DOUBLE)
        return libm ? wn_promise_double_libm() : wn_promise_double_kernels();
    wn_promise promise = libm ? wn_promise_float_libm() : wn_promise_float_kernels();
    if (!libm && options->level == WANN_O2)
        promise.kernel_abs = 4e-7;
    return promise;
}

static wann_status prepare(verifier *v) {
    const wann_compile_options *options = v->options;
    const size_t inputs = v->net->n_inputs, outputs = v->net->n_outputs, block = WN_SUBJECT_INPUTS;
    const bool libm = options->math == WANN_MATH_LIBM ||
                      (options->math == WANN_MATH_DEFAULT && options->real == WANN_DOUBLE);
    v->exact = options->level == WANN_O0 && options->real == WANN_DOUBLE && libm;
    v->promise = promise_of(options, v->fixed, libm);
    v->report->exact = v->exact;
    WN_TRY(choose_weights(v));
    v->in = WN_NEW(&v->arena, double, block *inputs + 1);
    v->made = WN_NEW(&v->arena, double, v->n_weights *block *outputs);
    v->other = WN_NEW(&v->arena, double, block *outputs);
    v->expected = WN_NEW(&v->arena, double, block *outputs);
    v->allowed = WN_NEW(&v->arena, double, block *outputs);
    v->edge = WN_NEW(&v->arena, bool, block);
    v->act = WN_NEW(&v->arena, double, v->net->n_nodes);
    v->report->input = wn_calloc(inputs + 1, sizeof *v->report->input);
    if (!v->in || !v->made || !v->other || !v->expected || !v->allowed || !v->edge || !v->act ||
        !v->report->input)
        return wn_fail_memory(v->diag);
    return wn_bound_create(v->net, &v->bound, v->diag);
}

/* The formats that the code has: those of a compilation with the same options. */
static wann_status find_formats(verifier *v) {
    if (v->options->real != WANN_FIXED)
        return WANN_OK;
    WN_TRY(wn_compilation_start(v->net, v->options, NULL, &v->compilation, v->diag));
    v->fixed = v->compilation.fixed;
    return WANN_OK;
}

static wann_status inspect(void *ctx, const wn_made *made, wann_diag *diag) {
    verifier *v = ctx;
    wn_subject *subject;
    v->diag = diag;
    WN_TRY(find_formats(v));
    WN_TRY(wn_subject_load(made, v->net, v->options, v->fixed, &subject, diag));
    wann_status status = prepare(v);
    if (status == WANN_OK)
        status = try_all(v, subject);
    if (status == WANN_OK && v->report->failures > 0)
        status = fail(v);
    if (status == WANN_OK && v->options->gradient)
        status = wn_verify_gradient(subject, v->net, v->options, v->n_weights, v->weight, v->connection, v->report,
                                    v->diag);
    wn_subject_destroy(subject);
    return status;
}

static wann_status inspect_text(const wann_net *net, const wann_compile_options *options,
                                wann_kind kind, const wn_inspector *inspector, wann_diag *diag) {
    char *text;
    WN_TRY(wann_compile_text(net, options, kind, &text, NULL, diag));
    const wn_made made = {kind, text, NULL};
    const wann_status status = inspector->inspect(inspector->ctx, &made, diag);
    wn_free(text);
    return status;
}

wann_status wann_verify(const wann_net *net, const wann_compile_options *options, wann_kind kind,
                        const char *path, bool header, size_t n_inputs, wann_verify_report *report,
                        wann_diag *diag) {
    *report = (wann_verify_report){0};
    const bool text = kind == WANN_KIND_C || kind == WANN_KIND_HEADER;
    const bool file = kind == WANN_KIND_STATIC || kind == WANN_KIND_SHARED || kind == WANN_KIND_EXE ||
                      kind == WANN_KIND_ASM || kind == WANN_KIND_OBJ || kind == WANN_KIND_WASM;
    if (!text && !(file && path))
        return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0,
                       "there is nothing to run and to verify in this kind");
    wann_compile_options resolved = *options;
    if (wn_uses_llvm(options, kind) && !wn_kind_missing(WANN_KIND_OBJ))
        WN_TRY(wn_native_options(options, kind, &resolved, diag));
    options = &resolved;
    verifier v = {.net = net, .options = options, .n_inputs = n_inputs, .report = report};
    const wn_inspector inspector = {inspect, &v};
    const wann_status status =
        path ? wn_compile_file(net, options, kind, path, header, &inspector, diag)
             : inspect_text(net, options, kind, &inspector, diag);
    wn_bound_destroy(v.bound);
    wn_compilation_finish(&v.compilation);
    wn_arena_free(&v.arena);
    if (report->inferences == 0) {
        wn_free(report->input);
        report->input = NULL;
    }
    return status;
}
