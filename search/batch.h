/* Batches: which samples a generation or an episode sees. */
#ifndef WN_BATCH_H
#define WN_BATCH_H

#include <stddef.h>
#include <stdint.h>

/* Draw n of `samples` samples, each at most once, the same ones for the same seed: index[samples],
 * of which the first n are the draw, in random order; the rest is scratch. n <= samples. */
void wn_batch_draw(uint64_t seed, size_t samples, size_t n, uint32_t *index);

#endif
