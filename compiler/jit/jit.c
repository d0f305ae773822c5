/* Objects in memory, linked into this process by LLVM's ORC: one LLJIT each, so that unloading one
 * gives everything of it back. */
#include "compiler/jit/jit.h"

#include <stdbool.h>
#include <string.h>

#include "compiler/llvm/api.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

struct wn_jit {
    LLVMOrcLLJITRef engine;
};

/* An error of LLVM's as one of ours. */
static wann_status fail(LLVMErrorRef error, wann_diag *diag) {
    char *message = LLVMGetErrorMessage(error);
    wn_fail(diag, WANN_TOOL, NULL, 0, 0, "LLVM's JIT: %s", message);
    LLVMDisposeErrorMessage(message);
    return WANN_TOOL;
}

/* Functions of the C library that the object calls. */
static wann_status add_process_symbols(wn_jit *jit, wann_diag *diag) {
    LLVMOrcDefinitionGeneratorRef generator;
    LLVMErrorRef error = LLVMOrcCreateDynamicLibrarySearchGeneratorForProcess(
        &generator, LLVMOrcLLJITGetGlobalPrefix(jit->engine), NULL, NULL);
    if (error)
        return fail(error, diag);
    LLVMOrcJITDylibAddGenerator(LLVMOrcLLJITGetMainJITDylib(jit->engine), generator);
    return WANN_OK;
}

/* For any processor: no code is made here, and asking what this one has takes longer than linking.
 */
static wann_status create(wn_jit *jit, wann_diag *diag) {
    char *triple = LLVMGetDefaultTargetTriple(), *message = NULL;
    LLVMTargetRef target;
    const bool unknown = LLVMGetTargetFromTriple(triple, &target, &message);
    LLVMTargetMachineRef machine =
        unknown ? NULL
                : LLVMCreateTargetMachine(target, triple, "", "", LLVMCodeGenLevelNone,
                                          LLVMRelocPIC, LLVMCodeModelJITDefault);
    if (unknown)
        wn_fail(diag, WANN_TOOL, NULL, 0, 0, "LLVM's JIT: %s", message);
    LLVMDisposeMessage(triple);
    LLVMDisposeMessage(message);
    if (unknown)
        return WANN_TOOL;
    LLVMOrcLLJITBuilderRef builder = LLVMOrcCreateLLJITBuilder();
    LLVMOrcLLJITBuilderSetJITTargetMachineBuilder(
        builder, LLVMOrcJITTargetMachineBuilderCreateFromTargetMachine(machine));
    LLVMErrorRef error = LLVMOrcCreateLLJIT(&jit->engine, builder);
    if (error)
        jit->engine = NULL;
    return error ? fail(error, diag) : WANN_OK;
}

static wann_status link(wn_jit *jit, const char *object, size_t size, wann_diag *diag) {
    WN_TRY(create(jit, diag));
    WN_TRY(add_process_symbols(jit, diag));
    LLVMMemoryBufferRef buffer = LLVMCreateMemoryBufferWithMemoryRangeCopy(object, size, "network");
    LLVMErrorRef error =
        LLVMOrcLLJITAddObjectFile(jit->engine, LLVMOrcLLJITGetMainJITDylib(jit->engine), buffer);
    return error ? fail(error, diag) : WANN_OK;
}

wann_status wn_jit_load(const char *object, size_t size, wn_jit **jit, wann_diag *diag) {
    *jit = NULL;
    WN_TRY(wn_llvm_load(diag));
    wn_jit *made = wn_calloc(1, sizeof *made);
    if (!made)
        return wn_fail_memory(diag);
    const wann_status status = link(made, object, size, diag);
    if (status == WANN_OK)
        *jit = made;
    else
        wn_jit_unload(made);
    return status;
}

void wn_jit_unload(wn_jit *jit) {
    if (!jit)
        return;
    if (jit->engine)
        LLVMConsumeError(LLVMOrcDisposeLLJIT(jit->engine));
    wn_free(jit);
}

/* Addresses are numbers to LLVM; ISO C has no way from one to a function but a copy of its bytes.
 */
wann_status wn_jit_find(wn_jit *jit, const char *name, void *function, wann_diag *diag) {
    LLVMOrcExecutorAddress address = 0;
    LLVMErrorRef error = LLVMOrcLLJITLookup(jit->engine, &address, name);
    if (error)
        return fail(error, diag);
    const uintptr_t number = (uintptr_t)address;
    memcpy(function, &number, sizeof number);
    return WANN_OK;
}
