/* Let activations with the same kernel be computed together, in one vector.
 *
 * Each value stays what it was: a pack says only that its members may be computed at once, which they can as
 * none of them reads another. What it costs, on the machine of list.c: four activations are about 80
 * instructions one by one, and 20 as a pack, with three to bring their operands together; two are 40, or 20 and
 * one. So any pack saves work. But its members wait for the last operand, and their readers for a few cycles
 * more: so an activation waits for others only as long as it is not urgent (latest_start in list.c), and one that
 * has found none by then goes alone. Deep and narrow networks get few packs by that, wide ones many.
 *
 * Where the code is compiled for a machine without vectors, members are computed one by one. */
#include "compiler/pass/list.h"

wann_status wn_pass_pack(wn_ir *ir, wn_pass_ctx *ctx) {
    return wn_list_schedule(ir, true, ctx->diag);
}
