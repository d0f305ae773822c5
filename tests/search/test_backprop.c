/* The interpreter's derivatives against those by the complex step, for which no derivative is written
 * down. */
#include <math.h>
#include <string.h>

#include "runtime/interp/slopes.h"
#include "search/tune/backprop.h"
#include "support/random_net.h"
#include "support/test.h"

enum { NETS = 60, SAMPLES = 70, MOST_CONNS = 4000, MOST_WIDTH = 64 };

static float in[SAMPLES * MOST_WIDTH], out_bar[SAMPLES * MOST_WIDTH], out[SAMPLES * MOST_WIDTH];
static float again[SAMPLES * MOST_WIDTH], weight[MOST_CONNS], bar[MOST_CONNS];
static double expected[MOST_CONNS], magnitude[MOST_CONNS];

static void fill(float *x, size_t n, wn_rng *rng) {
    for (size_t i = 0; i < n; i++)
        x[i] = (float)wn_rng_normal(rng);
}

/* Adds the derivatives of sample s; whether it lies off every kink. */
static bool add_expected(const wann_net *net, size_t s, void *room) {
    double point_in[MOST_WIDTH], point_bar[MOST_WIDTH];
    static double point_weight[MOST_CONNS];
    for (size_t i = 0; i < wann_net_inputs(net); i++)
        point_in[i] = (double)in[s * wann_net_inputs(net) + i];
    for (size_t o = 0; o < wann_net_outputs(net); o++)
        point_bar[o] = (double)out_bar[s * wann_net_outputs(net) + o];
    for (size_t k = 0; k < wann_net_connections(net); k++)
        point_weight[k] = (double)weight[k];
    const wn_slopes_point point = {net, point_in, point_weight, point_bar};
    if (!wn_slopes_smooth(&point, room))
        return false;
    for (uint32_t k = 0; k < wann_net_connections(net); k++) {
        const wn_slopes_direction d = {WN_BY_CONNECTION, k};
        const double slope = (double)wn_slopes_take(&point, d, NULL, room).slope;
        expected[k] += slope;
        magnitude[k] += fabs(slope);
    }
    return true;
}

/* Keeps the samples that are off every kink; how many there are. */
static size_t keep_smooth(const wann_net *net, void *room) {
    const size_t inputs = wann_net_inputs(net), outputs = wann_net_outputs(net);
    size_t kept = 0;
    memset(expected, 0, sizeof expected);
    memset(magnitude, 0, sizeof magnitude);
    for (size_t s = 0; s < SAMPLES; s++)
        if (add_expected(net, s, room)) {
            memmove(in + kept * inputs, in + s * inputs, inputs * sizeof *in);
            memmove(out_bar + kept * outputs, out_bar + s * outputs, outputs * sizeof *out_bar);
            kept++;
        }
    return kept;
}

static double worst_difference(const wann_net *net) {
    double worst = 0;
    for (size_t k = 0; k < wann_net_connections(net); k++)
        worst = fmax(worst, fabs((double)bar[k] - expected[k]) / (1 + magnitude[k]));
    return worst;
}

static void derivatives_are_those_of_the_complex_step(void) {
    size_t seen = 0;
    for (uint64_t n = 0; n < NETS; n++) {
        wn_rng rng = wn_rng_stream(7, n, 0, 0);
        const test_random_options small = {.min_nodes = 4, .max_nodes = MOST_WIDTH, .tame = true};
        wann_net *net = test_random_net(&rng, &small);
        wn_backprop *b;
        wann_diag diag = {0};
        void *room = malloc(wn_slopes_room(net));
        CHECK(wann_net_connections(net) <= MOST_CONNS && room);
        fill(in, SAMPLES * wann_net_inputs(net), &rng);
        fill(out_bar, SAMPLES * wann_net_outputs(net), &rng);
        fill(weight, wann_net_connections(net), &rng);
        for (size_t k = 0; k < wann_net_connections(net); k++)
            weight[k] *= 0.5f;
        const size_t kept = keep_smooth(net, room);
        CHECK(wn_backprop_create(net, &b, &diag) == WANN_OK);
        memset(bar, 0, sizeof bar);
        wn_backprop_run(b, kept, in, weight, out_bar, out, bar);
        CHECK_MSG(worst_difference(net) < 2e-3, "network %d: %g", (int)n, worst_difference(net));
        wn_backprop_run(b, kept, in, weight, NULL, again, NULL);
        CHECK(memcmp(out, again, kept * wann_net_outputs(net) * sizeof *out) == 0);
        seen += kept;
        wn_backprop_destroy(b);
        free(room);
        wann_net_destroy(net);
    }
    printf("     %zu samples\n", seen);
    CHECK(seen > NETS * SAMPLES / 4);
}

int main(void) {
    RUN(derivatives_are_those_of_the_complex_step);
    return TEST_RESULT();
}
