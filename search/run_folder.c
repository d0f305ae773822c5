/* The folder of a run: settings, log, fronts and networks, for people and other programs. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/escape.h"
#include "runtime/base/file.h"
#include "runtime/io/json_value.h"
#include "search/run.h"

char *wn_folder_path(const wn_run *run, const char *file) {
    wn_buf path = {0};
    wn_buf_text(&path, run->folder);
    wn_buf_char(&path, '/');
    wn_buf_text(&path, file);
    return wn_buf_take(&path);
}

static wann_status write_text(const wn_run *run, const char *file, wn_buf *text, wann_diag *diag) {
    char *path = wn_folder_path(run, file);
    const wann_status status = text->failed || !path
                                   ? wn_fail_memory(diag)
                                   : wn_file_write(path, text->data, text->length, 0666, diag);
    wn_free(path);
    wn_buf_free(text);
    return status;
}

static void put_quoted(wn_buf *out, const char *text) {
    wn_buf_char(out, '"');
    wn_escape(out, WN_ESCAPE_JSON, text);
    wn_buf_char(out, '"');
}

static void put_number(wn_buf *out, const char *key, double value) {
    wn_buf_print(out, ", \"%s\": ", key);
    wn_buf_double(out, value);
}

/* ---- run.json ---- */

static wann_status write_identity(const wn_run *run, wann_diag *diag) {
    wn_buf out = {0};
    wn_buf_text(&out, "{\n  \"format\": \"wann-run\",\n  \"version\": 1,\n  \"tool\": \"wann ");
    wn_buf_print(&out, "%s\",\n  \"task\": ", wann_version());
    put_quoted(&out, run->identity.task);
    wn_buf_text(&out, ",\n  \"options\": [");
    for (char **option = run->identity.options; *option; option++) {
        wn_buf_text(&out, option > run->identity.options ? ", " : "");
        put_quoted(&out, *option);
    }
    wn_buf_print(&out, "],\n  \"seed\": %" PRIu64 ",\n  \"budget\": ", run->identity.seed);
    wn_buf_double(&out, run->budget);
    wn_buf_text(&out, ",\n  \"settings\": ");
    wn_hyper_write(&run->identity.hyper, &out);
    wn_buf_text(&out, "\n}\n");
    return write_text(run, "run.json", &out, diag);
}

static wann_status member(const wn_source *source, const char *key, wn_json_span *value,
                          wann_diag *diag) {
    *value = wn_json_member(source, wn_json_root(source), key);
    if (value->end == 0)
        return wn_source_fail(source, 0, diag, "this is no run.json of a search: it has no \"%s\"",
                              key);
    return WANN_OK;
}

static char *copy_text(const char *text) {
    wn_buf copy = {0};
    wn_buf_text(&copy, text);
    return wn_buf_take(&copy);
}

static wann_status read_options(const wn_source *source, wn_json_span list, wn_arena *arena,
                                wn_identity *identity, wann_diag *diag) {
    WN_TRY(wn_json_container(source, list, "options", '[', diag));
    size_t n = 0;
    wn_json_walk walk = wn_json_begin(source, list);
    while (wn_json_next(&walk))
        n++;
    identity->options = wn_calloc(n + 1, sizeof *identity->options);
    if (!identity->options)
        return wn_fail_memory(diag);
    walk = wn_json_begin(source, list);
    for (size_t i = 0; wn_json_next(&walk); i++) {
        const char *text;
        WN_TRY(wn_json_string(source, walk.value, "option", arena, &text, diag));
        identity->options[i] = copy_text(text);
        if (!identity->options[i])
            return wn_fail_memory(diag);
    }
    return WANN_OK;
}

static wann_status read_settings(const wn_source *source, wn_json_span value, wn_hyper *hyper,
                                 wann_diag *diag) {
    WN_TRY(wn_json_container(source, value, "settings", '{', diag));
    const wn_source inner = {source->data + value.at, value.end - value.at, source->path};
    *hyper = wn_hyper_defaults(WN_WANN);
    return wn_hyper_read_text(hyper, &inner, diag);
}

static wann_status read_identity(const wn_source *source, wn_arena *arena, wn_identity *identity,
                                 double *budget, wann_diag *diag) {
    wn_json_span value;
    const char *task = NULL;
    int64_t seed = 0;
    WN_TRY(wn_json_check(source, diag));
    WN_TRY(wn_json_container(source, wn_json_root(source), "the file", '{', diag));
    WN_TRY(member(source, "task", &value, diag));
    WN_TRY(wn_json_string(source, value, "task", arena, &task, diag));
    identity->task = copy_text(task);
    if (!identity->task)
        return wn_fail_memory(diag);
    WN_TRY(member(source, "seed", &value, diag));
    WN_TRY(wn_json_integer(source, value, "seed", &seed, diag));
    identity->seed = (uint64_t)seed;
    WN_TRY(member(source, "budget", &value, diag));
    WN_TRY(wn_json_number(source, value, "budget", budget, diag));
    WN_TRY(member(source, "options", &value, diag));
    WN_TRY(read_options(source, value, arena, identity, diag));
    WN_TRY(member(source, "settings", &value, diag));
    return read_settings(source, value, &identity->hyper, diag);
}

wann_status wn_folder_identity(const char *folder, wn_identity *identity, double *budget,
                               wann_diag *diag) {
    const wn_run run = {.folder = (char *)folder};
    char *path = wn_folder_path(&run, "run.json"), *data = NULL;
    size_t size = 0;
    wn_arena arena = {0};
    *identity = (wn_identity){0};
    wann_status status = path ? wn_file_read(path, &data, &size, diag) : wn_fail_memory(diag);
    if (status == WANN_OK) {
        const wn_source source = {data, size, path};
        status = read_identity(&source, &arena, identity, budget, diag);
    }
    if (status != WANN_OK)
        wn_identity_free(identity);
    wn_arena_free(&arena);
    wn_free(data);
    wn_free(path);
    return status;
}

/* ---- log.jsonl and fronts.csv ---- */

static wann_status append(const wn_run *run, const char *file, wn_buf *text, uint64_t *bytes,
                          wann_diag *diag) {
    char *path = wn_folder_path(run, file);
    if (!path || text->failed) {
        wn_free(path);
        wn_buf_free(text);
        return wn_fail_memory(diag);
    }
    wann_status status = WANN_OK;
    const int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (fd < 0)
        status = wn_fail_errno(diag, path, "open");
    for (size_t at = 0; status == WANN_OK && at < text->length;) {
        const ssize_t n = write(fd, text->data + at, text->length - at);
        if (n < 0 && errno != EINTR)
            status = wn_fail_errno(diag, path, "write");
        at += n > 0 ? (size_t)n : 0;
    }
    if (fd >= 0 && close(fd) != 0 && status == WANN_OK)
        status = wn_fail_errno(diag, path, "write");
    if (status == WANN_OK)
        *bytes += text->length;
    wn_free(path);
    wn_buf_free(text);
    return status;
}

wann_status wn_folder_log(wn_run *run, uint32_t start, const wn_generation_log *log, double seconds,
                          wann_diag *diag) {
    wn_buf out = {0};
    const wn_champion *best = wn_run_best(run, NULL);
    wn_buf_char(&out, '{');
    if (run->budget > 0)
        wn_buf_print(&out, "\"start\": %" PRIu32 ", ", start);
    wn_buf_print(&out, "\"generation\": %" PRIu32, log->generation);
    put_number(&out, "best", log->best);
    put_number(&out, "mean", log->mean);
    put_number(&out, "median", log->median);
    put_number(&out, "peak", log->peak);
    put_number(&out, "champion", best ? best->fitness : log->best);
    wn_buf_print(&out, ", \"nodes\": %" PRIu32 ", \"connections\": %" PRIu32, log->nodes,
                 log->connections);
    put_number(&out, "median_connections", log->median_connections);
    wn_buf_print(&out, ", \"evaluations\": %" PRIu64 ", \"steps\": %" PRIu64 ", \"seconds\": ",
                 run->assessor.evaluations, run->assessor.effort.steps);
    wn_buf_fixed(&out, seconds, 3);
    wn_buf_text(&out, "}\n");
    return append(run, "log.jsonl", &out, &run->log_bytes, diag);
}

wann_status wn_folder_fronts(wn_run *run, uint32_t start, const wn_evolution *e, wann_diag *diag) {
    uint32_t *member = wn_calloc(e->n, sizeof *member), n = 0;
    if (!member)
        return wn_fail_memory(diag);
    wann_status status = wn_run_front(e, member, &n, diag);
    wn_buf out = {0};
    for (uint32_t i = 0; status == WANN_OK && i < n; i++) {
        const wn_individual *one = &e->population[member[i]];
        wn_buf_print(&out, "%" PRIu32 ",%" PRIu32 ",", start, e->generation);
        wn_buf_double(&out, one->fitness);
        wn_buf_char(&out, ',');
        wn_buf_double(&out, one->peak);
        wn_buf_print(&out, ",%" PRIu32 ",%" PRIu32 "\n", one->connections,
                     one->phenotype->computed);
    }
    if (status == WANN_OK)
        status = append(run, "fronts.csv", &out, &run->fronts_bytes, diag);
    wn_buf_free(&out);
    wn_free(member);
    return status;
}

wann_status wn_folder_lock(wn_run *run, wann_diag *diag) {
    run->lock = open(run->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (run->lock < 0)
        return wn_fail_errno(diag, run->folder, "open");
    if (flock(run->lock, LOCK_EX | LOCK_NB) == 0)
        return WANN_OK;
    return wn_fail(diag, WANN_INPUT, run->folder, 0, 0, "another process is at work in the folder");
}

void wn_folder_unlock(wn_run *run) {
    if (run->lock >= 0)
        close(run->lock);
    run->lock = -1;
}

wann_status wn_folder_restart(wn_run *run, wann_diag *diag) {
    wn_buf header = {0}, empty = {0};
    wn_buf_text(&header, "start,generation,fitness,peak,connections,nodes\n");
    run->fronts_bytes = header.length;
    run->log_bytes = 0;
    WN_TRY(write_text(run, "fronts.csv", &header, diag));
    wn_buf_bytes(&empty, "", 0);
    WN_TRY(write_text(run, "log.jsonl", &empty, diag));
    return write_identity(run, diag);
}

wann_status wn_folder_begin(wn_run *run, wann_diag *diag) {
    struct stat there;
    if (mkdir(run->folder, 0777) != 0 && errno != EEXIST)
        return wn_fail_errno(diag, run->folder, "create");
    WN_TRY(wn_folder_lock(run, diag));
    char *path = wn_folder_path(run, "run.json");
    if (!path)
        return wn_fail_memory(diag);
    const bool taken = stat(path, &there) == 0;
    wn_free(path);
    if (taken)
        return wn_fail(diag, WANN_INPUT, run->folder, 0, 0,
                       "the folder holds a run already; resume it, or name another");
    return wn_folder_restart(run, diag);
}

static wann_status cut(const wn_run *run, const char *file, uint64_t bytes, wann_diag *diag) {
    char *path = wn_folder_path(run, file);
    struct stat there;
    wann_status status = WANN_OK;
    if (!path)
        return wn_fail_memory(diag);
    if (stat(path, &there) != 0)
        status = wn_fail_errno(diag, path, "read");
    else if ((uint64_t)there.st_size < bytes)
        status = wn_fail(diag, WANN_INPUT, path, 0, 0,
                         "the file is shorter than the checkpoint beside it says");
    else if (truncate(path, (off_t)bytes) != 0)
        status = wn_fail_errno(diag, path, "write");
    wn_free(path);
    return status;
}

wann_status wn_folder_rewind(const wn_run *run, wann_diag *diag) {
    WN_TRY(cut(run, "log.jsonl", run->log_bytes, diag));
    WN_TRY(cut(run, "fronts.csv", run->fronts_bytes, diag));
    return write_identity(run, diag);
}

wann_status wn_folder_sync(const wn_run *run, wann_diag *diag) {
    static const char *const files[] = {"log.jsonl", "fronts.csv"};
    wann_status status = WANN_OK;
    for (size_t i = 0; status == WANN_OK && i < sizeof files / sizeof *files; i++) {
        char *path = wn_folder_path(run, files[i]);
        const int fd = path ? open(path, O_WRONLY | O_CLOEXEC) : -1;
        if (!path)
            status = wn_fail_memory(diag);
        else if (fd < 0 || fsync(fd) != 0)
            status = wn_fail_errno(diag, path, "write");
        if (fd >= 0)
            close(fd);
        wn_free(path);
    }
    return status;
}
