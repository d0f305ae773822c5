/* What tests and benchmarks ask of the lanes beyond wann/run.h. */
#ifndef WN_LANES_H
#define WN_LANES_H

#include "runtime/base/units.h"
#include "wann/run.h"

/* Run on another vector unit than the best; it must be present. Results are the same on all. */
void wn_lanes_use(wann_lanes *lanes, wn_unit unit);

#endif
