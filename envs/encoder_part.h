/* What the files of the encoder share. */
#ifndef WN_ENCODER_PART_H
#define WN_ENCODER_PART_H

#include "envs/encoder.h"
#include "runtime/base/arena.h"

struct wn_encoder {
    wn_arena arena;
    uint32_t channels[4];
    wn_encoder_layer layer[WN_ENCODER_LAYERS];
};

#endif
