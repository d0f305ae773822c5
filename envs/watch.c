/* A world under watch: what goes in and what comes out of a task is checked, so that a task that
 * computes nonsense is an error that says so, not a strange score. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "envs/registry.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/text.h"

/* Numbers behind an observation that no task may touch, with a value that none would write. */
enum { N_GUARDS = 4 };
static const double GUARD = -8.25386921e-199;

struct wann_env {
    wann_task *task;
    const wann_env_type *type;
    void *world;
    uint64_t seed; /* of the episode */
    uint64_t step; /* steps of the episode so far */
    bool running;
    double *observation; /* [observations + N_GUARDS] */
};

wann_status wann_env_create(wann_task *task, wann_env **env, wann_diag *diag) {
    *env = NULL;
    if (!task->type->step)
        return wn_fail(diag, WANN_UNSUPPORTED, NULL, 0, 0, "task %s has no episodes", task->name);
    wann_env *made = wn_calloc(1, sizeof *made);
    double *observation = wn_calloc(task->type->observations + N_GUARDS, sizeof *observation);
    if (!made || !observation) {
        wn_free(made);
        wn_free(observation);
        return wn_fail_memory(diag);
    }
    *made = (wann_env){.task = task, .type = task->type, .observation = observation};
    wann_env_error error = {0};
    const wann_status status =
        wn_task_answer(task->name, task->type->create(task->options, &made->world, &error), &error,
                       diag);
    if (status != WANN_OK) {
        wn_free(made);
        wn_free(observation);
        return status;
    }
    *env = made;
    return WANN_OK;
}

void wann_env_destroy(wann_env *env) {
    if (!env)
        return;
    env->type->destroy(env->world);
    wn_free(env->observation);
    wn_free(env);
}

/* "task T: step 12 of the episode of seed 3: the reward is nan". */
static wann_status complain(const wann_env *env, wann_diag *diag, const char *what, size_t index,
                            double value) {
    char number[WN_NUMBER_SIZE], place[32] = "";
    wn_format_double(number, value);
    if (index != SIZE_MAX)
        snprintf(place, sizeof place, " %zu", index);
    return wn_fail(diag, WANN_INPUT, NULL, 0, 0,
                   "task %s: step %llu of the episode of seed %llu: %s%s is %s; expected a finite "
                   "number",
                   env->task->name, (unsigned long long)env->step, (unsigned long long)env->seed,
                   what, place, number);
}

static void set_guards(wann_env *env) {
    for (size_t i = 0; i < N_GUARDS; i++)
        env->observation[env->type->observations + i] = GUARD;
}

/* Check what the task wrote, and hand it over. */
static wann_status take_observation(const wann_env *env, double *observation, wann_diag *diag) {
    const size_t n = env->type->observations;
    for (size_t i = 0; i < N_GUARDS; i++)
        if (env->observation[n + i] != GUARD)
            return wn_fail(diag, WANN_INPUT, NULL, 0, 0,
                           "task %s: wrote more observations than the %zu it has", env->task->name,
                           n);
    for (size_t i = 0; i < n; i++)
        if (!isfinite(env->observation[i]))
            return complain(env, diag, "observation", i, env->observation[i]);
    memcpy(observation, env->observation, n * sizeof *observation);
    return WANN_OK;
}

wann_status wann_env_reset(wann_env *env, uint64_t seed, double *observation, wann_diag *diag) {
    wann_env_error error = {0};
    env->seed = seed;
    env->step = 0;
    env->running = false;
    set_guards(env);
    const int answer = env->type->reset(env->world, seed, env->observation, &error);
    WN_TRY(wn_task_answer(env->task->name, answer, &error, diag));
    WN_TRY(take_observation(env, observation, diag));
    env->running = true;
    return WANN_OK;
}

wann_status wann_env_step(wann_env *env, const double *action, double *observation,
                          wann_env_result *result, wann_diag *diag) {
    *result = (wann_env_result){0};
    if (!env->running)
        return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0,
                       "task %s: a step outside of an episode; expected a reset", env->task->name);
    env->step++;
    for (size_t i = 0; i < env->type->actions; i++)
        if (!isfinite(action[i]))
            return complain(env, diag, "action", i, action[i]);
    wann_env_error error = {0};
    set_guards(env);
    const int answer = env->type->step(env->world, action, env->observation, result, &error);
    WN_TRY(wn_task_answer(env->task->name, answer, &error, diag));
    if (!isfinite(result->reward))
        return complain(env, diag, "the reward", SIZE_MAX, result->reward);
    env->running = !result->terminated && !result->truncated;
    return take_observation(env, observation, diag);
}

size_t wann_env_save(const wann_env *env, void *state, size_t size) {
    return env->type->save ? env->type->save(env->world, state, size) : 0;
}

wann_status wann_env_restore(wann_env *env, const void *state, size_t size, double *observation,
                             wann_diag *diag) {
    if (!env->type->restore)
        return wn_fail(diag, WANN_UNSUPPORTED, NULL, 0, 0, "task %s cannot restore a state",
                       env->task->name);
    wann_env_error error = {0};
    env->running = false;
    set_guards(env);
    const int answer = env->type->restore(env->world, state, size, env->observation, &error);
    WN_TRY(wn_task_answer(env->task->name, answer, &error, diag));
    WN_TRY(take_observation(env, observation, diag));
    env->running = true;
    return WANN_OK;
}

wann_status wann_env_render(wann_env *env, uint32_t width, uint32_t height, unsigned char *rgb,
                            wann_diag *diag) {
    if (!env->type->render)
        return wn_fail(diag, WANN_UNSUPPORTED, NULL, 0, 0, "task %s cannot be drawn",
                       env->task->name);
    wann_env_error error = {0};
    return wn_task_answer(env->task->name,
                          env->type->render(env->world, width, height, rgb, &error), &error, diag);
}
