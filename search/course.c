/* The course of a run: one start for its generations, or, with a budget of time, many of which the
 * better go on (successive halving: Jamieson and Talwalkar 2016). */
#define _GNU_SOURCE /* qsort_r */
#include <stdlib.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "search/run.h"

/* Each stage but the last ends with its share of the budget; its starts go on until they have so
 * many of maxGen generations, and one in so many enters the next stage. */
static const struct {
    double ends;
    double generations;
    uint32_t one_in;
} stages[] = {{0.30, 0.125, 8}, {0.60, 0.5, 4}, {0.85, 1, 4}, {1, 1e9, 1}};
enum { N_STAGES = sizeof stages / sizeof *stages };

static wann_status begin_start(wn_run *run, wn_start **out, wann_diag *diag) {
    const wann_env_type *type = wann_task_type(run->task);
    const wn_shape shape = {(uint32_t)type->observations, (uint32_t)type->actions};
    wn_start **starts = wn_realloc(run->start, (run->n_starts + 1) * sizeof *starts);
    if (!starts)
        return wn_fail_memory(diag);
    run->start = starts;
    wn_start *start = wn_calloc(1, sizeof *start);
    if (!start)
        return wn_fail_memory(diag);
    /* The first start of a run with a budget is the run without one. */
    uint64_t seed = run->identity.seed;
    wn_rng rng = wn_rng_stream(seed, run->course.begun, 0, WN_FOR_RESTARTS);
    if (run->course.begun > 0)
        seed = wn_rng_u64(&rng);
    start->number = run->course.begun;
    const wann_status status =
        wn_evolution_begin(&start->lineage.evolution, &run->identity.hyper, shape,
                           type->hidden_activations, seed, run->pool, diag);
    if (status != WANN_OK) {
        wn_free(start);
        return status;
    }
    run->course.begun++;
    run->course.position = run->n_starts;
    run->start[run->n_starts++] = start;
    *out = start;
    return WANN_OK;
}

static int compare_starts(const void *x, const void *y) {
    const wn_start *a = *(wn_start *const *)x, *b = *(wn_start *const *)y;
    const double p = a->lineage.champion.fitness, q = b->lineage.champion.fitness;
    if (p != q)
        return p > q ? -1 : 1;
    return a->number < b->number ? -1 : a->number > b->number;
}

/* Give a start up; its champion is kept if none that was given up is better. */
static void retire(wn_run *run, wn_start *start) {
    wn_champion *champion = &start->lineage.champion;
    if (champion->genome && (!run->retired.genome || champion->fitness > run->retired.fitness)) {
        wn_free(run->retired.genome);
        run->retired = *champion;
        run->retired_start = start->number;
        champion->genome = NULL;
    }
    wn_lineage_free(&start->lineage);
    wn_free(start);
}

static void enter_stage(wn_run *run) {
    const uint32_t one_in = stages[run->course.stage].one_in;
    uint32_t kept = (run->n_starts + one_in - 1) / one_in;
    run->course.stage++;
    if (run->course.stage == N_STAGES - 1)
        kept = 1;
    qsort(run->start, run->n_starts, sizeof *run->start, compare_starts);
    while (run->n_starts > kept)
        retire(run, run->start[--run->n_starts]);
    run->course.position = 0;
}

static uint32_t generations_of_stage(const wn_run *run) {
    const double share = stages[run->course.stage].generations;
    const double wanted = share * WN_HYPER(&run->identity.hyper, maxGen);
    return wanted < 1 ? 1 : wanted > 4e9 ? UINT32_MAX : (uint32_t)wanted;
}

/* The start whose turn it is in this stage, if it is to go on; else the one behind it. */
static wn_start *of_stage(wn_run *run) {
    while (run->course.position < run->n_starts) {
        wn_start *start = run->start[run->course.position];
        if (wn_evolution_done(&start->lineage.evolution) < generations_of_stage(run))
            return start;
        if (run->course.position + 1 == run->n_starts)
            return NULL;
        run->course.position++;
    }
    return NULL;
}

wann_status wn_course_next(wn_run *run, double seconds, wn_start **next, wann_diag *diag) {
    *next = NULL;
    if (run->n_starts == 0)
        return begin_start(run, next, diag);
    if (run->budget <= 0) {
        if (wn_evolution_done(&run->start[0]->lineage.evolution) <
            WN_HYPER(&run->identity.hyper, maxGen))
            *next = run->start[0];
        return WANN_OK;
    }
    while (!*next && seconds < run->budget) {
        if (seconds < stages[run->course.stage].ends * run->budget) {
            *next = of_stage(run);
            if (!*next && run->course.stage == 0)
                return begin_start(run, next, diag);
        }
        if (!*next && run->course.stage == N_STAGES - 1)
            return WANN_OK;
        if (!*next)
            enter_stage(run);
    }
    return WANN_OK;
}
