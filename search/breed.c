/* From one generation to the next: ranking, culling, elites, tournaments, variation. */
#include <math.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "search/evolution.h"
#include "search/rank.h"

wn_expression wn_evolution_expression(const wn_evolution *evolution) {
    return (wn_expression){.released = WN_HYPER(&evolution->hyper, released_expression) != 0};
}

/* Individuals that breed among themselves: a species, or everybody. */
typedef struct group {
    uint32_t first;     /* into breeding.member, the best first */
    uint32_t survivors; /* of them that breed */
    uint32_t offspring;
    uint32_t elites;
} group;

typedef struct breeding {
    wn_evolution *evolution;
    uint32_t *member; /* [n] individuals, group by group */
    group *groups;    /* [n_groups] */
    uint32_t n_groups;
    uint32_t *of;        /* [n] group of each place in the next generation */
    uint32_t *elite;     /* [n] 1 + individual that takes the place as it is; 0: a child does */
    wn_individual *next; /* [n] */
    uint32_t attempt;    /* counted from 0 */
} breeding;

static bool counts_connections(const wn_evolution *e) {
    wn_rng rng = wn_rng_stream(e->seed, e->generation, 0, WN_FOR_RANKING);
    return wn_rng_uniform(&rng) < WN_HYPER(&e->hyper, alg_probMoo);
}

/* Rank the n individuals of order[] among themselves, the best first. */
static bool rank_some(const wn_evolution *e, bool small, wn_objectives *of, uint32_t *order,
                      uint32_t n, uint32_t *scratch) {
    for (uint32_t i = 0; i < n; i++) {
        const wn_individual *one = &e->population[order[i]];
        scratch[i] = order[i];
        of[i].first = one->fitness;
        of[i].second = small ? 1.0 / (one->connections ? one->connections : 1) : one->peak;
    }
    bool good = true;
    if (!small && WN_HYPER(&e->hyper, algorithm) == WN_NEAT) /* one weight each: no peak */
        wn_rank_single(of, n, order);
    else
        good = wn_rank_pareto(of, n, order);
    for (uint32_t i = 0; i < n; i++)
        order[i] = scratch[order[i]];
    return good;
}

wann_status wn_evolution_rank(const wn_evolution *e, uint32_t *order, wann_diag *diag) {
    const bool small = counts_connections(e);
    wn_objectives *of = wn_alloc(e->n * (sizeof *of + sizeof(uint32_t)));
    if (!of)
        return wn_fail_memory(diag);
    uint32_t *scratch = (uint32_t *)(void *)(of + e->n), most = 0, ranked = 0;
    bool good = true;
    for (uint32_t i = 0; i < e->n; i++)
        most = e->population[i].rounds > most ? e->population[i].rounds : most;
    for (uint32_t rounds = most + 1; good && rounds-- > 0 && ranked < e->n;) {
        const uint32_t first = ranked;
        for (uint32_t i = 0; i < e->n; i++)
            if (e->population[i].rounds == rounds)
                order[ranked++] = i;
        good = rank_some(e, small, of, order + first, ranked - first, scratch);
    }
    wn_free(of);
    return good ? WANN_OK : wn_fail_memory(diag);
}

static uint32_t survivors_of(const wn_hyper *hyper, uint32_t n) {
    return n - (uint32_t)floor(WN_HYPER(hyper, select_cullRatio) * n);
}

static uint32_t elites_of(const wn_hyper *hyper, uint32_t survivors) {
    return (uint32_t)floor(WN_HYPER(hyper, select_eliteRatio) * survivors);
}

uint32_t wn_evolution_elites(const wn_evolution *e) {
    return elites_of(&e->hyper, survivors_of(&e->hyper, e->n));
}

/* Sort the ranked individuals into their groups; each keeps the order. */
static void fill_groups(breeding *b, const uint32_t *order) {
    const wn_evolution *e = b->evolution;
    const bool species = WN_HYPER(&e->hyper, alg_speciate) == WN_SPECIES_NEAT;
    b->n_groups = species ? e->n_species : 1;
    for (uint32_t i = 0; i < e->n; i++)
        b->groups[species ? e->population[i].species : 0].survivors++;
    for (uint32_t g = 0, first = 0; g < b->n_groups; g++) {
        b->groups[g].first = first;
        b->groups[g].offspring = species ? e->species[g].offspring : e->n;
        first += b->groups[g].survivors;
        b->groups[g].survivors = 0;
    }
    for (uint32_t i = 0; i < e->n; i++) {
        group *g = &b->groups[species ? e->population[order[i]].species : 0];
        b->member[g->first + g->survivors++] = order[i];
    }
}

/* Who breeds, and who stays. */
static void select_members(breeding *b) {
    const wn_hyper *hyper = &b->evolution->hyper;
    uint32_t place = 0;
    for (uint32_t i = 0; i < b->n_groups; i++) {
        group *g = &b->groups[i];
        g->survivors = survivors_of(hyper, g->survivors);
        g->elites = elites_of(hyper, g->survivors);
        if (g->elites > g->offspring)
            g->elites = g->offspring;
        for (uint32_t k = 0; k < g->offspring; k++, place++) {
            b->of[place] = i;
            b->elite[place] = k < g->elites ? 1 + b->member[g->first + k] : 0;
        }
    }
}

/* The best of select_tournSize survivors, drawn with repetition: its place in the order. */
static uint32_t tournament(const breeding *b, const group *g, wn_rng *rng) {
    const uint32_t size = WN_HYPER_COUNT(&b->evolution->hyper, select_tournSize);
    uint64_t best = g->survivors;
    for (uint32_t k = 0; k < size; k++) {
        const uint64_t drawn = wn_rng_below(rng, g->survivors);
        if (drawn < best)
            best = drawn;
    }
    return (uint32_t)best;
}

static wann_status vary(const breeding *b, const wn_genome *fitter, const wn_genome *other,
                        wn_innovation innovation, wn_rng *rng, wn_genome **child, wann_diag *diag) {
    const wn_evolution *e = b->evolution;
    wn_genome *mixed = NULL;
    if (wn_rng_uniform(rng) < WN_HYPER(&e->hyper, prob_crossover))
        WN_TRY(WN_HYPER(&e->hyper, algorithm) == WN_NEAT
                   ? wn_crossover(fitter, other, rng, &mixed, diag)
                   : wn_join(fitter, other, rng, &mixed, diag));
    const wn_genome *parent = mixed ? mixed : fitter;
    const wann_status status =
        WN_HYPER(&e->hyper, algorithm) == WN_NEAT
            ? wn_mutate_neat(&e->variation, parent, innovation, rng, child, diag)
            : wn_mutate_wann(&e->variation, parent, innovation, rng, child, diag);
    wn_free(mixed);
    return status;
}

static wann_status express(const wn_evolution *e, wn_individual *one, wann_diag *diag) {
    one->phenotype = wn_express(one->genome, wn_evolution_expression(e), &one->connections);
    return one->phenotype ? WANN_OK : wn_fail_memory(diag);
}

/* One piece of work: the child in one place. The parent is the better of two tournaments. */
static wann_status make_child(void *context, size_t worker, size_t place, wann_diag *diag) {
    const breeding *b = context;
    (void)worker;
    if (b->elite[place] || b->next[place].genome)
        return WANN_OK;
    const wn_evolution *e = b->evolution;
    const group *g = &b->groups[b->of[place]];
    wn_rng rng = wn_rng_stream(e->seed, e->generation + 1, place + ((uint64_t)b->attempt << 32),
                               WN_FOR_BREEDING);
    const uint32_t x = tournament(b, g, &rng), y = tournament(b, g, &rng);
    const uint32_t fitter = b->member[g->first + (x < y ? x : y)];
    const uint32_t other = b->member[g->first + (x < y ? y : x)];
    const wn_innovation innovation = {e->innovation.conn + WN_CONNS_OF_CHILD * (uint32_t)place,
                                      e->innovation.node + WN_NODES_OF_CHILD * (uint32_t)place};
    wn_individual *child = &b->next[place];
    child->born = e->generation + 1;
    const wn_individual *parent = &e->population[fitter];
    WN_TRY(vary(b, parent->genome, e->population[other].genome, innovation, &rng, &child->genome,
                diag));
    child->connections = parent->connections;
    child->phenotype = wn_express_child(child->genome, parent->genome, parent->phenotype,
                                        wn_evolution_expression(e), &child->connections);
    return child->phenotype ? WANN_OK : wn_fail_memory(diag);
}

static void free_individual(wn_individual *one) {
    wn_free(one->genome);
    wn_free(one->phenotype);
    *one = (wn_individual){0};
}

static void free_individuals(wn_individual *individuals, uint32_t n) {
    for (uint32_t i = 0; individuals && i < n; i++)
        free_individual(&individuals[i]);
    wn_free(individuals);
}

/* Whether a network equals one of those in the table, into which it goes if not. */
static bool is_repeat(uint64_t *table, size_t size, uint64_t hash) {
    size_t at = hash & (size - 1);
    while (table[at] && table[at] != hash)
        at = (at + 1) & (size - 1);
    if (table[at] == hash && hash)
        return true;
    table[at] = hash;
    return false;
}

/* Give up the children that equal an elite or a child before them; elites are looked at first. */
static uint32_t drop_repeats(breeding *b, uint64_t *table, size_t size) {
    const wn_evolution *e = b->evolution;
    uint32_t dropped = 0;
    memset(table, 0, size * sizeof *table);
    for (uint32_t place = 0; place < e->n; place++)
        if (b->elite[place])
            is_repeat(table, size, e->population[b->elite[place] - 1].phenotype->hash);
    for (uint32_t place = 0; place < e->n; place++)
        if (!b->elite[place] && is_repeat(table, size, b->next[place].phenotype->hash)) {
            free_individual(&b->next[place]);
            dropped++;
        }
    return dropped;
}

/* All children. With distinct_children those that repeat another network are bred again, a few
 * times: small networks do not have that many different children. */
static wann_status make_children(breeding *b, wann_diag *diag) {
    const wn_evolution *e = b->evolution;
    const uint32_t attempts = WN_HYPER(&e->hyper, distinct_children) != 0 ? 4 : 0;
    WN_TRY(wn_pool_run(e->pool, e->n, make_child, b, NULL, NULL, diag));
    size_t size = 2;
    while (size < 2 * (size_t)e->n)
        size *= 2;
    uint64_t *table = attempts ? wn_alloc(size * sizeof *table) : NULL;
    wann_status status = attempts && !table ? wn_fail_memory(diag) : WANN_OK;
    while (status == WANN_OK && b->attempt < attempts && drop_repeats(b, table, size) > 0) {
        b->attempt++;
        status = wn_pool_run(e->pool, e->n, make_child, b, NULL, NULL, diag);
    }
    wn_free(table);
    return status;
}

/* Elites move over; the others end. */
static void replace_population(breeding *b) {
    wn_evolution *e = b->evolution;
    for (uint32_t place = 0; place < e->n; place++)
        if (b->elite[place]) {
            wn_individual *elite = &e->population[b->elite[place] - 1];
            b->next[place] = *elite;
            *elite = (wn_individual){0};
        }
    free_individuals(e->population, e->n);
    e->population = b->next;
    b->next = NULL;
    e->innovation.conn += WN_CONNS_OF_CHILD * e->n;
    e->innovation.node += WN_NODES_OF_CHILD * e->n;
    e->generation++;
    e->told = false;
}

/* Species that got no offspring end; individuals are assigned anew before the next use of indices.
 */
static void end_species(wn_evolution *e) {
    uint32_t kept = 0;
    for (uint32_t s = 0; s < e->n_species; s++) {
        if (e->species[s].offspring == 0)
            wn_free(e->species[s].seed);
        else
            e->species[kept++] = e->species[s];
    }
    e->n_species = kept;
}

static wann_status breed(breeding *b, uint32_t *order, wann_diag *diag) {
    wn_evolution *e = b->evolution;
    const bool species = WN_HYPER(&e->hyper, alg_speciate) == WN_SPECIES_NEAT;
    WN_TRY(wn_evolution_rank(e, order, diag));
    if (species)
        WN_TRY(wn_species_update(e, diag));
    fill_groups(b, order);
    select_members(b);
    WN_TRY(make_children(b, diag));
    replace_population(b);
    if (species)
        end_species(e);
    return WANN_OK;
}

wann_status wn_evolution_breed(wn_evolution *e, wann_diag *diag) {
    if (e->innovation.conn > UINT32_MAX - WN_CONNS_OF_CHILD * e->n)
        return wn_fail(diag, WANN_UNSUPPORTED, NULL, 0, 0, "the innovation numbers are used up");
    const size_t n = e->n;
    breeding b = {.evolution = e, .next = wn_calloc(n, sizeof *b.next)};
    uint32_t *numbers = wn_calloc(4 * n, sizeof *numbers);
    b.groups = wn_calloc(2 * n + 1, sizeof *b.groups); /* old species, and one more for each */
    wann_status status = wn_fail_memory(diag);
    if (b.next && numbers && b.groups) {
        b.member = numbers + n;
        b.of = numbers + 2 * n;
        b.elite = numbers + 3 * n;
        status = breed(&b, numbers, diag);
    }
    free_individuals(b.next, e->n);
    wn_free(numbers);
    wn_free(b.groups);
    return status;
}

static wann_status make_first(void *context, size_t worker, size_t i, wann_diag *diag) {
    wn_evolution *e = context;
    (void)worker;
    wn_rng rng = wn_rng_stream(e->seed, 0, i, WN_FOR_BIRTH);
    WN_TRY(wn_genome_initial(&e->variation, e->shape, &rng, &e->population[i].genome, diag));
    return express(e, &e->population[i], diag);
}

wann_status wn_evolution_begin(wn_evolution *e, const wn_hyper *hyper, wn_shape shape,
                               uint32_t activations, uint64_t seed, wn_pool *pool,
                               wann_diag *diag) {
    *e = (wn_evolution){.hyper = *hyper,
                        .shape = shape,
                        .seed = seed,
                        .pool = pool,
                        .n = WN_HYPER_COUNT(hyper, popSize),
                        .innovation = {wn_initial(shape), wn_first_hidden(shape)},
                        .threshold = WN_HYPER(hyper, spec_thresh)};
    e->variation = wn_variation_of(&e->hyper, activations);
    e->population = wn_calloc(e->n, sizeof *e->population);
    e->species = wn_calloc(2 * (size_t)e->n + 1, sizeof *e->species);
    wann_status status = e->population && e->species ? WANN_OK : wn_fail_memory(diag);
    if (status == WANN_OK)
        status = wn_pool_run(pool, e->n, make_first, e, NULL, NULL, diag);
    if (status != WANN_OK)
        wn_evolution_free(e);
    return status;
}

void wn_evolution_free(wn_evolution *e) {
    free_individuals(e->population, e->n);
    for (uint32_t s = 0; s < e->n_species; s++)
        wn_free(e->species[s].seed);
    wn_free(e->species);
    *e = (wn_evolution){0};
}

void wn_evolution_tell(wn_evolution *e, const double *reward, uint32_t rewards) {
    for (uint32_t i = 0; i < e->n; i++) {
        double sum = 0, peak = reward[(size_t)i * rewards];
        for (uint32_t k = 0; k < rewards; k++) {
            const double value = reward[(size_t)i * rewards + k];
            sum += value;
            peak = value > peak ? value : peak;
        }
        e->population[i].fitness = sum / rewards;
        e->population[i].peak = peak;
    }
    e->told = true;
}
