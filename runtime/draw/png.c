/* PNG files; the one place that knows libpng. */
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/draw/canvas.h"

#ifdef WANN_HAVE_PNG
#include <png.h>

static wann_status write_png(png_image image, const uint8_t *pixels, const uint8_t *colours,
                             wn_buf *bytes, wann_diag *diag) {
    /* The upper bound saves the first of two compressions, which would only measure. */
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
    void *file = wn_alloc(size);
    if (!file)
        return wn_fail_memory(diag);
    wann_status status = WANN_OK;
    if (!png_image_write_to_memory(&image, file, &size, 0, pixels, 0, colours))
        status = wn_fail(diag, WANN_INTERNAL, NULL, 0, 0, "libpng cannot write the picture: %s",
                         image.message);
    else
        wn_buf_bytes(bytes, file, size);
    png_image_free(&image);
    wn_free(file);
    if (status == WANN_OK && bytes->failed)
        status = wn_fail_memory(diag);
    return status;
}

wann_status wn_png_write(const uint8_t *rgb, uint32_t width, uint32_t height, wn_buf *bytes,
                         wann_diag *diag) {
    const png_image image = {.version = PNG_IMAGE_VERSION,
                             .width = width,
                             .height = height,
                             .format = PNG_FORMAT_RGB,
                             .flags = PNG_IMAGE_FLAG_FAST};
    return write_png(image, rgb, NULL, bytes, diag);
}

wann_status wn_png_write_rgba(const uint8_t *rgba, uint32_t width, uint32_t height, wn_buf *bytes,
                              wann_diag *diag) {
    const png_image image = {.version = PNG_IMAGE_VERSION,
                             .width = width,
                             .height = height,
                             .format = PNG_FORMAT_RGBA};
    return write_png(image, rgba, NULL, bytes, diag);
}

wann_status wn_png_write_indices(const uint8_t *indices, uint32_t width, uint32_t height,
                                 const uint8_t *colours, wn_buf *bytes, wann_diag *diag) {
    const png_image image = {.version = PNG_IMAGE_VERSION,
                             .width = width,
                             .height = height,
                             .format = PNG_FORMAT_RGBA_COLORMAP,
                             .colormap_entries = 256};
    return write_png(image, indices, colours, bytes, diag);
}

#else

wann_status wn_png_write_rgba(const uint8_t *rgba, uint32_t width, uint32_t height, wn_buf *bytes,
                              wann_diag *diag) {
    return wn_png_write(rgba, width, height, bytes, diag);
}

wann_status wn_png_write_indices(const uint8_t *indices, uint32_t width, uint32_t height,
                                 const uint8_t *colours, wn_buf *bytes, wann_diag *diag) {
    (void)colours;
    return wn_png_write(indices, width, height, bytes, diag);
}

wann_status wn_png_write(const uint8_t *rgb, uint32_t width, uint32_t height, wn_buf *bytes,
                         wann_diag *diag) {
    (void)rgb, (void)width, (void)height, (void)bytes;
    return wn_fail(diag, WANN_UNSUPPORTED, NULL, 0, 0,
                   "this build cannot write PNG pictures; install libpng-dev and build again");
}

#endif

wann_status wn_raster_png(const wn_raster *raster, wn_buf *bytes, wann_diag *diag) {
    return wn_png_write(raster->rgb, raster->width, raster->height, bytes, diag);
}
