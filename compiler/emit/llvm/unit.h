/* What the files of the LLVM backend share: a module in the making. */
#ifndef WN_LLVM_UNIT_H
#define WN_LLVM_UNIT_H

#include "compiler/emit/llvm/llvm.h"
#include "compiler/llvm/api.h"

typedef struct wn_llvm_debug wn_llvm_debug;

typedef struct wn_llvm_unit {
    const wn_emit_source *source;
    wn_llvm_options options;
    LLVMContextRef context;
    LLVMModuleRef module;
    LLVMBuilderRef builder;
    LLVMTargetMachineRef machine;
    LLVMTargetDataRef layout;
    char *triple;
    unsigned vector_bits; /* of the target's vectors; 0: it has none */
    unsigned lanes;       /* numbers in a vector of NAME_batch; 1: none */
    unsigned rows;        /* inputs of a block of it: a multiple */
    bool contract;        /* a multiplication and an addition may be rounded once */
    wn_llvm_debug *debug; /* NULL: no debug information */
    wann_diag problem;    /* what LLVM complained of */
} wn_llvm_unit;

/* values.c: the type of the numbers of the network, and a vector of them. */
LLVMTypeRef wn_llvm_real(const wn_llvm_unit *unit, unsigned lanes);
/* The same number in every lane. */
LLVMValueRef wn_llvm_splat(const wn_llvm_unit *unit, LLVMValueRef value, unsigned lanes);
/* Note what may be done to a floating point operation. Returns it. */
LLVMValueRef wn_llvm_flagged(const wn_llvm_unit *unit, LLVMValueRef value);
/* An attribute of a parameter (from 1), and of a function. */
void wn_llvm_attribute(const wn_llvm_unit *unit, LLVMValueRef function, LLVMAttributeIndex at,
                       const char *name, uint64_t value);
void wn_llvm_trait(const wn_llvm_unit *unit, LLVMValueRef function, const char *name,
                   uint64_t value);
void wn_llvm_text_attribute(const wn_llvm_unit *unit, LLVMValueRef function, const char *name,
                            const char *value);
/* What holds of every function: it returns, throws nothing, and no call in it is known to LLVM as
 * one of the C library, which could be replaced by another. */
void wn_llvm_plain_function(const wn_llvm_unit *unit, LLVMValueRef function);
/* A call of an intrinsic such as llvm.fabs, which is overloaded by the type of its first operand.
 */
LLVMValueRef wn_llvm_intrinsic(const wn_llvm_unit *unit, const char *name, LLVMValueRef *arguments,
                               unsigned n);

/* target.c: a machine for the options, a module with its layout, the passes, the bytes. */
wann_status wn_llvm_open(wn_llvm_unit *unit, const wn_emit_source *source,
                         const wn_llvm_options *options, wann_diag *diag);
void wn_llvm_close(wn_llvm_unit *unit);
wann_status wn_llvm_optimise(wn_llvm_unit *unit, wann_diag *diag);
wann_status wn_llvm_write(wn_llvm_unit *unit, wann_kind kind, char **data, size_t *size,
                          wann_diag *diag);

/* debug.c: the places of instructions, as if each node were a function. */
wann_status wn_llvm_debug_open(wn_llvm_unit *unit, wann_diag *diag);
void wn_llvm_debug_function(wn_llvm_unit *unit, LLVMValueRef function, const char *name);
void wn_llvm_debug_node(wn_llvm_unit *unit, uint32_t node);
void wn_llvm_debug_end(wn_llvm_unit *unit); /* of a function */
void wn_llvm_debug_finish(wn_llvm_unit *unit);
void wn_llvm_debug_close(wn_llvm_unit *unit);

#endif
