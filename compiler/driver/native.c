/* Machine code through LLVM: objects, and what linkers make of them. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler/driver/driver.h"
#include "compiler/emit/llvm/llvm.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/file.h"
#include "runtime/base/proc.h"

bool wn_uses_llvm(const wann_compile_options *options, wann_kind kind) {
    switch (kind) {
    case WANN_KIND_LLVM:
    case WANN_KIND_BITCODE:
    case WANN_KIND_ASM:
    case WANN_KIND_OBJ:
    case WANN_KIND_WASM:
        return true;
    case WANN_KIND_STATIC:
    case WANN_KIND_SHARED:
    case WANN_KIND_EXE:
        return options->backend == WANN_BACKEND_LLVM ||
               (options->backend == WANN_BACKEND_DEFAULT &&
                (options->target || options->cpu || options->debug));
    case WANN_KIND_C:
    case WANN_KIND_HEADER:
    case WANN_KIND_DOT:
    case WANN_KIND_SVG:
    case WANN_KIND_PNG:
    case WANN_KIND_JSON:
    case WANN_KIND_ONNX:
        return false;
    }
    return false;
}

#ifdef WANN_HAVE_LLVM

static const char wasm_target[] = "wasm32-unknown-unknown";

/* The part of a triple that names the machine, and whether its system is Linux. */
static bool same_machine(const char *a, const char *b) {
    const size_t n = strcspn(a, "-");
    return n == strcspn(b, "-") && memcmp(a, b, n) == 0 &&
           (strstr(a, "linux") != NULL) == (strstr(b, "linux") != NULL);
}

bool wn_is_foreign(const char *target) {
    char *host = target ? wn_llvm_host() : NULL;
    const bool foreign = target && host && !same_machine(target, host);
    wn_free(host);
    return foreign;
}

wann_status wn_native_options(const wann_compile_options *options, wann_kind kind,
                              wann_compile_options *resolved, wann_diag *diag) {
    *resolved = *options;
    if (kind == WANN_KIND_WASM && !resolved->target)
        resolved->target = wasm_target;
    const bool wasm = resolved->target && strncmp(resolved->target, "wasm", 4) == 0;
    if (wasm && resolved->math == WANN_MATH_LIBM)
        return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0,
                       "WebAssembly has no C library; use --math inline");
    if (wasm)
        resolved->math = WANN_MATH_INLINE;
    if (kind == WANN_KIND_WASM && !wasm)
        return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0,
                       "the target of WebAssembly is wasm32, not '%s'", resolved->target);
    return wn_llvm_check_target(resolved->target, resolved->cpu, diag);
}

wann_status wn_native_main(const wann_net *net, const wann_compile_options *options, char **text,
                           wann_diag *diag) {
    wn_compilation c;
    wn_buf out = {0};
    WN_TRY(wn_compilation_start(net, options, NULL, &c, diag));
    const wn_emit_source source = wn_compilation_source(&c);
    const wann_status status = wn_emit_program_frame(&source, &out, diag);
    *text = status == WANN_OK ? wn_buf_take(&out) : NULL;
    wn_buf_free(&out);
    wn_compilation_finish(&c);
    return status != WANN_OK || *text ? status : wn_fail_memory(diag);
}

wann_status wn_native_emit(const wann_net *net, const wann_compile_options *options, wann_kind kind,
                           const char *entries, char **data, size_t *size, wann_diag *diag) {
    wann_compile_options resolved;
    wn_compilation c;
    *data = NULL;
    WN_TRY(wn_native_options(options, kind, &resolved, diag));
    WN_TRY(wn_compilation_start(net, &resolved, NULL, &c, diag));
    const wn_emit_source source = wn_compilation_source(&c);
    const wn_llvm_options how = {.triple = resolved.target,
                                 .cpu = resolved.cpu,
                                 .debug = resolved.debug,
                                 .entries = entries};
    const bool text = kind == WANN_KIND_LLVM || kind == WANN_KIND_BITCODE || kind == WANN_KIND_ASM;
    wann_status status = wn_emit_llvm(&source, &how, text ? kind : WANN_KIND_OBJ, data, size, diag);
    wn_compilation_finish(&c);
    return status;
}

/* What is exported is the API, and memory to call it with. */
static wann_status link_wasm(const char *object, const char *name, const char *output,
                             wann_diag *diag) {
    static const char *const linkers[] = {"wasm-ld-19", "wasm-ld"};
    static const char *const suffixes[] = {"",
                                           "_act",
                                           "_batch",
                                           "_ensemble",
                                           "_gradient",
                                           "_gradient_batch",
                                           "_input_names",
                                           "_output_names",
                                           "_weights"};
    enum { SUFFIXES = sizeof suffixes / sizeof *suffixes, FIXED = 7 };
    const char *argv[FIXED + SUFFIXES + 4] = {
        NULL, "--no-entry", "--strip-all", "--export=__heap_base", "-z", "stack-size=65536", "-O2"};
    wn_buf export[SUFFIXES] = {{0}};
    char *errors = NULL;
    int code = 1;
    wann_status status = WANN_TOOL;
    for (size_t i = 0; i < SUFFIXES; i++) {
        wn_buf_print(&export[i], "--export-if-defined=%s%s", name, suffixes[i]);
        argv[FIXED + i] = export[i].failed ? "" : export[i].data;
    }
    argv[FIXED + SUFFIXES] = object;
    argv[FIXED + SUFFIXES + 1] = "-o";
    argv[FIXED + SUFFIXES + 2] = output;
    for (size_t i = 0; i < sizeof linkers / sizeof *linkers && status == WANN_TOOL; i++) {
        argv[0] = linkers[i];
        status = wn_proc_run(argv, NULL, NULL, &errors, &code, diag);
    }
    if (status == WANN_TOOL)
        wn_fail(diag, WANN_TOOL, NULL, 0, 0,
                "there is no wasm-ld to link WebAssembly (Debian package: lld-19)");
    if (status == WANN_OK && code != 0)
        status = wn_fail(diag, WANN_TOOL, NULL, 0, 0, "'%s' failed: %.200s", argv[0],
                         errors ? errors : "");
    for (size_t i = 0; i < SUFFIXES; i++)
        wn_buf_free(&export[i]);
    wn_free(errors);
    return status;
}

static wann_status link_object(const char *object, const char *name,
                               const wann_compile_options *options, wann_kind kind,
                               const char *main_text, const char *output, wann_diag *diag) {
    /* Static where no loader of the target may be at hand. */
    const char *const words[] = {
        "-O2", object, wn_is_foreign(options->target) && kind == WANN_KIND_EXE ? "-static" : NULL,
        NULL};
    switch (kind) {
    case WANN_KIND_STATIC:
        unlink(output); /* ar refuses an empty file as an archive */
        return wn_ar(object, output, diag);
    case WANN_KIND_WASM:
        return link_wasm(object, name, output, diag);
    case WANN_KIND_SHARED:
        return wn_cc_for(options->target, "typedef int wann_nothing_of_its_own;\n", WN_LINK_SHARED,
                         words, output, diag);
    case WANN_KIND_EXE:
        return wn_cc_for(options->target, main_text, WN_LINK_PROGRAM, words, output, diag);
    case WANN_KIND_C:
    case WANN_KIND_HEADER:
    case WANN_KIND_DOT:
    case WANN_KIND_SVG:
    case WANN_KIND_PNG:
    case WANN_KIND_JSON:
    case WANN_KIND_LLVM:
    case WANN_KIND_BITCODE:
    case WANN_KIND_ASM:
    case WANN_KIND_OBJ:
    case WANN_KIND_ONNX:
        break;
    }
    return WANN_OK;
}

/* An archive holds the name of its object file, so that is made of the symbols' name. */
static wann_status link_bytes(const char *data, size_t size, const char *name,
                              const wann_compile_options *options, wann_kind kind,
                              const char *main_text, const char *output, wann_diag *diag) {
    char *folder;
    wn_buf object = {0};
    WN_TRY(wn_temporary_folder("wann-object", &folder, diag));
    wn_buf_print(&object, "%s/%s.o", folder, name);
    wann_status status =
        object.failed ? wn_fail_memory(diag) : wn_file_write(object.data, data, size, 0666, diag);
    if (status == WANN_OK)
        status = link_object(object.data, name, options, kind, main_text, output, diag);
    if (!object.failed)
        unlink(object.data);
    rmdir(folder);
    wn_buf_free(&object);
    wn_free(folder);
    return status;
}

wann_status wn_native_link(const char *object, size_t size, const char *name,
                           const wann_compile_options *options, const char *path, wann_diag *diag) {
    return link_bytes(object, size, name, options, WANN_KIND_SHARED, NULL, path, diag);
}

wann_status wn_native_build(const wann_net *net, const wann_compile_options *options,
                            wann_kind kind, const char *path, wann_diag *diag) {
    char *data, *main_text = NULL, *name = wann_compile_name(net, options);
    size_t size;
    wann_status status = name ? WANN_OK : wn_fail_memory(diag);
    if (status == WANN_OK && kind == WANN_KIND_EXE)
        status = wn_native_main(net, options, &main_text, diag);
    if (status == WANN_OK)
        status = wn_native_emit(net, options, kind, NULL, &data, &size, diag);
    if (status == WANN_OK) {
        const bool linked = kind == WANN_KIND_STATIC || kind == WANN_KIND_SHARED ||
                            kind == WANN_KIND_EXE || kind == WANN_KIND_WASM;
        status = linked ? link_bytes(data, size, name, options, kind, main_text, path, diag)
                        : wn_file_write(path, data, size, 0666, diag);
        wn_free(data);
    }
    wn_free(main_text);
    wn_free(name);
    return status;
}

#else

/* Without LLVM there is no other machine; wn_kind_missing keeps callers from the rest. */
bool wn_is_foreign(const char *target) {
    return target != NULL;
}

static wann_status missing(wann_diag *diag) {
    return wn_fail(diag, WANN_UNSUPPORTED, NULL, 0, 0, "this needs %s",
                   wn_kind_missing(WANN_KIND_OBJ));
}

wann_status wn_native_options(const wann_compile_options *options, wann_kind kind,
                              wann_compile_options *resolved, wann_diag *diag) {
    (void)kind;
    *resolved = *options;
    return missing(diag);
}

wann_status wn_native_emit(const wann_net *net, const wann_compile_options *options, wann_kind kind,
                           const char *entries, char **data, size_t *size, wann_diag *diag) {
    (void)net, (void)options, (void)kind, (void)entries, (void)data, (void)size;
    return missing(diag);
}

wann_status wn_native_main(const wann_net *net, const wann_compile_options *options, char **text,
                           wann_diag *diag) {
    (void)net, (void)options, (void)text;
    return missing(diag);
}

wann_status wn_native_link(const char *object, size_t size, const char *name,
                           const wann_compile_options *options, const char *path, wann_diag *diag) {
    (void)object, (void)size, (void)name, (void)options, (void)path;
    return missing(diag);
}

wann_status wn_native_build(const wann_net *net, const wann_compile_options *options,
                            wann_kind kind, const char *path, wann_diag *diag) {
    (void)net, (void)options, (void)kind, (void)path;
    return missing(diag);
}

#endif
