/* A task that misbehaves where it is told to, for tests of what comes of it: a plug-in.
 *
 * Options: mood=fail|crash|end (a step that fails, a segmentation fault, an exit), rank=N (in that
 * process of those that mpirun starts; any if not given), after=N (at the Nth episode of the
 * process), slow=N (each step takes so many microseconds). */
#define _GNU_SOURCE
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wann/env.h"

typedef struct world {
    char mood[16];
    long rank, after, slow;
    double at, speed;
    unsigned now;
} world;

static atomic_long episodes; /* begun in this process */

static int create(const char *const *options, void **out, wann_env_error *error) {
    world *w = calloc(1, sizeof *w);
    if (!w)
        return WANN_NO_MEMORY;
    w->rank = -1;
    for (; options && *options; options++) {
        const char *value = strchr(*options, '=') + 1;
        if (strncmp(*options, "mood=", 5) == 0)
            snprintf(w->mood, sizeof w->mood, "%s", value);
        else if (strncmp(*options, "rank=", 5) == 0)
            w->rank = strtol(value, NULL, 10);
        else if (strncmp(*options, "after=", 6) == 0)
            w->after = strtol(value, NULL, 10);
        else if (strncmp(*options, "slow=", 5) == 0)
            w->slow = strtol(value, NULL, 10);
        else {
            snprintf(error->text, sizeof error->text, "unknown option '%s'", *options);
            free(w);
            return WANN_INPUT;
        }
    }
    *out = w;
    return WANN_OK;
}

static void observe(const world *w, double *observation) {
    observation[0] = w->at;
    observation[1] = w->speed;
}

static int reset(void *self, uint64_t seed, double *observation, wann_env_error *error) {
    world *w = self;
    const char *rank = getenv("OMPI_COMM_WORLD_RANK");
    const bool here = w->rank < 0 || (rank && strtol(rank, NULL, 10) == w->rank);
    if (atomic_fetch_add(&episodes, 1) + 1 >= w->after && here && w->mood[0]) {
        if (strcmp(w->mood, "crash") == 0)
            raise(SIGSEGV);
        if (strcmp(w->mood, "end") == 0)
            _exit(3);
        snprintf(error->text, sizeof error->text, "the moody task does not feel like it");
        return WANN_INPUT;
    }
    w->at = (double)(seed % 1000) / 1000;
    w->speed = 0;
    w->now = 0;
    observe(w, observation);
    return WANN_OK;
}

static int step(void *self, const double *action, double *observation, wann_env_result *result,
                wann_env_error *error) {
    world *w = self;
    (void)error;
    if (w->slow > 0)
        usleep((useconds_t)w->slow);
    const double push = action[0] > 1 ? 1 : action[0] < -1 ? -1 : action[0];
    w->speed = 0.9 * w->speed + 0.1 * push - 0.05 * w->at;
    w->at += w->speed;
    *result = (wann_env_result){.reward = 1 - w->at * w->at, .truncated = ++w->now == 50};
    observe(w, observation);
    return WANN_OK;
}

WANN_API extern const wann_env_type wann_env_plugin;
const wann_env_type wann_env_plugin = {.abi = WANN_ENV_ABI,
                                       .size = sizeof(wann_env_type),
                                       .name = "moody",
                                       .summary =
                                           "stay away from the middle, or do something worse",
                                       .observations = 2,
                                       .actions = 1,
                                       .create = create,
                                       .destroy = free,
                                       .steps = 50,
                                       .reset = reset,
                                       .step = step};
