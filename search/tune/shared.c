/* The one shared weight: a sweep, then races among the best and among what lies between them.
 *
 * A race gives everybody the same fresh episodes, step by step, and drops who is behind the leader
 * by more than chance explains, so that episodes go to those that are hard to tell apart (racing,
 * after Maron and Moore 1994, with paired differences). Rewards over the weight are rugged where
 * episodes are chaotic: there is no slope to follow. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "search/tune/tune.h"

/* Behind by so many standard errors is out: one time in 170 by chance. */
static const double MOST_BEHIND = 2.5;
/* After a race these go on at most, each with so many weights on either side of it. */
enum { WINNERS = 3, BETWEEN = 4 };

typedef struct racer {
    double weight;
    double *value; /* [n_values] one an episode */
    size_t n_values, room;
    bool running;
} racer;

typedef struct race {
    wn_tuning *t;
    racer *racer; /* [n] */
    size_t n, room;
    bool fixed;   /* samples: nothing is random */
    uint64_t steps; /* of all races so far, so that no episode comes twice */
} race;

static double mean_of(const racer *r) {
    double sum = 0;
    for (size_t i = 0; i < r->n_values; i++)
        sum += r->value[i];
    return r->n_values ? sum / (double)r->n_values : -(double)INFINITY;
}

static double sd_of(const racer *r) {
    const double mean = mean_of(r);
    double squares = 0;
    for (size_t i = 0; i < r->n_values; i++)
        squares += (r->value[i] - mean) * (r->value[i] - mean);
    return r->n_values ? sqrt(squares / (double)r->n_values) : 0;
}

/* The best of those that run; of equal ones the first. */
static size_t leader(const race *r) {
    size_t best = r->n;
    for (size_t i = 0; i < r->n; i++)
        if (r->racer[i].running && (best == r->n || mean_of(&r->racer[i]) > mean_of(&r->racer[best])))
            best = i;
    return best;
}

static size_t running(const race *r) {
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++)
        n += r->racer[i].running;
    return n;
}

static wann_status add_value(racer *one, double value, wann_diag *diag) {
    if (one->n_values == one->room) {
        double *more = wn_realloc(one->value, (2 * one->room + 16) * sizeof *more);
        if (!more)
            return wn_fail_memory(diag);
        one->value = more;
        one->room = 2 * one->room + 16;
    }
    one->value[one->n_values++] = value;
    return WANN_OK;
}

static wann_status add_racer(race *r, double weight, wann_diag *diag) {
    if (r->n == r->room) {
        racer *more = wn_realloc(r->racer, (2 * r->room + 16) * sizeof *more);
        if (!more)
            return wn_fail_memory(diag);
        r->racer = more;
        r->room = 2 * r->room + 16;
    }
    r->racer[r->n++] = (racer){.weight = weight, .running = true};
    return WANN_OK;
}

/* Who has run less than the others starts anew, so that all have the same episodes. */
static void line_up(race *r) {
    for (size_t i = 0; i < r->n && !r->fixed; i++)
        if (r->racer[i].running)
            r->racer[i].n_values = 0;
}

static wann_status take_values(race *r, const size_t *who, const wann_scores *scores,
                               wann_diag *diag) {
    const double *value = scores->accuracy ? scores->accuracy : scores->reward;
    for (size_t row = 0; row < scores->rows; row++)
        for (size_t e = 0; e < scores->episodes; e++)
            WN_TRY(add_value(&r->racer[who[row]], value[row * scores->episodes + e], diag));
    for (size_t i = 0; i < scores->rows * scores->episodes; i++)
        r->t->steps += scores->steps[i];
    r->t->evaluations += scores->rows * scores->episodes;
    return WANN_OK;
}

/* Who runs and, of samples, has not been scored yet, on the next episodes. */
static wann_status step(race *r, wn_tune_purpose purpose, wann_diag *diag) {
    const wann_tune_options *o = r->t->options;
    wann_scores scores;
    size_t n = 0;
    double *weights = wn_calloc(r->n, sizeof *weights + sizeof(size_t));
    if (!weights)
        return wn_fail_memory(diag);
    size_t *who = (size_t *)(void *)(weights + r->n);
    for (size_t i = 0; i < r->n; i++)
        if (r->racer[i].running && !(r->fixed && r->racer[i].n_values > 0)) {
            who[n] = i;
            weights[n++] = r->racer[i].weight;
        }
    wann_evaluation e = wann_evaluation_defaults();
    e.weights = weights;
    e.n_weights = n;
    e.episodes = r->fixed ? 1 : WN_TUNE_COUNT(&r->t->settings, sweep_episodes);
    e.seed = wn_tuning_seed(r->t, purpose, r->steps++ * e.episodes);
    e.split = WANN_TRAIN;
    e.real = r->fixed ? WANN_FLOAT : WANN_DOUBLE;
    e.threads = wn_pool_workers(r->t->pool);
    wann_status status = n > 0 ? wann_evaluate(o->net, o->task, &e, &scores, diag) : WANN_OK;
    if (status == WANN_OK && n > 0) {
        status = take_values(r, who, &scores, diag);
        wann_scores_free(&scores);
    }
    wn_free(weights);
    return status;
}

/* Whether a is behind b by more than chance explains, on the episodes that both have had. */
static bool is_behind(const racer *a, const racer *b) {
    const size_t n = a->n_values < b->n_values ? a->n_values : b->n_values;
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        sum += b->value[i] - a->value[i];
    const double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (b->value[i] - a->value[i] - mean) * (b->value[i] - a->value[i] - mean);
    const double error = n > 1 ? sqrt(squares / (double)(n - 1) / (double)n) : 0;
    return mean > MOST_BEHIND * error || (mean == 0 && error == 0);
}

static void drop_the_slow(race *r) {
    const size_t first = leader(r);
    for (size_t i = 0; i < r->n; i++)
        if (i != first && r->racer[i].running && is_behind(&r->racer[i], &r->racer[first]))
            r->racer[i].running = false;
}

static void report(const race *r, const char *phase, size_t step, size_t steps) {
    const racer *first = &r->racer[leader(r)];
    const wann_tune_progress p = {.phase = phase,
                                  .generation = (uint32_t)step,
                                  .generations = (uint32_t)steps,
                                  .best = mean_of(first),
                                  .mean = (double)NAN,
                                  .kept = first->weight};
    wn_tuning_report(r->t, p, (double)step, (double)steps);
}

/* Until one is left, or the rest cannot be told apart. */
static wann_status run(race *r, wann_diag *diag) {
    const size_t each = WN_TUNE_COUNT(&r->t->settings, sweep_episodes);
    const size_t most = (WN_TUNE_COUNT(&r->t->settings, race_episodes) + each - 1) / each;
    line_up(r);
    for (size_t i = 0; i < (r->fixed ? 1 : most) && running(r) > 1; i++) {
        if (wn_tuning_is_over(r->t) && i > 0)
            break;
        WN_TRY(step(r, WN_TUNE_RACING, diag));
        drop_the_slow(r);
        report(r, "race", i + 1, r->fixed ? 1 : most);
    }
    return WANN_OK;
}

/* The best few of those that run go on. */
static void choose_winners(race *r, size_t most) {
    while (running(r) > most) {
        size_t worst = r->n;
        for (size_t i = 0; i < r->n; i++)
            if (r->racer[i].running &&
                (worst == r->n || mean_of(&r->racer[i]) <= mean_of(&r->racer[worst])))
                worst = i;
        r->racer[worst].running = false;
    }
}

static bool is_there(const race *r, double weight, double near) {
    for (size_t i = 0; i < r->n; i++)
        if (fabs(r->racer[i].weight - weight) < near)
            return true;
    return false;
}

/* Weights between each that runs and its neighbours, which are `gap` away. */
static wann_status add_between(race *r, double gap, wann_diag *diag) {
    const wn_tune_settings *s = &r->t->settings;
    const size_t n = r->n;
    for (size_t i = 0; i < n; i++)
        for (int k = -BETWEEN; k <= BETWEEN && r->racer[i].running; k++) {
            const double weight = r->racer[i].weight + gap * k / (BETWEEN + 1);
            const bool inside = weight >= WN_TUNE(s, from) && weight <= WN_TUNE(s, to);
            if (inside && !is_there(r, weight, gap / (4 * BETWEEN)))
                WN_TRY(add_racer(r, weight, diag));
        }
    return WANN_OK;
}

static wann_status sweep(race *r, double *gap, wann_diag *diag) {
    const wn_tune_settings *s = &r->t->settings;
    const size_t points = WN_TUNE_COUNT(s, points);
    const double from = WN_TUNE(s, from), to = WN_TUNE(s, to);
    *gap = (to - from) / (double)(points - 1);
    for (size_t i = 0; i < points; i++) {
        const double share = (double)i / (double)(points - 1);
        WN_TRY(add_racer(r, from * (1 - share) + to * share, diag));
    }
    WN_TRY(step(r, WN_TUNE_SWEEPING, diag));
    report(r, "sweep", 1, 1);
    return WANN_OK;
}

static wann_status refine(race *r, double gap, wann_diag *diag) {
    drop_the_slow(r);
    if (r->fixed)
        choose_winners(r, WINNERS);
    WN_TRY(run(r, diag));
    for (size_t i = 0; i < WN_TUNE_COUNT(&r->t->settings, refinements); i++) {
        choose_winners(r, WINNERS);
        if (wn_tuning_is_over(r->t))
            break;
        WN_TRY(add_between(r, gap, diag));
        gap /= BETWEEN + 1;
        if (r->fixed) /* who has lost may be near, so all that are new run */
            WN_TRY(step(r, WN_TUNE_RACING, diag));
        WN_TRY(run(r, diag));
    }
    return WANN_OK;
}

static int by_weight(const void *a, const void *b) {
    const double x = ((const wann_tune_point *)a)->weight, y = ((const wann_tune_point *)b)->weight;
    return (x > y) - (x < y);
}

static wann_status keep_profile(const race *r, wann_diag *diag) {
    wann_tune_result *result = r->t->result;
    result->point = wn_calloc(r->n, sizeof *result->point);
    if (!result->point)
        return wn_fail_memory(diag);
    for (size_t i = 0; i < r->n; i++)
        if (r->racer[i].n_values > 0)
            result->point[result->n_points++] =
                (wann_tune_point){r->racer[i].weight, mean_of(&r->racer[i]), sd_of(&r->racer[i]),
                                  r->racer[i].n_values};
    qsort(result->point, result->n_points, sizeof *result->point, by_weight);
    return WANN_OK;
}

wann_status wn_tune_shared(wn_tuning *t, bool thorough, wann_diag *diag) {
    race r = {.t = t, .fixed = wann_task_type(t->options->task)->samples != NULL};
    double gap;
    wann_status status = sweep(&r, &gap, diag);
    if (status == WANN_OK && thorough)
        status = refine(&r, gap, diag);
    if (status == WANN_OK)
        status = keep_profile(&r, diag);
    if (status == WANN_OK) {
        t->result->weight = r.racer[leader(&r)].weight;
        for (size_t k = 0; k < t->n; k++)
            t->start[k] = t->best[k] = t->result->weight;
    }
    for (size_t i = 0; i < r.n; i++)
        wn_free(r.racer[i].value);
    wn_free(r.racer);
    return status;
}
