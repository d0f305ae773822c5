/* The vector units that the lanes are compiled for, and which of them this machine has.
 *
 * Each has an object file of its own, compiled for it, and a table of functions. One attribute would
 * do for one compiler (target_clones), but its resolver runs before a sanitizer's runtime and needs
 * glibc, and macros that tell what the unit has (fused operations) would be those of the baseline. */
#ifndef WN_UNITS_H
#define WN_UNITS_H

#include <stdbool.h>

/* X(unit, whether this machine has it), worst first. Must agree with CMakeLists.txt. */
#if defined(__x86_64__)
#define WN_VECTOR_UNITS(X)                                                                         \
    X(baseline, true)                                                                              \
    X(avx2, __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))                       \
    X(avx512, __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&           \
                  __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("fma"))
#else
#define WN_VECTOR_UNITS(X) X(baseline, true)
#endif

typedef enum wn_unit {
#define X(unit, present) WN_UNIT_##unit,
    WN_VECTOR_UNITS(X)
#undef X
    WN_UNITS
} wn_unit;

static inline bool wn_unit_present(wn_unit unit) {
#define X(name, present)                                                                           \
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
