/* The activation of one float lane, made of operations that vectorise. */
#ifndef WN_LANE_F32_H
#define WN_LANE_F32_H

#include "runtime/interp/activate.h"
#include "wn_kernels_f32.h"

/* Where the reference calls the C library, the project's kernel; the rest as it is there. */
static inline float wn_lane_activate_f32(wann_activation activation, float x) {
    switch (activation) {
    case WANN_ACT_SIN:
        return wn_sin_pi(x);
    case WANN_ACT_GAUSSIAN:
        return wn_gaussian(x);
    case WANN_ACT_TANH:
        return wn_tanh(x);
    case WANN_ACT_SIGMOID:
        return wn_sigmoid(x);
    case WANN_ACT_COS:
        return wn_cos_pi(x);
    case WANN_ACT_LINEAR:
    case WANN_ACT_STEP:
    case WANN_ACT_INVERSE:
    case WANN_ACT_ABS:
    case WANN_ACT_RELU:
    case WANN_ACT_SQUARED:
        return wn_activate_f32(activation, x);
    }
    return x;
}

#endif
