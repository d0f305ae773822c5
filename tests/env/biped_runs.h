/* Many episodes of a walker, in as many threads as one likes. */
#ifndef BIPED_RUNS_H
#define BIPED_RUNS_H

#include "wann/env.h"
#include "wann/run.h"

enum { BIPED_OBSERVATIONS = 24, BIPED_ACTIONS = 4, BIPED_MOST_NODES = 256 };

typedef struct biped_episode {
    /* in */
    uint64_t seed;
    uint32_t steps;       /* at most */
    const wann_net *net;  /* NULL: a gait that kicks with the seed's rhythm */
    wann_weights weights; /* of net */
    /* out */
    double reward;
    uint32_t taken;
    bool terminated;
    uint64_t digest; /* of the bits of every observation and reward */
} biped_episode;

/* Run n episodes in n_threads threads, each with a world of its own that it uses again and again;
 * thread t runs episodes t, t + n_threads, .... False, after printing why, where one failed. */
bool biped_run(const char *task, const char *const *options, biped_episode *episode, size_t n,
               size_t n_threads);

#endif
