/* IDX files, compressed files, and SHA-256. */
#include <unistd.h>

#include "envs/data/data.h"
#include "runtime/base/alloc.h"
#include "runtime/base/file.h"
#include "support/test.h"

static const char pictures[] = "\0\0\x08\x03\0\0\0\x02\0\0\0\x01\0\0\0\x03"
                               "abcdef";
static const char labels[] = "\0\0\x08\x01\0\0\0\x02"
                             "\x07\x09";

/* "wann data set\n" as gzip -n writes it. */
static const unsigned char packed[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                       0x03, 0x2b, 0x4f, 0xcc, 0xcb, 0x53, 0x48, 0x49, 0x2c,
                                       0x49, 0x54, 0x28, 0x4e, 0x2d, 0xe1, 0x02, 0x00, 0x7a,
                                       0x46, 0x70, 0x9a, 0x0e, 0x00, 0x00, 0x00};

static char *copy(const void *data, size_t size) {
    char *p = wn_alloc(size + 1);
    if (!p)
        abort();
    memcpy(p, data, size);
    p[size] = '\0';
    return p;
}

static void pictures_and_labels(void) {
    wn_idx idx;
    CHECK(wn_idx_parse("i", copy(pictures, sizeof pictures - 1), sizeof pictures - 1, 3, &idx,
                       NULL) == WANN_OK);
    CHECK(idx.n == 2 && idx.height == 1 && idx.width == 3 && memcmp(idx.byte, "abcdef", 6) == 0);
    wn_idx_free(&idx);
    CHECK(wn_idx_parse("i", copy(labels, sizeof labels - 1), sizeof labels - 1, 1, &idx, NULL) ==
          WANN_OK);
    CHECK(idx.n == 2 && idx.byte[0] == 7 && idx.byte[1] == 9);
    wn_idx_free(&idx);
}

static void refuse(const char *data, size_t size, int dimensions, const char *message) {
    wn_idx idx;
    wann_diag diag = {0};
    CHECK(wn_idx_parse("bad", copy(data, size), size, dimensions, &idx, &diag) == WANN_INPUT);
    CHECK_TEXT(diag.path, "bad");
    CHECK_MSG(strstr(diag.text, message), "%s\n   expected %s", diag.text, message);
    CHECK(!idx.file);
}

static void bad_files(void) {
    refuse(pictures, sizeof pictures - 2, 3, "promises 2 x 1 x 3 bytes, but 5 follow");
    refuse(labels, sizeof labels, 1, "promises 2 x 1 x 1 bytes, but 3 follow");
    refuse(pictures, 10, 3, "cut off after 10 bytes, within its header of 16");
    refuse(labels, 3, 1, "cut off after 3 bytes");
    refuse(labels, 0, 1, "cut off after 0 bytes");
    refuse(labels, sizeof labels - 1, 3, "byte 0: 0x00000801 is not the magic number of pictures");
    refuse(pictures, sizeof pictures - 1, 1, "0x00000803 is not the magic number of labels");
    refuse("\0\0\x08\x03\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 16, 3, "but 0 follow");
    refuse("\0\0\x08\x03\0\0\0\0\0\0\0\0\0\0\0\0", 16, 3, "but 0 follow");
}

/* packed with one byte changed or left out. */
static wann_status expand(size_t size, size_t changed, wann_diag *diag, char **data) {
    *data = copy(packed, size);
    if (changed < size)
        (*data)[changed] = (char)((*data)[changed] ^ 1);
    return wn_data_expand("z.gz", data, &size, diag);
}

static void compressed_files(void) {
    char *data;
    wann_diag diag = {0};
    const wann_status status = expand(sizeof packed, sizeof packed, &diag, &data);
    if (status == WANN_UNSUPPORTED)
        return; /* made without zlib, and it says so */
    CHECK(status == WANN_OK);
    CHECK_TEXT(data, "wann data set\n");
    wn_free(data);
    for (size_t size = 2; size < sizeof packed; size++) {
        CHECK(expand(size, size, &diag, &data) == WANN_INPUT && !data);
        CHECK_MSG(strstr(diag.text, "cut off"), "%s", diag.text);
    }
    CHECK(expand(sizeof packed, sizeof packed - 6, &diag, &data) == WANN_INPUT);
    CHECK_MSG(strstr(diag.text, "damaged near byte"), "%s", diag.text);
    CHECK(expand(sizeof packed, 2, &diag, &data) == WANN_INPUT);
}

/* Members in a row are one file (RFC 1952, 2.2). */
static void members_in_a_row(void) {
    char both[2 * sizeof packed];
    memcpy(both, packed, sizeof packed);
    memcpy(both + sizeof packed, packed, sizeof packed);
    char *data = copy(both, sizeof both);
    size_t size = sizeof both;
    if (wn_data_expand("z.gz", &data, &size, NULL) != WANN_OK)
        return;
    CHECK_TEXT(data, "wann data set\nwann data set\n");
    CHECK(size == strlen(data));
    wn_free(data);
}

/* Examples of FIPS 180-2, appendix B, and lengths around the end of a block. */
static void sums(void) {
    char text[WN_SHA256_TEXT], million[1000];
    wn_sha256("abc", 3, text);
    CHECK_TEXT(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    wn_sha256("", 0, text);
    CHECK_TEXT(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    wn_sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, text);
    CHECK_TEXT(text, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    memset(million, 'a', sizeof million);
    wn_sha256(million, 55, text);
    CHECK_TEXT(text, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
    wn_sha256(million, 64, text);
    CHECK_TEXT(text, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
}

int main(void) {
    RUN(pictures_and_labels);
    RUN(bad_files);
    RUN(compressed_files);
    RUN(members_in_a_row);
    RUN(sums);
    return TEST_RESULT();
}
