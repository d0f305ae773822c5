/* Take the shared weight out of all sums, those before a step too: step(w a + w b) = step(w (a + b)).
 *
 * The distributive law again. What a step sees is the sign of the sum, so this is not for -O1, where a
 * step never flips: here it may, where the sum is within its rounding errors of 0, which is what -O2
 * promises and what --verify knows as an edge. Terms that cancel exactly still do: the products of equal
 * terms with w are equal, so w a - w a = 0 = w (a - a), and small whole numbers, of which sums before
 * steps are often made, are added without any rounding. The terms keep their order (pass scale takes the
 * weight into the step, and what it reads counts as a sum before a step from there on). */
#include "compiler/pass/factor.h"

wann_status wn_pass_factor_steps(wn_ir *ir, wn_pass_ctx *ctx) {
    return wn_factor(ir, true, ctx);
}
