/* Counter-based random numbers: the output function of SplitMix64 (Steele, Lea, Flood 2014, with
 * Stafford's variant 13 of the mixer) over key + counter times an odd constant. */
#include "runtime/base/rng.h"

#include <math.h>

static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static const uint64_t GOLDEN = UINT64_C(0x9e3779b97f4a7c15);

wn_rng wn_rng_stream(uint64_t seed, uint64_t a, uint64_t b, uint64_t purpose) {
    uint64_t key = mix(seed + GOLDEN);
    key = mix(key ^ (a + GOLDEN));
    key = mix(key ^ (b + 2 * GOLDEN));
    key = mix(key ^ (purpose + 3 * GOLDEN));
    return (wn_rng){key, 0};
}

uint64_t wn_rng_u64(wn_rng *rng) {
    return mix(rng->key + GOLDEN * ++rng->counter);
}

uint64_t wn_rng_below(wn_rng *rng, uint64_t n) {
    const uint64_t limit = UINT64_MAX - UINT64_MAX % n;
    uint64_t value;
    do
        value = wn_rng_u64(rng);
    while (value >= limit);
    return value % n;
}

double wn_rng_uniform(wn_rng *rng) {
    return (double)(wn_rng_u64(rng) >> 11) * 0x1p-53;
}

double wn_rng_normal(wn_rng *rng) {
    const double pi = 3.14159265358979323846;
    const double u = 1.0 - wn_rng_uniform(rng); /* (0, 1]: the logarithm is finite */
    const double v = wn_rng_uniform(rng);
    return sqrt(-2.0 * log(u)) * cos(2.0 * pi * v);
}
