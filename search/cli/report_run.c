/* Reading the folder of a run for its report: run.json, log.jsonl and fronts.csv. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/file.h"
#include "runtime/io/json_value.h"
#include "search/cli/report.h"

static wann_status read_file(const char *folder, const char *name, wn_arena *arena, wn_source *source,
                             char **data, wann_diag *diag) {
    wn_buf path = {0};
    wn_buf_print(&path, "%s/%s", folder, name);
    *data = NULL;
    *source = (wn_source){0};
    const char *copy = path.failed ? NULL : wn_arena_copy(arena, path.data, path.length);
    wn_buf_free(&path);
    if (!copy)
        return wn_fail_memory(diag);
    WN_TRY(wn_file_read(copy, data, &source->size, diag));
    source->data = *data;
    source->path = copy;
    return WANN_OK;
}

/* ---- run.json ---- */

static wann_status member(const wn_source *source, const char *key, wn_json_span *value,
                          wann_diag *diag) {
    *value = wn_json_member(source, wn_json_root(source), key);
    return value->end ? WANN_OK
                      : wn_source_fail(source, 0, diag,
                                       "this is no run.json of a search: it has no \"%s\"", key);
}

static wann_status read_options(const wn_source *source, report_run *run, wann_diag *diag) {
    wn_json_span list;
    size_t n = 0;
    WN_TRY(member(source, "options", &list, diag));
    WN_TRY(wn_json_container(source, list, "options", '[', diag));
    for (wn_json_walk walk = wn_json_begin(source, list); wn_json_next(&walk);)
        n++;
    run->options = WN_NEW(&run->arena, const char *, n + 1);
    if (!run->options)
        return wn_fail_memory(diag);
    for (wn_json_walk walk = wn_json_begin(source, list); wn_json_next(&walk);)
        WN_TRY(wn_json_string(source, walk.value, "option", &run->arena,
                              &run->options[run->n_options++], diag));
    return WANN_OK;
}

/* Texts without quotes, anything else as it stands. */
static wann_status setting_text(const wn_source *source, wn_json_span value, wn_arena *arena,
                                const char **text, wann_diag *diag) {
    if (source->data[value.at] == '"')
        return wn_json_string(source, value, "setting", arena, text, diag);
    *text = wn_arena_copy(arena, source->data + value.at, value.end - value.at);
    return *text ? WANN_OK : wn_fail_memory(diag);
}

static wann_status read_settings(const wn_source *source, report_run *run, wann_diag *diag) {
    wn_json_span object;
    size_t n = 0;
    WN_TRY(member(source, "settings", &object, diag));
    WN_TRY(wn_json_container(source, object, "settings", '{', diag));
    for (wn_json_walk walk = wn_json_begin(source, object); wn_json_next(&walk);)
        n++;
    run->setting = WN_NEW(&run->arena, report_setting, n + 1);
    if (!run->setting)
        return wn_fail_memory(diag);
    for (wn_json_walk walk = wn_json_begin(source, object); wn_json_next(&walk);) {
        report_setting *s = &run->setting[run->n_settings++];
        WN_TRY(wn_json_string(source, walk.key, "key", &run->arena, &s->key, diag));
        WN_TRY(setting_text(source, walk.value, &run->arena, &s->value, diag));
    }
    return WANN_OK;
}

static wann_status read_identity(const wn_source *source, report_run *run, wann_diag *diag) {
    wn_json_span value;
    WN_TRY(wn_json_check(source, diag));
    WN_TRY(wn_json_container(source, wn_json_root(source), "the file", '{', diag));
    WN_TRY(member(source, "task", &value, diag));
    WN_TRY(wn_json_string(source, value, "task", &run->arena, &run->task, diag));
    WN_TRY(member(source, "tool", &value, diag));
    WN_TRY(wn_json_string(source, value, "tool", &run->arena, &run->tool, diag));
    WN_TRY(member(source, "seed", &value, diag));
    WN_TRY(wn_json_number(source, value, "seed", &run->seed, diag));
    WN_TRY(member(source, "budget", &value, diag));
    WN_TRY(wn_json_number(source, value, "budget", &run->budget, diag));
    WN_TRY(read_options(source, run, diag));
    return read_settings(source, run, diag);
}

/* ---- log.jsonl ---- */

/* A line of the log. */
typedef struct entry {
    double start, generation, best, median, peak, connections, median_connections;
    double evaluations, steps, seconds;
} entry;

static wann_status read_entry(const wn_source *line, entry *e, wann_diag *diag) {
    const struct {
        const char *key;
        double *number;
        bool optional;
    } numbers[] = {{"start", &e->start, true},
                   {"generation", &e->generation, false},
                   {"best", &e->best, false},
                   {"median", &e->median, false},
                   {"peak", &e->peak, false},
                   {"connections", &e->connections, false},
                   {"median_connections", &e->median_connections, false},
                   {"evaluations", &e->evaluations, false},
                   {"steps", &e->steps, false},
                   {"seconds", &e->seconds, false}};
    *e = (entry){0};
    WN_TRY(wn_json_check(line, diag));
    WN_TRY(wn_json_container(line, wn_json_root(line), "the line", '{', diag));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const wn_json_span value = wn_json_member(line, wn_json_root(line), numbers[i].key);
        if (value.end == 0 && numbers[i].optional)
            continue;
        if (value.end == 0)
            return wn_source_fail(line, 0, diag, "the line has no \"%s\"", numbers[i].key);
        WN_TRY(wn_json_number(line, value, numbers[i].key, numbers[i].number, diag));
    }
    return WANN_OK;
}

static size_t count_lines(const wn_source *source) {
    size_t n = 1;
    for (size_t i = 0; i < source->size; i++)
        n += source->data[i] == '\n';
    return n;
}

/* The lines that are whole: that of a search under way may have no end yet. */
static wann_status read_entries(const wn_source *source, entry *entries, size_t *n, wann_diag *diag) {
    const char *at = source->data, *end;
    for (*n = 0; (end = strchr(at, '\n')); at = end + 1) {
        wn_buf text = {0};
        wn_buf_bytes(&text, at, (size_t)(end - at));
        const wn_source line = {text.data ? text.data : "", text.length, source->path};
        const wann_status status =
            text.failed ? wn_fail_memory(diag) : read_entry(&line, &entries[*n], diag);
        wn_buf_free(&text);
        if (status == WANN_INPUT)
            diag->line = (int)*n + 1;
        if (status != WANN_OK)
            return status;
        ++*n;
    }
    return WANN_OK;
}

/* The start that got the furthest. */
static double choose_start(const entry *entries, size_t n) {
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (entries[i].best > entries[best].best)
            best = i;
    return n ? entries[best].start : 0;
}

static wann_status fill_curve(const entry *entries, size_t n, double start, report_run *run,
                              wann_diag *diag) {
    report_curve *c = &run->curve;
    double **const arrays[] = {&c->generation, &c->best, &c->median, &c->peak, &c->connections,
                               &c->median_connections};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        *arrays[i] = WN_NEW(&run->arena, double, n + 1);
        if (!*arrays[i])
            return wn_fail_memory(diag);
    }
    for (size_t i = 0; i < n; i++) {
        const entry *e = &entries[i];
        run->evaluations = fmax(run->evaluations, e->evaluations);
        run->steps = fmax(run->steps, e->steps);
        run->seconds = fmax(run->seconds, e->seconds);
        if (e->start != start)
            continue;
        c->generation[c->n] = e->generation;
        c->best[c->n] = e->best;
        c->median[c->n] = e->median;
        c->peak[c->n] = e->peak;
        c->connections[c->n] = e->connections;
        c->median_connections[c->n++] = e->median_connections;
    }
    run->generations = (double)n;
    return WANN_OK;
}

static wann_status read_log(const wn_source *source, report_run *run, double *start,
                            wann_diag *diag) {
    size_t n = 0;
    entry *entries = wn_calloc(count_lines(source), sizeof *entries);
    if (!entries)
        return wn_fail_memory(diag);
    wann_status status = read_entries(source, entries, &n, diag);
    *start = choose_start(entries, n);
    if (status == WANN_OK)
        status = fill_curve(entries, n, *start, run, diag);
    wn_free(entries);
    return status;
}

/* ---- fronts.csv: start, generation, fitness, peak, connections, nodes ---- */

typedef struct member_row {
    double start, generation, fitness, connections;
} member_row;

static bool read_row(const char *line, member_row *row) {
    double cell[6];
    for (int i = 0; i < 6; i++) {
        const size_t taken = wn_parse_double(line, &cell[i]);
        if (taken == 0 || line[taken] != (i < 5 ? ',' : '\n') || !isfinite(cell[i]))
            return false;
        line += taken + 1;
    }
    *row = (member_row){cell[0], cell[1], cell[2], cell[4]};
    return true;
}

static wann_status read_rows(const wn_source *source, member_row *rows, size_t *n, wann_diag *diag) {
    const char *at = strchr(source->data, '\n');
    *n = 0;
    for (; at && strchr(at + 1, '\n'); at = strchr(at + 1, '\n'))
        if (!read_row(at + 1, &rows[(*n)++]))
            return wn_fail(diag, WANN_INPUT, source->path, (int)*n + 1, 1,
                           "expected six numbers, separated by commas");
    return WANN_OK;
}

static wann_status add_front(const member_row *rows, size_t n, double start, double generation,
                             report_run *run, wann_diag *diag) {
    report_front *front = &run->front[run->n_fronts];
    *front = (report_front){generation, 0, WN_NEW(&run->arena, double, n + 1),
                            WN_NEW(&run->arena, double, n + 1)};
    if (!front->connections || !front->fitness)
        return wn_fail_memory(diag);
    for (size_t i = n; i-- > 0;) { /* written with the fittest, and so largest, first */
        if (rows[i].start != start || rows[i].generation != generation)
            continue;
        front->connections[front->n] = rows[i].connections;
        front->fitness[front->n++] = rows[i].fitness;
    }
    run->n_fronts += front->n > 0;
    return WANN_OK;
}

/* The last front of the start, and those nearest to an eighth, a quarter and a half of the way. */
static wann_status choose_fronts(const member_row *rows, size_t n, double start, report_run *run,
                                 wann_diag *diag) {
    static const double way[REPORT_FRONTS] = {0.125, 0.25, 0.5, 1};
    double last = -1, before = -1;
    for (size_t i = 0; i < n; i++)
        if (rows[i].start == start)
            last = fmax(last, rows[i].generation);
    for (int k = 0; last >= 0 && k < REPORT_FRONTS; k++) {
        double chosen = last;
        for (size_t i = 0; i < n; i++)
            if (rows[i].start == start && rows[i].generation >= way[k] * last &&
                rows[i].generation < chosen)
                chosen = rows[i].generation;
        if (chosen != before)
            WN_TRY(add_front(rows, n, start, chosen, run, diag));
        before = chosen;
    }
    return WANN_OK;
}

static wann_status read_fronts(const wn_source *source, report_run *run, double start,
                               wann_diag *diag) {
    size_t n = 0;
    member_row *rows = wn_calloc(count_lines(source), sizeof *rows);
    if (!rows)
        return wn_fail_memory(diag);
    wann_status status = read_rows(source, rows, &n, diag);
    if (status == WANN_OK)
        status = choose_fronts(rows, n, start, run, diag);
    wn_free(rows);
    return status;
}

wann_status report_read_run(const char *folder, report_run *run, wann_diag *diag) {
    wn_source source;
    char *data;
    double start = 0;
    wann_status status = read_file(folder, "run.json", &run->arena, &source, &data, diag);
    if (status == WANN_OK)
        status = read_identity(&source, run, diag);
    wn_free(data);
    if (status != WANN_OK)
        return status;
    status = read_file(folder, "log.jsonl", &run->arena, &source, &data, diag);
    if (status == WANN_OK)
        status = read_log(&source, run, &start, diag);
    wn_free(data);
    if (status != WANN_OK)
        return status;
    status = read_file(folder, "fronts.csv", &run->arena, &source, &data, diag);
    if (status == WANN_OK)
        status = read_fronts(&source, run, start, diag);
    wn_free(data);
    return status;
}
