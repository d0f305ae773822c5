/* Mutations by their properties: exactly one change, feed-forward kept, no connection twice,
 * numbers of innovation consistent; and breeding. */
#include <math.h>

#include "runtime/base/alloc.h"
#include "search/evolution.h"
#include "support/test.h"

static const wn_shape SHAPE = {5, 2};

static void check_legal(const wn_genome *genome) {
    wann_diag diag = {0};
    CHECK_MSG(wn_genome_verify(genome, &diag) == WANN_OK, "%s", diag.text);
}

/* How many genes of the common part differ. */
static uint32_t differences(const wn_genome *a, const wn_genome *b) {
    uint32_t n = 0;
    for (uint32_t k = 0; k < wn_genome_conns(a); k++) {
        const wn_link x = wn_genome_conn(a, k), y = wn_genome_conn(b, k);
        CHECK(x.innovation == y.innovation && x.source == y.source && x.target == y.target);
        n += a->enabled[k] != b->enabled[k];
    }
    for (uint32_t h = 0; h < a->n_hidden; h++) {
        CHECK(a->hidden[h].id == b->hidden[h].id);
        n += a->hidden[h].activation != b->hidden[h].activation;
    }
    return n;
}

/* The change from parent to child is that of one mutation. Which one is told by what grew. */
static wn_mutation check_one_change(const wn_genome *parent, const wn_genome *child,
                                    wn_innovation innovation) {
    const uint32_t links = child->n_links - parent->n_links;
    const uint32_t hidden = child->n_hidden - parent->n_hidden;
    const uint32_t changed = differences(parent, child);
    const uint32_t k = wn_genome_conns(parent);
    if (links == 2 && hidden == 1) {
        const wn_link in = wn_genome_conn(child, k), out = wn_genome_conn(child, k + 1);
        CHECK(changed == 1 && child->enabled[k] && child->enabled[k + 1]);
        CHECK(in.target == out.source && in.target == wn_genome_nodes(parent));
        CHECK(in.innovation == innovation.conn && out.innovation == innovation.conn + 1);
        CHECK(child->hidden[parent->n_hidden].id == innovation.node);
        for (uint32_t g = 0; g < k; g++)
            if (parent->enabled[g] != child->enabled[g]) {
                const wn_link old = wn_genome_conn(parent, g);
                CHECK(parent->enabled[g] && old.source == in.source && old.target == out.target);
            }
        return WN_ADD_NODE;
    }
    if (links == 1) {
        CHECK(hidden == 0 && changed == 0 && child->enabled[k]);
        CHECK(wn_genome_conn(child, k).innovation == innovation.conn);
        return WN_ADD_CONN;
    }
    CHECK(links == 0 && hidden == 0 && changed == 1);
    for (uint32_t g = 0; g < k; g++)
        if (parent->enabled[g] != child->enabled[g]) {
            CHECK(child->enabled[g]);
            return WN_ENABLE;
        }
    return WN_MUTATE_ACT;
}

/* Lines of descent of 300 children: every genome is legal, every change one. */
static void children_differ_by_one_change(void) {
    wn_hyper hyper = wn_hyper_defaults(WN_WANN);
    uint32_t seen[WN_MUTATIONS] = {0};
    for (uint64_t line = 0; line < 12; line++) {
        hyper.value[WN_HYPER_allow_output_connections] = line % 2 == 1;
        const wn_variation v = wn_variation_of(&hyper, 0);
        wn_rng rng = wn_rng_stream(11, line, 0, 0);
        wn_genome *genome = NULL;
        CHECK(wn_genome_initial(&v, SHAPE, &rng, &genome, NULL) == WANN_OK);
        wn_innovation innovation = {wn_initial(SHAPE), wn_first_hidden(SHAPE)};
        for (int i = 0; i < 300; i++) {
            wn_genome *child = NULL;
            CHECK(wn_mutate_wann(&v, genome, innovation, &rng, &child, NULL) == WANN_OK);
            check_legal(child);
            seen[check_one_change(genome, child, innovation)]++;
            innovation.conn += WN_CONNS_OF_CHILD;
            innovation.node += WN_NODES_OF_CHILD;
            wn_free(genome);
            genome = child;
        }
        wn_free(genome);
    }
    /* In proportion: 0.20, 0.25, 0.05, 0.50 of 3,600, four standard deviations and more. */
    CHECK_MSG(seen[WN_ADD_CONN] > 500 && seen[WN_ADD_CONN] < 900, "%u", seen[WN_ADD_CONN]);
    CHECK_MSG(seen[WN_ADD_NODE] > 750 && seen[WN_ADD_NODE] < 1050, "%u", seen[WN_ADD_NODE]);
    CHECK_MSG(seen[WN_ENABLE] > 120 && seen[WN_ENABLE] < 260, "%u", seen[WN_ENABLE]);
    CHECK_MSG(seen[WN_MUTATE_ACT] > 1650 && seen[WN_MUTATE_ACT] < 1950, "%u", seen[WN_MUTATE_ACT]);
}

static uint32_t no_place(wn_genome *child) {
    const bool none = child == NULL;
    wn_free(child);
    return none;
}

/* Where there is no place for a mutation, there is no child of it. */
static void mutations_know_their_place(void) {
    wn_hyper hyper = wn_hyper_defaults(WN_WANN);
    hyper.value[WN_HYPER_prob_initEnable] = 0;
    const wn_variation v = wn_variation_of(&hyper, 0);
    const wn_innovation innovation = {100, 100};
    wn_rng rng = wn_rng_stream(1, 0, 0, 0);
    wn_genome *genome, *child;
    CHECK(wn_genome_initial(&v, SHAPE, &rng, &genome, NULL) == WANN_OK);
    CHECK(wn_add_node(&v, genome, innovation, &rng, &child) && no_place(child));
    CHECK(wn_add_conn(&v, genome, innovation, &rng, &child) && no_place(child));
    CHECK(wn_mutate_act(&v, genome, &rng, &child) && no_place(child));
    CHECK(wn_enable(genome, &rng, &child) && !no_place(child));
    for (uint32_t k = 0; k < wn_genome_conns(genome); k++)
        genome->enabled[k] = 1;
    CHECK(wn_enable(genome, &rng, &child) && no_place(child));
    wn_free(genome);
}

/* Adding connections goes on until every pair of a lower and a higher layer is there. */
static void connections_fill_up(void) {
    const wn_hyper hyper = wn_hyper_defaults(WN_WANN);
    const wn_variation v = wn_variation_of(&hyper, 0);
    wn_rng rng = wn_rng_stream(2, 0, 0, 0);
    wn_genome *genome, *child;
    CHECK(wn_genome_initial(&v, SHAPE, &rng, &genome, NULL) == WANN_OK);
    wn_innovation innovation = {wn_initial(SHAPE), wn_first_hidden(SHAPE)};
    for (int i = 0; i < 3; i++, innovation.conn += 2, innovation.node++) {
        CHECK(wn_add_node(&v, genome, innovation, &rng, &child) && child);
        wn_free(genome);
        genome = child;
    }
    uint32_t added = 0;
    for (; wn_add_conn(&v, genome, innovation, &rng, &child) && child; innovation.conn++) {
        check_legal(child);
        wn_free(genome);
        genome = child;
        added++;
        CHECK(added < 100);
    }
    /* Six sources to each of three hidden nodes, and those to two outputs, at least. */
    CHECK(wn_genome_conns(genome) >= wn_initial(SHAPE) + 3 * 6 + 3 * 2);
    wn_free(genome);
}

static void activations_come_from_the_list(void) {
    wn_hyper hyper = wn_hyper_defaults(WN_WANN);
    CHECK(wn_variation_of(&hyper, 0).n_activations == 10);
    CHECK(wn_variation_of(&hyper, 1u << 3 | 1u << 5).n_activations == 2);
    hyper.value[WN_HYPER_alg_act] = 5;
    const wn_variation only = wn_variation_of(&hyper, 0);
    CHECK(only.n_activations == 1 && only.activation[0] == 5);
}

static void weights_stay_within_the_cap(void) {
    wn_hyper hyper = wn_hyper_defaults(WN_NEAT);
    hyper.value[WN_HYPER_ann_mutSigma] = 1;
    const wn_variation v = wn_variation_of(&hyper, 0);
    wn_innovation innovation = {wn_initial(SHAPE), wn_first_hidden(SHAPE)};
    wn_rng rng = wn_rng_stream(3, 0, 0, 0);
    wn_genome *genome, *child, *mixed;
    uint32_t at_cap = 0, others = 0;
    CHECK(wn_genome_initial(&v, SHAPE, &rng, &genome, NULL) == WANN_OK);
    for (int i = 0; i < 100; i++) {
        CHECK(wn_mutate_neat(&v, genome, innovation, &rng, &child, NULL) == WANN_OK);
        check_legal(child);
        CHECK(wn_crossover(child, genome, &rng, &mixed, NULL) == WANN_OK);
        check_legal(mixed);
        for (uint32_t k = 0; k < wn_genome_conns(mixed); k++) {
            const bool common = k < wn_genome_conns(genome);
            CHECK(fabs(mixed->weight[k]) <= 2);
            CHECK(mixed->weight[k] == child->weight[k] ||
                  (common && mixed->weight[k] == genome->weight[k]));
            at_cap += fabs(mixed->weight[k]) == 2;
            others += common && mixed->weight[k] != child->weight[k];
        }
        wn_free(genome);
        wn_free(mixed);
        genome = child;
        innovation.conn += WN_CONNS_OF_CHILD;
        innovation.node += WN_NODES_OF_CHILD;
    }
    CHECK(at_cap > 0 && others > 0 && genome->n_hidden > 3);
    wn_free(genome);
}

static wn_genome *mutated(const wn_variation *v, const wn_genome *from, int times,
                          wn_innovation *innovation, wn_rng *rng) {
    wn_genome *genome = wn_genome_grow(from, 0, 0), *child;
    for (int i = 0; i < times; i++) {
        CHECK(wn_mutate_wann(v, genome, *innovation, rng, &child, NULL) == WANN_OK);
        wn_free(genome);
        genome = child;
        innovation->conn += WN_CONNS_OF_CHILD;
        innovation->node += WN_NODES_OF_CHILD;
    }
    return genome;
}

static bool has_link(const wn_genome *genome, uint32_t innovation, uint8_t *enabled) {
    for (uint32_t k = 0; k < wn_genome_conns(genome); k++)
        if (wn_genome_conn(genome, k).innovation == innovation) {
            *enabled = genome->enabled[k];
            return true;
        }
    return false;
}

static bool has_node(const wn_genome *genome, uint32_t id) {
    for (uint32_t h = 0; h < genome->n_hidden; h++)
        if (genome->hidden[h].id == id)
            return true;
    return false;
}

static bool equal_genomes(const wn_genome *a, const wn_genome *b) {
    return a->n_links == b->n_links && a->n_hidden == b->n_hidden && differences(a, b) == 0;
}

/* What one of two siblings has, their child has, and nothing else. */
static void check_joined(const wn_genome *a, const wn_genome *b, const wn_genome *child) {
    uint8_t enabled = 0, theirs = 0;
    uint32_t missing = 0;
    check_legal(child);
    for (uint32_t h = 0; h < child->n_hidden; h++)
        CHECK(has_node(a, child->hidden[h].id) || has_node(b, child->hidden[h].id));
    for (uint32_t h = 0; h < a->n_hidden; h++)
        CHECK(has_node(child, a->hidden[h].id));
    for (uint32_t h = 0; h < b->n_hidden; h++)
        CHECK(has_node(child, b->hidden[h].id));
    for (uint32_t k = 0; k < wn_genome_conns(child); k++) {
        const uint32_t number = wn_genome_conn(child, k).innovation;
        const bool in_a = has_link(a, number, &enabled), in_b = has_link(b, number, &theirs);
        CHECK(in_a || in_b);
        if (in_a != in_b || enabled == theirs)
            CHECK(child->enabled[k] == (in_a ? enabled : theirs));
    }
    for (uint32_t k = 0; k < wn_genome_conns(a); k++)
        CHECK(has_link(child, wn_genome_conn(a, k).innovation, &enabled));
    for (uint32_t k = 0; k < wn_genome_conns(b); k++)
        missing += !has_link(child, wn_genome_conn(b, k).innovation, &enabled);
    CHECK(missing <= 1); /* both added the same pair */
}

static void siblings_are_joined(void) {
    const wn_hyper hyper = wn_hyper_defaults(WN_WANN);
    const wn_variation v = wn_variation_of(&hyper, 0);
    wn_rng rng = wn_rng_stream(9, 0, 0, 0);
    uint32_t joined = 0, cycles = 0;
    for (int i = 0; i < 300; i++) {
        wn_innovation innovation = {wn_initial(SHAPE), wn_first_hidden(SHAPE)};
        wn_genome *first, *child;
        CHECK(wn_genome_initial(&v, SHAPE, &rng, &first, NULL) == WANN_OK);
        wn_genome *ancestor = mutated(&v, first, i % 40, &innovation, &rng);
        wn_genome *a = mutated(&v, ancestor, 1 + i % 3, &innovation, &rng);
        wn_genome *b = mutated(&v, ancestor, 1 + i % 4, &innovation, &rng);
        CHECK(wn_join(a, b, &rng, &child, NULL) == WANN_OK);
        if (equal_genomes(child, a) && !equal_genomes(ancestor, b)) {
            cycles++; /* or b had nothing to give */
        } else {
            joined++;
            check_joined(a, b, child);
        }
        wn_free(child);
        CHECK(wn_join(a, a, &rng, &child, NULL) == WANN_OK && equal_genomes(a, child));
        wn_free(child);
        wn_free(first);
        wn_free(ancestor);
        wn_free(a);
        wn_free(b);
    }
    CHECK_MSG(joined > 200 && cycles < 60, "%u joined, %u not", joined, cycles);
}

/* Of a gene that only one has enabled: one has enabled it, or the other has split it. */
static void splits_and_enabled_genes_are_kept_apart(void) {
    const wn_hyper hyper = wn_hyper_defaults(WN_WANN);
    const wn_variation v = wn_variation_of(&hyper, 0);
    wn_rng rng = wn_rng_stream(10, 0, 0, 0);
    wn_innovation innovation = {wn_initial(SHAPE), wn_first_hidden(SHAPE)};
    wn_genome *ancestor = wn_genome_new(SHAPE, false), *a, *b, *child;
    ancestor->enabled[2] = 1;
    CHECK(wn_add_node(&v, ancestor, innovation, &rng, &a) && a && !a->enabled[2]);
    CHECK(wn_enable(ancestor, &rng, &b) && b && wn_genome_enabled(b) == 2);
    for (int way = 0; way < 2; way++) {
        CHECK(wn_join(way ? b : a, way ? a : b, &rng, &child, NULL) == WANN_OK);
        check_legal(child);
        CHECK(!child->enabled[2] && wn_genome_enabled(child) == 3 && child->n_hidden == 1);
        wn_free(child);
    }
    wn_free(a);
    a = mutated(&v, ancestor, 150, &innovation, &rng); /* too much to be taken over */
    CHECK(wn_join(b, a, &rng, &child, NULL) == WANN_OK && equal_genomes(b, child));
    wn_free(child);
    wn_free(ancestor);
    wn_free(a);
    wn_free(b);
}

/* A fitness that rewards connections of one kind, so that breeding has something to do. */
static double toy_fitness(const wn_individual *one) {
    double sum = 0;
    for (uint32_t h = 0; h < one->genome->n_hidden; h++)
        sum += one->genome->hidden[h].activation == WANN_ACT_SIN;
    return sum - 0.01 * one->connections;
}

static double best_after(const wn_hyper *hyper, int generations, size_t threads, uint64_t *digest) {
    wn_pool *pool;
    wn_evolution e = {0};
    double best = -1e9, reward[64];
    CHECK(wn_pool_create(threads, &pool, NULL) == WANN_OK);
    CHECK(wn_evolution_begin(&e, hyper, SHAPE, 0, 7, pool, NULL) == WANN_OK);
    for (int g = 0; g < generations; g++) {
        for (uint32_t i = 0; i < e.n; i++) {
            check_legal(e.population[i].genome);
            reward[i] = toy_fitness(&e.population[i]);
            *digest = *digest * 31 + e.population[i].phenotype->hash;
        }
        wn_evolution_tell(&e, reward, 1);
        double top = -1e9;
        for (uint32_t i = 0; i < e.n; i++)
            top = fmax(top, reward[i]);
        CHECK(top >= best || WN_HYPER(hyper, alg_speciate) == WN_SPECIES_NEAT); /* elites stay */
        best = fmax(best, top);
        CHECK(wn_evolution_breed(&e, NULL) == WANN_OK);
        CHECK(e.generation == (uint32_t)g + 1);
    }
    wn_evolution_free(&e);
    wn_pool_destroy(pool);
    return best;
}

static void breeding_improves_and_repeats(void) {
    for (int algorithm = WN_WANN; algorithm <= WN_NEAT; algorithm++) {
        wn_hyper hyper = wn_hyper_defaults((wn_algorithm)algorithm);
        CHECK(wn_hyper_assign(&hyper, "popSize=64", NULL) == WANN_OK);
        CHECK(wn_hyper_assign(&hyper, "alg_act=0", NULL) == WANN_OK);
        CHECK(wn_hyper_assign(&hyper, "alg_probMoo=0", NULL) == WANN_OK);
        CHECK(wn_hyper_assign(&hyper, "prob_addNode=0.25", NULL) == WANN_OK);
        uint64_t one = 0, three = 0;
        const double best = best_after(&hyper, 60, 1, &one);
        CHECK_MSG(best >= 5, "%g", best);
        CHECK(best_after(&hyper, 60, 3, &three) == best && one == three);
    }
}

/* Eight individuals, two of which survive culling; the best is the elite and stands first. */
static void selection_keeps_the_best(void) {
    wn_hyper hyper = wn_hyper_defaults(WN_WANN);
    const char *const set[] = {"popSize=8", "select_cullRatio=0.75", "select_eliteRatio=0.5",
                               "alg_probMoo=0", "prob_initEnable=0.5"};
    for (size_t i = 0; i < sizeof set / sizeof *set; i++)
        CHECK(wn_hyper_assign(&hyper, set[i], NULL) == WANN_OK);
    wn_pool *pool;
    wn_evolution e = {0};
    const double reward[8] = {0, 1, 2, 3, 4, 9, 8, 5};
    CHECK(wn_pool_create(1, &pool, NULL) == WANN_OK);
    CHECK(wn_evolution_begin(&e, &hyper, SHAPE, 0, 5, pool, NULL) == WANN_OK);
    wn_genome *parents[2];
    for (int i = 0; i < 2; i++)
        parents[i] = wn_genome_grow(e.population[5 + i].genome, 0, 0);
    wn_evolution_tell(&e, reward, 1);
    CHECK(wn_evolution_breed(&e, NULL) == WANN_OK);
    CHECK(differences(parents[0], e.population[0].genome) == 0 && e.population[0].born == 0);
    for (uint32_t i = 1; i < 8; i++) {
        const wn_genome *child = e.population[i].genome;
        const bool grown = child->n_links > 0;
        uint32_t least = 2;
        for (int p = 0; p < 2; p++) {
            const uint32_t n = differences(parents[p], child);
            least = n < least ? n : least;
        }
        CHECK(e.population[i].born == 1 && least <= 1 && (grown || least == 1));
    }
    for (int i = 0; i < 2; i++)
        wn_free(parents[i]);
    wn_evolution_free(&e);
    wn_pool_destroy(pool);
}

/* Two clusters of weights far apart become two species, and offspring are as many as individuals.
 */
static void species_part(void) {
    wn_hyper hyper = wn_hyper_defaults(WN_NEAT);
    CHECK(wn_hyper_assign(&hyper, "popSize=20", NULL) == WANN_OK);
    CHECK(wn_hyper_assign(&hyper, "spec_threshMin=0.5", NULL) == WANN_OK);
    CHECK(wn_hyper_assign(&hyper, "spec_thresh=1", NULL) == WANN_OK);
    CHECK(wn_hyper_assign(&hyper, "spec_dropOffAge=2", NULL) == WANN_OK);
    wn_pool *pool;
    wn_evolution e = {0};
    double reward[20];
    CHECK(wn_pool_create(1, &pool, NULL) == WANN_OK);
    CHECK(wn_evolution_begin(&e, &hyper, SHAPE, 0, 5, pool, NULL) == WANN_OK);
    for (uint32_t i = 0; i < e.n; i++)
        for (uint32_t k = 0; k < wn_initial(SHAPE); k++)
            e.population[i].genome->weight[k] = i < 10 ? -1.5 : 1.5;
    CHECK(wn_species_distance(&hyper, e.population[0].genome, e.population[19].genome) == 1.5);
    for (uint32_t age = 0; age < 5; age++) {
        for (uint32_t i = 0; i < e.n; i++)
            reward[i] = i < 10 ? (double)age : 0; /* the first improves, the second stagnates */
        wn_evolution_tell(&e, reward, 1);
        CHECK(wn_species_update(&e, NULL) == WANN_OK);
        CHECK(e.n_species == 2 && e.species[0].offspring + e.species[1].offspring == 20);
        for (uint32_t i = 0; i < e.n; i++)
            CHECK(e.population[i].species == (i < 10 ? 0 : 1));
        CHECK((e.species[1].offspring == 0) == (age > 2));
        CHECK(age == 0 || e.species[0].offspring > e.species[1].offspring);
    }
    wn_evolution_free(&e);
    wn_pool_destroy(pool);
}

int main(void) {
    RUN(children_differ_by_one_change);
    RUN(mutations_know_their_place);
    RUN(connections_fill_up);
    RUN(activations_come_from_the_list);
    RUN(weights_stay_within_the_cap);
    RUN(siblings_are_joined);
    RUN(splits_and_enabled_genes_are_kept_apart);
    RUN(breeding_improves_and_repeats);
    RUN(selection_keeps_the_best);
    RUN(species_part);
    return TEST_RESULT();
}
