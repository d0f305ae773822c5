/* Parameter-exploring policy gradients (Sehnke et al. 2010, Parameter-exploring policy gradients,
 * symmetric sampling), with a standard deviation for each parameter, ranks for rewards and Adam, as
 * the published WANNTool has them. */
#include <math.h>

#include "runtime/base/rng.h"
#include "search/tune/optimizer.h"

static const uint64_t SAMPLES = UINT64_C(0x70657067);
/* A generation changes a standard deviation by this share at most. */
static const double MOST_CHANGE = 0.2;

static size_t suggest(size_t n) {
    (void)n;
    return 64;
}

/* mean, two moments, standard deviations: [n] each. */
static size_t state(const wn_optimizer_settings *s) {
    return 4 * s->n;
}

/* The gradient. */
static size_t scratch(const wn_optimizer_settings *s) {
    return s->n;
}

static void begin(wn_optimizer *o) {
    for (size_t k = 0; k < o->settings.n; k++)
        o->state[3 * o->settings.n + k] = o->settings.sigma;
}

/* Candidates i and i + half lie on opposite sides of the mean. */
static void ask(wn_optimizer *o) {
    const size_t n = o->settings.n, half = o->settings.population / 2;
    const double *sigma = o->state + 3 * n;
    for (size_t i = 0; i < half; i++) {
        wn_rng rng = wn_rng_stream(o->settings.seed, o->generation, i, SAMPLES);
        for (size_t k = 0; k < n; k++) {
            const double far = sigma[k] * wn_rng_normal(&rng);
            o->candidate[i * n + k] = o->state[k] + far;
            o->candidate[(i + half) * n + k] = o->state[k] - far;
        }
    }
}

static double deviation(const double *x, size_t n) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    for (size_t i = 0; i < n; i++)
        squares += (x[i] - sum / (double)n) * (x[i] - sum / (double)n);
    return sqrt(squares / (double)n);
}

/* Up where pairs that lie far from the mean do better than the average pair. */
static void adapt(wn_optimizer *o) {
    const size_t n = o->settings.n, half = o->settings.population / 2;
    double *sigma = o->state + 3 * n;
    const double spread = deviation(o->utility, o->settings.population);
    for (size_t k = 0; k < n; k++) {
        double change = 0;
        for (size_t i = 0; i < half; i++) {
            const double far = o->candidate[i * n + k] - o->state[k];
            const double better = (o->utility[i] + o->utility[i + half]) / 2;
            change += better * (far * far - sigma[k] * sigma[k]) / sigma[k];
        }
        change *= o->settings.sigma_rate / ((double)o->settings.population * spread);
        const double most = MOST_CHANGE * sigma[k];
        sigma[k] += fmax(-most, fmin(most, change));
        if (sigma[k] > o->settings.sigma_limit)
            sigma[k] = fmax(o->settings.sigma_limit, sigma[k] * o->settings.sigma_decay);
    }
}

static double rate(const wn_optimizer *o) {
    const wn_optimizer_settings *s = &o->settings;
    return fmax(fmin(s->learning_rate, s->learning_rate_limit),
                s->learning_rate * pow(s->learning_rate_decay, o->generation));
}

static void tell(wn_optimizer *o, const double *reward) {
    const size_t n = o->settings.n, half = o->settings.population / 2;
    wn_optimizer_sort(o, reward);
    wn_optimizer_centre(o);
    double *gradient = o->scratch;
    for (size_t k = 0; k < n; k++) {
        gradient[k] = 0;
        for (size_t i = 0; i < half; i++)
            gradient[k] += (o->utility[i] - o->utility[i + half]) *
                           (o->candidate[i * n + k] - o->state[k]);
    }
    adapt(o);
    const wn_adam adam = {o->state + n, o->state + 2 * n};
    wn_adam_ascend(adam, n, o->generation + 1, rate(o), gradient, o->state);
}

const wn_optimizer_type wn_optimizer_pepg = {
    "pepg", suggest, 2, state, scratch, begin, ask, tell, NULL};
