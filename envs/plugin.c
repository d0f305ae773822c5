/* Plug-ins: shared objects that export a table of wann/env.h. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "envs/registry.h"
#include "runtime/base/diag.h"

static const char SYMBOL[] = "wann_env_plugin";

/* More would be a slip, not a task. */
enum { MOST_NUMBERS = 1000000 };

static wann_status broken(const char *path, wann_diag *diag, const char *what) {
    return wn_fail(diag, WANN_INPUT, path, 0, 0, "plug-in: %s", what);
}

/* The first function that is missing, or NULL. */
static const char *missing(const wann_env_type *type) {
    const struct {
        const char *name;
        bool missing;
    } functions[] = {{"create", !type->create},
                     {"destroy", !type->destroy},
                     {"reset", !type->samples && !type->reset},
                     {"step", !type->samples && !type->step},
                     {"save (there is a restore)", type->restore && !type->save},
                     {"restore (there is a save)", type->save && !type->restore}};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (functions[i].missing)
            return functions[i].name;
    return NULL;
}

static const char *missing_of_lanes(const wann_env_type *type) {
#define LACKS(lanes) (lanes && (!lanes->create || !lanes->destroy || !lanes->reset || !lanes->copy || !lanes->step))
    if (LACKS(type->lanes_f32))
        return "lanes_f32";
    if (LACKS(type->lanes_f64))
        return "lanes_f64";
#undef LACKS
    return NULL;
}

static wann_status check_sizes(const wann_env_type *type, const char *path, wann_diag *diag) {
    if (type->observations == 0 || type->observations > MOST_NUMBERS)
        return wn_fail(diag, WANN_INPUT, path, 0, 0,
                       "plug-in: observations is %zu; expected 1 to %d", type->observations,
                       MOST_NUMBERS);
    if (type->actions == 0 || type->actions > MOST_NUMBERS)
        return wn_fail(diag, WANN_INPUT, path, 0, 0, "plug-in: actions is %zu; expected 1 to %d",
                       type->actions, MOST_NUMBERS);
    if (!type->samples && type->steps == 0)
        return broken(path, diag, "steps is 0; expected the length of the longest episode");
    if (type->samples && type->reset)
        return broken(path, diag, "it has both samples and reset; a task is one or the other");
    if (type->render && (type->picture_width == 0 || type->picture_height == 0))
        return broken(path, diag, "it can render, but picture_width or picture_height is 0");
    return WANN_OK;
}

static wann_status check_names(const char *const *names, size_t n, const char *what,
                               const char *path, wann_diag *diag) {
    for (size_t i = 0; names && i < n; i++)
        if (!names[i])
            return wn_fail(diag, WANN_INPUT, path, 0, 0, "plug-in: %s[%zu] is NULL", what, i);
    return WANN_OK;
}

wann_status wn_plugin_check(const wann_env_type *type, const char *path, wann_diag *diag) {
    if (type->abi != WANN_ENV_ABI)
        return wn_fail(diag, WANN_INPUT, path, 0, 0,
                       "plug-in: it was made for version %u of wann/env.h, this is version %u; "
                       "build it again",
                       (unsigned)type->abi, (unsigned)WANN_ENV_ABI);
    if (type->size != sizeof *type)
        return wn_fail(diag, WANN_INPUT, path, 0, 0,
                       "plug-in: its table has %u bytes, not %zu; build it again",
                       (unsigned)type->size, sizeof *type);
    if (!type->name || !type->summary)
        return broken(path, diag, "it has no name or no summary");
    const char *function = missing(type);
    if (!function)
        function = missing_of_lanes(type);
    if (function)
        return wn_fail(diag, WANN_INPUT, path, 0, 0, "plug-in: it has no function %s", function);
    WN_TRY(check_sizes(type, path, diag));
    WN_TRY(check_names(type->observation_names, type->observations, "observation_names", path, diag));
    return check_names(type->action_names, type->actions, "action_names", path, diag);
}

/* dlopen looks for names without a '/' elsewhere. */
static void *open_library(const char *path) {
    if (strchr(path, '/'))
        return dlopen(path, RTLD_NOW | RTLD_LOCAL);
    char here[4096];
    if ((size_t)snprintf(here, sizeof here, "./%s", path) >= sizeof here)
        return NULL;
    return dlopen(here, RTLD_NOW | RTLD_LOCAL);
}

wann_status wn_plugin_load(wann_task *task, const char *path, wann_diag *diag) {
    FILE *file = fopen(path, "rb"); /* for an errno: dlerror only has words */
    if (!file)
        return wn_fail_errno(diag, path, "open plug-in");
    fclose(file);
    task->library = open_library(path);
    if (!task->library) {
        const char *reason = dlerror();
        return wn_fail(diag, WANN_INPUT, path, 0, 0, "plug-in: cannot be loaded: %s",
                       reason ? reason : "unknown reason");
    }
    task->type = dlsym(task->library, SYMBOL);
    if (!task->type)
        return wn_fail(diag, WANN_INPUT, path, 0, 0,
                       "plug-in: it does not export %s; expected a wann_env_type of that name",
                       SYMBOL);
    return wn_plugin_check(task->type, path, diag);
}
