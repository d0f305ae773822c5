/* Cart-poles in lock step against the single world. */
#include <math.h>

#include "envs/portable.h"
#include "runtime/base/rng.h"
#include "support/test.h"
#include "wann/env.h"

enum { MOST = 70, STRIDE = 80, OBSERVATIONS = 5 };

static const char *const portable[] = {"portable=1", NULL};
static const char *const longer[] = {"pole=1.1", NULL};
static const char *const usual[] = {"pole=0.6", NULL};
static const char *const shorter[] = {"portable=1", "pole=0.25", NULL};

/* A bang-bang law that keeps most carts on the track for a while, and one that does not. */
static double push(const double *o, size_t lane) {
    return lane % 3 == 0 ? 2.0 : 0.5 * (o[1] < 0) - 0.7 * (o[4] > 0) + 0.01 * (double)lane;
}

/* One lane's world beside it. */
typedef struct twin {
    wann_env *env;
    double observation[OBSERVATIONS];
    wann_env_result result;
} twin;

static void start_twin(wann_task *task, twin *t, uint64_t seed) {
    CHECK(wann_env_create(task, &t->env, NULL) == WANN_OK);
    CHECK(wann_env_reset(t->env, seed, t->observation, NULL) == WANN_OK);
}

static size_t differences(const twin *twins, const double *observation, size_t n) {
    size_t different = 0;
    for (size_t l = 0; l < n; l++)
        for (size_t i = 0; i < OBSERVATIONS; i++)
            different += memcmp(&twins[l].observation[i], &observation[i * STRIDE + l],
                                sizeof(double)) != 0;
    return different;
}

static void step_twins(twin *twins, const double *action, const double *reward,
                       const unsigned char *over, size_t n) {
    for (size_t l = 0; l < n; l++) {
        twin *t = &twins[l];
        CHECK(wann_env_step(t->env, &action[l], t->observation, &t->result, NULL) == WANN_OK);
        CHECK(memcmp(&reward[l], &t->result.reward, sizeof *reward) == 0);
        CHECK((over[l] != 0) == (t->result.terminated || t->result.truncated));
    }
}

/* n lanes to the end of each, in which the last lane takes the place of one that is over. */
static void run_together(const char *name, const char *const *options, size_t n) {
    static twin twins[MOST];
    double observation[OBSERVATIONS * STRIDE], action[MOST], reward[MOST];
    unsigned char over[MOST];
    wann_task *task;
    void *worlds;
    size_t compared = 0;
    CHECK(wann_task_open(name, options, &task, NULL) == WANN_OK);
    const wann_env_lanes_f64 *lanes = wann_task_type(task)->lanes_f64;
    CHECK(lanes->create(options, n, &worlds, NULL) == 0);
    for (size_t l = 0; l < n; l++) {
        start_twin(task, &twins[l], 100 + l);
        lanes->reset(worlds, l, 100 + l, observation, STRIDE);
    }
    while (n > 0) {
        CHECK(differences(twins, observation, n) == 0);
        for (size_t l = 0; l < n; l++)
            action[l] = push(twins[l].observation, l);
        lanes->step(worlds, n, action, observation, STRIDE, reward, over);
        step_twins(twins, action, reward, over, n);
        compared += n;
        for (size_t l = n; l-- > 0;) {
            if (!over[l])
                continue;
            n--;
            wann_env_destroy(twins[l].env);
            twins[l] = twins[n];
            lanes->copy(worlds, l, n);
            for (size_t i = 0; i < OBSERVATIONS; i++)
                observation[i * STRIDE + l] = observation[i * STRIDE + n];
        }
    }
    CHECK(compared > 40);
    lanes->destroy(worlds);
    wann_task_close(task);
}

static void test_double_lanes_are_the_single_world(void) {
    static const size_t sizes[] = {1, 2, 15, 16, 17, 33, MOST};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        run_together("swingup", NULL, sizes[i]);
        run_together("swingup", portable, sizes[i]);
        run_together("swingup", longer, sizes[i]);
        run_together("swingup", shorter, sizes[i]);
    }
    run_together("swingup_hard", NULL, 20);
}

/* In float each step, begun at the float state, is within some roundings of the step in double. */
static void check_float_steps(const char *const *options) {
    wann_task *task;
    twin t;
    void *worlds;
    float observation[OBSERVATIONS], action, reward;
    unsigned char over;
    CHECK(wann_task_open("swingup", options, &task, NULL) == WANN_OK);
    const wann_env_lanes_f32 *lanes = wann_task_type(task)->lanes_f32;
    CHECK(lanes->create(options, 1, &worlds, NULL) == 0);
    start_twin(task, &t, 7);
    double worst = 0, turns = 0;
    for (size_t seed = 0; seed < 20; seed++) {
        lanes->reset(worlds, 0, seed, observation, 1);
        over = 0;
        for (int step = 0; !over && step < 999; step++) {
            const double state[5] = {(double)observation[0], (double)observation[1],
                                     atan2((double)observation[3], (double)observation[2]),
                                     (double)observation[4], step};
            CHECK(wann_env_restore(t.env, state, sizeof state, t.observation, NULL) == WANN_OK);
            turns = fmax(turns, fabs(state[2]));
            action = observation[1] < 0 ? 0.4f : -0.3f;
            const double push_ = (double)action;
            CHECK(wann_env_step(t.env, &push_, t.observation, &t.result, NULL) == WANN_OK);
            lanes->step(worlds, 1, &action, observation, 1, &reward, &over);
            for (int i = 0; i < OBSERVATIONS; i++)
                worst = fmax(worst, fabs((double)observation[i] - t.observation[i]) /
                                        fmax(1, fabs(t.observation[i])));
            worst = fmax(worst, fabs((double)reward - t.result.reward));
        }
    }
    CHECK_MSG(worst < 1e-6, "%g", worst);
    printf("largest error of a float step %.2g\n", worst);
    wann_env_destroy(t.env);
    lanes->destroy(worlds);
    wann_task_close(task);
}

/* How many lanes there are, and where a lane is, changes nothing. */
static void test_a_float_step_is_near(void) {
    check_float_steps(NULL);
    check_float_steps(longer);
}

/* Where the pole is after some pushes, [5]. */
static void push_around(const char *const *options, double *observation) {
    wann_task *task;
    twin t;
    CHECK(wann_task_open("swingup", options, &task, NULL) == WANN_OK);
    start_twin(task, &t, 3);
    for (int step = 0; step < 30; step++) {
        const double action = step % 10 < 5 ? 1 : -1;
        CHECK(wann_env_step(t.env, &action, t.observation, &t.result, NULL) == WANN_OK);
    }
    memcpy(observation, t.observation, sizeof t.observation);
    wann_env_destroy(t.env);
    wann_task_close(task);
}

/* The pole's length: 0.6 m to the bit if left out, and another one turns otherwise. */
static void test_poles_of_other_lengths(void) {
    double left_out[OBSERVATIONS], said[OBSERVATIONS], other[OBSERVATIONS];
    push_around(NULL, left_out);
    push_around(usual, said);
    push_around(longer, other);
    CHECK(memcmp(left_out, said, sizeof said) == 0);
    CHECK(fabs(other[4] - said[4]) > 0.01);
    static const char *const wrong[][2] = {
        {"pole=0.01"}, {"pole=11"}, {"pole=nan"}, {"pole=1m"}, {"pole="}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        wann_task *task;
        wann_diag diag = {0};
        CHECK(wann_task_open("swingup", wrong[i], &task, &diag) == WANN_INPUT);
        CHECK_MSG(strstr(diag.text, "option pole is"), "%s", diag.text);
    }
}

static void test_float_lanes_do_not_depend_on_their_neighbours(void) {
    wann_task *task;
    void *one, *many;
    float alone[OBSERVATIONS], observation[OBSERVATIONS * STRIDE], action[MOST], reward[MOST];
    float own_reward;
    unsigned char over[MOST], own_over;
    CHECK(wann_task_open("swingup", NULL, &task, NULL) == WANN_OK);
    const wann_env_lanes_f32 *lanes = wann_task_type(task)->lanes_f32;
    CHECK(lanes->create(NULL, 1, &one, NULL) == 0 && lanes->create(NULL, MOST, &many, NULL) == 0);
    for (size_t watched = 0; watched < MOST; watched += 23) {
        lanes->reset(one, 0, 5, alone, 1);
        for (size_t l = 0; l < MOST; l++)
            lanes->reset(many, l, l == watched ? 5 : 50 + l, observation, STRIDE);
        for (int step = 0; step < 300; step++) {
            for (size_t l = 0; l < MOST; l++)
                action[l] = observation[STRIDE + l] < 0 ? 0.4f : -0.3f;
            lanes->step(one, 1, &action[watched], alone, 1, &own_reward, &own_over);
            lanes->step(many, MOST, action, observation, STRIDE, reward, over);
            CHECK(memcmp(&own_reward, &reward[watched], sizeof own_reward) == 0);
            CHECK(alone[4] <= observation[4 * STRIDE + watched]);
            CHECK(alone[4] >= observation[4 * STRIDE + watched]);
        }
    }
    lanes->destroy(one);
    lanes->destroy(many);
    wann_task_close(task);
}

static void test_portable_random_numbers_are_the_usual_ones(void) {
    wn_rng a = wn_rng_stream(1, 2, 3, 4), b = a;
    for (int i = 0; i < 100000; i++) {
        const double x = wn_rng_normal(&a), y = wn_portable_normal(&b);
        CHECK(fabs(x - y) <= 1e-14 * fmax(1, fabs(x)));
        const double u = ldexp(1 + wn_rng_uniform(&a), i % 200 - 100);
        CHECK(fabs(wn_portable_log(u) - log(u)) <= 5e-16 * fmax(fabs(log(u)), 1e-3));
        wn_rng_uniform(&b);
    }
}

int main(void) {
    RUN(test_double_lanes_are_the_single_world);
    RUN(test_a_float_step_is_near);
    RUN(test_poles_of_other_lengths);
    RUN(test_float_lanes_do_not_depend_on_their_neighbours);
    RUN(test_portable_random_numbers_are_the_usual_ones);
    return TEST_RESULT();
}
