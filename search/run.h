/* A search as a run: what is kept in its folder, and in memory while it goes on. */
#ifndef WN_RUN_H
#define WN_RUN_H

#include "search/targets.h"
#include "wann/search.h"

/* One start of the search; a run without a budget has one. */
typedef struct wn_start {
    wn_lineage lineage;
    uint32_t number; /* counted from 0 */
} wn_start;

/* What says which run it is: the same identity and the same program give the same bytes. */
typedef struct wn_identity {
    char *task;     /* as wann_task_open takes it */
    char **options; /* of the task, NULL at the end */
    uint64_t seed;
    wn_hyper hyper;
} wn_identity;

/* The course of a run with a budget: in stage 0 starts are made one after the other, in each later
 * one fewer of them go on for longer. */
typedef struct wn_course {
    uint32_t stage;
    uint32_t position; /* of wn_run.start, whose turn it is */
    uint32_t begun;    /* starts ever made */
} wn_course;

typedef struct wn_run {
    wn_identity identity;
    double budget; /* seconds; 0: none */
    char *folder;  /* NULL: nothing is kept */
    int lock;      /* file that keeps others out of the folder; -1: none */
    wann_task *task;
    wn_pool *pool;
    wn_evaluator *evaluator;
    wn_assessor assessor;
    wn_start **start; /* [n_starts] that live */
    uint32_t n_starts;
    wn_course course;
    wn_champion retired; /* the best champion of starts that were given up */
    uint32_t retired_start;
    wn_targets targets;    /* of starts that were given up or went on; used with a budget alone */
    uint64_t log_bytes;    /* of log.jsonl that belong to the run */
    uint64_t fronts_bytes; /* of fronts.csv */
    uint64_t generations;  /* evaluated, of all starts */
    double seconds_before; /* spent before it was resumed */
} wn_run;

/* The best champion of all, and the start that it is of; NULL: none yet. */
const wn_champion *wn_run_best(const wn_run *run, uint32_t *start);

/* Two runs with the same digest can go on from each other's checkpoint. The number of generations
 * does not count, so that a run can be prolonged. */
uint64_t wn_identity_digest(const wn_identity *identity, double budget);
void wn_identity_free(wn_identity *identity);

/* checkpoint.c: everything that is needed to go on, bit for bit, as bytes. */
wann_status wn_checkpoint_write(const wn_run *run, double seconds, wann_diag *diag);
/* Into a run whose identity, folder and pool are set and that has no start yet. Refused: another
 * version, another run, damage. *saved: false if there is no checkpoint, as none was written yet.
 */
wann_status wn_checkpoint_read(wn_run *run, bool *saved, wann_diag *diag);

/* The same to and from memory. */
void wn_checkpoint_encode(const wn_run *run, double seconds, wn_buf *out);
wann_status wn_checkpoint_decode(wn_run *run, const char *path, const char *data, size_t size,
                                 wann_diag *diag);

/* run_networks.c: the champion as a network of the caller's; NULL if there is none yet. */
wann_status wn_run_champion(const wn_run *run, wann_net **net, wann_diag *diag);
/* The individuals on the Pareto front of fitness and connections, one for each pair of values, the
 * fittest first: member[evolution->n], of which *n are set. */
wann_status wn_run_front(const wn_evolution *evolution, uint32_t *member, uint32_t *n,
                         wann_diag *diag);

/* run_folder.c: the files that people and other programs read. */
wann_status wn_folder_begin(wn_run *run, wann_diag *diag); /* run.json, empty log and fronts */
wann_status wn_folder_identity(const char *folder, wn_identity *identity, double *budget,
                               wann_diag *diag);                  /* from run.json */
wann_status wn_folder_rewind(const wn_run *run, wann_diag *diag); /* cut the log to what is known */
wann_status wn_folder_restart(wn_run *run, wann_diag *diag); /* to before the first generation */
/* Keep other processes out; refused while one is at work in the folder. */
wann_status wn_folder_lock(wn_run *run, wann_diag *diag);
void wn_folder_unlock(wn_run *run);
wann_status wn_folder_log(wn_run *run, uint32_t start, const wn_generation_log *log, double seconds,
                          wann_diag *diag);
wann_status wn_folder_fronts(wn_run *run, uint32_t start, const wn_evolution *evolution,
                             wann_diag *diag);
wann_status wn_folder_best(const wn_run *run, wann_diag *diag); /* best.json */
/* best-tuned.json and best-random.json */
wann_status wn_folder_targets(const wn_run *run, wann_diag *diag);
/* front/NNNN.json, a network for each number of connections on the Pareto front. */
wann_status wn_folder_archive(const wn_run *run, uint32_t start, const wn_evolution *evolution,
                              wann_diag *diag);
/* Log and fronts to disk, before a checkpoint counts on them. */
wann_status wn_folder_sync(const wn_run *run, wann_diag *diag);

/* Path of a file in the folder; free with wn_free. NULL: out of memory. */
char *wn_folder_path(const wn_run *run, const char *file);

/* course.c: whether a course that was read can be gone on with. */
bool wn_course_valid(const wn_run *run);
/* Whose turn it is. Makes and gives up starts; *next: the start to do a generation of, or
 * NULL when the run is over. */
wann_status wn_course_next(wn_run *run, double seconds, wn_start **next, wann_diag *diag);

#endif
