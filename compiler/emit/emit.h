/* Emitters: from the IR to text. One artefact a file. */
#ifndef WN_EMIT_H
#define WN_EMIT_H

#include "runtime/base/template.h"
#include "compiler/ir.h"

/* Whether NAME_batch runs inputs side by side, in an IR of its own, or calls NAME for each. */
bool wn_emit_batch_in_blocks(const wn_net *net, const wann_compile_options *options);

/* Whether NAME_gradient_batch runs inputs side by side. */
bool wn_emit_gradient_in_lanes(const wn_ir *gradient_ir, const wann_compile_options *options);

/* What every emitter of C is given. */
typedef struct wn_emit_source {
    const wn_net *net;
    const wn_ir *ir;
    const wn_ir *batch_ir;               /* the same for inputs side by side; NULL: no batch in blocks */
    const wn_ir *gradient_ir;            /* of NAME_gradient; NULL: there is none */
    const wn_ir *ensemble_ir;            /* of NAME_ensemble, the weight an input; NULL: it calls NAME */
    const struct wn_fixed *fixed;        /* WANN_FIXED: the formats of ir, else NULL */
    const wann_compile_options *options; /* math resolved: not WANN_MATH_DEFAULT */
    const char *name;                    /* symbol prefix */
} wn_emit_source;

/* A standalone C99 file; the header that belongs to it; the same as a single-header library; a
 * program around it that reads inputs, writes outputs and times itself. */
wann_status wn_emit_c(const wn_emit_source *source, wn_buf *out, wann_diag *diag);
wann_status wn_emit_header(const wn_emit_source *source, wn_buf *out, wann_diag *diag);
wann_status wn_emit_single_header(const wn_emit_source *source, wn_buf *out, wann_diag *diag);
wann_status wn_emit_program(const wn_emit_source *source, wn_buf *out, wann_diag *diag);
/* The program without the network, to be linked with it. */
wann_status wn_emit_program_frame(const wn_emit_source *source, wn_buf *out, wann_diag *diag);

#endif
