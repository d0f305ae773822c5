/* Animated PNG: libpng makes a PNG of each frame, whose compressed pixels are moved into the chunks of
 * the animation (PNG, third edition, sections 11.3.2 acTL, fcTL and fdAT). */
#include "runtime/draw/animation.h"

#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

/* CRC-32 as PNG's annex D defines it. */
static uint32_t crc32_of(const uint8_t *bytes, size_t n) {
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < n; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0xedb88320) : 0);
    }
    return ~crc;
}

static void put_u32(wn_buf *out, uint32_t value) {
    const char bytes[4] = {(char)(value >> 24), (char)(value >> 16), (char)(value >> 8), (char)value};
    wn_buf_bytes(out, bytes, 4);
}

static uint32_t get_u32(const char *at) {
    const uint8_t *p = (const uint8_t *)at;
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* A chunk's length, type and data are appended between these two. */
static size_t open_chunk(wn_buf *out, const char *type) {
    const size_t at = out->length;
    put_u32(out, 0);
    wn_buf_text(out, type);
    return at;
}

static void close_chunk(wn_buf *out, size_t at) {
    if (out->failed)
        return;
    const size_t length = out->length - at - 8;
    for (int i = 0; i < 4; i++)
        out->data[at + (size_t)i] = (char)(length >> (24 - 8 * i));
    put_u32(out, crc32_of((const uint8_t *)out->data + at + 4, length + 4));
}

static const char signature[8] = "\x89PNG\r\n\x1a\n";

/* The last colour is transparent. */
static void put_palette(wn_animation *a) {
    size_t at = open_chunk(a->out, "PLTE");
    for (int i = 0; i < WN_PALETTE_COLOURS; i++) {
        memcpy(a->colours[i], a->palette->colour[i], 3);
        a->colours[i][3] = 255;
    }
    for (int i = 0; i < 256; i++)
        wn_buf_bytes(a->out, (const char *)a->colours[i], 3);
    close_chunk(a->out, at);
    at = open_chunk(a->out, "tRNS");
    for (int i = 0; i < 256; i++)
        wn_buf_char(a->out, (char)a->colours[i][3]);
    close_chunk(a->out, at);
}

wann_status wn_animation_begin(wn_animation *a, uint32_t width, uint32_t height, uint32_t frames,
                               uint16_t delay, uint16_t per, const wn_palette *palette, wn_buf *out,
                               wann_diag *diag) {
    size_t pixels;
    *a = (wn_animation){
        .out = out, .width = width, .height = height, .frames = frames, .delay = delay, .per = per,
        .palette = palette};
    wn_buf_bytes(out, signature, sizeof signature);
    size_t at = open_chunk(out, "IHDR");
    put_u32(out, width);
    put_u32(out, height);
    wn_buf_bytes(out, palette ? "\x08\x03\0\0\0" : "\x08\x06\0\0\0", 5); /* 8 bits, deflate, adaptive filters, no interlace */
    close_chunk(out, at);
    at = open_chunk(out, "sRGB");
    wn_buf_char(out, 0);
    close_chunk(out, at);
    if (palette)
        put_palette(a);
    at = open_chunk(out, "acTL");
    put_u32(out, frames);
    put_u32(out, 0); /* for ever */
    close_chunk(out, at);
    if (!wn_mul_size(width, height, &pixels))
        return wn_fail_memory(diag);
    a->before = wn_calloc(pixels, 3);
    a->change = wn_calloc(pixels, 4);
    return a->before && a->change ? WANN_OK : wn_fail_memory(diag);
}

void wn_animation_free(wn_animation *a) {
    wn_free(a->before);
    wn_free(a->change);
    a->before = a->change = NULL;
}

static void put_control(wn_animation *a, uint16_t hold) {
    const uint32_t delay = (uint32_t)a->delay * hold;
    const uint16_t shown = delay > UINT16_MAX ? UINT16_MAX : (uint16_t)delay;
    const size_t at = open_chunk(a->out, "fcTL");
    put_u32(a->out, a->sequence++);
    put_u32(a->out, a->width);
    put_u32(a->out, a->height);
    put_u32(a->out, 0);
    put_u32(a->out, 0);
    put_u32(a->out, (uint32_t)shown << 16 | a->per);
    wn_buf_bytes(a->out, "\0\1", 2); /* leave the frame there; the next one goes over it */
    close_chunk(a->out, at);
}

/* The pixels of a whole PNG file as chunks of frame number a->frame. */
static void put_pixels(wn_animation *a, const wn_buf *png) {
    for (size_t at = sizeof signature; at + 12 <= png->length;) {
        const size_t length = get_u32(png->data + at);
        if (memcmp(png->data + at + 4, "IDAT", 4) == 0) {
            const size_t chunk = open_chunk(a->out, a->frame == 0 ? "IDAT" : "fdAT");
            if (a->frame > 0)
                put_u32(a->out, a->sequence++);
            wn_buf_bytes(a->out, png->data + at + 8, length);
            close_chunk(a->out, chunk);
        }
        at += length + 12;
    }
}

/* Most of a frame is as it was: what is transparent compresses to next to nothing. */
static void find_change(wn_animation *a, const uint8_t *rgb) {
    const size_t pixels = (size_t)a->width * a->height;
    memset(a->change, 0, 4 * pixels);
    for (size_t i = 0; i < pixels; i++)
        if (a->frame == 0 || memcmp(rgb + 3 * i, a->before + 3 * i, 3) != 0) {
            memcpy(a->change + 4 * i, rgb + 3 * i, 3);
            a->change[4 * i + 3] = 255;
        }
    memcpy(a->before, rgb, 3 * pixels);
}

static void find_new_indices(wn_animation *a, const uint8_t *rgb) {
    const size_t pixels = (size_t)a->width * a->height;
    for (size_t i = 0; i < pixels; i++) {
        const uint8_t now = wn_palette_index(a->palette, rgb + 3 * i);
        a->change[i] = a->frame == 0 || now != a->before[i] ? now : WN_PALETTE_COLOURS;
        a->before[i] = now;
    }
}

wann_status wn_animation_frame(wn_animation *a, const uint8_t *rgb, uint16_t hold, wann_diag *diag) {
    wn_buf png = {0};
    wann_status status;
    if (a->palette) {
        find_new_indices(a, rgb);
        status = wn_png_write_indices(a->change, a->width, a->height, a->colours[0], &png, diag);
    } else {
        find_change(a, rgb);
        status = wn_png_write_rgba(a->change, a->width, a->height, &png, diag);
    }
    if (status == WANN_OK) {
        put_control(a, hold);
        put_pixels(a, &png);
    }
    wn_buf_free(&png);
    if (status != WANN_OK)
        return status;
    a->frame++;
    return a->out->failed ? wn_fail_memory(diag) : WANN_OK;
}

wann_status wn_animation_end(wn_animation *a, wann_diag *diag) {
    close_chunk(a->out, open_chunk(a->out, "IEND"));
    return a->out->failed ? wn_fail_memory(diag) : WANN_OK;
}
