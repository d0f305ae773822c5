/* One random network as generated code, in several modes, against the interpreter. */
#ifndef WN_TEST_CASE_H
#define WN_TEST_CASE_H

#include <stdbool.h>

#include "runtime/base/rng.h"
#include "runtime/base/text.h"
#include "runtime/interp/bound.h"
#include "runtime/net/net.h"
#include "wann/compile.h"

/* A way of generating code, and what it promises. */
typedef struct diff_mode {
    const char *name;
    wann_level level;
    wann_real real;
    wann_math math;
    bool exact; /* the bits of the interpreter of its type; else the bound of `promise` */
    wn_promise (*promise)(void);
} diff_mode;

enum { DIFF_MODES = 16 };
extern const diff_mode diff_modes[DIFF_MODES];

/* All of it follows from the seed. The network may be replaced by a smaller one. */
typedef struct diff_case {
    uint64_t seed;
    wn_net *net;
    wann_weighting weighting;
    double weight; /* baked */
    bool batch, ensemble, header;
    unsigned modes; /* bit m: mode m is tried */
} diff_case;

/* Compared so far. */
typedef struct diff_totals {
    unsigned long networks, functions, outputs;
    unsigned long exact;      /* outputs bit for bit */
    unsigned long bounded;    /* outputs within the bound, with the next two among them */
    unsigned long edges;      /* behind a step or a turn that is not certain */
    unsigned long beyond;     /* where nothing is promised */
    unsigned long rows;       /* of batches, headers and actions, compared with single calls */
    double worst[DIFF_MODES]; /* largest part of the bound that was used, edges aside */
} diff_totals;

void diff_case_draw(uint64_t seed, diff_case *c);
void diff_case_free(diff_case *c);

/* Append the C of every mode. False: the compiler refused it, *message says why. */
bool diff_case_emit(const diff_case *c, wn_buf *out, char *message, size_t size);

/* Run the loaded code of every mode on inputs drawn from the seed. False: the first difference is
 * in *message. */
bool diff_case_check(const diff_case *c, void *library, diff_totals *totals, char *message,
                     size_t size);

#endif
