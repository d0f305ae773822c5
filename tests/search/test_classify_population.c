/* A population as one graph: the rewards that each network would get alone, the same bits whoever
 * else is there, on every vector unit and for any number of threads. */
#include <math.h>
#include <unistd.h>

#include "runtime/base/alloc.h"
#include "runtime/base/file.h"
#include "runtime/base/text.h"
#include "search/batch.h"
#include "search/dag_run.h"
#include "search/evaluate.h"
#include "search/evolution.h"
#include "support/test.h"
#include "wann/run.h"

/* Steps would be at their edge now and then, where float and double part. */
enum { NO_STEP = 0x7fa };
enum { POPULATION = 60, ROWS = 500, INPUTS = 6, CLASSES = 4, WEIGHTS = 6 };

static const double weights[WEIGHTS] = {-2, -1, -0.5, 0.5, 1, 2};
static char table[] = "/tmp/wann-population-XXXXXX";
static wann_task *task;
static wn_evolution evolution;
static wn_pool *pools[4]; /* [workers], from 1 on */

static void make_task(double scale) {
    wn_buf text = {0};
    wn_rng rng = wn_rng_stream(1, 2, 3, 4);
    char name[100];
    for (int i = 0; i < ROWS; i++) {
        for (int k = 0; k < INPUTS; k++) {
            wn_buf_double(&text, scale * wn_rng_normal(&rng));
            wn_buf_char(&text, ',');
        }
        wn_buf_print(&text, "%d\n", (int)wn_rng_below(&rng, CLASSES));
    }
    CHECK(wn_file_write(table, text.data, text.length, 0600, NULL) == WANN_OK);
    wn_buf_free(&text);
    snprintf(name, sizeof name, "classify:%s", table);
    CHECK(wann_task_open(name, NULL, &task, NULL) == WANN_OK);
}

/* A population that has grown for some generations, by chance alone. */
static void make_population(wn_algorithm algorithm, int generations) {
    wn_hyper hyper = wn_hyper_defaults(algorithm);
    wann_diag diag = {0};
    CHECK(wn_hyper_assign(&hyper, "popSize=60", &diag) == WANN_OK);
    CHECK(wn_hyper_assign(&hyper, "prob_initEnable=0.5", &diag) == WANN_OK);
    evolution = (wn_evolution){0};
    CHECK_MSG(wn_evolution_begin(&evolution, &hyper, (wn_shape){INPUTS, CLASSES}, NO_STEP, 7,
                                 pools[1], &diag) == WANN_OK,
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

static void end(void) {
    wn_evolution_free(&evolution);
    wann_task_close(task);
}

/* By the reference, in double. *wild: an output is so large that float may lose it. */
static double expected_reward(const wn_phenotype *p, double weight, uint64_t seed, size_t n,
                              bool *wild) {
    const wann_samples *s;
    static uint32_t index[ROWS];
    wn_net *net;
    CHECK(wann_task_samples(task, WANN_TRAIN, &s, NULL) == WANN_OK);
    CHECK(wn_phenotype_net(p, NULL, &net, NULL) == WANN_OK);
    double *act = wn_calloc(wann_net_nodes(net), sizeof *act), out[CLASSES], loss = 0;
    const wann_weights w = {weight, wann_net_weights(net)};
    wn_batch_draw(seed, ROWS, n, index);
    for (size_t i = 0; i < n; i++) {
        wann_run(net, s->input + index[i] * INPUTS, w, NULL, act, out);
        double most = out[0], sum = 0;
        for (int o = 1; o < CLASSES; o++)
            most = fmax(most, out[o]);
        for (int o = 0; o < CLASSES; o++)
            sum += exp(out[o] - most);
        loss += log(sum) + most - out[s->label[index[i]]];
        for (size_t k = 0; k < wann_net_nodes(net); k++)
            *wild = *wild || !(fabs(act[k]) < 1e4);
    }
    wn_free(act);
    wann_net_destroy(net);
    return -loss / (double)n;
}

static wn_trial whole_trial(const wn_phenotype **nets, const uint64_t *seed, bool weighted,
                            uint32_t batch) {
    for (uint32_t i = 0; i < POPULATION; i++)
        nets[i] = evolution.population[i].phenotype;
    return (wn_trial){.net = nets,
                      .n = POPULATION,
                      .weight = weights,
                      .n_weights = weighted ? 0 : WEIGHTS,
                      .seed = seed,
                      .n_seeds = 1,
                      .batch = batch};
}

static void run(wn_pool *pool, const wn_trial *trial, double *reward) {
    wn_evaluator *evaluator;
    wn_effort effort = {0};
    wann_diag diag = {0};
    int done = 0;
    CHECK_MSG(wn_evaluator_create(task, pool, NULL, &evaluator, &diag) == WANN_OK, "%s", diag.text);
    CHECK_TEXT(wn_evaluator_name(evaluator), "classify");
    for (int again = 0; again < 2; again++) /* buffers are used again */
        CHECK(wn_evaluator_run(evaluator, trial, reward, &effort, NULL, &done, &diag) == WANN_OK);
    CHECK(done && effort.steps > 0);
    wn_evaluator_destroy(evaluator);
}

static void check_rewards(bool weighted, uint32_t batch) {
    const wn_phenotype *nets[POPULATION];
    const uint64_t seed = 99;
    double reward[POPULATION * WEIGHTS];
    const wn_trial trial = whole_trial(nets, &seed, weighted, batch);
    const size_t rewards = wn_trial_rewards(&trial);
    int compared = 0;
    run(pools[1], &trial, reward);
    for (size_t i = 0; i < POPULATION * rewards; i++) {
        bool wild = false;
        const double expected = expected_reward(nets[i / rewards], weights[i % rewards], seed,
                                                batch ? batch : ROWS, &wild);
        if (wild)
            continue;
        compared++;
        CHECK_MSG(fabs(reward[i] - expected) <= 2e-5 * fmax(1, fabs(expected)), "%zu: %g, not %g",
                  i, reward[i], expected);
    }
    printf("compared %d of %zu\n", compared, POPULATION * rewards);
    CHECK(compared > (int)(POPULATION * rewards / 2));
}

static void rewards_of_the_reference(void) {
    make_task(1);
    make_population(WN_WANN, 60);
    check_rewards(false, 0);
    check_rewards(false, 100);
    check_rewards(false, 128);
    check_rewards(false, 1);
    check_rewards(false, 65);
    end();
    make_task(1);
    make_population(WN_NEAT, 40);
    check_rewards(true, 0);
    end();
}

/* Outputs of hundreds: the largest has to be taken out before the exponentials. */
static void large_outputs(void) {
    make_task(100);
    make_population(WN_WANN, 5);
    check_rewards(false, 0);
    end();
}

static void threads_and_company(void) {
    const wn_phenotype *nets[POPULATION];
    const uint64_t seed = 3;
    double reward[POPULATION * WEIGHTS], other[POPULATION * WEIGHTS];
    make_task(1);
    make_population(WN_WANN, 80);
    const wn_trial trial = whole_trial(nets, &seed, false, 0);
    run(pools[1], &trial, reward);
    for (int workers = 2; workers < 4; workers++) {
        run(pools[workers], &trial, other);
        CHECK(memcmp(reward, other, sizeof reward) == 0);
    }
    for (size_t from = 0; from < POPULATION; from += 7) {
        wn_trial part = trial;
        part.net = nets + from;
        part.n = POPULATION - from < 7 ? POPULATION - from : 7;
        run(pools[2], &part, other);
        CHECK(memcmp(reward + from * WEIGHTS, other, part.n * WEIGHTS * sizeof *other) == 0);
    }
    end();
}

/* One block on each unit that is there. */
static void same_on_all_units(void) {
    make_task(1);
    make_population(WN_WANN, 80);
    const wn_phenotype *nets[POPULATION];
    const wann_samples *s;
    const uint64_t seed = 3;
    const wn_trial trial = whole_trial(nets, &seed, false, 0);
    wn_dag dag = {0};
    wn_dag_scratch scratch = {0};
    enum { N = 50 };
    static float sample[N * INPUTS], weight[2] = {-1, 2};
    uint32_t index[N], label_first[CLASSES + 1] = {0, 10, 20, 45, N};
    CHECK(wn_dag_build(&dag, trial.net, trial.n, NULL) == WANN_OK);
    CHECK(wn_dag_scratch_fit(&scratch, &dag, NULL) == WANN_OK);
    CHECK(wann_task_samples(task, WANN_TRAIN, &s, NULL) == WANN_OK);
    for (int i = 0; i < N; i++)
        index[i] = (uint32_t)i;
    for (int i = 0; i < N * INPUTS; i++)
        sample[i] = (float)s->input[i];
    const size_t losses = 2 * (size_t)dag.n_nets, sums = 2 * dag.pair_output.n;
    wn_dag_loss *loss = wn_calloc(2 * losses, sizeof *loss);
    float *label_sum = wn_calloc(2 * sums, sizeof *label_sum);
    int units = 0;
    for (int unit = 0; unit < WN_UNITS; unit++) {
        if (!wn_unit_present((wn_unit)unit))
            continue;
        const size_t at = units++ > 0;
        const wn_dag_run r = {.dag = &dag,
                              .weight = weight,
                              .n_weights = 2,
                              .sample = sample,
                              .index = index,
                              .label_first = label_first,
                              .n = N,
                              .largest = wn_dag_largest(CLASSES),
                              .loss = loss + at * losses,
                              .label_sum = label_sum + at * sums};
        wn_dag_block_on((wn_unit)unit)(&r, 0, &scratch);
        CHECK(!at || memcmp(loss, loss + losses, losses * sizeof *loss) == 0);
        CHECK(!at || memcmp(label_sum, label_sum + sums, sums * sizeof *label_sum) == 0);
    }
    printf("%d units; %u networks, %llu nodes of which %zu differ\n", units, (unsigned)dag.n_nets,
           (unsigned long long)dag.all_nodes, dag.row_hash.n);
    CHECK(dag.row_hash.n < dag.all_nodes / 3);
    wn_free(loss);
    wn_free(label_sum);
    wn_dag_scratch_free(&scratch);
    wn_dag_free(&dag);
    end();
}

static void batches_are_drawn_evenly(void) {
    enum { N = 50, TIMES = 2000 };
    static uint32_t index[N], seen[N];
    for (uint64_t seed = 0; seed < TIMES; seed++) {
        bool now[N] = {false};
        wn_batch_draw(seed, N, 10, index);
        for (int i = 0; i < 10; i++) {
            CHECK(index[i] < N && !now[index[i]]);
            now[index[i]] = true;
            seen[index[i]]++;
        }
    }
    for (int i = 0; i < N; i++) /* mean 400, deviation 18 */
        CHECK_MSG(seen[i] > 310 && seen[i] < 490, "sample %d: %u times", i, (unsigned)seen[i]);
}

int main(void) {
    const int fd = mkstemp(table);
    if (fd < 0)
        return TEST_SKIP;
    close(fd);
    for (size_t i = 1; i < 4; i++)
        CHECK(wn_pool_create(i, &pools[i], NULL) == WANN_OK);
    RUN(batches_are_drawn_evenly);
    RUN(rewards_of_the_reference);
    RUN(large_outputs);
    RUN(threads_and_company);
    RUN(same_on_all_units);
    for (size_t i = 1; i < 4; i++)
        wn_pool_destroy(pools[i]);
    CHECK(unlink(table) == 0);
    return TEST_RESULT();
}
