/* Blocks of samples, compiled for AVX2. */
#define UNIT avx2
#include "search/dag_unit.h"
