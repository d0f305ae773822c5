/* Each connection's weight by an optimizer that sees rewards alone: candidates, episodes that all of
 * a generation share, and from time to time a look at the optimizer's best guess on episodes that
 * are always the same. The best of these guesses is what is kept: the best candidate ever seen was
 * lucky as well.
 *
 * Rewards have many hills, so there are several starts, at the best shared weights that lie apart. They
 * take turns; after each round the worse half is given up and the turns become twice as long. The last
 * one goes on alone, with twice the episodes whenever looks have stopped to tell of progress, because
 * the better the weights, the rarer the episodes that go wrong. */
#include <math.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/rng.h"
#include "search/tune/objective.h"
#include "search/tune/optimizer.h"
#include "search/tune/tune.h"

/* What a start adds to the seed. */
static const uint64_t STARTS = UINT64_C(0x73746172);

typedef struct start {
    wn_optimizer *optimizer;
    double weight; /* that all connections began with; NaN: they had weights of their own */
    double value;  /* of the last look */
    bool alive;
} start;

/* What a checkpoint has of the course. */
typedef struct course {
    double turn;     /* whose it is */
    double done;     /* generations of it */
    double length;   /* generations of a turn */
    double episodes; /* for each candidate */
    double idle;     /* looks without progress */
} course;
enum { COURSE = sizeof(course) / sizeof(double) };

typedef struct evolution {
    wn_tuning *t;
    wn_objective *objective;
    start *starts; /* [n_starts] */
    size_t n_starts;
    course course;
    size_t population;
    double *reward; /* [population] */
    uint64_t *seed; /* [most_episodes] */
    double *saved;  /* [n_saved] state as a checkpoint has it */
    size_t n_saved;
} evolution;

/* --- begin and end ---------------------------------------------------------------------------- */

static wn_optimizer_settings settings_of(const wn_tuning *t, uint64_t number) {
    const wn_tune_settings *s = &t->settings;
    wn_rng rng = wn_rng_stream(t->options->seed, number, 0, STARTS);
    return (wn_optimizer_settings){.n = t->n,
                                   .population = WN_TUNE_COUNT(s, popsize),
                                   .seed = wn_rng_u64(&rng),
                                   .sigma = WN_TUNE(s, sigma_init),
                                   .sigma_decay = WN_TUNE(s, sigma_decay),
                                   .sigma_limit = WN_TUNE(s, sigma_limit),
                                   .sigma_rate = WN_TUNE(s, sigma_alpha),
                                   .learning_rate = WN_TUNE(s, learning_rate),
                                   .learning_rate_decay = WN_TUNE(s, learning_rate_decay),
                                   .learning_rate_limit = WN_TUNE(s, learning_rate_limit),
                                   .weight_decay = WN_TUNE(s, weight_decay),
                                   .elite_ratio = WN_TUNE(s, elite_ratio),
                                   .antithetic = WN_TUNE(s, antithetic) != 0};
}

/* How far a weight is from those of the first n starts. */
static double nearest(const evolution *e, size_t n, double weight) {
    double least = (double)INFINITY;
    for (size_t s = 0; s < n; s++)
        least = fmin(least, fabs(e->starts[s].weight - weight));
    return least;
}

/* The best of the profile first, then always the best that is as far from the others as `apart` says;
 * where there is none, nearer ones, and in the end the best once more: each start has numbers of its
 * own. */
static void choose_weights(evolution *e) {
    const wann_tune_result *r = e->t->result;
    const wn_tune_settings *s = &e->t->settings;
    double apart = (WN_TUNE(s, to) - WN_TUNE(s, from)) / 8;
    for (size_t n = 0; n < e->n_starts; n++) {
        size_t best = r->n_points;
        for (int round = 0; best == r->n_points && round < 4; round++, apart /= 2)
            for (size_t i = 0; i < r->n_points; i++)
                if (nearest(e, n, r->point[i].weight) >= apart &&
                    (best == r->n_points || r->point[i].mean > r->point[best].mean))
                    best = i;
        e->starts[n].weight = best < r->n_points ? r->point[best].weight : r->weight;
    }
}

/* Where a start is, if all its connections begin alike. */
static void place(const evolution *e, start *s) {
    double *from = s->optimizer->start;
    for (size_t k = 0; k < e->t->n && isfinite(s->weight); k++)
        from[k] = s->weight;
}

static wann_status open_starts(evolution *e, wann_diag *diag) {
    wn_tuning *t = e->t;
    for (size_t n = 0; n < e->n_starts; n++) {
        start *s = &e->starts[n];
        const wn_optimizer_settings settings = settings_of(t, n);
        for (size_t k = 0; k < t->n && isfinite(s->weight); k++)
            t->start[k] = s->weight;
        WN_TRY(wn_optimizer_create(wn_tune_word(t->options->method), &settings, t->start,
                                   &s->optimizer, diag));
        s->alive = true;
        s->value = -(double)INFINITY;
    }
    for (size_t k = 0; k < t->n; k++) /* what the result is compared with */
        t->start[k] = e->starts[0].optimizer->start[k];
    return WANN_OK;
}

static wann_status open_evolution(evolution *e, wn_tuning *t, wann_diag *diag) {
    const wann_tune_options *o = t->options;
    const wn_tune_settings *s = &t->settings;
    const bool sought = !o->start && !o->has_start_weight;
    e->t = t;
    e->n_starts = sought ? WN_TUNE_COUNT(s, starts) : 1;
    e->starts = wn_calloc(e->n_starts, sizeof *e->starts);
    if (!e->starts)
        return wn_fail_memory(diag);
    e->starts[0].weight = o->start ? (double)NAN : o->start_weight;
    if (sought)
        choose_weights(e);
    WN_TRY(open_starts(e, diag));
    WN_TRY(wn_objective_create(o->net, o->task, t->pool, &e->objective, diag));
    WN_TRY(wn_objective_share(e->objective, o->ranks, diag));
    e->course = (course){.length = WN_TUNE(s, turn), .episodes = WN_TUNE(s, num_episode)};
    e->population = e->starts[0].optimizer->settings.population;
    e->n_saved = COURSE + e->n_starts * (4 + e->starts[0].optimizer->n_state);
    e->reward = wn_calloc(e->population, sizeof *e->reward);
    e->seed = wn_calloc((size_t)fmax(WN_TUNE(s, most_episodes), WN_TUNE(s, num_episode)),
                        sizeof *e->seed);
    e->saved = wn_calloc(e->n_saved, sizeof *e->saved);
    return e->reward && e->seed && e->saved ? WANN_OK : wn_fail_memory(diag);
}

static void close_evolution(evolution *e) {
    for (size_t s = 0; e->starts && s < e->n_starts; s++)
        wn_optimizer_destroy(e->starts[s].optimizer);
    wn_objective_destroy(e->objective);
    wn_free(e->starts);
    wn_free(e->reward);
    wn_free(e->seed);
    wn_free(e->saved);
}

/* --- checkpoints ------------------------------------------------------------------------------ */

static wann_status save(evolution *e, bool now, wann_diag *diag) {
    double *at = e->saved;
    memcpy(at, &e->course, sizeof e->course);
    at += COURSE;
    for (size_t n = 0; n < e->n_starts; n++) {
        const start *s = &e->starts[n];
        *at++ = s->weight;
        *at++ = s->value;
        *at++ = s->alive;
        *at++ = s->optimizer->generation;
        memcpy(at, s->optimizer->state, s->optimizer->n_state * sizeof *at);
        at += s->optimizer->n_state;
    }
    return wn_tuning_save_sometimes(e->t, e->saved, e->n_saved, now, diag);
}

static wann_status load(evolution *e, wann_diag *diag) {
    WN_TRY(wn_tuning_load(e->t, e->saved, e->n_saved, diag));
    const double *at = e->saved;
    memcpy(&e->course, at, sizeof e->course);
    at += COURSE;
    for (size_t n = 0; n < e->n_starts; n++) {
        start *s = &e->starts[n];
        s->weight = *at++;
        s->value = *at++;
        s->alive = *at++ != 0;
        s->optimizer->generation = (uint32_t)*at++;
        memcpy(s->optimizer->state, at, s->optimizer->n_state * sizeof *at);
        at += s->optimizer->n_state;
        place(e, s);
    }
    return WANN_OK;
}

/* --- a generation ----------------------------------------------------------------------------- */

static start *whose_turn(const evolution *e) {
    return &e->starts[(size_t)e->course.turn];
}

/* Scores the candidates; *done: 0 if it was cut short. */
static wann_status try_candidates(evolution *e, int *done, wann_diag *diag) {
    wn_tuning *t = e->t;
    const size_t n_seeds = (size_t)e->course.episodes;
    wn_rng rng = wn_rng_stream(t->options->seed, t->generation, 0, WN_TUNE_TRAINING);
    for (size_t i = 0; i < n_seeds; i++)
        e->seed[i] = wn_rng_u64(&rng);
    wn_objective_trial trial = {.weights = wn_optimizer_ask(whose_turn(e)->optimizer),
                                .n = e->population,
                                .seed = e->seed,
                                .n_seeds = n_seeds,
                                .batch = WN_TUNE_COUNT(&t->settings, batch)};
    if (WN_TUNE(&t->settings, cap_time) != 0 && t->mean_steps > 0)
        trial.steps = 1 + (uint32_t)(2 * t->mean_steps);
    wn_effort effort = {0};
    WN_TRY(wn_objective_run(e->objective, &trial, e->reward, &effort, t->options->stop, done, diag));
    if (*done) {
        t->evaluations += e->population * n_seeds;
        t->steps += effort.steps;
        t->mean_steps = (double)effort.steps / (double)(e->population * n_seeds);
    }
    return WANN_OK;
}

/* A start's best guess against the one that is kept; whether it is better. */
static wann_status look(evolution *e, start *s, bool *better, wann_diag *diag) {
    wn_tuning *t = e->t;
    const double *mean = wn_optimizer_mean(s->optimizer);
    WN_TRY(wn_tuning_value(t, mean, wn_tuning_seed(t, WN_TUNE_VALIDATING, 0),
                           WN_TUNE_COUNT(&t->settings, eval_episodes), &s->value, diag));
    *better = s->value > t->best_value;
    if (*better) {
        t->best_value = s->value;
        memcpy(t->best, mean, t->n * sizeof *mean);
    }
    return WANN_OK;
}

static void report(const evolution *e) {
    const wn_tuning *t = e->t;
    double best = e->reward[0], sum = 0;
    for (size_t i = 0; i < e->population; i++) {
        best = fmax(best, e->reward[i]);
        sum += e->reward[i];
    }
    const wann_tune_progress p = {.phase = wn_tune_word(t->options->method),
                                  .generation = t->generation,
                                  .generations = (uint32_t)WN_TUNE(&t->settings, maxGen),
                                  .best = best,
                                  .mean = sum / (double)e->population,
                                  .kept = t->best_value};
    wn_tuning_report(t, p, t->generation, WN_TUNE(&t->settings, maxGen));
}

/* --- the course ------------------------------------------------------------------------------- */

static size_t alive(const evolution *e) {
    size_t n = 0;
    for (size_t s = 0; s < e->n_starts; s++)
        n += e->starts[s].alive;
    return n;
}

static void give_up_the_worst(evolution *e) {
    size_t worst = e->n_starts;
    for (size_t s = 0; s < e->n_starts; s++)
        if (e->starts[s].alive &&
            (worst == e->n_starts || e->starts[s].value <= e->starts[worst].value))
            worst = s;
    e->starts[worst].alive = false;
}

/* The next that lives; behind the last one, a round is over. */
static void next_turn(evolution *e) {
    size_t turn = (size_t)e->course.turn + 1;
    while (turn < e->n_starts && !e->starts[turn].alive)
        turn++;
    if (turn == e->n_starts) {
        for (size_t left = (alive(e) + 1) / 2; alive(e) > left;)
            give_up_the_worst(e);
        for (turn = 0; !e->starts[turn].alive;)
            turn++;
        e->course.length *= 2;
    }
    e->course.turn = (double)turn;
    e->course.done = 0;
}

/* The last start alone has looked. */
static void go_on(evolution *e, bool better) {
    const wn_tune_settings *s = &e->t->settings;
    e->course.idle = better ? 0 : e->course.idle + 1;
    if (!better && WN_TUNE(s, retrain) != 0)
        wn_optimizer_move(whose_turn(e)->optimizer, e->t->best);
    if (e->course.idle >= WN_TUNE(s, look_patience) && 2 * e->course.episodes <= WN_TUNE(s, most_episodes)) {
        e->course.episodes *= 2;
        e->course.idle = 0;
    }
}

static wann_status follow_course(evolution *e, wann_diag *diag) {
    const bool alone = alive(e) == 1;
    const double length = alone ? WN_TUNE(&e->t->settings, eval_steps) : e->course.length;
    bool better;
    if (++e->course.done < length)
        return WANN_OK;
    WN_TRY(look(e, whose_turn(e), &better, diag));
    e->course.done = 0;
    if (alone)
        go_on(e, better);
    else
        next_turn(e);
    return WANN_OK;
}

static wann_status advance(evolution *e, bool *over, wann_diag *diag) {
    wn_tuning *t = e->t;
    int done = 0;
    WN_TRY(try_candidates(e, &done, diag));
    if (!done) {
        *over = t->stopped = true;
        return save(e, true, diag);
    }
    wn_optimizer_tell(whose_turn(e)->optimizer, e->reward);
    t->generation++;
    WN_TRY(follow_course(e, diag));
    report(e);
    *over = t->generation >= WN_TUNE(&t->settings, maxGen) || wn_tuning_is_over(t);
    return save(e, *over, diag);
}

/* The last look comes behind the last checkpoint, which a run of more generations must not see. */
static wann_status evolve(evolution *e, wann_diag *diag) {
    wn_tuning *t = e->t;
    bool better;
    if (t->options->resume)
        WN_TRY(load(e, diag));
    else
        WN_TRY(look(e, &e->starts[0], &better, diag)); /* the start may be best */
    bool over = t->generation >= WN_TUNE(&t->settings, maxGen);
    while (!over)
        WN_TRY(advance(e, &over, diag));
    return e->course.done > 0 ? look(e, whose_turn(e), &better, diag) : WANN_OK;
}

wann_status wn_tune_evolve(wn_tuning *t, wann_diag *diag) {
    evolution e = {0};
    wann_status status = open_evolution(&e, t, diag);
    if (status == WANN_OK)
        status = evolve(&e, diag);
    close_evolution(&e);
    return status;
}
