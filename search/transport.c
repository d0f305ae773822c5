/* Whether this process is one of several, and the module that knows how they talk. */
#define _GNU_SOURCE
#include "search/transport.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/text.h"

/* How many processes were started together: what mpirun of Open MPI and of MPICH tell their
 * children. PMIX_RANK alone, as Slurm sets it: more than one, perhaps. */
static unsigned long started_together(void) {
    static const char *const names[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value)
            return strtoul(value, NULL, 10);
    }
    return getenv("PMIX_RANK") ? 2 : 1;
}

/* The folder of a file, with a '/' behind it; empty where the path has none. */
static void put_folder(wn_buf *out, const char *path) {
    const char *slash = strrchr(path, '/');
    if (slash)
        wn_buf_bytes(out, path, (size_t)(slash - path) + 1);
}

/* The module, seen from a folder: beside the library, and from the program's folder, as installed
 * and as built. */
static void *open_from(const char *path) {
    static const char *const places[] = {"wann/wann_mpi.so", "../lib/wann/wann_mpi.so",
                                         "../" WANN_LIBRARY_FOLDER "/wann/wann_mpi.so"};
    void *module = NULL;
    for (size_t i = 0; !module && i < sizeof places / sizeof *places; i++) {
        wn_buf file = {0};
        put_folder(&file, path);
        if (file.length > 0) {
            wn_buf_text(&file, places[i]);
            /* Parts of MPI are modules themselves, which look for names of the others. */
            module = file.failed ? NULL : dlopen(file.data, RTLD_NOW | RTLD_GLOBAL);
        }
        wn_buf_free(&file);
    }
    return module;
}

static void *open_module(void) {
    char program[PATH_MAX];
    Dl_info us = {0};
    const ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    void *module = NULL;
    if (dladdr(WN_TRANSPORT_SYMBOL, &us) != 0 && us.dli_fname)
        module = open_from(us.dli_fname);
    if (!module && n > 0) {
        program[n] = '\0';
        module = open_from(program);
    }
    return module;
}

wann_status wann_ranks_join(wann_ranks **ranks, wann_diag *diag) {
    *ranks = NULL;
    if (started_together() < 2)
        return WANN_OK;
    void *module = open_module();
    if (!module)
        return wn_fail(diag, WANN_UNSUPPORTED, NULL, 0, 0,
                       "started as one of several processes, but %s",
                       WANN_WITH_MPI ? "the module wann_mpi.so is not where it was installed"
                                     : "this build has no MPI");
    const wn_transport_type *type = dlsym(module, WN_TRANSPORT_SYMBOL);
    if (!type || type->version != WN_TRANSPORT_VERSION || type->size != sizeof *type) {
        dlclose(module);
        return wn_fail(diag, WANN_UNSUPPORTED, NULL, 0, 0, "wann_mpi.so is of another version");
    }
    return wn_ranks_join_by(type, ranks, diag);
}
