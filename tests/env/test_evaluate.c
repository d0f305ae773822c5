/* wann_evaluate: every engine, any number of threads, the same numbers. */
#include <math.h>

#include "support/test.h"
#include "wann/evaluate.h"

static wann_net *champion;
static double *tuned;
static wann_task *task;
static int last_engine = WANN_ENGINE_COMPILED; /* JIT where the build has one */

static const char EXAMPLE[] = "examples/champions/cartpole.json";

static wann_scores evaluate(const wann_evaluation *e) {
    wann_scores scores;
    wann_diag diag = {0};
    CHECK_MSG(wann_evaluate(champion, task, e, &scores, &diag) == WANN_OK, "%s", diag.text);
    return scores;
}

static bool same(const wann_scores *a, const wann_scores *b) {
    if (!a->reward || !b->reward || a->rows != b->rows || a->episodes != b->episodes)
        return false;
    const size_t n = a->rows * a->episodes;
    return memcmp(a->reward, b->reward, n * sizeof *a->reward) == 0 &&
           memcmp(a->steps, b->steps, n * sizeof *a->steps) == 0 &&
           memcmp(a->weight, b->weight, n * sizeof *a->weight) == 0;
}

/* A condition in each engine, with 1, 2 and 4 threads. */
static void check_condition(wann_condition condition) {
    static const double weights[] = {-2, -0.85, 0.1, 0.85, 1};
    wann_evaluation e = wann_evaluation_defaults();
    e.condition = condition;
    e.weights = weights;
    e.n_weights = sizeof weights / sizeof *weights;
    e.tuned = tuned;
    e.episodes = 30;
    e.seed = 5;
    e.threads = 1;
    e.engine = WANN_ENGINE_INTERPRETER;
    wann_scores expected = evaluate(&e);
    for (int engine = WANN_ENGINE_AUTO; engine <= last_engine; engine++) {
        if (engine >= WANN_ENGINE_COMPILED && condition == WANN_RANDOM)
            continue;
        for (size_t threads = 1; threads <= 4; threads *= 2) {
            e.engine = (wann_engine)engine;
            e.threads = threads;
            wann_scores scores = evaluate(&e);
            CHECK_MSG(same(&expected, &scores), "condition %d, engine %d, %zu threads", condition,
                      engine, threads);
            wann_scores_free(&scores);
        }
    }
    for (size_t i = 0; i + 1 < expected.episodes; i++) {
        CHECK(expected.steps[i] > 0 && expected.steps[i] <= 1000);
        CHECK(isfinite(expected.reward[i]));
        if (condition == WANN_RANDOM_SHARED)
            CHECK(expected.weight[i] < expected.weight[i + 1] ||
                  expected.weight[i] > expected.weight[i + 1]);
    }
    wann_scores_free(&expected);
}

static void test_shared(void) {
    check_condition(WANN_SHARED);
}
static void test_random_shared(void) {
    check_condition(WANN_RANDOM_SHARED);
}
static void test_random(void) {
    check_condition(WANN_RANDOM);
}
static void test_tuned(void) {
    check_condition(WANN_TUNED);
}

/* Episodes do not depend on how many there are. */
static void test_an_episode_is_given_by_its_seed(void) {
    wann_evaluation e = wann_evaluation_defaults();
    const double weight = 0.85;
    e.weights = &weight;
    e.n_weights = 1;
    e.episodes = 150;
    wann_scores all = evaluate(&e);
    e.seed = 140;
    e.episodes = 10;
    wann_scores last = evaluate(&e);
    CHECK(memcmp(all.reward + 140, last.reward, 10 * sizeof *last.reward) == 0);
    wann_summary s;
    CHECK(wann_summarise(all.reward, 150, &s, NULL) == WANN_OK);
    CHECK_MSG(s.mean > 890 && s.median > s.mean && s.max < 1000, "%g %g", s.mean, s.median);
    wann_scores_free(&all);
    wann_scores_free(&last);
}

/* Single precision leads elsewhere in an episode, but not in the mean of many. */
static void test_float_scores_alike(void) {
    wann_evaluation e = wann_evaluation_defaults();
    const double weight = 0.85;
    wann_summary s[4];
    e.weights = &weight;
    e.n_weights = 1;
    e.episodes = 200;
    for (int i = 0; i < 4; i++) {
        e.real = i == 0 ? WANN_DOUBLE : WANN_FLOAT;
        e.engine = i == 0 ? WANN_ENGINE_AUTO : (wann_engine)i;
        wann_scores scores = evaluate(&e);
        CHECK(wann_summarise(scores.reward, 200, &s[i], NULL) == WANN_OK);
        CHECK_MSG(fabs(s[i].mean - s[0].mean) < 6 && fabs(s[i].median - s[0].median) < 1, "%d: %g",
                  i, s[i].mean);
        wann_scores_free(&scores);
    }
}

static void expect_failure(const wann_evaluation *e, wann_status status, const char *text) {
    wann_scores scores;
    wann_diag diag = {0};
    CHECK(wann_evaluate(champion, task, e, &scores, &diag) == status);
    CHECK_MSG(strstr(diag.text, text), "%s", diag.text);
    CHECK(!scores.reward);
}

static void test_what_cannot_be_evaluated(void) {
    wann_evaluation e = wann_evaluation_defaults();
    const double weight = 1e300;
    expect_failure(&e, WANN_ARGUMENT, "nothing to evaluate");
    e.condition = WANN_RANDOM;
    e.engine = WANN_ENGINE_COMPILED;
    expect_failure(&e, WANN_ARGUMENT, "cannot be compiled");
    for (int engine = WANN_ENGINE_AUTO; engine <= last_engine; engine++) {
        e = wann_evaluation_defaults();
        e.engine = (wann_engine)engine;
        e.weights = &weight;
        e.n_weights = 1;
        e.seed = 3;
        expect_failure(&e, WANN_INPUT,
                       "step 1 of the episode of seed 3: action 0 is nan; expected a finite number");
    }
}

static void test_sizes_have_to_fit(void) {
    static const char text[] = "{\"format\":\"wann-network\",\"version\":1,\"nodes\":[{\"id\":0,"
                               "\"type\":\"input\"},{\"id\":1,\"type\":\"output\",\"activation\":"
                               "\"linear\"}],\"connections\":[{\"from\":0,\"to\":1}]}";
    const double weight = 1;
    wann_evaluation e = wann_evaluation_defaults();
    e.weights = &weight;
    e.n_weights = 1;
    wann_net *net;
    wann_scores scores;
    wann_diag diag = {0};
    CHECK(wann_net_read_memory(text, strlen(text), "x.json", NULL, &net, NULL, &diag) == WANN_OK);
    CHECK(wann_evaluate(net, task, &e, &scores, &diag) == WANN_INPUT);
    CHECK_TEXT(diag.text, "the network has 1 inputs; task swingup gives 5");
    CHECK(wann_evaluate(champion, task, &e, &scores, NULL) == WANN_OK);
    wann_scores_free(&scores);
    wann_net_destroy(net);
}

static void test_summaries(void) {
    const double values[] = {4, 1, 3, 2};
    wann_summary s;
    CHECK(wann_summarise(values, 4, &s, NULL) == WANN_OK);
    CHECK(fabs(s.mean - 2.5) < 1e-15 && fabs(s.median - 2.5) < 1e-15);
    CHECK(fabs(s.sd - sqrt(1.25)) < 1e-15 && s.min <= 1 && s.max >= 4);
}

int main(void) {
    char path[4300];
    snprintf(path, sizeof path, "%s/%s", getenv("WANN_SOURCE") ? getenv("WANN_SOURCE") : ".", EXAMPLE);
    wann_diag diag = {0};
    if (wann_net_read(path, NULL, &champion, NULL, &diag) != WANN_OK ||
        wann_task_open("swingup", NULL, &task, &diag) != WANN_OK) {
        fprintf(stderr, "%s\n", diag.text);
        return EXIT_FAILURE;
    }
    const size_t n = wann_net_connections(champion);
    tuned = malloc(n * sizeof *tuned);
    for (size_t k = 0; tuned && k < n; k++)
        tuned[k] = 0.8 + 0.002 * (double)k;
    wann_policy *policy;
    const wann_compile_options options = wann_compile_defaults();
    if (wann_jit_compile(champion, &options, WANN_EFFORT_FAST, &policy, &diag) == WANN_OK) {
        last_engine = WANN_ENGINE_JIT;
        wann_policy_destroy(policy);
    }
    RUN(test_shared);
    RUN(test_random_shared);
    RUN(test_random);
    RUN(test_tuned);
    RUN(test_an_episode_is_given_by_its_seed);
    RUN(test_float_scores_alike);
    RUN(test_what_cannot_be_evaluated);
    RUN(test_sizes_have_to_fit);
    RUN(test_summaries);
    free(tuned);
    wann_task_close(task);
    wann_net_destroy(champion);
    return TEST_RESULT();
}
