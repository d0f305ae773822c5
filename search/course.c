/* The course of a run: one start for its generations, or, with a budget of time, many of which the
 * better go on (successive halving: Jamieson and Talwalkar 2016). */
#include <string.h>

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

/* What a start promises, by each of what a champion may be wanted for. */
enum { PROMISES = 1 + WN_TARGETS };
typedef struct promise {
    double value[PROMISES];
} promise;

/* The best by each promise in turn come first, as many as are to stay. */
static void order_starts(wn_run *run, promise *of, uint32_t kept) {
    for (uint32_t k = 0; k < kept; k++) {
        const uint32_t by = k % PROMISES;
        uint32_t best = k;
        for (uint32_t s = k + 1; s < run->n_starts; s++)
            if (of[s].value[by] > of[best].value[by])
                best = s;
        wn_start *const start = run->start[best];
        const promise value = of[best];
        /* those that were passed over keep their order, so that ties do not depend on it */
        memmove(run->start + k + 1, run->start + k, (best - k) * sizeof *run->start);
        memmove(of + k + 1, of + k, (best - k) * sizeof *of);
        run->start[k] = start;
        of[k] = value;
    }
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

/* Measure what each start promises. *done: 0 if a stop cut it short; doing it again gives the same.
 */
static wann_status look_at_starts(wn_run *run, promise *of, int *done, wann_diag *diag) {
    *done = 1;
    for (uint32_t s = 0; *done && s < run->n_starts; s++) {
        const wn_lineage *lineage = &run->start[s]->lineage;
        of[s].value[0] = lineage->champion.fitness;
        if (lineage->evolution.told)
            WN_TRY(wn_targets_contest(&run->targets, &lineage->evolution, run->start[s]->number,
                                      &run->assessor, of[s].value + 1, done, diag));
    }
    return WANN_OK;
}

static wann_status enter_stage(wn_run *run, int *done, wann_diag *diag) {
    const uint32_t one_in = stages[run->course.stage].one_in;
    uint32_t kept = (run->n_starts + one_in - 1) / one_in;
    if (run->course.stage + 1 == N_STAGES - 1 && kept > PROMISES)
        kept = PROMISES;
    promise *of = wn_calloc(run->n_starts, sizeof *of);
    if (!of)
        return wn_fail_memory(diag);
    const wann_status status = look_at_starts(run, of, done, diag);
    if (status == WANN_OK && *done) {
        order_starts(run, of, kept);
        while (run->n_starts > kept)
            retire(run, run->start[--run->n_starts]);
        run->course.stage++;
        run->course.position = 0;
    }
    wn_free(of);
    return status;
}

static uint32_t generations_of_stage(const wn_run *run) {
    const double share = stages[run->course.stage].generations;
    const double wanted = share * WN_HYPER(&run->identity.hyper, maxGen);
    return wanted < 1 ? 1 : wanted > 4e9 ? UINT32_MAX : (uint32_t)wanted;
}

/* The start whose turn it is in this stage, or NULL if all have gone as far as they are to. While
 * there are ever more of them, one after the other; later the one that is furthest behind. */
static wn_start *of_stage(wn_run *run) {
    const bool growing = run->course.stage == 0;
    uint32_t turn = growing ? run->n_starts - 1 : 0;
    for (uint32_t s = 1; !growing && s < run->n_starts; s++)
        if (wn_evolution_done(&run->start[s]->lineage.evolution) <
            wn_evolution_done(&run->start[turn]->lineage.evolution))
            turn = s;
    run->course.position = turn;
    wn_start *start = run->start[turn];
    return wn_evolution_done(&start->lineage.evolution) < generations_of_stage(run) ? start : NULL;
}

static bool may_begin(const wn_run *run) {
    const uint32_t most = WN_HYPER_COUNT(&run->identity.hyper, starts);
    return most == 0 || run->course.begun < most;
}

bool wn_course_valid(const wn_run *run) {
    return run->n_starts > 0 && run->course.position < run->n_starts &&
           run->course.stage < N_STAGES && run->course.begun >= run->n_starts;
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
            if (!*next && run->course.stage == 0 && may_begin(run))
                return begin_start(run, next, diag);
        }
        if (!*next && run->course.stage == N_STAGES - 1)
            return WANN_OK;
        if (!*next) {
            int done;
            WN_TRY(enter_stage(run, &done, diag));
            if (!done) /* whoever has the turn finds that the run is to stop */
                *next = run->start[0];
        }
    }
    return WANN_OK;
}
