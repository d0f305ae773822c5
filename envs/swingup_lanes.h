/* The tables of the swing-up's lanes. */
#ifndef WN_SWINGUP_LANES_H
#define WN_SWINGUP_LANES_H

#include "wann/env.h"

extern const wann_env_lanes_f64 wn_swingup_lanes_f64, wn_swingup_hard_lanes_f64;
extern const wann_env_lanes_f32 wn_swingup_lanes_f32, wn_swingup_hard_lanes_f32;

#endif
