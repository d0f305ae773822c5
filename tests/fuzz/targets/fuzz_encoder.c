/* Any bytes as the file of an encoder, as they are and with a checksum that is right: refused with
 * a reason, or an encoder whose latents are finite. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "envs/encoder.h"
#include "runtime/base/alloc.h"
#include "runtime/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libFuzzer reports whatever stops the program. */
static void must(int condition) {
    if (!condition)
        abort();
}

static void look(const wn_encoder *encoder) {
    static unsigned char eye[WN_ENCODER_SIDE * WN_ENCODER_SIDE * WN_ENCODER_COLORS];
    double latent[WN_ENCODER_LATENTS];
    wn_encoder_scratch *scratch = wn_encoder_scratch_create(encoder);
    memset(eye, 255, sizeof eye);
    if (scratch)
        wn_encoder_run(encoder, eye, scratch, latent);
    for (size_t i = 0; scratch && i < WN_ENCODER_LATENTS; i++)
        must(isfinite(latent[i]));
    wn_free(scratch);
}

static void parse(const void *bytes, size_t size) {
    wn_encoder *encoder;
    wann_diag diag = {0};
    if (wn_encoder_parse(bytes, size, "fuzz", &encoder, &diag) == WANN_OK)
        look(encoder);
    else
        must(diag.text[0] && !encoder);
    wn_encoder_destroy(encoder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    parse(data, size);
    char *copy = wn_alloc(size + 8);
    if (!copy)
        return 0;
    memcpy(copy, data, size);
    const uint64_t sum = wn_hash(copy, size);
    for (size_t i = 0; i < 8; i++)
        copy[size + i] = (char)(sum >> (8 * i) & 0xff);
    parse(copy, size + 8);
    wn_free(copy);
    return 0;
}
