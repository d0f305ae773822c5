/* PNG files decode again, have the size that the SVG says, and show what they should. */
#include <png.h>

#include "compiler/emit/picture.h"
#include "draw/pictures.h"
#include "runtime/base/alloc.h"
#include "support/test.h"

/* The pixels, RGB, to be freed with free; NULL if libpng does not take the file. */
static unsigned char *decode(const wn_buf *file, png_image *image) {
    *image = (png_image){.version = PNG_IMAGE_VERSION};
    if (!png_image_begin_read_from_memory(image, file->data, file->length))
        return NULL;
    image->format = PNG_FORMAT_RGB;
    unsigned char *pixels = malloc(PNG_IMAGE_SIZE(*image));
    if (pixels && png_image_finish_read(image, NULL, pixels, 0, NULL))
        return pixels;
    free(pixels);
    return NULL;
}

static size_t count_color(const unsigned char *pixels, const png_image *image, uint32_t color) {
    size_t n = 0;
    for (size_t i = 0; i < (size_t)image->width * image->height; i++)
        n += pixels[3 * i] == color >> 16 && pixels[3 * i + 1] == (color >> 8 & 255) &&
             pixels[3 * i + 2] == (color & 255);
    return n;
}

static unsigned svg_size(const char *svg, const char *attribute) {
    const char *p = strstr(svg, attribute);
    return p ? (unsigned)atoi(p + strlen(attribute)) : 0;
}

/* Most of a page is paper; a disc of radius 17 at two pixels a unit has some 3,600 pixels, of which
 * the graph and the label take less than half. */
static void small_network(void) {
    wn_net *net = test_small_net("pole");
    wn_buf png = {0}, again = {0}, svg = {0};
    CHECK(wn_emit_png(net, &png, NULL) == WANN_OK && wn_emit_png(net, &again, NULL) == WANN_OK);
    CHECK(wn_emit_svg(net, &svg, NULL) == WANN_OK);
    CHECK(png.length == again.length && memcmp(png.data, again.data, png.length) == 0);
    png_image image;
    unsigned char *pixels = decode(&png, &image);
    CHECK(pixels != NULL);
    if (pixels) {
        CHECK(image.width == 2 * svg_size(svg.data, " width=\""));
        CHECK(image.height == 2 * svg_size(svg.data, " height=\""));
        const size_t paper = count_color(pixels, &image, 0xffffff);
        CHECK(paper > (size_t)image.width * image.height / 2);
        const wn_look *tanh_look = wn_activation_look(WANN_ACT_TANH);
        const wn_look *relu_look = wn_activation_look(WANN_ACT_RELU);
        CHECK(count_color(pixels, &image, wn_inks[tanh_look->fill].light) > 1800);
        CHECK(count_color(pixels, &image, wn_inks[relu_look->fill].light) == 0);
        CHECK(memcmp(pixels, "\xff\xff\xff", 3) == 0);
    }
    free(pixels);
    wn_buf_free(&png);
    wn_buf_free(&again);
    wn_buf_free(&svg);
    wann_net_destroy(net);
}

/* Pictures of large networks are scaled down instead of growing without bound. */
static void large_network(void) {
    wn_net *net = test_wide_net(260, 250, 10, 2000);
    wn_buf png = {0};
    CHECK(wn_emit_png(net, &png, NULL) == WANN_OK);
    png_image image;
    unsigned char *pixels = decode(&png, &image);
    CHECK(pixels != NULL);
    CHECK((double)image.width * image.height < 12.1e6);
    free(pixels);
    wn_buf_free(&png);
    wann_net_destroy(net);
}

static void evil_names(void) {
    for (const char *const *name = test_evil_names; *name; name++) {
        wn_net *net = test_small_net(*name);
        wn_buf png = {0};
        png_image image;
        CHECK(wn_emit_png(net, &png, NULL) == WANN_OK);
        unsigned char *pixels = decode(&png, &image);
        CHECK_MSG(pixels != NULL, "%s", *name);
        free(pixels);
        wn_buf_free(&png);
        wann_net_destroy(net);
    }
}

int main(void) {
    RUN(small_network);
    RUN(large_network);
    RUN(evil_names);
    return TEST_RESULT();
}
