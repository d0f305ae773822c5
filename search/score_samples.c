/* Scoring a network on samples to classify: log-loss and accuracy, for one weight or for the
 * average over several. Samples are worked on in pieces, whose sums are added in order, so that
 * results do not depend on threads. */
#include <math.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/arena.h"
#include "runtime/base/diag.h"
#include "search/batch.h"
#include "search/score.h"

enum { LANES = 64, PIECE = 8 * LANES };

/* What one worker has. */
typedef struct crew {
    wn_arena arena;
    wann_lanes *lanes;      /* NULL: one sample at a time */
    uint32_t *index;        /* [samples] those of a batch come first */
    double *in, *act, *out; /* [inputs][LANES], [nodes], [outputs][LANES] */
    float *in32, *act32, *out32;
    double *one;  /* [outputs] of one sample */
    double *mean; /* [classes][LANES] softmaxes of an ensemble, added up */
    double *votes; /* [classes][LANES] of its members */
} crew;

/* The outcome of a piece of the samples. */
typedef struct tally {
    double loss; /* sum of the cross-entropies */
    size_t right;
} tally;

typedef struct scoring {
    const wn_score_work *work;
    const wann_samples *samples;
    const wann_policy_functions *compiled; /* NULL: not compiled */
    size_t seen;                           /* samples that a job looks at: a batch, or all */
    size_t stride; /* every stride-th job is computed; those between are its copies */
    size_t pieces; /* of a job */
    bool ensemble; /* all jobs together make one prediction */
    crew *crews;   /* [workers] */
    tally *tally;  /* [computed jobs][pieces] */
} scoring;

static bool is_float(const scoring *s) {
    return s->work->evaluation->real == WANN_FLOAT;
}

/* --- running the network ---------------------------------------------------------------------- */

/* Put the samples index[0 .. n - 1] side by side. */
static void gather(const scoring *s, crew *c, const uint32_t *index, size_t n) {
    const size_t inputs = s->samples->inputs;
    for (size_t l = 0; l < n; l++) {
        const double *sample = s->samples->input + index[l] * inputs;
        if (is_float(s))
            for (size_t i = 0; i < inputs; i++)
                c->in32[i * LANES + l] = (float)sample[i];
        else
            for (size_t i = 0; i < inputs; i++)
                c->in[i * LANES + l] = sample[i];
    }
}

static void run_lanes(const scoring *s, crew *c, wann_weights weights, size_t n) {
    if (!is_float(s)) {
        wann_lanes_run(c->lanes, n, c->in, LANES, NULL, weights, c->out, LANES);
        return;
    }
    wann_lanes_run_f32(c->lanes, n, c->in32, LANES, NULL, weights, c->out32, LANES);
    for (size_t o = 0; o < s->samples->classes * LANES; o++)
        c->out[o] = (double)c->out32[o];
}

/* One sample after the other; its column is gathered and its outputs are scattered. */
static void run_each(const scoring *s, crew *c, wann_weights weights, const uint32_t *index,
                     size_t n) {
    const size_t inputs = s->samples->inputs, classes = s->samples->classes;
    const wann_net *net = s->work->net;
    double *out = c->one;
    for (size_t l = 0; l < n; l++) {
        const double *in = s->samples->input + index[l] * inputs;
        for (size_t i = 0; is_float(s) && i < inputs; i++)
            c->in32[i] = (float)in[i];
        if (is_float(s) && s->compiled)
            s->compiled->run_f32(c->in32, (float)weights.shared, c->out32);
        else if (is_float(s))
            wann_run_f32(net, c->in32, weights, NULL, c->act32, c->out32);
        else if (s->compiled)
            s->compiled->run_f64(in, weights.shared, out);
        else
            wann_run(net, in, weights, NULL, c->act, out);
        for (size_t o = 0; o < classes; o++)
            c->out[o * LANES + l] = is_float(s) ? (double)c->out32[o] : out[o];
    }
}

static wann_status run_network(const scoring *s, crew *c, wann_weights weights,
                               const uint32_t *index, size_t n, wann_diag *diag) {
    if (c->lanes)
        run_lanes(s, c, weights, n);
    else
        run_each(s, c, weights, index, n);
    for (size_t o = 0; o < s->samples->classes; o++)
        for (size_t l = 0; l < n; l++)
            if (!isfinite(c->out[o * LANES + l]))
                return wn_fail(diag, WANN_INPUT, NULL, 0, 0,
                               "task %s: sample %u: output %zu is not finite",
                               wann_task_name(s->work->task), (unsigned)index[l] + 1, o + 1);
    return WANN_OK;
}

/* --- log-loss and accuracy -------------------------------------------------------------------- */

/* The largest of lane l; the first of equal ones. */
static size_t largest(const double *out, size_t classes, size_t l) {
    size_t best = 0;
    for (size_t o = 1; o < classes; o++)
        if (out[o * LANES + l] > out[best * LANES + l])
            best = o;
    return best;
}

/* log(sum of exp(x)), the largest taken out so that nothing overflows. */
static double log_sum_exp(const double *out, size_t classes, size_t l) {
    const double most = out[largest(out, classes, l) * LANES + l];
    double sum = 0;
    for (size_t o = 0; o < classes; o++)
        sum += exp(out[o * LANES + l] - most);
    return log(sum) + most;
}

static void count(const scoring *s, const double *out, const uint32_t *index, size_t n, tally *t) {
    const size_t classes = s->samples->classes;
    for (size_t l = 0; l < n; l++) {
        const uint32_t label = s->samples->label[index[l]];
        t->right += largest(out, classes, l) == label;
        t->loss += log_sum_exp(out, classes, l) - out[label * LANES + l];
    }
}

/* Up to LANES samples by one set of weights. */
static wann_status look(const scoring *s, crew *c, wann_weights weights, const uint32_t *index,
                        size_t n, tally *t, wann_diag *diag) {
    if (c->lanes)
        gather(s, c, index, n);
    WN_TRY(run_network(s, c, weights, index, n, diag));
    count(s, c->out, index, n, t);
    return WANN_OK;
}

static void add_softmax(const scoring *s, crew *c, size_t n) {
    const size_t classes = s->samples->classes;
    for (size_t l = 0; l < n; l++) {
        const double whole = log_sum_exp(c->out, classes, l);
        for (size_t o = 0; o < classes; o++)
            c->mean[o * LANES + l] += exp(c->out[o * LANES + l] - whole);
    }
}

/* One vote for each sample. */
static void add_votes(const scoring *s, crew *c, size_t n) {
    for (size_t l = 0; l < n; l++)
        c->votes[largest(c->out, s->samples->classes, l) * LANES + l] += 1;
}

/* What a sample is taken for: by the mean softmax, or by most votes and, of as many, by the mean. */
static size_t predict(const scoring *s, crew *c, size_t l) {
    const size_t classes = s->samples->classes;
    if (s->work->evaluation->vote)
        for (size_t o = 0; o < classes; o++)
            c->votes[o * LANES + l] += c->mean[o * LANES + l] / (double)(s->work->n_jobs + 1);
    return largest(s->work->evaluation->vote ? c->votes : c->mean, classes, l);
}

/* Up to LANES samples by all weights together. */
static wann_status vote(const scoring *s, crew *c, const uint32_t *index, size_t n, tally *t,
                        wann_diag *diag) {
    const size_t classes = s->samples->classes, voters = s->work->n_jobs;
    memset(c->mean, 0, classes * LANES * sizeof *c->mean);
    memset(c->votes, 0, classes * LANES * sizeof *c->votes);
    gather(s, c, index, n);
    for (size_t j = 0; j < voters; j++) {
        WN_TRY(run_network(s, c, s->work->job[j].weights, index, n, diag));
        add_softmax(s, c, n);
        add_votes(s, c, n);
    }
    for (size_t l = 0; l < n; l++) {
        const uint32_t label = s->samples->label[index[l]];
        t->right += predict(s, c, l) == label;
        t->loss -= log(c->mean[label * LANES + l] / (double)voters);
    }
    return WANN_OK;
}

/* --- pieces ----------------------------------------------------------------------------------- */

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* A batch is one piece, because drawing it costs as much for a part as for the whole. */
static wann_status run_piece(void *context, size_t worker, size_t item, wann_diag *diag) {
    const scoring *s = context;
    crew *c = &s->crews[worker];
    const size_t job = item / s->pieces * s->stride, piece = item % s->pieces;
    const bool whole = s->pieces == 1;
    const size_t first = piece * PIECE, end = whole ? s->seen : least(first + PIECE, s->seen);
    if (s->work->evaluation->batch)
        wn_batch_draw(s->work->job[job].seed, s->samples->n, s->seen, c->index);
    tally t = {0};
    for (size_t i = first; i < end; i += LANES) {
        const size_t n = least(LANES, end - i);
        WN_TRY(s->ensemble ? vote(s, c, c->index + i, n, &t, diag)
                           : look(s, c, s->work->job[job].weights, c->index + i, n, &t, diag));
    }
    s->tally[item] = t;
    return WANN_OK;
}

static wann_status open_crew(const scoring *s, crew *c, wann_diag *diag) {
    const size_t inputs = s->samples->inputs, classes = s->samples->classes;
    const size_t nodes = wann_net_nodes(s->work->net);
    const wann_evaluation *e = s->work->evaluation;
    c->index = WN_NEW(&c->arena, uint32_t, s->samples->n);
    c->in = WN_NEW(&c->arena, double, inputs *LANES);
    c->in32 = WN_NEW(&c->arena, float, inputs *LANES);
    c->act = WN_NEW(&c->arena, double, nodes);
    c->act32 = WN_NEW(&c->arena, float, nodes);
    c->out = WN_NEW(&c->arena, double, classes *LANES);
    c->out32 = WN_NEW(&c->arena, float, classes *LANES);
    c->one = WN_NEW(&c->arena, double, classes);
    c->mean = WN_NEW(&c->arena, double, classes *LANES);
    c->votes = WN_NEW(&c->arena, double, classes *LANES);
    if (!c->index || !c->in || !c->in32 || !c->act || !c->act32 || !c->out || !c->out32 ||
        !c->one || !c->mean || !c->votes)
        return wn_fail_memory(diag);
    for (size_t i = 0; i < s->samples->n; i++)
        c->index[i] = (uint32_t)i;
    if (e->engine == WANN_ENGINE_INTERPRETER || wn_score_compiles(e))
        return WANN_OK;
    return wann_lanes_create(s->work->net, &c->lanes, diag);
}

/* Add up the pieces of each job that was computed, and copy. */
static void collect(const scoring *s) {
    wann_scores *scores = s->work->scores;
    for (size_t j = 0; j < s->work->n_jobs; j++) {
        const tally *t = s->tally + j / s->stride * s->pieces;
        tally sum = {0};
        for (size_t p = 0; p < s->pieces; p++) {
            sum.loss += t[p].loss;
            sum.right += t[p].right;
        }
        scores->reward[j] = -sum.loss / (double)s->seen;
        scores->accuracy[j] = (double)sum.right / (double)s->seen;
        scores->steps[j] = (uint32_t)s->seen;
    }
}

static wann_status run_all(scoring *s, wann_diag *diag) {
    const size_t workers = wn_pool_workers(s->work->pool);
    const size_t items = (s->ensemble ? 1 : s->work->n_jobs / s->stride) * s->pieces;
    s->crews = wn_calloc(workers, sizeof *s->crews);
    s->tally = wn_calloc(items, sizeof *s->tally);
    wann_status status = s->crews && s->tally ? WANN_OK : wn_fail_memory(diag);
    for (size_t i = 0; status == WANN_OK && i < workers; i++)
        status = open_crew(s, &s->crews[i], diag);
    if (status == WANN_OK)
        status = wn_pool_run(s->work->pool, items, run_piece, s, NULL, NULL, diag);
    if (status == WANN_OK)
        collect(s);
    for (size_t i = 0; s->crews && i < workers; i++) {
        wann_lanes_destroy(s->crews[i].lanes);
        wn_arena_free(&s->crews[i].arena);
    }
    wn_free(s->crews);
    wn_free(s->tally);
    return status;
}

wann_status wn_score_samples(const wn_score_work *work, wann_diag *diag) {
    const wann_evaluation *e = work->evaluation;
    scoring s = {.work = work, .ensemble = work->ensemble};
    WN_TRY(wann_task_samples(work->task, e->split, &s.samples, diag));
    if (e->batch > s.samples->n)
        return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0, "a batch of %zu out of %zu samples",
                       e->batch, s.samples->n);
    /* Without a draw of weights or samples every episode is the first one. */
    const bool drawn =
        e->batch || e->condition == WANN_RANDOM || e->condition == WANN_RANDOM_SHARED;
    s.seen = e->batch ? e->batch : s.samples->n;
    s.stride = s.ensemble ? work->n_jobs : drawn ? 1 : e->episodes;
    s.pieces = e->batch ? 1 : (s.seen + PIECE - 1) / PIECE;
    wann_policy *policy = NULL;
    if (wn_score_compiles(e)) {
        WN_TRY(wn_score_compile(work, &policy, diag));
        s.compiled = wann_policy_get(policy);
    }
    const wann_status status = run_all(&s, diag);
    wann_policy_destroy(policy);
    return status;
}
