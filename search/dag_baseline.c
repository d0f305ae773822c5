/* Blocks of samples, compiled for whatever the compiler assumes. */
#define UNIT baseline
#include "search/dag_unit.h"
