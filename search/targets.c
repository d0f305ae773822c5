/* The best networks of a population for a tuned and for a random shared weight. */
#include "search/targets.h"

#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

/* Weights of the grids: midpoints, whose mean is that over all weights between the ends. */
enum { COARSE = 20, FINE = 40, FINALISTS = 4 };

double wn_target_value(wn_target target, const wn_champion *champion) {
    return target == WN_FOR_TUNED_WEIGHT ? champion->peak : champion->fitness;
}

void wn_targets_free(wn_targets *targets) {
    for (int t = 0; t < WN_TARGETS; t++)
        wn_free(targets->best[t].genome);
    *targets = (wn_targets){0};
}

/* A network in the contest. */
typedef struct entrant {
    const wn_phenotype *phenotype;
    uint32_t individual; /* of the population; n and above: champions so far */
    wn_champion measured;
} entrant;

typedef struct contest {
    const wn_evolution *e;
    wn_assessor *assessor;
    entrant *entrant; /* [n] */
    uint32_t n;
    const wn_phenotype **net; /* [n] */
    double *reward;           /* [n][FINE] */
} contest;

/* Entrants on n_weights weights and as many fresh episodes; `round` keeps the seeds apart. */
static wann_status measure(contest *c, uint32_t n_weights, uint32_t episodes, uint32_t round,
                           int *done, wann_diag *diag) {
    const double cap = WN_HYPER(&c->e->hyper, ann_absWCap);
    double weight[FINE];
    for (uint32_t k = 0; k < n_weights; k++)
        weight[k] = cap * ((2 * k + 1.0) / n_weights - 1);
    for (uint32_t i = 0; i < c->n; i++)
        c->net[i] = c->entrant[i].phenotype;
    const wn_rng seeds = wn_rng_stream(c->e->seed, c->e->generation, round, WN_FOR_TARGETS);
    WN_TRY(wn_assess_networks(c->assessor, c->net, c->n, weight, n_weights, episodes, seeds,
                              c->reward, done, diag));
    for (uint32_t i = 0; *done && i < c->n; i++) {
        const double *reward = c->reward + (size_t)i * n_weights;
        wn_champion *m = &c->entrant[i].measured;
        uint32_t top = 0;
        m->fitness = 0;
        for (uint32_t k = 0; k < n_weights; k++) {
            m->fitness += reward[k] / n_weights;
            top = reward[k] > reward[top] ? k : top;
        }
        m->peak = reward[top];
        m->weight = weight[top];
        m->episodes = episodes;
    }
    return WANN_OK;
}

static bool is_in(const contest *c, uint64_t hash) {
    for (uint32_t i = 0; i < c->n; i++)
        if (c->entrant[i].phenotype->hash == hash)
            return true;
    return false;
}

/* The `wanted` best of the population that are not yet in, by fitness or by peak. */
static void enter_best(contest *c, bool by_peak, uint32_t wanted) {
    const wn_evolution *e = c->e;
    for (; wanted > 0; wanted--) {
        const wn_individual *best = NULL;
        for (uint32_t i = 0; i < e->n; i++) {
            const wn_individual *one = &e->population[i];
            if ((!best || (by_peak ? one->peak > best->peak : one->fitness > best->fitness)) &&
                !is_in(c, one->phenotype->hash))
                best = one;
        }
        if (!best)
            return;
        c->entrant[c->n++] =
            (entrant){best->phenotype, (uint32_t)(best - e->population), {.genome = NULL}};
    }
}

/* The FINALISTS best for each target stay. */
static void keep_finalists(contest *c) {
    uint32_t kept = 0;
    for (int t = 0; t < WN_TARGETS; t++)
        for (uint32_t k = 0; k < FINALISTS && kept < c->n; k++) {
            uint32_t best = kept;
            for (uint32_t i = kept + 1; i < c->n; i++)
                if (wn_target_value((wn_target)t, &c->entrant[i].measured) >
                    wn_target_value((wn_target)t, &c->entrant[best].measured))
                    best = i;
            const entrant moved = c->entrant[kept];
            c->entrant[kept++] = c->entrant[best];
            c->entrant[best] = moved;
        }
    c->n = kept;
}

/* Champions of other populations are measured anew, on the same episodes as their challengers. */
static wann_status enter_champions(contest *c, const wn_targets *targets, wn_phenotype **made,
                                   wann_diag *diag) {
    for (int t = 0; t < WN_TARGETS; t++) {
        if (!targets->best[t].genome)
            continue;
        made[t] = wn_express(targets->best[t].genome, wn_evolution_expression(c->e), NULL);
        if (!made[t])
            return wn_fail_memory(diag);
        c->entrant[c->n++] = (entrant){made[t], c->e->n + (uint32_t)t, {.genome = NULL}};
    }
    return WANN_OK;
}

/* Episodes of the last round: bestReps, but not so many that it would cost more than four
 * generations. */
static uint32_t last_episodes(const contest *c) {
    const wn_hyper *hyper = &c->e->hyper;
    const double generation =
        (double)c->e->n * wn_hyper_weights(hyper, NULL) * WN_HYPER(hyper, alg_nReps);
    const double most = 4 * generation / ((double)c->n * FINE);
    const uint32_t wanted = WN_HYPER_COUNT(hyper, bestReps);
    return most < 1 || wanted < 1 ? 1 : most < wanted ? (uint32_t)most : wanted;
}

/* The champion of a target after the contest: entrant `winner`. */
static wann_status crown(const contest *c, wn_targets *targets, wn_target t, const entrant *winner,
                         uint32_t start, wann_diag *diag) {
    const wn_evolution *e = c->e;
    wn_champion *champion = &targets->best[t];
    wn_champion next = winner->measured;
    const bool stays = winner->individual >= e->n;
    const wn_champion *before = stays ? &targets->best[winner->individual - e->n] : NULL;
    const wn_individual *one = stays ? NULL : &e->population[winner->individual];
    next.genome = wn_genome_grow(stays ? before->genome : one->genome, 0, 0);
    if (!next.genome)
        return wn_fail_memory(diag);
    next.hash = winner->phenotype->hash;
    next.connections = stays ? before->connections : one->connections;
    next.generation = stays ? before->generation : one->born;
    targets->start[t] = stays ? targets->start[winner->individual - e->n] : start;
    wn_free(champion->genome);
    *champion = next;
    return WANN_OK;
}

static wann_status decide(const contest *c, wn_targets *targets, uint32_t start, double *value,
                          wann_diag *diag) {
    for (int t = 0; t < WN_TARGETS; t++) {
        const entrant *best = NULL, *own = NULL; /* of all, and of this population */
        for (uint32_t i = 0; i < c->n; i++) {
            const entrant *one = &c->entrant[i];
            const double got = wn_target_value((wn_target)t, &one->measured);
            if (!best || got > wn_target_value((wn_target)t, &best->measured))
                best = one;
            if (one->individual < c->e->n &&
                (!own || got > wn_target_value((wn_target)t, &own->measured)))
                own = one;
        }
        if (value && own)
            value[t] = wn_target_value((wn_target)t, &own->measured);
        if (best)
            WN_TRY(crown(c, targets, (wn_target)t, best, start, diag));
    }
    return WANN_OK;
}

static wann_status run_rounds(contest *c, wn_targets *targets, uint32_t start, double *value,
                              int *done, wann_diag *diag) {
    wn_phenotype *made[WN_TARGETS] = {NULL};
    const uint32_t each = c->e->n / 8 + 1;
    enter_best(c, false, each);
    enter_best(c, true, each);
    wann_status status = measure(c, COARSE, WN_HYPER_COUNT(&c->e->hyper, alg_nReps), 0, done, diag);
    if (status == WANN_OK && *done) {
        keep_finalists(c);
        status = enter_champions(c, targets, made, diag);
    }
    if (status == WANN_OK && *done)
        status = measure(c, FINE, last_episodes(c), 1, done, diag);
    if (status == WANN_OK && *done)
        status = decide(c, targets, start, value, diag);
    for (int t = 0; t < WN_TARGETS; t++)
        wn_free(made[t]);
    return status;
}

wann_status wn_targets_contest(wn_targets *targets, const wn_evolution *e, uint32_t start,
                               wn_assessor *assessor, double *value, int *done, wann_diag *diag) {
    const size_t room = 2 * (e->n / 8 + (size_t)1) + WN_TARGETS;
    contest c = {.e = e, .assessor = assessor};
    *done = 1;
    if (value)
        memset(value, 0, WN_TARGETS * sizeof *value);
    if (wn_hyper_weights(&e->hyper, NULL) == 0)
        return WANN_OK;
    c.entrant = wn_calloc(room, sizeof *c.entrant);
    c.net = wn_alloc(room * sizeof *c.net);
    c.reward = wn_calloc(room * FINE, sizeof *c.reward);
    const wann_status status = c.entrant && c.net && c.reward
                                   ? run_rounds(&c, targets, start, value, done, diag)
                                   : wn_fail_memory(diag);
    wn_free(c.entrant);
    wn_free(c.net);
    wn_free(c.reward);
    return status;
}
