/* A trial shared out among processes: networks travel there, rewards come back.
 *
 * Pieces are the areas of a grid of networks and weights. A row of it is one network, or, where
 * networks are cheaper together, all of them (some, if there are more processes than weights). */
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "search/evaluate.h"
#include "search/ranks.h"

typedef struct sharing {
    const wn_evaluator_type *type;
    void *self;
    const wn_trial *trial;
    size_t rows, columns; /* columns is 1 where weights stay together */
    double *reward;
    wn_effort *effort;
    wn_buf bytes;  /* all networks, as they travel */
    size_t *at;    /* [n + 1] where each starts in bytes */
    double *block; /* [n][rewards] rewards of an area, on their way to their places */
} sharing;

typedef struct area {
    size_t net, nets;
    size_t weight, weights;
} area;

static area area_of(const sharing *s, size_t first, size_t count) {
    const size_t n = s->trial->n, row = first / s->columns, rows = count / s->columns;
    const bool whole = count % s->columns == 0 && first % s->columns == 0;
    const size_t net = row * n / s->rows, end = (row + (whole ? rows : 1)) * n / s->rows;
    if (whole)
        return (area){net, end - net, 0, wn_trial_rewards(s->trial)};
    return (area){net, end - net, first % s->columns, count};
}

/* ---- rank 0 ---- */

static void put(void *context, size_t first, size_t count, wn_buf *out) {
    const sharing *s = context;
    const wn_trial *t = s->trial;
    const area a = area_of(s, first, count);
    wn_put_number(out, t->n_weights > 0 ? a.weights : 0);
    for (size_t w = 0; t->n_weights > 0 && w < a.weights; w++)
        wn_put_double(out, t->weight[a.weight + w]);
    wn_put_number(out, t->n_seeds);
    for (size_t i = 0; i < t->n_seeds; i++)
        wn_put_number(out, t->seed[i]);
    wn_put_number(out, t->steps);
    wn_put_number(out, t->batch);
    wn_put_number(out, t->net[0]->inputs);
    wn_put_number(out, t->net[0]->outputs);
    wn_put_number(out, t->net[0]->weight != NULL);
    wn_put_number(out, a.nets);
    wn_buf_bytes(out, s->bytes.data + s->at[a.net], s->at[a.net + a.nets] - s->at[a.net]);
}

/* Rewards of an area from row-major [nets][weights] to where they belong. */
static void place(const sharing *s, area a) {
    const size_t rewards = wn_trial_rewards(s->trial);
    for (size_t i = 0; i < a.nets; i++)
        memcpy(s->reward + (a.net + i) * rewards + a.weight, s->block + i * a.weights,
               a.weights * sizeof *s->block);
}

static wann_status take(void *context, size_t first, size_t count, wn_reader *answer,
                        wann_diag *diag) {
    sharing *s = context;
    const area a = area_of(s, first, count);
    for (size_t i = 0; i < a.nets * a.weights; i++)
        s->block[i] = wn_get_double(answer);
    s->effort->steps += wn_get_number(answer);
    s->effort->slots += wn_get_number(answer);
    if (answer->bad || answer->at != answer->size)
        return wn_fail(diag, WANN_INTERNAL, NULL, 0, 0, "rewards of another rank make no sense");
    place(s, a);
    return WANN_OK;
}

static wann_status here(void *context, size_t first, size_t count,
                        const volatile sig_atomic_t *stop, int *done, wann_diag *diag) {
    sharing *s = context;
    const area a = area_of(s, first, count);
    wn_trial part = *s->trial;
    part.net += a.net;
    part.n = a.nets;
    if (part.n_weights > 0) {
        part.weight += a.weight;
        part.n_weights = a.weights;
    }
    WN_TRY(s->type->run(s->self, &part, s->block, s->effort, stop, done, diag));
    if (*done)
        place(s, a);
    return WANN_OK;
}

static wann_status write_networks(sharing *s, wann_diag *diag) {
    const wn_trial *t = s->trial;
    s->at = wn_calloc(t->n + 1, sizeof *s->at);
    s->block = wn_calloc(t->n * wn_trial_rewards(t), sizeof *s->block);
    for (size_t i = 0; s->at && i < t->n; i++) {
        wn_put_network(&s->bytes, t->net[i]);
        s->at[i + 1] = s->bytes.length;
    }
    return s->at && s->block && !s->bytes.failed ? WANN_OK : wn_fail_memory(diag);
}

static void lay_out(sharing *s, size_t ranks) {
    const wn_trial *t = s->trial;
    const bool together = s->type->split == WN_SPLIT_WEIGHTS && t->n_weights > 1;
    s->columns = s->type->split == WN_SPLIT_NETWORKS || t->n_weights < 2 ? 1 : t->n_weights;
    s->rows = together ? (ranks + s->columns - 1) / s->columns : t->n;
    s->rows = s->rows < t->n ? s->rows : t->n;
}

wann_status wn_evaluate_on_ranks(wann_ranks *ranks, const wn_evaluator_type *type, void *self,
                                 size_t threads, const wn_trial *trial, double *reward,
                                 wn_effort *effort, const volatile sig_atomic_t *stop, int *done,
                                 wann_diag *diag) {
    sharing s = {.type = type, .self = self, .trial = trial, .reward = reward, .effort = effort};
    int all = 0;
    lay_out(&s, wann_ranks_count(ranks));
    if (s.rows * s.columns < 2)
        return type->run(self, trial, reward, effort, stop, done, diag);
    const wn_work work = {.n = s.rows * s.columns,
                          .row = s.columns,
                          .least = threads,
                          .even = type->split == WN_SPLIT_WEIGHTS,
                          .context = &s,
                          .put = put,
                          .take = take,
                          .here = here};
    wann_status status = write_networks(&s, diag);
    if (status == WANN_OK)
        status = wn_ranks_run(ranks, &work, stop, &all, diag);
    if (done)
        *done = all;
    wn_buf_free(&s.bytes);
    wn_free(s.at);
    wn_free(s.block);
    return status;
}

wann_status wn_evaluate_begin(wann_ranks *ranks, const wn_evaluator_type *type, wann_task *task,
                              size_t threads, wann_diag *diag) {
    const char *const *options = wann_task_options(task);
    wn_buf setup = {0};
    size_t n = 0;
    while (options[n])
        n++;
    wn_put_text(&setup, wann_task_name(task));
    wn_put_text(&setup, type->name);
    wn_put_number(&setup, n);
    for (size_t i = 0; i < n; i++)
        wn_put_text(&setup, options[i]);
    const wann_status status =
        setup.failed ? wn_fail_memory(diag)
                     : wn_ranks_begin(ranks, &wn_work_evaluate, threads, &setup, diag);
    wn_buf_free(&setup);
    return status;
}

/* ---- the others ---- */

typedef struct worker {
    wann_task *task;
    wn_evaluator *evaluator;
    /* Of the chunk under way. */
    wn_phenotype **net; /* [n] */
    size_t n;
    double *weight; /* [n_weights] */
    uint64_t *seed; /* [n_seeds] */
    double *reward;
} worker;

static void close_worker(void *self) {
    worker *w = self;
    wn_evaluator_destroy(w->evaluator);
    wann_task_close(w->task);
    wn_free(w);
}

static wann_status open_task(wn_reader *setup, wn_pool *pool, worker *w, wann_diag *diag) {
    const char *task = wn_get_text(setup), *evaluator = wn_get_text(setup);
    const uint64_t n = wn_get_number(setup);
    if (setup->bad || n > setup->size)
        return wn_fail(diag, WANN_INTERNAL, NULL, 0, 0, "a message from rank 0 makes no sense");
    const char **options = wn_calloc(n + 1, sizeof *options);
    if (!options)
        return wn_fail_memory(diag);
    for (uint64_t i = 0; i < n; i++)
        options[i] = wn_get_text(setup);
    wann_status status = wann_task_open(task, options, &w->task, diag);
    if (status == WANN_OK)
        status = wn_evaluator_create(w->task, pool, evaluator, &w->evaluator, diag);
    wn_free(options);
    return status;
}

static wann_status open_worker(wn_reader *setup, wn_pool *pool, void **self, wann_diag *diag) {
    worker *w = wn_calloc(1, sizeof *w);
    if (!w)
        return wn_fail_memory(diag);
    const wann_status status = open_task(setup, pool, w, diag);
    if (status != WANN_OK)
        close_worker(w);
    else
        *self = w;
    return status;
}

/* What put has written, but for the networks. */
static wann_status get_trial(worker *w, wn_reader *in, wn_trial *t, wann_diag *diag) {
    t->n_weights = wn_get_number(in);
    w->weight =
        in->bad || t->n_weights > in->size ? NULL : wn_calloc(t->n_weights + 1, sizeof *w->weight);
    for (size_t i = 0; w->weight && i < t->n_weights; i++)
        w->weight[i] = wn_get_double(in);
    t->n_seeds = wn_get_number(in);
    w->seed = in->bad || t->n_seeds > in->size ? NULL : wn_calloc(t->n_seeds + 1, sizeof *w->seed);
    for (size_t i = 0; w->seed && i < t->n_seeds; i++)
        w->seed[i] = wn_get_number(in);
    t->steps = (uint32_t)wn_get_number(in);
    t->batch = (uint32_t)wn_get_number(in);
    t->weight = w->weight;
    t->seed = w->seed;
    return w->weight && w->seed ? WANN_OK : wn_fail_memory(diag);
}

static wann_status get_networks(worker *w, wn_reader *in, wn_trial *t, wann_diag *diag) {
    const wann_env_type *type = wann_task_type(w->task);
    const uint64_t inputs = wn_get_number(in), outputs = wn_get_number(in);
    const bool weighted = wn_get_number(in) != 0;
    const uint64_t n = wn_get_number(in);
    if (in->bad || n > in->size || inputs != type->observations || outputs != type->actions)
        return wn_fail(diag, WANN_INTERNAL, NULL, 0, 0, "a message from rank 0 makes no sense");
    w->net = wn_calloc(n + 1, sizeof *w->net);
    w->reward = wn_calloc(n * wn_trial_rewards(t) + 1, sizeof *w->reward);
    if (!w->net || !w->reward)
        return wn_fail_memory(diag);
    for (; w->n < n; w->n++)
        WN_TRY(
            wn_get_network(in, (uint32_t)inputs, (uint32_t)outputs, weighted, &w->net[w->n], diag));
    t->net = (const wn_phenotype *const *)w->net;
    t->n = w->n;
    return WANN_OK;
}

static wann_status score(worker *w, wn_reader *in, wn_buf *answer,
                         const volatile sig_atomic_t *stop, int *done, wann_diag *diag) {
    wn_trial trial = {0};
    wn_effort effort = {0};
    WN_TRY(get_trial(w, in, &trial, diag));
    WN_TRY(get_networks(w, in, &trial, diag));
    WN_TRY(wn_evaluator_run(w->evaluator, &trial, w->reward, &effort, stop, done, diag));
    for (size_t i = 0; i < trial.n * wn_trial_rewards(&trial); i++)
        wn_put_double(answer, w->reward[i]);
    wn_put_number(answer, effort.steps);
    wn_put_number(answer, effort.slots);
    return WANN_OK;
}

static wann_status work(void *self, wn_reader *pieces, wn_buf *answer,
                        const volatile sig_atomic_t *stop, int *done, wann_diag *diag) {
    worker *w = self;
    const wann_status status = score(w, pieces, answer, stop, done, diag);
    for (size_t i = 0; i < w->n; i++)
        wn_free(w->net[i]);
    wn_free(w->net);
    wn_free(w->weight);
    wn_free(w->seed);
    wn_free(w->reward);
    w->net = NULL;
    w->n = 0;
    w->weight = w->reward = NULL;
    w->seed = NULL;
    return status;
}

const wn_work_kind wn_work_evaluate = {"evaluate", open_worker, close_worker, work};
