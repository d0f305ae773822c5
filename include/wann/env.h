/* Tasks: the worlds that networks act in, and the data sets that they classify.
 *
 * The first half is what a task offers, a table of functions. The built-in tasks and plug-ins of
 * users fill in the same one: a plug-in is a shared object that exports
 *
 *     const wann_env_type wann_env_plugin = {.abi = WANN_ENV_ABI, .size = sizeof(wann_env_type), ...};
 *
 * The second half is for who uses tasks: open one by its name or path, make worlds of it. */
#ifndef WANN_ENV_H
#define WANN_ENV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wann/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Changes whenever the tables below do. */
#define WANN_ENV_ABI 2

/* What one step gave. The episode is over after either flag: terminated, because the task says so
 * (fallen, arrived); truncated, because its time is up. */
typedef struct wann_env_result {
    double reward;
    bool terminated;
    bool truncated;
} wann_env_result;

/* Samples to classify; all arrays belong to the world that gave them.
 * input: row-major [n][inputs]; label[n], each below classes. width x height pixels make up the
 * inputs if these are a picture, else both are 0. */
typedef struct wann_samples {
    size_t n, inputs, classes;
    const double *input;
    const uint32_t *label;
    size_t width, height;
} wann_samples;

typedef enum wann_split { WANN_TRAIN, WANN_TEST } wann_split;

/* Where create and the others put one line on what went wrong. */
typedef struct wann_env_error {
    char text[512];
} wann_env_error;

/* Many worlds in lock step, lane l of each array being world l: observation[i * stride + l],
 * action[k * stride + l]. In double a lane is bit for bit the world that create makes. */
#define WANN_ENV_LANES(real)                                                                       \
    {                                                                                              \
        /* Room for `lanes` worlds; options as for a world. 0, or not 0 and *error. */             \
        int (*create)(const char *const *options, size_t lanes, void **worlds,                     \
                      wann_env_error *error);                                                      \
        void (*destroy)(void *worlds);                                                             \
        /* Start an episode in one lane, and write its column of observations. */                  \
        void (*reset)(void *worlds, size_t lane, uint64_t seed, real *observation, size_t stride); \
        /* Put the state of lane `from` into lane `to`: lanes are kept dense as episodes end. */   \
        void (*copy)(void *worlds, size_t to, size_t from);                                        \
        /* One step of the first n lanes. over[l] is not 0 after the last step of an episode;      \
         * stepping on is allowed and gives numbers without meaning. */                            \
        void (*step)(void *worlds, size_t n, const real *action, real *observation, size_t stride, \
                     real *reward, unsigned char *over);                                           \
    }
typedef struct wann_env_lanes_f32 WANN_ENV_LANES(float) wann_env_lanes_f32;
typedef struct wann_env_lanes_f64 WANN_ENV_LANES(double) wann_env_lanes_f64;

/* A task. Worlds of one task may be used in several threads at once, one thread a world. The
 * functions that answer int give 0, or not 0 and a line in *error: a wann_status, or anything else
 * for WANN_INPUT. */
typedef struct wann_env_type {
    uint32_t abi;  /* WANN_ENV_ABI */
    uint32_t size; /* sizeof(wann_env_type) */
    const char *name;
    const char *summary; /* one line */
    size_t observations;
    size_t actions;
    const char *const *observation_names; /* [observations], or NULL */
    const char *const *action_names;      /* [actions], or NULL */
    /* Limits of an action, [actions] each, or NULL: none. The task itself clips what it is given. */
    const double *action_low, *action_high;
    uint32_t hidden_activations; /* bit n: the published number n may be in hidden nodes; 0: 1 to 10 */
    /* Hyperparameters that a search starts from, "popSize=64 alg_nReps=3"; NULL: the usual. */
    const char *search_settings;
    /* Options of the task that a search puts before those it is given, in the same form, such as one
     * that ends hopeless episodes early; nobody else does. NULL: none. */
    const char *search_options;

    /* A world. options: "key=value" texts, NULL at the end, or NULL; an unknown key is an error. Cheap:
     * opening a task makes a world, to see whether it takes the options. */
    int (*create)(const char *const *options, void **world, wann_env_error *error);
    void (*destroy)(void *world);

    /* Tasks of episodes; all NULL for classification. Who runs an episode stops it after so many
     * steps; the task may do so itself, by `truncated`. */
    uint32_t steps;          /* longest episode when a network is scored */
    uint32_t search_steps;   /* the same in a search; 0: the same number */
    double steps_per_second; /* of the task's own time, for animations */
    /* Every episode is given by its seed. */
    int (*reset)(void *world, uint64_t seed, double *observation, wann_env_error *error);
    /* action: raw outputs of the network, finite. */
    int (*step)(void *world, const double *action, double *observation, wann_env_result *result,
                wann_env_error *error);
    /* Optional: the state as bytes. save answers how many they are, and writes them if size is
     * enough. restore makes the world go on from there, bit for bit, and gives the observation. */
    size_t (*save)(const void *world, void *state, size_t size);
    int (*restore)(void *world, const void *state, size_t size, double *observation,
                   wann_env_error *error);
    /* Optional: draw the present state, 3 bytes a pixel (R, G, B), rows from the top. */
    uint32_t picture_width, picture_height; /* what suits it */
    int (*render)(void *world, uint32_t width, uint32_t height, unsigned char *rgb,
                  wann_env_error *error);
    /* Optional: many worlds in lock step. */
    const wann_env_lanes_f32 *lanes_f32;
    const wann_env_lanes_f64 *lanes_f64;

    /* Classification; NULL for tasks of episodes. observations and actions are the inputs and classes
     * of the samples; the reward of a batch is minus the mean cross-entropy of the softmax. */
    int (*samples)(void *world, wann_split split, wann_samples *samples, wann_env_error *error);
    size_t batch; /* samples in the batch that an evaluation draws; 0: all of them */
} wann_env_type;

/* A task that was opened, with its options. */
typedef struct wann_task wann_task;

/* Open a task: the name of a built-in one, "classify:FILE.csv", or the path of a plug-in (it has a
 * '/' or ends with .so). options: "key=value" texts, NULL at the end; may be NULL. WANN_INPUT for an
 * unknown task or option, or a plug-in that does not keep to this header; WANN_IO where a file is
 * missing. Thread-safe. */
WANN_API wann_status wann_task_open(const char *name, const char *const *options, wann_task **task,
                                    wann_diag *diag);
WANN_API void wann_task_close(wann_task *task); /* NULL is allowed; its worlds must be gone */

/* What the task offers. Belongs to the task. */
WANN_API const wann_env_type *wann_task_type(const wann_task *task);
/* The name by which it was opened. */
WANN_API const char *wann_task_name(const wann_task *task);
/* The options for the create functions of wann_task_type, NULL at the end. Belong to the task. */
WANN_API const char *const *wann_task_options(const wann_task *task);
/* The names of the built-in tasks of this build, NULL at the end. */
WANN_API const char *const *wann_task_names(void);

/* The samples of a classification task, loaded once; they belong to the task. Thread-safe. */
WANN_API wann_status wann_task_samples(wann_task *task, wann_split split,
                                       const wann_samples **samples, wann_diag *diag);

/* One world of a task, watched: what it answers is checked. WANN_INPUT if an action is not finite,
 * or the task answers with a reward or an observation that is not; the text says which and when. */
typedef struct wann_env wann_env;
WANN_API wann_status wann_env_create(wann_task *task, wann_env **env, wann_diag *diag);
WANN_API void wann_env_destroy(wann_env *env); /* NULL is allowed */
WANN_API wann_status wann_env_reset(wann_env *env, uint64_t seed, double *observation,
                                    wann_diag *diag);
WANN_API wann_status wann_env_step(wann_env *env, const double *action, double *observation,
                                   wann_env_result *result, wann_diag *diag);
/* The state as bytes: answers how many they are, and writes them to state where size is enough; 0 if
 * the task cannot save. Restoring gives the observation, WANN_UNSUPPORTED if the task cannot. */
WANN_API size_t wann_env_save(const wann_env *env, void *state, size_t size);
WANN_API wann_status wann_env_restore(wann_env *env, const void *state, size_t size,
                                      double *observation, wann_diag *diag);
/* WANN_UNSUPPORTED where the task cannot draw. */
WANN_API wann_status wann_env_render(wann_env *env, uint32_t width, uint32_t height,
                                     unsigned char *rgb, wann_diag *diag);

#ifdef __cplusplus
}
#endif
#endif
