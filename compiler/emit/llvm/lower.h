/* From instructions of the IR to those of LLVM. */
#ifndef WN_LLVM_LOWER_H
#define WN_LLVM_LOWER_H

#include "compiler/emit/c_parts.h"
#include "compiler/emit/llvm/read.h"

/* The body of a function that was declared: inputs and outputs are the parameters that the arrays
 * of ir are named after. functions: those of the activations, for one number. */
wann_status wn_llvm_lower(wn_llvm_unit *unit, const wn_cr_reader *functions, const wn_ir *ir,
                          const char *name, wann_diag *diag);

/* The static function NAME_block(in, weight, out): unit->lanes inputs, row by row, in vectors.
 * functions: those of the activations, for vectors. */
wann_status wn_llvm_lower_block(wn_llvm_unit *unit, const wn_cr_reader *functions, wann_diag *diag);

/* What both use. */
typedef struct wn_llvm_lowering {
    wn_llvm_unit *unit;
    const wn_cr_reader *functions;
    const wn_ir *ir;
    unsigned lanes;
    LLVMValueRef function;
    LLVMValueRef weight;  /* NULL: there is no such parameter */
    LLVMValueRef *output; /* [n_outputs] what is to be written; NULL: written already */
    LLVMValueRef *value;  /* [n_insts] */
    wn_c_names names;
    wann_diag *diag;
} wn_llvm_lowering;

wann_status wn_llvm_lower_inst(wn_llvm_lowering *l, uint32_t i);
wann_status wn_llvm_lowering_open(wn_llvm_lowering *l);
void wn_llvm_lowering_close(wn_llvm_lowering *l);

/* A parameter by its name; NULL: there is none. */
LLVMValueRef wn_llvm_parameter(LLVMValueRef function, const char *name);
/* An element of an array of numbers behind a pointer. */
LLVMValueRef wn_llvm_element(const wn_llvm_unit *unit, LLVMValueRef array, uint64_t index);

#endif
