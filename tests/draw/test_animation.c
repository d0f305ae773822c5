/* Animations: frames that only hold what changed show, one over the other, what was drawn. */
#include <png.h>

#include "runtime/draw/animation.h"
#include "support/failing.h"
#include "support/test.h"

enum { WIDTH = 24, HEIGHT = 10, PIXELS = WIDTH * HEIGHT, FRAMES = 4, COLOURS = 5 };
static const uint8_t colour[COLOURS][3] = {
    {255, 255, 255}, {0, 114, 178}, {213, 94, 0}, {1, 2, 3}, {9, 250, 9}};

/* A square that moves over a page; the third frame is as the second. */
static void draw_frame(int frame, uint8_t *rgb) {
    const int left = 3 * (frame < 2 ? frame : frame - 1);
    for (int i = 0; i < PIXELS; i++) {
        const int x = i % WIDTH, y = i / WIDTH;
        const bool inside = x >= left && x < left + 5 && y > 2 && y < 8;
        memcpy(rgb + 3 * i, colour[inside ? 1 + (x + y + frame / 3) % 4 : 0], 3);
    }
}

static wann_status record(const wn_palette *palette, wn_buf *out, wann_diag *diag) {
    uint8_t rgb[3 * PIXELS];
    wn_animation animation;
    wann_status status =
        wn_animation_begin(&animation, WIDTH, HEIGHT, FRAMES, 40, 1000, palette, out, diag);
    for (int frame = 0; status == WANN_OK && frame < FRAMES; frame++) {
        draw_frame(frame, rgb);
        status = wn_animation_frame(&animation, rgb, 1, diag);
    }
    if (status == WANN_OK)
        status = wn_animation_end(&animation, diag);
    wn_animation_free(&animation);
    return status;
}

static uint32_t get(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put(uint8_t *p, uint32_t value) {
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* As in annex D of the PNG specification. */
static uint32_t checksum(const uint8_t *bytes, size_t n) {
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < n; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0xedb88320) : 0);
    }
    return ~crc;
}

/* An animation that is read frame by frame. */
typedef struct reader {
    const uint8_t *file;
    size_t size;
    uint32_t sequence; /* of the next chunk that has one */
    size_t at;         /* the next chunk */
} reader;

static size_t copy_chunk(uint8_t *to, const char *type, const uint8_t *data, size_t n) {
    put(to, (uint32_t)n);
    memcpy(to + 4, type, 4);
    memcpy(to + 8, data, n);
    put(to + 8 + n, checksum(to + 4, n + 4));
    return n + 12;
}

/* The next frame as a PNG file of its own, at `to`: its size. */
static size_t next_frame(reader *r, uint8_t *to) {
    size_t n = 8;
    memcpy(to, r->file, 8);
    bool pixels = false;
    for (size_t at = 8; at + 12 <= r->size; at += get(r->file + at) + 12) {
        const uint8_t *chunk = r->file + at, *data = chunk + 8;
        const char *type = (const char *)chunk + 4;
        const size_t length = get(chunk);
        CHECK(checksum(chunk + 4, length + 4) == get(data + length));
        if (!memcmp(type, "IHDR", 4) || !memcmp(type, "PLTE", 4) || !memcmp(type, "tRNS", 4))
            n += copy_chunk(to + n, type, data, length);
        if (at < r->at)
            continue;
        if (!memcmp(type, "fcTL", 4) && pixels)
            break;
        r->at = at + length + 12;
        if (!memcmp(type, "fcTL", 4) || !memcmp(type, "fdAT", 4))
            CHECK(get(data) == r->sequence++);
        if (!memcmp(type, "fcTL", 4))
            CHECK(data[24] == 0 && data[25] == 1); /* left there, and drawn over */
        pixels |= !memcmp(type, "IDAT", 4) || !memcmp(type, "fdAT", 4);
        if (!memcmp(type, "IDAT", 4))
            n += copy_chunk(to + n, "IDAT", data, length);
        else if (!memcmp(type, "fdAT", 4))
            n += copy_chunk(to + n, "IDAT", data + 4, length - 4);
    }
    return n + copy_chunk(to + n, "IEND", to, 0);
}

/* Lay the frame over what is shown; how many of its pixels are not transparent. */
static int show(const uint8_t *file, size_t size, uint8_t *shown) {
    uint8_t rgba[4 * PIXELS];
    png_image image = {.version = PNG_IMAGE_VERSION};
    int opaque = 0;
    CHECK(png_image_begin_read_from_memory(&image, file, size));
    CHECK(image.width == WIDTH && image.height == HEIGHT);
    image.format = PNG_FORMAT_RGBA;
    CHECK(png_image_finish_read(&image, NULL, rgba, 0, NULL));
    for (int i = 0; i < PIXELS; i++) {
        CHECK(rgba[4 * i + 3] == 0 || rgba[4 * i + 3] == 255);
        if (rgba[4 * i + 3] == 0)
            continue;
        memcpy(shown + 3 * i, rgba + 4 * i, 3);
        opaque++;
    }
    return opaque;
}

static void plays(const wn_palette *palette) {
    uint8_t shown[3 * PIXELS] = {0}, drawn[3 * PIXELS], file[8192];
    wn_buf out = {0};
    wann_diag diag = {0};
    CHECK(record(palette, &out, &diag) == WANN_OK);
    reader r = {.file = (const uint8_t *)out.data, .size = out.length};
    for (int frame = 0; frame < FRAMES; frame++) {
        const int opaque = show(file, next_frame(&r, file), shown);
        draw_frame(frame, drawn);
        CHECK_MSG(memcmp(shown, drawn, sizeof drawn) == 0, "frame %d", frame);
        CHECK(frame == 0 ? opaque == PIXELS : frame == 2 ? opaque == 0 : opaque < PIXELS / 2);
    }
    wn_buf_free(&out);
}

static void all_colours(void) {
    plays(NULL);
}

/* The few colours of a drawing stay exact, although others share their bins. */
static void few_colours(void) {
    uint8_t rgb[3 * PIXELS];
    const uint8_t rare[3] = {2, 3, 4}; /* in the bin of {1, 2, 3} */
    wn_palette palette;
    CHECK(wn_palette_begin(&palette, NULL) == WANN_OK);
    wn_palette_add(&palette, rare, 1);
    for (int frame = 0; frame < FRAMES; frame++) {
        draw_frame(frame, rgb);
        wn_palette_add(&palette, rgb, PIXELS);
    }
    wn_palette_choose(&palette);
    plays(&palette);
    wn_palette_free(&palette);
}

static wann_status attempt(wann_diag *diag) {
    static const uint8_t rgb[3] = {1, 2, 3};
    wn_palette palette;
    wn_buf out = {0};
    wann_status status = wn_palette_begin(&palette, diag);
    if (status == WANN_OK) {
        wn_palette_add(&palette, rgb, 1);
        wn_palette_choose(&palette);
        status = record(&palette, &out, diag);
    }
    wn_palette_free(&palette);
    wn_buf_free(&out);
    return status;
}

/* Whichever allocation fails, it is a clean error and nothing is left. */
static void without_memory(void) {
    size_t tried = 0;
    do {
        wann_diag diag = {0};
        test_memory.left = tried++;
        test_memory.failed = false;
        wann_set_allocator(&test_failing_allocator);
        const wann_status status = attempt(&diag);
        wann_set_allocator(NULL);
        CHECK(status == (test_memory.failed ? WANN_NO_MEMORY : WANN_OK));
        CHECK(test_memory.live == 0);
    } while (test_memory.failed && tried < 1000);
    CHECK(tried > 10 && tried < 1000);
}

int main(void) {
    RUN(all_colours);
    RUN(few_colours);
    RUN(without_memory);
    return TEST_RESULT();
}
