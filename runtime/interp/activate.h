/* What the reference interpreter makes of a node's sum: wn_activate in double, wn_activate_f32 in
 * float, where every operation rounds to float.
 *
 * sin and cos take the rounded product pi * x, because the published networks were evolved with it:
 * sin(pi * 1) is 1e-16, and a step behind it fires. NaN gives NaN, except that the step of NaN is 0. */
#ifndef WN_ACTIVATE_H
#define WN_ACTIVATE_H

#include <math.h>

#include "wann/net.h"

#define REAL double
#define NAME(x) x
#define MATH(x) x
#include "runtime/interp/activate.inc"
#undef REAL
#undef NAME
#undef MATH

#define REAL float
#define NAME(x) x##_f32
#define MATH(x) x##f
#include "runtime/interp/activate.inc"
#undef REAL
#undef NAME
#undef MATH

#endif
