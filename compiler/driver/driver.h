/* The driver: from a network and options to files, by way of passes, emitters and the C compiler. */
#ifndef WN_DRIVER_H
#define WN_DRIVER_H

#include "compiler/emit/emit.h"
#include "compiler/emit/fixed.h"
#include "compiler/pass/pass.h"

/* Options with nothing left to default, and the IR that they give. */
typedef struct wn_compilation {
    const wn_net *net;
    wann_compile_options options;
    char *name; /* symbol prefix */
    wn_ir ir;
    wn_ir batch_ir;    /* filled if the options ask for a batch */
    wn_ir gradient_ir; /* likewise for a gradient */
    wn_ir ensemble_ir; /* likewise for an ensemble in lanes */
    wn_fixed *fixed;   /* WANN_FIXED: the formats of ir */
} wn_compilation;

/* Check the options, lower the network, run the passes. observer may be NULL; where a batch has an IR of
 * its own, it is told of that after the other, from "lower" on again. On failure there is nothing to
 * finish. */
wann_status wn_compilation_start(const wn_net *net, const wann_compile_options *options,
                                 const wn_pass_observer *observer, wn_compilation *c, wann_diag *diag);
void wn_compilation_finish(wn_compilation *c);
/* What emitters are given of it. */
wn_emit_source wn_compilation_source(const wn_compilation *c);

/* Whether an identifier can be the prefix of C symbols; *reason gets what is wrong. */
bool wn_c_identifier_ok(const char *name, const char **reason);

/* A prefix that looks like text; free with wn_free. NULL: out of memory. */
char *wn_c_identifier(const char *text);

/* toolchain.c: run the C compiler of the environment (CC, else cc).
 * source: C text, compiled as one file; extra: NULL-terminated arguments after the project's own and
 * before those of CFLAGS, or NULL; output: the path that it writes. */
typedef enum wn_link { WN_LINK_OBJECT, WN_LINK_SHARED, WN_LINK_PROGRAM } wn_link;
wann_status wn_cc(const char *source, wn_link link, const char *const *extra, const char *output,
                  wann_diag *diag);
/* The same with the compiler TARGET-gcc, unless target is this machine (NULL, or its own triple). */
wann_status wn_cc_for(const char *target, const char *source, wn_link link, const char *const *extra,
                      const char *output, wann_diag *diag);
/* An empty file of its own in the folder for temporary files; free the path with wn_free. */
wann_status wn_temporary(const char *stem, char **path, wann_diag *diag);
/* An empty folder of its own there, likewise. */
wann_status wn_temporary_folder(const char *stem, char **path, wann_diag *diag);
/* Make a static library of one object file. */
wann_status wn_ar(const char *object, const char *output, wann_diag *diag);

/* native.c: machine code through LLVM. */
/* Whether a kind goes through LLVM with these options. */
bool wn_uses_llvm(const wann_compile_options *options, wann_kind kind);
/* Whether code for a target cannot run in this process. */
bool wn_is_foreign(const char *target);
/* The options with what a kind decides: the target of WASM. */
wann_status wn_native_options(const wann_compile_options *options, wann_kind kind, wann_compile_options *resolved,
                              wann_diag *diag);
/* The bytes of LLVM, BITCODE, ASM or OBJ; for STATIC, SHARED, EXE and WASM those of the object that they are
 * linked of. *data has a zero behind them; free it with wn_free. entries: C that is compiled with it, or
 * NULL. */
wann_status wn_native_emit(const wann_net *net, const wann_compile_options *options, wann_kind kind,
                           const char *entries, char **data, size_t *size, wann_diag *diag);
/* The C of a program around an object, which has its input and output. */
wann_status wn_native_main(const wann_net *net, const wann_compile_options *options, char **text, wann_diag *diag);
/* Link an object, the bytes that wn_native_emit gave, to a shared library. */
wann_status wn_native_link(const char *object, size_t size, const char *name, const wann_compile_options *options,
                           const char *path, wann_diag *diag);
/* Make a file of one of these kinds. */
wann_status wn_native_build(const wann_net *net, const wann_compile_options *options, wann_kind kind,
                            const char *path, wann_diag *diag);

/* Bytes of machine code (section .text) that C text gives with -O2. */
wann_status wn_code_size(const char *source, size_t *bytes, wann_diag *diag);

/* What was made, before it takes its place: C text (C and HEADER), or a finished file. */
typedef struct wn_made {
    wann_kind kind;
    const char *text; /* NULL: a file */
    const char *path; /* NULL: text */
} wn_made;

/* Looks at what was made; a failure keeps it from taking its place. */
typedef struct wn_inspector {
    wann_status (*inspect)(void *ctx, const wn_made *made, wann_diag *diag);
    void *ctx;
} wn_inspector;

/* wann_compile_file with an inspector, which may be NULL. Pictures are not shown to it. */
wann_status wn_compile_file(const wann_net *net, const wann_compile_options *options, wann_kind kind,
                            const char *path, bool header, const wn_inspector *inspector,
                            wann_diag *diag);

/* subject.c: what was made, loaded or ready to be started, so that it can be tried. */
typedef struct wn_subject wn_subject;
typedef enum wn_entry { WN_ENTRY_RUN, WN_ENTRY_ACT, WN_ENTRY_BATCH } wn_entry;

/* At most this many inputs and weights a call. */
enum { WN_SUBJECT_INPUTS = 1024, WN_SUBJECT_WEIGHTS = 16 };

/* Load a library, or what the C compiler makes of text or an archive. fixed: the formats of
 * code in fixed point, else NULL. options, net and fixed must outlive the subject, and the made file until it is destroyed. */
wann_status wn_subject_load(const wn_made *made, const wn_net *net,
                            const wann_compile_options *options, const wn_fixed *fixed,
                            wn_subject **subject, wann_diag *diag);
void wn_subject_destroy(wn_subject *subject); /* NULL is allowed */

/* Whether it offers more than one function. A program has WN_ENTRY_RUN and WN_ENTRY_ACT. */
bool wn_subject_has(const wn_subject *subject, wn_entry entry);

/* Run it on n inputs: in[n][inputs], out[n][outputs], numbers of its type held in double. weight is
 * ignored where it is baked in. */
wann_status wn_subject_run(wn_subject *subject, wn_entry entry, size_t n, const double *in,
                           double weight, double *out, wann_diag *diag);

/* The same for NAME_ensemble; *has is set to whether there is one. */
void wn_subject_ensemble(wn_subject *subject, size_t n, const double *in, size_t n_weights,
                         const double *weights, double *out, bool *has);

/* runner.c: how to start what cannot be loaded: programs, and through them code for other machines and
 * WebAssembly. It reads CSV, --act and --weight W as programs do, and --batch where it has that. */
typedef struct wn_runner {
    const char *word[8]; /* what goes before the arguments */
    size_t n;
    bool batch;
    char *folder, *file; /* of its own, or NULL */
    char *owned[3];
} wn_runner;
wann_status wn_runner_open(const wn_made *made, const wn_net *net, const wann_compile_options *options,
                           wn_runner *runner, wann_diag *diag);
void wn_runner_close(wn_runner *runner);

/* Any function of a loaded library, put into *function; false: there is none, or it is a program. */
bool wn_subject_find(const wn_subject *subject, const char *suffix, void *function);

/* verify_gradient.c: the same for NAME_gradient and NAME_gradient_batch, if there are such; weights:
 * those to try, or connection: one each. */
wann_status wn_verify_gradient(const wn_subject *subject, const wn_net *net, const wann_compile_options *options,
                               size_t n_weights, const double *weights, const double *connection,
                               wann_verify_report *report, wann_diag *diag);

/* Why a kind cannot be made in this build, or NULL if it can. */
const char *wn_kind_missing(wann_kind kind);

#endif
