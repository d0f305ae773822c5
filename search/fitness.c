/* Fitness: seeds, duplicates, and the count of what it cost. */
#include "search/fitness.h"

#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

wann_status wn_assess_networks(wn_assessor *assessor, const wn_phenotype *const *net, size_t n,
                               const double *weight, size_t n_weights, uint32_t repetitions,
                               wn_rng seeds, double *reward, int *done, wann_diag *diag) {
    uint64_t *seed = wn_alloc(repetitions * sizeof *seed);
    if (!seed)
        return wn_fail_memory(diag);
    for (uint32_t r = 0; r < repetitions; r++)
        seed[r] = wn_rng_u64(&seeds);
    const wn_trial trial = {.net = net,
                            .n = n,
                            .weight = weight,
                            .n_weights = n_weights,
                            .seed = seed,
                            .n_seeds = repetitions,
                            .batch = assessor->batch};
    wn_effort effort = {0};
    int all = 1;
    const wann_status status =
        wn_evaluator_run(assessor->evaluator, &trial, reward, &effort, assessor->stop, &all, diag);
    if (status == WANN_OK && all) {
        assessor->effort.steps += effort.steps;
        assessor->effort.slots += effort.slots;
        assessor->evaluations += (uint64_t)n * wn_trial_rewards(&trial) * repetitions;
    }
    *done = all;
    wn_free(seed);
    return status;
}

/* Which individuals are evaluated, and whose reward each gets. */
typedef struct distinct {
    const wn_phenotype **net; /* [n_nets] */
    size_t n_nets;
    uint32_t *of;    /* [n] the net of each individual */
    uint32_t *table; /* [size] open addressing: 1 + net, 0: empty */
    size_t size;     /* a power of two, at least 2 n */
} distinct;

static uint32_t find_or_add(distinct *d, const wn_phenotype *phenotype, bool merge) {
    size_t at = phenotype->hash & (d->size - 1);
    while (merge && d->table[at] && d->net[d->table[at] - 1]->hash != phenotype->hash)
        at = (at + 1) & (d->size - 1);
    if (merge && d->table[at])
        return d->table[at] - 1;
    d->net[d->n_nets++] = phenotype;
    if (merge)
        d->table[at] = (uint32_t)d->n_nets;
    return (uint32_t)d->n_nets - 1;
}

static wann_status assess_distinct(wn_assessor *assessor, wn_evolution *e, distinct *d, int *done,
                                   wann_diag *diag) {
    const size_t rewards =
        wn_hyper_weights(&e->hyper, NULL) ? wn_hyper_weights(&e->hyper, NULL) : 1;
    double *block = wn_alloc((rewards + 2 * e->n * rewards) * sizeof *block);
    if (!block)
        return wn_fail_memory(diag);
    double *weight = block, *reward = block + rewards, *spread = reward + e->n * rewards;
    const wn_rng seeds = wn_rng_stream(e->seed, e->generation, 0, WN_FOR_EPISODES);
    const wann_status status =
        wn_assess_networks(assessor, d->net, d->n_nets, weight, wn_hyper_weights(&e->hyper, weight),
                           WN_HYPER_COUNT(&e->hyper, alg_nReps), seeds, reward, done, diag);
    if (status == WANN_OK && *done) {
        for (uint32_t i = 0; i < e->n; i++)
            memcpy(spread + i * rewards, reward + d->of[i] * rewards, rewards * sizeof *reward);
        wn_evolution_tell(e, spread, (uint32_t)rewards);
        assessor->repeats += e->n - d->n_nets;
    }
    wn_free(block);
    return status;
}

wann_status wn_assess_generation(wn_assessor *assessor, wn_evolution *e, int *done,
                                 wann_diag *diag) {
    distinct d = {.size = 2};
    while (d.size < 2 * (size_t)e->n)
        d.size *= 2;
    d.net = wn_alloc(e->n * sizeof *d.net);
    d.of = wn_calloc(e->n + d.size, sizeof *d.of);
    wann_status status = d.net && d.of ? WANN_OK : wn_fail_memory(diag);
    if (status == WANN_OK) {
        const bool merge = WN_HYPER(&e->hyper, skip_duplicates) != 0;
        d.table = d.of + e->n;
        for (uint32_t i = 0; i < e->n; i++)
            d.of[i] = find_or_add(&d, e->population[i].phenotype, merge);
        status = assess_distinct(assessor, e, &d, done, diag);
    }
    wn_free(d.net);
    wn_free(d.of);
    return status;
}
