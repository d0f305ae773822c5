/* Episodes in lock step: dispatch is paid once a node for all lanes. Where the task has lanes of
 * its own, its worlds advance together too. */
#include "search/score.h"

#include <math.h>

#include "runtime/base/alloc.h"
#include "runtime/base/arena.h"
#include "runtime/base/diag.h"
#include "wann/run.h"

enum { LANES = 64 };

/* Jobs that a worker takes at once: a few portions each, but enough to keep lanes full. */
static size_t piece_size(const wn_score_work *work) {
    const size_t share = work->n_jobs / (4 * wn_pool_workers(work->pool));
    const size_t even =
        (work->n_jobs + wn_pool_workers(work->pool) - 1) / wn_pool_workers(work->pool);
    return share >= LANES ? share : even < LANES ? even : LANES;
}

#define REAL    double
#define NAME(x) x
#define RUN     wann_lanes_run
#define TABLE   lanes_f64
#include "search/score_lanes.inc"
#undef REAL
#undef NAME
#undef RUN
#undef TABLE

#define REAL    float
#define NAME(x) x##_f32
#define RUN     wann_lanes_run_f32
#define TABLE   lanes_f32
#include "search/score_lanes.inc"

wann_status wn_score_lanes(const wn_score_work *work, wann_diag *diag) {
    return work->evaluation->real == WANN_FLOAT ? score_f32(work, diag) : score(work, diag);
}
