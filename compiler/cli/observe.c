/* --dump-ir and --stats: look at the IR after each pass. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "compiler/cli/cli.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

typedef struct watcher {
    const wn_request *request;
    wn_buf *out;
    unsigned pipelines; /* seen so far: that of one input, that of a batch */
} watcher;

static void put_header(const watcher *w, const char *first) {
    if (w->request->stats)
        wn_buf_print(w->out, "%-13s %6s %6s %6s %6s %6s %6s %8s\n", first, "insts", "adds", "muls", "acts", "depth",
                     "alive", ".text");
}

static wann_status dump(const watcher *w, const char *pass, const wn_ir *ir) {
    if (w->request->dump_pass && strcmp(w->request->dump_pass, pass) != 0)
        return WANN_OK;
    wn_buf_print(w->out, "; after %s\n", pass);
    wn_ir_print(ir, w->out);
    return WANN_OK;
}

/* Bytes of machine code that the C compiler makes of an IR; 0 where there is no C compiler. */
static size_t code_size(const watcher *w, const wn_ir *ir) {
    wann_compile_options options = w->request->compile;
    options.name = "policy";
    if (options.math == WANN_MATH_DEFAULT)
        options.math = options.real == WANN_DOUBLE ? WANN_MATH_LIBM : WANN_MATH_INLINE;
    wn_fixed *fixed = NULL;
    if (options.real == WANN_FIXED && wn_fixed_create(ir, &options, &fixed, NULL) != WANN_OK)
        return 0;
    const wn_emit_source source = {
        .net = ir->net, .ir = ir, .fixed = fixed, .options = &options, .name = "policy"};
    wn_buf text = {0};
    size_t size = 0;
    if (wn_emit_c(&source, &text, NULL) == WANN_OK && !text.failed &&
        wn_code_size(text.data, &size, NULL) != WANN_OK)
        size = 0;
    wn_buf_free(&text);
    wn_fixed_destroy(fixed);
    return size;
}

static wann_status measure(const watcher *w, const char *pass, const wn_ir *ir, wann_diag *diag) {
    wn_ir_cost cost;
    WN_TRY(wn_ir_measure(ir, &cost, diag));
    const size_t size = code_size(w, ir);
    wn_buf_print(w->out, "%-13s %6" PRIu32 " %6" PRIu32 " %6" PRIu32 " %6" PRIu32 " %6" PRIu32 " %6" PRIu32, pass,
                 ir->n_insts, cost.adds, cost.muls + cost.fmas, cost.kernels + cost.negs, cost.depth, cost.live);
    if (size)
        wn_buf_print(w->out, " %8zu\n", size);
    else
        wn_buf_print(w->out, " %8s\n", "-");
    return WANN_OK;
}

static wann_status after(void *ctx, const char *pass, const wn_ir *ir, wann_diag *diag) {
    watcher *w = ctx;
    if (strcmp(pass, "lower") == 0)
        put_header(w, w->pipelines++ == 0 ? "after" : "batch");
    if (w->request->dump_ir)
        WN_TRY(dump(w, pass, ir));
    if (w->request->stats)
        WN_TRY(measure(w, pass, ir, diag));
    return w->out->failed ? wn_fail_memory(diag) : WANN_OK;
}

wann_status wn_show_passes(const wn_request *request, const wn_net *net, wann_diag *diag) {
    wn_buf out = {0};
    watcher w = {request, &out, 0};
    const wn_pass_observer observer = {after, &w};
    wn_compilation c;
    const wann_status status = wn_compilation_start(net, &request->compile, &observer, &c, diag);
    if (status == WANN_OK) {
        wn_compilation_finish(&c);
        fputs(out.data, stdout);
    }
    wn_buf_free(&out);
    return status;
}
