/* What it saves to evaluate a population of classifiers as one graph: how much of it is the same,
 * and the time of a generation as one graph against that of every network by itself in the lanes.
 * One thread; medians of interleaved rounds. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "envs/data/data.h"
#include "runtime/base/text.h"
#include "search/dag.h"
#include "search/evaluate.h"
#include "search/evolution.h"
#include "wann/run.h"
#include "wn_kernels_f32.h"

enum { ROUNDS = 5, WEIGHTS = 6, BLOCK = 64, MOST_CLASSES = 16 };

static const double weights[WEIGHTS] = {-2, -1, -0.5, 0.5, 1, 2};

/* The subject: a search under way, and its samples side by side. */
static wann_task *task;
static const wann_samples *samples;
static wn_pool *pool;
static wn_evaluator *evaluator;
static wn_evolution evolution;
static const wn_phenotype **nets;
static double *reward;
static float *column; /* [inputs][n] */

static void must(wann_status status, const wann_diag *diag) {
    if (status == WANN_OK)
        return;
    fprintf(stderr, "bench_population: %s\n", diag->text);
    exit(EXIT_FAILURE);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void run_graph(void) {
    const uint64_t seed = 1;
    const wn_trial trial = {.net = nets,
                            .n = evolution.n,
                            .weight = weights,
                            .n_weights = WEIGHTS,
                            .seed = &seed,
                            .n_seeds = 1};
    wn_effort effort = {0};
    wann_diag diag = {0};
    must(wn_evaluator_run(evaluator, &trial, reward, &effort, NULL, NULL, &diag), &diag);
}

/* The loss of a block of outputs, out[classes][BLOCK], in float as well. */
static double block_loss(const float *out, size_t first, size_t n) {
    float sum[BLOCK] = {0};
    double loss = 0;
    for (size_t c = 0; c < samples->classes; c++)
        for (size_t l = 0; l < BLOCK; l++)
            sum[l] += wn_exp(out[c * BLOCK + l]);
    for (size_t l = 0; l < n; l++)
        loss += (double)(logf(sum[l]) - out[samples->label[first + l] * BLOCK + l]);
    return loss;
}

static double run_apart(const wann_net *net) {
    static float out[MOST_CLASSES * BLOCK];
    wann_lanes *lanes;
    wann_diag diag = {0};
    double loss = 0;
    must(wann_lanes_create(net, &lanes, &diag), &diag);
    for (size_t w = 0; w < WEIGHTS; w++)
        for (size_t i = 0; i < samples->n; i += BLOCK) {
            const size_t n = samples->n - i < BLOCK ? samples->n - i : BLOCK;
            wann_lanes_run_f32(lanes, n, column + i, samples->n, NULL,
                               (wann_weights){weights[w], NULL}, out, BLOCK);
            loss += block_loss(out, i, n);
        }
    wann_lanes_destroy(lanes);
    return loss;
}

static int by_value(const void *a, const void *b) {
    const double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

static double median(double *values) {
    qsort(values, ROUNDS, sizeof *values, by_value);
    return values[ROUNDS / 2];
}

/* Both ways in turn: ms a generation. */
static void measure(double *graph, double *apart) {
    static volatile double sink;
    double one[ROUNDS], all[ROUNDS];
    for (size_t r = 0; r < ROUNDS; r++) {
        double start = now();
        run_graph();
        one[r] = now() - start;
        all[r] = 0;
        for (size_t i = 0; i < evolution.n; i++) {
            wann_net *net;
            wann_diag diag = {0};
            must(wn_phenotype_net(nets[i], NULL, &net, &diag), &diag);
            start = now();
            sink = sink + run_apart(net);
            all[r] += now() - start;
            wann_net_destroy(net);
        }
    }
    *graph = median(one);
    *apart = median(all);
}

static void print_number(double value, int digits) {
    char text[WN_NUMBER_SIZE];
    wn_format_fixed(text, value, digits);
    printf(" %s |", text);
}

static void print_row(void) {
    wn_dag dag = {0};
    wann_diag diag = {0};
    double graph, apart;
    must(wn_dag_build(&dag, nets, evolution.n, &diag), &diag);
    measure(&graph, &apart);
    const double outputs = (double)evolution.n * (double)samples->classes;
    printf("| %u |", (unsigned)evolution.generation);
    print_number((double)dag.all_nodes / evolution.n, 0);
    print_number((double)dag.all_conns / evolution.n, 0);
    print_number((double)dag.all_nodes / (double)dag.row_hash.n, 1);
    print_number((double)dag.all_conns / (double)(dag.source.n + dag.plain_source.n), 1);
    print_number(outputs / (double)dag.output_row.n, 1);
    print_number(apart, 1);
    print_number(graph, 2);
    print_number(apart / graph, 1);
    putchar('\n');
    wn_dag_free(&dag);
}

static void begin(void) {
    wann_diag diag = {0};
    wn_hyper hyper = wn_hyper_defaults(WN_WANN);
    const wann_env_type *type = wann_task_type(task);
    must(wann_task_samples(task, WANN_TRAIN, &samples, &diag), &diag);
    must(wn_pool_create(1, &pool, &diag), &diag);
    must(wn_evaluator_create(task, pool, NULL, &evaluator, &diag), &diag);
    must(wn_evolution_begin(&evolution, &hyper,
                            (wn_shape){(uint32_t)type->observations, (uint32_t)type->actions},
                            type->hidden_activations, 1, pool, &diag),
         &diag);
    nets = calloc(evolution.n, sizeof *nets);
    reward = calloc(evolution.n * WEIGHTS, sizeof *reward);
    column = calloc(samples->n * samples->inputs, sizeof *column);
    if (!nets || !reward || !column || samples->classes > MOST_CLASSES)
        must(WANN_NO_MEMORY, &(wann_diag){.text = "out of memory"});
    for (size_t i = 0; i < samples->n; i++)
        for (size_t k = 0; k < samples->inputs; k++)
            column[k * samples->n + i] = (float)samples->input[i * samples->inputs + k];
}

static void end(void) {
    free(nets);
    free(reward);
    free(column);
    wn_evolution_free(&evolution);
    wn_evaluator_destroy(evaluator);
    wn_pool_destroy(pool);
    wann_task_close(task);
}

int main(void) {
    enum { GENERATIONS = 400 };
    wann_diag diag = {0};
    if (!wn_data_present(wn_data_set_named("digits"))) {
        puts("skipped: the data set digits is not here; wann data get digits");
        return EXIT_SUCCESS;
    }
    must(wann_task_open("digits", NULL, &task, &diag), &diag);
    begin();
    printf(
        "A population of %u on %zu digits, %d weights; all: different is how many times fewer\n\n",
        (unsigned)evolution.n, samples->n, WEIGHTS);
    puts("| generation | nodes | connections | nodes, all: different | connections | outputs | "
         "apart ms | graph ms | times |");
    puts("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for (;;) {
        for (uint32_t i = 0; i < evolution.n; i++)
            nets[i] = evolution.population[i].phenotype;
        run_graph();
        const uint32_t g = evolution.generation;
        if (g == 50 || g == 200 || g == GENERATIONS)
            print_row();
        if (g == GENERATIONS)
            break;
        wn_evolution_tell(&evolution, reward, WEIGHTS);
        must(wn_evolution_breed(&evolution, &diag), &diag);
    }
    end();
    return EXIT_SUCCESS;
}
