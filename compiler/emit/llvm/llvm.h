/* The LLVM backend: from the IR to LLVM IR, assembly and objects, for this machine and others. No
 * header of LLVM is needed by who includes this; without LLVM (WANN_HAVE_LLVM not defined) none of
 * it is there. */
#ifndef WN_LLVM_H
#define WN_LLVM_H

#include "compiler/emit/emit.h"

/* How to make code. All zero: for the machine type that this program was built for, without the
 * instructions that only some machines of it have. */
typedef struct wn_llvm_options {
    const char *triple; /* such as "aarch64-linux-gnu"; NULL: this machine's */
    const char *cpu; /* as LLVM names them, or "native"; NULL: what every machine of the type has */
    const char *entries; /* more C, read after everything else, or NULL */
    const char *only; /* only functions whose names begin so are called from outside; NULL: all */
    bool debug;       /* debug information, in which each node is a function that was inlined */
    bool fast;        /* compile fast rather than make fast code */
    bool inline_kernels; /* set by the backend */
} wn_llvm_options;

/* Make LLVM IR (WANN_KIND_LLVM, after LLVM's passes), bitcode, assembly or an object. *data has
 * *size bytes and a zero; free it with wn_free. */
wann_status wn_emit_llvm(const wn_emit_source *source, const wn_llvm_options *options,
                         wann_kind kind, char **data, size_t *size, wann_diag *diag);

/* Whether LLVM knows a target (NULL: this machine) and a processor of it (NULL or "native": any);
 * if not, the diag says so. */
wann_status wn_llvm_check_target(const char *triple, const char *cpu, wann_diag *diag);
/* Whether LLVM 19 knows a processor, by a triple's first word. Yes for machines that there is no
 * list of. */
wann_status wn_llvm_check_processor(const char *triple, const char *cpu, wann_diag *diag);
/* Whether a processor, unlike the others of its machine, has no registers for floating point. */
bool wn_llvm_integer_only(const char *triple, const char *cpu);
/* This machine's triple; free with wn_free. NULL: out of memory, or no LLVM. */
char *wn_llvm_host(void);

#endif
