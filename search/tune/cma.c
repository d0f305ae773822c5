/* CMA-ES: evolution strategies that learn a covariance matrix.
 *
 * All formulae and constants are those of Hansen, The CMA Evolution Strategy: A Tutorial (2016,
 * arXiv:1604.00772), with negative weights ("active"). Where the tutorial takes the symmetric root of
 * the matrix, here is its Cholesky factor, which costs a tenth and changes nothing that was measured
 * (Krause, Arbones and Igel 2016; tests/search/test_optimizers.c). Without the matrix, sep-CMA-ES of
 * Ros and Hansen (2008), whose rates are (n + 2) / 3 times as large. */
#include <math.h>
#include <string.h>

#include "runtime/base/rng.h"
#include "search/tune/optimizer.h"

static const uint64_t SAMPLES = UINT64_C(0x636d6173);

/* The state, one after the other. */
typedef struct view {
    double *mean, *path_sigma, *path_c; /* [n] */
    double *sigma;                      /* [1] */
    double *factored;                   /* [1] generation that the factor is of */
    double *covariance;                 /* [n][n], sep: [n] the diagonal */
    double *factor; /* [n][n] lower triangle, times its transpose it is the covariance; sep: [n] */
} view;

/* Table 1 of the tutorial. */
typedef struct rates {
    size_t parents;
    double effective; /* mu_eff */
    double c_sigma, d_sigma, c_c, c_1, c_mu;
    double expected; /* E ||N(0, I)|| */
    double positive; /* sum of the positive raw weights */
    double negative; /* factor of the negative ones */
} rates;

static bool is_full(const wn_optimizer *o) {
    return o->type == &wn_optimizer_cma;
}

static view look(const wn_optimizer *o) {
    const size_t n = o->settings.n;
    double *s = o->state;
    view v = {.mean = s, .path_sigma = s + n, .path_c = s + 2 * n, .sigma = s + 3 * n};
    v.factored = v.sigma + 1;
    v.covariance = v.sigma + 2;
    v.factor = v.covariance + (is_full(o) ? n * n : n);
    return v;
}

static size_t suggest(size_t n) {
    return 4 + (size_t)(3 * log((double)n));
}

static size_t full_state(const wn_optimizer_settings *s) {
    return 3 * s->n + 2 + 2 * s->n * s->n;
}

static size_t sep_state(const wn_optimizer_settings *s) {
    return 5 * s->n + 2;
}

/* The normal numbers behind each candidate, and the mean of the best ones'. */
static size_t scratch(const wn_optimizer_settings *s) {
    return s->population * s->n + s->n;
}

static void begin(wn_optimizer *o) {
    const view v = look(o);
    const size_t n = o->settings.n;
    *v.sigma = o->settings.sigma;
    for (size_t i = 0; i < n; i++) {
        const size_t at = is_full(o) ? i * n + i : i;
        v.covariance[at] = v.factor[at] = 1;
    }
}

/* Weight of rank i before it is scaled: more than 0 for the better half. */
static double raw_weight(size_t population, size_t i) {
    return log(((double)population + 1) / 2) - log((double)i + 1);
}

/* The positive and the negative weights' sums and mu_eff. */
static void add_weights(size_t population, bool negative, double *sum, double *effective) {
    double squares = 0;
    *sum = 0;
    for (size_t i = 0; i < population; i++) {
        const double w = raw_weight(population, i);
        if (negative == (w < 0)) {
            *sum += fabs(w);
            squares += w * w;
        }
    }
    *effective = squares > 0 ? *sum * *sum / squares : 0;
}

static rates rates_of(const wn_optimizer *o) {
    const double n = (double)o->settings.n;
    rates r = {.parents = o->settings.population / 2};
    double sum, against;
    add_weights(o->settings.population, false, &r.positive, &r.effective);
    add_weights(o->settings.population, true, &sum, &against);
    const double mu = r.effective;
    r.c_sigma = (mu + 2) / (n + mu + 5);
    r.d_sigma = 1 + 2 * fmax(0, sqrt((mu - 1) / (n + 1)) - 1) + r.c_sigma;
    r.c_c = (4 + mu / n) / (n + 4 + 2 * mu / n);
    r.c_1 = 2 / ((n + 1.3) * (n + 1.3) + mu);
    r.c_mu = fmin(1 - r.c_1, 2 * (0.25 + mu + 1 / mu - 2) / ((n + 2) * (n + 2) + mu));
    r.expected = sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));
    if (!is_full(o)) {
        r.c_1 = fmin(1, r.c_1 * (n + 2) / 3);
        r.c_mu = fmin(1 - r.c_1, r.c_mu * (n + 2) / 3);
        return r;
    }
    const double alpha = fmin(1 + r.c_1 / r.c_mu, 1 + 2 * against / (against + 2));
    r.negative = fmin(alpha, (1 - r.c_1 - r.c_mu) / (n * r.c_mu)) / sum;
    return r;
}

/* y = factor z. */
static void stretch(const wn_optimizer *o, const view *v, const double *z, double *y) {
    const size_t n = o->settings.n;
    for (size_t i = 0; i < n; i++) {
        if (!is_full(o)) {
            y[i] = v->factor[i] * z[i];
            continue;
        }
        y[i] = 0;
        for (size_t j = 0; j <= i; j++)
            y[i] += v->factor[i * n + j] * z[j];
    }
}

static void ask(wn_optimizer *o) {
    const view v = look(o);
    const size_t n = o->settings.n;
    for (size_t i = 0; i < o->settings.population; i++) {
        double *z = o->scratch + i * n, *x = o->candidate + i * n;
        wn_rng rng = wn_rng_stream(o->settings.seed, o->generation, i, SAMPLES);
        for (size_t k = 0; k < n; k++)
            z[k] = wn_rng_normal(&rng);
        stretch(o, &v, z, x);
        for (size_t k = 0; k < n; k++)
            x[k] = v.mean[k] + *v.sigma * x[k];
    }
}

/* The mean of the best candidates' z, weighted: [n] behind all z. */
static double *mean_of_best(wn_optimizer *o, const rates *r) {
    const size_t n = o->settings.n;
    double *mean = o->scratch + o->settings.population * n;
    memset(mean, 0, n * sizeof *mean);
    for (size_t i = 0; i < r->parents; i++) {
        const double w = raw_weight(o->settings.population, i) / r->positive;
        const double *z = o->scratch + o->order[i] * n;
        for (size_t k = 0; k < n; k++)
            mean[k] += w * z[k];
    }
    return mean;
}

static double length(const double *x, size_t n) {
    double squares = 0;
    for (size_t k = 0; k < n; k++)
        squares += x[k] * x[k];
    return sqrt(squares);
}

/* Moves the mean and both paths; whether the step size is not stalling (h_sigma). z: mean_of_best. */
static bool move(wn_optimizer *o, const view *v, const rates *r, const double *z, double *y) {
    const size_t n = o->settings.n;
    const double keep = sqrt(r->c_sigma * (2 - r->c_sigma) * r->effective);
    stretch(o, v, z, y);
    for (size_t i = 0; i < n; i++) {
        v->mean[i] += *v->sigma * y[i];
        v->path_sigma[i] = (1 - r->c_sigma) * v->path_sigma[i] + keep * z[i];
    }
    const double path = length(v->path_sigma, n);
    const double settled = sqrt(1 - pow(1 - r->c_sigma, 2.0 * (o->generation + 1)));
    const bool steady = path / settled < (1.4 + 2 / ((double)n + 1)) * r->expected;
    const double along = steady ? sqrt(r->c_c * (2 - r->c_c) * r->effective) : 0;
    for (size_t i = 0; i < n; i++)
        v->path_c[i] = (1 - r->c_c) * v->path_c[i] + along * y[i];
    *v->sigma *= exp(fmin(1, r->c_sigma / r->d_sigma * (path / r->expected - 1)));
    return steady;
}

/* Adds w x x^T, or its diagonal. */
static void add_outer(const wn_optimizer *o, double *covariance, double w, const double *x) {
    const size_t n = o->settings.n;
    for (size_t i = 0; i < n; i++) {
        if (!is_full(o)) {
            covariance[i] += w * x[i] * x[i];
            continue;
        }
        const double wx = w * x[i];
        for (size_t j = 0; j < n; j++)
            covariance[i * n + j] += wx * x[j];
    }
}

static void adapt(wn_optimizer *o, const view *v, const rates *r, bool steady, double *y) {
    const size_t n = o->settings.n, size = is_full(o) ? n * n : n;
    const double lost = steady ? 0 : r->c_c * (2 - r->c_c);
    double sum = 1; /* of the weights: the positive ones make 1 */
    for (size_t i = 0; is_full(o) && i < o->settings.population; i++)
        sum += fmin(0, raw_weight(o->settings.population, i)) * r->negative;
    const double kept = 1 + r->c_1 * lost - r->c_1 - r->c_mu * sum;
    for (size_t k = 0; k < size; k++)
        v->covariance[k] *= kept;
    add_outer(o, v->covariance, r->c_1, v->path_c);
    for (size_t i = 0; i < o->settings.population; i++) {
        const double raw = raw_weight(o->settings.population, i);
        const double *z = o->scratch + o->order[i] * n;
        double w = raw / r->positive;
        if (raw < 0 && !is_full(o))
            break;
        if (raw < 0) {
            const double far = length(z, n);
            w = raw * r->negative * (double)n / (far * far);
        }
        stretch(o, v, z, y);
        add_outer(o, v->covariance, r->c_mu * w, y);
    }
}

/* The lower triangle whose product with its transpose is a[n][n]; false where rounding has left a no
 * longer positive. Golub and Van Loan, Matrix Computations, 4.2, by rows. */
static bool factorise(size_t n, const double *a, double *l) {
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            double sum = a[i * n + j];
            for (size_t k = 0; k < j; k++)
                sum -= l[i * n + k] * l[j * n + k];
            if (i == j && !(sum > 0))
                return false;
            l[i * n + j] = i == j ? sqrt(sum) : sum / l[j * n + j];
        }
    return true;
}

/* The factor may lag a little behind (tutorial, B.2). A matrix without one starts anew. */
static void refactor(wn_optimizer *o, const view *v, const rates *r) {
    const size_t n = o->settings.n;
    const double lag = 1 / ((r->c_1 + r->c_mu) * (double)n * 10);
    for (size_t i = 0; !is_full(o) && i < n; i++)
        v->factor[i] = sqrt(v->covariance[i]);
    if (!is_full(o) || o->generation + 1 - *v->factored < lag)
        return;
    *v->factored = o->generation + 1.0;
    if (factorise(n, v->covariance, v->factor))
        return;
    memset(v->covariance, 0, 2 * n * n * sizeof *v->covariance);
    for (size_t i = 0; i < n; i++)
        v->covariance[i * n + i] = v->factor[i * n + i] = 1;
}

static void tell(wn_optimizer *o, const double *reward) {
    const view v = look(o);
    const rates r = rates_of(o);
    wn_optimizer_sort(o, reward);
    double *y = o->candidate; /* has served */
    const bool steady = move(o, &v, &r, mean_of_best(o, &r), y);
    adapt(o, &v, &r, steady, y);
    refactor(o, &v, &r);
}

/* Paths tell of a way that was not gone. */
static void moved(wn_optimizer *o) {
    const view v = look(o);
    memset(v.path_sigma, 0, 2 * o->settings.n * sizeof *v.path_sigma);
}

const wn_optimizer_type wn_optimizer_cma = {
    "cma", suggest, 1, full_state, scratch, begin, ask, tell, moved};
const wn_optimizer_type wn_optimizer_sep_cma = {
    "sep-cma", suggest, 1, sep_state, scratch, begin, ask, tell, moved};
