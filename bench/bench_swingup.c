/* Steps a second of the swing-up on one core: the world alone and with a champion, one at a time
 * and in lanes, and what the same takes in NumPy, done as the original program does it.
 *
 * Champions: examples/champions/swingup.json, which WANN_SOURCE leads to (or the working folder),
 * and the published one where WANN_REFERENCE names the folder of its files. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/rows.h"
#include "runtime/base/proc.h"
#include "runtime/base/text.h"
#include "wann/compile.h"
#include "wann/env.h"
#include "wann/evaluate.h"
#include "wann/run.h"

enum { ROUNDS = 15, STEPS = 1000, LANES = 256, MOST_NODES = 512, MOST_ROWS = 32, NAME = 96 };

/* A champion, and what runs it. */
typedef struct champion {
    const char *name;
    wann_net *net;
    double weight;
    wann_policy *f32, *f64;
    wann_lanes *lanes;
    wann_lanes_block block;
} champion;

typedef struct subjects {
    wann_task *task;
    const wann_env_type *type;
    wann_env *world;
    void *worlds_f64, *worlds_f32;
    double in[5 * LANES], action[LANES], reward[LANES];
    float in_f32[5 * LANES], action_f32[LANES], reward_f32[LANES];
    unsigned char over[LANES];
    uint64_t seed;
    champion champions[2];
    size_t n_champions;
} subjects;

static subjects s;

static void must(bool good, const char *what, const wann_diag *diag) {
    if (good)
        return;
    fprintf(stderr, "bench_swingup: %s: %s\n", what, diag ? diag->text : "failed");
    exit(EXIT_FAILURE);
}

/* --- the world alone -------------------------------------------------------------------------- */

/* A push to and fro, which keeps the cart on its track for a while. */
static double push(size_t t) {
    return (t / 25) % 2 ? 0.5 : -0.5;
}

static size_t world_alone(void *unused) {
    (void)unused;
    double observation[5];
    wann_env_result result;
    wann_env_reset(s.world, ++s.seed, observation, NULL);
    for (size_t t = 0; t < 20 * STEPS; t++) {
        const double action = push(t);
        wann_env_step(s.world, &action, observation, &result, NULL);
        if (result.terminated || result.truncated)
            wann_env_reset(s.world, ++s.seed, observation, NULL);
    }
    return 20 * STEPS;
}

static size_t lanes_alone_f64(void *unused) {
    (void)unused;
    for (size_t l = 0; l < LANES; l++)
        s.type->lanes_f64->reset(s.worlds_f64, l, ++s.seed, s.in, LANES);
    for (size_t t = 0; t < STEPS; t++) {
        for (size_t l = 0; l < LANES; l++)
            s.action[l] = push(t);
        s.type->lanes_f64->step(s.worlds_f64, LANES, s.action, s.in, LANES, s.reward, s.over);
    }
    return STEPS * LANES;
}

static size_t lanes_alone_f32(void *unused) {
    (void)unused;
    for (size_t l = 0; l < LANES; l++)
        s.type->lanes_f32->reset(s.worlds_f32, l, ++s.seed, s.in_f32, LANES);
    for (size_t t = 0; t < STEPS; t++) {
        for (size_t l = 0; l < LANES; l++)
            s.action_f32[l] = (float)push(t);
        s.type->lanes_f32->step(s.worlds_f32, LANES, s.action_f32, s.in_f32, LANES, s.reward_f32,
                                s.over);
    }
    return STEPS * LANES;
}

/* --- with a champion -------------------------------------------------------------------------- */

typedef enum way { INTERPRETED, COMPILED_F64, COMPILED_F32 } way;

static void infer(const champion *c, way how, const double *in, double *action) {
    static double act[MOST_NODES];
    float in_f32[5], out;
    switch (how) {
    case INTERPRETED:
        wann_run(c->net, in, (wann_weights){.shared = c->weight}, NULL, act, action);
        return;
    case COMPILED_F64:
        wann_policy_get(c->f64)->run_f64(in, c->weight, action);
        return;
    case COMPILED_F32:
        for (int i = 0; i < 5; i++)
            in_f32[i] = (float)in[i];
        wann_policy_get(c->f32)->run_f32(in_f32, (float)c->weight, &out);
        *action = (double)out;
        return;
    }
}

static size_t play(const champion *c, way how, size_t steps) {
    double observation[5], action;
    wann_env_result result;
    wann_env_reset(s.world, ++s.seed, observation, NULL);
    for (size_t t = 0; t < steps; t++) {
        infer(c, how, observation, &action);
        wann_env_step(s.world, &action, observation, &result, NULL);
        if (result.terminated || result.truncated)
            wann_env_reset(s.world, ++s.seed, observation, NULL);
    }
    return steps;
}

static size_t evaluate(const champion *c, wann_real real, wann_engine engine) {
    enum { EPISODES = 64 };
    wann_evaluation e = wann_evaluation_defaults();
    wann_scores scores;
    wann_diag diag = {0};
    e.weights = &c->weight;
    e.n_weights = 1;
    e.episodes = EPISODES;
    e.threads = 1;
    e.real = real;
    e.engine = engine;
    e.seed = s.seed += EPISODES;
    must(wann_evaluate(c->net, s.task, &e, &scores, &diag) == WANN_OK, "evaluation", &diag);
    size_t steps = 0;
    for (size_t i = 0; i < EPISODES; i++)
        steps += scores.steps[i];
    wann_scores_free(&scores);
    return steps;
}

/* As the search does it: network and worlds share their columns. */
static size_t in_place(const champion *c) {
    const wann_env_lanes_f32 *table = s.type->lanes_f32;
    for (size_t l = 0; l < LANES; l++)
        table->reset(s.worlds_f32, l, ++s.seed, c->block.in, c->block.stride);
    for (size_t t = 0; t < STEPS; t++) {
        wann_lanes_run_block_f32(c->lanes, LANES);
        table->step(s.worlds_f32, LANES, c->block.out, c->block.in, c->block.stride, s.reward_f32,
                    s.over);
    }
    return STEPS * LANES;
}

static size_t only_network(const champion *c, way how) {
    double observation[5] = {0.1, -0.2, -0.9, 0.3, 1}, action = 0;
    for (size_t t = 0; t < 20 * STEPS; t++) {
        observation[0] = 1e-3 * action;
        infer(c, how, observation, &action);
    }
    return 20 * STEPS;
}

/* What is measured of each champion; the index is that of the champion. */
#define CHAMPION_ROWS(X)                                                                           \
    X(one_interpreted, "one at a time, interpreter in double", play(c, INTERPRETED, 20 * STEPS))   \
    X(one_f64, "one at a time, compiled in double", play(c, COMPILED_F64, 20 * STEPS))             \
    X(one_f32, "one at a time, compiled in float", play(c, COMPILED_F32, 20 * STEPS))              \
    X(lanes_f64, "in lanes, double (wann eval)", evaluate(c, WANN_DOUBLE, WANN_ENGINE_LANES))      \
    X(lanes_f32, "in lanes, float (wann eval --real float)",                                       \
      evaluate(c, WANN_FLOAT, WANN_ENGINE_LANES))                                                  \
    X(lanes_block, "in lanes, float, in place (wann search)", in_place(c))                         \
    X(call_interpreted, "a call of the network alone, interpreter in double",                      \
      only_network(c, INTERPRETED))                                                                \
    X(call_f32, "a call of the network alone, compiled in float", only_network(c, COMPILED_F32))
#define X(name, text, expression)                                                                  \
    static size_t name##_0(void *unused) {                                                         \
        (void)unused;                                                                              \
        const champion *c = &s.champions[0];                                                       \
        return expression;                                                                         \
    }                                                                                              \
    static size_t name##_1(void *unused) {                                                         \
        (void)unused;                                                                              \
        const champion *c = &s.champions[1];                                                       \
        return expression;                                                                         \
    }
CHAMPION_ROWS(X)
#undef X

static const struct {
    const char *text;
    size_t (*run[2])(void *);
} champion_rows[] = {
#define X(name, text, expression) {text, {name##_0, name##_1}},
    CHAMPION_ROWS(X)
#undef X
};
enum { CHAMPION_ROWS = sizeof champion_rows / sizeof *champion_rows };

/* --- NumPy ------------------------------------------------------------------------------------ */

/* A number of the one line of JSON; false if it is not there. */
static bool find_number(const char *text, const char *key, double *value) {
    const char *at = strstr(text, key);
    return at && wn_parse_double(at + strlen(key), value) > 0;
}

/* The reward of an episode that starts at rest, the pole hanging: to see that NumPy does the same.
 */
static double reward_from_rest(const champion *c) {
    const double rest[5] = {0, 0, 3.14159265358979323846, 0, 0};
    double observation[5], action, total = 0;
    wann_env_result result = {0};
    must(wann_env_restore(s.world, rest, sizeof rest, observation, NULL) == WANN_OK, "restore",
         NULL);
    while (!result.terminated && !result.truncated) {
        infer(c, INTERPRETED, observation, &action);
        wann_env_step(s.world, &action, observation, &result, NULL);
        total += result.reward;
    }
    return total;
}

static bool ask_numpy(const champion *c, const char *python, char **answer) {
    char script[4200], matrix[] = "/tmp/bench_swingup_XXXXXX", weight[WN_NUMBER_SIZE];
    const char *source = getenv("WANN_SOURCE");
    const int fd = mkstemp(matrix);
    if (fd < 0)
        return false;
    close(fd);
    snprintf(script, sizeof script, "%s/bench/swingup_numpy.py", source ? source : ".");
    wn_format_double(weight, c->weight);
    const char *const argv[] = {python, script, matrix, "5", weight, NULL};
    int code = 1;
    *answer = NULL;
    const bool ran = wann_net_write(c->net, matrix, WANN_FORMAT_MATRIX, NULL) == WANN_OK &&
                     wn_proc_run(argv, NULL, answer, NULL, &code, NULL) == WANN_OK && code == 0;
    unlink(matrix);
    return ran;
}

/* Two rows measured by another process. NumPy belongs to Debian's own Python, which need not be the
 * first in PATH. */
static void measure_numpy(const champion *c, bench_row *step, bench_row *call) {
    static const char *const pythons[] = {"python3", "/usr/bin/python3"};
    char *answer = NULL;
    double reward = 0, steps = 0;
    bool ran = false;
    for (size_t i = 0; i < 2 && !ran; i++) {
        wann_free(answer);
        ran = ask_numpy(c, pythons[i], &answer);
    }
    if (!ran || !find_number(answer, "\"step\": ", &step->median) ||
        !find_number(answer, "\"call\": ", &call->median) ||
        !find_number(answer, "\"reward\": ", &reward) ||
        !find_number(answer, "\"steps\": ", &steps)) {
        puts("NumPy is not there (Debian package: python3-numpy): its rows are left out\n");
        step->median = call->median = 0;
    } else {
        const double own = reward_from_rest(c);
        printf("An episode from rest: reward %.2f here, %.2f in NumPy.\n\n", own, reward);
        /* Sums in another order lead elsewhere in a chaotic episode, but not this far. */
        must(fabs(own - reward) < 0.1 * fabs(own) + 5, "NumPy computes something else", NULL);
    }
    step->best = step->median;
    call->best = call->median;
    wann_free(answer);
}

/* --- all of it -------------------------------------------------------------------------------- */

static wann_policy *compile(const wann_net *net, wann_real real) {
    wann_compile_options options = wann_compile_defaults();
    wann_policy *policy;
    wann_diag diag = {0};
    options.real = real;
    options.level = real == WANN_DOUBLE ? WANN_O0 : WANN_O2;
    must(wann_policy_load(net, &options, NULL, &policy, &diag) == WANN_OK, "compiling", &diag);
    return policy;
}

static void open_champion(const char *name, const char *path, double weight) {
    champion *c = &s.champions[s.n_champions];
    wann_diag diag = {0};
    const wann_read_options read = {.inputs = 5, .outputs = 1};
    const wann_lanes_options options = {.math = WANN_LANES_SHORT, .block = LANES};
    *c = (champion){.name = name, .weight = weight};
    must(wann_net_read(path, &read, &c->net, NULL, &diag) == WANN_OK, path, &diag);
    must(wann_net_nodes(c->net) <= MOST_NODES && wann_net_inputs(c->net) == 5, path, NULL);
    if (!(weight > 0))
        wann_net_shared_weight(c->net, &c->weight);
    c->f32 = compile(c->net, WANN_FLOAT);
    c->f64 = compile(c->net, WANN_DOUBLE);
    must(wann_lanes_create_with(c->net, &options, &c->lanes, &diag) == WANN_OK, "lanes", &diag);
    c->block = wann_lanes_block_f32(c->lanes);
    wann_lanes_weigh_f32(c->lanes, (wann_weights){.shared = c->weight});
    s.n_champions++;
}

static void open_subjects(void) {
    char path[4300];
    double observation[5];
    wann_diag diag = {0};
    wann_env_error error = {0};
    const char *source = getenv("WANN_SOURCE"), *reference = getenv("WANN_REFERENCE");
    must(wann_task_open("swingup", NULL, &s.task, &diag) == WANN_OK, "swingup", &diag);
    s.type = wann_task_type(s.task);
    must(wann_env_create(s.task, &s.world, &diag) == WANN_OK, "swingup", &diag);
    must(wann_env_reset(s.world, 0, observation, &diag) == WANN_OK, "swingup", &diag);
    must(s.type->lanes_f64->create(NULL, LANES, &s.worlds_f64, &error) == 0, error.text, NULL);
    must(s.type->lanes_f32->create(NULL, LANES, &s.worlds_f32, &error) == 0, error.text, NULL);
    snprintf(path, sizeof path, "%s/examples/champions/swingup.json", source ? source : ".");
    open_champion("our champion", path, 0);
    if (!reference)
        return;
    snprintf(path, sizeof path, "%s/champions/swing.out", reference);
    open_champion("published champion", path, 0.8); /* its best shared weight */
}

static void close_subjects(void) {
    for (size_t i = 0; i < s.n_champions; i++) {
        const champion *c = &s.champions[i];
        wann_lanes_destroy(c->lanes);
        wann_policy_destroy(c->f32);
        wann_policy_destroy(c->f64);
        wann_net_destroy(c->net);
    }
    s.type->lanes_f64->destroy(s.worlds_f64);
    s.type->lanes_f32->destroy(s.worlds_f32);
    wann_env_destroy(s.world);
    wann_task_close(s.task);
}

static size_t fill_rows(bench_row *rows, char (*names)[NAME]) {
    size_t n = 0;
    rows[n++] = (bench_row){"the task alone, one at a time", world_alone, 0, 0};
    rows[n++] = (bench_row){"the task alone, in lanes, double", lanes_alone_f64, 0, 0};
    rows[n++] = (bench_row){"the task alone, in lanes, float", lanes_alone_f32, 0, 0};
    for (size_t c = 0; c < s.n_champions; c++)
        for (size_t i = 0; i < CHAMPION_ROWS; i++) {
            snprintf(names[n], NAME, "%s, %s", s.champions[c].name, champion_rows[i].text);
            rows[n] = (bench_row){names[n], champion_rows[i].run[c], 0, 0};
            n++;
        }
    return n;
}

int main(int argc, char **argv) {
    static bench_row rows[MOST_ROWS];
    static char names[MOST_ROWS][NAME], note[256];
    const char *json;
    if (!bench_options(argc, argv, &json))
        return 2;
    open_subjects();
    const size_t n = fill_rows(rows, names);
    const champion *last = &s.champions[s.n_champions - 1];
    rows[n].name = "NumPy as the original, a step of the task";
    snprintf(names[n + 1], NAME, "NumPy as the original, a call of the %s", last->name);
    rows[n + 1].name = names[n + 1];
    measure_numpy(last, &rows[n], &rows[n + 1]);
    bench_measure(rows, n, ROUNDS, NULL);
    snprintf(note, sizeof note, "One core. Our champion has %zu connections%s.",
             wann_net_connections(s.champions[0].net),
             s.n_champions > 1 ? ", the published one 52"
                               : " (no WANN_REFERENCE: no published one)");
    const bool good = bench_report("swingup", note, rows, n + 2, json);
    close_subjects();
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
