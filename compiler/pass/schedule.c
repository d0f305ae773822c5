/* Put instructions in the order in which a machine would begin them (list.c). Values do not change. */
#include "compiler/pass/list.h"

wann_status wn_pass_schedule(wn_ir *ir, wn_pass_ctx *ctx) {
    return wn_list_schedule(ir, false, ctx->diag);
}
