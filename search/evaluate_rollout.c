/* Scores networks in worlds that have lanes: all weights and episodes of a network advance
 * together, network and worlds alike, in single precision. */
#include <math.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/units.h"
#include "search/evaluate.h"
#include "wann/run.h"

/* Episodes that a worker has under way: the six weights of a search on ten episodes. What ends
 * makes room for the next, and what is left moves together, so that whole vectors fall away. */
enum { MOST_LANES = 64, VECTOR = 16 };

/* What the lanes of a worker add up. Arrays of one struct, which compilers know to be apart. */
typedef struct tally {
    double total[MOST_LANES];
    float reward[MOST_LANES]; /* of the last step */
    unsigned char over[MOST_LANES];
    uint32_t end[MOST_LANES];     /* after this step of the worker the episode's time is up */
    uint32_t episode[MOST_LANES]; /* weight * seeds + seed */
} tally;

/* A network in the form that plans are made of. */
typedef struct view {
    wn_net net;
    void *memory;
    size_t size;
} view;

/* What one thread works with. */
typedef struct worker {
    void *worlds;
    tally tally;
    double *total; /* [n_totals] rewards of a network's episodes */
    size_t n_totals;
    view view;
    wn_effort effort;
} worker;

typedef struct rollout {
    const wann_env_type *type;
    wn_pool *pool;
    size_t n_workers;
    worker *workers;
    wn_unit unit;
    const wn_trial *trial; /* of the run under way */
    double *reward;
} rollout;

static bool suits(const wann_env_type *type) {
    return type->lanes_f32 != NULL;
}

static void destroy(void *self) {
    rollout *r = self;
    for (size_t i = 0; i < r->n_workers; i++) {
        if (r->workers[i].worlds)
            r->type->lanes_f32->destroy(r->workers[i].worlds);
        wn_free(r->workers[i].total);
        wn_free(r->workers[i].view.memory);
    }
    wn_free(r->workers);
    wn_free(r);
}

static wann_status open_worker(const rollout *r, wann_task *task, worker *w, wann_diag *diag) {
    wann_env_error error = {0};
    const int answer =
        r->type->lanes_f32->create(wann_task_options(task), MOST_LANES, &w->worlds, &error);
    if (answer == 0)
        return WANN_OK;
    w->worlds = NULL;
    error.text[sizeof error.text - 1] = '\0';
    const bool known = answer > WANN_OK && answer <= WANN_INTERNAL;
    return wn_fail(diag, known ? (wann_status)answer : WANN_INPUT, NULL, 0, 0, "task %s: %s",
                   r->type->name, error.text);
}

static wann_status create(wann_task *task, wn_pool *pool, void **self, wann_diag *diag) {
    rollout *r = wn_calloc(1, sizeof *r);
    if (!r)
        return wn_fail_memory(diag);
    r->type = wann_task_type(task);
    r->pool = pool;
    r->unit = wn_unit_best();
    r->workers = wn_calloc(wn_pool_workers(pool), sizeof *r->workers);
    wann_status status = r->workers ? WANN_OK : wn_fail_memory(diag);
    while (status == WANN_OK && r->n_workers < wn_pool_workers(pool))
        status = open_worker(r, task, &r->workers[r->n_workers++], diag);
    if (status != WANN_OK)
        destroy(r);
    else
        *self = r;
    return status;
}

/* Adds the rewards of a step; whether any of n lanes needs a closer look: its episode is over, or
 * its network's outputs are not finite. */
WN_ALONG bool add_rewards(tally *t, const float *action, size_t actions, size_t stride, size_t n) {
    uint32_t look = 0;
    for (size_t l = 0; l < n; l++)
        t->total[l] += (double)t->reward[l];
    for (size_t l = 0; l < n; l++)
        look |= t->over[l];
    for (size_t k = 0; k < actions; k++)
        for (size_t l = 0; l < n; l++)
            look |= !(fabsf(action[k * stride + l]) <= 3.40282347e38f);
    return look != 0;
}

#define X(unit, attributes, present)                                                               \
    attributes static bool add_rewards_##unit(tally *t, const float *action, size_t actions,       \
                                              size_t stride, size_t n) {                           \
        return add_rewards(t, action, actions, stride, n);                                         \
    }
WN_VECTOR_UNITS(X)
#undef X

static bool (*const add_rewards_on[])(tally *, const float *, size_t, size_t, size_t) = {
#define X(unit, attributes, present) add_rewards_##unit,
    WN_VECTOR_UNITS(X)
#undef X
};

/* A network whose sums leave the range of numbers gives up the episode: the worst reward. */
static bool gives_up(const float *action, size_t actions, size_t stride, size_t lane) {
    for (size_t k = 0; k < actions; k++)
        if (!isfinite(action[k * stride + lane]))
            return true;
    return false;
}

/* One network's episodes under way. */
typedef struct stage {
    const rollout *r;
    worker *w;
    const wann_env_lanes_f32 *table;
    wann_lanes *lanes;
    wann_lanes_block block;
    size_t episodes; /* of all weights */
    size_t next;     /* that has not begun */
    size_t n;        /* lanes in use */
    uint32_t now;    /* steps that have been made */
} stage;

static size_t whole(size_t n) {
    return (n + VECTOR - 1) / VECTOR * VECTOR;
}

static uint32_t longest(const rollout *r) {
    if (r->trial->steps)
        return r->trial->steps;
    return r->type->search_steps ? r->type->search_steps : r->type->steps;
}

static void begin(stage *s, size_t lane) {
    const wn_trial *trial = s->r->trial;
    tally *t = &s->w->tally;
    const size_t episode = s->next++;
    t->episode[lane] = (uint32_t)episode;
    t->total[lane] = 0;
    t->end[lane] = s->now + longest(s->r);
    if (trial->n_weights > 0)
        s->block.weight[lane] = (float)trial->weight[episode / trial->n_seeds];
    s->table->reset(s->w->worlds, lane, trial->seed[episode % trial->n_seeds], s->block.in,
                    s->block.stride);
}

/* Lane `from` takes the place of lane `to`. */
static void move(stage *s, size_t to, size_t from) {
    tally *t = &s->w->tally;
    if (to == from)
        return;
    t->episode[to] = t->episode[from];
    t->total[to] = t->total[from];
    t->end[to] = t->end[from];
    s->block.weight[to] = s->block.weight[from];
    for (size_t i = 0; i < s->r->type->observations; i++)
        s->block.in[i * s->block.stride + to] = s->block.in[i * s->block.stride + from];
    s->table->copy(s->w->worlds, to, from);
}

/* Ends what is over, begins what waits. From the last lane down, so that what moves has been seen.
 */
static void close_lanes(stage *s) {
    tally *t = &s->w->tally;
    const size_t actions = s->r->type->actions;
    for (size_t l = s->n; l-- > 0;) {
        const bool bad = gives_up(s->block.out, actions, s->block.stride, l);
        if (!bad && !t->over[l] && s->now < t->end[l])
            continue;
        s->w->total[t->episode[l]] = bad ? WN_WORST_REWARD : t->total[l];
        if (s->next < s->episodes)
            begin(s, l);
        else
            move(s, l, --s->n);
    }
}

static uint32_t first_end(const stage *s) {
    uint32_t first = UINT32_MAX;
    for (size_t l = 0; l < s->n; l++)
        if (s->w->tally.end[l] < first)
            first = s->w->tally.end[l];
    return first;
}

static void play(stage *s) {
    tally *t = &s->w->tally;
    const size_t actions = s->r->type->actions, stride = s->block.stride;
    while (s->n < MOST_LANES && s->next < s->episodes)
        begin(s, s->n++);
    /* Whole vectors are stepped, of worlds that have begun all. */
    for (size_t l = s->n; l < whole(s->n); l++)
        s->table->reset(s->w->worlds, l, s->r->trial->seed[0], s->block.in, stride);
    for (uint32_t end = first_end(s); s->n > 0;) {
        const size_t n = whole(s->n);
        wann_lanes_run_block_f32(s->lanes, n);
        s->table->step(s->w->worlds, n, s->block.out, s->block.in, stride, t->reward, t->over);
        s->now++;
        s->w->effort.steps += s->n;
        s->w->effort.slots += n;
        if (!add_rewards_on[s->r->unit](t, s->block.out, actions, stride, s->n) && s->now < end)
            continue;
        close_lanes(s);
        end = first_end(s);
    }
}

/* The arrays of a view, one after the other. */
static wann_status fit_view(view *v, const wn_phenotype *p, wann_diag *diag) {
    wn_net *net = &v->net;
    const size_t nodes = 1 + (size_t)p->inputs + p->computed;
    const size_t size = (nodes + 1 + p->inputs) * sizeof(uint32_t) + 2 * nodes;
    if (size > v->size) {
        void *memory = wn_realloc(v->memory, 2 * size);
        if (!memory)
            return wn_fail_memory(diag);
        v->memory = memory;
        v->size = 2 * size;
    }
    net->first_conn = v->memory;
    net->input = net->first_conn + nodes + 1;
    net->role = (uint8_t *)(net->input + p->inputs);
    net->activation = net->role + nodes;
    return WANN_OK;
}

/* The phenotype as a network, without names. */
static wann_status look_at(view *v, const wn_phenotype *p, wann_diag *diag) {
    WN_TRY(fit_view(v, p, diag));
    wn_net *net = &v->net;
    const uint32_t sources = 1 + p->inputs;
    net->n_nodes = sources + p->computed;
    net->n_conns = p->n_conns;
    net->source = (uint32_t *)(uintptr_t)p->source; /* a plan only reads */
    net->n_inputs = p->inputs;
    net->n_outputs = p->outputs;
    net->output = (uint32_t *)(uintptr_t)p->output;
    memset(net->first_conn, 0, sources * sizeof *net->first_conn);
    memcpy(net->first_conn + sources, p->first, (p->computed + 1) * sizeof *net->first_conn);
    memset(net->role, WANN_INPUT_NODE, sources);
    memset(net->role + sources, WANN_HIDDEN, p->computed);
    memset(net->activation, WANN_ACT_LINEAR, sources);
    memcpy(net->activation + sources, p->activation, p->computed);
    net->role[0] = WANN_BIAS;
    for (uint32_t i = 0; i < p->inputs; i++)
        net->input[i] = 1 + i;
    for (uint32_t o = 0; o < p->outputs; o++)
        net->role[p->output[o]] = WANN_OUTPUT_NODE;
    return WANN_OK;
}

static wann_status fit_totals(worker *w, size_t n, wann_diag *diag) {
    if (n <= w->n_totals)
        return WANN_OK;
    double *total = wn_realloc(w->total, n * sizeof *total);
    if (!total)
        return wn_fail_memory(diag);
    w->total = total;
    w->n_totals = n;
    return WANN_OK;
}

/* The mean of a weight's episodes. */
static double mean_reward(const double *total, size_t n) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += total[i];
    const double mean = sum / (double)n;
    return isfinite(mean) ? mean : WN_WORST_REWARD;
}

/* One piece of work: one network. */
static wann_status piece(void *context, size_t thread, size_t item, wann_diag *diag) {
    const rollout *r = context;
    const wn_trial *trial = r->trial;
    const wn_phenotype *phenotype = trial->net[item];
    const size_t rewards = wn_trial_rewards(trial);
    const wann_lanes_options options = {.math = WANN_LANES_SHORT, .block = MOST_LANES};
    stage s = {.r = r,
               .w = &r->workers[thread],
               .table = r->type->lanes_f32,
               .episodes = rewards * trial->n_seeds};
    WN_TRY(fit_totals(s.w, s.episodes, diag));
    WN_TRY(look_at(&s.w->view, phenotype, diag));
    WN_TRY(wann_lanes_create_with(&s.w->view.net, &options, &s.lanes, diag));
    s.block = wann_lanes_block_f32(s.lanes);
    wann_lanes_weigh_f32(s.lanes,
                         (wann_weights){1, trial->n_weights > 0 ? NULL : phenotype->weight});
    play(&s);
    wann_lanes_destroy(s.lanes);
    for (size_t i = 0; i < rewards; i++)
        r->reward[item * rewards + i] =
            mean_reward(s.w->total + i * trial->n_seeds, trial->n_seeds);
    return WANN_OK;
}

static wann_status run(void *self, const wn_trial *trial, double *reward, wn_effort *effort,
                       const volatile sig_atomic_t *stop, int *done, wann_diag *diag) {
    rollout *r = self;
    r->trial = trial;
    r->reward = reward;
    const wann_status status = wn_pool_run(r->pool, trial->n, piece, r, stop, done, diag);
    for (size_t i = 0; i < r->n_workers; i++) {
        effort->steps += r->workers[i].effort.steps;
        effort->slots += r->workers[i].effort.slots;
        r->workers[i].effort = (wn_effort){0};
    }
    return status;
}

const wn_evaluator_type wn_evaluator_rollout = {"rollout", WN_SPLIT_NETWORKS, suits,
                                                create,    destroy,           run};
