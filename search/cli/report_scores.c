/* The scores of a report: over shared weights, and in the four conditions. */
#include <stdlib.h>

#include "runtime/base/diag.h"
#include "search/cli/report.h"

/* As far as the page's slider goes. Seeds of the profile are neither those that a search knows nor
 * those that the table reports. */
enum { POINTS = 51 };
static const double LOWEST = -2.5, HIGHEST = 2.5;
static const uint64_t PROFILE_SEED = 2000000000;

void report_free_profile(report_profile *p) {
    free(p->weight);
    free(p->mean);
    free(p->sd);
    free(p->accuracy);
    *p = (report_profile){0};
}

static bool open_profile(report_profile *p, bool samples) {
    *p = (report_profile){.n = POINTS,
                          .weight = calloc(POINTS, sizeof *p->weight),
                          .mean = calloc(POINTS, sizeof *p->mean),
                          .sd = calloc(POINTS, sizeof *p->sd),
                          .accuracy = samples ? calloc(POINTS, sizeof *p->accuracy) : NULL};
    return p->weight && p->mean && p->sd && (p->accuracy || !samples);
}

static wann_status take_scores(report_profile *p, size_t first, const wann_scores *scores,
                               wann_diag *diag) {
    for (size_t row = 0; row < scores->rows; row++) {
        const size_t at = row * scores->episodes;
        wann_summary reward, accuracy;
        WN_TRY(wann_summarise(scores->reward + at, scores->episodes, &reward, diag));
        p->mean[first + row] = reward.mean;
        p->sd[first + row] = reward.sd;
        if (!p->accuracy)
            continue;
        WN_TRY(wann_summarise(scores->accuracy + at, scores->episodes, &accuracy, diag));
        p->accuracy[first + row] = accuracy.mean;
    }
    return WANN_OK;
}

/* Some weights at a time, so that there is progress to show. */
static wann_status fill_profile(report *r, size_t all, wann_diag *diag) {
    enum { AT_ONCE = 17 };
    report_profile *p = &r->profile;
    wann_evaluation e = r->scoring.evaluation;
    e.condition = WANN_SHARED;
    e.seed += PROFILE_SEED;
    if (p->accuracy && e.batch == 0)
        e.episodes = 1; /* all samples: nothing is random */
    p->episodes = e.episodes;
    for (size_t first = 0; first < p->n; first += AT_ONCE) {
        wann_scores scores;
        e.weights = p->weight + first;
        e.n_weights = p->n - first < AT_ONCE ? p->n - first : AT_ONCE;
        scoring_progress(&r->scoring, first, all);
        wann_status status = wann_evaluate(r->scoring.net, r->scoring.task, &e, &scores, diag);
        if (status == WANN_OK)
            status = take_scores(p, first, &scores, diag);
        wann_scores_free(&scores);
        if (status != WANN_OK)
            return status;
    }
    return WANN_OK;
}

wann_status report_score(report *r, wann_diag *diag) {
    const size_t all = POINTS + N_CONDITIONS;
    if (!open_profile(&r->profile, wann_task_type(r->scoring.task)->samples != NULL))
        return wn_fail_memory(diag);
    scoring_grid(LOWEST, HIGHEST, POINTS, r->profile.weight);
    WN_TRY(fill_profile(r, all, diag));
    for (int c = 0; c < N_CONDITIONS; c++) {
        scoring_progress(&r->scoring, POINTS + (size_t)c, all);
        WN_TRY(condition_run(&r->scoring, (condition)c, &r->cells[c], diag));
    }
    scoring_progress(&r->scoring, all, all);
    return WANN_OK;
}
