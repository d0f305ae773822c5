/* An episode step by step, as a table. */
#ifndef WN_TRACE_H
#define WN_TRACE_H

#include "search/cli/scoring.h"

/* Append the first episode of s->evaluation (its first weight, or the tuned ones) as CSV: for each step
 * what the task showed, what the network answered, the reward and whether the episode was over. With
 * own functions (--portable) the network is compiled, otherwise interpreted; both in double.
 * WANN_ARGUMENT for random weights, for float and for tasks without episodes. */
wann_status trace_csv(const scoring *s, wn_buf *out, wann_diag *diag);

#endif
