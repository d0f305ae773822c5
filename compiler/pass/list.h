/* What schedule and pack share: the order in which a machine would begin a list of instructions. */
#ifndef WN_LIST_H
#define WN_LIST_H

#include "compiler/pass/pass.h"

/* Put the instructions of ir in the order in which a machine begins them (list.c), packs in one piece.
 * form: make packs of activations that have none, where that pays. On success ir is the result. */
wann_status wn_list_schedule(wn_ir *ir, bool form, wann_diag *diag);

/* Whether an activation has a kernel for vectors. */
bool wn_has_packed_kernel(const wn_inst *inst);

#endif
