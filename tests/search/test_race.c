/* What spends episodes where they tell most: races within a generation, children that repeat no
 * other, and the contest of a last population for a tuned and for a random weight. */
#include <math.h>

#include "runtime/base/alloc.h"
#include "search/targets.h"
#include "support/test.h"

enum { POPULATION = 48, EPISODES = 4, GENERATIONS = 12 };

static wann_task *task;
static wn_pool *pool;
static wn_evaluator *evaluator;
static volatile sig_atomic_t stop;

static void begin(wn_evolution *e, const char *setting) {
    const char *const settings[] = {"popSize=48",         "alg_nReps=4", "prob_initEnable=0.7",
                                    "select_tournSize=4", "bestReps=5",  setting};
    wn_hyper hyper = wn_hyper_defaults(WN_WANN);
    wann_diag diag = {0};
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        CHECK_MSG(wn_hyper_assign(&hyper, settings[i], &diag) == WANN_OK, "%s", diag.text);
    CHECK(wn_evolution_begin(e, &hyper, (wn_shape){5, 1}, 0, 7, pool, &diag) == WANN_OK);
}

static void assess(wn_evolution *e, wn_assessor *assessor) {
    int done = 0;
    wann_diag diag = {0};
    CHECK_MSG(wn_assess_generation(assessor, e, &done, &diag) == WANN_OK && done, "%s", diag.text);
}

static void evolve(wn_evolution *e, wn_assessor *assessor) {
    for (int g = 0; g < GENERATIONS; g++) {
        assess(e, assessor);
        CHECK(wn_evolution_breed(e, NULL) == WANN_OK);
    }
    assess(e, assessor);
}

/* Who stays to the end gets what it would have got without a race, and is ranked before the others;
 * the elites do, and the best of all if its first episodes do not belie it. */
static void race_changes_nobody_who_stays(void) {
    wn_assessor all = {.evaluator = evaluator}, some = {.evaluator = evaluator};
    wn_evolution e, raced;
    begin(&e, "race=1");
    begin(&raced, "race=0.5");
    assess(&e, &all);
    assess(&raced, &some);
    uint32_t order[POPULATION], stayed = 0, rounds = 0;
    for (uint32_t i = 0; i < POPULATION; i++) {
        const wn_individual *one = &raced.population[i];
        CHECK(e.population[i].rounds == 1);
        CHECK(one->rounds >= 1 && one->rounds <= EPISODES);
        rounds += one->rounds;
        if (one->rounds == EPISODES) {
            stayed++;
            CHECK_MSG(fabs(one->fitness - e.population[i].fitness) < 1e-9 * fabs(one->fitness),
                      "%g, not %g", one->fitness, e.population[i].fitness);
        }
    }
    CHECK(wn_evolution_rank(&raced, order, NULL) == WANN_OK);
    for (uint32_t i = 1; i < POPULATION; i++)
        CHECK(raced.population[order[i]].rounds <= raced.population[order[i - 1]].rounds);
    CHECK(stayed >= wn_evolution_elites(&raced) && wn_evolution_elites(&raced) == 7);
    /* 48 + 24 + 12 + 7 of 4 * 48; repeats stay with whom they repeat */
    CHECK_MSG(rounds >= 91 && rounds < 130, "%u rounds", rounds);
    CHECK((double)some.evaluations < 0.7 * (double)all.evaluations);
    CHECK((double)some.effort.steps < 0.7 * (double)all.effort.steps);
    wn_evolution_free(&e);
    wn_evolution_free(&raced);
}

static void race_can_be_cut_short(void) {
    wn_assessor assessor = {.evaluator = evaluator, .stop = &stop};
    wn_evolution e, again;
    begin(&e, "race=0.5");
    begin(&again, "race=0.5");
    int done = 1;
    stop = 1;
    CHECK(wn_assess_generation(&assessor, &e, &done, NULL) == WANN_OK);
    CHECK(!done && !e.told);
    stop = 0;
    assess(&e, &assessor);
    assess(&again, &assessor);
    for (uint32_t i = 0; i < POPULATION; i++)
        CHECK(e.population[i].fitness == again.population[i].fitness);
    wn_evolution_free(&e);
    wn_evolution_free(&again);
}

static uint32_t repeats(const wn_evolution *e) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < e->n; i++)
        for (uint32_t j = 0; j < i; j++)
            if (e->population[i].phenotype->hash == e->population[j].phenotype->hash) {
                n++;
                break;
            }
    return n;
}

static void children_are_distinct_if_asked(void) {
    wn_assessor assessor = {.evaluator = evaluator};
    wn_evolution usual, distinct;
    begin(&usual, "distinct_children=0");
    begin(&distinct, "distinct_children=1");
    evolve(&usual, &assessor);
    evolve(&distinct, &assessor);
    CHECK_MSG(repeats(&usual) > 0, "no repeats to tell by");
    CHECK_MSG(repeats(&distinct) == 0, "%u repeats", repeats(&distinct));
    wn_evolution_free(&usual);
    wn_evolution_free(&distinct);
}

/* Mean over weights from -2 to 2, and the best of them, on episodes that nobody has seen. */
static void measure(wn_assessor *assessor, const wn_evolution *e, const wn_genome *genome,
                    double *mean, double *best) {
    enum { GRID = 16 };
    wn_phenotype *net = wn_express(genome, wn_evolution_expression(e), NULL);
    double weight[GRID], reward[GRID];
    int done;
    for (int k = 0; k < GRID; k++)
        weight[k] = -2 + 4 * (k + 0.5) / GRID;
    CHECK(net &&
          wn_assess_networks(assessor, (const wn_phenotype *const *)&net, 1, weight, GRID, 40,
                             wn_rng_stream(1, 2, 3, 99), reward, &done, NULL) == WANN_OK);
    *mean = 0;
    *best = reward[0];
    for (int k = 0; k < GRID; k++) {
        *mean += reward[k] / GRID;
        *best = fmax(*best, reward[k]);
    }
    wn_free(net);
}

/* Each champion is at least as good for its target as the other one, on fresh episodes; the contest
 * again gives the same; one that is cut short leaves them as they are. */
static void contest_finds_the_best_for_each_target(void) {
    wn_assessor assessor = {.evaluator = evaluator, .stop = &stop};
    wn_evolution e;
    begin(&e, "race=1");
    wn_targets targets = {0};
    double value[WN_TARGETS], mean[WN_TARGETS], best[WN_TARGETS];
    int done = 0;
    evolve(&e, &assessor);
    CHECK(wn_targets_contest(&targets, &e, 3, &assessor, value, &done, NULL) == WANN_OK && done);
    for (int t = 0; t < WN_TARGETS; t++) {
        CHECK(targets.best[t].genome && targets.start[t] == 3);
        CHECK(value[t] == wn_target_value((wn_target)t, &targets.best[t]));
        measure(&assessor, &e, targets.best[t].genome, &mean[t], &best[t]);
    }
    CHECK_MSG(best[WN_FOR_TUNED_WEIGHT] > 0.9 * best[WN_FOR_RANDOM_WEIGHT], "%g and %g",
              best[WN_FOR_TUNED_WEIGHT], best[WN_FOR_RANDOM_WEIGHT]);
    CHECK_MSG(mean[WN_FOR_RANDOM_WEIGHT] > 0.9 * mean[WN_FOR_TUNED_WEIGHT], "%g and %g",
              mean[WN_FOR_RANDOM_WEIGHT], mean[WN_FOR_TUNED_WEIGHT]);
    CHECK(fabs(targets.best[WN_FOR_RANDOM_WEIGHT].fitness - mean[WN_FOR_RANDOM_WEIGHT]) <
          0.25 * mean[WN_FOR_RANDOM_WEIGHT]);
    const uint64_t hash = targets.best[0].hash;
    stop = 1;
    CHECK(wn_targets_contest(&targets, &e, 4, &assessor, value, &done, NULL) == WANN_OK && !done);
    stop = 0;
    CHECK(targets.start[0] == 3 && targets.best[0].hash == hash);
    CHECK(wn_targets_contest(&targets, &e, 4, &assessor, value, &done, NULL) == WANN_OK && done);
    CHECK(targets.best[0].hash == hash);
    wn_targets_free(&targets);
    wn_evolution_free(&e);
}

int main(void) {
    wann_diag diag = {0};
    CHECK_MSG(wann_task_open("swingup_hard", NULL, &task, &diag) == WANN_OK, "%s", diag.text);
    CHECK(wn_pool_create(2, &pool, &diag) == WANN_OK);
    CHECK(wn_evaluator_create(task, pool, NULL, &evaluator, &diag) == WANN_OK);
    RUN(race_changes_nobody_who_stays);
    RUN(race_can_be_cut_short);
    RUN(children_are_distinct_if_asked);
    RUN(contest_finds_the_best_for_each_target);
    wn_evaluator_destroy(evaluator);
    wn_pool_destroy(pool);
    wann_task_close(task);
    return TEST_RESULT();
}
