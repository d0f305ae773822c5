/* Any bytes as a file of pictures or labels, compressed or not: refused with a reason, or arrays
 * that lie within the file. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "envs/data/data.h"
#include "runtime/base/alloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libFuzzer reports whatever stops the program. */
static void must(int condition) {
    if (!condition)
        abort();
}

static void parse(const uint8_t *data, size_t size, int dimensions) {
    char *file = wn_alloc(size + 1);
    wn_idx idx;
    wann_diag diag = {0};
    if (!file)
        return;
    memcpy(file, data, size);
    if (wn_data_expand("fuzz", &file, &size, &diag) != WANN_OK) {
        must(diag.text[0] && !file);
        return;
    }
    if (wn_idx_parse("fuzz", file, size, dimensions, &idx, &diag) == WANN_OK)
        must(idx.byte + idx.n * idx.height * idx.width == (const unsigned char *)idx.file + size);
    else
        must(diag.text[0] && !idx.file);
    wn_idx_free(&idx);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    parse(data, size, 1);
    parse(data, size, 3);
    return 0;
}
