/* An object in memory, linked into this process by LLVM's ORC. */
#ifndef WN_JIT_H
#define WN_JIT_H

#include <stddef.h>

#include "wann/status.h"

typedef struct wn_jit wn_jit;

/* Link the object, whose undefined symbols are those of this process. On success it is to be
 * unloaded; its functions are then gone. Any number of threads may load objects at once. */
wann_status wn_jit_load(const char *object, size_t size, wn_jit **jit, wann_diag *diag);
void wn_jit_unload(wn_jit *jit); /* NULL is allowed */

/* Put the address of a function into *function; NULL if the object has none of that name. */
wann_status wn_jit_find(wn_jit *jit, const char *name, void *function, wann_diag *diag);

#endif
