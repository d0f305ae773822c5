/* Search for networks: a whole run, or step by step with your own evaluation. */
#ifndef WANN_SEARCH_H
#define WANN_SEARCH_H

#include <signal.h>
#include <stdint.h>

#include "wann/net.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Step by step: ask for networks, evaluate them yourself, tell how good they were ---- */

typedef struct wann_search wann_search;

/* Start from {0}. Settings are "key=value" with the keys of `wann search --help`, NULL at the end;
 * they hold over those of the file. */
typedef struct wann_search_options {
    size_t inputs;
    size_t outputs;
    const char *const *input_names;  /* [inputs], or NULL */
    const char *const *output_names; /* [outputs], or NULL */
    uint32_t hidden_activations;     /* bit n: the published number n; 0: 1 to 10 */
    const char *settings_file;       /* JSON, as the published p/-files, or NULL */
    const char *const *settings;     /* or NULL */
    uint64_t seed;                   /* the same seed gives the same networks */
} wann_search_options;

WANN_API wann_status wann_search_create(const wann_search_options *options, wann_search **search,
                                        wann_diag *diag);
WANN_API void wann_search_destroy(wann_search *search); /* NULL is allowed */

/* The shared weights that each network is to be tried with, *n of them; they belong to the search.
 * In NEAT mode *n is 0: networks have weights of their own (wann_net_weights), and one reward. */
WANN_API const double *wann_search_weights(const wann_search *search, size_t *n);

/* The networks of this generation, *n of them; they belong to the search and stay until
 * wann_search_tell. Asking again gives the same ones. */
WANN_API wann_status wann_search_ask(wann_search *search, const wann_net *const **nets, size_t *n,
                                     wann_diag *diag);

/* Tell the rewards, row-major [networks][weights] ([networks] in NEAT mode), large ones being good;
 * the next generation is bred. WANN_INPUT for a reward that is not finite, WANN_ARGUMENT if nobody
 * has asked. */
WANN_API wann_status wann_search_tell(wann_search *search, const double *reward, wann_diag *diag);

/* How many generations were told. */
WANN_API uint32_t wann_search_generation(const wann_search *search);

/* The network with the largest mean reward ever told, and that reward; it belongs to the search
 * until the next tell. NULL before the first. */
WANN_API const wann_net *wann_search_best(const wann_search *search, double *reward);

/* ---- Several processes for one run ---- */

/* The processes that mpirun has started together. Rank 0 does the run and breeds; all of them
 * evaluate. The run gives the same bytes as without the others. */
typedef struct wann_ranks wann_ranks;

/* Join them: before anything else that takes time, once a process. *ranks: NULL where the program was
 * started by itself; else to be given back with wann_ranks_leave. WANN_UNSUPPORTED: this build has no
 * MPI. Under mpirun this starts MPI (MPI_Init), which may end the process where it cannot. */
WANN_API wann_status wann_ranks_join(wann_ranks **ranks, wann_diag *diag);
WANN_API uint32_t wann_ranks_rank(const wann_ranks *ranks);  /* 0 for NULL */
WANN_API uint32_t wann_ranks_count(const wann_ranks *ranks); /* 1 for NULL */

/* What every rank but 0 does: work for rank 0 until that leaves. WANN_TOOL: rank 0 has died, or *stop
 * was set (may be NULL) and rank 0 went on for some seconds all the same. */
WANN_API wann_status wann_ranks_serve(wann_ranks *ranks, const volatile sig_atomic_t *stop,
                                      wann_diag *diag);

/* The end; rank 0 lets the others end as well. NULL is allowed. */
WANN_API void wann_ranks_leave(wann_ranks *ranks);

/* ---- A whole run of a task ---- */

/* What a run reports after each generation. */
typedef struct wann_run_progress {
    uint32_t start;       /* of a run with a budget, counted from 0 */
    uint32_t generation;  /* of this start, counted from 0 */
    uint32_t generations; /* that it is to have */
    double best;          /* mean reward over the weights of this generation's best, and so on */
    double mean;
    double median;
    double peak;     /* the largest mean reward with one weight */
    double champion; /* the champion's mean reward over fresh episodes */
    uint32_t connections;
    uint64_t evaluations; /* networks x weights x episodes, so far */
    uint64_t steps;
    double seconds;
    double remaining; /* seconds, estimated; negative: unknown */
} wann_run_progress;

/* Start from {0}. */
typedef struct wann_run_options {
    const char *task;                /* as wann_task_open */
    const char *const *task_options; /* or NULL */
    const char *settings_file;
    const char *const *settings;
    int neat; /* start from the settings of NEAT rather than those of the task */
    uint64_t seed;
    size_t threads;        /* of each process; 0: one */
    wann_ranks *ranks;     /* that evaluate too, this process being rank 0; NULL: none */
    double budget_seconds; /* more than 0: restarts, the best continued, until the time is up */
    const char *folder;    /* the run's files; NULL: none */
    int resume;            /* go on in folder; task, options, seed and budget are those of the run,
                              settings may only change maxGen and save_seconds */
    /* Set it from a signal handler: the generation under way is given up, the checkpoint written.
     */
    const volatile sig_atomic_t *stop;
    void (*progress)(void *context, const wann_run_progress *progress); /* or NULL */
    void *context;
} wann_run_options;

typedef struct wann_run_result {
    wann_net *best; /* the champion, to be given back with wann_net_destroy; NULL: none */
    double mean;    /* its mean reward over weights and fresh episodes */
    double peak;    /* with its best weight */
    uint32_t connections;
    uint64_t generations; /* evaluated, of all starts */
    uint64_t evaluations;
    uint64_t repeats; /* networks that were not evaluated, as an equal one was */
    uint64_t steps;   /* of episodes, or samples */
    uint64_t slots;   /* the same with lanes that stood idle */
    double seconds;
    int stopped; /* by *stop: go on with resume */
} wann_run_result;

/* Run a search. result is not NULL and filled on WANN_OK. WANN_INPUT: a bad setting, a folder of
 * another run, a damaged checkpoint; WANN_IO: the folder cannot be written. */
WANN_API wann_status wann_run_search(const wann_run_options *options, wann_run_result *result,
                                     wann_diag *diag);

#ifdef __cplusplus
}
#endif
#endif
