/* What the block interpreter runs: steps that each compute one node for a block of lanes. Between
 * the plans that make programs and the object files of the vector units that run them. */
#ifndef WN_PROGRAM_H
#define WN_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/units.h"
#include "wann/net.h"

/* Values of one node stand side by side, one a lane, in a slot; slots one after the other. Lanes
 * come in whole vectors of the widest unit. */
enum { WN_VECTOR_BYTES = 64 };

/* Slots that every program has: the shared weight of each lane, or 1 in each. */
enum { WN_SLOT_WEIGHT, WN_SLOT_ONE, WN_FIRST_FREE_SLOT };

/* How one node is computed. Where it says at, it is in bytes from the first slot. */
typedef struct wn_step {
    uint32_t conn; /* its first connection; the next step's is where they end */
    uint32_t to;   /* at: its value */
    uint32_t from; /* at: what the activation reads, `to` itself if the sum is stored there first */
    uint32_t also[2]; /* at: what it adds to that, in groups of more than one term */
} wn_step;

/* Steps first <= i < end with one activation, none of which reads what another one computes, so
 * that dispatch and constants are paid once for all: to = factor * activation(sum of sources). A
 * group of 0 terms puts inputs times their weight where others read them. */
typedef struct wn_group {
    uint32_t first, end;
    uint32_t terms;  /* 0: `from` is the number of an input; 1, 2 or 3: what the activation adds, */
    uint32_t sums;   /* sources or, in so many steps from first on of a group of 1, a stored sum */
    uint32_t factor; /* at: slot WN_SLOT_WEIGHT or WN_SLOT_ONE */
    wann_activation activation;
} wn_group;

/* Every value carries the weight with which others read it, multiplied in once where it is made: a
 * sum of products x * w with one w needs no multiplication, and rounds as it would with them. */
typedef struct wn_program {
    const wn_group *group; /* [n_groups] in order of evaluation */
    uint32_t n_groups;
    const wn_step *step;    /* [steps + 1] */
    const uint32_t *source; /* [conns] at: the value that a connection reads */
} wn_program;

/* Which kernels compute the activations in float. */
typedef enum wn_kernels { WN_KERNELS_ACCURATE, WN_KERNELS_SHORT, WN_KERNEL_SETS } wn_kernels;

/* The functions of one vector unit. values: the slots, aligned to a vector. in: input i of lane l
 * at in[i * in_stride + l], in whole vectors, anywhere. lanes: how many to compute, at least 1; in
 * float up to the next whole vector is computed, and has to be defined. weight: one a connection,
 * which the sums multiply by; all of them must be stored then. NULL: sources carry their weight. */
typedef struct wn_unit_functions {
    void (*run)(const wn_program *program, void *values, const double *in, size_t in_stride,
                const double *weight, size_t lanes);
    void (*run_f32[WN_KERNEL_SETS])(const wn_program *program, void *values, const float *in,
                                    size_t in_stride, const float *weight, size_t lanes);
} wn_unit_functions;

#define X(unit, attributes, present) extern const wn_unit_functions wn_unit_##unit;
WN_VECTOR_UNITS(X)
#undef X

const wn_unit_functions *wn_unit_get(wn_unit unit);

#endif
