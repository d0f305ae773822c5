/* A digit of MNIST as the published search sees it: 16 x 16 pixels, straightened. The steps are those of
 * OpenCV 4 (resize INTER_LINEAR, moments, warpAffine with WARP_INVERSE_MAP), done in its order of
 * operations and with its fixed point, so that every bit is the same. A file of its own because web
 * pages run it too (envs/web). */
#include <math.h>
#include <string.h>

#include "envs/data/straighten.h"

enum { RAW = WN_MNIST_RAW, SMALL = WN_MNIST_SMALL, PIXELS = SMALL * SMALL };

/* Bilinear without antialiasing. Pixel centres: d + 1/2 of 16 is (d + 1/2) * 1.75 of 28. */
static void resize(const unsigned char *raw, double *out) {
    double rows[RAW][SMALL];
    for (int y = 0; y < RAW; y++)
        for (int d = 0; d < SMALL; d++) {
            const double f = 1.75 * d + 0.375, a = f - (int)f;
            const unsigned char *p = raw + y * RAW + (int)f;
            rows[y][d] = p[0] / 255.0 * (1 - a) + p[1] / 255.0 * a;
        }
    for (int d = 0; d < SMALL; d++) {
        const double f = 1.75 * d + 0.375, a = f - (int)f;
        for (int x = 0; x < SMALL; x++)
            out[d * SMALL + x] = rows[(int)f][x] * (1 - a) + rows[(int)f + 1][x] * a;
    }
}

/* Central moments mu11 and mu02, row by row. */
static void moments(const double *image, double *mu11, double *mu02) {
    double m00 = 0, m10 = 0, m01 = 0, m11 = 0, m02 = 0;
    for (int y = 0; y < SMALL; y++) {
        double x0 = 0, x1 = 0;
        for (int x = 0; x < SMALL; x++) {
            x0 += image[y * SMALL + x];
            x1 += x * image[y * SMALL + x];
        }
        m00 += x0;
        m10 += x1;
        m01 += x0 * y;
        m11 += y * x1;
        m02 += x0 * (y * y);
    }
    const double inverse = m00 != 0 ? 1 / m00 : 0;
    const double cy = m01 * inverse;
    *mu11 = m11 - m10 * cy;
    *mu02 = m02 - m01 * cy;
}

/* Shear row y by skew * (y - 8): the source's x in 1/32 pixels, black outside. */
static void shear(const double *image, double skew, double *out) {
    const double slope = (double)(float)skew, offset = (double)(float)(-0.5 * SMALL * skew);
    for (int y = 0; y < SMALL; y++) {
        const long start = (long)rint((slope * y + offset) * 1024);
        for (int x = 0; x < SMALL; x++) {
            const long fixed = (start + 16 + x * 1024L) >> 5, column = fixed >> 5;
            const double a = (double)(fixed & 31) / 32;
            const double left = column >= 0 && column < SMALL ? image[y * SMALL + column] : 0;
            const double right =
                column >= -1 && column < SMALL - 1 ? image[y * SMALL + column + 1] : 0;
            out[y * SMALL + x] = left * (1 - a) + right * a;
        }
    }
}

void wn_mnist_straighten(const unsigned char *raw, double *out) {
    double image[PIXELS], mu11, mu02;
    resize(raw, image);
    moments(image, &mu11, &mu02);
    if (fabs(mu02) < 1e-2)
        memcpy(out, image, sizeof image);
    else
        shear(image, mu11 / mu02, out);
}
