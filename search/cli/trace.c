/* An episode step by step, as a table. */
#include "search/cli/trace.h"

#include <stdlib.h>
#include <string.h>

#include "wann/run.h"

/* An episode under way. */
typedef struct tracer {
    const scoring *scoring;
    const wann_env_type *type;
    wann_weights weights;
    wann_env *env;
    wann_policy *policy; /* NULL: interpreted */
    double *observation, *action, *act;
} tracer;

static wann_status refuse(wann_diag *diag, wann_status status, const char *text) {
    *diag = (wann_diag){.status = status};
    strncpy(diag->text, text, sizeof diag->text - 1);
    return status;
}

static wann_status check(const tracer *t, wann_diag *diag) {
    const wann_evaluation *e = &t->scoring->evaluation;
    if (t->type->samples)
        return refuse(diag, WANN_ARGUMENT, "samples are no episode that could be traced");
    if (e->real != WANN_DOUBLE)
        return refuse(diag, WANN_ARGUMENT, "a trace is in double");
    if (e->condition != WANN_SHARED && e->condition != WANN_TUNED)
        return refuse(diag, WANN_ARGUMENT,
                      "a trace needs given weights; expected --weight, --tuned or --tuned-from");
    if (wann_net_inputs(t->scoring->net) != t->type->observations ||
        wann_net_outputs(t->scoring->net) != t->type->actions)
        return refuse(diag, WANN_INPUT, "the network has not as many inputs and outputs as the task");
    return WANN_OK;
}

static wann_status choose_weights(tracer *t, wann_diag *diag) {
    const wann_evaluation *e = &t->scoring->evaluation;
    if (e->condition == WANN_SHARED) {
        t->weights.shared = e->weights[0];
        return WANN_OK;
    }
    t->weights.connection = e->tuned ? e->tuned : wann_net_weights(t->scoring->net);
    return t->weights.connection
               ? WANN_OK
               : refuse(diag, WANN_ARGUMENT, "the network has no weights of its connections");
}

/* As wann_evaluate compiles in double. */
static wann_status compile(tracer *t, wann_diag *diag) {
    wann_compile_options options = wann_compile_defaults();
    if (t->scoring->evaluation.math != WANN_MATH_INLINE)
        return WANN_OK;
    options.real = WANN_DOUBLE;
    options.level = WANN_O0;
    options.math = WANN_MATH_INLINE;
    options.weighting = t->weights.connection ? WANN_WEIGHT_TUNED : WANN_WEIGHT_PARAMETER;
    options.tuned = t->weights.connection;
    return wann_policy_load(t->scoring->net, &options, NULL, &t->policy, diag);
}

static wann_status open_tracer(tracer *t, wann_diag *diag) {
    wann_status status = check(t, diag);
    if (status == WANN_OK)
        status = choose_weights(t, diag);
    if (status != WANN_OK)
        return status;
    t->observation = calloc(t->type->observations + 1, sizeof *t->observation);
    t->action = calloc(t->type->actions + 1, sizeof *t->action);
    t->act = calloc(wann_net_nodes(t->scoring->net), sizeof *t->act);
    if (!t->observation || !t->action || !t->act)
        return refuse(diag, WANN_NO_MEMORY, "out of memory");
    status = compile(t, diag);
    return status == WANN_OK ? wann_env_create(t->scoring->task, &t->env, diag) : status;
}

static void close_tracer(tracer *t) {
    wann_env_destroy(t->env);
    wann_policy_destroy(t->policy);
    free(t->observation);
    free(t->action);
    free(t->act);
}

/* Names of plug-ins can be any text; what could be more than one word is numbered instead. */
static void put_names(wn_buf *out, const char *const *names, size_t n, const char *kind) {
    static const char word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    for (size_t i = 0; i < n; i++) {
        const char *name = names ? names[i] : "";
        if (*name && name[strspn(name, word)] == '\0')
            wn_buf_print(out, ",%s", name);
        else
            wn_buf_print(out, ",%s%zu", kind, i + 1);
    }
}

static void put_numbers(wn_buf *out, const double *values, size_t n) {
    for (size_t i = 0; i < n; i++) {
        wn_buf_char(out, ',');
        wn_buf_double(out, values[i]);
    }
}

static void infer(tracer *t) {
    if (t->policy)
        wann_policy_get(t->policy)->run_f64(t->observation, t->weights.shared, t->action);
    else
        wann_run(t->scoring->net, t->observation, t->weights, NULL, t->act, t->action);
}

static wann_status play(tracer *t, wn_buf *out, wann_diag *diag) {
    const wann_evaluation *e = &t->scoring->evaluation;
    const uint32_t most = e->steps ? e->steps : t->type->steps;
    wann_env_result result = {0};
    wann_status status = wann_env_reset(t->env, e->seed, t->observation, diag);
    bool over = false;
    for (uint32_t step = 0; status == WANN_OK && step < most && !over; step++) {
        wn_buf_print(out, "%u", (unsigned)step);
        put_numbers(out, t->observation, t->type->observations);
        infer(t);
        put_numbers(out, t->action, t->type->actions);
        status = wann_env_step(t->env, t->action, t->observation, &result, diag);
        over = result.terminated || result.truncated || step + 1 == most;
        put_numbers(out, &result.reward, 1);
        wn_buf_print(out, ",%d\n", over);
    }
    return status;
}

wann_status trace_csv(const scoring *s, wn_buf *out, wann_diag *diag) {
    tracer t = {.scoring = s, .type = wann_task_type(s->task)};
    wann_status status = open_tracer(&t, diag);
    if (status == WANN_OK) {
        wn_buf_text(out, "step");
        put_names(out, t.type->observation_names, t.type->observations, "in");
        put_names(out, t.type->action_names, t.type->actions, "out");
        wn_buf_text(out, ",reward,over\n");
        status = play(&t, out, diag);
    }
    if (status == WANN_OK && out->failed)
        status = refuse(diag, WANN_NO_MEMORY, "out of memory");
    close_tracer(&t);
    return status;
}
