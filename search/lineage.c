/* One generation of a line of descent. */
#include "search/lineage.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

void wn_lineage_free(wn_lineage *lineage) {
    wn_evolution_free(&lineage->evolution);
    wn_free(lineage->champion.genome);
    lineage->champion = (wn_champion){0};
}

/* The fittest of those who were in all rounds: the others saw fewer episodes. */
static uint32_t best_of(const wn_evolution *e) {
    uint32_t best = 0;
    for (uint32_t i = 1; i < e->n; i++) {
        const wn_individual *one = &e->population[i], *so_far = &e->population[best];
        if (one->rounds > so_far->rounds ||
            (one->rounds == so_far->rounds && one->fitness > so_far->fitness))
            best = i;
    }
    return best;
}

/* A champion that lives on is evaluated anew with every generation: its fitness becomes the mean of
 * all these episodes, chosen by nobody. */
static void update_champion(wn_champion *champion, const wn_evolution *e) {
    const uint64_t more = WN_HYPER_COUNT(&e->hyper, alg_nReps);
    for (uint32_t i = 0; champion->genome && i < e->n; i++)
        if (e->population[i].phenotype->hash == champion->hash) {
            const double sum = champion->fitness * (double)champion->episodes +
                               e->population[i].fitness * (double)more;
            champion->episodes += more;
            champion->fitness = sum / (double)champion->episodes;
            return;
        }
}

/* The challenger's rewards on fresh episodes; without any (bestReps 0) its present ones. */
static wann_status measure(const wn_evolution *e, const wn_individual *one, wn_assessor *assessor,
                           wn_champion *measured, int *done, wann_diag *diag) {
    const uint32_t repetitions = WN_HYPER_COUNT(&e->hyper, bestReps);
    const uint32_t n_weights = wn_hyper_weights(&e->hyper, NULL),
                   rewards = n_weights ? n_weights : 1;
    measured->fitness = one->fitness;
    measured->peak = one->peak;
    measured->episodes = WN_HYPER_COUNT(&e->hyper, alg_nReps);
    *done = 1;
    double *weight = wn_calloc(2 * rewards, sizeof *weight);
    if (!weight)
        return wn_fail_memory(diag);
    double *reward = weight + rewards;
    wn_hyper_weights(&e->hyper, weight);
    const wn_rng seeds = wn_rng_stream(e->seed, e->generation, 0, WN_FOR_FRESH_EPISODES);
    const wn_phenotype *net = one->phenotype;
    wann_status status = WANN_OK;
    if (repetitions > 0)
        status = wn_assess_networks(assessor, &net, 1, weight, n_weights, repetitions, seeds,
                                    reward, done, diag);
    if (status == WANN_OK && *done && repetitions > 0) {
        uint32_t top = 0;
        measured->fitness = 0;
        for (uint32_t k = 0; k < rewards; k++) {
            measured->fitness += reward[k];
            top = reward[k] > reward[top] ? k : top;
        }
        measured->fitness /= rewards;
        measured->peak = reward[top];
        measured->weight = weight[top];
        measured->episodes = repetitions;
    }
    wn_free(weight);
    return status;
}

static wann_status challenge(wn_lineage *lineage, const wn_individual *one, wn_assessor *assessor,
                             int *done, wann_diag *diag) {
    wn_champion *champion = &lineage->champion;
    wn_champion next = {.hash = one->phenotype->hash,
                        .connections = one->connections,
                        .generation = lineage->evolution.generation};
    *done = 1;
    if (champion->genome && (champion->hash == next.hash || one->fitness <= champion->fitness))
        return WANN_OK;
    WN_TRY(measure(&lineage->evolution, one, assessor, &next, done, diag));
    if (!*done || (champion->genome && next.fitness <= champion->fitness))
        return WANN_OK;
    next.genome = wn_genome_grow(one->genome, 0, 0);
    if (!next.genome)
        return wn_fail_memory(diag);
    wn_free(champion->genome);
    *champion = next;
    return WANN_OK;
}

static int compare_numbers(const void *x, const void *y) {
    const double a = *(const double *)x, b = *(const double *)y;
    return a < b ? -1 : a > b;
}

static double median(double *values, size_t n) {
    qsort(values, n, sizeof *values, compare_numbers);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

static wann_status describe(const wn_evolution *e, const wn_individual *best,
                            wn_generation_log *log, wann_diag *diag) {
    double *values = wn_alloc(2 * e->n * sizeof *values), sum = 0;
    if (!values)
        return wn_fail_memory(diag);
    *log = (wn_generation_log){.generation = e->generation,
                               .best = best->fitness,
                               .peak = best->peak,
                               .nodes = best->phenotype->computed,
                               .connections = best->connections};
    for (uint32_t i = 0; i < e->n; i++) {
        const wn_individual *one = &e->population[i];
        sum += values[i] = one->fitness;
        values[e->n + i] = one->connections;
        log->peak = one->peak > log->peak ? one->peak : log->peak;
    }
    log->mean = sum / e->n;
    log->median = median(values, e->n);
    log->median_connections = median(values + e->n, e->n);
    wn_free(values);
    return WANN_OK;
}

wann_status wn_lineage_step(wn_lineage *lineage, wn_assessor *assessor, wn_generation_log *log,
                            int *done, wann_diag *diag) {
    wn_evolution *e = &lineage->evolution;
    if (e->told)
        WN_TRY(wn_evolution_breed(e, diag));
    const wn_assessor before = *assessor;
    const wn_champion champion = lineage->champion;
    WN_TRY(wn_assess_generation(assessor, e, done, diag));
    if (!*done)
        return WANN_OK;
    const wn_individual *best = &e->population[best_of(e)];
    update_champion(&lineage->champion, e);
    const wann_status status = challenge(lineage, best, assessor, done, diag);
    if (status != WANN_OK || !*done) { /* nothing but numbers has changed so far */
        *assessor = before;
        lineage->champion = champion;
        e->told = false;
        return status;
    }
    return describe(e, best, log, diag);
}
