/* The kernels at special values and, against the C library in the wider type, on a sample. The
 * proof over all floats is bench/prove_kernels.c. */
#include <float.h>
#include <math.h>

#include "runtime/base/rng.h"
#include "support/test.h"
#include "wn_kernels_f32.h"
#include "wn_kernels_f64.h"

typedef long double wide;

static wide wide_sigmoid(wide x) {
    return x < 0 ? expl(x) / (1 + expl(x)) : 1 / (1 + expl(-x));
}

static wide wide_gaussian(wide x) {
    return expl(-x * x / 2);
}

static const wide PI = 3.14159265358979323846264338327950288L;

/* The sine of a turn's part beyond a quarter, from the side where its argument is small. */
static wide wide_sin_pi(wide x) {
    const wide f = remainderl(x, 2), a = fabsl(f);
    return copysignl(a > 0.75L   ? sinl(PI * (1 - a))
                     : a > 0.25L ? cosl(PI * (0.5L - a))
                                 : sinl(PI * a),
                     f);
}

static wide wide_cos_pi(wide x) {
    const wide a = fabsl(remainderl(x, 2));
    return a > 0.75L ? -cosl(PI * (1 - a)) : a > 0.25L ? sinl(PI * (0.5L - a)) : cosl(PI * a);
}

typedef struct kernel {
    const char *name;
    float (*f32)(float);
    double (*f64)(double);
    wide (*exact)(wide);
    double at_zero, at_infinity, at_minus_infinity; /* 2: NaN */
} kernel;

static const kernel kernels[] = {
    {"exp", wn_exp, wn_f64_exp, expl, 1, (double)INFINITY, 0},
    {"tanh", wn_tanh, wn_f64_tanh, tanhl, 0, 1, -1},
    {"sigmoid", wn_sigmoid, wn_f64_sigmoid, wide_sigmoid, 0.5, 1, 0},
    {"gaussian", wn_gaussian, wn_f64_gaussian, wide_gaussian, 1, 0, 0},
    {"sin_pi", wn_sin_pi, wn_f64_sin_pi, wide_sin_pi, 0, 2, 2},
    {"cos_pi", wn_cos_pi, wn_f64_cos_pi, wide_cos_pi, 1, 2, 2},
};
enum { N_KERNELS = sizeof kernels / sizeof *kernels };

static void check_value(const char *name, double got, double expected) {
    CHECK_MSG(expected == 2 ? isnan(got) : got == expected, "%s", name);
}

static void test_special_values(void) {
    for (const kernel *k = kernels; k < kernels + N_KERNELS; k++) {
        check_value(k->name, (double)k->f32(0.0f), k->at_zero);
        check_value(k->name, (double)k->f32(-0.0f), k->at_zero);
        check_value(k->name, (double)k->f32(INFINITY), k->at_infinity);
        check_value(k->name, (double)k->f32(-INFINITY), k->at_minus_infinity);
        check_value(k->name, (double)k->f32(NAN), 2);
        check_value(k->name, k->f64(0.0), k->at_zero);
        check_value(k->name, k->f64(-0.0), k->at_zero);
        check_value(k->name, k->f64((double)INFINITY), k->at_infinity);
        check_value(k->name, k->f64(-(double)INFINITY), k->at_minus_infinity);
        check_value(k->name, k->f64((double)NAN), 2);
    }
}

static void test_sign_of_zero(void) {
    CHECK(signbit(wn_tanh(-0.0f)) && !signbit(wn_tanh(0.0f)));
    CHECK(signbit(wn_sin_pi(-0.0f)) && !signbit(wn_sin_pi(0.0f)));
    CHECK(signbit(wn_f64_tanh(-0.0)) && !signbit(wn_f64_tanh(0.0)));
    CHECK(signbit(wn_f64_sin_pi(-0.0)) && !signbit(wn_f64_sin_pi(0.0)));
}

/* sin(pi x) and cos(pi x) at x = k / 2, from 0 to beyond where all numbers are even. */
static void test_multiples_of_one_half(void) {
    static const float cosine[4] = {1, 0, -1, 0};
    for (int k = -4000; k <= 4000; k++) {
        const int quarter = ((k % 4) + 4) % 4;
        const float x = 0.5f * (float)k, sine = cosine[(quarter + 3) % 4];
        CHECK_MSG(wn_sin_pi(x) == sine && wn_cos_pi(x) == cosine[quarter], "k = %d", k);
        CHECK_MSG(wn_f64_sin_pi((double)x) == (double)sine, "k = %d", k);
        CHECK_MSG(wn_f64_cos_pi((double)x) == (double)cosine[quarter], "k = %d", k);
    }
    for (int e = 24; e < 128; e++)
        CHECK_MSG(wn_sin_pi(ldexpf(1, e)) == 0.0f && wn_cos_pi(-ldexpf(1, e)) == 1.0f, "2^%d", e);
    CHECK(wn_cos_pi(16777215.0f) == -1.0f && wn_cos_pi(-8388609.0f) == -1.0f);
    CHECK(wn_cos_pi(4194303.5f) == 0.0f && wn_sin_pi(2097151.5f) == -1.0f);
    CHECK(wn_f64_cos_pi(9007199254740991.0) == -1.0 && wn_f64_sin_pi(4503599627370495.5) == -1.0);
}

static void test_sine_and_cosine_at_once(void) {
    wn_rng rng = wn_rng_stream(1, 2, 3, 4);
    for (int i = 0; i < 100000; i++) {
        const double x = 100.0 * wn_rng_normal(&rng);
        float s, c;
        double s64, c64;
        wn_sincos_pi((float)x, &s, &c);
        wn_f64_sincos_pi(x, &s64, &c64);
        CHECK(s == wn_sin_pi((float)x) && c == wn_cos_pi((float)x));
        CHECK(s64 == wn_f64_sin_pi(x) && c64 == wn_f64_cos_pi(x));
    }
}

/* |got - exact| in units of the last of `digits` bits, denormals those of the smallest exponent. */
static double ulps(wide got, wide exact, int digits, int least) {
    int exponent;
    if (isinf(got) && exact >= (digits == FLT_MANT_DIG ? (wide)FLT_MAX : (wide)DBL_MAX))
        return 0.0;
    frexpl(exact, &exponent);
    return (double)ldexpl(fabsl(got - exact), digits - (exponent < least ? least : exponent));
}

static void test_sample(void) {
    wn_rng rng = wn_rng_stream(5, 6, 7, 8);
    for (int i = 0; i < 200000; i++) {
        const double x = ldexp(wn_rng_normal(&rng), (int)wn_rng_below(&rng, 12) - 6);
        const float single = (float)x;
        for (const kernel *k = kernels; k < kernels + N_KERNELS; k++) {
            const double error =
                ulps((wide)k->f32(single), k->exact((wide)single), FLT_MANT_DIG, FLT_MIN_EXP);
            CHECK_MSG(error <= 2.0, "float %s at %a", k->name, x);
            /* Where long double is double, the reference is off by as much as the kernel. */
            const double slack = LDBL_MANT_DIG > DBL_MANT_DIG ? 0.0 : 2.0;
            const double wide_error =
                ulps((wide)k->f64(x), k->exact((wide)x), DBL_MANT_DIG, DBL_MIN_EXP);
            CHECK_MSG(wide_error <= 2.0 + slack, "double %s at %a", k->name, x);
        }
    }
}

int main(void) {
    RUN(test_special_values);
    RUN(test_sign_of_zero);
    RUN(test_multiples_of_one_half);
    RUN(test_sine_and_cosine_at_once);
    RUN(test_sample);
    return TEST_RESULT();
}
