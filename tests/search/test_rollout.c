/* Episodes in lanes: the rewards that one episode after the other gives, the same bits for any
 * number of threads and whoever else is there. */
#include <math.h>

#include "search/evaluate.h"
#include "search/evolution.h"
#include "support/test.h"

enum { POPULATION = 40, WEIGHTS = 6, INPUTS = 5, MOST_SEEDS = 20 };

/* Without steps, at whose edge float and double part. */
enum { NO_STEP = 0x7fa };

static const double weights[WEIGHTS] = {-2, -1, -0.5, 0.5, 1, 2};
static uint64_t seeds[MOST_SEEDS];
static wann_task *task;
static wn_evolution evolution;
static wn_pool *pools[4]; /* [workers], from 1 on */

/* A population that has grown for some generations, by chance alone. */
static void make_population(wn_algorithm algorithm, int generations) {
    wn_hyper hyper = wn_hyper_defaults(algorithm);
    wann_diag diag = {0};
    CHECK(wn_hyper_assign(&hyper, "popSize=40", &diag) == WANN_OK);
    CHECK(wn_hyper_assign(&hyper, "prob_initEnable=0.7", &diag) == WANN_OK);
    evolution = (wn_evolution){0};
    CHECK_MSG(wn_evolution_begin(&evolution, &hyper, (wn_shape){INPUTS, 1}, NO_STEP, 7, pools[1],
                                 &diag) == WANN_OK,
              "%s", diag.text);
    wn_rng rng = wn_rng_stream(5, 5, 5, 5);
    for (int g = 0; g < generations; g++) {
        double reward[POPULATION];
        for (int i = 0; i < POPULATION; i++)
            reward[i] = wn_rng_normal(&rng) + evolution.population[i].connections;
        wn_evolution_tell(&evolution, reward, 1);
        CHECK_MSG(wn_evolution_breed(&evolution, &diag) == WANN_OK, "%s", diag.text);
    }
}

static wn_trial whole_trial(const wn_phenotype **nets, size_t n_seeds, uint32_t steps) {
    for (uint32_t i = 0; i < POPULATION; i++)
        nets[i] = evolution.population[i].phenotype;
    return (wn_trial){.net = nets,
                      .n = POPULATION,
                      .weight = weights,
                      .n_weights = WEIGHTS,
                      .seed = seeds,
                      .n_seeds = n_seeds,
                      .steps = steps};
}

static wn_effort run(const char *name, wn_pool *pool, const wn_trial *trial, double *reward) {
    wn_evaluator *evaluator;
    wn_effort effort = {0};
    wann_diag diag = {0};
    int done = 0;
    CHECK_MSG(wn_evaluator_create(task, pool, name, &evaluator, &diag) == WANN_OK, "%s", diag.text);
    CHECK_TEXT(wn_evaluator_name(evaluator), name ? name : "rollout");
    CHECK_MSG(wn_evaluator_run(evaluator, trial, reward, &effort, NULL, &done, &diag) == WANN_OK,
              "%s", diag.text);
    CHECK(done);
    wn_evaluator_destroy(evaluator);
    return effort;
}

/* Against wann_run in one world after the other: the same rewards but for rounding, and the same
 * ends. */
static void check_against_scalar(const wn_trial *trial, double room) {
    static double lanes[POPULATION * WEIGHTS], one[POPULATION * WEIGHTS];
    const wn_effort ours = run(NULL, pools[1], trial, lanes);
    const wn_effort theirs = run("scalar", pools[1], trial, one);
    int different = 0;
    const size_t n = POPULATION * wn_trial_rewards(trial);
    for (size_t i = 0; i < n; i++)
        different += !(fabs(lanes[i] - one[i]) <= room * fmax(1, fabs(one[i])));
    CHECK_MSG(different == 0, "%d of %zu rewards differ", different, n);
    CHECK(ours.steps == theirs.steps && ours.slots >= ours.steps && ours.slots % 16 == 0);
}

static void short_episodes_as_one_by_one(void) {
    const wn_phenotype *nets[POPULATION];
    make_population(WN_WANN, 60);
    const wn_trial trial = whole_trial(nets, 3, 8);
    check_against_scalar(&trial, 1e-5);
    wn_evolution_free(&evolution);
}

/* Many carts are chaotic with large weights; with small ones they can be followed, also to the end
 * of the track. */
static void longer_episodes_as_one_by_one(void) {
    const wn_phenotype *nets[POPULATION];
    make_population(WN_WANN, 60);
    wn_trial trial = whole_trial(nets, 3, 40);
    trial.weight = weights + 1;
    trial.n_weights = 4;
    check_against_scalar(&trial, 1e-5);
    trial.weight = weights + 2;
    trial.n_weights = 2;
    trial.steps = 300;
    check_against_scalar(&trial, 1e-3);
    wn_evolution_free(&evolution);
}

static void own_weights_as_one_by_one(void) {
    const wn_phenotype *nets[POPULATION];
    make_population(WN_NEAT, 40);
    wn_trial trial = whole_trial(nets, 3, 40);
    trial.n_weights = 0;
    check_against_scalar(&trial, 1e-5);
    wn_evolution_free(&evolution);
}

/* More episodes than there are lanes, of whole length: what ends makes room. Every episode's reward
 * is the one that it has alone. */
static void lanes_are_filled_again(void) {
    static double together[POPULATION * WEIGHTS], alone[MOST_SEEDS][POPULATION * WEIGHTS];
    const wn_phenotype *nets[POPULATION];
    make_population(WN_WANN, 60);
    wn_trial trial = whole_trial(nets, MOST_SEEDS, 0);
    trial.n = 6;
    run(NULL, pools[1], &trial, together);
    trial.n_seeds = 1;
    for (size_t s = 0; s < MOST_SEEDS; s++) {
        trial.seed = seeds + s;
        run(NULL, pools[1], &trial, alone[s]);
    }
    for (size_t i = 0; i < trial.n * WEIGHTS; i++) {
        double sum = 0;
        for (size_t s = 0; s < MOST_SEEDS; s++)
            sum += alone[s][i];
        CHECK_MSG(together[i] == sum / MOST_SEEDS, "%zu: %g, alone %g", i, together[i],
                  sum / MOST_SEEDS);
    }
    wn_evolution_free(&evolution);
}

static void any_company_and_threads(void) {
    static double first[POPULATION * WEIGHTS], other[POPULATION * WEIGHTS];
    const wn_phenotype *nets[POPULATION];
    make_population(WN_WANN, 100);
    wn_trial trial = whole_trial(nets, 3, 300);
    run(NULL, pools[1], &trial, first);
    for (size_t workers = 2; workers <= 3; workers++) {
        run(NULL, pools[workers], &trial, other);
        CHECK(memcmp(first, other, sizeof first) == 0);
    }
    trial.net = nets + 7;
    trial.n = 5;
    run(NULL, pools[1], &trial, other);
    CHECK(memcmp(first + 7 * WEIGHTS, other, 5 * WEIGHTS * sizeof *other) == 0);
    wn_evolution_free(&evolution);
}

/* Sums that leave the range of numbers: the worst reward, as one by one. */
static void overflow_is_the_worst(void) {
    const uint8_t activation[] = {WANN_ACT_SQUARED, WANN_ACT_SQUARED};
    const uint32_t first[] = {0, 1, 2}, source[] = {0, 6}, output[] = {7};
    const wn_phenotype net = {.inputs = INPUTS,
                              .outputs = 1,
                              .computed = 2,
                              .n_conns = 2,
                              .output = output,
                              .activation = activation,
                              .first = first,
                              .source = source};
    const wn_phenotype *nets[] = {&net};
    const double weight[] = {1, 1e30};
    double reward[2];
    const wn_trial trial = {.net = nets,
                            .n = 1,
                            .weight = weight,
                            .n_weights = 2,
                            .seed = seeds,
                            .n_seeds = 3,
                            .steps = 20};
    run(NULL, pools[1], &trial, reward);
    CHECK(fabs(reward[0]) < 100);
    CHECK(fabs(reward[1] / WN_WORST_REWARD - 1) < 1e-12);
}

static void stopping_is_noticed(void) {
    const wn_phenotype *nets[POPULATION];
    static double reward[POPULATION * WEIGHTS];
    volatile sig_atomic_t stop = 1;
    wn_evaluator *evaluator;
    wn_effort effort = {0};
    int done = 1;
    make_population(WN_WANN, 3);
    const wn_trial trial = whole_trial(nets, 3, 0);
    CHECK(wn_evaluator_create(task, pools[2], NULL, &evaluator, NULL) == WANN_OK);
    CHECK(wn_evaluator_run(evaluator, &trial, reward, &effort, &stop, &done, NULL) == WANN_OK);
    CHECK(!done && effort.steps == 0);
    wn_evaluator_destroy(evaluator);
    wn_evolution_free(&evolution);
}

int main(void) {
    for (size_t i = 0; i < MOST_SEEDS; i++)
        seeds[i] = 1000 + 17 * i;
    for (size_t workers = 1; workers <= 3; workers++)
        CHECK(wn_pool_create(workers, &pools[workers], NULL) == WANN_OK);
    CHECK(wann_task_open("swingup", NULL, &task, NULL) == WANN_OK);
    RUN(short_episodes_as_one_by_one);
    RUN(longer_episodes_as_one_by_one);
    RUN(own_weights_as_one_by_one);
    RUN(lanes_are_filled_again);
    RUN(any_company_and_threads);
    RUN(overflow_is_the_worst);
    RUN(stopping_is_noticed);
    wann_task_close(task);
    for (size_t workers = 1; workers <= 3; workers++)
        wn_pool_destroy(pools[workers]);
    return TEST_RESULT();
}
