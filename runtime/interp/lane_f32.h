/* The activation of one float lane, made of operations that vectorise. */
#ifndef WN_LANE_F32_H
#define WN_LANE_F32_H

#include "runtime/interp/activate.h"
#include "wn_kernels_f32.h"
#include "wn_kernels_f32_lanes.h"

/* Where the reference calls the C library, a kernel of the project; the rest as it is there. */
#define WN_LANE_ACTIVATE(name, kernels)                                                            \
    static inline float name(wann_activation activation, float x) {                                \
        switch (activation) {                                                                      \
        case WANN_ACT_SIN:                                                                         \
            return kernels##_sin_pi(x);                                                            \
        case WANN_ACT_GAUSSIAN:                                                                    \
            return kernels##_gaussian(x);                                                          \
        case WANN_ACT_TANH:                                                                        \
            return kernels##_tanh(x);                                                              \
        case WANN_ACT_SIGMOID:                                                                     \
            return kernels##_sigmoid(x);                                                           \
        case WANN_ACT_COS:                                                                         \
            return kernels##_cos_pi(x);                                                            \
        case WANN_ACT_LINEAR:                                                                      \
        case WANN_ACT_STEP:                                                                        \
        case WANN_ACT_INVERSE:                                                                     \
        case WANN_ACT_ABS:                                                                         \
        case WANN_ACT_RELU:                                                                        \
        case WANN_ACT_SQUARED:                                                                     \
            return wn_activate_f32(activation, x);                                                 \
        }                                                                                          \
        return x;                                                                                  \
    }

/* At most 2 ulp. */
WN_LANE_ACTIVATE(wn_lane_activate_f32, wn)
/* At most 4e-7, absolute; some number for NaN and infinities. Fused where the unit of the including
 * file does that. */
WN_LANE_ACTIVATE(wn_lane_activate_short, wn_lanes)

#endif
