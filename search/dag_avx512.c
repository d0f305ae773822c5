/* Blocks of samples, compiled for AVX-512. */
#define UNIT avx512
#include "search/dag_unit.h"
