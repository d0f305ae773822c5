/* Speciation. Source: Stanley and Miikkulainen 2002, in the form of the released prettyNEAT. */
#define _GNU_SOURCE /* qsort_r */
#include <math.h>
#include <stdlib.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "search/evolution.h"

double wn_species_distance(const wn_hyper *hyper, const wn_genome *a, const wn_genome *b) {
    const uint32_t n = wn_genome_conns(a), m = wn_genome_conns(b);
    uint32_t i = 0, j = 0, common = 0;
    double difference = 0;
    while (i < n && j < m) {
        const uint32_t x = wn_genome_conn(a, i).innovation, y = wn_genome_conn(b, j).innovation;
        if (x == y) {
            common++;
            difference += a->weight ? fabs(a->weight[i] - b->weight[j]) : 0;
        }
        i += x <= y;
        j += y <= x;
    }
    const uint32_t longest = n > m ? n : m;
    const double beyond = (double)longest - a->shape.inputs - a->shape.outputs;
    const double genes = (double)(n - common) + (double)(m - common);
    return WN_HYPER(hyper, spec_geneCoef) * genes / (1 + beyond) +
           WN_HYPER(hyper, spec_weightCoef) * difference / (common ? common : 1);
}

static wann_status found(wn_evolution *e, const wn_genome *seed, wann_diag *diag) {
    wn_genome *copy = wn_genome_grow(seed, 0, 0);
    if (!copy)
        return wn_fail_memory(diag);
    e->species[e->n_species++] = (wn_species){.seed = copy, .best = -(double)INFINITY};
    return WANN_OK;
}

static void move_threshold(wn_evolution *e) {
    const double target = WN_HYPER(&e->hyper, spec_target),
                 step = WN_HYPER(&e->hyper, spec_compatMod);
    const double least = WN_HYPER(&e->hyper, spec_threshMin);
    if (e->n_species > target)
        e->threshold += step;
    if (e->n_species < target)
        e->threshold -= step;
    if (e->threshold < least)
        e->threshold = least;
}

/* Everybody joins the first species that is near enough, or founds one. */
static wann_status join(wn_evolution *e, wann_diag *diag) {
    if (e->n_species == 0)
        WN_TRY(found(e, e->population[0].genome, diag));
    for (uint32_t i = 0; i < e->n; i++) {
        wn_individual *one = &e->population[i];
        uint32_t s = 0;
        while (s < e->n_species &&
               !(wn_species_distance(&e->hyper, one->genome, e->species[s].seed) < e->threshold))
            s++;
        if (s == e->n_species)
            WN_TRY(found(e, one->genome, diag));
        one->species = s;
    }
    return WANN_OK;
}

static int compare_fitness(const void *x, const void *y, void *context) {
    const wn_individual *population = context;
    const uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
    if (population[a].fitness != population[b].fitness)
        return population[a].fitness > population[b].fitness ? -1 : 1;
    return a < b ? -1 : a > b;
}

/* Scores by rank, equal fitness sharing the mean of its ranks: 1/rank, or the number of individuals
 * that are not better. order[n] is scratch. */
static void score_ranks(const wn_evolution *e, uint32_t *order, double *score) {
    const bool linear = WN_HYPER(&e->hyper, select_rankWeight) == WN_RANK_LIN;
    for (uint32_t i = 0; i < e->n; i++)
        order[i] = i;
    qsort_r(order, e->n, sizeof *order, compare_fitness, e->population);
    for (uint32_t from = 0, to; from < e->n; from = to) {
        for (to = from + 1;
             to < e->n && e->population[order[to]].fitness == e->population[order[from]].fitness;)
            to++;
        const double rank = 0.5 * (from + 1 + to);
        for (uint32_t i = from; i < to; i++)
            score[order[i]] = linear ? 1 + e->n - rank : 1 / rank;
    }
}

/* The share of each species: the mean score of its members; 0 once it stagnates. top[n_species] and
 * members[n_species] are scratch. */
static void set_shares(wn_evolution *e, const double *score, double *share, double *top,
                       uint32_t *members) {
    for (uint32_t s = 0; s < e->n_species; s++) {
        share[s] = 0;
        top[s] = -(double)INFINITY;
        members[s] = 0;
    }
    for (uint32_t i = 0; i < e->n; i++) {
        const uint32_t s = e->population[i].species;
        share[s] += score[i];
        top[s] = fmax(top[s], e->population[i].fitness);
        members[s]++;
    }
    for (uint32_t s = 0; s < e->n_species; s++) {
        wn_species *species = &e->species[s];
        if (members[s] == 0)
            continue;
        species->stagnant = top[s] > species->best ? 0 : species->stagnant + 1;
        species->best = fmax(top[s], species->best);
        share[s] =
            species->stagnant > WN_HYPER(&e->hyper, spec_dropOffAge) ? 0 : share[s] / members[s];
    }
}

static double total(const double *share, uint32_t n) {
    double sum = 0;
    for (uint32_t s = 0; s < n; s++)
        sum += share[s];
    return sum;
}

/* Whole numbers of children in proportion to share: rounded down, and what is left to the largest
 * remainders, the first of equals. Where all stagnate, all species with members share alike. */
static void share_out(wn_evolution *e, double *share, const uint32_t *members) {
    double sum = total(share, e->n_species);
    for (uint32_t s = 0; s < e->n_species && !(sum > 0); s++)
        share[s] = members[s] > 0;
    if (!(sum > 0))
        sum = total(share, e->n_species);
    uint32_t left = e->n;
    for (uint32_t s = 0; s < e->n_species; s++) {
        const double exact = share[s] / sum * e->n;
        e->species[s].offspring = (uint32_t)exact;
        left -= e->species[s].offspring;
        share[s] = share[s] > 0 ? exact - floor(exact) : -1;
    }
    for (; left > 0; left--) {
        uint32_t best = 0;
        for (uint32_t s = 1; s < e->n_species; s++)
            if (share[s] > share[best])
                best = s;
        e->species[best].offspring++;
        share[best] -= 1;
    }
}

wann_status wn_species_update(wn_evolution *e, wann_diag *diag) {
    move_threshold(e);
    WN_TRY(join(e, diag));
    const size_t n = e->n, k = e->n_species;
    double *score = wn_alloc((n + 2 * k) * sizeof *score + (n + k) * sizeof(uint32_t));
    if (!score)
        return wn_fail_memory(diag);
    double *share = score + n;
    uint32_t *order = (uint32_t *)(void *)(share + 2 * k);
    score_ranks(e, order, score);
    set_shares(e, score, share, share + k, order + n);
    share_out(e, share, order + n);
    wn_free(score);
    return WANN_OK;
}
