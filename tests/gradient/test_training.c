/* NAME_gradient in use, loaded into this process: descent lowers the loss of a small classifier by
 * what the gradient says, kinks are flat, and names of a file cannot collide with those of the
 * arrays. */
#include <math.h>

#include "runtime/base/rng.h"
#include "support/test.h"
#include "wann/compile.h"

/* Two inputs, two classes, activations of several kinds. */
static const char classifier[] =
    "{\"format\":\"wann-network\",\"version\":1,\"name\":\"rings\",\"inputs\":[\"bar\",\"in_bar\"],"
    "\"outputs\":[\"bar\",\"weights\"],\"action\":\"softmax\",\"nodes\":["
    "{\"id\":0,\"type\":\"bias\"},{\"id\":1,\"type\":\"input\"},{\"id\":2,\"type\":\"input\"},"
    "{\"id\":3,\"type\":\"hidden\",\"activation\":\"tanh\"},{\"id\":4,\"type\":\"hidden\","
    "\"activation\":\"gaussian\"},"
    "{\"id\":5,\"type\":\"hidden\",\"activation\":\"sigmoid\"},{\"id\":6,\"type\":\"hidden\","
    "\"activation\":\"squared\"},"
    "{\"id\":7,\"type\":\"output\",\"activation\":\"linear\"},{\"id\":8,\"type\":\"output\","
    "\"activation\":\"linear\"}],"
    "\"connections\":["
    "{\"from\":0,\"to\":3},{\"from\":1,\"to\":3},{\"from\":2,\"to\":3},{\"from\":0,\"to\":4},{"
    "\"from\":1,\"to\":4},"
    "{\"from\":2,\"to\":4},{\"from\":0,\"to\":5},{\"from\":1,\"to\":5},{\"from\":2,\"to\":5},{"
    "\"from\":1,\"to\":6},"
    "{\"from\":2,\"to\":6},{\"from\":0,\"to\":7},{\"from\":3,\"to\":7},{\"from\":4,\"to\":7},{"
    "\"from\":5,\"to\":7},"
    "{\"from\":6,\"to\":7},{\"from\":0,\"to\":8},{\"from\":3,\"to\":8},{\"from\":4,\"to\":8},{"
    "\"from\":5,\"to\":8},"
    "{\"from\":6,\"to\":8}]}";
enum { CONNECTIONS = 21, SAMPLES = 200, CLASSES = 2 };

/* abs, relu and step of the input alone, each an output; then a node without connections. */
static const char kinks[] =
    "{\"format\":\"wann-network\",\"version\":1,\"name\":\"kinks\",\"inputs\":[\"x\"],"
    "\"outputs\":[\"abs\",\"relu\",\"step\",\"none\"],\"nodes\":[{\"id\":1,\"type\":\"input\"},"
    "{\"id\":2,\"type\":\"output\",\"activation\":\"abs\"},{\"id\":3,\"type\":\"output\","
    "\"activation\":\"relu\"},"
    "{\"id\":4,\"type\":\"output\",\"activation\":\"step\"},{\"id\":5,\"type\":\"output\","
    "\"activation\":\"cos\"}],"
    "\"connections\":[{\"from\":1,\"to\":2},{\"from\":1,\"to\":3},{\"from\":1,\"to\":4}]}";

static wann_net *read_net(const char *text) {
    wann_net *net;
    wann_diag diag = {0};
    CHECK_MSG(wann_net_read_memory(text, strlen(text), "test", NULL, &net, NULL, &diag) == WANN_OK,
              "%s", diag.text);
    return net;
}

static wann_policy *load(const wann_net *net, wann_weighting weighting, const double *tuned) {
    wann_policy *policy;
    wann_diag diag = {0};
    wann_compile_options options = wann_compile_defaults();
    options.real = WANN_DOUBLE;
    options.weighting = weighting;
    options.tuned = tuned;
    options.gradient = true;
    CHECK_MSG(wann_policy_load(net, &options, NULL, &policy, &diag) == WANN_OK, "%s", diag.text);
    return policy;
}

/* Points inside a ring and on it. */
typedef struct data {
    double in[SAMPLES][2];
    int label[SAMPLES];
} data;

static void draw_data(data *d) {
    wn_rng rng = wn_rng_stream(71, 0, 0, 0);
    for (int s = 0; s < SAMPLES; s++) {
        const double angle = 6.283185307 * wn_rng_uniform(&rng);
        d->label[s] = s % CLASSES;
        const double radius = 0.4 + 0.8 * d->label[s] + 0.15 * wn_rng_normal(&rng);
        d->in[s][0] = radius * cos(angle);
        d->in[s][1] = radius * sin(angle);
    }
}

/* -log softmax(out)[label]; bar gets its derivative with respect to out. */
static double cross_entropy(const double *out, int label, double *bar) {
    const double largest = fmax(out[0], out[1]);
    const double sum = exp(out[0] - largest) + exp(out[1] - largest);
    for (int c = 0; c < CLASSES; c++)
        bar[c] = exp(out[c] - largest) / sum - (c == label);
    return log(sum) + largest - out[label];
}

/* The mean loss. weights_bar, if not NULL, gets its gradient: outputs first, their adjoint next. */
static double loss(const wann_policy_functions *f, const data *d, const double *weights,
                   double *weights_bar) {
    double total = 0, ignored[CONNECTIONS], out[SAMPLES][CLASSES], bar[SAMPLES][CLASSES] = {{0}};
    f->gradient_f64(SAMPLES, d->in[0], weights, bar[0], out[0], NULL, ignored);
    for (int s = 0; s < SAMPLES; s++) {
        total += cross_entropy(out[s], d->label[s], bar[s]) / SAMPLES;
        for (int c = 0; c < CLASSES; c++)
            bar[s][c] /= SAMPLES;
    }
    for (int k = 0; weights_bar && k < CONNECTIONS; k++)
        weights_bar[k] = 0;
    if (weights_bar)
        f->gradient_f64(SAMPLES, d->in[0], weights, bar[0], out[0], NULL, weights_bar);
    return total;
}

static void descent_lowers_the_loss_as_the_gradient_says(void) {
    wann_net *net = read_net(classifier);
    double weights[CONNECTIONS], bar[CONNECTIONS], moved[CONNECTIONS];
    wn_rng rng = wn_rng_stream(72, 0, 0, 0);
    for (int k = 0; k < CONNECTIONS; k++)
        weights[k] = 0.7 * wn_rng_normal(&rng);
    wann_policy *policy = load(net, WANN_WEIGHT_TUNED, weights);
    const wann_policy_functions *f = policy ? wann_policy_get(policy) : NULL;
    data d;
    draw_data(&d);
    CHECK(f && f->gradient_f64 && !f->gradient_f32);
    const double start = loss(f, &d, weights, bar);
    double square = 0, now = start;
    const double little = 1e-5;
    for (int k = 0; k < CONNECTIONS; k++) {
        memcpy(moved, weights, sizeof moved);
        moved[k] += little;
        const double above = loss(f, &d, moved, NULL);
        moved[k] -= 2 * little;
        const double slope = (above - loss(f, &d, moved, NULL)) / (2 * little);
        CHECK_MSG(fabs(slope - bar[k]) < 1e-8, "connection %d: %a, by differences %a", k, bar[k],
                  slope);
        square += bar[k] * bar[k];
    }
    for (int k = 0; k < CONNECTIONS; k++)
        moved[k] = weights[k] - 1e-3 * bar[k];
    const double lowered = (start - loss(f, &d, moved, NULL)) / (1e-3 * square);
    CHECK_MSG(fabs(lowered - 1) < 0.01, "a small step lowers the loss by %a of what it should",
              lowered);
    for (int step = 0; step < 300; step++) {
        now = loss(f, &d, weights, bar);
        for (int k = 0; k < CONNECTIONS; k++)
            weights[k] -= 0.3 * bar[k];
    }
    printf("     cross-entropy from %d to %d thousandths in 300 steps\n", (int)(1000 * start),
           (int)(1000 * now));
    CHECK(now < 0.15 && now < 0.3 * start);
    wann_policy_destroy(policy);
    wann_net_destroy(net);
}

enum { KINKS = 4, PLACES = 3 };

/* in_bar at each place, and weight_bar summed over them, for one output; the weight is 2. */
static void slopes_of(const wann_policy_functions *f, int output, const double *x, double *in_bar,
                      double *weight_bar) {
    const double weight = 2;
    double out[PLACES][KINKS], out_bar[PLACES][KINKS] = {{0}};
    for (int p = 0; p < PLACES; p++)
        out_bar[p][output] = 1;
    f->gradient_f64(PLACES, x, &weight, out_bar[0], out[0], in_bar, weight_bar);
}

static void kinks_are_flat(void) {
    static const double x[PLACES] = {-3, 0, 5};
    static const double left[KINKS] = {-2, 0, 0, 0}, right[KINKS] = {2, 2, 0, 0},
                        sum[KINKS] = {8, 5, 0, 0};
    wann_net *net = read_net(kinks);
    wann_policy *policy = load(net, WANN_WEIGHT_PARAMETER, NULL);
    for (int o = 0; policy && o < KINKS; o++) {
        double in_bar[PLACES], weight_bar = 100;
        slopes_of(wann_policy_get(policy), o, x, in_bar, &weight_bar);
        CHECK(in_bar[0] == left[o] && in_bar[1] == 0 && in_bar[2] == right[o]);
        CHECK(weight_bar == 100 + sum[o]);
    }
    wann_policy_destroy(policy);
    wann_net_destroy(net);
}

int main(void) {
    RUN(descent_lowers_the_loss_as_the_gradient_says);
    RUN(kinks_are_flat);
    return TEST_RESULT();
}
