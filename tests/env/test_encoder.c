/* Encoders: the same numbers from every vector unit as from the formula, files that come back bit
 * for bit, and files that are none. */
#include <math.h>
#include <unistd.h>

#include "envs/encoder.h"
#include "runtime/base/alloc.h"
#include "runtime/base/file.h"
#include "runtime/base/rng.h"
#include "runtime/base/text.h"
#include "support/failing.h"
#include "support/test.h"

enum { EYE = WN_ENCODER_SIDE * WN_ENCODER_SIDE * WN_ENCODER_COLORS, MOST_VALUES = 31 * 31 * 128 };

/* Weights over their whole range; scales that keep most values within theirs, and some not. */
static wn_encoder *random_encoder(const uint32_t channels[4], uint64_t seed) {
    wn_encoder *encoder;
    wn_rng rng = wn_rng_stream(seed, 0, 0, 0);
    CHECK(wn_encoder_create(channels, &encoder, NULL) == WANN_OK);
    for (size_t i = 0; i < WN_ENCODER_LAYERS; i++) {
        const wn_encoder_layer *l = &wn_encoder_layers(encoder)[i];
        for (size_t k = 0; k < (size_t)l->out_channels * l->terms; k++)
            l->weight[k] = (int16_t)((int)wn_rng_below(&rng, 255) - 127);
        for (size_t o = 0; o < l->out_channels; o++) {
            l->bias[o] = (int32_t)wn_rng_below(&rng, 2000001) - 1000000;
            l->scale[o] = (float)(wn_rng_uniform(&rng) * (i == 0 ? 0.3 : 0.03));
        }
    }
    return encoder;
}

static void random_eye(uint64_t seed, unsigned char *eye) {
    wn_rng rng = wn_rng_stream(seed, 1, 0, 0);
    for (size_t i = 0; i < EYE; i++)
        eye[i] = (unsigned char)wn_rng_below(&rng, 256);
}

/* One value of a layer, by the definition of a convolution with stride 2. */
static int64_t convolve(const wn_encoder_layer *l, const int32_t *in, size_t y, size_t x,
                        size_t o) {
    int64_t sum = l->bias[o];
    for (size_t dy = 0; dy < l->kernel; dy++)
        for (size_t dx = 0; dx < l->kernel; dx++)
            for (size_t c = 0; c < l->in_channels; c++)
                sum += (int64_t)in[((2 * y + dy) * l->in_side + 2 * x + dx) * l->in_channels + c] *
                       l->weight[((o * l->kernel + dy) * l->kernel + dx) * l->in_channels + c];
    return sum;
}

static void encode_plainly(wn_encoder *encoder, const unsigned char *eye, double *latent) {
    static int32_t value[2][MOST_VALUES];
    for (size_t i = 0; i < EYE; i++)
        value[0][i] = eye[i];
    for (size_t i = 0; i < WN_ENCODER_LAYERS; i++) {
        const wn_encoder_layer *l = &wn_encoder_layers(encoder)[i];
        for (size_t y = 0; y < l->out_side; y++)
            for (size_t x = 0; x < l->out_side; x++)
                for (size_t o = 0; o < l->out_channels; o++) {
                    const int64_t sum = convolve(l, value[i % 2], y, x, o);
                    const double scaled = (double)sum * (double)l->scale[o];
                    latent[i + 1 == WN_ENCODER_LAYERS ? o : 0] = scaled;
                    const float rounded = (float)(int32_t)sum * l->scale[o] + 0.5f;
                    value[1 - i % 2][(y * l->out_side + x) * l->out_channels + o] =
                        (int32_t)fminf(fmaxf(rounded, 0), WN_ENCODER_LARGEST_VALUE);
                }
    }
}

static const uint32_t shapes[][4] = {
    {8, 24, 48, 64}, {32, 64, 128, 256}, {4, 4, 4, 4}, {12, 8, 20, 512}};

static void test_every_unit_gives_the_formula(void) {
    static unsigned char eye[EYE];
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        wn_encoder *encoder = random_encoder(shapes[i], i);
        wn_encoder_scratch *scratch = wn_encoder_scratch_create(encoder);
        for (uint64_t seed = 0; seed < 3; seed++) {
            double expected[WN_ENCODER_LATENTS], got[WN_ENCODER_LATENTS] = {0};
            random_eye(seed, eye);
            encode_plainly(encoder, eye, expected);
            int units = 0;
            while (wn_encoder_run_on(units, encoder, eye, scratch, got)) {
                CHECK_MSG(memcmp(got, expected, sizeof got) == 0, "shape %zu, unit %d: %g, not %g",
                          i, units, got[0], expected[0]);
                memset(got, 0, sizeof got);
                units++;
            }
            wn_encoder_run(encoder, eye, scratch, got);
            CHECK(units > 0 && memcmp(got, expected, sizeof got) == 0);
            CHECK(expected[0] != expected[1]);
        }
        wn_free(scratch);
        wn_encoder_destroy(encoder);
    }
}

/* The largest sums that a file may ask for still fit. */
static void test_largest_sums(void) {
    static const uint32_t channels[4] = {128, 128, 128, 512};
    static unsigned char eye[EYE];
    wn_encoder *encoder;
    CHECK(wn_encoder_create(channels, &encoder, NULL) == WANN_OK);
    for (size_t i = 0; i < WN_ENCODER_LAYERS; i++) {
        const wn_encoder_layer *l = &wn_encoder_layers(encoder)[i];
        for (size_t k = 0; k < (size_t)l->out_channels * l->terms; k++)
            l->weight[k] = 127;
        for (size_t o = 0; o < l->out_channels; o++) {
            l->bias[o] = WN_ENCODER_LARGEST_BIAS;
            l->scale[o] = i + 1 < WN_ENCODER_LAYERS ? 1e30f : 1;
        }
    }
    memset(eye, 255, sizeof eye);
    double latent[WN_ENCODER_LATENTS];
    wn_encoder_scratch *scratch = wn_encoder_scratch_create(encoder);
    wn_encoder_run(encoder, eye, scratch, latent);
    CHECK_MSG(latent[3] == 2048.0 * 127 * 4095 + (1 << 30), "%.17g", latent[3]);
    wn_free(scratch);
    wn_encoder_destroy(encoder);
}

static char path[64];

static void test_files_come_back(void) {
    wn_encoder *encoder = random_encoder(shapes[0], 7), *again;
    wann_diag diag = {0};
    CHECK(wn_encoder_write(encoder, path, &diag) == WANN_OK);
    CHECK_MSG(wn_encoder_read(path, &again, &diag) == WANN_OK, "%s", diag.text);
    for (size_t i = 0; i < WN_ENCODER_LAYERS; i++) {
        const wn_encoder_layer *a = &wn_encoder_layers(encoder)[i],
                               *b = &wn_encoder_layers(again)[i];
        const size_t n = (size_t)a->out_channels * a->terms;
        CHECK(a->terms == b->terms && memcmp(a->weight, b->weight, n * sizeof *a->weight) == 0);
        CHECK(memcmp(a->bias, b->bias, a->out_channels * sizeof *a->bias) == 0);
        CHECK(memcmp(a->scale, b->scale, a->out_channels * sizeof *a->scale) == 0);
    }
    wn_encoder_destroy(encoder);
    wn_encoder_destroy(again);
}

/* Bytes with a checksum that is right. */
static void refuse(char *bytes, size_t size, const char *words) {
    wn_encoder *encoder;
    wann_diag diag = {0};
    if (size > 8) {
        const uint64_t sum = wn_hash(bytes, size - 8);
        for (size_t i = 0; i < 8; i++)
            bytes[size - 8 + i] = (char)(sum >> (8 * i) & 0xff);
    }
    CHECK(wn_encoder_parse(bytes, size, "f", &encoder, &diag) == WANN_INPUT && !encoder);
    CHECK_MSG(strstr(diag.text, words), "expected '%s' in: %s", words, diag.text);
}

/* Byte `at` (and the three behind it) of the file, changed. */
static void refuse_changed(const char *data, size_t size, size_t at, uint32_t value,
                           const char *words) {
    char *copy = malloc(size);
    memcpy(copy, data, size);
    for (size_t i = 0; i < 4; i++)
        copy[at + i] = (char)(value >> (8 * i) & 0xff);
    refuse(copy, size, words);
    free(copy);
}

static void test_bad_files(void) {
    enum { CHANNELS = 15, FIRST = CHANNELS + 16, WEIGHTS = FIRST + 8 };
    char *data;
    size_t size;
    wn_encoder *encoder;
    wann_diag diag = {0};
    CHECK(wn_file_read(path, &data, &size, NULL) == WANN_OK);
    refuse_changed(data, size, 0, 0x58585858, "is no encoder");
    refuse_changed(data, size, CHANNELS, 0, "sizes that no encoder has");
    refuse_changed(data, size, CHANNELS + 4, 6, "sizes that no encoder has");
    refuse_changed(data, size, CHANNELS + 8, 0xfffffffc, "sizes that no encoder has");
    refuse_changed(data, size, CHANNELS + 12, 516, "sizes that no encoder has");
    refuse_changed(data, size, CHANNELS, 12, "expected");
    refuse_changed(data, size, FIRST, 0x7fc00000, "channel 1 of layer 1 is out of range");
    refuse_changed(data, size, FIRST, 0xbf800000, "channel 1 of layer 1 is out of range");
    refuse_changed(data, size, FIRST + 4, 0x40000001, "channel 1 of layer 1 is out of range");
    refuse_changed(data, size, WEIGHTS, 0x00008000, "channel 1 of layer 1 is out of range");
    data[size / 2] ^= 1;
    CHECK(wn_encoder_parse(data, size, "f", &encoder, &diag) == WANN_INPUT);
    CHECK_MSG(strstr(diag.text, "checksum"), "%s", diag.text);
    for (size_t n = 0; n < size; n += n < 64 ? 1 : 997) {
        char *copy = malloc(n + 1); /* so that a read past the end shows */
        memcpy(copy, data, n);
        refuse(copy, n, n < FIRST + 8 ? "is no encoder" : "expected");
        free(copy);
    }
    wn_free(data);
    CHECK(wn_encoder_read("there/is/none", &encoder, &diag) == WANN_IO);
    const uint32_t odd[4] = {8, 8, 8, 2};
    CHECK(wn_encoder_create(odd, &encoder, &diag) == WANN_INPUT && !encoder);
}

static void test_failing_memory(void) {
    wann_set_allocator(&test_failing_allocator);
    size_t n = 0;
    for (;; n++) {
        wn_encoder *encoder;
        wn_encoder_scratch *scratch = NULL;
        test_memory.left = n;
        test_memory.failed = false;
        const wann_status status = wn_encoder_read(path, &encoder, NULL);
        CHECK(status == WANN_OK || (status == WANN_NO_MEMORY && test_memory.failed));
        if (status == WANN_OK)
            scratch = wn_encoder_scratch_create(encoder);
        wn_free(scratch);
        wn_encoder_destroy(encoder);
        CHECK(test_memory.live == 0);
        if (scratch || n > 1000)
            break;
    }
    CHECK_MSG(n > 3 && n < 1000, "%zu", n);
    wann_set_allocator(NULL);
}

int main(void) {
    snprintf(path, sizeof path, "/tmp/wann-encoder-%ld", (long)getpid());
    RUN(test_every_unit_gives_the_formula);
    RUN(test_largest_sums);
    RUN(test_files_come_back);
    RUN(test_bad_files);
    RUN(test_failing_memory);
    remove(path);
    return TEST_RESULT();
}
