/* The networks of a run: its champion as a network with its story, and the front's. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/escape.h"
#include "search/rank.h"
#include "search/run.h"

/* What a network file tells of where it comes from. */
typedef struct story {
    uint32_t start;
    uint32_t generation;
    uint32_t connections;
    double fitness;
    double peak;
    uint64_t episodes;
} story;

static char *provenance(const wn_run *run, const story *s) {
    wn_buf out = {0};
    wn_buf_text(&out, "{\"task\": \"");
    wn_escape(&out, WN_ESCAPE_JSON, run->identity.task);
    wn_buf_print(&out, "\", \"algorithm\": \"%s\", \"seed\": %" PRIu64,
                 WN_HYPER(&run->identity.hyper, algorithm) == WN_NEAT ? "neat" : "wann",
                 run->identity.seed);
    if (run->budget > 0)
        wn_buf_print(&out, ", \"start\": %" PRIu32, s->start);
    wn_buf_print(&out, ", \"generation\": %" PRIu32 ", \"fitness\": ", s->generation);
    wn_buf_double(&out, s->fitness);
    wn_buf_text(&out, ", \"peak\": ");
    wn_buf_double(&out, s->peak);
    wn_buf_print(&out,
                 ", \"episodes\": %" PRIu64 ", \"expressed\": %" PRIu32 ", \"tool\": \"wann %s\"}",
                 s->episodes, s->connections, wann_version());
    return wn_buf_take(&out);
}

static wann_status make_net(const wn_run *run, const wn_phenotype *phenotype, const story *s,
                            double weight, wann_net **net, wann_diag *diag) {
    const wann_env_type *type = wann_task_type(run->task);
    char *text = provenance(run, s);
    *net = NULL;
    if (!text)
        return wn_fail_memory(diag);
    const wn_labels labels = {.name = type->name,
                              .input = type->observation_names,
                              .output = type->action_names,
                              .action = type->samples ? WANN_ACTION_SOFTMAX : WANN_ACTION_NONE,
                              .has_shared_weight = weight != 0,
                              .shared_weight = weight,
                              .provenance = text};
    const wann_status status = wn_phenotype_net(phenotype, &labels, net, diag);
    wn_free(text);
    return status;
}

static wann_status champion_net(const wn_run *run, const wn_champion *best, uint32_t start,
                                wann_net **net, wann_diag *diag) {
    const wn_expression how = {.released =
                                   WN_HYPER(&run->identity.hyper, released_expression) != 0};
    wn_phenotype *phenotype = wn_express(best->genome, how, NULL);
    if (!phenotype)
        return wn_fail_memory(diag);
    const story s = {start,         best->generation, best->connections,
                     best->fitness, best->peak,       best->episodes};
    const wann_status status = make_net(run, phenotype, &s, best->weight, net, diag);
    wn_free(phenotype);
    return status;
}

wann_status wn_run_champion(const wn_run *run, wann_net **net, wann_diag *diag) {
    uint32_t start = 0;
    const wn_champion *best = wn_run_best(run, &start);
    *net = NULL;
    if (!best)
        return WANN_OK;
    return champion_net(run, best, start, net, diag);
}

static wann_status write_net(const wn_run *run, const wann_net *net, const char *file,
                             wann_diag *diag) {
    char *path = wn_folder_path(run, file);
    const wann_status status =
        path ? wann_net_write(net, path, WANN_FORMAT_JSON, diag) : wn_fail_memory(diag);
    wn_free(path);
    return status;
}

wann_status wn_folder_best(const wn_run *run, wann_diag *diag) {
    wann_net *net;
    WN_TRY(wn_run_champion(run, &net, diag));
    const wann_status status = net ? write_net(run, net, "best.json", diag) : WANN_OK;
    wann_net_destroy(net);
    return status;
}

wann_status wn_folder_targets(const wn_run *run, wann_diag *diag) {
    static const char *const file[WN_TARGETS] = {"best-tuned.json", "best-random.json"};
    wann_status status = WANN_OK;
    for (int t = 0; status == WANN_OK && t < WN_TARGETS; t++) {
        wann_net *net = NULL;
        if (!run->targets.best[t].genome)
            continue;
        status = champion_net(run, &run->targets.best[t], run->targets.start[t], &net, diag);
        if (status == WANN_OK)
            status = write_net(run, net, file[t], diag);
        wann_net_destroy(net);
    }
    return status;
}

static wn_objectives objectives_of(const wn_individual *one) {
    return (wn_objectives){one->fitness, 1.0 / (one->connections ? one->connections : 1)};
}

wann_status wn_run_front(const wn_evolution *e, uint32_t *member, uint32_t *n, wann_diag *diag) {
    wn_objectives *of = wn_alloc(e->n * (sizeof *of + 4 * sizeof(uint32_t)));
    if (!of)
        return wn_fail_memory(diag);
    uint32_t *front = (uint32_t *)(void *)(of + e->n), *order = front + e->n;
    for (uint32_t i = 0; i < e->n; i++)
        of[i] = objectives_of(&e->population[i]);
    wn_rank_fronts(of, e->n, front, order); /* order[n] is left sorted by the first objective */
    *n = 0;
    for (uint32_t i = 0; i < e->n; i++) {
        const uint32_t one = order[i];
        const bool same = *n > 0 && of[one].first == of[member[*n - 1]].first &&
                          of[one].second == of[member[*n - 1]].second;
        if (front[one] == 0 && !same)
            member[(*n)++] = one;
    }
    wn_free(of);
    return WANN_OK;
}

/* Networks of an earlier front; files of other names are not ours. */
static void clear_front(const char *path) {
    DIR *folder = opendir(path);
    const struct dirent *entry;
    while (folder && (entry = readdir(folder)) != NULL) {
        const size_t digits = strspn(entry->d_name, "0123456789");
        if (digits > 0 && strcmp(entry->d_name + digits, ".json") == 0)
            unlinkat(dirfd(folder), entry->d_name, 0);
    }
    if (folder)
        closedir(folder);
}

static wann_status write_front(const wn_run *run, uint32_t start, const wn_evolution *e,
                               const uint32_t *member, uint32_t n, wann_diag *diag) {
    char *folder = wn_folder_path(run, "front");
    wann_status status = WANN_OK;
    if (!folder)
        return wn_fail_memory(diag);
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        status = wn_fail_errno(diag, folder, "create");
    else
        clear_front(folder);
    wn_free(folder);
    for (uint32_t i = 0; status == WANN_OK && i < n; i++) {
        const wn_individual *one = &e->population[member[i]];
        const story s = {start,        one->born, one->connections,
                         one->fitness, one->peak, WN_HYPER_COUNT(&e->hyper, alg_nReps)};
        char file[48];
        wann_net *net;
        snprintf(file, sizeof file, "front/%04" PRIu32 ".json", one->connections);
        status = make_net(run, one->phenotype, &s, 0, &net, diag);
        if (status == WANN_OK)
            status = write_net(run, net, file, diag);
        wann_net_destroy(net);
    }
    return status;
}

wann_status wn_folder_archive(const wn_run *run, uint32_t start, const wn_evolution *e,
                              wann_diag *diag) {
    uint32_t *member = wn_calloc(e->n, sizeof *member), n = 0;
    if (!member)
        return wn_fail_memory(diag);
    wann_status status = wn_run_front(e, member, &n, diag);
    if (status == WANN_OK)
        status = write_front(run, start, e, member, n, diag);
    wn_free(member);
    return status;
}
