/* The encoder of the race's pictures: 64 x 64 pixels in, 16 numbers out.
 *
 * Four convolutions of 4 x 4 with stride 2, without padding, and a dense layer (World Models, Ha
 * and Schmidhuber 2018). Computed in whole numbers, so that it gives the same bits on every
 * machine: weights of 8 bits, values of 12 bits, sums of 32, each of which a float then scales. */
#ifndef WN_ENCODER_H
#define WN_ENCODER_H

#include <stddef.h>
#include <stdint.h>

#include "wann/status.h"

enum {
    WN_ENCODER_LAYERS = 5,
    WN_ENCODER_SIDE = 64, /* of the picture */
    WN_ENCODER_COLORS = 3,
    WN_ENCODER_LATENTS = 16,
    WN_ENCODER_MOST_TERMS = 2048,    /* of a sum: 2048 * 127 * 4095 + LARGEST_BIAS < 2^31 */
    WN_ENCODER_LARGEST_VALUE = 4095, /* between layers; pixels are 0 to 255 */
    WN_ENCODER_LARGEST_BIAS = 1 << 30
};

/* Values are [side][side][channels]. out = (sum of weight * in + bias) * scale, rounded and clipped
 * to 0 .. WN_ENCODER_LARGEST_VALUE but for the last layer. The dense one is a convolution over all
 * of its input. */
typedef struct wn_encoder_layer {
    uint32_t in_side, in_channels, out_side, out_channels;
    uint32_t kernel, terms; /* terms = kernel * kernel * in_channels */
    int16_t *weight;        /* [out_channels][kernel][kernel][in_channels], -127 to 127 */
    int32_t *bias;          /* [out_channels] */
    float *scale;           /* [out_channels] */
} wn_encoder_layer;

typedef struct wn_encoder wn_encoder;

/* An encoder of so many channels, all weights 0, to be filled in. Not to be changed once it is in
 * use; then any number of threads may use it. WANN_INPUT for channels that do not fit. */
wann_status wn_encoder_create(const uint32_t channels[4], wn_encoder **encoder, wann_diag *diag);
void wn_encoder_destroy(wn_encoder *encoder);             /* NULL is allowed */
wn_encoder_layer *wn_encoder_layers(wn_encoder *encoder); /* [WN_ENCODER_LAYERS] */

/* The bytes of an encoder file; name: what messages call it. */
wann_status wn_encoder_parse(const void *bytes, size_t size, const char *name, wn_encoder **encoder,
                             wann_diag *diag);
wann_status wn_encoder_read(const char *path, wn_encoder **encoder, wann_diag *diag);
wann_status wn_encoder_write(wn_encoder *encoder, const char *path, wann_diag *diag);

/* Memory for one run at a time. NULL: there is none. Free it by wn_free. */
typedef struct wn_encoder_scratch wn_encoder_scratch;
wn_encoder_scratch *wn_encoder_scratch_create(const wn_encoder *encoder);

/* eye: [64][64][3]. */
void wn_encoder_run(const wn_encoder *encoder, const unsigned char *eye,
                    wn_encoder_scratch *scratch, double latent[WN_ENCODER_LATENTS]);
/* The same by the code for one of the machine's vector units, counted from 0, the plainest; false
 * if there are not so many. */
int wn_encoder_run_on(int unit, const wn_encoder *encoder, const unsigned char *eye,
                      wn_encoder_scratch *scratch, double latent[WN_ENCODER_LATENTS]);

#endif
