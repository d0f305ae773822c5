/* Finding LLVM's library and the addresses of its functions. */
#include "compiler/llvm/api.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "runtime/base/diag.h"

wn_llvm_api wn_llvm;

static const char *const names[] = {
#define X(name) #name,
#include "compiler/llvm/calls.def"
#undef X
};
enum { CALLS = sizeof names / sizeof *names };

typedef void (*function)(void);
_Static_assert(sizeof wn_llvm == CALLS * sizeof(function),
               "the table holds a pointer for each name, in their order");

static wann_diag problem; /* WANN_OK: loaded */

/* POSIX lets one copy what dlsym gives to a function pointer; ISO C does not let one cast it. */
static bool find(void *library, const char *name, function *f) {
    void *address = dlsym(library, name);
    memcpy(f, &address, sizeof *f);
    return address != NULL;
}

static void initialise(void *library, const char *name) {
    function f;
    if (find(library, name, &f))
        f();
}

/* Those that it was built with; a part that one of them lacks is passed over. */
static void initialise_targets(void *library) {
#define LLVM_TARGET(name)                                                                          \
    initialise(library, "LLVMInitialize" #name "TargetInfo");                                      \
    initialise(library, "LLVMInitialize" #name "Target");                                          \
    initialise(library, "LLVMInitialize" #name "TargetMC");                                        \
    initialise(library, "LLVMInitialize" #name "AsmPrinter");
#include <llvm/Config/Targets.def>
}

static void load(void) {
    /* The system's own, so that a moved installation finds it; else the one that was built against.
     */
    const char *const slash = strrchr(WANN_LLVM_LIBRARY, '/');
    void *library = dlopen(slash ? slash + 1 : WANN_LLVM_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        library = dlopen(WANN_LLVM_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        wn_fail(&problem, WANN_UNSUPPORTED, NULL, 0, 0,
                "this needs LLVM 19, which cannot be loaded (Debian package: libllvm19): %s",
                dlerror());
        return;
    }
    for (size_t i = 0; i < CALLS; i++) {
        function f;
        if (!find(library, names[i], &f)) {
            wn_fail(&problem, WANN_UNSUPPORTED, NULL, 0, 0,
                    "the LLVM that was loaded is not LLVM 19: it has no %s", names[i]);
            return;
        }
        memcpy((char *)&wn_llvm + i * sizeof f, &f, sizeof f);
    }
    initialise_targets(library);
}

wann_status wn_llvm_load(wann_diag *diag) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return problem.status == WANN_OK
               ? WANN_OK
               : wn_fail(diag, problem.status, NULL, 0, 0, "%s", problem.text);
}
