/* Pictures turned about their middle, so that a task of classification can change. */
#include <math.h>

#include "envs/classify.h"
#include "wn_kernels_f64.h"

/* 0 beyond the edge. */
static double pixel(const double *image, size_t side, double row, double column) {
    const double last = (double)side - 1;
    if (!(row >= 0 && row <= last && column >= 0 && column <= last))
        return 0;
    return image[(size_t)row * side + (size_t)column];
}

static double between(const double *image, size_t side, double row, double column) {
    const double r = floor(row), c = floor(column), down = row - r, right = column - c;
    const double above =
        (1 - right) * pixel(image, side, r, c) + right * pixel(image, side, r, c + 1);
    const double below =
        (1 - right) * pixel(image, side, r + 1, c) + right * pixel(image, side, r + 1, c + 1);
    return (1 - down) * above + down * below;
}

void wn_rotate_images(const double *in, size_t n, size_t side, double degrees, double *out) {
    const double middle = ((double)side - 1) / 2;
    double sine, cosine;
    wn_f64_sincos_pi(degrees / 180, &sine, &cosine);
    for (size_t i = 0; i < n; i++, in += side * side)
        for (size_t r = 0; r < side; r++)
            for (size_t c = 0; c < side; c++) {
                const double y = (double)r - middle, x = (double)c - middle;
                *out++ = between(in, side, middle + (x * sine + y * cosine),
                                 middle + (x * cosine - y * sine));
            }
}
