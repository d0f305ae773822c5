/* A whole run: begin or resume, generation after generation, and an end that can be resumed. */
#define _GNU_SOURCE
#include "search/run.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/text.h"
#include "search/ranks.h"

/* However long its generations are, a run is saved after so many seconds. */
static const double SAVE_SECONDS_AT_MOST = 60;
static const uint64_t LARGEST_SEED = (UINT64_C(1) << 53) - 1; /* that every JSON reader keeps */

/* A run and its clock. */
typedef struct driver {
    wn_run run;
    const wann_run_options *options;
    double begun;          /* of the clock */
    double saved;          /* seconds of the run at the last checkpoint */
    uint32_t since_saved;  /* generations */
    uint64_t written_hash; /* of the champion in best.json */
    uint32_t written_start;
    bool stopped;
} driver;

static double clock_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double elapsed(const driver *d) {
    return d->run.seconds_before + clock_seconds() - d->begun;
}

const wn_champion *wn_run_best(const wn_run *run, uint32_t *start) {
    const wn_champion *best = run->retired.genome ? &run->retired : NULL;
    uint32_t number = run->retired_start;
    for (uint32_t s = 0; s < run->n_starts; s++) {
        const wn_champion *champion = &run->start[s]->lineage.champion;
        if (champion->genome && (!best || champion->fitness > best->fitness)) {
            best = champion;
            number = run->start[s]->number;
        }
    }
    if (start)
        *start = number;
    return best;
}

static uint64_t combine(uint64_t digest, const void *bytes, size_t n) {
    const uint64_t pair[2] = {digest, wn_hash(bytes, n)};
    return wn_hash(pair, sizeof pair);
}

uint64_t wn_identity_digest(const wn_identity *identity, double budget) {
    uint64_t digest = combine(0, identity->task, strlen(identity->task));
    for (char **option = identity->options; *option; option++)
        digest = combine(digest, *option, strlen(*option));
    digest = combine(digest, &identity->seed, sizeof identity->seed);
    digest = combine(digest, &budget, sizeof budget);
    wn_hyper hyper = identity->hyper;
    hyper.value[WN_HYPER_maxGen] = hyper.value[WN_HYPER_save_seconds] = 0;
    return combine(digest, hyper.value, sizeof hyper.value);
}

void wn_identity_free(wn_identity *identity) {
    for (char **option = identity->options; option && *option; option++)
        wn_free(*option);
    wn_free(identity->options);
    wn_free(identity->task);
    *identity = (wn_identity){0};
}

static void close_run(wn_run *run) {
    for (uint32_t s = 0; run->start && s < run->n_starts; s++)
        if (run->start[s]) {
            wn_lineage_free(&run->start[s]->lineage);
            wn_free(run->start[s]);
        }
    wn_free(run->start);
    wn_free(run->retired.genome);
    wn_targets_free(&run->targets);
    wn_folder_unlock(run);
    wn_evaluator_destroy(run->evaluator);
    wann_task_close(run->task);
    wn_pool_destroy(run->pool);
    wn_identity_free(&run->identity);
    wn_free(run->folder);
    *run = (wn_run){.lock = -1};
}

static char *copy_text(const char *text) {
    wn_buf copy = {0};
    wn_buf_text(&copy, text);
    return wn_buf_take(&copy);
}

/* The task that is asked for: by name, else by the settings file. */
static wann_status copy_identity(const wann_run_options *options, wn_identity *identity,
                                 wann_diag *diag) {
    size_t n = 0;
    while (options->task_options && options->task_options[n])
        n++;
    const char *task = options->task ? options->task : identity->hyper.task;
    if (!task[0])
        return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0, "no task to search for");
    if (options->seed > LARGEST_SEED)
        return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0, "the seed is 2^53 or more");
    identity->seed = options->seed;
    identity->task = copy_text(task);
    identity->options = wn_calloc(n + 1, sizeof *identity->options);
    bool good = identity->task && identity->options;
    for (size_t i = 0; good && i < n; i++)
        good = (identity->options[i] = copy_text(options->task_options[i])) != NULL;
    return good ? WANN_OK : wn_fail_memory(diag);
}

static wann_status assign_all(wn_hyper *hyper, const char *const *settings, wann_diag *diag) {
    for (; settings && *settings; settings++)
        WN_TRY(wn_hyper_assign(hyper, *settings, diag));
    return WANN_OK;
}

/* The settings that a task suggests, one "key=value" after the other. They are for weight agnostic
 * networks: NEAT has its own. */
static wann_status assign_suggested(wn_hyper *hyper, const char *suggested, wann_diag *diag) {
    while (suggested && *suggested) {
        char word[128];
        const size_t n = strcspn(suggested, " ");
        if (n >= sizeof word)
            return wn_fail(diag, WANN_INPUT, NULL, 0, 0, "a setting of the task is too long");
        snprintf(word, sizeof word, "%.*s", (int)n, suggested);
        if (n > 0)
            WN_TRY(wn_hyper_assign(hyper, word, diag));
        suggested += n + strspn(suggested + n, " ");
    }
    return WANN_OK;
}

/* The published settings are for comparison; with a budget of time it is the result that counts, and
 * what gets there sooner is on (docs/search.md has the figures). Races save batches where one batch
 * is not all samples; there also connections count for more than activations. */
static const char *budget_settings(const wann_env_type *type) {
    return type->samples && type->batch > 0
               ? "prob_crossover=0.5 distinct_children=1 alg_nReps=4 race=0.25 bestReps=8 "
                 "prob_addConn=0.5 prob_mutAct=0.15"
               : "prob_crossover=0.5 distinct_children=1";
}

/* What is asked for holds over the file, the file over what suits a budget, that over the task's
 * suggestion, that over the usual. */
static wann_status settle(const wann_run_options *options, const wann_env_type *type,
                          wn_hyper *hyper, wann_diag *diag) {
    *hyper = wn_hyper_defaults(options->neat ? WN_NEAT : WN_WANN);
    if (!options->neat)
        WN_TRY(assign_suggested(hyper, type->search_settings, diag));
    if (!options->neat && options->budget_seconds > 0)
        WN_TRY(assign_suggested(hyper, budget_settings(type), diag));
    if (options->settings_file)
        WN_TRY(wn_hyper_read(hyper, options->settings_file, diag));
    WN_TRY(assign_all(hyper, options->settings, diag));
    return wn_hyper_check(hyper, diag);
}

/* A folder's settings hold, but for what has no say in what a generation is. */
static wann_status prolong(const wann_run_options *options, wn_hyper *hyper, wann_diag *diag) {
    wn_hyper asked = *hyper;
    WN_TRY(assign_all(&asked, options->settings, diag));
    const wn_hyper wanted = asked;
    asked.value[WN_HYPER_maxGen] = WN_HYPER(hyper, maxGen);
    asked.value[WN_HYPER_save_seconds] = WN_HYPER(hyper, save_seconds);
    if (memcmp(asked.value, hyper->value, sizeof asked.value) != 0)
        return wn_fail(
            diag, WANN_INPUT, options->folder, 0, 0,
            "a run that goes on keeps its settings; only maxGen and save_seconds may change");
    *hyper = wanted;
    return WANN_OK;
}

static wann_status open_identity(driver *d, wann_diag *diag) {
    const wann_run_options *options = d->options;
    wn_run *run = &d->run;
    if (options->resume) {
        if (!options->folder)
            return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0, "no folder to resume from");
        WN_TRY(wn_folder_identity(options->folder, &run->identity, &run->budget, diag));
        return prolong(options, &run->identity.hyper, diag);
    }
    if (!options->task && options->settings_file) { /* the file may name the task */
        run->identity.hyper = wn_hyper_defaults(WN_WANN);
        WN_TRY(wn_hyper_read(&run->identity.hyper, options->settings_file, diag));
    }
    run->budget = options->budget_seconds;
    return copy_identity(options, &run->identity, diag);
}

static wann_status check_type(const wann_env_type *type, const char *task, wann_diag *diag) {
    const size_t most = 100000; /* inputs x outputs genes are in every genome */
    if (type->observations > 0 && type->actions > 0 && type->observations < most &&
        type->actions < most && (type->observations + 1) * type->actions < 10 * most)
        return WANN_OK;
    return wn_fail(diag, WANN_UNSUPPORTED, NULL, 0, 0,
                   "task '%s' has %zu inputs and %zu outputs, which no search can do", task,
                   type->observations, type->actions);
}

enum { MOST_SEARCH_OPTIONS = 16 };

/* The options of a search's tasks: those that the task's table suggests, then those it was given,
 * which hold over them. *list ends with NULL; it and *words, to which it refers, are to be freed. */
static wann_status list_options(const char *suggested, char *const *given, char **words,
                                const char ***list, wann_diag *diag) {
    size_t n = 0, used = 0;
    while (given[n])
        n++;
    *words = copy_text(suggested);
    *list = wn_calloc(MOST_SEARCH_OPTIONS + n + 1, sizeof **list);
    if (!*words || !*list)
        return wn_fail_memory(diag);
    for (char *rest = *words, *word; (word = strsep(&rest, " ")) && used < MOST_SEARCH_OPTIONS;)
        if (*word)
            (*list)[used++] = word;
    for (size_t i = 0; i < n; i++)
        (*list)[used++] = given[i];
    return WANN_OK;
}

/* The task with the options that it suggests for searches, which the run's own options leave out:
 * nobody else who scores the run's networks shall use them. */
static wann_status open_task(wn_run *run, wann_diag *diag) {
    const char *const *given = (const char *const *)run->identity.options;
    WN_TRY(wann_task_open(run->identity.task, given, &run->task, diag));
    const char *suggested = wann_task_type(run->task)->search_options;
    if (!suggested)
        return WANN_OK;
    char *words = NULL;
    const char **list = NULL;
    wann_status status = list_options(suggested, run->identity.options, &words, &list, diag);
    if (status == WANN_OK) {
        wann_task_close(run->task);
        status = wann_task_open(run->identity.task, list, &run->task, diag);
    }
    wn_free(words);
    wn_free(list);
    return status;
}

static wann_status open_run(driver *d, wann_diag *diag) {
    const wann_run_options *options = d->options;
    wn_run *run = &d->run;
    WN_TRY(open_identity(d, diag));
    WN_TRY(open_task(run, diag));
    WN_TRY(check_type(wann_task_type(run->task), run->identity.task, diag));
    if (!options->resume)
        WN_TRY(settle(options, wann_task_type(run->task), &run->identity.hyper, diag));
    if (options->folder && !(run->folder = copy_text(options->folder)))
        return wn_fail_memory(diag);
    WN_TRY(wn_pool_create(options->threads ? options->threads : 1, &run->pool, diag));
    WN_TRY(wn_evaluator_create(run->task, run->pool, NULL, &run->evaluator, diag));
    WN_TRY(wn_evaluator_share(run->evaluator, options->ranks, diag));
    run->assessor = (wn_assessor){.evaluator = run->evaluator,
                                  .stop = options->stop,
                                  .batch = WN_HYPER_COUNT(&run->identity.hyper, alg_batch)};
    if (!run->folder)
        return WANN_OK;
    if (!options->resume)
        return wn_folder_begin(run, diag);
    WN_TRY(wn_folder_lock(run, diag));
    bool saved;
    WN_TRY(wn_checkpoint_read(run, &saved, diag));
    return saved ? wn_folder_rewind(run, diag) : wn_folder_restart(run, diag);
}

static wann_status save(driver *d, wann_diag *diag) {
    if (!d->run.folder || d->run.n_starts == 0)
        return WANN_OK;
    d->saved = elapsed(d);
    d->since_saved = 0;
    WN_TRY(wn_folder_sync(&d->run, diag));
    return wn_checkpoint_write(&d->run, d->saved, diag);
}

static bool time_to_save(const driver *d, double now) {
    return (d->since_saved >= WN_HYPER(&d->run.identity.hyper, save_mod) &&
            now - d->saved >= WN_HYPER(&d->run.identity.hyper, save_seconds)) ||
           now - d->saved >= SAVE_SECONDS_AT_MOST;
}

/* The files that a generation changes. */
static wann_status write_generation(driver *d, const wn_start *start, const wn_generation_log *log,
                                    double now, wann_diag *diag) {
    wn_run *run = &d->run;
    if (!run->folder)
        return WANN_OK;
    uint32_t number;
    const wn_champion *best = wn_run_best(run, &number);
    WN_TRY(wn_folder_log(run, start->number, log, now, diag));
    if (log->generation % WN_HYPER_COUNT(&run->identity.hyper, save_mod) == 0)
        WN_TRY(wn_folder_fronts(run, start->number, &start->lineage.evolution, diag));
    if (best && (best->hash != d->written_hash || number != d->written_start)) {
        d->written_hash = best->hash;
        d->written_start = number;
        WN_TRY(wn_folder_best(run, diag));
    }
    return time_to_save(d, now) ? save(d, diag) : WANN_OK;
}

/* Time goes by generations of growing cost: what is left, at the pace of the last ones. */
static double remaining(const driver *d, const wn_start *start, double now, double pace) {
    if (d->run.budget > 0)
        return d->run.budget > now ? d->run.budget - now : 0;
    const double left =
        WN_HYPER(&d->run.identity.hyper, maxGen) - wn_evolution_done(&start->lineage.evolution);
    return left > 0 ? left * pace : 0;
}

static void report(const driver *d, const wn_start *start, const wn_generation_log *log, double now,
                   double pace) {
    const wn_champion *best = wn_run_best(&d->run, NULL);
    const wann_run_progress progress = {.start = start->number,
                                        .generation = log->generation,
                                        .generations =
                                            WN_HYPER_COUNT(&d->run.identity.hyper, maxGen),
                                        .best = log->best,
                                        .mean = log->mean,
                                        .median = log->median,
                                        .peak = log->peak,
                                        .champion = best ? best->fitness : log->best,
                                        .connections = log->connections,
                                        .evaluations = d->run.assessor.evaluations,
                                        .steps = d->run.assessor.effort.steps,
                                        .seconds = now,
                                        .remaining = remaining(d, start, now, pace)};
    if (d->options->progress)
        d->options->progress(d->options->context, &progress);
}

/* A generation that could not be evaluated is given up as if it had not been begun: what came
 * before is saved. Not where memory ran out, as nobody knows how far breeding has come. */
static wann_status rescue(driver *d, wann_status status, wann_diag *diag) {
    if (status == WANN_OK || status == WANN_NO_MEMORY || !d->run.folder ||
        save(d, NULL) != WANN_OK || !diag)
        return status;
    const wann_diag why = *diag;
    return wn_fail(diag, status, why.path[0] ? why.path : NULL, why.line, why.column,
                   "%s; the run is saved up to there: wann search --resume %s", why.text,
                   d->run.folder);
}

/* One generation of a start. *done: 0 if it was stopped, by a signal; that may have come because
 * another rank has died, which is the better thing to say. */
static wann_status step(driver *d, wn_start *start, wn_generation_log *log, int *done,
                        wann_diag *diag) {
    const volatile sig_atomic_t *stop = d->options->stop;
    wann_status status = WANN_OK;
    *done = 0;
    if (!(stop && *stop))
        status = wn_lineage_step(&start->lineage, &d->run.assessor, log, done, diag);
    if (status == WANN_OK && !*done && d->options->ranks)
        status = wn_ranks_check(d->options->ranks, diag);
    return rescue(d, status, diag);
}

static wann_status go_on(driver *d, wann_diag *diag) {
    wn_run *run = &d->run;
    double now = elapsed(d), pace = 0;
    d->saved = now;
    for (;;) {
        wn_start *start;
        wn_generation_log log;
        int done = 0;
        WN_TRY(wn_course_next(run, now, &start, diag));
        if (!start)
            return WANN_OK;
        WN_TRY(step(d, start, &log, &done, diag));
        d->stopped = !done;
        if (!done)
            return WANN_OK;
        run->generations++;
        d->since_saved++;
        const double before = now;
        now = elapsed(d);
        pace = pace > 0 ? 0.95 * pace + 0.05 * (now - before) : now - before;
        WN_TRY(write_generation(d, start, &log, now, diag));
        report(d, start, &log, now, pace);
    }
}

/* The champions of the targets, from all populations that are there. Without a budget they are made
 * anew whenever the run comes to its end, which may be put off: neither what they were before nor
 * what they cost leaves a trace. */
static wann_status settle_targets(driver *d, wann_diag *diag) {
    wn_run *run = &d->run;
    const wn_assessor before = run->assessor;
    wann_status status = WANN_OK;
    int done = 1;
    for (uint32_t s = 0; status == WANN_OK && done && !d->stopped && s < run->n_starts; s++)
        if (run->start[s]->lineage.evolution.told)
            status = wn_targets_contest(&run->targets, &run->start[s]->lineage.evolution,
                                        run->start[s]->number, &run->assessor, NULL, &done, diag);
    if (status == WANN_OK)
        status = wn_folder_targets(run, diag);
    if (run->budget <= 0) {
        wn_targets_free(&run->targets);
        run->assessor = before;
    }
    return status;
}

/* The front of the start that has the champion, or, where that was given up, of the first. */
static wann_status write_end(driver *d, wann_diag *diag) {
    wn_run *run = &d->run;
    if (!run->folder || run->n_starts == 0)
        return WANN_OK;
    if (d->stopped) /* first: who told us to stop may not wait, as mpirun, which kills soon after */
        WN_TRY(save(d, diag));
    WN_TRY(wn_folder_best(run, diag));
    uint32_t number = 0, at = 0;
    wn_run_best(run, &number);
    for (uint32_t s = 0; s < run->n_starts; s++)
        at = run->start[s]->number == number ? s : at;
    const wn_evolution *e = &run->start[at]->lineage.evolution;
    if (e->told)
        WN_TRY(wn_folder_archive(run, run->start[at]->number, e, diag));
    WN_TRY(rescue(d, settle_targets(d, diag), diag));
    return d->stopped ? WANN_OK : save(d, diag);
}

static wann_status fill_result(driver *d, wann_run_result *result, wann_diag *diag) {
    const wn_run *run = &d->run;
    const wn_champion *best = wn_run_best(run, NULL);
    *result = (wann_run_result){.mean = best ? best->fitness : 0,
                                .peak = best ? best->peak : 0,
                                .connections = best ? best->connections : 0,
                                .generations = run->generations,
                                .evaluations = run->assessor.evaluations,
                                .repeats = run->assessor.repeats,
                                .steps = run->assessor.effort.steps,
                                .slots = run->assessor.effort.slots,
                                .seconds = elapsed(d),
                                .stopped = d->stopped};
    return wn_run_champion(run, &result->best, diag);
}

wann_status wann_run_search(const wann_run_options *options, wann_run_result *result,
                            wann_diag *diag) {
    driver d = {.options = options, .begun = clock_seconds(), .run.lock = -1};
    *result = (wann_run_result){0};
    wann_status status = open_run(&d, diag);
    if (status == WANN_OK)
        status = go_on(&d, diag);
    if (status == WANN_OK)
        status = write_end(&d, diag);
    if (status == WANN_OK)
        status = fill_result(&d, result, diag);
    close_run(&d.run);
    return status;
}
