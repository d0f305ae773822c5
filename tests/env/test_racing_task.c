/* Racing as a task: what networks see, options, episodes that end early in a search alone. */
#include <math.h>
#include <pthread.h>

#include "envs/encoder.h"
#include "envs/racing.h"
#include "runtime/base/alloc.h"
#include "runtime/base/rng.h"
#include "support/failing.h"
#include "support/test.h"
#include "wann/env.h"

enum { IN = 16, OUT = 3, FRAMES = 120 };

static wann_env *open_env(wann_task **task, const char *const *options) {
    wann_env *env = NULL;
    wann_diag diag = {0};
    CHECK_MSG(wann_task_open("racing", options, task, &diag) == WANN_OK, "%s", diag.text);
    CHECK_MSG(wann_env_create(*task, &env, &diag) == WANN_OK, "%s", diag.text);
    return env;
}

static void close_env(wann_task *task, wann_env *env) {
    wann_env_destroy(env);
    wann_task_close(task);
}

/* Some driving about. */
static void act(size_t t, double *action) {
    action[0] = 0.3 * sin(0.1 * (double)t);
    action[1] = -0.4;
    action[2] = t % 40 < 5 ? 0.4 : 0;
}

/* All that an episode shows, and its rewards. */
typedef struct trace {
    double seen[FRAMES + 1][IN];
    double reward[FRAMES];
} trace;

static void drive(wann_env *env, uint64_t seed, trace *t) {
    CHECK(wann_env_reset(env, seed, t->seen[0], NULL) == WANN_OK);
    for (size_t i = 0; i < FRAMES; i++) {
        double action[OUT];
        wann_env_result result;
        act(i, action);
        CHECK(wann_env_step(env, action, t->seen[i + 1], &result, NULL) == WANN_OK);
        t->reward[i] = result.reward;
    }
}

static void *drive_alone(void *arg) {
    wann_task *task;
    wann_env *env = open_env(&task, NULL);
    drive(env, 5, arg);
    close_env(task, env);
    return NULL;
}

/* On a fresh world, on a used one, in other threads. */
static void test_same_seed_same_episode(void) {
    static trace a, b, other, in_thread[3];
    wann_task *task;
    wann_env *env = open_env(&task, NULL);
    drive(env, 5, &a);
    drive(env, 6, &other);
    drive(env, 5, &b);
    CHECK(memcmp(&a, &b, sizeof a) == 0);
    CHECK(memcmp(&a, &other, sizeof a) != 0);
    pthread_t thread[3];
    for (size_t i = 0; i < 3; i++)
        CHECK(pthread_create(&thread[i], NULL, drive_alone, &in_thread[i]) == 0);
    for (size_t i = 0; i < 3; i++) {
        pthread_join(thread[i], NULL);
        CHECK(memcmp(&a, &in_thread[i], sizeof a) == 0);
    }
    close_env(task, env);
}

/* The picture's own numbers, by the parts that make them. */
static void test_sees_through_the_encoder(void) {
    static unsigned char view[WN_RACING_VIEW * WN_RACING_VIEW * 3];
    static unsigned char eye[WN_RACING_EYE * WN_RACING_EYE * 3];
    static trace t;
    const char *source = getenv("WANN_SOURCE");
    char path[4096];
    wann_task *task;
    wn_encoder *encoder;
    wann_env *env = open_env(&task, NULL);
    snprintf(path, sizeof path, "%s/envs/encoders/small.encoder", source ? source : ".");
    CHECK(wn_encoder_read(path, &encoder, NULL) == WANN_OK);
    wn_encoder_scratch *scratch = wn_encoder_scratch_create(encoder);
    wn_racing *racing = wn_racing_create();
    drive(env, 11, &t);
    CHECK(wn_racing_reset(racing, 11, NULL) == WANN_OK);
    for (size_t i = 0; i <= FRAMES; i++) {
        double action[OUT], latent[IN];
        wann_env_result result;
        wn_racing_view(racing, view);
        wn_racing_squeeze(view, eye);
        wn_encoder_run(encoder, eye, scratch, latent);
        CHECK(memcmp(latent, t.seen[i], sizeof latent) == 0);
        act(i, action);
        wn_racing_step(racing, wn_racing_controls_of(action), &result, NULL);
        CHECK(i == FRAMES || result.reward == t.reward[i]);
    }
    char text[4200];
    snprintf(text, sizeof text, "encoder=%s", path);
    const char *const same[] = {text, NULL};
    wann_task *from_file;
    static trace again;
    wann_env *other = open_env(&from_file, same);
    drive(other, 11, &again);
    CHECK(memcmp(&t, &again, sizeof t) == 0);
    close_env(from_file, other);
    wn_racing_destroy(racing);
    wn_free(scratch);
    wn_encoder_destroy(encoder);
    close_env(task, env);
}

/* A pixel of the eye by the definition: 63 parts, each of a third of a column and a 16th of a row.
 */
static unsigned mean_of(const unsigned char *view, size_t y, size_t x, size_t c) {
    unsigned sum = 0;
    for (size_t v = 21 * y; v < 21 * (y + 1); v++)
        for (size_t u = 3 * x; u < 3 * (x + 1); u++)
            sum += view[(v / 16 * WN_RACING_VIEW + u / 2) * 3 + c];
    return (sum + 31) / 63;
}

static void test_squeeze(void) {
    static unsigned char view[WN_RACING_VIEW * WN_RACING_VIEW * 3];
    static unsigned char eye[WN_RACING_EYE * WN_RACING_EYE * 3];
    wn_rng rng = wn_rng_stream(1, 0, 0, 0);
    for (int round = 0; round < 4; round++) {
        for (size_t i = 0; i < sizeof view; i++)
            view[i] = (unsigned char)(round == 0   ? 255
                                      : round == 1 ? i % 3 * 40
                                                   : wn_rng_below(&rng, 256));
        wn_racing_squeeze(view, eye);
        for (size_t i = 0; i < sizeof eye; i++)
            CHECK_MSG(eye[i] == mean_of(view, i / 192, i / 3 % 64, i % 3), "%zu: %d", i, eye[i]);
    }
}

/* Steps and total of an episode in which nobody drives. */
static double stand(const char *const *options, size_t *steps) {
    wann_task *task;
    wann_env *env = open_env(&task, options);
    const double rest[OUT] = {0, -1, 0};
    double seen[IN], sum = 0;
    wann_env_result result = {0};
    wann_env_reset(env, 3, seen, NULL);
    for (*steps = 0; !result.terminated && !result.truncated && *steps < 2000; ++*steps) {
        CHECK(wann_env_step(env, rest, seen, &result, NULL) == WANN_OK);
        sum += result.reward;
    }
    close_env(task, env);
    return sum;
}

static void test_patience(void) {
    static const char *const hundred[] = {"patience=100", NULL};
    size_t whole, cut;
    const double all = stand(NULL, &whole), early = stand(hundred, &cut);
    CHECK_MSG(whole == 1000 && cut >= 100 && cut < 110, "%zu, %zu", whole, cut);
    CHECK_MSG(fabs(all - early) < 1e-6, "%g, %g", all, early);
    wann_task *task;
    CHECK(wann_task_open("racing", NULL, &task, NULL) == WANN_OK);
    CHECK_TEXT(wann_task_type(task)->search_options, "patience=100");
    wann_task_close(task);
}

static void refuse(const char *option, const char *words) {
    const char *const options[] = {option, NULL};
    wann_task *task;
    wann_diag diag = {0};
    CHECK(wann_task_open("racing", options, &task, &diag) != WANN_OK && !task);
    CHECK_MSG(strstr(diag.text, words), "expected '%s' in: %s", words, diag.text);
}

static void test_bad_options(void) {
    refuse("encoder=there/is/none", "encoder there/is/none: cannot open");
    refuse("encoder=/dev/null", "is no encoder");
    refuse("patience=0", "expected a whole number");
    refuse("encoders=x", "there are: encoder, patience");
}

static void test_failing_memory(void) {
    wann_task *task = NULL;
    wann_env *env = open_env(&task, NULL); /* what is made once in a process */
    close_env(task, env);
    wann_set_allocator(&test_failing_allocator);
    size_t n = 0;
    for (; n < 1000; n++) {
        double seen[IN];
        test_memory.left = n;
        test_memory.failed = false;
        wann_status status = wann_task_open("racing", NULL, &task, NULL);
        env = NULL;
        if (status == WANN_OK)
            status = wann_env_create(task, &env, NULL);
        if (status == WANN_OK)
            status = wann_env_reset(env, 1, seen, NULL);
        CHECK(status == WANN_OK || (status == WANN_NO_MEMORY && test_memory.failed));
        wann_env_destroy(env);
        wann_task_close(task);
        CHECK(test_memory.live == 0);
        if (status == WANN_OK)
            break;
    }
    CHECK_MSG(n > 10 && n < 1000, "%zu", n);
    wann_set_allocator(NULL);
}

int main(void) {
    RUN(test_same_seed_same_episode);
    RUN(test_sees_through_the_encoder);
    RUN(test_squeeze);
    RUN(test_patience);
    RUN(test_bad_options);
    RUN(test_failing_memory);
    return TEST_RESULT();
}
