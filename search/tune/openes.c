/* Evolution strategies as by Salimans et al. (2017, arXiv:1703.03864): one standard deviation, the
 * gradient of the smoothed reward, ranks and Adam. */
#include <math.h>

#include "runtime/base/rng.h"
#include "search/tune/optimizer.h"

static const uint64_t SAMPLES = UINT64_C(0x6f706573);

static size_t suggest(size_t n) {
    (void)n;
    return 64;
}

/* mean, two moments. */
static size_t state(const wn_optimizer_settings *s) {
    return 3 * s->n;
}

static size_t scratch(const wn_optimizer_settings *s) {
    return s->n;
}

static void begin(wn_optimizer *o) {
    (void)o;
}

static double sigma(const wn_optimizer *o) {
    const wn_optimizer_settings *s = &o->settings;
    return fmax(fmin(s->sigma, s->sigma_limit), s->sigma * pow(s->sigma_decay, o->generation));
}

static double rate(const wn_optimizer *o) {
    const wn_optimizer_settings *s = &o->settings;
    return fmax(fmin(s->learning_rate, s->learning_rate_limit),
                s->learning_rate * pow(s->learning_rate_decay, o->generation));
}

static void ask(wn_optimizer *o) {
    const size_t n = o->settings.n, all = o->settings.population;
    const size_t drawn = o->settings.antithetic ? all / 2 : all;
    for (size_t i = 0; i < all; i++) {
        const double side = i < drawn ? 1 : -1;
        wn_rng rng = wn_rng_stream(o->settings.seed, o->generation, i % drawn, SAMPLES);
        for (size_t k = 0; k < n; k++)
            o->candidate[i * n + k] = o->state[k] + side * sigma(o) * wn_rng_normal(&rng);
    }
}

/* Adam takes no notice of the gradient's scale, so it is left out. */
static void tell(wn_optimizer *o, const double *reward) {
    const size_t n = o->settings.n;
    wn_optimizer_sort(o, reward);
    wn_optimizer_centre(o);
    double *gradient = o->scratch;
    for (size_t k = 0; k < n; k++) {
        gradient[k] = 0;
        for (size_t i = 0; i < o->settings.population; i++)
            gradient[k] += o->utility[i] * (o->candidate[i * n + k] - o->state[k]) / sigma(o);
    }
    const wn_adam adam = {o->state + n, o->state + 2 * n};
    wn_adam_ascend(adam, n, o->generation + 1, rate(o), gradient, o->state);
}

const wn_optimizer_type wn_optimizer_openes = {
    "openes", suggest, 2, state, scratch, begin, ask, tell, NULL};
