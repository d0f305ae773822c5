/* The artefacts in C: which template each is. */
#include "compiler/emit/c_parts.h"

wann_status wn_emit_c(const wn_emit_source *source, wn_buf *out, wann_diag *diag) {
    return wn_c_emit(source, "policy.c.in", out, diag);
}

wann_status wn_emit_header(const wn_emit_source *source, wn_buf *out, wann_diag *diag) {
    return wn_c_emit(source, "policy.h.in", out, diag);
}

wann_status wn_emit_single_header(const wn_emit_source *source, wn_buf *out, wann_diag *diag) {
    return wn_c_emit(source, "single.h.in", out, diag);
}

wann_status wn_emit_program(const wn_emit_source *source, wn_buf *out, wann_diag *diag) {
    return wn_c_emit(source, "program.c.in", out, diag);
}
