/* Debug information that names nodes: in a debugger, a profiler or a backtrace each node looks like
 * a function "node 17 (tanh)" that was inlined into NAME. The number of its line is the node's id.
 */
#include <inttypes.h>
#include <string.h>

#include "compiler/emit/llvm/unit.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

struct wn_llvm_debug {
    LLVMDIBuilderRef builder;
    LLVMMetadataRef file, type;
    LLVMMetadataRef *node;    /* [n_nodes] its function; NULL: none yet */
    LLVMMetadataRef function; /* the one in work; NULL: none */
    LLVMMetadataRef call;     /* where its nodes are called */
};

static void add_version(wn_llvm_unit *unit, const char *name, unsigned value) {
    LLVMValueRef number = LLVMConstInt(LLVMInt32TypeInContext(unit->context), value, false);
    LLVMAddModuleFlag(unit->module, LLVMModuleFlagBehaviorWarning, name, strlen(name),
                      LLVMValueAsMetadata(number));
}

wann_status wn_llvm_debug_open(wn_llvm_unit *unit, wann_diag *diag) {
    const char *source =
        unit->source->options->source ? unit->source->options->source : unit->source->net->name;
    const char *slash = strrchr(source, '/');
    const char *file = slash ? slash + 1 : source;
    wn_llvm_debug *d = unit->debug = wn_calloc(1, sizeof *d);
    if (d)
        d->node = wn_calloc(unit->source->net->n_nodes + 1, sizeof *d->node);
    if (!d || !d->node)
        return wn_fail_memory(diag);
    add_version(unit, "Debug Info Version", LLVMDebugMetadataVersion());
    add_version(unit, "Dwarf Version", 4);
    d->builder = LLVMCreateDIBuilder(unit->module);
    d->file = LLVMDIBuilderCreateFile(d->builder, file, strlen(file), ".", 1);
    LLVMDIBuilderCreateCompileUnit(d->builder, LLVMDWARFSourceLanguageC99, d->file, "wannc", 5,
                                   true, "", 0, 0, "", 0, LLVMDWARFEmissionFull, 0, false, false,
                                   "", 0, "", 0);
    d->type = LLVMDIBuilderCreateSubroutineType(d->builder, d->file, NULL, 0, LLVMDIFlagZero);
    return WANN_OK;
}

static LLVMMetadataRef make_function(wn_llvm_debug *d, const char *name, unsigned line) {
    return LLVMDIBuilderCreateFunction(d->builder, d->file, name, strlen(name), name, strlen(name),
                                       d->file, line, d->type, false, true, line, LLVMDIFlagZero,
                                       true);
}

void wn_llvm_debug_function(wn_llvm_unit *unit, LLVMValueRef function, const char *name) {
    wn_llvm_debug *d = unit->debug;
    if (!d)
        return;
    d->function = make_function(d, name, 1);
    d->call = LLVMDIBuilderCreateDebugLocation(unit->context, 1, 0, d->function, NULL);
    LLVMSetSubprogram(function, d->function);
    LLVMSetCurrentDebugLocation2(unit->builder, d->call);
}

/* Ids are any numbers; lines are not. */
static unsigned line_of(int64_t id) {
    return id > 0 && id <= INT32_MAX ? (unsigned)id : 0;
}

void wn_llvm_debug_node(wn_llvm_unit *unit, uint32_t node) {
    wn_llvm_debug *d = unit->debug;
    const wn_net *net = unit->source->net;
    if (!d || !d->function)
        return;
    if (node == WN_NO_NODE) {
        LLVMSetCurrentDebugLocation2(unit->builder, d->call);
        return;
    }
    const unsigned line = line_of(net->id[node]);
    if (!d->node[node]) {
        wn_buf name = {0};
        wn_buf_print(&name, "node %" PRId64 " (%s)", net->id[node],
                     wann_activation_name((wann_activation)net->activation[node]));
        d->node[node] = make_function(d, name.failed ? "node" : name.data, line);
        wn_buf_free(&name);
    }
    LLVMSetCurrentDebugLocation2(
        unit->builder,
        LLVMDIBuilderCreateDebugLocation(unit->context, line, 0, d->node[node], d->call));
}

void wn_llvm_debug_end(wn_llvm_unit *unit) {
    if (!unit->debug)
        return;
    unit->debug->function = NULL;
    LLVMSetCurrentDebugLocation2(unit->builder, NULL);
}

void wn_llvm_debug_finish(wn_llvm_unit *unit) {
    if (unit->debug)
        LLVMDIBuilderFinalize(unit->debug->builder);
}

void wn_llvm_debug_close(wn_llvm_unit *unit) {
    if (!unit->debug)
        return;
    if (unit->debug->builder)
        LLVMDisposeDIBuilder(unit->debug->builder);
    wn_free(unit->debug->node);
    wn_free(unit->debug);
    unit->debug = NULL;
}
