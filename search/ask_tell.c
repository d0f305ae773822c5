/* The search step by step: networks are asked for, and whoever asked tells how good they were. */
#include <math.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "search/evolution.h"
#include "wann/search.h"

struct wann_search {
    wn_evolution evolution;
    wn_pool *pool;
    wn_arena names;
    const char **input_names, **output_names;
    double *weight; /* [n_weights] */
    size_t n_weights;
    wann_net **net; /* [n] of this generation, once asked for */
    wann_net *best;
    double best_reward;
};

/* Names are the caller's; a copy lasts as long as the search. */
static bool copy_names(wann_search *s, const char *const *names, size_t n, const char ***copy) {
    if (!names)
        return true;
    *copy = WN_NEW(&s->names, const char *, n);
    bool good = *copy != NULL;
    for (size_t i = 0; good && i < n; i++)
        good = ((*copy)[i] = wn_arena_copy(&s->names, names[i], strlen(names[i]))) != NULL;
    return good;
}

static wann_status settle(const wann_search_options *options, wn_hyper *hyper, wann_diag *diag) {
    wn_hyper asked = wn_hyper_defaults(WN_WANN);
    for (int pass = 0; pass < 2; pass++) { /* the algorithm first: it decides on the defaults */
        if (options->settings_file)
            WN_TRY(wn_hyper_read(&asked, options->settings_file, diag));
        for (const char *const *one = options->settings; one && *one; one++)
            WN_TRY(wn_hyper_assign(&asked, *one, diag));
        *hyper = asked;
        asked = wn_hyper_defaults((wn_algorithm)WN_HYPER(&asked, algorithm));
    }
    return wn_hyper_check(hyper, diag);
}

static wann_status fill(wann_search *s, const wann_search_options *options, wann_diag *diag) {
    const wn_shape shape = {(uint32_t)options->inputs, (uint32_t)options->outputs};
    wn_hyper hyper;
    WN_TRY(settle(options, &hyper, diag));
    if (!copy_names(s, options->input_names, options->inputs, &s->input_names) ||
        !copy_names(s, options->output_names, options->outputs, &s->output_names))
        return wn_fail_memory(diag);
    s->n_weights = wn_hyper_weights(&hyper, NULL);
    s->weight = wn_calloc(s->n_weights + 1, sizeof *s->weight);
    s->net = wn_calloc(WN_HYPER_COUNT(&hyper, popSize), sizeof(wann_net *));
    if (!s->weight || !s->net)
        return wn_fail_memory(diag);
    wn_hyper_weights(&hyper, s->weight);
    WN_TRY(wn_pool_create(1, &s->pool, diag));
    return wn_evolution_begin(&s->evolution, &hyper, shape, options->hidden_activations,
                              options->seed, s->pool, diag);
}

wann_status wann_search_create(const wann_search_options *options, wann_search **search,
                               wann_diag *diag) {
    enum { MOST_SIDE = 100000, MOST_GENES = 1000000 };
    *search = NULL;
    if (options->inputs == 0 || options->outputs == 0 || options->inputs > MOST_SIDE ||
        options->outputs > MOST_SIDE || (options->inputs + 1) * options->outputs > MOST_GENES)
        return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0,
                       "%zu inputs and %zu outputs; expected at least one of each, and at most "
                       "%d connections between them",
                       options->inputs, options->outputs, MOST_GENES);
    wann_search *s = wn_calloc(1, sizeof *s);
    if (!s)
        return wn_fail_memory(diag);
    const wann_status status = fill(s, options, diag);
    if (status != WANN_OK)
        wann_search_destroy(s);
    else
        *search = s;
    return status;
}

static void drop_nets(wann_search *s) {
    for (uint32_t i = 0; s->net && i < s->evolution.n; i++) {
        wann_net_destroy(s->net[i]);
        s->net[i] = NULL;
    }
}

void wann_search_destroy(wann_search *s) {
    if (!s)
        return;
    drop_nets(s);
    wn_free(s->net);
    wn_free(s->weight);
    wann_net_destroy(s->best);
    wn_evolution_free(&s->evolution);
    wn_pool_destroy(s->pool);
    wn_arena_free(&s->names);
    wn_free(s);
}

const double *wann_search_weights(const wann_search *search, size_t *n) {
    *n = search->n_weights;
    return search->weight;
}

uint32_t wann_search_generation(const wann_search *search) {
    return wn_evolution_done(&search->evolution);
}

wann_status wann_search_ask(wann_search *s, const wann_net *const **nets, size_t *n,
                            wann_diag *diag) {
    wn_evolution *e = &s->evolution;
    *nets = NULL;
    *n = 0;
    if (e->told)
        WN_TRY(wn_evolution_breed(e, diag));
    const wn_labels labels = {
        .name = "candidate", .input = s->input_names, .output = s->output_names};
    for (uint32_t i = 0; i < e->n; i++)
        if (!s->net[i])
            WN_TRY(wn_phenotype_net(e->population[i].phenotype, &labels, &s->net[i], diag));
    *nets = (const wann_net *const *)s->net;
    *n = e->n;
    return WANN_OK;
}

wann_status wann_search_tell(wann_search *s, const double *reward, wann_diag *diag) {
    wn_evolution *e = &s->evolution;
    const size_t rewards = s->n_weights ? s->n_weights : 1;
    if (e->told || !s->net[e->n - 1])
        return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0, "rewards were told that nobody asked for");
    for (size_t i = 0; i < e->n * rewards; i++)
        if (!isfinite(reward[i]))
            return wn_fail(diag, WANN_INPUT, NULL, 0, 0, "reward %zu of network %zu is not finite",
                           i % rewards, i / rewards);
    wn_evolution_tell(e, reward, (uint32_t)rewards);
    for (uint32_t i = 0; i < e->n; i++)
        if (!s->best || e->population[i].fitness > s->best_reward) {
            wann_net_destroy(s->best);
            s->best = s->net[i];
            s->net[i] = NULL;
            s->best_reward = e->population[i].fitness;
        }
    drop_nets(s);
    return WANN_OK;
}

const wann_net *wann_search_best(const wann_search *search, double *reward) {
    if (reward)
        *reward = search->best_reward;
    return search->best;
}
