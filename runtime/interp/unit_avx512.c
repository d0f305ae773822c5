/* The lanes, compiled for AVX-512. */
#define UNIT avx512
#include "runtime/interp/unit.h"
