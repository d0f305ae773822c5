/* The integer kernels against the C library in double: errors over the whole range of arguments,
 * and what has to be exact. WANN_FIXED_STRIDE=1 tries every argument; minutes. */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "runtime/base/rng.h"
#include "support/test.h"
#include "wn_kernels_fixed.h"

#define ONE 1073741824.0
#define PI  3.14159265358979323846

static int64_t stride = 4099; /* prime */

/* The largest error so far, in units of 2^-30, and where. */
typedef struct worst {
    double error;
    int64_t at;
} worst;

static void see(worst *w, double got, double expected, int64_t at) {
    const double error = fabs(got - expected * ONE);
    if (error > w->error)
        *w = (worst){error, at};
}

static void say(const char *name, const worst *w) {
    printf("     %-10s at most %.1f / 2^30, at %lld\n", name, w->error, (long long)w->at);
    CHECK_MSG(w->error > 0 && w->error <= 20, "%s: %f at %lld", name, w->error, (long long)w->at);
}

static void exponential(void) {
    worst w = {0};
    for (int64_t x = 0; x <= INT32_MAX; x += stride)
        see(&w, wn_fixed_exp((int32_t)x), exp(-(double)x * 0x1p-26), x);
    say("exp", &w);
    CHECK(wn_fixed_exp(0) == 1073741824 && wn_fixed_exp(INT32_MAX) == 0);
}

static void even_and_odd(void) {
    worst tangent = {0}, sigmoid = {0}, gaussian = {0};
    bool odd = true, even = true, bounded = true;
    for (int64_t i = 0; i <= INT32_MAX; i += stride) {
        const int32_t x = (int32_t)i;
        const int32_t t = wn_fixed_tanh(x), s = wn_fixed_sigmoid(x), g = wn_fixed_gaussian(x);
        see(&tangent, t, tanh((double)x * 0x1p-27), x);
        see(&sigmoid, s, 1 / (1 + exp(-(double)x * 0x1p-26)), x);
        see(&sigmoid, wn_fixed_sigmoid(-x), 1 / (1 + exp((double)x * 0x1p-26)), -x);
        see(&gaussian, g, exp(-(double)x * (double)x * 0x1p-57), x);
        odd &= wn_fixed_tanh(-x) == -t;
        even &= wn_fixed_gaussian(-x) == g;
        bounded &= t >= 0 && t <= 1073741824 && g >= 0 && g <= 1073741824;
    }
    say("tanh", &tangent);
    say("sigmoid", &sigmoid);
    say("gaussian", &gaussian);
    CHECK(odd && even && bounded);
    CHECK(wn_fixed_tanh(0) == 0 && wn_fixed_gaussian(0) == 1073741824);
}

static void turns(void) {
    worst sine = {0}, cosine = {0};
    for (int64_t i = 0; i <= UINT32_MAX; i += stride) {
        const double angle = (double)i * PI * 0x1p-31;
        see(&sine, wn_fixed_sin_pi((uint32_t)i), sin(angle), i);
        see(&cosine, wn_fixed_cos_pi((uint32_t)i), cos(angle), i);
    }
    say("sin", &sine);
    say("cos", &cosine);
    static const int32_t quarters[] = {0, 1073741824, 0, -1073741824, 0};
    for (uint32_t q = 0; q < 4; q++) {
        CHECK(wn_fixed_sin_pi(q << 30) == quarters[q]);
        CHECK(wn_fixed_cos_pi(q << 30) == quarters[q + 1]);
    }
}

/* Whichever way products are made here. */
static void products(void) {
    wn_rng rng = wn_rng_stream(83, 0, 0, 0);
    for (int i = 0; i < 1000000; i++) {
        const int64_t a = (int64_t)wn_rng_below(&rng, UINT32_MAX) - INT32_MAX;
        const int64_t b = ((int64_t)wn_rng_below(&rng, UINT32_MAX) - INT32_MAX) >> wn_rng_below(&rng, 31);
        const int64_t product = (a * b + 536870912) >> 30;
        if (product > -2147483000 && product < 2147483000)
            CHECK(wn_fixed_mul((int32_t)a, (int32_t)b) == product);
    }
}

static void arithmetic(void) {
    CHECK(wn_fixed_mul(1073741824, 5) == 5 && wn_fixed_mul(-1073741824, 5) == -5);
    CHECK(wn_fixed_mul(INT32_MAX, 1073741824) == INT32_MAX);
    CHECK(wn_fixed_mul(3, 536870912) == 2 && wn_fixed_mul(-3, 536870912) == -1); /* halves up */
    CHECK(wn_fixed_left(5, 3) == 40 && wn_fixed_left(-5, 3) == -40);
    CHECK(wn_fixed_left(1 << 28, 3) == INT32_MAX && wn_fixed_left(-(1 << 28) - 1, 3) == -INT32_MAX);
    CHECK(wn_fixed_clamp(INT32_MIN, -7, 9) == -7 && wn_fixed_clamp(INT32_MAX, -7, 9) == 9);
    CHECK(wn_fixed_share(1, 3, 30) == 357913941 && wn_fixed_share(7, 7, 30) == 1073741824);
    CHECK(wn_fixed_share(2147483646, 2147483647, 30) == 1073741823 && wn_fixed_share(0, 1, 8) == 0);
    CHECK(wn_fixed_step(1) == 1073741824 && wn_fixed_step(0) == 0 && wn_fixed_step(-1) == 0);
    CHECK(wn_fixed_abs(-3) == 3 && wn_fixed_abs(3) == 3 && wn_fixed_relu(-3) == 0 &&
          wn_fixed_relu(3) == 3);
}

int main(void) {
    const char *set = getenv("WANN_FIXED_STRIDE");
    if (set && atoi(set) > 0)
        stride = atoi(set);
    RUN(arithmetic);
    RUN(products);
    RUN(exponential);
    RUN(even_and_odd);
    RUN(turns);
    return TEST_RESULT();
}
