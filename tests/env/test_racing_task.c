/* Racing as a task: what networks see, options, episodes that end early in a search alone. */
#include <math.h>
#include <pthread.h>

#include "envs/encoder.h"
#include "envs/racing.h"
#include "runtime/base/alloc.h"
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

/* Means over areas: flat stays flat, and the mean of the upper 84 rows is kept. */
static void test_squeeze(void) {
    static unsigned char view[WN_RACING_VIEW * WN_RACING_VIEW * 3];
    static unsigned char eye[WN_RACING_EYE * WN_RACING_EYE * 3];
    memset(view, 77, sizeof view);
    wn_racing_squeeze(view, eye);
    for (size_t i = 0; i < sizeof eye; i++)
        CHECK(eye[i] == 77);
    double wide = 0, square = 0;
    for (size_t y = 0; y < WN_RACING_VIEW; y++)
        for (size_t i = 0; i < 3 * WN_RACING_VIEW; i++) {
            view[y * 3 * WN_RACING_VIEW + i] = (unsigned char)(y < 84 ? (y * 31 + i * 57) % 256 : 255);
            wide += y < 84 ? view[y * 3 * WN_RACING_VIEW + i] : 0;
        }
    wn_racing_squeeze(view, eye);
    for (size_t i = 0; i < sizeof eye; i++)
        square += eye[i];
    CHECK_MSG(fabs(wide / (84 * 96 * 3) - square / sizeof eye) < 0.05, "%g, %g",
              wide / (84 * 96 * 3), square / sizeof eye);
    /* the first pixel: 16 parts of the first row and 5 of the second; two columns of 2 and 1 */
    for (size_t c = 0; c < 3; c++) {
        const unsigned char *first = view + c, *second = view + 3 * WN_RACING_VIEW + c;
        const unsigned sum = 16u * (2u * first[0] + first[3]) + 5u * (2u * second[0] + second[3]);
        CHECK(eye[c] == (sum + 31) / 63);
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
