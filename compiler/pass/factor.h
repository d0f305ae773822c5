/* What factor and factor_steps share. */
#ifndef WN_FACTOR_H
#define WN_FACTOR_H

#include "compiler/pass/pass.h"

/* steps: take the shared weight out of sums before a step as well. */
wann_status wn_factor(wn_ir *ir, bool steps, wn_pass_ctx *ctx);

#endif
