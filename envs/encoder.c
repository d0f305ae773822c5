/* Encoders and their files: a line of text, numbers with the least byte first, a checksum. */
#include "envs/encoder.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "envs/encoder_part.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/file.h"
#include "runtime/base/text.h"

static const char MAGIC[] = "wann-encoder 1\n";
enum { MAGIC_SIZE = sizeof MAGIC - 1, CHECKSUM = 8 };

/* --- making one ------------------------------------------------------------------------------- */

static void shape_layers(wn_encoder *e) {
    static const uint32_t sides[] = {WN_ENCODER_SIDE, 31, 14, 6, 2, 1};
    for (size_t i = 0; i < WN_ENCODER_LAYERS; i++) {
        wn_encoder_layer *l = &e->layer[i];
        l->in_side = sides[i];
        l->out_side = sides[i + 1];
        l->in_channels = i == 0 ? WN_ENCODER_COLORS : e->channels[i - 1];
        l->out_channels = i + 1 < WN_ENCODER_LAYERS ? e->channels[i] : WN_ENCODER_LATENTS;
        l->kernel = i + 1 < WN_ENCODER_LAYERS ? 4 : 2;
        l->terms = l->kernel * l->kernel * l->in_channels;
    }
}

static wann_status allocate(wn_encoder *e, wann_diag *diag) {
    for (size_t i = 0; i < WN_ENCODER_LAYERS; i++) {
        wn_encoder_layer *l = &e->layer[i];
        l->weight = WN_NEW(&e->arena, int16_t, (size_t)l->out_channels * l->terms);
        l->bias = WN_NEW(&e->arena, int32_t, l->out_channels);
        l->scale = WN_NEW(&e->arena, float, l->out_channels);
        if (!l->weight || !l->bias || !l->scale)
            return wn_fail_memory(diag);
    }
    return WANN_OK;
}

/* Kernels run over four channels at once. */
static bool fit(const uint32_t channels[4]) {
    for (size_t i = 0; i < 4; i++) {
        const uint32_t most = WN_ENCODER_MOST_TERMS / (i < 3 ? 16u : 4u);
        if (channels[i] == 0 || channels[i] % 4 != 0 || channels[i] > most)
            return false;
    }
    return true;
}

wann_status wn_encoder_create(const uint32_t channels[4], wn_encoder **encoder, wann_diag *diag) {
    *encoder = NULL;
    if (!fit(channels))
        return wn_fail(diag, WANN_INPUT, NULL, 0, 0,
                       "an encoder cannot have layers of %u, %u, %u and %u channels; expected "
                       "multiples of 4 up to 128, 128, 128 and 512",
                       (unsigned)channels[0], (unsigned)channels[1], (unsigned)channels[2],
                       (unsigned)channels[3]);
    wn_encoder *made = wn_calloc(1, sizeof *made);
    if (!made)
        return wn_fail_memory(diag);
    memcpy(made->channels, channels, sizeof made->channels);
    shape_layers(made);
    const wann_status status = allocate(made, diag);
    if (status != WANN_OK)
        wn_encoder_destroy(made);
    else
        *encoder = made;
    return status;
}

void wn_encoder_destroy(wn_encoder *encoder) {
    if (!encoder)
        return;
    wn_arena_free(&encoder->arena);
    wn_free(encoder);
}

wn_encoder_layer *wn_encoder_layers(wn_encoder *encoder) {
    return encoder->layer;
}

/* --- files ------------------------------------------------------------------------------------ */

static uint64_t get(const unsigned char *from, size_t bytes) {
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value |= (uint64_t)from[i] << (8 * i);
    return value;
}

static void put(wn_buf *out, uint64_t value, size_t bytes) {
    char text[8];
    for (size_t i = 0; i < bytes; i++)
        text[i] = (char)(value >> (8 * i) & 0xff);
    wn_buf_bytes(out, text, bytes);
}

static size_t layer_size(const wn_encoder_layer *l) {
    return (size_t)l->out_channels * (4 + 4 + l->terms);
}

static size_t file_size(const wn_encoder *e) {
    size_t size = MAGIC_SIZE + 4 * 4 + CHECKSUM;
    for (size_t i = 0; i < WN_ENCODER_LAYERS; i++)
        size += layer_size(&e->layer[i]);
    return size;
}

/* Scale, bias and weights of a channel. */
static bool take_channel(wn_encoder_layer *l, size_t o, const unsigned char *bytes) {
    const uint32_t scale = (uint32_t)get(bytes, 4), bias = (uint32_t)get(bytes + 4, 4);
    memcpy(&l->scale[o], &scale, sizeof scale);
    memcpy(&l->bias[o], &bias, sizeof bias);
    for (size_t k = 0; k < l->terms; k++) {
        const int value = bytes[8 + k];
        l->weight[o * l->terms + k] = (int16_t)(value < 128 ? value : value - 256);
        if (value == 128)
            return false;
    }
    return isfinite(l->scale[o]) && l->scale[o] >= 0 && l->bias[o] <= WN_ENCODER_LARGEST_BIAS &&
           l->bias[o] >= -WN_ENCODER_LARGEST_BIAS;
}

static wann_status take_layers(wn_encoder *e, const unsigned char *bytes, const char *name,
                               wann_diag *diag) {
    for (size_t i = 0; i < WN_ENCODER_LAYERS; i++) {
        wn_encoder_layer *l = &e->layer[i];
        for (size_t o = 0; o < l->out_channels; o++, bytes += 8 + l->terms)
            if (!take_channel(l, o, bytes))
                return wn_fail(diag, WANN_INPUT, name, 0, 0,
                               "channel %zu of layer %zu is out of range", o + 1, i + 1);
    }
    return WANN_OK;
}

static wann_status take_body(wn_encoder *e, const unsigned char *bytes, size_t size,
                             const char *name, wann_diag *diag) {
    if (size != file_size(e))
        return wn_fail(diag, WANN_INPUT, name, 0, 0, "has %zu bytes; expected %zu", size,
                       file_size(e));
    if (get(bytes + size - CHECKSUM, CHECKSUM) != wn_hash(bytes, size - CHECKSUM))
        return wn_fail(diag, WANN_INPUT, name, 0, 0, "is damaged: its checksum is wrong");
    return take_layers(e, bytes + MAGIC_SIZE + 16, name, diag);
}

wann_status wn_encoder_parse(const void *data, size_t size, const char *name, wn_encoder **encoder,
                             wann_diag *diag) {
    const unsigned char *bytes = data;
    uint32_t channels[4];
    *encoder = NULL;
    if (size < MAGIC_SIZE + 16 + CHECKSUM || memcmp(bytes, MAGIC, MAGIC_SIZE) != 0)
        return wn_fail(diag, WANN_INPUT, name, 0, 0,
                       "is no encoder; expected a file that wann vae export wrote");
    for (size_t i = 0; i < 4; i++)
        channels[i] = (uint32_t)get(bytes + MAGIC_SIZE + 4 * i, 4);
    if (!fit(channels))
        return wn_fail(diag, WANN_INPUT, name, 0, 0, "has layers of sizes that no encoder has");
    wn_encoder *made;
    WN_TRY(wn_encoder_create(channels, &made, diag));
    const wann_status status = take_body(made, bytes, size, name, diag);
    if (status != WANN_OK)
        wn_encoder_destroy(made);
    else
        *encoder = made;
    return status;
}

wann_status wn_encoder_read(const char *path, wn_encoder **encoder, wann_diag *diag) {
    char *data;
    size_t size;
    *encoder = NULL;
    WN_TRY(wn_file_read(path, &data, &size, diag));
    const wann_status status = wn_encoder_parse(data, size, path, encoder, diag);
    wn_free(data);
    return status;
}

wann_status wn_encoder_write(wn_encoder *e, const char *path, wann_diag *diag) {
    wn_buf out = {0};
    wn_buf_bytes(&out, MAGIC, MAGIC_SIZE);
    for (size_t i = 0; i < 4; i++)
        put(&out, e->channels[i], 4);
    for (size_t i = 0; i < WN_ENCODER_LAYERS; i++) {
        const wn_encoder_layer *l = &e->layer[i];
        for (size_t o = 0; o < l->out_channels; o++) {
            uint32_t scale;
            memcpy(&scale, &l->scale[o], sizeof scale);
            put(&out, scale, 4);
            put(&out, (uint32_t)l->bias[o], 4);
            for (size_t k = 0; k < l->terms; k++)
                put(&out, (uint64_t)(int64_t)l->weight[o * l->terms + k], 1);
        }
    }
    put(&out, out.failed ? 0 : wn_hash(out.data, out.length), CHECKSUM);
    const wann_status status =
        out.failed ? wn_fail_memory(diag) : wn_file_write(path, out.data, out.length, 0666, diag);
    wn_buf_free(&out);
    return status;
}
