/* Bringing a data set into its folder. All work is done in one folder beside those of the sets,
 * under a lock; what an interrupted process left there goes when the next one starts. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "envs/data/data.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/file.h"
#include "runtime/base/proc.h"
#include "runtime/base/text.h"

/* One fetch under way. */
typedef struct fetch {
    const wn_data_set *set;
    char *root;   /* of the store */
    char *folder; /* of the set */
    char *work;   /* root/.fetching */
    char *ready;  /* work/ready: what becomes the folder */
    int lock;
    const volatile sig_atomic_t *stop;
} fetch;

static char *text_of(const char *a, const char *b) {
    wn_buf buf = {0};
    wn_buf_text(&buf, a);
    wn_buf_text(&buf, b);
    return wn_buf_take(&buf);
}

/* --- folders ---------------------------------------------------------------------------------- */

static wann_status make_folder(const char *path, wann_diag *diag) {
    return mkdir(path, 0777) == 0 || errno == EEXIST ? WANN_OK
                                                     : wn_fail_errno(diag, path, "create");
}

/* With those above it. path is changed on the way, and back. */
static wann_status make_folders(char *path, wann_diag *diag) {
    for (char *p = path + 1; *p; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        const wann_status status = make_folder(path, diag);
        *p = '/';
        WN_TRY(status);
    }
    return make_folder(path, diag);
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)status, (void)kind, (void)place;
    return remove(path);
}

static wann_status remove_tree(const char *path, wann_diag *diag) {
    enum { OPEN_FOLDERS = 16 };
    if (nftw(path, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT)
        return WANN_OK;
    return wn_fail_errno(diag, path, "remove");
}

/* --- files ------------------------------------------------------------------------------------ */

static wann_status check(const wn_data_file *file, const char *path, const char *data, size_t size,
                         wann_diag *diag) {
    char sum[WN_SHA256_TEXT];
    if (size != file->size)
        return wn_fail(diag, WANN_INPUT, path, 0, 0, "has %zu bytes; expected %zu", size,
                       file->size);
    wn_sha256(data, size, sum);
    if (strcmp(sum, file->sha256) != 0)
        return wn_fail(diag, WANN_INPUT, path, 0, 0, "has the SHA-256 %s; expected %s", sum,
                       file->sha256);
    return WANN_OK;
}

/* The path of a file in a folder, itself or compressed; NULL: memory. */
static char *find_file(const char *folder, const char *name) {
    wn_buf path = {0};
    wn_buf_print(&path, "%s/%s", folder, name);
    if (path.data && access(path.data, F_OK) != 0) {
        wn_buf_text(&path, ".gz");
        if (path.data && access(path.data, F_OK) != 0) /* the error shall name what is missing */
            path.data[path.length -= 3] = '\0';
    }
    return wn_buf_take(&path);
}

static wann_status take_file(const fetch *f, const wn_data_file *file, const char *folder,
                             wann_diag *diag) {
    char *from = find_file(folder, file->name), *data = NULL;
    wn_buf to = {0};
    size_t size;
    wn_buf_print(&to, "%s/%s", f->ready, file->name);
    wann_status status =
        from && !to.failed ? wn_data_read(from, &data, &size, diag) : wn_fail_memory(diag);
    if (status == WANN_OK)
        status = check(file, from, data, size, diag);
    if (status == WANN_OK)
        status = wn_file_write(to.data, data, size, 0666, diag);
    wn_free(data);
    wn_free(from);
    wn_buf_free(&to);
    return status;
}

static wann_status interrupted(wann_diag *diag) {
    return wn_fail(diag, WANN_IO, NULL, 0, 0, "interrupted; nothing was stored");
}

static bool is_stopped(const fetch *f) {
    return f->stop && *f->stop;
}

static wann_status take_files(const fetch *f, const char *folder, wann_diag *diag) {
    for (size_t i = 0; i < f->set->n_files; i++) {
        if (is_stopped(f))
            return interrupted(diag);
        WN_TRY(take_file(f, &f->set->files[i], folder, diag));
    }
    return WANN_OK;
}

/* Whether the set is there, and every byte of it right. */
static bool is_complete(const wn_data_set *set, const char *folder) {
    bool complete = true;
    for (size_t i = 0; complete && i < set->n_files; i++) {
        char *path = find_file(folder, set->files[i].name), *data = NULL;
        size_t size;
        complete = path && wn_file_read(path, &data, &size, NULL) == WANN_OK &&
                   check(&set->files[i], path, data, size, NULL) == WANN_OK;
        wn_free(path);
        wn_free(data);
    }
    return complete;
}

/* --- programs --------------------------------------------------------------------------------- */

/* The entry of a folder that ends with ending; what is found is not sorted, so there should be one.
 */
static char *find_ending(const char *folder, const char *ending) {
    DIR *stream = opendir(folder);
    char *found = NULL;
    const size_t n = strlen(ending);
    for (const struct dirent *e; stream && !found && (e = readdir(stream)) != NULL;) {
        const size_t length = strlen(e->d_name);
        if (length > n && strcmp(e->d_name + length - n, ending) == 0) {
            wn_buf path = {0};
            wn_buf_print(&path, "%s/%s", folder, e->d_name);
            found = wn_buf_take(&path);
        }
    }
    if (stream)
        closedir(stream);
    return found;
}

static bool is_pattern(const char *word) {
    return strncmp(word, "@/*", 3) == 0;
}

/* A word of a step as the program gets it; NULL: memory, or no such file. */
static char *expand(const fetch *f, const char *word) {
    if (*word != '@')
        return text_of(word, "");
    if (is_pattern(word))
        return find_ending(f->work, word + 3);
    return text_of(f->work, word + 1);
}

/* The line of a program's messages that tells the most: one that says "error", else the last. */
static const char *telling_line(char *messages) {
    const char *best = NULL;
    bool best_is_error = false;
    char *rest = messages;
    for (char *line; (line = strsep(&rest, "\r\n")) != NULL;) {
        const bool is_error = strcasestr(line, "error") != NULL || strncmp(line, "E:", 2) == 0;
        if (*line && (is_error || !best_is_error)) {
            best = line;
            best_is_error = is_error;
        }
    }
    return best ? best : "it says nothing";
}

static wann_status run_words(const fetch *f, const char *const *argv, wann_diag *diag) {
    char *messages;
    int code;
    WN_TRY(wn_proc_run(argv, NULL, NULL, &messages, &code, diag));
    wann_status status = WANN_OK;
    const char *const *shown = strcmp(argv[0], "env") == 0 ? argv + 3 : argv; /* behind -C FOLDER */
    if (is_stopped(f))
        status = interrupted(diag);
    else if (code != 0)
        status = wn_fail(diag, WANN_TOOL, NULL, 0, 0, "'%s %s' failed (exit code %d): %.300s",
                         shown[0], shown[1], code, telling_line(messages));
    wn_free(messages);
    return status;
}

static wann_status run_step(const fetch *f, const char *const word[WN_WAY_WORDS], wann_diag *diag) {
    char *argv[WN_WAY_WORDS + 1] = {NULL};
    wann_status status = WANN_OK;
    for (int i = 0; status == WANN_OK && i < WN_WAY_WORDS && word[i]; i++) {
        argv[i] = expand(f, word[i]);
        if (!argv[i])
            status = is_pattern(word[i])
                         ? wn_fail(diag, WANN_TOOL, NULL, 0, 0,
                                   "'%s': there is no file %s to work on", word[0], word[i] + 2)
                         : wn_fail_memory(diag);
    }
    if (status == WANN_OK)
        status = run_words(f, (const char *const *)argv, diag);
    for (int i = 0; i < WN_WAY_WORDS; i++)
        wn_free(argv[i]);
    return status;
}

static wann_status go_way(const fetch *f, const wn_data_way *way, wann_diag *diag) {
    for (int i = 0; i < WN_WAY_STEPS && way->step[i][0]; i++)
        WN_TRY(run_step(f, way->step[i], diag));
    char *folder = expand(f, way->found);
    const wann_status status = folder ? take_files(f, folder, diag) : wn_fail_memory(diag);
    wn_free(folder);
    return status;
}

/* Each way in turn; of several failures the first is told, which is the one of the usual way. */
static wann_status go_ways(const fetch *f, wann_diag *diag) {
    wann_status status = go_way(f, &f->set->way[0], diag);
    for (int i = 1; status != WANN_OK && i < WN_WAYS && f->set->way[i].found; i++)
        if (!is_stopped(f) && go_way(f, &f->set->way[i], NULL) == WANN_OK)
            status = WANN_OK;
    return status;
}

/* --- the whole -------------------------------------------------------------------------------- */

static wann_status open_fetch(fetch *f, wann_diag *diag) {
    WN_TRY(wn_data_root(&f->root, diag));
    WN_TRY(wn_data_folder(f->set, &f->folder, diag));
    f->work = text_of(f->root, "/.fetching");
    f->ready = text_of(f->root, "/.fetching/ready");
    return f->work && f->ready ? WANN_OK : wn_fail_memory(diag);
}

static void close_fetch(fetch *f) {
    if (f->lock >= 0)
        close(f->lock);
    wn_free(f->root);
    wn_free(f->folder);
    wn_free(f->work);
    wn_free(f->ready);
}

static wann_status take_lock(fetch *f, wann_diag *diag) {
    char *path = text_of(f->root, "/.lock");
    if (!path)
        return wn_fail_memory(diag);
    f->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    wann_status status = WANN_OK;
    while (f->lock < 0 || flock(f->lock, LOCK_EX) != 0) {
        if (f->lock >= 0 && errno == EINTR && !is_stopped(f))
            continue;
        status = is_stopped(f) ? interrupted(diag) : wn_fail_errno(diag, path, "lock");
        break;
    }
    wn_free(path);
    return status;
}

/* What was there before is damaged, and goes with the rest of the work. */
static wann_status put_in_place(const fetch *f, wann_diag *diag) {
    char *damaged = text_of(f->work, "/damaged");
    if (!damaged)
        return wn_fail_memory(diag);
    wann_status status = WANN_OK;
    if ((rename(f->folder, damaged) != 0 && errno != ENOENT) || rename(f->ready, f->folder) != 0)
        status = wn_fail_errno(diag, f->folder, "replace");
    wn_free(damaged);
    return status;
}

static wann_status work(const fetch *f, const char *from, wann_diag *diag) {
    WN_TRY(remove_tree(f->work, diag));
    WN_TRY(make_folder(f->work, diag));
    WN_TRY(make_folder(f->ready, diag));
    WN_TRY(from ? take_files(f, from, diag) : go_ways(f, diag));
    return put_in_place(f, diag);
}

static wann_status locked(fetch *f, const char *from, bool *fetched, wann_diag *diag) {
    WN_TRY(make_folders(f->root, diag));
    WN_TRY(take_lock(f, diag));
    if (is_complete(f->set, f->folder))
        return WANN_OK;
    wann_status status = work(f, from, diag);
    const wann_status cleaned = remove_tree(f->work, status == WANN_OK ? diag : NULL);
    *fetched = status == WANN_OK;
    return status == WANN_OK ? cleaned : status;
}

wann_status wn_data_fetch(const wn_data_set *set, const char *from,
                          const volatile sig_atomic_t *stop, bool *fetched, wann_diag *diag) {
    fetch f = {.set = set, .lock = -1, .stop = stop};
    *fetched = false;
    wann_status status = open_fetch(&f, diag);
    if (status == WANN_OK)
        status = locked(&f, from, fetched, diag);
    close_fetch(&f);
    return status;
}
