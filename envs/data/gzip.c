/* Files that may be compressed by gzip; zlib is used here alone. */
#include <string.h>

#include "envs/data/data.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/file.h"
#include "runtime/base/text.h"

static bool is_gzip(const char *data, size_t size) {
    return size >= 2 && (unsigned char)data[0] == 0x1f && (unsigned char)data[1] == 0x8b;
}

#ifdef WANN_HAVE_ZLIB
#include <zlib.h>

static const size_t LARGEST = (size_t)1 << 30;

static void *take(void *ctx, unsigned n, unsigned size) {
    (void)ctx;
    return wn_calloc(n, size);
}

static void give(void *ctx, void *p) {
    (void)ctx;
    wn_free(p);
}

static wann_status failed(const char *path, const z_stream *z, int answer, wann_diag *diag) {
    if (answer == Z_MEM_ERROR)
        return wn_fail_memory(diag);
    if (answer == Z_BUF_ERROR)
        return wn_fail(diag, WANN_INPUT, path, 0, 0,
                       "the compressed file is cut off after %lu bytes", z->total_in);
    return wn_fail(diag, WANN_INPUT, path, 0, 0, "the compressed file is damaged near byte %lu: %s",
                   z->total_in, z->msg ? z->msg : "not written by gzip");
}

/* Inflate one member, of which a file may have several in a row (RFC 1952). */
static wann_status inflate_member(const char *path, z_stream *z, wn_buf *out, wann_diag *diag) {
    char chunk[65536];
    int answer;
    do {
        z->next_out = (unsigned char *)chunk;
        z->avail_out = sizeof chunk;
        answer = inflate(z, Z_NO_FLUSH);
        if (answer != Z_OK && answer != Z_STREAM_END)
            return failed(path, z, answer, diag);
        const size_t n = sizeof chunk - z->avail_out;
        if (out->length + n > LARGEST)
            return wn_fail(diag, WANN_INPUT, path, 0, 0, "the file is larger than 1 GiB");
        wn_buf_bytes(out, chunk, n);
        if (out->failed)
            return wn_fail_memory(diag);
    } while (answer != Z_STREAM_END);
    return WANN_OK;
}

static wann_status inflate_all(const char *path, const char *data, size_t size, wn_buf *out,
                               wann_diag *diag) {
    enum { GZIP_ONLY = 15 + 16 };
    z_stream z = {.zalloc = take, .zfree = give};
    z.next_in = (z_const Bytef *)(uintptr_t)data; /* zlib only reads it */
    z.avail_in = (unsigned)size;
    int answer = inflateInit2(&z, GZIP_ONLY);
    if (answer != Z_OK)
        return failed(path, &z, answer, diag);
    wann_status status;
    while ((status = inflate_member(path, &z, out, diag)) == WANN_OK && z.avail_in > 0)
        inflateReset(&z);
    inflateEnd(&z);
    return status;
}
#else
static wann_status inflate_all(const char *path, const char *data, size_t size, wn_buf *out,
                               wann_diag *diag) {
    (void)data, (void)size, (void)out;
    return wn_fail(diag, WANN_UNSUPPORTED, path, 0, 0,
                   "the file is compressed, and this build was made without zlib; unpack it first");
}
#endif

wann_status wn_data_expand(const char *path, char **data, size_t *size, wann_diag *diag) {
    if (!is_gzip(*data, *size))
        return WANN_OK;
    wn_buf out = {0};
    wann_status status = inflate_all(path, *data, *size, &out, diag);
    wn_free(*data);
    *size = out.length;
    *data = status == WANN_OK ? wn_buf_take(&out) : NULL;
    wn_buf_free(&out);
    return status == WANN_OK && !*data ? wn_fail_memory(diag) : status;
}

wann_status wn_data_read(const char *path, char **data, size_t *size, wann_diag *diag) {
    WN_TRY(wn_file_read(path, data, size, diag));
    return wn_data_expand(path, data, size, diag);
}
