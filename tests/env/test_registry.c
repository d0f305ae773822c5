/* Opening tasks by name, and the watch over their worlds. */
#include <math.h>

#include "support/test.h"
#include "wann/env.h"

static void expect_failure(const char *name, const char *const *options, wann_status status,
                           const char *text) {
    wann_task *task;
    wann_diag diag = {0};
    CHECK(wann_task_open(name, options, &task, &diag) == status);
    CHECK(!task);
    CHECK_MSG(strstr(diag.text, text), "%s\n   expected %s", diag.text, text);
    wann_task_close(task);
}

static void test_every_name_opens(void) {
    size_t n = 0;
    for (const char *const *name = wann_task_names(); *name; name++, n++) {
        wann_task *task;
        wann_diag diag = {0};
        CHECK_MSG(wann_task_open(*name, NULL, &task, &diag) == WANN_OK, "%s", diag.text);
        if (!task)
            continue;
        const wann_env_type *type = wann_task_type(task);
        CHECK_TEXT(type->name, *name);
        CHECK(type->abi == WANN_ENV_ABI && type->size == sizeof *type);
        CHECK(type->observations > 0 && type->actions > 0 && strlen(type->summary) < 70);
        CHECK((type->samples != NULL) != (type->step != NULL));
        wann_task_close(task);
    }
    CHECK(n >= 2);
}

static void test_what_does_not_open(void) {
    const char *misspelt[] = {"portabel=1", NULL}, *bare[] = {"portable", NULL};
    const char *wrong[] = {"portable=yes", NULL};
    expect_failure("swing", NULL, WANN_INPUT, "unknown task 'swing'; did you mean 'swingup'? expected swingup, ");
    expect_failure("frogs", NULL, WANN_INPUT, "unknown task 'frogs'; expected swingup, ");
    expect_failure("minst256", NULL, WANN_INPUT, "did you mean 'mnist256'? ");
    expect_failure("swingup:file", NULL, WANN_INPUT, "unknown task");
    expect_failure("", NULL, WANN_INPUT, "unknown task");
    expect_failure("./no-such-file.so", NULL, WANN_IO, "cannot open plug-in: No such file");
    expect_failure("swingup", misspelt, WANN_INPUT,
                   "unknown option 'portabel'; there are: portable");
    expect_failure("swingup", bare, WANN_INPUT, "has no '='");
    expect_failure("swingup", wrong, WANN_INPUT, "option portable is 'yes'; expected 0 or 1");
}

typedef struct fixture {
    wann_task *task;
    wann_env *env;
    double observation[5];
} fixture;

static fixture open_swingup(const char *name, const char *const *options) {
    fixture f = {0};
    CHECK(wann_task_open(name, options, &f.task, NULL) == WANN_OK);
    CHECK(wann_env_create(f.task, &f.env, NULL) == WANN_OK);
    CHECK(wann_env_reset(f.env, 1, f.observation, NULL) == WANN_OK);
    return f;
}

static void close_swingup(fixture *f) {
    wann_env_destroy(f->env);
    wann_task_close(f->task);
}

static void test_an_action_that_is_no_number_is_an_error(void) {
    fixture f = open_swingup("swingup", NULL);
    wann_env_result result;
    wann_diag diag = {0};
    const double good = 0.5, bad = (double)NAN;
    CHECK(wann_env_step(f.env, &good, f.observation, &result, NULL) == WANN_OK);
    CHECK(wann_env_step(f.env, &bad, f.observation, &result, &diag) == WANN_INPUT);
    CHECK_TEXT(diag.text, "task swingup: step 2 of the episode of seed 1: action 0 is nan; expected a "
                          "finite number");
    close_swingup(&f);
}

static size_t run_out(fixture *f) {
    wann_env_result result = {0};
    size_t steps = 0;
    for (; !result.terminated && !result.truncated && steps < 2000; steps++) {
        const double action = f->observation[1] > 0 ? -0.1 : 0.1;
        CHECK(wann_env_step(f->env, &action, f->observation, &result, NULL) == WANN_OK);
    }
    CHECK(wann_env_step(f->env, &(double){0}, f->observation, &result, NULL) == WANN_ARGUMENT);
    return steps;
}

static void test_episodes_end(void) {
    fixture full = open_swingup("swingup", NULL), hard = open_swingup("swingup_hard", NULL);
    CHECK(run_out(&full) == 1000);
    CHECK(run_out(&hard) == 200);
    close_swingup(&full);
    close_swingup(&hard);
}

static void test_a_saved_state_goes_on_the_same(void) {
    const char *const portable[] = {"portable=1", NULL};
    for (int pass = 0; pass < 2; pass++) {
        fixture a = open_swingup("swingup", pass ? portable : NULL);
        fixture b = open_swingup("swingup", pass ? portable : NULL);
        wann_env_result x, y;
        for (int i = 0; i < 30; i++)
            CHECK(wann_env_step(a.env, &(double){1}, a.observation, &x, NULL) == WANN_OK);
        char state[64];
        const size_t size = wann_env_save(a.env, state, sizeof state);
        CHECK(size > 0 && size <= sizeof state);
        CHECK(wann_env_restore(b.env, state, size - 1, b.observation, NULL) == WANN_INPUT);
        CHECK(wann_env_restore(b.env, state, size, b.observation, NULL) == WANN_OK);
        CHECK(memcmp(a.observation, b.observation, sizeof a.observation) == 0);
        for (int i = 0; i < 20; i++) {
            const double action = i % 2 ? -1 : 0.3;
            CHECK(wann_env_step(a.env, &action, a.observation, &x, NULL) == WANN_OK);
            CHECK(wann_env_step(b.env, &action, b.observation, &y, NULL) == WANN_OK);
            CHECK(memcmp(a.observation, b.observation, sizeof a.observation) == 0);
            CHECK(memcmp(&x.reward, &y.reward, sizeof x.reward) == 0);
        }
        close_swingup(&a);
        close_swingup(&b);
    }
}

static void test_the_portable_world_is_nearly_the_same(void) {
    const char *const portable[] = {"portable=1", NULL};
    fixture a = open_swingup("swingup", NULL), b = open_swingup("swingup", portable);
    for (int i = 0; i < 50; i++) {
        wann_env_result x, y;
        for (int j = 0; j < 5; j++)
            CHECK(fabs(a.observation[j] - b.observation[j]) < 1e-11);
        CHECK(wann_env_step(a.env, &(double){0.2}, a.observation, &x, NULL) == WANN_OK);
        CHECK(wann_env_step(b.env, &(double){0.2}, b.observation, &y, NULL) == WANN_OK);
        CHECK(fabs(x.reward - y.reward) < 1e-11);
    }
    close_swingup(&a);
    close_swingup(&b);
}

int main(void) {
    RUN(test_every_name_opens);
    RUN(test_what_does_not_open);
    RUN(test_an_action_that_is_no_number_is_an_error);
    RUN(test_episodes_end);
    RUN(test_a_saved_state_goes_on_the_same);
    RUN(test_the_portable_world_is_nearly_the_same);
    return TEST_RESULT();
}
