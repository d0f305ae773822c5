/* Steps a second of the walker, on one core.
 *
 * The walker's yardstick is what a step of the published champion takes in all; where
 * WANN_REFERENCE does not name the folder of its files, the walker only twitches and falls, which is
 * as much work for Box2D. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/rows.h"
#include "wann/env.h"
#include "wann/run.h"

enum { ROUNDS = 15, STEPS = 4000, MOST_NODES = 256 };

/* What the rows share; there is one. */
typedef struct subjects {
    wann_net *champion; /* NULL: none */
    double *tuned;
    wann_task *task;
    wann_env *walker;
    double observation[24];
    uint64_t seed;
} subjects;

static void act(subjects *s, long t, double *action) {
    double values[MOST_NODES];
    if (s->champion)
        wann_run(s->champion, s->observation, (wann_weights){.connection = s->tuned}, NULL, values,
                 action);
    else
        for (int k = 0; k < 4; k++)
            action[k] = sin(0.05 * (double)t + k);
}

/* Episodes one after the other, their beginnings included. */
static size_t walk(void *all) {
    subjects *s = all;
    for (long t = 0; t < STEPS; t++) {
        double action[4];
        wann_env_result result = {0};
        act(s, t, action);
        if (wann_env_step(s->walker, action, s->observation, &result, NULL) != WANN_OK ||
            result.terminated || result.truncated)
            wann_env_reset(s->walker, ++s->seed, s->observation, NULL);
    }
    return STEPS;
}

static size_t network(void *all) {
    subjects *s = all;
    double action[4], sum = 0;
    for (long t = 0; t < STEPS; t++) {
        act(s, t, action);
        sum += action[0];
    }
    s->observation[23] += 0 * sum;
    return STEPS;
}

static bench_row rows[] = {{"walker, with its network", walk, 0, 0},
                           {"its network alone, reference interpreter", network, 0, 0}};
enum { ROWS = sizeof rows / sizeof *rows };

static void open_champion(subjects *s) {
    const char *folder = getenv("WANN_REFERENCE");
    char net[4300], weights[4300];
    if (!folder)
        return;
    snprintf(net, sizeof net, "%s/champions/biped.out", folder);
    snprintf(weights, sizeof weights, "%s/champions/zoo/biped.wann.json", folder);
    const wann_read_options read = {.inputs = 24, .outputs = 4};
    if (wann_net_read(net, &read, &s->champion, NULL, NULL) == WANN_OK &&
        wann_weights_read(s->champion, weights, -1.87, &s->tuned, NULL) == WANN_OK)
        return;
    wann_net_destroy(s->champion);
    s->champion = NULL;
}

static bool open_subjects(subjects *s) {
    open_champion(s);
    return wann_task_open("biped", NULL, &s->task, NULL) == WANN_OK &&
           wann_env_create(s->task, &s->walker, NULL) == WANN_OK &&
           wann_env_reset(s->walker, 0, s->observation, NULL) == WANN_OK;
}

int main(int argc, char **argv) {
    static subjects s;
    const char *json;
    if (!bench_options(argc, argv, &json))
        return 2;
    bool good = open_subjects(&s);
    if (good) {
        bench_measure(rows, ROWS, ROUNDS, &s);
        good = bench_report("box2d",
                            s.champion ? "walker: the published champion, tuned, seeds 1, 2, ..."
                                       : "walker: twitches (no WANN_REFERENCE)",
                            rows, ROWS, json);
    } else {
        fputs("bench_box2d: the tasks do not open\n", stderr);
    }
    wann_env_destroy(s.walker);
    wann_task_close(s.task);
    wann_free(s.tuned);
    wann_net_destroy(s.champion);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
