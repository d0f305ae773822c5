/* The compiler's intermediate representation: every type of it.
 *
 * A network is lowered to a flat list of instructions in single-assignment form. A value is the
 * index of the instruction that gives it, and an instruction reads earlier values only. Passes
 * rewrite the list; emitters read it. */
#ifndef WN_IR_H
#define WN_IR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/text.h"
#include "runtime/net/net.h"
#include "wann/compile.h"

typedef enum wn_op {
#define X(NAME, word, operands, text) WN_OP_##NAME,
#include "compiler/ops.def"
#undef X
    WN_OPS
} wn_op;

typedef uint32_t wn_value;
#define WN_NO_VALUE UINT32_MAX
#define WN_NO_NODE UINT32_MAX

/* What an instruction computes for its node. The adjoint of a value is the derivative of the result
 * with respect to it (reverse mode, pass/gradient.c). */
typedef enum wn_part {
    WN_PART_FORWARD,
    WN_PART_BAR,     /* the adjoint of the node's value */
    WN_PART_BAR_SUM, /* the adjoint of its sum or a part of that */
    WN_PART_SLOPE    /* the derivative of its activation */
} wn_part;

/* How many activations a pack has at most: four floats are what every machine with vectors can. */
enum { WN_PACK = 4 };

typedef struct wn_inst {
    uint8_t op;         /* wn_op */
    uint8_t activation; /* ACT, SCALED: wann_activation, else 0 */
    uint8_t part;       /* wn_part */
    wn_value arg[3];    /* operands; WN_NO_VALUE where there is none */
    uint32_t index;     /* INPUT, OUTPUT: element of the vector, else 0 */
    double value;       /* CONST, already rounded to the type of the IR, else 0 */
    uint32_t node;      /* node of the network that it belongs to, or WN_NO_NODE */
    bool minus;         /* it computes minus what its node has there */
    uint32_t pack;      /* computed together with those next to it that have the same number; 0: alone */
} wn_inst;

/* What is known of an IR. Each pass states which facts it needs, establishes and breaks. */
#define WN_FACT_LIST(X)                                                                            \
    X(REFERENCE_SUMS, "every sum starts from 0 and adds its products in order of the sources")    \
    X(NUMBERED, "no two instructions compute the same thing, and no addition of 0 is left")       \
    X(PRUNED, "every instruction is needed by an output")

typedef enum wn_fact_bit {
#define X(NAME, text) WN_FACT_BIT_##NAME,
    WN_FACT_LIST(X)
#undef X
    WN_FACTS
} wn_fact_bit;

enum {
    WN_FACT_NONE = 0,
#define X(NAME, text) WN_FACT_##NAME = 1 << WN_FACT_BIT_##NAME,
    WN_FACT_LIST(X)
#undef X
};

/* Generated code has the input vector as one or more arrays, one after the other, and the output vector
 * likewise. */
typedef struct wn_array {
    const char *name; /* the parameter; "*x": one number behind a pointer; NULL: there is none */
    uint32_t length;
    bool shared; /* by all samples of a batch: inputs are read in place, outputs are added to */
} wn_array;
enum { WN_ARRAYS = 4 };

typedef struct wn_ir {
    const wn_net *net;  /* where it came from; NULL for an IR read from text */
    wann_real real;     /* the type of every value */
    uint32_t n_inputs;
    uint32_t n_outputs;
    wn_array in[WN_ARRAYS];  /* in order; all {0} for an IR read from text */
    wn_array out[WN_ARRAYS];
    unsigned facts;     /* of WN_FACT_ */
    wn_inst *inst;      /* [n_insts], owned */
    uint32_t n_insts;
    uint32_t capacity;
} wn_ir;

/* An IR starts as {0}. */
void wn_ir_free(wn_ir *ir);

/* Append an instruction; returns its value, WN_NO_VALUE if memory ran out. */
wn_value wn_ir_append(wn_ir *ir, wn_inst inst);

/* The same list without instructions, and with room for as many: where a pass builds its result. */
wann_status wn_ir_begin(wn_ir *result, const wn_ir *from, wann_diag *diag);
/* Put the result in the place of ir; result is empty after. */
void wn_ir_replace(wn_ir *ir, wn_ir *result);

/* Instructions, each with the node it belongs to. */
wn_inst wn_inst_input(uint32_t index, uint32_t node);
wn_inst wn_inst_const(double value, uint32_t node);
wn_inst wn_inst_weight(void);
wn_inst wn_inst_unary(wn_op op, wn_value a, uint32_t node);
wn_inst wn_inst_binary(wn_op op, wn_value a, wn_value b, uint32_t node);
wn_inst wn_inst_act(wann_activation activation, wn_value a, uint32_t node);
wn_inst wn_inst_scaled(wann_activation activation, wn_value a, wn_value b, uint32_t node);
wn_inst wn_inst_output(uint32_t index, wn_value a, uint32_t node);

/* Whether an instruction applies an activation, of one value or of a product; whether it is a step. */
bool wn_inst_activates(const wn_inst *inst);
bool wn_inst_is_step(const wn_inst *inst);

/* How many operands an operation reads, its word, its meaning. */
unsigned wn_op_operands(wn_op op);
const char *wn_op_word(wn_op op);

/* How often each value is read. uses[n_insts]. */
void wn_ir_uses(const wn_ir *ir, uint32_t *uses);

/* What an IR costs. depth: operations on the longest path from an input to an output. */
typedef struct wn_ir_cost {
    uint32_t adds;  /* ADD, SUB */
    uint32_t muls;  /* MUL */
    uint32_t fmas;
    uint32_t negs;
    uint32_t acts[12]; /* by activation number */
    uint32_t activations; /* all but linear; gates too */
    uint32_t kernels; /* the same with the members of a pack counted once */
    uint32_t depth;
    uint32_t live; /* most values alive at once: a bound on registers and spills */
} wn_ir_cost;
wann_status wn_ir_measure(const wn_ir *ir, wn_ir_cost *cost, wann_diag *diag);

/* The array that holds an element of the input or output vector, and its place there; NULL: none. */
const wn_array *wn_ir_array(const wn_array arrays[WN_ARRAYS], uint32_t index, uint32_t *place);

/* Round to the type of the IR, as generated code holds it. */
double wn_ir_round(const wn_ir *ir, double value);

/* Check the rules above and those of each operation (ir_verify.c); the facts in ir->facts too. */
wann_status wn_ir_verify(const wn_ir *ir, wann_diag *diag);

/* The textual form (ir_text.c): wn_ir_parse of what wn_ir_print wrote is the same list. */
void wn_ir_print(const wn_ir *ir, wn_buf *out);
wann_status wn_ir_parse(const char *text, const char *path, wn_ir *ir, wann_diag *diag);

/* Run an IR in its own type with the C library, as a check on passes. in[n_inputs],
 * out[n_outputs]; scratch[n_insts]. FMA rounds twice. */
void wn_ir_evaluate(const wn_ir *ir, const double *in, double weight, double *scratch, double *out);

#endif
