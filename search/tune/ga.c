/* A simple genetic algorithm as the published WANNTool has it: the best breed by uniform crossover and
 * Gaussian mutation, and stay until others are better. */
#include <math.h>
#include <string.h>

#include "runtime/base/rng.h"
#include "search/tune/optimizer.h"

static const uint64_t BREEDING = UINT64_C(0x67656e65);

static size_t suggest(size_t n) {
    (void)n;
    return 64;
}

static size_t elites(const wn_optimizer_settings *s) {
    const size_t n = (size_t)(s->elite_ratio * (double)s->population);
    return n < 1 ? 1 : n;
}

/* The best ever (the "mean"), then the elite, best first, then their rewards. Of an elite of -inf
 * nobody has been there yet. */
static size_t state(const wn_optimizer_settings *s) {
    return s->n + elites(s) * (s->n + 1);
}

/* An elite in the making. */
static size_t scratch(const wn_optimizer_settings *s) {
    return elites(s) * (s->n + 1);
}

static void moved(wn_optimizer *o) {
    const size_t n = o->settings.n, kept = elites(&o->settings);
    for (size_t e = 0; e < kept; e++) {
        memcpy(o->state + n + e * n, o->state, n * sizeof *o->state);
        o->state[n + kept * n + e] = -(double)INFINITY;
    }
}

static double sigma(const wn_optimizer *o) {
    const wn_optimizer_settings *s = &o->settings;
    return fmax(fmin(s->sigma, s->sigma_limit), s->sigma * pow(s->sigma_decay, o->generation));
}

static void ask(wn_optimizer *o) {
    const size_t n = o->settings.n, kept = elites(&o->settings);
    for (size_t i = 0; i < o->settings.population; i++) {
        wn_rng rng = wn_rng_stream(o->settings.seed, o->generation, i, BREEDING);
        const double *mother = o->state + n + wn_rng_below(&rng, kept) * n;
        const double *father = o->state + n + wn_rng_below(&rng, kept) * n;
        for (size_t k = 0; k < n; k++) {
            const double gene = wn_rng_below(&rng, 2) ? father[k] : mother[k];
            o->candidate[i * n + k] = gene + sigma(o) * wn_rng_normal(&rng);
        }
    }
}

/* Merge the elite with the population, both from the best down. */
static void tell(wn_optimizer *o, const double *reward) {
    const size_t n = o->settings.n, kept = elites(&o->settings);
    const double *elite = o->state + n, *worth = elite + kept * n;
    double *next = o->scratch, *next_worth = next + kept * n;
    wn_optimizer_sort(o, reward);
    for (size_t e = 0, old = 0, young = 0; e < kept; e++) {
        const size_t child = young < o->settings.population ? o->order[young] : 0;
        const bool is_new = young < o->settings.population && o->utility[child] > worth[old];
        memcpy(next + e * n, is_new ? o->candidate + child * n : elite + old * n,
               n * sizeof *next);
        next_worth[e] = is_new ? o->utility[child] : worth[old];
        young += is_new;
        old += !is_new;
    }
    memcpy(o->state + n, next, kept * (n + 1) * sizeof *next);
    memcpy(o->state, next, n * sizeof *next);
}

const wn_optimizer_type wn_optimizer_ga = {
    "ga", suggest, 1, state, scratch, moved, ask, tell, moved};
