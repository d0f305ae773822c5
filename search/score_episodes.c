/* Episodes one by one: a world a worker, and the interpreter or a compiled network in it. */
#include "search/score.h"

#include "runtime/base/alloc.h"
#include "runtime/base/arena.h"
#include "runtime/base/diag.h"

struct wn_actor {
    const wn_score_work *work;
    const wann_policy_functions *compiled; /* NULL: interpreted */
    wann_env *env;
    wn_arena arena;
    double *observation, *action, *act;
    float *observation_f32, *action_f32, *act_f32;
};

static wann_status open_actor(wn_actor *a, wann_diag *diag) {
    const wann_net *net = a->work->net;
    const size_t nodes = wann_net_nodes(net), inputs = wann_net_inputs(net);
    const size_t outputs = wann_net_outputs(net);
    a->observation = WN_NEW(&a->arena, double, inputs);
    a->action = WN_NEW(&a->arena, double, outputs);
    a->act = WN_NEW(&a->arena, double, nodes);
    a->observation_f32 = WN_NEW(&a->arena, float, inputs);
    a->action_f32 = WN_NEW(&a->arena, float, outputs);
    a->act_f32 = WN_NEW(&a->arena, float, nodes);
    if (!a->observation || !a->action || !a->act || !a->observation_f32 || !a->action_f32 ||
        !a->act_f32)
        return wn_fail_memory(diag);
    return wann_env_create(a->work->task, &a->env, diag);
}

wann_status wn_actor_create(const wn_score_work *work, const wann_policy *compiled,
                            wn_actor **actor, wann_diag *diag) {
    *actor = NULL;
    wn_actor *made = wn_calloc(1, sizeof *made);
    if (!made)
        return wn_fail_memory(diag);
    made->work = work;
    made->compiled = compiled ? wann_policy_get(compiled) : NULL;
    const wann_status status = open_actor(made, diag);
    if (status != WANN_OK) {
        wn_actor_destroy(made);
        return status;
    }
    *actor = made;
    return WANN_OK;
}

void wn_actor_destroy(wn_actor *actor) {
    if (!actor)
        return;
    wann_env_destroy(actor->env);
    wn_arena_free(&actor->arena);
    wn_free(actor);
}

static void infer_f32(wn_actor *a, wann_weights weights) {
    const wann_net *net = a->work->net;
    for (size_t i = 0; i < wann_net_inputs(net); i++)
        a->observation_f32[i] = (float)a->observation[i];
    if (a->compiled)
        a->compiled->run_f32(a->observation_f32, (float)weights.shared, a->action_f32);
    else
        wann_run_f32(net, a->observation_f32, weights, NULL, a->act_f32, a->action_f32);
    for (size_t o = 0; o < wann_net_outputs(net); o++)
        a->action[o] = (double)a->action_f32[o];
}

static void infer(wn_actor *a, wann_weights weights) {
    if (a->work->evaluation->real == WANN_FLOAT)
        infer_f32(a, weights);
    else if (a->compiled)
        a->compiled->run_f64(a->observation, weights.shared, a->action);
    else
        wann_run(a->work->net, a->observation, weights, NULL, a->act, a->action);
}

wann_status wn_actor_run(wn_actor *a, size_t j, wann_diag *diag) {
    const wn_score_job *job = &a->work->job[j];
    const uint32_t most = wn_score_steps(a->work);
    wann_env_result result = {0};
    double reward = 0;
    uint32_t steps = 0;
    WN_TRY(wann_env_reset(a->env, job->seed, a->observation, diag));
    while (!result.terminated && !result.truncated && steps < most) {
        infer(a, job->weights);
        WN_TRY(wann_env_step(a->env, a->action, a->observation, &result, diag));
        reward += result.reward;
        steps++;
    }
    a->work->scores->reward[j] = reward;
    a->work->scores->steps[j] = steps;
    return WANN_OK;
}

static wann_status run_job(void *context, size_t worker, size_t item, wann_diag *diag) {
    wn_actor **actors = context;
    return wn_actor_run(actors[worker], item, diag);
}

bool wn_score_compiles(const wann_evaluation *evaluation) {
    return evaluation->engine == WANN_ENGINE_COMPILED || evaluation->engine == WANN_ENGINE_JIT;
}

/* In double bit for bit the interpreter (with the C library's functions); in float what wannc makes
 * by default. */
wann_status wn_score_compile(const wn_score_work *work, wann_policy **policy, wann_diag *diag) {
    const wann_evaluation *e = work->evaluation;
    wann_compile_options options = wann_compile_defaults();
    options.real = e->real;
    options.level = e->real == WANN_DOUBLE ? WANN_O0 : options.level;
    options.math = e->math;
    if (e->condition == WANN_TUNED) {
        options.weighting = WANN_WEIGHT_TUNED;
        options.tuned = work->job[0].weights.connection;
    }
    if (e->engine == WANN_ENGINE_JIT)
        return wann_jit_compile(work->net, &options, WANN_EFFORT_FULL, policy, diag);
    return wann_policy_load(work->net, &options, NULL, policy, diag);
}

wann_status wn_score_episodes(const wn_score_work *work, wann_diag *diag) {
    const size_t workers = wn_pool_workers(work->pool);
    wann_policy *policy = NULL;
    if (wn_score_compiles(work->evaluation))
        WN_TRY(wn_score_compile(work, &policy, diag));
    wn_actor **actors = wn_calloc(workers, sizeof *actors);
    wann_status status = actors ? WANN_OK : wn_fail_memory(diag);
    for (size_t i = 0; status == WANN_OK && i < workers; i++)
        status = wn_actor_create(work, policy, &actors[i], diag);
    if (status == WANN_OK)
        status = wn_pool_run(work->pool, work->n_jobs, run_job, actors, NULL, NULL, diag);
    for (size_t i = 0; actors && i < workers; i++)
        wn_actor_destroy(actors[i]);
    wn_free(actors);
    wann_policy_destroy(policy);
    return status;
}
