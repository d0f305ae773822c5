/* The parts that the C artefacts are put together from. */
#ifndef WN_C_PARTS_H
#define WN_C_PARTS_H

#include "compiler/emit/emit.h"

/* c_names.c: the name of each value in generated code. Names are C identifiers, unique, and none is
 * a keyword. */
typedef enum wn_c_value_kind {
    WN_C_INPUT,   /* "in_<input>" */
    WN_C_NODE,    /* the value of a node: "<activation>_<id>", "out_<output>" */
    WN_C_PRODUCT, /* a value times the shared weight: "<value>_w" */
    WN_C_ADJOINT, /* "bar_<node's value>", "bar_sum_<id>", "slope_<id>" */
    WN_C_PART     /* another part of a node that is used more than once: "part_<id>" */
} wn_c_value_kind;

typedef struct wn_c_names {
    const char **name; /* [n_insts]; NULL: the value has no name, it is part of an expression */
    uint8_t *kind;     /* [n_insts] wn_c_value_kind, where there is a name */
    wn_arena arena;
} wn_c_names;
wann_status wn_c_name_values(const wn_ir *ir, const char *prefix, wn_c_names *names, wann_diag *diag);
/* Whether a value of a node is minus what the node has: passes leave signs to what reads it. */
bool wn_c_minus(const wn_ir *ir, const wn_inst *inst);
void wn_c_names_free(wn_c_names *names);

/* Where the statements find their inputs and leave their outputs. */
typedef enum wn_c_layout {
    WN_C_ONE,  /* one input: in[i], out[o] */
    WN_C_BLOCK, /* some inputs side by side: x[i][l], y[o][l], in loops over the lanes l */
    WN_C_GRADIENT_BLOCK, /* the same for a gradient: x also has out_bar, y what belongs to one input, and
                            what is added up over inputs goes to bar[k][l] */
    WN_C_WEIGHTS /* one input with some shared weights, which are elements of x as well */
} wn_c_layout;

/* c_block.c: how many inputs are side by side in a block: more for small networks, so that their values
 * fit into the first cache. A multiple of 16. */
uint32_t wn_c_lanes(const wn_net *net, wann_real real);

/* The same for any layout of an IR; 0: it would need too much room. */
uint32_t wn_c_layout_lanes(const wn_ir *ir, wn_c_layout layout);
/* The row of an element in x or y: those of arrays that all samples share have none. */
uint32_t wn_c_row(const wn_array arrays[WN_ARRAYS], uint32_t index);

/* c_body.c: the statements of ir, from inputs to outputs. *locals gets how many variables they
 * declare. */
wann_status wn_c_body(const wn_emit_source *source, const wn_ir *ir, wn_c_layout layout, wn_buf *out,
                      uint32_t *locals, wann_diag *diag);

/* Which node v belongs to, for a comment. */
void wn_c_node_comment(const wn_ir *ir, const wn_c_names *names, wn_value v, wn_buf *out);

/* A statement, broken where its lines grow long, with its comment beside it or, where there is no room,
 * above. Both texts are given back. */
void wn_c_put_commented(wn_buf *text, wn_buf *comment, wn_buf *out);

/* c_helpers.c: the functions that the body and softmax call, and what these need. for_compilers: with what
 * makes gcc and clang take kernels into their callers. */
wann_status wn_c_helpers(const wn_emit_source *source, bool for_compilers, wn_buf *out, wann_diag *diag);
/* The prefix as macros have it, e.g. "POLICY"; appended to out. */
void wn_c_put_upper(const wn_emit_source *source, wn_buf *out);
/* Whether the code calls the C library's math. */
bool wn_c_needs_math(const wn_emit_source *source);
/* Whether softmax is the action, or what an ensemble averages. */
bool wn_c_needs_softmax(const wn_emit_source *source);
/* The function that computes an activation, e.g. "policy_tanh", "policy_lanes_tanh"; appended to out. */
void wn_c_activation_name(const wn_emit_source *source, wn_c_layout layout, wann_activation activation,
                          wn_buf *out);

/* The function of a value and the weight that computes an activation of their product, e.g.
 * "policy_gaussian_of"; false, and nothing appended, if the kernels have none. */
bool wn_c_scaled_name(const wn_emit_source *source, wn_c_layout layout, wann_activation activation, wn_buf *out);

/* What follows the prefix in the name of that function: "tanh". */
const char *wn_c_activation_suffix(wann_activation activation);

/* c_pack.c: whether the code for one input computes packs of activations together. */
bool wn_c_packs(const wn_emit_source *source);
/* The macros that do, with vectors or without. */
void wn_c_put_pack_macros(const wn_emit_source *source, bool vectors, wn_buf *out);

/* c_banner.c: the comment at the top of each artefact, without its delimiters. locals: as wn_c_body
 * counts them; blocks: those of each lane of a function that has such, inputs and outputs included, else 0. */
typedef struct wn_c_blocks {
    uint32_t batch, gradient, ensemble;
} wn_c_blocks;
wann_status wn_c_banner(const wn_emit_source *source, uint32_t locals, wn_c_blocks blocks, wn_buf *out,
                        wann_diag *diag);

/* c_parts.c: fill the slots of a template of C. */
wann_status wn_c_emit(const wn_emit_source *source, const char *template_name, wn_buf *out,
                      wann_diag *diag);

/* The same for who makes the functions that come from an IR by other means than C: the declarations, and the
 * definitions with empty bodies where NAME (but for -Os) and NAME_gradient are, and without the activations
 * (wn_c_helpers). lanes > 1: NAME_batch calls NAME_block, which takes as many inputs. */
wann_status wn_c_frame(const wn_emit_source *source, unsigned lanes, wn_buf *declarations, wn_buf *definitions,
                       wann_diag *diag);

/* The type of numbers: "float", "double", "int32_t". */
const char *wn_c_real(const wn_emit_source *source);

/* A number as a C literal of the type of the IR: "0.5f", "-2.0", never an integer. */
void wn_c_literal(wann_real real, double value, wn_buf *out);

#endif
