/* The tasks by name, for the programs and for the other files of this folder. */
#ifndef WN_REGISTRY_H
#define WN_REGISTRY_H

#include <pthread.h>

#include "runtime/base/arena.h"
#include "wann/env.h"

/* Make the table of a task whose sizes a file decides. *type, and all it refers to, goes into the
 * arena, which lives as long as the task. Its create gets the same options, after "file=PATH". */
typedef wann_status wn_file_task_open(const char *path, const char *const *options, wn_arena *arena,
                                      const wann_env_type **type, wann_diag *diag);

struct wann_task {
    wn_arena arena;
    const wann_env_type *type;
    const char *name;
    const char **options; /* [n_options + 1] */
    size_t n_options;
    void *library;        /* of a plug-in: what dlopen gave */
    void *world;          /* made when the task was opened; its samples are the task's */
    pthread_mutex_t lock; /* of samples and loaded */
    wann_samples samples[2];
    bool loaded[2];
};

/* Load a plug-in into task->library and task->type. */
wann_status wn_plugin_load(wann_task *task, const char *path, wann_diag *diag);
/* Whether a table keeps to wann/env.h. path: the plug-in it came from. */
wann_status wn_plugin_check(const wann_env_type *type, const char *path, wann_diag *diag);

/* The status that an answer of a task's function means; the error's text becomes part of *diag. */
wann_status wn_task_answer(const char *task, int answer, wann_env_error *error, wann_diag *diag);

#endif
