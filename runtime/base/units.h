/* The vector units that a function is compiled for, and which of them this machine has.
 *
 * One attribute would do for one compiler (target_clones), but its resolver runs before a
 * sanitizer's runtime and needs glibc; a table of functions works everywhere and can be tested. What
 * asks macros whether the unit fuses has an object file for each unit instead (runtime/interp). */
#ifndef WN_UNITS_H
#define WN_UNITS_H

#include <stdbool.h>

/* X(unit, attributes, whether this machine has it), worst first. `flatten` because only what is
 * inlined into a function is compiled along for its unit. */
#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define WN_VECTOR_UNITS(X)                                                                         \
    X(baseline, __attribute__((flatten)), true)                                                    \
    X(avx2, __attribute__((flatten, target("avx2"))),                                              \
      __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))                             \
    X(avx512, __attribute__((flatten, target("avx512f"))),                                         \
      __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&                   \
          __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("fma"))
#else
#define WN_VECTOR_UNITS(X) X(baseline, __attribute__((flatten)), true)
#endif

/* For the functions that are to be compiled along. */
#define WN_ALONG static inline __attribute__((always_inline))

typedef enum wn_unit {
#define X(unit, attributes, present) WN_UNIT_##unit,
    WN_VECTOR_UNITS(X)
#undef X
    WN_UNITS
} wn_unit;

static inline bool wn_unit_present(wn_unit unit) {
#define X(name, attributes, present)                                                               \
    if (unit == WN_UNIT_##name)                                                                    \
        return present;
    WN_VECTOR_UNITS(X)
#undef X
    return false;
}

/* The best one here. */
static inline wn_unit wn_unit_best(void) {
    wn_unit best = WN_UNIT_baseline;
    for (int unit = 0; unit < WN_UNITS; unit++)
        if (wn_unit_present((wn_unit)unit))
            best = (wn_unit)unit;
    return best;
}

#endif
