/* Many episodes of a walker, in as many threads as one likes. */
#include "env/biped_runs.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

typedef struct share {
    wann_task *task;
    biped_episode *episode;
    size_t first, n, stride;
    bool ok;
} share;

/* FNV-1a over 64-bit words. */
static uint64_t mix(uint64_t digest, const double *value, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint64_t bits;
        memcpy(&bits, &value[i], sizeof bits);
        digest = (digest ^ bits) * UINT64_C(0x100000001b3);
    }
    return digest;
}

/* Kicks that do not depend on what is seen, and one that does. */
static void kick(uint64_t seed, uint32_t t, const double *observation, double *action) {
    const double rhythm = 0.05 + 0.01 * (double)(seed % 7), phase = rhythm * t;
    action[0] = sin(phase) - 2 * observation[0];
    action[1] = sin(2 * phase);
    action[2] = -sin(phase);
    action[3] = cos(phase) * observation[13];
}

static bool run_one(wann_env *env, biped_episode *e, wann_diag *diag) {
    double observation[BIPED_OBSERVATIONS], action[BIPED_ACTIONS], act[BIPED_MOST_NODES];
    wann_env_result result = {0};
    e->reward = 0;
    e->taken = 0;
    if (wann_env_reset(env, e->seed, observation, diag) != WANN_OK)
        return false;
    e->digest = mix(UINT64_C(0xcbf29ce484222325), observation, BIPED_OBSERVATIONS);
    while (e->taken < e->steps && !result.terminated && !result.truncated) {
        if (e->net)
            wann_run(e->net, observation, e->weights, NULL, act, action);
        else
            kick(e->seed, e->taken, observation, action);
        if (wann_env_step(env, action, observation, &result, diag) != WANN_OK)
            return false;
        e->taken++;
        e->reward += result.reward;
        e->digest = mix(mix(e->digest, observation, BIPED_OBSERVATIONS), &result.reward, 1);
    }
    e->terminated = result.terminated;
    return true;
}

static void *run_share(void *arg) {
    share *s = arg;
    wann_env *env = NULL;
    wann_diag diag = {0};
    s->ok = wann_env_create(s->task, &env, &diag) == WANN_OK;
    for (size_t i = s->first; i < s->n && s->ok; i += s->stride)
        s->ok = run_one(env, &s->episode[i], &diag);
    wann_env_destroy(env);
    if (!s->ok)
        fprintf(stderr, "%s\n", diag.text);
    return NULL;
}

bool biped_run(const char *task, const char *const *options, biped_episode *episode, size_t n,
               size_t n_threads) {
    share shares[16];
    pthread_t thread[16];
    wann_task *opened = NULL;
    wann_diag diag = {0};
    bool ok = n_threads <= 16 && wann_task_open(task, options, &opened, &diag) == WANN_OK;
    if (!ok) {
        fprintf(stderr, "%s\n", diag.text);
        return false;
    }
    for (size_t t = 0; t < n_threads; t++) {
        shares[t] = (share){opened, episode, t, n, n_threads, false};
        ok &= pthread_create(&thread[t], NULL, run_share, &shares[t]) == 0;
    }
    for (size_t t = 0; t < n_threads && ok; t++)
        pthread_join(thread[t], NULL);
    for (size_t t = 0; t < n_threads; t++)
        ok &= shares[t].ok;
    wann_task_close(opened);
    return ok;
}
