/* The lanes, compiled for what every machine of its kind has. */
#define UNIT baseline
#include "runtime/interp/unit.h"
