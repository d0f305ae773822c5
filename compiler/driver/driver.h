/* The driver: from a network and options to files, by way of passes, emitters and the C compiler. */
#ifndef WN_DRIVER_H
#define WN_DRIVER_H

#include "compiler/emit/emit.h"
#include "compiler/pass/pass.h"

/* Options with nothing left to default, and the IR that they give. */
typedef struct wn_compilation {
    const wn_net *net;
    wann_compile_options options;
    char *name; /* symbol prefix */
    wn_ir ir;
} wn_compilation;

/* Check the options, lower the network, run the passes. observer may be NULL. On failure there is
 * nothing to finish. */
wann_status wn_compilation_start(const wn_net *net, const wann_compile_options *options,
                                 const wn_pass_observer *observer, wn_compilation *c, wann_diag *diag);
void wn_compilation_finish(wn_compilation *c);

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
/* An empty file of its own in the folder for temporary files; free the path with wn_free. */
wann_status wn_temporary(const char *stem, char **path, wann_diag *diag);
/* Make a static library of one object file. */
wann_status wn_ar(const char *object, const char *output, wann_diag *diag);

/* Bytes of machine code (section .text) that C text gives with -O2. */
wann_status wn_code_size(const char *source, size_t *bytes, wann_diag *diag);

/* Why a kind cannot be made in this build, or NULL if it can. */
const char *wn_kind_missing(wann_kind kind);

#endif
