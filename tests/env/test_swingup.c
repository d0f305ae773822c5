/* The swing-up against the published Python code, row by row and episode by episode. */
#include <math.h>

#include "env/swingup_golden.h"
#include "support/test.h"
#include "wann/env.h"
#include "wann/run.h"

enum { OBSERVATIONS = 5, MOST_NODES = 64, SEEDS = 100 };

static const char *reference; /* its folder */
static wann_net *champion;
static double *tuned;
static wann_task *task;
static wann_env *env;

static const char *in_reference(const char *file) {
    static char path[4300];
    snprintf(path, sizeof path, "%s/%s", reference, file);
    return path;
}

static bool open_champion(void) {
    const wann_read_options read = {.inputs = OBSERVATIONS, .outputs = 1};
    wann_diag diag = {0};
    if (wann_net_read(in_reference("champions/swing.out"), &read, &champion, NULL, &diag) == WANN_OK &&
        wann_weights_read(champion, in_reference("champions/zoo/cartpole_swingup.wann.json"), -1.5,
                          &tuned, &diag) == WANN_OK)
        return true;
    CHECK_MSG(false, "%s", diag.text);
    return false;
}

/* The first four numbers are those of the state. */
static bool set_state(const double *state, double step, double *observation) {
    const double bytes[5] = {state[0], state[1], state[2], state[3], step};
    return wann_env_restore(env, bytes, sizeof bytes, observation, NULL) == WANN_OK;
}

static bool near(double got, double expected, double tolerance) {
    return fabs(got - expected) <= tolerance * fmax(1, fabs(expected));
}

static double force(const double *observation, wann_weights weights) {
    double act[MOST_NODES], out;
    wann_run(champion, observation, weights, NULL, act, &out);
    return out;
}

/* Columns of a trajectory. */
enum { ROW_STEP, ROW_STATE, ROW_OUTPUT = 5, ROW_REWARD, ROW_DONE, ROW_COLUMNS };

static void check_row(const double *row, const double *next, wann_weights weights, bool last) {
    double observation[OBSERVATIONS], state[5];
    if (!set_state(row + ROW_STATE, row[ROW_STEP], observation)) {
        CHECK(false);
        return;
    }
    const double out = force(observation, weights);
    CHECK(near(out, row[ROW_OUTPUT], 1e-12));
    wann_env_result result;
    CHECK(wann_env_step(env, &out, observation, &result, NULL) == WANN_OK);
    CHECK(wann_env_save(env, state, sizeof state) == sizeof state);
    for (int i = 0; i < 4; i++)
        CHECK_MSG(near(state[i], next[ROW_STATE + i], 1e-12), "step %g, state %d", row[0], i);
    CHECK(near(result.reward, row[ROW_REWARD], 1e-12));
    CHECK((result.terminated || result.truncated) == (row[ROW_DONE] > 0));
    CHECK(last == (row[ROW_DONE] > 0));
}

static void check_trajectory(const char *file, wann_weights weights) {
    const golden_table t = golden_read(reference, file);
    CHECK_MSG(t.rows > 100, "%s", file);
    for (size_t r = 0; r + 1 < t.rows; r++)
        check_row(t.cell + r * t.columns, t.cell + (r + 1) * t.columns, weights, r + 2 == t.rows);
    free(t.cell);
}

static void test_every_row_follows_from_the_one_before(void) {
    static const struct {
        const char *file;
        double weight; /* 0: tuned */
    } trajectories[] = {{"swingup/traj_0_wtuned.csv", 0}, {"swingup/traj_1_w+1.0.csv", 1},
                        {"swingup/traj_2_w-1.0.csv", -1}, {"swingup/traj_3_w+2.0.csv", 2},
                        {"swingup/traj_4_w-1.5.csv", -1.5}, {"swingup/traj_5_w+0.5.csv", 0.5},
                        {"swingup/traj_6_w+0.3.csv", 0.3}, {"swingup/traj_7_w-2.0.csv", -2}};
    for (size_t i = 0; i < sizeof trajectories / sizeof *trajectories; i++) {
        const double w = trajectories[i].weight;
        check_trajectory(trajectories[i].file, (wann_weights){w, w == 0 ? tuned : NULL});
    }
}

static double episode(const double *state, wann_weights weights, size_t *steps) {
    double observation[OBSERVATIONS], total = 0;
    wann_env_result result = {0};
    *steps = 0;
    if (!set_state(state, 0, observation))
        return (double)NAN;
    for (; !result.terminated && !result.truncated; (*steps)++) {
        const double out = force(observation, weights);
        if (wann_env_step(env, &out, observation, &result, NULL) != WANN_OK)
            return (double)NAN;
        total += result.reward;
    }
    return total;
}

/* Column c of the sweep tables, 1 and up: tuned, then -2.0 to 2.0. */
static wann_weights weights_of(size_t c) {
    return c == 1 ? (wann_weights){0, tuned} : (wann_weights){((double)c - 22) / 10, NULL};
}

/* How far the mean of 100 episodes may be off because of chaos alone: the README of the data says
 * what an initial state moved by 4e-16 does (tuned 0.0004, w = -2 3.3); +-1 are exact. */
static double mean_tolerance(double weight, bool is_tuned) {
    if (is_tuned)
        return 0.002;
    return fabs(fabs(weight) - 1) < 1e-9 || fabs(weight) < 0.75 ? 1e-6 : 7;
}

typedef struct tally {
    size_t episodes, equal, same_length;
} tally;

static void check_column(const golden_table *start, const golden_table *rewards,
                         const golden_table *lengths, size_t c, tally *all) {
    const wann_weights weights = weights_of(c);
    double mean = 0, golden_mean = 0, worst = 0;
    for (size_t seed = 0; seed < SEEDS; seed++) {
        size_t steps;
        const double golden = rewards->cell[seed * rewards->columns + c];
        const double reward = episode(start->cell + seed * start->columns + 1, weights, &steps);
        mean += reward / SEEDS;
        golden_mean += golden / SEEDS;
        worst = fmax(worst, fabs(reward - golden));
        all->episodes++;
        all->equal += fabs(reward - golden) <= 1e-6;
        all->same_length += steps == (size_t)lengths->cell[seed * lengths->columns + c];
    }
    CHECK_MSG(fabs(mean - golden_mean) <= mean_tolerance(weights.shared, c == 1),
              "w %g: mean %.9g, golden %.9g, worst episode off by %g", weights.shared, mean,
              golden_mean, worst);
    if (c == 1)
        CHECK(fabs(mean - 931.96) < 0.01);
}

/* From the stored states: the tuned champion and a sweep of 41 weights, 100 episodes each. */
static void test_episodes_score_what_was_published(void) {
    golden_table start = golden_read(reference, "swingup/initial_states.csv");
    golden_table rewards = golden_read(reference, "swingup/sweep_rewards.csv");
    golden_table lengths = golden_read(reference, "swingup/sweep_steps.csv");
    CHECK(start.rows >= SEEDS && rewards.rows == SEEDS && lengths.rows == SEEDS);
    CHECK(rewards.columns == 43);
    tally all = {0};
    for (size_t c = 1; c < rewards.columns; c++)
        check_column(&start, &rewards, &lengths, c, &all);
    /* A square by multiplication instead of pow alone makes 133 of the 4,200 differ. */
    CHECK_MSG(all.equal >= 4000, "%zu of %zu within 1e-6", all.equal, all.episodes);
    CHECK_MSG(all.same_length >= 4190, "%zu", all.same_length);
    printf("%zu of %zu episodes within 1e-6\n", all.equal, all.episodes);
    free(start.cell);
    free(rewards.cell);
    free(lengths.cell);
}

int main(void) {
    reference = test_reference_dir();
    if (!reference) {
        puts("skipped: the golden data is missing (WANN_REFERENCE names its folder)");
        return TEST_SKIP;
    }
    if (open_champion() && wann_task_open("swingup", NULL, &task, NULL) == WANN_OK &&
        wann_env_create(task, &env, NULL) == WANN_OK) {
        RUN(test_every_row_follows_from_the_one_before);
        RUN(test_episodes_score_what_was_published);
    } else {
        CHECK(task && env);
    }
    wann_env_destroy(env);
    wann_task_close(task);
    wann_net_destroy(champion);
    wann_free(tuned);
    return TEST_RESULT();
}
