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

/* Rewards of a generation under way. */
typedef struct rewards {
    double *weight; /* [n_weights] */
    uint32_t n_weights;
    uint32_t each;            /* rewards of a network: n_weights, or 1 */
    double *sum;              /* [n_nets][each] over the rounds */
    double *now;              /* [n_nets][each] of this round */
    double *spread;           /* [n][each] */
    const wn_phenotype **net; /* [n_nets] those of this round */
    uint32_t *which;          /* [n_nets] and their numbers */
    uint32_t *rounds;         /* [n_nets] that each was in */
    uint32_t *order;          /* [n] */
} rewards;

static bool make_room(rewards *r, const wn_evolution *e, size_t nets) {
    r->n_weights = wn_hyper_weights(&e->hyper, NULL);
    r->each = r->n_weights ? r->n_weights : 1;
    const size_t numbers = r->each * (1 + 2 * nets + e->n);
    double *block = wn_calloc(1, numbers * sizeof *block + nets * sizeof *r->net +
                                     (2 * nets + e->n) * sizeof(uint32_t));
    if (!block)
        return false;
    r->weight = block;
    r->sum = r->weight + r->each;
    r->now = r->sum + nets * r->each;
    r->spread = r->now + nets * r->each;
    r->net = (const wn_phenotype **)(void *)(block + numbers);
    r->which = (uint32_t *)(void *)(r->net + nets);
    r->rounds = r->which + nets;
    r->order = r->rounds + nets;
    wn_hyper_weights(&e->hyper, r->weight);
    return true;
}

/* Everybody gets the mean over the rounds that its network was in. */
static void tell(wn_evolution *e, const distinct *d, rewards *r) {
    for (uint32_t i = 0; i < e->n; i++) {
        const uint32_t net = d->of[i];
        for (uint32_t k = 0; k < r->each; k++)
            r->spread[i * r->each + k] = r->sum[net * r->each + k] / r->rounds[net];
        e->population[i].rounds = r->rounds[net];
    }
    wn_evolution_tell(e, r->spread, r->each);
}

/* One round: `repetitions` more seeds for the networks of r->which[n]. */
static wann_status run_round(wn_assessor *assessor, const wn_evolution *e, const distinct *d,
                             rewards *r, size_t n, uint32_t repetitions, uint32_t seeds_before,
                             int *done, wann_diag *diag) {
    wn_rng seeds = wn_rng_stream(e->seed, e->generation, 0, WN_FOR_EPISODES);
    for (uint32_t s = 0; s < seeds_before; s++)
        wn_rng_u64(&seeds);
    for (size_t i = 0; i < n; i++)
        r->net[i] = d->net[r->which[i]];
    WN_TRY(wn_assess_networks(assessor, r->net, n, r->weight, r->n_weights, repetitions, seeds,
                              r->now, done, diag));
    for (size_t i = 0; *done && i < n; i++) {
        r->rounds[r->which[i]]++;
        for (uint32_t k = 0; k < r->each; k++)
            r->sum[r->which[i] * r->each + k] += r->now[i * r->each + k];
    }
    return WANN_OK;
}

/* The networks of the `stay` individuals that rank first, ascending: *n of them. */
static wann_status choose_on(wn_evolution *e, const distinct *d, rewards *r, uint32_t stay,
                             size_t *n, wann_diag *diag) {
    tell(e, d, r);
    e->told = false;
    WN_TRY(wn_evolution_rank(e, r->order, diag));
    const uint32_t round = r->rounds[d->of[r->order[0]]];
    memset(r->now, 0, d->n_nets * sizeof *r->now);
    for (uint32_t i = 0; i < stay; i++)
        r->now[d->of[r->order[i]]] = 1;
    *n = 0;
    for (uint32_t net = 0; net < d->n_nets; net++)
        if (r->now[net] > 0 && r->rounds[net] == round)
            r->which[(*n)++] = net;
    return WANN_OK;
}

/* Successive halving (Jamieson and Talwalkar 2016), one episode a round: those that rank last by
 * what they showed so far do not go on. As tournaments are won by the first few, whoever ranks
 * behind the `race` share of a generation has next to no children anyway; elites are in all rounds.
 */
static wann_status race(wn_assessor *assessor, wn_evolution *e, const distinct *d, rewards *r,
                        int *done, wann_diag *diag) {
    const uint32_t repetitions = WN_HYPER_COUNT(&e->hyper, alg_nReps);
    const double share = WN_HYPER(&e->hyper, race);
    const uint32_t elites = wn_evolution_elites(e), least = elites > 1 ? elites : 1;
    size_t n = d->n_nets;
    uint32_t stay = e->n;
    for (uint32_t round = 0; *done && round < repetitions; round++) {
        if (round > 0) {
            stay = (uint32_t)(share * stay) > least ? (uint32_t)(share * stay) : least;
            WN_TRY(choose_on(e, d, r, stay, &n, diag));
        }
        WN_TRY(run_round(assessor, e, d, r, n, 1, round, done, diag));
    }
    return WANN_OK;
}

static wann_status assess_distinct(wn_assessor *assessor, wn_evolution *e, const distinct *d,
                                   int *done, wann_diag *diag) {
    rewards r = {.weight = NULL};
    wann_status status = make_room(&r, e, d->n_nets) ? WANN_OK : wn_fail_memory(diag);
    *done = 1;
    for (uint32_t net = 0; status == WANN_OK && net < d->n_nets; net++)
        r.which[net] = net;
    if (status == WANN_OK && WN_HYPER(&e->hyper, race) < 1)
        status = race(assessor, e, d, &r, done, diag);
    else if (status == WANN_OK)
        status = run_round(assessor, e, d, &r, d->n_nets, WN_HYPER_COUNT(&e->hyper, alg_nReps), 0,
                           done, diag);
    if (status == WANN_OK && *done) {
        tell(e, d, &r);
        assessor->repeats += e->n - d->n_nets;
    }
    wn_free(r.weight);
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
