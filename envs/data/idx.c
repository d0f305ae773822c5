/* IDX files: the format of the MNIST files (Yann LeCun, "The MNIST database": big-endian magic
 * 0x00000803 for pictures or 0x00000801 for labels, sizes of the dimensions, then bytes). */
#include <string.h>

#include "envs/data/data.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

static uint32_t big_endian(const unsigned char *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static wann_status check_magic(const char *path, const unsigned char *p, size_t size,
                               int dimensions, wann_diag *diag) {
    const uint32_t expected = 0x800u | (uint32_t)dimensions;
    const size_t header = 4 + 4 * (size_t)dimensions;
    if (size >= 4 && big_endian(p) != expected)
        return wn_fail(
            diag, WANN_INPUT, path, 0, 0,
            "byte 0: 0x%08x is not the magic number of %s in IDX format; expected 0x%08x",
            big_endian(p), dimensions == 1 ? "labels" : "pictures", expected);
    if (size < header)
        return wn_fail(diag, WANN_INPUT, path, 0, 0,
                       "the file is cut off after %zu bytes, within its header of %zu", size,
                       header);
    return WANN_OK;
}

/* Products of 32-bit sizes are compared by division: three of them may not fit 64 bits. */
static bool fills(size_t bytes, size_t n, size_t height, size_t width) {
    if (n == 0 || height == 0 || width == 0)
        return false;
    return bytes % width == 0 && bytes / width % height == 0 && bytes / width / height == n;
}

static wann_status parse(const char *path, size_t size, int dimensions, wn_idx *idx,
                         wann_diag *diag) {
    const unsigned char *p = (const unsigned char *)idx->file;
    WN_TRY(check_magic(path, p, size, dimensions, diag));
    const size_t header = 4 + 4 * (size_t)dimensions;
    idx->n = big_endian(p + 4);
    idx->height = dimensions == 3 ? big_endian(p + 8) : 1;
    idx->width = dimensions == 3 ? big_endian(p + 12) : 1;
    idx->byte = p + header;
    if (!fills(size - header, idx->n, idx->height, idx->width))
        return wn_fail(diag, WANN_INPUT, path, 0, 0,
                       "byte 4: the header promises %zu x %zu x %zu bytes, but %zu follow it",
                       idx->n, idx->height, idx->width, size - header);
    return WANN_OK;
}

wann_status wn_idx_parse(const char *path, char *file, size_t size, int dimensions, wn_idx *idx,
                         wann_diag *diag) {
    *idx = (wn_idx){.file = file};
    const wann_status status = parse(path, size, dimensions, idx, diag);
    if (status != WANN_OK)
        wn_idx_free(idx);
    return status;
}

wann_status wn_idx_read(const char *path, int dimensions, wn_idx *idx, wann_diag *diag) {
    char *file;
    size_t size;
    *idx = (wn_idx){0};
    WN_TRY(wn_data_read(path, &file, &size, diag));
    return wn_idx_parse(path, file, size, dimensions, idx, diag);
}

void wn_idx_free(wn_idx *idx) {
    wn_free(idx->file);
    *idx = (wn_idx){0};
}
