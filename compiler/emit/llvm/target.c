/* Targets, passes, and the bytes that come out. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "compiler/emit/llvm/unit.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

/* What this machine is: asked once, for asking is slow where machines are virtual. */
static struct { char *cpu, *features; } host;

static void ask_host(void) {
    host.cpu = LLVMGetHostCPUName();
    host.features = LLVMGetHostCPUFeatures();
}

static bool is_native(const wn_llvm_options *options) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (!options->cpu || strcmp(options->cpu, "native") != 0)
        return false;
    pthread_once(&once, ask_host);
    return true;
}

/* A copy of a text of LLVM's, which is given back. */
static char *take_text(char *text) {
    char *copy = wn_alloc(strlen(text) + 1);
    if (copy)
        strcpy(copy, text);
    LLVMDisposeMessage(text);
    return copy;
}

char *wn_llvm_host(void) {
    return wn_llvm_load(NULL) == WANN_OK ? take_text(LLVMGetDefaultTargetTriple()) : NULL;
}

static bool starts_with(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

/* What a machine has and how it calls functions, where nobody says: what its Debian port assumes.
 */
typedef struct custom {
    const char *triple, *features, *abi;
} custom;

static const custom *custom_of(const char *triple) {
    static const custom customs[] = {{"riscv64", "+m,+a,+f,+d,+c", "lp64d"},
                                     {"riscv32", "+m,+a,+c", "ilp32"},
                                     {"wasm32", "+simd128", NULL},
                                     {"armv7em", "", NULL},
                                     {"", "", NULL}};
    const custom *c = customs;
    while (!starts_with(triple, c->triple))
        c++;
    return c;
}

/* NULL: LLVM's own choice. */
static const char *abi_of(const char *triple, const char *cpu) {
    return cpu && wn_llvm_integer_only(triple, cpu) ? "lp64" : custom_of(triple)->abi;
}

static wann_status find_target(const char *triple, LLVMTargetRef *target, wann_diag *diag) {
    char *message = NULL;
    WN_TRY(wn_llvm_load(diag));
    if (!LLVMGetTargetFromTriple(triple, target, &message))
        return WANN_OK;
    wn_fail(diag, WANN_UNSUPPORTED, NULL, 0, 0, "LLVM knows no target '%s'", triple);
    LLVMDisposeMessage(message);
    return WANN_UNSUPPORTED;
}

static LLVMCodeGenOptLevel effort(const wn_llvm_options *options) {
    return options->fast ? LLVMCodeGenLevelNone : LLVMCodeGenLevelDefault;
}

static LLVMTargetMachineRef make_machine(LLVMTargetRef target, const char *triple,
                                         const wn_llvm_options *options) {
    const bool native = is_native(options);
    const custom *c = custom_of(triple);
    const char *abi = abi_of(triple, options->cpu);
    LLVMTargetMachineOptionsRef o = LLVMCreateTargetMachineOptions();
    LLVMTargetMachineOptionsSetCPU(o, native ? host.cpu : options->cpu ? options->cpu : "generic");
    LLVMTargetMachineOptionsSetFeatures(o, native         ? host.features
                                           : options->cpu ? ""
                                                          : c->features);
    if (!native && !options->cpu && starts_with(triple, "x86_64"))
        LLVMTargetMachineOptionsSetCPU(o, "x86-64");
    if (abi)
        LLVMTargetMachineOptionsSetABI(o, abi);
    LLVMTargetMachineOptionsSetCodeGenOptLevel(o, effort(options));
    LLVMTargetMachineOptionsSetRelocMode(o, starts_with(triple, "wasm") ? LLVMRelocStatic
                                                                        : LLVMRelocPIC);
    LLVMTargetMachineRef machine = LLVMCreateTargetMachineWithOptions(target, triple, o);
    LLVMDisposeTargetMachineOptions(o);
    return machine;
}

wann_status wn_llvm_check_target(const char *triple, const char *cpu, wann_diag *diag) {
    LLVMTargetRef target;
    if (triple)
        WN_TRY(find_target(triple, &target, diag));
    if (!cpu || strcmp(cpu, "native") == 0)
        return WANN_OK;
    WN_TRY(wn_llvm_load(diag));
    char *own = triple ? NULL : wn_llvm_host();
    const wann_status status = triple || own
                                   ? wn_llvm_check_processor(triple ? triple : own, cpu, diag)
                                   : wn_fail_memory(diag);
    wn_free(own);
    return status;
}

/* How wide the vectors of a processor are: LLVM's interface does not say, but its code does. The
 * assembly of an addition of 16 floats names the registers. */
static unsigned x86_vector_bits(const wn_llvm_unit *unit) {
    LLVMContextRef context = LLVMContextCreate();
    LLVMModuleRef module = LLVMModuleCreateWithNameInContext("width", context);
    LLVMBuilderRef builder = LLVMCreateBuilderInContext(context);
    LLVMTypeRef vector = LLVMVectorType(LLVMFloatTypeInContext(context), 16),
                p = LLVMPointerTypeInContext(context, 0);
    LLVMValueRef f = LLVMAddFunction(
        module, "f", LLVMFunctionType(LLVMVoidTypeInContext(context), &p, 1, false));
    LLVMSetTarget(module, unit->triple);
    LLVMPositionBuilderAtEnd(builder, LLVMAppendBasicBlockInContext(context, f, ""));
    LLVMValueRef v = LLVMBuildLoad2(builder, vector, LLVMGetParam(f, 0), "");
    LLVMBuildStore(builder, LLVMBuildFAdd(builder, v, v, ""), LLVMGetParam(f, 0));
    LLVMBuildRetVoid(builder);
    const char *const text[] = {"prefer-vector-width", "min-legal-vector-width"};
    for (size_t i = 0; i < 2; i++)
        LLVMAddAttributeAtIndex(
            f, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
            LLVMCreateStringAttribute(context, text[i], (unsigned)strlen(text[i]), "512", 3));
    LLVMMemoryBufferRef buffer = NULL;
    char *message = NULL;
    unsigned bits = 128;
    if (!LLVMTargetMachineEmitToMemoryBuffer(unit->machine, module, LLVMAssemblyFile, &message,
                                             &buffer)) {
        const char *code = LLVMGetBufferStart(buffer);
        bits = strstr(code, "zmm") ? 512 : strstr(code, "ymm") ? 256 : 128;
        LLVMDisposeMemoryBuffer(buffer);
    }
    LLVMDisposeMessage(message);
    LLVMDisposeBuilder(builder);
    LLVMDisposeModule(module);
    LLVMContextDispose(context);
    return bits;
}

static unsigned vector_bits_of(const wn_llvm_unit *unit) {
    const wn_llvm_options *options = &unit->options;
    if (starts_with(unit->triple, "x86_64") && is_native(options))
        return strstr(host.features, "+avx512vl") ? 512
               : strstr(host.features, "+avx,")   ? 256
                                                  : 128;
    if (starts_with(unit->triple, "x86_64"))
        return options->cpu ? x86_vector_bits(unit) : 128;
    if (starts_with(unit->triple, "aarch64") || starts_with(unit->triple, "arm64"))
        return 128;
    return starts_with(unit->triple, "wasm") && !options->cpu ? 128 : 0;
}

static void on_problem(LLVMDiagnosticInfoRef info, void *ctx) {
    wn_llvm_unit *unit = ctx;
    char *text = LLVMGetDiagInfoDescription(info);
    if (LLVMGetDiagInfoSeverity(info) == LLVMDSError && unit->problem.status == WANN_OK)
        wn_fail(&unit->problem, WANN_TOOL, NULL, 0, 0, "LLVM: %s", text);
    LLVMDisposeMessage(text);
}

static void add_flag(wn_llvm_unit *unit, LLVMModuleFlagBehavior behaviour, const char *name,
                     unsigned value) {
    LLVMValueRef number = LLVMConstInt(LLVMInt32TypeInContext(unit->context), value, false);
    LLVMAddModuleFlag(unit->module, behaviour, name, strlen(name), LLVMValueAsMetadata(number));
}

static void describe_module(wn_llvm_unit *unit) {
    const char *abi = abi_of(unit->triple, unit->options.cpu);
    LLVMSetTarget(unit->module, unit->triple);
    LLVMSetModuleDataLayout(unit->module, unit->layout);
    if (!starts_with(unit->triple, "wasm"))
        add_flag(unit, LLVMModuleFlagBehaviorOverride, "PIC Level", 2);
    if (abi) {
        LLVMMetadataRef text = LLVMMDStringInContext2(unit->context, abi, strlen(abi));
        LLVMAddModuleFlag(unit->module, LLVMModuleFlagBehaviorError, "target-abi",
                          strlen("target-abi"), text);
    }
}

wann_status wn_llvm_open(wn_llvm_unit *unit, const wn_emit_source *source,
                         const wn_llvm_options *options, wann_diag *diag) {
    LLVMTargetRef target;
    *unit = (wn_llvm_unit){.source = source, .options = *options, .lanes = 1};
    WN_TRY(wn_llvm_load(diag));
    char *triple =
        options->triple ? LLVMNormalizeTargetTriple(options->triple) : LLVMGetDefaultTargetTriple();
    unit->triple = take_text(triple);
    if (!unit->triple)
        return wn_fail_memory(diag);
    WN_TRY(find_target(unit->triple, &target, diag));
    unit->machine = make_machine(target, unit->triple, options);
    unit->layout = LLVMCreateTargetDataLayout(unit->machine);
    unit->context = LLVMContextCreate();
    LLVMContextSetDiagnosticHandler(unit->context, on_problem, unit);
    unit->module = LLVMModuleCreateWithNameInContext(source->name, unit->context);
    unit->builder = LLVMCreateBuilderInContext(unit->context);
    unit->vector_bits = vector_bits_of(unit);
    describe_module(unit);
    return options->debug ? wn_llvm_debug_open(unit, diag) : WANN_OK;
}

void wn_llvm_close(wn_llvm_unit *unit) {
    wn_llvm_debug_close(unit);
    if (unit->builder)
        LLVMDisposeBuilder(unit->builder);
    if (unit->module)
        LLVMDisposeModule(unit->module);
    if (unit->context)
        LLVMContextDispose(unit->context);
    if (unit->layout)
        LLVMDisposeTargetData(unit->layout);
    if (unit->machine)
        LLVMDisposeTargetMachine(unit->machine);
    wn_free(unit->triple);
}

/* Code that only this process sees is verified where the passes of the network are too. */
static bool is_verified(const wn_llvm_unit *unit) {
#ifdef NDEBUG
    return !unit->options.only;
#else
    (void)unit;
    return true;
#endif
}

static wann_status verify(wn_llvm_unit *unit, const char *when, wann_diag *diag) {
    if (!is_verified(unit))
        return WANN_OK;
    char *message = NULL;
    wann_status status = WANN_OK;
    if (LLVMVerifyModule(unit->module, LLVMReturnStatusAction, &message))
        status = wn_fail(diag, WANN_INTERNAL, NULL, 0, 0,
                         "LLVM's verifier refuses the module %s: %s", when, message);
    LLVMDisposeMessage(message);
    return status;
}

/* The IR has been optimised as a network; what is left is to inline kernels and clean up. */
static const char *passes_of(const wn_llvm_unit *unit) {
    if (unit->options.fast)
        return "globaldce,function(mem2reg),always-inline";
    return unit->source->options->level == WANN_OS
               ? "default<Oz>"
               : "globaldce,function(sroa,instcombine<no-verify-fixpoint>),always-inline,"
                 "function(early-cse)";
}

wann_status wn_llvm_optimise(wn_llvm_unit *unit, wann_diag *diag) {
    WN_TRY(verify(unit, "as it was made", diag));
    LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
    LLVMErrorRef error = LLVMRunPasses(unit->module, passes_of(unit), unit->machine, options);
    LLVMDisposePassBuilderOptions(options);
    if (error) {
        char *message = LLVMGetErrorMessage(error);
        wn_fail(diag, WANN_INTERNAL, NULL, 0, 0, "LLVM's passes: %s", message);
        LLVMDisposeErrorMessage(message);
        return WANN_INTERNAL;
    }
    return verify(unit, "after its passes", diag);
}

static wann_status copy_bytes(const char *bytes, size_t n, char **data, size_t *size,
                              wann_diag *diag) {
    *data = wn_alloc(n + 1);
    if (!*data)
        return wn_fail_memory(diag);
    memcpy(*data, bytes, n);
    (*data)[n] = '\0';
    *size = n;
    return WANN_OK;
}

static wann_status emit_code(wn_llvm_unit *unit, LLVMCodeGenFileType type,
                             LLVMMemoryBufferRef *buffer, wann_diag *diag) {
    char *message = NULL;
    wann_status status = WANN_OK;
    if (LLVMTargetMachineEmitToMemoryBuffer(unit->machine, unit->module, type, &message, buffer))
        status = wn_fail(diag, WANN_TOOL, NULL, 0, 0, "LLVM: %s", message ? message : "no code");
    LLVMDisposeMessage(message);
    if (status == WANN_OK && unit->problem.status != WANN_OK) {
        LLVMDisposeMemoryBuffer(*buffer);
        status = wn_fail(diag, unit->problem.status, NULL, 0, 0, "%s", unit->problem.text);
    }
    return status;
}

wann_status wn_llvm_write(wn_llvm_unit *unit, wann_kind kind, char **data, size_t *size,
                          wann_diag *diag) {
    LLVMMemoryBufferRef buffer = NULL;
    if (kind == WANN_KIND_LLVM) {
        char *text = LLVMPrintModuleToString(unit->module);
        const wann_status status = copy_bytes(text, strlen(text), data, size, diag);
        LLVMDisposeMessage(text);
        return status;
    }
    if (kind == WANN_KIND_BITCODE)
        buffer = LLVMWriteBitcodeToMemoryBuffer(unit->module);
    else
        WN_TRY(emit_code(unit, kind == WANN_KIND_ASM ? LLVMAssemblyFile : LLVMObjectFile, &buffer,
                         diag));
    const wann_status status =
        copy_bytes(LLVMGetBufferStart(buffer), LLVMGetBufferSize(buffer), data, size, diag);
    LLVMDisposeMemoryBuffer(buffer);
    return status;
}
