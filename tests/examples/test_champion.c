/* The champion does what its provenance and its README say of it: the interpreter drives the
 * simulation of the embedding example. */
#include <math.h>

#include "examples/embed/cartpole_sim.h"
#include "runtime/base/alloc.h"
#include "runtime/base/text.h"
#include "runtime/net/net.h"
#include "support/test.h"
#include "wann/run.h"

/* What a policy of the simulation needs to run a network. */
typedef struct pilot {
    const wn_net *net;
    wann_weights weights;
    double *act;
} pilot;

typedef struct record {
    double mean;
    double worst;
    int successes;
} record;

static wn_net *net;
static double *act;

static double fly(const double in[CART_POLE_INPUTS], void *context) {
    const pilot *p = context;
    double out[1];
    wann_run(p->net, in, p->weights, NULL, p->act, out);
    return out[0];
}

/* The pilot seen in a mirror: left is right, clockwise is anticlockwise. */
static double fly_mirrored(const double in[CART_POLE_INPUTS], void *context) {
    const double mirrored[CART_POLE_INPUTS] = {-in[0], -in[1], in[2], -in[3], -in[4]};
    return -fly(mirrored, context);
}

static record trial(wann_weights weights, int episodes) {
    pilot p = {.net = net, .weights = weights, .act = act};
    record r = {.worst = CART_POLE_STEPS};
    for (int seed = 0; seed < episodes; seed++) {
        const cart_pole_result result = cart_pole_episode((uint64_t)seed, fly, &p);
        r.mean += result.reward / episodes;
        r.worst = fmin(r.worst, result.reward);
        r.successes += cart_pole_success(&result);
    }
    return r;
}

/* The number that follows "key": in the provenance; NaN if there is none. */
static double claim(const char *key) {
    char quoted[64];
    snprintf(quoted, sizeof quoted, "\"%s\":", key);
    const char *at = net->provenance ? strstr(net->provenance, quoted) : NULL;
    double value = (double)NAN;
    if (at) {
        at += strlen(quoted);
        at += strspn(at, " \t\r\n");
        if (!wn_parse_double(at, &value))
            value = (double)NAN;
    }
    return value;
}

static void it_has_the_shape_of_the_task(void) {
    static const char *const names[] = {"x", "x_dot", "cos_theta", "sin_theta", "theta_dot"};
    CHECK(wann_net_inputs(net) == CART_POLE_INPUTS && wann_net_outputs(net) == 1);
    for (size_t i = 0; i < CART_POLE_INPUTS; i++)
        CHECK_TEXT(wann_net_input_name(net, i), names[i]);
    CHECK_TEXT(wann_net_output_name(net, 0), "force");
    CHECK(wann_net_connections(net) >= 20 && wann_net_connections(net) <= 60);
    bool used[12] = {false};
    int different = 0;
    for (uint32_t i = 0; i < net->n_nodes; i++)
        if (net->role[i] == WANN_HIDDEN && !used[net->activation[i]]) {
            used[net->activation[i]] = true;
            different++;
        }
    CHECK(different >= 4);
}

/* The bounds are those of the README's table, a little below what was measured. */
static void any_shared_weight_swings_the_pole_up(void) {
    static const double weights[] = {-3, -2, -1.5, -1, -0.75, 0.75, 1, 1.5, 2, 3};
    for (size_t i = 0; i < sizeof weights / sizeof *weights; i++) {
        const record r = trial((wann_weights){.shared = weights[i]}, 50);
        CHECK_MSG(r.mean > 880, "weight %d/100: mean %d", (int)(100 * weights[i]), (int)r.mean);
        CHECK_MSG(r.successes >= 48, "weight %d/100: %d", (int)(100 * weights[i]), r.successes);
    }
}

static void the_sign_of_the_weight_changes_nothing(void) {
    const double in[CART_POLE_INPUTS] = {0.3, -0.7, -0.8, 0.6, 2.1};
    for (double w = 0.25; w < 4; w *= 2) {
        double plus, minus;
        wann_run(net, in, (wann_weights){.shared = w}, NULL, act, &plus);
        wann_run(net, in, (wann_weights){.shared = -w}, NULL, act, &minus);
        CHECK(plus == minus && plus != 0);
    }
}

static void left_and_right_are_alike(void) {
    pilot p = {.net = net, .weights = {.shared = 1}, .act = act};
    cart_pole state = cart_pole_reset(7);
    for (int step = 0; step < 100; step++) {
        double in[CART_POLE_INPUTS];
        cart_pole_observe(&state, in);
        const double push = fly(in, &p);
        CHECK(push == fly_mirrored(in, &p));
        cart_pole_step(&state, push);
    }
}

static void the_claims_of_the_provenance_hold(void) {
    double shared;
    CHECK(wann_net_shared_weight(net, &shared));
    const int episodes = (int)claim("episodes");
    CHECK(episodes == 100);
    const record one = trial((wann_weights){.shared = shared}, episodes);
    CHECK_MSG(fabs(one.mean - claim("fitness")) < 3, "%d", (int)one.mean);
    CHECK(one.successes == episodes);
    CHECK(wann_net_weights(net) != NULL);
    const record tuned = trial((wann_weights){.connection = wann_net_weights(net)}, episodes);
    CHECK_MSG(fabs(tuned.mean - claim("fitness_tuned")) < 3, "%d", (int)tuned.mean);
    CHECK(tuned.successes == episodes);
    CHECK(tuned.mean > one.mean);
}

/* A check of the simulation and of the checks above: no push, no swing. */
static void a_weight_of_zero_fails(void) {
    const record r = trial((wann_weights){.shared = 0}, 20);
    CHECK(r.successes == 0 && r.mean < 100);
}

int main(void) {
    const char *folder = getenv("WANN_CHAMPIONS");
    char path[4096];
    wann_diag diag;
    snprintf(path, sizeof path, "%s/cartpole.json", folder ? folder : "examples/champions");
    if (wann_net_read(path, NULL, &net, NULL, &diag) != WANN_OK) {
        fprintf(stderr, "%s:%d:%d: %s\n", diag.path, diag.line, diag.column, diag.text);
        return EXIT_FAILURE;
    }
    act = wn_alloc(wann_net_nodes(net) * sizeof *act);
    if (!act) {
        wann_net_destroy(net);
        return EXIT_FAILURE;
    }
    RUN(it_has_the_shape_of_the_task);
    RUN(any_shared_weight_swings_the_pole_up);
    RUN(the_sign_of_the_weight_changes_nothing);
    RUN(left_and_right_are_alike);
    RUN(the_claims_of_the_provenance_hold);
    RUN(a_weight_of_zero_fails);
    wn_free(act);
    wann_net_destroy(net);
    return TEST_RESULT();
}
