/* What the files that write statements share. */
#ifndef WN_C_BODY_H
#define WN_C_BODY_H

#include "compiler/emit/c_parts.h"

typedef struct wn_c_writer {
    const wn_emit_source *source;
    const wn_ir *ir;
    wn_c_names names;
    uint32_t *level; /* [n_nodes], or NULL without a network */
    uint32_t *terms; /* [n_insts] how many terms the sum in an expression has */
    wn_buf *out;
    uint32_t locals;
    wn_c_layout layout;
    bool by_level;
    bool added[WN_ARRAYS]; /* of the output: whether something is added to it */
} wn_c_writer;

const char *wn_c_real_word(const wn_c_writer *b);
bool wn_c_reads(const wn_ir *ir, wn_op op);

/* Whether a value with a name has a statement of its own: in a block, each loop that reads an input loads
 * it. */
bool wn_c_has_statement(const wn_c_writer *b, uint32_t i);
void wn_c_put_statement(wn_c_writer *b, wn_value v);
/* What gives v, whether or not it has a name. */
void wn_c_put_value(wn_c_writer *b, wn_value v, wn_buf *out);
void wn_c_put_outputs(wn_c_writer *b);
/* Outputs that all samples share, and adding to one. */
bool wn_c_is_shared_output(const wn_c_writer *b, const wn_inst *output);
void wn_c_put_addition(wn_c_writer *b, const wn_inst *output);

/* c_pack.c: what computes a pack, if i is its first instruction. */
void wn_c_put_pack(wn_c_writer *b, uint32_t i);
/* The element of a pack that is v; false, and nothing appended, if v is computed by itself. */
bool wn_c_put_packed(const wn_c_writer *b, wn_value v, wn_buf *out);

/* c_block.c: all statements, in loops over lanes. */
wann_status wn_c_put_block(wn_c_writer *b, wann_diag *diag);

#endif
