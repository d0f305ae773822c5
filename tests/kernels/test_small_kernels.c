/* The small kernels of -Os: at most 2 ulp, exactly odd or even, exact at multiples of 1/2, NaN for
 * NaN. WANN_SMALL_STRIDE=1 tries all floats (minutes); by default every 1,021st, from each side. */
#include <float.h>
#include <math.h>
#include <stdint.h>

#include "small_kernels_f32.h"
#include "support/test.h"

static const double PROMISE = 2, PI = 3.14159265358979323846;

static double exact_gaussian(double x) {
    return exp(-x * x / 2);
}

static double exact_sigmoid(double x) {
    return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x));
}

/* sin(pi t) for t in [0, 1/2]. */
static double half_wave(double t) {
    return t <= 0.25 ? sin(PI * t) : cos(PI * (0.5 - t));
}

static double exact_sin_pi(double x) {
    const double f = remainder(x, 2), a = fabs(f); /* exact */
    return copysign(half_wave(a <= 0.5 ? a : 1 - a), f);
}

static double exact_cos_pi(double x) {
    const double a = fabs(remainder(x, 2));
    return a <= 0.5 ? half_wave(0.5 - a) : -half_wave(a - 0.5);
}

/* For softmax: not above 0. */
static float small_exp_of_minus(float x) {
    return small_exp(-fabsf(x));
}

static double exact_exp_of_minus(double x) {
    return exp(-fabs(x));
}

typedef struct kernel {
    const char *name;
    float (*small)(float);
    double (*exact)(double);
    int symmetry; /* 1: even, -1: odd, 0: neither */
} kernel;

static const kernel kernels[] = {
    {"tanh", small_tanh, tanh, -1},
    {"sigmoid", small_sigmoid, exact_sigmoid, 0},
    {"gaussian", small_gaussian, exact_gaussian, 1},
    {"sin_pi", small_sin_pi, exact_sin_pi, -1},
    {"cos_pi", small_cos_pi, exact_cos_pi, 1},
    {"exp", small_exp_of_minus, exact_exp_of_minus, 1},
};
enum { KERNELS = sizeof kernels / sizeof *kernels };

static uint32_t stride(void) {
    const char *set = getenv("WANN_SMALL_STRIDE");
    const long n = set ? strtol(set, NULL, 10) : 0;
    return n > 0 ? (uint32_t)n : 1021;
}

/* In units of the last place that a float has at the exact value. */
static double ulps(double got, double exact) {
    int exponent;
    frexp(exact, &exponent);
    return ldexp(fabs(got - exact),
                 FLT_MANT_DIG - (exponent < FLT_MIN_EXP ? FLT_MIN_EXP : exponent));
}

static float float_of(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static void errors_keep_the_promise(void) {
    const uint32_t largest = 0x7f7fffff, step = stride();
    for (const kernel *k = kernels; k < kernels + KERNELS; k++) {
        double worst = 0, at = 0;
        uint64_t asymmetric = 0;
        for (uint64_t bits = 0; bits <= largest; bits += step) {
            const float x = float_of((uint32_t)bits), y = k->small(x), mirrored = k->small(-x);
            asymmetric += k->symmetry != 0 && y != (float)k->symmetry * mirrored;
            for (int sign = 0; sign < 2; sign++) {
                const double side = sign ? -(double)x : (double)x;
                const double error = ulps((double)(sign ? mirrored : y), k->exact(side));
                if (!(error <= worst)) {
                    worst = error;
                    at = side;
                }
            }
        }
        printf("     %-8s %.4f ulp, at %.9g\n", k->name, worst, at);
        CHECK_MSG(worst <= PROMISE && asymmetric == 0, "%s", k->name);
    }
}

static void exact_values_are_exact(void) {
    static const float sine[4] = {0, 1, 0, -1};
    for (int i = -4000; i <= 4000; i++) {
        const float x = 0.5f * (float)i;
        CHECK_MSG(small_sin_pi(x) == sine[i & 3] && small_cos_pi(x) == sine[(i + 1) & 3], "%d", i);
    }
    CHECK(small_sin_pi(4194303.5f) == -1.0f && small_sin_pi(1e30f) == 0.0f);
    CHECK(small_cos_pi(16777215.0f) == -1.0f && small_cos_pi(8388609.0f) == -1.0f);
    CHECK(small_cos_pi(1e30f) == 1.0f && small_cos_pi(0x1p24f) == 1.0f);
    CHECK(small_tanh(0.0f) == 0.0f && small_gaussian(0.0f) == 1.0f && small_sigmoid(0.0f) == 0.5f);
}

static void limits_are_those_of_the_functions(void) {
    CHECK(small_tanh(INFINITY) == 1.0f && small_tanh(-INFINITY) == -1.0f);
    CHECK(small_sigmoid(INFINITY) == 1.0f && small_sigmoid(-INFINITY) == 0.0f);
    CHECK(small_gaussian(INFINITY) == 0.0f && small_gaussian(-INFINITY) == 0.0f);
    CHECK(small_exp(-INFINITY) == 0.0f);
    CHECK(isnan(small_sin_pi(INFINITY)) && isnan(small_cos_pi(-INFINITY)));
    for (const kernel *k = kernels; k < kernels + KERNELS; k++)
        CHECK_MSG(isnan(k->small(NAN)) && isnan(k->small(-NAN)), "%s", k->name);
}

int main(void) {
#if defined(__FMA__) && (defined(__x86_64__) || defined(__i386__))
    if (!__builtin_cpu_supports("fma")) {
        puts("this machine does not fuse multiplications and additions: nothing to try");
        return TEST_SKIP;
    }
#endif
    RUN(errors_keep_the_promise);
    RUN(exact_values_are_exact);
    RUN(limits_are_those_of_the_functions);
    return TEST_RESULT();
}
