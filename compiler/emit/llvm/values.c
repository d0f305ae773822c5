/* Small things that every file of the LLVM backend needs: types, flags, attributes, intrinsics. */
#include <string.h>

#include "compiler/emit/llvm/unit.h"

LLVMTypeRef wn_llvm_real(const wn_llvm_unit *unit, unsigned lanes) {
    LLVMTypeRef type = unit->source->ir->real == WANN_FLOAT
                           ? LLVMFloatTypeInContext(unit->context)
                           : LLVMDoubleTypeInContext(unit->context);
    return lanes > 1 ? LLVMVectorType(type, lanes) : type;
}

LLVMValueRef wn_llvm_splat(const wn_llvm_unit *unit, LLVMValueRef value, unsigned lanes) {
    if (lanes == 1)
        return value;
    LLVMTypeRef vector = LLVMVectorType(LLVMTypeOf(value), lanes);
    LLVMTypeRef index = LLVMInt32TypeInContext(unit->context);
    LLVMValueRef one = LLVMBuildInsertElement(unit->builder, LLVMGetPoison(vector), value,
                                              LLVMConstInt(index, 0, false), "");
    return LLVMBuildShuffleVector(unit->builder, one, LLVMGetPoison(vector),
                                  LLVMConstNull(LLVMVectorType(index, lanes)), "");
}

LLVMValueRef wn_llvm_flagged(const wn_llvm_unit *unit, LLVMValueRef value) {
    if (unit->contract && LLVMIsAInstruction(value) && LLVMCanValueUseFastMathFlags(value))
        LLVMSetFastMathFlags(value, LLVMFastMathAllowContract);
    return value;
}

void wn_llvm_attribute(const wn_llvm_unit *unit, LLVMValueRef function, LLVMAttributeIndex at,
                       const char *name, uint64_t value) {
    const unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));
    LLVMAddAttributeAtIndex(function, at, LLVMCreateEnumAttribute(unit->context, kind, value));
}

void wn_llvm_trait(const wn_llvm_unit *unit, LLVMValueRef function, const char *name,
                   uint64_t value) {
    wn_llvm_attribute(unit, function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex, name, value);
}

void wn_llvm_text_attribute(const wn_llvm_unit *unit, LLVMValueRef function, const char *name,
                            const char *value) {
    LLVMAddAttributeAtIndex(function, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
                            LLVMCreateStringAttribute(unit->context, name, (unsigned)strlen(name),
                                                      value, (unsigned)strlen(value)));
}

void wn_llvm_plain_function(const wn_llvm_unit *unit, LLVMValueRef function) {
    static const char *const always[] = {"nounwind", "willreturn", "nofree", "nosync",
                                         "nocallback"};
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        if (i < 4 || LLVMIsDeclaration(function))
            wn_llvm_trait(unit, function, always[i], 0);
    wn_llvm_text_attribute(unit, function, "no-builtins", "");
    if (unit->source->options->level == WANN_OS) {
        wn_llvm_trait(unit, function, "optsize", 0);
        wn_llvm_trait(unit, function, "minsize", 0);
    }
    if (unit->vector_bits == 512) {
        wn_llvm_text_attribute(unit, function, "prefer-vector-width", "512");
        wn_llvm_text_attribute(unit, function, "min-legal-vector-width", "512");
    }
}

LLVMValueRef wn_llvm_intrinsic(const wn_llvm_unit *unit, const char *name, LLVMValueRef *arguments,
                               unsigned n) {
    const unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
    LLVMTypeRef type = LLVMTypeOf(arguments[0]);
    LLVMValueRef function = LLVMGetIntrinsicDeclaration(unit->module, id, &type, 1);
    return LLVMBuildCall2(unit->builder, LLVMIntrinsicGetType(unit->context, id, &type, 1),
                          function, arguments, n, "");
}
