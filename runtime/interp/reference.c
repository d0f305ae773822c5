/* The reference interpreter: the meaning of a network, in double and in float. */
#include "wann/run.h"

#include "runtime/interp/activate.h"
#include "runtime/net/net.h"

#define REAL double
#define NAME(x) x
#define MATH(x) x
#include "runtime/interp/reference.inc"
#undef REAL
#undef NAME
#undef MATH

#define REAL float
#define NAME(x) x##_f32
#define MATH(x) x##f
#include "runtime/interp/reference.inc"
