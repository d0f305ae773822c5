/* A run of tuning, from the inside. */
#ifndef WN_TUNE_H
#define WN_TUNE_H

#include "search/pool.h"
#include "wann/tune.h"

typedef enum wn_tune_key {
#define X(kind, key, value, least, largest, methods, help) WN_TUNE_##key,
#include "search/tune/tune.def"
#undef X
    WN_TUNE_KEYS
} wn_tune_key;

typedef struct wn_tune_settings {
    double value[WN_TUNE_KEYS];
} wn_tune_settings;
#define WN_TUNE(settings, key)       ((settings)->value[WN_TUNE_##key])
#define WN_TUNE_COUNT(settings, key) ((size_t)(settings)->value[WN_TUNE_##key])

wn_tune_settings wn_tune_defaults(wann_tune_method method);
/* "key=value". WANN_ARGUMENT: an unknown key (the nearest is named), one that the method does not
 * know, a value out of range. */
wann_status wn_tune_assign(wn_tune_settings *settings, wann_tune_method method, const char *text,
                           wann_diag *diag);
const char *wn_tune_key_name(wn_tune_key key);
/* Whether a method knows a key. */
bool wn_tune_knows(wann_tune_method method, wn_tune_key key);
const char *wn_tune_word(wann_tune_method method);

/* What random numbers and episodes are for. Episodes of one purpose are never those of another. */
typedef enum wn_tune_purpose {
    WN_TUNE_SWEEPING = 1,
    WN_TUNE_RACING,
    WN_TUNE_TRAINING,
    WN_TUNE_VALIDATING,
    WN_TUNE_TESTING,
    WN_TUNE_SHUFFLING
} wn_tune_purpose;

typedef struct wn_tuning {
    const wann_tune_options *options;
    wn_tune_settings settings;
    wn_pool *pool;
    size_t n;         /* connections */
    double *start;    /* [n] */
    double *best;     /* [n] the weights that are kept */
    double best_value; /* on validation; -infinity: nothing validated yet */
    uint32_t generation; /* or epoch: done */
    double mean_steps;   /* of an episode of the last generation; 0: none yet */
    uint64_t evaluations, steps;
    double begun;          /* of the clock */
    double seconds_before; /* spent before it was resumed */
    double saved;          /* seconds of the run at the last checkpoint */
    wann_tune_result *result;
    bool stopped;
} wn_tuning;

double wn_tuning_seconds(const wn_tuning *t);
/* Whether *stop or the budget says so. */
bool wn_tuning_is_over(wn_tuning *t);
/* The seed of the first of many episodes in a row. */
uint64_t wn_tuning_seed(const wn_tuning *t, wn_tune_purpose purpose, uint64_t which);
/* p's evaluations, steps, seconds and remaining are filled in: those left after `done` of `all`. */
void wn_tuning_report(const wn_tuning *t, wann_tune_progress p, double done, double all);
/* Rewards of the connections' weights on episodes from `seed` on, in double; of samples: on all of
 * the split. *scores is to be freed. */
wann_status wn_tuning_score(wn_tuning *t, const double *weights, uint64_t seed, size_t episodes,
                            wann_split split, wann_scores *scores, wann_diag *diag);
/* Their mean; weights with which the network's numbers leave the range of double get the worst. */
wann_status wn_tuning_value(wn_tuning *t, const double *weights, uint64_t seed, size_t episodes,
                            double *mean, wann_diag *diag);

/* shared.c: look for the best shared weight. thorough: race and refine. */
wann_status wn_tune_shared(wn_tuning *t, bool thorough, wann_diag *diag);
/* evolve.c: by one of the optimizers. */
wann_status wn_tune_evolve(wn_tuning *t, wann_diag *diag);
/* gradient.c: by Adam. */
wann_status wn_tune_gradient(wn_tuning *t, wann_diag *diag);

/* saving.c: state[n_state] is what the method needs beside the tuning itself. */
wann_status wn_tuning_load(wn_tuning *t, double *state, size_t n_state, wann_diag *diag);
/* Save if it is time to, or if `now`; nothing without a checkpoint file. */
wann_status wn_tuning_save_sometimes(wn_tuning *t, const double *state, size_t n_state, bool now,
                                     wann_diag *diag);

/* story.c: the network with its new weights, and where they come from. *net is the caller's. */
wann_status wn_tuning_network(const wn_tuning *t, wann_net **net, wann_diag *diag);

#endif
