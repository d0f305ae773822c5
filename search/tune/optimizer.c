/* What the methods of tuning share: memory, ranks, Adam, and the table of them. */
#include "search/tune/optimizer.h"

#include <math.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

static const wn_optimizer_type *const types[] = {
    &wn_optimizer_cma, &wn_optimizer_sep_cma, &wn_optimizer_pepg, &wn_optimizer_openes,
    &wn_optimizer_ga};
enum { N_TYPES = sizeof types / sizeof *types };

static const wn_optimizer_type *find(const char *name, size_t n) {
    if (strcmp(name, "cma") == 0 && n > WN_CMA_FULL)
        return &wn_optimizer_sep_cma;
    for (size_t i = 0; i < N_TYPES; i++)
        if (strcmp(name, types[i]->name) == 0)
            return types[i];
    return NULL;
}

static wann_status check(const wn_optimizer_type *type, const wn_optimizer_settings *s,
                         wann_diag *diag) {
    if (s->n == 0)
        return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0, "there is nothing to tune");
    if (!(s->sigma > 0) || !isfinite(s->sigma))
        return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0, "sigma must be more than 0");
    if (s->population < 4 || s->population > UINT32_MAX)
        return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0, "%s needs a population of at least 4",
                       type->name);
    return WANN_OK;
}

static bool reserve(wn_optimizer *o) {
    const wn_optimizer_settings *s = &o->settings;
    size_t candidates;
    if (!wn_mul_size(s->population, s->n, &candidates))
        return false;
    o->n_state = o->type->state(s);
    o->state = wn_calloc(o->n_state, sizeof *o->state);
    o->candidate = wn_calloc(candidates, sizeof *o->candidate);
    o->start = wn_calloc(s->n, sizeof *o->start);
    o->utility = wn_calloc(s->population, sizeof *o->utility);
    o->order = wn_calloc(s->population, sizeof *o->order);
    o->scratch = wn_calloc(o->type->scratch(s) + 1, sizeof *o->scratch);
    return o->state && o->candidate && o->start && o->utility && o->order && o->scratch;
}

wann_status wn_optimizer_create(const char *name, const wn_optimizer_settings *settings,
                                const double *start, wn_optimizer **optimizer, wann_diag *diag) {
    const wn_optimizer_type *type = find(name, settings->n);
    *optimizer = NULL;
    if (!type)
        return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0, "there is no method '%s'", name);
    wn_optimizer_settings s = *settings;
    if (s.population == 0)
        s.population = type->population(s.n);
    s.population = (s.population + type->multiple - 1) / type->multiple * type->multiple;
    WN_TRY(check(type, &s, diag));
    wn_optimizer *o = wn_calloc(1, sizeof *o);
    if (!o)
        return wn_fail_memory(diag);
    o->type = type;
    o->settings = s;
    if (!reserve(o)) {
        wn_optimizer_destroy(o);
        return wn_fail_memory(diag);
    }
    memcpy(o->start, start, s.n * sizeof *start);
    memcpy(o->state, start, s.n * sizeof *start);
    type->begin(o);
    *optimizer = o;
    return WANN_OK;
}

void wn_optimizer_destroy(wn_optimizer *o) {
    if (!o)
        return;
    wn_free(o->state);
    wn_free(o->candidate);
    wn_free(o->start);
    wn_free(o->utility);
    wn_free(o->order);
    wn_free(o->scratch);
    wn_free(o);
}

const double *wn_optimizer_ask(wn_optimizer *o) {
    if (!o->asked)
        o->type->ask(o);
    o->asked = true;
    return o->candidate;
}

void wn_optimizer_tell(wn_optimizer *o, const double *reward) {
    wn_optimizer_ask(o);
    o->type->tell(o, reward);
    o->generation++;
    o->asked = false;
}

const double *wn_optimizer_mean(const wn_optimizer *o) {
    return o->state;
}

void wn_optimizer_move(wn_optimizer *o, const double *mean) {
    memcpy(o->state, mean, o->settings.n * sizeof *mean);
    if (o->type->moved)
        o->type->moved(o);
    o->asked = false;
}

static double decayed(const wn_optimizer *o, double reward, size_t candidate) {
    const size_t n = o->settings.n;
    double squares = 0;
    if (o->settings.weight_decay == 0)
        return reward;
    for (size_t k = 0; k < n; k++) {
        const double far = o->candidate[candidate * n + k] - o->start[k];
        squares += far * far;
    }
    return reward - o->settings.weight_decay * squares / (double)n;
}

/* By insertion: populations are of tens to hundreds, and equal ones keep their order. */
static void sort_order(wn_optimizer *o) {
    for (uint32_t i = 0; i < o->settings.population; i++) {
        uint32_t at = i;
        for (; at > 0 && o->utility[o->order[at - 1]] < o->utility[i]; at--)
            o->order[at] = o->order[at - 1];
        o->order[at] = i;
    }
}

void wn_optimizer_sort(wn_optimizer *o, const double *reward) {
    for (size_t i = 0; i < o->settings.population; i++)
        o->utility[i] = decayed(o, reward[i], i);
    sort_order(o);
}

void wn_optimizer_centre(wn_optimizer *o) {
    const size_t n = o->settings.population;
    for (size_t r = 0; r < n; r++)
        o->utility[o->order[r]] = 0.5 - (double)r / (double)(n - 1);
}

void wn_adam_ascend(wn_adam adam, size_t n, uint32_t step, double rate, const double *gradient,
                    double *x) {
    static const double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
    const double unbiased = rate * sqrt(1 - pow(beta2, step)) / (1 - pow(beta1, step));
    for (size_t k = 0; k < n; k++) {
        adam.first[k] = beta1 * adam.first[k] + (1 - beta1) * gradient[k];
        adam.second[k] = beta2 * adam.second[k] + (1 - beta2) * gradient[k] * gradient[k];
        x[k] += unbiased * adam.first[k] / (sqrt(adam.second[k]) + epsilon);
    }
}
