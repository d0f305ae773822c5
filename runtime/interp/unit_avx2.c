/* The lanes, compiled for AVX2 with FMA. */
#define UNIT avx2
#include "runtime/interp/unit.h"
