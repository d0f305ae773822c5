/* From a network to a program of the block interpreter: which value stands in which slot, and which
 * node is computed when. */
#ifndef WN_PLAN_H
#define WN_PLAN_H

#include "runtime/interp/program.h"
#include "runtime/net/net.h"

typedef struct wn_plan {
    wn_program shared; /* for one shared weight a lane */
    wn_program tuned;  /* for one weight a connection: every sum is stored */
    size_t slot_bytes; /* a multiple of WN_VECTOR_BYTES */
    uint32_t n_slots;
    uint32_t in;    /* the first of [inputs] slots for who has no place for inputs; no step's */
    uint32_t out;   /* the first of [outputs] slots, output by output */
    uint32_t *conn; /* [n_conns] the network's connection of each one of the program's */
    uint32_t n_conns;
} wn_plan;

/* Lanes in blocks of as many bytes a slot as `block` says, or, if it is 0, as suit the cache.
 * Memory is the arena's. The plan does not refer to the network. WANN_INPUT where slots are too
 * large or too many for offsets of 32 bits. */
wann_status wn_plan_make(const wn_net *net, size_t block, wn_arena *arena, wn_plan *plan,
                         wann_diag *diag);

#endif
