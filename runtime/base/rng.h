/* Counter-based random numbers: number i of a stream depends on the stream's key and on i alone, so
 * results never depend on threads or order. */
#ifndef WN_RNG_H
#define WN_RNG_H

#include <stdint.h>

/* A stream; copy it freely. */
typedef struct wn_rng {
    uint64_t key;
    uint64_t counter;
} wn_rng;

/* The stream of (seed, a, b, purpose), e.g. (run, generation, individual, what for). */
wn_rng wn_rng_stream(uint64_t seed, uint64_t a, uint64_t b, uint64_t purpose);

uint64_t wn_rng_u64(wn_rng *rng);
/* Uniform in [0, n), without bias; n > 0. */
uint64_t wn_rng_below(wn_rng *rng, uint64_t n);
/* Uniform in [0, 1), 53 bits. */
double wn_rng_uniform(wn_rng *rng);
/* Standard normal (Box and Muller 1958). */
double wn_rng_normal(wn_rng *rng);

#endif
