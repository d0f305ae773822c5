/* The parts of a block: a network cut into short pieces, each of which becomes a loop over the
 * vectors of a block. A processor has the next vectors to work on while those before wait for a
 * result, and the few constants of a piece stay in registers. */
#ifndef WN_LLVM_PARTS_H
#define WN_LLVM_PARTS_H

#include "compiler/ir.h"

enum { WN_LLVM_ANYWHERE = -2, WN_LLVM_BEFORE = -1 /* an input */ };

typedef struct wn_llvm_parts {
    int32_t n;     /* parts */
    int32_t *part; /* [n_insts] the one that computes a value; ANYWHERE: constants, the weight */
    int32_t *last; /* [n_insts] the last one that reads it; n: an output */
    int32_t *slot; /* [n_insts] where it is kept, if another part reads it, else -1; of an input:
                      its index */
    int32_t n_slots;
} wn_llvm_parts;

/* Cut ir. What a value is kept in belongs to another as soon as no part needs it any more. On
 * success the parts are to be freed. */
wann_status wn_llvm_cut(const wn_ir *ir, wn_llvm_parts *parts, wann_diag *diag);
void wn_llvm_parts_free(wn_llvm_parts *parts);

#endif
