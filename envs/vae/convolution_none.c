/* A build without oneDNN cannot train; it says what is missing when a network is asked for, and the
 * rest is never reached. */
#include "envs/vae/convolution.h"

#include "runtime/base/diag.h"

static wann_status missing(wann_diag *diag) {
    return wn_fail(diag, WANN_UNSUPPORTED, NULL, 0, 0,
                   "this build cannot train autoencoders; it needs oneDNN 2 (Debian package: "
                   "libdnnl-dev)");
}

wann_status wn_conv_create(const wn_vae_layer *layer, size_t n, wn_conv **conv, wann_diag *diag) {
    (void)layer, (void)n;
    *conv = NULL;
    return missing(diag);
}

void wn_conv_destroy(wn_conv *conv) {
    (void)conv;
}

wann_status wn_conv_weigh(wn_conv *conv, const float *weight, wann_diag *diag) {
    (void)conv, (void)weight;
    return missing(diag);
}

wann_status wn_conv_gather(wn_conv *conv, const float *large, float *small, wann_diag *diag) {
    (void)conv, (void)large, (void)small;
    return missing(diag);
}

wann_status wn_conv_spread(wn_conv *conv, const float *small, float *large, wann_diag *diag) {
    (void)conv, (void)small, (void)large;
    return missing(diag);
}

wann_status wn_conv_slopes(wn_conv *conv, const float *large, const float *small, float *weight,
                           wann_diag *diag) {
    (void)conv, (void)large, (void)small, (void)weight;
    return missing(diag);
}

wann_status wn_matrix_product(size_t rows, size_t columns, size_t inner, const float *a,
                              int a_across, const float *b, int b_across, float *c,
                              wann_diag *diag) {
    (void)rows, (void)columns, (void)inner, (void)a, (void)a_across, (void)b, (void)b_across,
        (void)c;
    return missing(diag);
}

void wn_convolution_alone(void) {}
