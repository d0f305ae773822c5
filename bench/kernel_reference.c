/* The reference in two stages. First glibc's functions in double, which are good to a few units of
 * 2^-53, after reductions that are exact in double. Only where a relative error of 2^-49 could
 * change the rounding to float, some 200 inputs in 2^32, MPFR decides. */
#include "bench/kernel_reference.h"

#include <math.h>
#include <mpfr.h>

static const double PI = 3.14159265358979323846;

/* sin(pi t) for |t| <= 1/2: the argument of sin or cos is at most pi / 4, and not reduced again. */
static double sine_of_half_turn(double t) {
    const double a = fabs(t);
    return copysign(a <= 0.25 ? sin(PI * a) : cos(PI * (0.5 - a)), t);
}

/* x less the nearest even number, exactly; NaN for infinities. */
static double within_turn(double x) {
    return remainder(x, 2.0);
}

static double sin_pi(double x) {
    const double f = within_turn(x);
    const double a = fabs(f);
    return copysign(sine_of_half_turn(a <= 0.5 ? a : 1.0 - a), f);
}

static double cos_pi(double x) {
    const double a = fabs(within_turn(x));
    if (a <= 0.25)
        return cos(PI * a);
    return a >= 0.75 ? -cos(PI * (1.0 - a)) : sine_of_half_turn(0.5 - a);
}

/* The quotient of two values above 1 or of two below: nothing cancels or overflows. */
static double sigmoid(double x) {
    if (x >= 0.0)
        return 1.0 / (1.0 + exp(-x));
    return exp(x) / (1.0 + exp(x));
}

static double in_double(wn_kernel_id kernel, double x) {
    switch (kernel) {
    case WN_KERNEL_EXP:
        return exp(x);
    case WN_KERNEL_TANH:
        return tanh(x);
    case WN_KERNEL_SIGMOID:
        return sigmoid(x);
    case WN_KERNEL_GAUSSIAN:
        return exp(-0.5 * (x * x)); /* the square of a float is a double */
    case WN_KERNEL_SIN_PI:
        return sin_pi(x);
    case WN_KERNEL_COS_PI:
        return cos_pi(x);
    case WN_N_KERNELS:
        break;
    }
    return (double)NAN;
}

enum { PRECISION = 160 };

/* The argument is exact; each step below adds at most a few units of 2^-160. */
static void in_mpfr(wn_kernel_id kernel, mpfr_t y, float x) {
    mpfr_t pi;
    switch (kernel) {
    case WN_KERNEL_EXP:
        mpfr_set_flt(y, x, MPFR_RNDN);
        mpfr_exp(y, y, MPFR_RNDN);
        return;
    case WN_KERNEL_TANH:
        mpfr_set_flt(y, x, MPFR_RNDN);
        mpfr_tanh(y, y, MPFR_RNDN);
        return;
    case WN_KERNEL_SIGMOID:
        mpfr_set_flt(y, -x, MPFR_RNDN);
        mpfr_exp(y, y, MPFR_RNDN);
        mpfr_add_ui(y, y, 1, MPFR_RNDN);
        mpfr_ui_div(y, 1, y, MPFR_RNDN);
        return;
    case WN_KERNEL_GAUSSIAN:
        mpfr_set_d(y, -0.5 * ((double)x * (double)x), MPFR_RNDN);
        mpfr_exp(y, y, MPFR_RNDN);
        return;
    case WN_KERNEL_SIN_PI:
    case WN_KERNEL_COS_PI:
        mpfr_init2(pi, PRECISION);
        mpfr_const_pi(pi, MPFR_RNDN);
        mpfr_set_d(y, within_turn((double)x), MPFR_RNDN);
        mpfr_mul(y, y, pi, MPFR_RNDN);
        (kernel == WN_KERNEL_SIN_PI ? mpfr_sin : mpfr_cos)(y, y, MPFR_RNDN);
        mpfr_clear(pi);
        return;
    case WN_N_KERNELS:
        break;
    }
}

wn_exact wn_kernel_exact_mpfr(wn_kernel_id kernel, float x) {
    mpfr_t y;
    mpfr_init2(y, PRECISION);
    in_mpfr(kernel, y, x);
    const wn_exact exact = {mpfr_get_d(y, MPFR_RNDN), mpfr_get_flt(y, MPFR_RNDN), true};
    mpfr_clear(y);
    return exact;
}

wn_exact wn_kernel_exact(wn_kernel_id kernel, float x) {
    const double value = in_double(kernel, (double)x);
    const double slack = value * 0x1p-49;
    const float low = (float)(value - slack), high = (float)(value + slack);
    if (low == high || isnan(value) || isinf(value))
        return (wn_exact){value, (float)value, false};
    return wn_kernel_exact_mpfr(kernel, x);
}

void wn_kernel_exact_done(void) {
    mpfr_free_cache();
}

double wn_kernel_ulps(const wn_exact *exact, float y) {
    int exponent;
    frexp(exact->value, &exponent); /* |value| in [2^(exponent - 1), 2^exponent) */
    if (exponent < -125)
        exponent = -125; /* denormal floats are multiples of 2^-149 */
    return ldexp(fabs((double)y - exact->value), 24 - exponent);
}
