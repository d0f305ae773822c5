/* The four conditions of the paper, scored. */
#include "search/cli/conditions.h"

/* Choosing the tuned shared weight: as many weights from -2 to 2, each on this many episodes (fewer
 * where fewer are reported: tasks that take long are asked for few), of seeds far from those that are reported: a choice made on the same episodes would flatter. */
enum { GRID = 41, GRID_EPISODES = 32 };
static const uint64_t GRID_SEED = 1000000000;

const char *const condition_keys[N_CONDITIONS] = {"random", "random_shared", "tuned_shared", "tuned"};

static wann_status summarise(const wann_scores *scores, condition_score *c, wann_diag *diag) {
    wann_status status = wann_summarise(scores->reward, scores->episodes, &c->reward, diag);
    if (status == WANN_OK && scores->accuracy)
        status = wann_summarise(scores->accuracy, scores->episodes, &c->accuracy, diag);
    c->known = status == WANN_OK;
    return status;
}

static wann_status score(const scoring *s, const wann_evaluation *e, condition_score *c, wann_diag *diag) {
    wann_scores scores;
    wann_status status = wann_evaluate(s->net, s->task, e, &scores, diag);
    if (status == WANN_OK)
        status = summarise(&scores, c, diag);
    wann_scores_free(&scores);
    return status;
}

static double row_mean(const wann_scores *scores, size_t i) {
    double sum = 0;
    for (size_t e = 0; e < scores->episodes; e++)
        sum += scores->reward[i * scores->episodes + e];
    return sum / (double)scores->episodes;
}

static wann_status choose_weight(const scoring *s, double *best, wann_diag *diag) {
    double weights[GRID];
    wann_scores scores;
    wann_evaluation e = s->evaluation;
    scoring_grid(-2, 2, GRID, weights);
    e.condition = WANN_SHARED;
    e.weights = weights;
    e.n_weights = GRID;
    e.seed = GRID_SEED + s->evaluation.seed;
    e.episodes = e.episodes < GRID_EPISODES ? e.episodes : GRID_EPISODES;
    if (wann_task_type(s->task)->samples) {
        e.split = WANN_TRAIN;
        e.episodes = 1;
    }
    const wann_status status = wann_evaluate(s->net, s->task, &e, &scores, diag);
    size_t found = 0;
    for (size_t i = 1; status == WANN_OK && i < GRID; i++)
        if (row_mean(&scores, i) > row_mean(&scores, found))
            found = i;
    *best = weights[found];
    wann_scores_free(&scores);
    return status;
}

wann_status condition_run(const scoring *s, condition which, condition_score *c, wann_diag *diag) {
    wann_evaluation e = s->evaluation;
    wann_status status = WANN_OK;
    /* Without batches, fixed weights give the same on each pass over all samples. */
    const bool once = wann_task_type(s->task)->samples && e.batch == 0;
    switch (which) {
    case CONDITION_RANDOM:
        e.condition = WANN_RANDOM;
        return score(s, &e, c, diag);
    case CONDITION_RANDOM_SHARED:
        e.condition = WANN_RANDOM_SHARED;
        return score(s, &e, c, diag);
    case CONDITION_TUNED_SHARED:
        status = choose_weight(s, &c->weight, diag);
        e.weights = &c->weight;
        e.n_weights = 1;
        e.episodes = once ? 1 : e.episodes;
        return status == WANN_OK ? score(s, &e, c, diag) : status;
    case CONDITION_TUNED:
        e.condition = WANN_TUNED;
        e.episodes = once ? 1 : e.episodes;
        return e.tuned || wann_net_weights(s->net) ? score(s, &e, c, diag) : WANN_OK;
    case N_CONDITIONS:
        break;
    }
    return status;
}
