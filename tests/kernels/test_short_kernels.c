/* The short kernels of -O2, those of its batches (TRY_LANES) and of its packs (TRY_PACK): an absolute error of at most 4e-7 for
 * every finite argument.
 * WANN_SHORT_STRIDE=1 tries all floats (minutes); by default every 1,021st, from each side. */
#include <math.h>
#include <stdint.h>

#ifdef TRY_LANES
#include "lanes_kernels_f32.h"
#define KERNEL(name) lanes_##name
#elif defined(TRY_PACK)
#include "pack_kernels_f32.h"
#define KERNEL(name) of_pack_##name
#else
#include "short_kernels_f32.h"
#define KERNEL(name) short_##name
#endif
#include "support/test.h"

static const double PROMISE = 4e-7;

#ifdef TRY_PACK
/* One lane after the other, its neighbours busy with something else. */
#define LANE(name, ...)                                                                            \
    static unsigned lane;                                                                          \
    pack_four v = {0.3f, -7.5f, 1e30f, -2.0f};                                                     \
    lane = (lane + 1) % 4;                                                                         \
    v[lane] = x;                                                                                   \
    return pack_##name(__VA_ARGS__)[lane]
#define OF_PACK(name)                                                                              \
    static float of_pack_##name(float x) {                                                         \
        LANE(name, v);                                                                             \
    }
OF_PACK(tanh)
OF_PACK(sigmoid)
OF_PACK(gaussian)
OF_PACK(sin_pi)
OF_PACK(cos_pi)
static float of_pack_gaussian_of(float x, float w) {
    LANE(gaussian_of, v, w);
}
#endif

/* The exact functions: sin and cos after an exact reduction to the quarter next to an extremum or a zero. */
static double turn(double x) {
    const double a = fabs(x);
    return a - 2 * floor(a / 2); /* in [0, 2), exact */
}

static double half_wave(double r) {
    const double pi = 3.14159265358979323846;
    return r <= 0.5 ? sin(pi * r) : r <= 1.5 ? sin(pi * (1 - r)) : sin(pi * (r - 2));
}

static double exact_sin_pi(double x) {
    return x < 0 ? -half_wave(turn(x)) : half_wave(turn(x));
}

static double exact_cos_pi(double x) {
    const double r = turn(x);
    return half_wave(r <= 1.5 ? r + 0.5 : r - 1.5);
}

static double exact_gaussian(double x) {
    return exp(-x * x / 2);
}

static double exact_sigmoid(double x) {
    return 1 / (1 + exp(-x));
}

static uint32_t stride(void) {
    const char *set = getenv("WANN_SHORT_STRIDE");
    const long n = set ? strtol(set, NULL, 10) : 0;
    return n > 0 ? (uint32_t)n : 1021;
}

static void check(const char *name, float (*kernel)(float), double (*exact)(double)) {
    const uint32_t largest = 0x7f7fffff, step = stride();
    double worst = 0, at = 0;
    for (uint64_t magnitude = 0; magnitude <= largest; magnitude += step)
        for (uint32_t sign = 0; sign < 2; sign++) {
            const uint32_t bits = (uint32_t)magnitude | sign << 31;
            float x;
            memcpy(&x, &bits, sizeof x);
            const double error = fabs((double)kernel(x) - exact((double)x));
            if (!(error <= worst)) {
                worst = error;
                at = (double)x;
            }
        }
    printf("     %-8s error %.3g, at %.9g\n", name, worst, at);
    CHECK_MSG(worst <= PROMISE, "%s", name);
}

static void errors_keep_the_promise(void) {
    check("tanh", KERNEL(tanh), tanh);
    check("sigmoid", KERNEL(sigmoid), exact_sigmoid);
    check("gaussian", KERNEL(gaussian), exact_gaussian);
    check("sin_pi", KERNEL(sin_pi), exact_sin_pi);
    check("cos_pi", KERNEL(cos_pi), exact_cos_pi);
}

/* Functions of a product: x over all magnitudes and signs, weights small and large, 0 and below. */
static void check_of(const char *name, float (*kernel)(float, float), double (*exact)(double)) {
    static const float weights[] = {0.0f, 1.0f, -1.0f, 0.5f, -1.87f, 0.0137f, 31.0f, -2.5e-7f, 1e12f, -1e-17f};
    const uint32_t step = 64 * stride();
    double worst = 0, at = 0, by = 0;
    for (size_t w = 0; w < sizeof weights / sizeof *weights; w++)
        for (uint64_t magnitude = 0; magnitude <= 0x7f7fffff; magnitude += step)
            for (uint32_t sign = 0; sign < 2; sign++) {
                const uint32_t bits = (uint32_t)magnitude | sign << 31;
                float x;
                memcpy(&x, &bits, sizeof x);
                const double error = fabs((double)kernel(x, weights[w]) - exact((double)x * (double)weights[w]));
                if (!(error <= worst)) {
                    worst = error;
                    at = (double)x;
                    by = (double)weights[w];
                }
            }
    printf("     %-8s of a product: error %.3g, at %.9g * %.9g\n", name, worst, at, by);
    CHECK_MSG(worst <= PROMISE, "%s_of", name);
}

static void products_keep_the_promise(void) {
    check_of("gaussian", KERNEL(gaussian_of), exact_gaussian);
#ifdef TRY_LANES
    check_of("tanh", KERNEL(tanh_of), tanh);
    check_of("sigmoid", KERNEL(sigmoid_of), exact_sigmoid);
#endif
}

#ifdef TRY_LANES
static void steps_of_products_are_exact(void) {
    static const float some[] = {0.0f, -0.0f, 1.0f, -1.0f, 1e-38f, -1e-38f, 3e38f, -3e38f, 0.3f};
    enum { N = sizeof some / sizeof *some };
    for (size_t i = 0; i < N * N; i++) {
        const float x = some[i % N], w = some[i / N];
        CHECK(KERNEL(step_of)(x, w) == ((double)x * (double)w > 0 ? 1.0f : 0.0f));
    }
    CHECK(KERNEL(tanh_of)(0.0f, 2.0f) == 0.0f && KERNEL(tanh_of)(3.0f, 0.0f) == 0.0f);
    CHECK(KERNEL(sigmoid_of)(0.0f, -2.0f) == 0.5f && KERNEL(gaussian_of)(5.0f, 0.0f) == 1.0f);
    CHECK(KERNEL(tanh_of)(0.7f, -1.5f) == -KERNEL(tanh_of)(0.7f, 1.5f));
}
#endif

static void exact_values_are_exact(void) {
    CHECK(KERNEL(tanh)(0.0f) == 0.0f && KERNEL(gaussian)(0.0f) == 1.0f && KERNEL(sigmoid)(0.0f) == 0.5f);
    for (int i = -64; i <= 64; i++) {
        CHECK(KERNEL(sin_pi)((float)i) == 0.0f);
        CHECK(KERNEL(cos_pi)((float)i + 0.5f) == 0.0f);
    }
    CHECK(KERNEL(sin_pi)(1e30f) == 0.0f && KERNEL(cos_pi)(1e30f) == 1.0f);
    CHECK(KERNEL(sin_pi)(16777215.0f) == 0.0f && KERNEL(cos_pi)(0.0f) == 1.0f);
}

static void symmetry_is_exact(void) {
    for (float x = 0; x < 40; x += 0.0173f) {
        CHECK(KERNEL(tanh)(-x) == -KERNEL(tanh)(x) && KERNEL(sin_pi)(-x) == -KERNEL(sin_pi)(x));
        CHECK(KERNEL(gaussian)(-x) == KERNEL(gaussian)(x) && KERNEL(cos_pi)(-x) == KERNEL(cos_pi)(x));
    }
}

#if !defined(TRY_LANES) && !defined(TRY_PACK)
/* For softmax: relative to the value. */
static void exponential_is_good_to_a_millionth(void) {
    for (float x = -16; x <= 0; x += 0.00037f)
        CHECK(fabs((double)short_exp(x) / exp((double)x) - 1) < 2e-6);
    CHECK(short_exp(0.0f) == 1.0f);
}
#endif

int main(void) {
#if defined(__FMA__) && (defined(__x86_64__) || defined(__i386__))
    if (!__builtin_cpu_supports("fma")) {
        puts("this machine does not fuse multiplications and additions: nothing to try");
        return TEST_SKIP;
    }
#endif
    RUN(errors_keep_the_promise);
    RUN(exact_values_are_exact);
    RUN(symmetry_is_exact);
    RUN(products_keep_the_promise);
#ifdef TRY_LANES
    RUN(steps_of_products_are_exact);
#endif
#if !defined(TRY_LANES) && !defined(TRY_PACK)
    RUN(exponential_is_good_to_a_millionth);
#endif
    return TEST_RESULT();
}
