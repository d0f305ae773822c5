/* A program that has a network compiled in: it swings a pole up with it, shows one episode as text
 * and then tries several shared weights from many starts. No library is needed at run time.
 *
 * usage: cartpole_demo [EPISODES [WEIGHT...]]   (episodes a weight; default 20)
 * Exit status: 0, 1 if a weight failed more than one episode in ten, 2 for wrong usage. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cartpole.h" /* generated from ../champions/cartpole.json */
#include "cartpole_sim.h"

/* A weight agnostic network works with any of them, whatever their sign. */
static const float weights[] = {-2.0F, -1.5F, -1.0F, -0.85F, 0.85F, 1.0F, 1.5F, 2.0F};
enum { WEIGHTS = sizeof weights / sizeof *weights };
#define SHOWN_WEIGHT 0.85F

/* The policy of the simulation: context is the shared weight. */
static double push(const double in[CART_POLE_INPUTS], void *context) {
    const float *weight = context;
    float seen[CARTPOLE_INPUTS];
    float out[CARTPOLE_OUTPUTS];
    for (int i = 0; i < CARTPOLE_INPUTS; i++)
        seen[i] = (float)in[i];
    cartpole(seen, *weight, out);
    return (double)out[0];
}

/* One line: time, the cart on its track, how far the pole is from upright. */
static void show(int step, const cart_pole *state) {
    enum { HALF = 24 };
    char track[2 * HALF + 2] = {0};
    for (int i = 0; i <= 2 * HALF; i++)
        track[i] = i == HALF ? '+' : '-';
    const long cart = HALF + lround(state->x * 10);
    if (cart >= 0 && cart <= 2 * HALF)
        track[cart] = '#';
    const double tilt = acos(cos(state->theta)) * 57.29577951308232;
    printf("%3d.%02d s  [%s]  pole %3ld degrees from upright\n", step / 100, step % 100, track,
           lround(tilt));
}

static void show_episode(uint64_t seed) {
    float weight = SHOWN_WEIGHT;
    cart_pole state = cart_pole_reset(seed);
    for (int step = 0; step <= 300 && !cart_pole_off_track(&state); step++) {
        if (step % 20 == 0)
            show(step, &state);
        double in[CART_POLE_INPUTS];
        cart_pole_observe(&state, in);
        cart_pole_step(&state, push(in, &weight));
    }
}

/* One row of the table. Returns how many episodes succeeded. */
static int try_weight(float weight, int episodes) {
    double sum = 0;
    double squares = 0;
    double worst = CART_POLE_STEPS;
    int successes = 0;
    for (int seed = 0; seed < episodes; seed++) {
        const cart_pole_result result = cart_pole_episode((uint64_t)seed, push, &weight);
        sum += result.reward;
        squares += result.reward * result.reward;
        worst = fmin(worst, result.reward);
        successes += cart_pole_success(&result);
    }
    const double mean = sum / episodes;
    const double deviation = sqrt(fmax(0, squares / episodes - mean * mean));
    printf("%6.2f  %6.1f  %5.1f  %6.1f  %d of %d\n", (double)weight, mean, deviation, worst,
           successes, episodes);
    return successes;
}

/* The number that an argument is; 0 if it is none. */
static double number(const char *text) {
    char *end;
    const double value = strtod(text, &end);
    return *end == '\0' ? value : 0;
}

int main(int argc, char **argv) {
    const double episodes = argc > 1 ? number(argv[1]) : 20;
    if (!(episodes >= 1 && episodes <= 100000)) {
        fprintf(stderr, "usage: %s [EPISODES [WEIGHT...]]\n", argv[0]);
        return 2;
    }
    printf("shared weight %.2f, first three seconds:\n", (double)SHOWN_WEIGHT);
    show_episode(1);
    printf("\nweight  reward     sd   worst  held upright to the end\n");
    const int count = argc > 2 ? argc - 2 : WEIGHTS;
    int bad = 0;
    for (int i = 0; i < count; i++) {
        const float weight = argc > 2 ? (float)number(argv[i + 2]) : weights[i];
        bad += try_weight(weight, (int)episodes) * 10 < (int)episodes * 9;
    }
    if (bad)
        fprintf(stderr, "%d of %d weights failed\n", bad, count);
    return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
