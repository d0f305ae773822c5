/* Ask and tell: XOR by both algorithms, repetition by seed, and misuse refused. */
#include <math.h>
#include <stdlib.h>

#include "support/test.h"
#include "wann/run.h"
#include "wann/search.h"

static const double INPUTS[4][2] = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};
static const double TARGETS[4] = {0, 1, 1, 0};

static void run(const wann_net *net, double weight, size_t row, double *out) {
    double act[1000];
    const wann_weights weights = {.shared = weight, .connection = wann_net_weights(net)};
    CHECK(wann_net_nodes(net) <= 1000);
    wann_run(net, INPUTS[row], weights, NULL, act, out);
}

/* Four minus the squared errors, as in the published XOR experiment of NEAT, whose outputs are
 * sigmoids; ours are linear, so errors are bounded by hand. */
static double xor_reward(const wann_net *net, double weight) {
    double reward = 4, out;
    for (size_t row = 0; row < 4; row++) {
        run(net, weight, row, &out);
        const double error = isfinite(out) ? fmin(fabs(out - TARGETS[row]), 1) : 1;
        reward -= error * error;
    }
    return reward;
}

static bool solves_xor(const wann_net *net, double weight) {
    for (size_t row = 0; row < 4; row++) {
        double out;
        run(net, weight, row, &out);
        if ((out > 0.5) != (TARGETS[row] > 0.5))
            return false;
    }
    return true;
}

static const wann_search_options XOR = {.inputs = 2, .outputs = 1};

static wann_search *open_search(wann_search_options options, uint64_t seed) {
    wann_search *search = NULL;
    wann_diag diag = {0};
    options.seed = seed;
    CHECK_MSG(wann_search_create(&options, &search, &diag) == WANN_OK, "%s", diag.text);
    return search;
}

/* One generation: ask, evaluate with each weight (one's own in NEAT mode), tell. */
static void generation(wann_search *search) {
    const wann_net *const *nets;
    size_t n, n_weights;
    const double *weight = wann_search_weights(search, &n_weights);
    CHECK(wann_search_ask(search, &nets, &n, NULL) == WANN_OK);
    const size_t rewards = n_weights ? n_weights : 1;
    double *reward = calloc(n * rewards, sizeof *reward);
    for (size_t i = 0; i < n * rewards; i++)
        reward[i] = xor_reward(nets[i / rewards], n_weights ? weight[i % rewards] : 1);
    CHECK(wann_search_tell(search, reward, NULL) == WANN_OK);
    free(reward);
}

/* NEAT solves XOR from every one of 100 seeds. */
static void neat_solves_xor(void) {
    const char *const settings[] = {"algorithm=neat",   "popSize=150", "prob_addNode=0.05",
                                    "prob_addConn=0.1", "alg_act=0",   NULL};
    wann_search_options options = XOR;
    options.settings = settings;
    uint32_t solved = 0, most = 0;
    for (uint64_t seed = 0; seed < 100; seed++) {
        wann_search *search = open_search(options, seed);
        bool good = false;
        while (!good && wann_search_generation(search) < 1000) {
            generation(search);
            good = solves_xor(wann_search_best(search, NULL), 1);
        }
        if (wann_search_generation(search) > most)
            most = wann_search_generation(search);
        CHECK_MSG(good, "seed %d", (int)seed);
        solved += good;
        wann_search_destroy(search);
    }
    printf("     XOR solved from %u of 100 seeds, in at most %u generations\n", solved, most);
}

/* Whether a network solves it with every one of the weights. */
static bool solves_agnostically(const wann_net *net, const double *weight, size_t n) {
    for (size_t k = 0; net && k < n; k++)
        if (!solves_xor(net, weight[k]))
            return false;
    return net != NULL;
}

static void wann_solves_xor(void) {
    const char *const settings[] = {"popSize=150", "alg_probMoo=0.5", NULL};
    wann_search_options options = XOR;
    options.settings = settings;
    wann_search *search = open_search(options, 3);
    size_t n;
    const double *weight = wann_search_weights(search, &n);
    CHECK(n == 6 && weight[0] == -2);
    while (!solves_agnostically(wann_search_best(search, NULL), weight, n) &&
           wann_search_generation(search) < 400)
        generation(search);
    const wann_net *best = wann_search_best(search, NULL);
    CHECK(solves_agnostically(best, weight, n));
    printf("     weight agnostic XOR in %u generations, %zu connections\n",
           wann_search_generation(search), wann_net_connections(best));
    double sum = 0, reward;
    wann_search_best(search, &reward);
    for (size_t k = 0; k < n; k++)
        sum += xor_reward(best, weight[k]);
    CHECK(fabs(sum / 6 - reward) < 1e-12);
    wann_search_destroy(search);
}

static void seeds_repeat(void) {
    double reward[3];
    for (int i = 0; i < 3; i++) {
        wann_search *search = open_search(XOR, i < 2 ? 9 : 10);
        for (int g = 0; g < 15; g++)
            generation(search);
        wann_search_best(search, &reward[i]);
        wann_search_destroy(search);
    }
    CHECK(reward[0] == reward[1] && reward[0] != reward[2]);
}

static void names_are_kept(void) {
    char left[] = "left", right[] = "right", out[] = "either";
    const char *inputs[] = {left, right}, *outputs[] = {out};
    wann_search_options options = XOR;
    options.input_names = inputs;
    options.output_names = outputs;
    wann_search *search = open_search(options, 1);
    const wann_net *const *nets, *const *again;
    size_t n;
    memset(left, 'x', 4);
    CHECK(wann_search_ask(search, &nets, &n, NULL) == WANN_OK && n == 192);
    CHECK_TEXT(wann_net_input_name(nets[5], 0), "left");
    CHECK_TEXT(wann_net_output_name(nets[5], 0), "either");
    const wann_net *fifth = nets[5];
    CHECK(wann_search_ask(search, &again, &n, NULL) == WANN_OK && again[5] == fifth);
    wann_search_destroy(search);
}

static void misuse_is_refused(void) {
    wann_search *search;
    wann_diag diag = {0};
    wann_search_options options = {.inputs = 2};
    CHECK(wann_search_create(&options, &search, &diag) == WANN_ARGUMENT && !search);
    const char *const unknown[] = {"popsize=3", NULL};
    options = XOR;
    options.settings = unknown;
    CHECK(wann_search_create(&options, &search, &diag) == WANN_INPUT && !search);
    CHECK_TEXT(diag.text, "unknown setting 'popsize'; did you mean 'popSize'?");
    search = open_search(XOR, 1);
    double reward[192 * 6] = {0};
    CHECK(!wann_search_best(search, NULL));
    CHECK(wann_search_tell(search, reward, &diag) == WANN_ARGUMENT);
    const wann_net *const *nets;
    size_t n;
    CHECK(wann_search_ask(search, &nets, &n, NULL) == WANN_OK);
    reward[7] = (double)NAN;
    CHECK(wann_search_tell(search, reward, &diag) == WANN_INPUT);
    CHECK_TEXT(diag.text, "reward 1 of network 1 is not finite");
    reward[7] = 0;
    CHECK(wann_search_tell(search, reward, &diag) == WANN_OK);
    CHECK(wann_search_tell(search, reward, &diag) == WANN_ARGUMENT);
    wann_search_destroy(search);
    wann_search_destroy(NULL);
}

int main(void) {
    RUN(neat_solves_xor);
    RUN(wann_solves_xor);
    RUN(seeds_repeat);
    RUN(names_are_kept);
    RUN(misuse_is_refused);
    return TEST_RESULT();
}
