/* Normal random numbers from operations that IEEE 754 fixes to the last bit. */
#include "envs/portable.h"

#include <math.h>
#include <string.h>

#include "wn_kernels_f64.h"

/* 2^e m with m from sqrt(1/2) to sqrt(2), and log m = 2 artanh((m - 1) / (m + 1)) by its series, of
 * which the last term taken is below 1e-18. */
double wn_portable_log(double x) {
    const double ln2_high = 0.69314718036912382, ln2_low = 1.9082149292705877e-10;
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    const uint64_t half = UINT64_C(0x3fe6a09e667f3bcd); /* sqrt(1/2) */
    const double exponent = (double)(((int64_t)(bits - half)) >> 52);
    bits -= (uint64_t)(int64_t)exponent << 52;
    double m;
    memcpy(&m, &bits, sizeof m);
    const double s = (m - 1) / (m + 1), s2 = s * s;
    double series = 0;
    for (int k = 23; k >= 3; k -= 2)
        series = (series + 1.0 / k) * s2;
    return exponent * ln2_high + (2 * s + (2 * s * series + exponent * ln2_low));
}

double wn_portable_normal(wn_rng *rng) {
    const double u = 1.0 - wn_rng_uniform(rng);
    const double v = wn_rng_uniform(rng);
    return sqrt(-2.0 * wn_portable_log(u)) * wn_f64_cos_pi(2.0 * v);
}
