/* One vector unit's functions: included by unit_NAME.c, which is compiled for that unit and defines
 * UNIT as its name. Nothing here differs between units but the length of a vector and, in the short
 * kernels, whether products and sums are fused. */
#include "runtime/interp/activate.h"
#include "runtime/interp/lane_f32.h"
#include "runtime/interp/program.h"

#if defined(__AVX512F__)
#define VECTOR_BYTES 64
#elif defined(__AVX__)
#define VECTOR_BYTES 32
#else
#define VECTOR_BYTES 16
#endif

/* Steps with so many connections are summed by code of their own. */
enum { MOST_FEW = 8 };

/* In double the C library's functions cost too much to call for lanes that are not there. */
#define REAL                      double
#define NAME(x)                   x
#define KERNEL_SETS               1
#define ACTIVATE_0(activation, x) wn_activate(activation, x)
/* Sums begin with 0, as those of the reference: that of negative zeros is a positive one. */
#define START(x)                  (0 + (x))
#define EACH_LANE(body)                                                                            \
    for (size_t l = 0; l < lanes; l++)                                                             \
        body;
#include "runtime/interp/unit.inc"
#undef REAL
#undef NAME
#undef KERNEL_SETS
#undef ACTIVATE_0
#undef START
#undef EACH_LANE

#if defined(__clang__)
#define INDEPENDENT_LANES _Pragma("clang loop vectorize(assume_safety)")
#else
#define INDEPENDENT_LANES _Pragma("GCC ivdep")
#endif

/* In float whole vectors are cheaper than a remainder. */
#define REAL                      float
#define NAME(x)                   x##_f32
#define KERNEL_SETS               2
#define ACTIVATE_0(activation, x) wn_lane_activate_f32(activation, x)
#define ACTIVATE_1(activation, x) wn_lane_activate_short(activation, x)
#define START(x)                  (x)
enum { WHOLE = WN_VECTOR_BYTES / sizeof(float) };
#define EACH_LANE(body)                                                                            \
    size_t left = (lanes + WHOLE - 1) / WHOLE;                                                     \
    do {                                                                                           \
        INDEPENDENT_LANES                                                                          \
        for (size_t l = 0; l < WHOLE; l++)                                                         \
            body;                                                                                  \
        to += WHOLE;                                                                               \
        x += WHOLE;                                                                                \
        y += WHOLE;                                                                                \
        z += WHOLE;                                                                                \
        f += WHOLE;                                                                                \
    } while (--left > 0);
#include "runtime/interp/unit.inc"

#define TABLE_OF(unit) wn_unit_##unit
#define TABLE(unit)    TABLE_OF(unit)
const wn_unit_functions TABLE(UNIT) = {run_0, {run_0_f32, run_1_f32}};
