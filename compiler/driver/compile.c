/* Compile to text and to files. */
#include <string.h>
#include <unistd.h>

#include "compiler/driver/driver.h"
#include "compiler/emit/picture.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/file.h"
#include "runtime/io/io.h"
#include "runtime/io/onnx.h"

typedef wann_status (*emitter)(const wn_emit_source *source, wn_buf *out, wann_diag *diag);

static wann_status emit(const wn_compilation *c, emitter function, char **text, wann_diag *diag) {
    const wn_emit_source source = wn_compilation_source(c);
    wn_buf out = {0};
    const wann_status status = function(&source, &out, diag);
    if (status != WANN_OK) {
        wn_buf_free(&out);
        return status;
    }
    *text = wn_buf_take(&out);
    return *text ? WANN_OK : wn_fail_memory(diag);
}

/* Whether a kind goes through the IR to C. */
static emitter c_emitter(wann_kind kind) {
    switch (kind) {
    case WANN_KIND_C:
    case WANN_KIND_STATIC:
    case WANN_KIND_SHARED:
        return wn_emit_c;
    case WANN_KIND_HEADER:
        return wn_emit_single_header;
    case WANN_KIND_EXE:
        return wn_emit_program;
    case WANN_KIND_DOT:
    case WANN_KIND_SVG:
    case WANN_KIND_PNG:
    case WANN_KIND_JSON:
    case WANN_KIND_LLVM:
    case WANN_KIND_BITCODE:
    case WANN_KIND_ASM:
    case WANN_KIND_OBJ:
    case WANN_KIND_WASM:
    case WANN_KIND_ONNX:
        return NULL;
    }
    return NULL;
}

const char *wn_kind_missing(wann_kind kind) {
    switch (kind) {
    case WANN_KIND_LLVM:
    case WANN_KIND_BITCODE:
    case WANN_KIND_ASM:
    case WANN_KIND_OBJ:
    case WANN_KIND_WASM:
#ifdef WANN_HAVE_LLVM
        return NULL;
#else
        return "the LLVM backend, which this build lacks (Debian package: llvm-19-dev)";
#endif
    case WANN_KIND_ONNX:
#ifdef WANN_HAVE_ONNX
        return NULL;
#else
        return "protobuf-c, which this build lacks (Debian packages: libprotobuf-c-dev protobuf-c-compiler)";
#endif
    case WANN_KIND_PNG:
#ifdef WANN_HAVE_PNG
        return NULL;
#else
        return "libpng, which this build lacks (Debian package: libpng-dev)";
#endif
    case WANN_KIND_C:
    case WANN_KIND_HEADER:
    case WANN_KIND_STATIC:
    case WANN_KIND_SHARED:
    case WANN_KIND_EXE:
    case WANN_KIND_DOT:
    case WANN_KIND_SVG:
    case WANN_KIND_JSON:
        return NULL;
    }
    return NULL;
}

static wann_status check_kind(const wann_compile_options *options, wann_kind kind, wann_diag *diag) {
    if (options->real == WANN_FIXED && wn_uses_llvm(options, kind))
        return wn_fail(diag, WANN_UNSUPPORTED, NULL, 0, 0, "fixed point is made through C, not through LLVM");
    const char *missing = wn_kind_missing(wn_uses_llvm(options, kind) ? WANN_KIND_OBJ : kind);
    return missing ? wn_fail(diag, WANN_UNSUPPORTED, NULL, 0, 0, "this needs %s", missing) : WANN_OK;
}

/* Weights as the options say: tuned ones, the shared one, or the shared one as an input. */
static wann_status write_onnx(const wn_net *net, const wann_compile_options *options, wn_buf *out,
                              wann_diag *diag) {
    wn_onnx_weights weights = {.baked = options->weighting == WANN_WEIGHT_BAKED, .shared = options->weight};
    if (options->real != WANN_FLOAT)
        return wn_fail(diag, WANN_UNSUPPORTED, NULL, 0, 0, "ONNX models are made in float");
    if (options->weighting == WANN_WEIGHT_TUNED) {
        weights.connection = options->tuned ? options->tuned : net->weight;
        if (!weights.connection)
            return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0, "the network has no weights of its connections");
    }
    return wn_onnx_write(net, &weights, out, diag);
}

/* The kinds that show the network itself. */
static wann_status draw(const wn_net *net, const wann_compile_options *options, wann_kind kind, wn_buf *out,
                        wann_diag *diag) {
    if (kind == WANN_KIND_ONNX)
        return write_onnx(net, options, out, diag);
    if (kind == WANN_KIND_DOT)
        return wn_emit_dot(net, out, diag);
    if (kind == WANN_KIND_SVG)
        return wn_emit_svg(net, out, diag);
    if (kind == WANN_KIND_PNG)
        return wn_emit_png(net, out, diag);
    wn_json_write(net, out);
    return WANN_OK;
}

static wann_status compile_c(const wann_net *net, const wann_compile_options *options, wann_kind kind,
                             char **text, char **header, wann_diag *diag) {
    wn_compilation c;
    *text = NULL;
    WN_TRY(wn_compilation_start(net, options, NULL, &c, diag));
    wann_status status = emit(&c, c_emitter(kind), text, diag);
    if (status == WANN_OK && header)
        status = emit(&c, wn_emit_header, header, diag);
    if (status != WANN_OK) {
        wn_free(*text);
        *text = NULL;
    }
    wn_compilation_finish(&c);
    return status;
}

wann_status wann_compile_text(const wann_net *net, const wann_compile_options *options, wann_kind kind,
                              char **text, char **header, wann_diag *diag) {
    *text = NULL;
    if (header)
        *header = NULL;
    WN_TRY(check_kind(options, kind, diag));
    if (wn_uses_llvm(options, kind)) {
        size_t size;
        return wn_native_emit(net, options, kind, NULL, text, &size, diag);
    }
    if (c_emitter(kind))
        return compile_c(net, options, kind, text, kind == WANN_KIND_C ? header : NULL, diag);
    wn_buf out = {0};
    const wann_status status = draw(net, options, kind, &out, diag);
    *text = status == WANN_OK ? wn_buf_take(&out) : NULL;
    wn_buf_free(&out);
    return status != WANN_OK || *text ? status : wn_fail_memory(diag);
}

static wann_status inspect(const wn_inspector *inspector, wann_kind kind, const char *text,
                           const char *path, wann_diag *diag) {
    const wn_made made = {kind, text, path};
    return inspector ? inspector->inspect(inspector->ctx, &made, diag) : WANN_OK;
}

/* Two files that belong together: if the second cannot be written, the first is still whole. */
static wann_status write_c(const wann_net *net, const wann_compile_options *options, wann_kind kind,
                           const char *path, bool with_header, const wn_inspector *inspector,
                           wann_diag *diag) {
    char *text, *header = NULL;
    WN_TRY(compile_c(net, options, kind, &text, with_header ? &header : NULL, diag));
    wann_status status = inspect(inspector, kind, text, NULL, diag);
    if (status == WANN_OK && header) {
        wn_buf header_path = {0};
        wn_buf_text(&header_path, path);
        if (!header_path.failed && header_path.length > 2 && strcmp(path + header_path.length - 2, ".c") == 0)
            header_path.length -= 2;
        wn_buf_text(&header_path, ".h");
        status = header_path.failed ? wn_fail_memory(diag)
                                    : wn_file_write(header_path.data, header, strlen(header), 0666, diag);
        wn_buf_free(&header_path);
    }
    if (status == WANN_OK)
        status = wn_file_write(path, text, strlen(text), 0666, diag);
    wn_free(text);
    wn_free(header);
    return status;
}

static wann_status draw_file(const wann_net *net, const wann_compile_options *options, wann_kind kind,
                             const char *path, wann_diag *diag) {
    wn_buf out = {0};
    wann_status status = draw(net, options, kind, &out, diag);
    if (status == WANN_OK)
        status = out.failed ? wn_fail_memory(diag) : wn_file_write(path, out.data, out.length, 0666, diag);
    wn_buf_free(&out);
    return status;
}

/* -O3: -O2 makes few vectors. */
static const char *const optimise[] = {"-O3", NULL};

/* An archive holds the name of its object file, so that is made of the symbols' name, in a folder of
 * its own: the same command has to give the same bytes. */
static wann_status build_archive(const char *text, const char *name, const char *archive, wann_diag *diag) {
    char *folder;
    wn_buf object = {0};
    WN_TRY(wn_temporary_folder("wann-archive", &folder, diag));
    wn_buf_print(&object, "%s/%s.o", folder, name);
    wann_status status = object.failed ? wn_fail_memory(diag)
                                       : wn_cc(text, WN_LINK_OBJECT, optimise, object.data, diag);
    if (status == WANN_OK) {
        unlink(archive); /* ar refuses an empty file as an archive */
        status = wn_ar(object.data, archive, diag);
    }
    if (!object.failed)
        unlink(object.data);
    rmdir(folder);
    wn_buf_free(&object);
    wn_free(folder);
    return status;
}

static wann_status build_into(const char *text, wann_kind kind, const char *name, const char *made, wann_diag *diag) {
    if (kind == WANN_KIND_STATIC)
        return build_archive(text, name, made, diag);
    return wn_cc(text, kind == WANN_KIND_EXE ? WN_LINK_PROGRAM : WN_LINK_SHARED, optimise, made, diag);
}

static wann_status build_kind(const wann_net *net, const wann_compile_options *options, wann_kind kind,
                              const char *made, wann_diag *diag) {
    if (wn_uses_llvm(options, kind))
        return wn_native_build(net, options, kind, made, diag);
    char *text, *name = wann_compile_name(net, options);
    wann_status status = name ? compile_c(net, options, kind, &text, NULL, diag) : wn_fail_memory(diag);
    if (status == WANN_OK) {
        status = build_into(text, kind, name, made, diag);
        wn_free(text);
    }
    wn_free(name);
    return status;
}

/* Make what other programs write, or LLVM, at `path`, which is there whole or not at all. */
static wann_status build(const wann_net *net, const wann_compile_options *options, wann_kind kind, const char *path,
                         const wn_inspector *inspector, wann_diag *diag) {
    char *made;
    const bool runs = kind == WANN_KIND_SHARED || kind == WANN_KIND_EXE;
    WN_TRY(wn_file_temporary(path, &made, diag));
    wann_status status = build_kind(net, options, kind, made, diag);
    if (status == WANN_OK)
        status = inspect(inspector, kind, NULL, made, diag);
    if (status == WANN_OK)
        status = wn_file_commit(made, path, runs ? 0777 : 0666, diag);
    unlink(made);
    wn_free(made);
    return status;
}

wann_status wn_compile_file(const wann_net *net, const wann_compile_options *options, wann_kind kind,
                            const char *path, bool header, const wn_inspector *inspector,
                            wann_diag *diag) {
    WN_TRY(check_kind(options, kind, diag));
    if (!c_emitter(kind) && !wn_uses_llvm(options, kind))
        return draw_file(net, options, kind, path, diag);
    if (kind == WANN_KIND_C || kind == WANN_KIND_HEADER)
        return write_c(net, options, kind, path, header && kind == WANN_KIND_C, inspector, diag);
    return build(net, options, kind, path, inspector, diag);
}

wann_status wann_compile_file(const wann_net *net, const wann_compile_options *options, wann_kind kind,
                              const char *path, bool header, wann_diag *diag) {
    return wn_compile_file(net, options, kind, path, header, NULL, diag);
}
