/* The tasks by name: the built-in ones, those that a file decides, and plug-ins. */
#include "envs/registry.h"

#include <dlfcn.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/nearest.h"
#include "runtime/base/text.h"

#define WN_TASK(type, name) extern const wann_env_type type;
#define WN_FILE_TASK(open, name) wn_file_task_open open;
#define WN_MISSING_TASK(name, needs)
#include "envs/tasks.def"
#undef WN_TASK
#undef WN_FILE_TASK
#undef WN_MISSING_TASK

/* One of type, open and needs is set. */
typedef struct entry {
    const char *name;
    const wann_env_type *type;
    wn_file_task_open *open;
    const char *needs;
} entry;

static const entry entries[] = {
#define WN_TASK(type, name) {name, &type, NULL, NULL},
#define WN_FILE_TASK(open, name) {name, NULL, open, NULL},
#define WN_MISSING_TASK(name, needs) {name, NULL, NULL, needs},
#include "envs/tasks.def"
#undef WN_TASK
#undef WN_FILE_TASK
#undef WN_MISSING_TASK
};
enum { N_ENTRIES = sizeof entries / sizeof *entries };

/* Those that can be opened by their name alone. */
static const char *const names[] = {
#define WN_TASK(type, name) name,
#define WN_FILE_TASK(open, name)
#define WN_MISSING_TASK(name, needs)
#include "envs/tasks.def"
#undef WN_TASK
#undef WN_FILE_TASK
#undef WN_MISSING_TASK
    NULL};

const char *const *wann_task_names(void) {
    return names;
}

static bool is_path(const char *name) {
    const size_t length = strlen(name);
    return strchr(name, '/') || (length > 3 && strcmp(name + length - 3, ".so") == 0);
}

/* The entry of a name, or of the word before a ':'; *file gets what is behind that. */
static const entry *find(const char *name, const char **file) {
    const size_t length = strcspn(name, ":");
    *file = name[length] ? name + length + 1 : NULL;
    for (size_t i = 0; i < N_ENTRIES; i++)
        if (strlen(entries[i].name) == length && memcmp(entries[i].name, name, length) == 0)
            return &entries[i];
    return NULL;
}

static const char *nearest(const char *name) {
    const char *words[N_ENTRIES];
    for (size_t i = 0; i < N_ENTRIES; i++)
        words[i] = entries[i].name;
    return wn_nearest(name, words, N_ENTRIES);
}

static wann_status unknown(const char *name, wann_diag *diag) {
    wn_buf list = {0}, hint = {0};
    for (size_t i = 0; i < N_ENTRIES; i++)
        if (!entries[i].needs)
            wn_buf_print(&list, "%s%s, ", entries[i].name, entries[i].open ? ":FILE" : "");
    if (nearest(name))
        wn_buf_print(&hint, "; did you mean '%s'?", nearest(name));
    const wann_status status =
        wn_fail(diag, WANN_INPUT, NULL, 0, 0,
                "unknown task '%.100s'%s expected %sor the path of a plug-in (with a '/')", name,
                hint.data ? hint.data : ";", list.data ? list.data : "");
    wn_buf_free(&list);
    wn_buf_free(&hint);
    return status;
}

static wann_status copy_options(wann_task *task, const char *file, const char *const *options,
                                wann_diag *diag) {
    size_t n = 0;
    while (options && options[n])
        n++;
    task->options = WN_NEW(&task->arena, const char *, n + 2);
    if (!task->options)
        return wn_fail_memory(diag);
    if (file) {
        static const char key[] = "file=";
        char *text = wn_arena_alloc(&task->arena, sizeof key + strlen(file), 1);
        if (!text)
            return wn_fail_memory(diag);
        memcpy(text, key, sizeof key - 1);
        memcpy(text + sizeof key - 1, file, strlen(file) + 1);
        task->options[task->n_options++] = text;
    }
    for (size_t i = 0; i < n; i++) {
        task->options[task->n_options] =
            wn_arena_copy(&task->arena, options[i], strlen(options[i]));
        if (!task->options[task->n_options++])
            return wn_fail_memory(diag);
    }
    return WANN_OK;
}

static wann_status open_entry(wann_task *task, const entry *e, const char *file,
                              const char *const *options, wann_diag *diag) {
    if (e->type && file)
        return unknown(task->name, diag);
    if (e->needs)
        return wn_fail(diag, WANN_UNSUPPORTED, NULL, 0, 0, "this build has no task %s; it needs %s",
                       e->name, e->needs);
    if (e->open && (!file || !*file))
        return wn_fail(diag, WANN_INPUT, NULL, 0, 0, "task %s needs a file; expected %s:FILE",
                       e->name, e->name);
    WN_TRY(copy_options(task, e->open ? file : NULL, options, diag));
    if (e->open)
        return e->open(file, options, &task->arena, &task->type, diag);
    task->type = e->type;
    return WANN_OK;
}

wann_status wn_task_answer(const char *task, int answer, wann_env_error *error, wann_diag *diag) {
    if (answer == 0)
        return WANN_OK;
    error->text[sizeof error->text - 1] = '\0';
    const wann_status status =
        answer > WANN_OK && answer <= WANN_INTERNAL ? (wann_status)answer : WANN_INPUT;
    return wn_fail(diag, status, NULL, 0, 0, "task %s: %s", task,
                   error->text[0] ? error->text : wann_status_text(status));
}

static wann_status open_task(wann_task *task, const char *name, const char *const *options,
                             wann_diag *diag) {
    task->name = wn_arena_copy(&task->arena, name, strlen(name));
    if (!task->name)
        return wn_fail_memory(diag);
    const char *file;
    const entry *e = find(name, &file);
    if (e) {
        WN_TRY(open_entry(task, e, file, options, diag));
    } else if (is_path(name)) {
        WN_TRY(copy_options(task, NULL, options, diag));
        WN_TRY(wn_plugin_load(task, name, diag));
    } else {
        return unknown(name, diag);
    }
    wann_env_error error = {0};
    return wn_task_answer(name, task->type->create(task->options, &task->world, &error), &error,
                          diag);
}

wann_status wann_task_open(const char *name, const char *const *options, wann_task **task,
                           wann_diag *diag) {
    *task = NULL;
    wann_task *made = wn_calloc(1, sizeof *made);
    if (!made)
        return wn_fail_memory(diag);
    pthread_mutex_init(&made->lock, NULL);
    const wann_status status = open_task(made, name, options, diag);
    if (status != WANN_OK) {
        made->world = NULL; /* a task that fails has nothing to give back */
        wann_task_close(made);
        return status;
    }
    *task = made;
    return WANN_OK;
}

void wann_task_close(wann_task *task) {
    if (!task)
        return;
    if (task->world)
        task->type->destroy(task->world);
    if (task->library)
        dlclose(task->library);
    pthread_mutex_destroy(&task->lock);
    wn_arena_free(&task->arena);
    wn_free(task);
}

const wann_env_type *wann_task_type(const wann_task *task) {
    return task->type;
}

const char *wann_task_name(const wann_task *task) {
    return task->name;
}

const char *const *wann_task_options(const wann_task *task) {
    return task->options;
}

/* Samples of a plug-in may be anything; a label past the classes would be an index past an array. */
static wann_status check_samples(const wann_task *task, const wann_samples *s, wann_diag *diag) {
    const char *name = task->name;
    if (s->inputs != task->type->observations || s->classes != task->type->actions)
        return wn_fail(diag, WANN_INPUT, NULL, 0, 0,
                       "task %s: samples have %zu inputs and %zu classes; expected %zu and %zu", name,
                       s->inputs, s->classes, task->type->observations, task->type->actions);
    if ((s->width || s->height) && (s->width == 0 || s->height != s->inputs / s->width ||
                                    s->inputs % s->width != 0))
        return wn_fail(diag, WANN_INPUT, NULL, 0, 0,
                       "task %s: pictures of %zu x %zu pixels do not have %zu inputs", name,
                       s->width, s->height, s->inputs);
    if (s->n == 0 || !s->input || !s->label)
        return wn_fail(diag, WANN_INPUT, NULL, 0, 0, "task %s: there are no samples", name);
    for (size_t i = 0; i < s->n; i++)
        if (s->label[i] >= s->classes)
            return wn_fail(diag, WANN_INPUT, NULL, 0, 0,
                           "task %s: the label of sample %zu is %u; expected less than %zu", name,
                           i + 1, (unsigned)s->label[i], s->classes);
    return WANN_OK;
}

static wann_status load_samples(wann_task *task, wann_split split, wann_diag *diag) {
    wann_env_error error = {0};
    wann_samples *samples = &task->samples[split];
    const int answer = task->type->samples(task->world, split, samples, &error);
    WN_TRY(wn_task_answer(task->name, answer, &error, diag));
    WN_TRY(check_samples(task, samples, diag));
    task->loaded[split] = true;
    return WANN_OK;
}

wann_status wann_task_samples(wann_task *task, wann_split split, const wann_samples **samples,
                              wann_diag *diag) {
    *samples = NULL;
    if (!task->type->samples)
        return wn_fail(diag, WANN_UNSUPPORTED, NULL, 0, 0, "task %s has no samples", task->name);
    pthread_mutex_lock(&task->lock);
    const wann_status status = task->loaded[split] ? WANN_OK : load_samples(task, split, diag);
    pthread_mutex_unlock(&task->lock);
    if (status == WANN_OK)
        *samples = &task->samples[split];
    return status;
}
