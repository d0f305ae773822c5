/* Drawing batches. */
#include "search/batch.h"

#include "runtime/base/rng.h"

/* What the random numbers of a batch are for. */
static const uint64_t BATCH = UINT64_C(0x62617463);

/* The start of a shuffle (Fisher and Yates 1938). */
void wn_batch_draw(uint64_t seed, size_t samples, size_t n, uint32_t *index) {
    wn_rng rng = wn_rng_stream(seed, samples, n, BATCH);
    for (size_t i = 0; i < samples; i++)
        index[i] = (uint32_t)i;
    for (size_t i = 0; i < n; i++) {
        const size_t j = i + wn_rng_below(&rng, samples - i);
        const uint32_t drawn = index[j];
        index[j] = index[i];
        index[i] = drawn;
    }
}
