/* What scripts of a report page read: the network, compiled and as lists, and what else runs there. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/escape.h"
#include "runtime/base/file.h"
#include "runtime/net/net.h"
#include "search/cli/report.h"

void report_put_base64(wn_buf *out, const void *bytes, size_t n) {
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = bytes;
    for (size_t i = 0; i < n; i += 3) {
        const size_t left = n - i;
        const unsigned long word = (unsigned long)p[i] << 16 |
                                   (left > 1 ? (unsigned long)p[i + 1] << 8 : 0) |
                                   (left > 2 ? (unsigned long)p[i + 2] : 0);
        const char four[4] = {digit[word >> 18], digit[word >> 12 & 63],
                              left > 1 ? digit[word >> 6 & 63] : '=',
                              left > 2 ? digit[word & 63] : '='};
        wn_buf_bytes(out, four, sizeof four);
    }
}

/* ---- the network ---- */

static const char *role_word(unsigned role) {
    switch ((wann_role)role) {
    case WANN_BIAS:
        return "bias";
    case WANN_INPUT_NODE:
        return "input";
    case WANN_HIDDEN:
        return "hidden";
    case WANN_OUTPUT_NODE:
        return "output";
    }
    return "";
}

static const char *formula_of(unsigned activation) {
    switch ((wann_activation)activation) {
#define X(NAME, name, number, formula)                                                             \
    case WANN_ACT_##NAME:                                                                          \
        return formula;
#include "wann/activations.def"
#undef X
    }
    return "";
}

static void put_node(const wann_net *net, uint32_t node, wn_buf *out) {
    const bool given = net->role[node] == WANN_BIAS || net->role[node] == WANN_INPUT_NODE;
    const unsigned activation = net->activation[node];
    wn_buf_print(out, "{\"role\": \"%s\", \"id\": %lld, \"number\": %u", role_word(net->role[node]),
                 (long long)net->id[node], given ? 0 : activation);
    if (!given)
        wn_buf_print(out, ", \"activation\": \"%s\", \"formula\": \"%s\"",
                     wann_activation_name((wann_activation)activation), formula_of(activation));
    if (net->node_name[node]) {
        wn_buf_text(out, ", ");
        scoring_json_text(out, "name", net->node_name[node]);
    }
    wn_buf_char(out, '}');
}

static void put_list(wn_buf *out, const char *key, const uint32_t *values, size_t n) {
    wn_buf_print(out, ",\n\"%s\": [", key);
    for (size_t i = 0; i < n; i++)
        wn_buf_print(out, "%s%u", i ? "," : "", (unsigned)values[i]);
    wn_buf_char(out, ']');
}

static const double *tuned_weights(const report *r) {
    return r->scoring.tuned ? r->scoring.tuned : wann_net_weights(r->scoring.net);
}

static void put_net(const report *r, wn_buf *out) {
    const wann_net *net = r->scoring.net;
    const double *tuned = tuned_weights(r);
    wn_buf_text(out, ",\n\"nodes\": [");
    for (uint32_t v = 0; v < net->n_nodes; v++) {
        wn_buf_text(out, v ? ",\n" : "\n");
        put_node(net, v, out);
    }
    wn_buf_char(out, ']');
    put_list(out, "inputs", net->input, net->n_inputs);
    put_list(out, "outputs", net->output, net->n_outputs);
    put_list(out, "first", net->first_conn, (size_t)net->n_nodes + 1);
    put_list(out, "source", net->source, net->n_conns);
    wn_buf_text(out, ",\n\"tuned\": ");
    for (uint32_t k = 0; tuned && k < net->n_conns; k++) {
        wn_buf_char(out, k ? ',' : '[');
        wn_buf_double(out, tuned[k]);
    }
    wn_buf_text(out, !tuned ? "null" : net->n_conns ? "]" : "[]");
}

/* ---- modules of WebAssembly ---- */

/* As wann eval --portable computes: so the page's trajectories are the same bits. */
static wann_compile_options page_options(const double *tuned) {
    wann_compile_options options = wann_compile_defaults();
    options.name = "policy";
    options.real = WANN_DOUBLE;
    options.math = WANN_MATH_INLINE;
    options.level = WANN_O0;
    options.weighting = tuned ? WANN_WEIGHT_TUNED : WANN_WEIGHT_PARAMETER;
    options.tuned = tuned;
    return options;
}

static wann_status compile(const report *r, const double *tuned, char **bytes, size_t *size,
                           wann_diag *diag) {
    const wann_compile_options options = page_options(tuned);
    char *path;
    WN_TRY(wn_file_temporary(r->output, &path, diag));
    wann_status status =
        wann_compile_file(r->scoring.net, &options, WANN_KIND_WASM, path, false, diag);
    if (status == WANN_OK)
        status = wn_file_read(path, bytes, size, diag);
    unlink(path);
    wn_free(path);
    return status;
}

static void put_module(wn_buf *out, const char *name, const void *bytes, size_t size) {
    wn_buf_print(out, ",\n\"%s\": ", name);
    if (!bytes) {
        wn_buf_text(out, "null");
        return;
    }
    wn_buf_char(out, '"');
    report_put_base64(out, bytes, size);
    wn_buf_char(out, '"');
}

/* Without LLVM or its linker the page interprets the network, and says so. */
static wann_status put_compiled(const report *r, const char *name, const double *tuned, bool wanted,
                                wn_buf *out, wann_diag *diag) {
    char *bytes = NULL;
    size_t size = 0;
    wann_status status = WANN_OK;
    if (wanted) {
        status = compile(r, tuned, &bytes, &size, diag);
        if (status == WANN_UNSUPPORTED || status == WANN_TOOL)
            status = WANN_OK;
    }
    if (status == WANN_OK)
        put_module(out, name, bytes, size);
    wn_free(bytes);
    return status;
}

static wann_status put_modules(const report *r, wn_buf *out, wann_diag *diag) {
    const bool live = r->kind == REPORT_SWINGUP || r->kind == REPORT_DRAWING;
    size_t worlds_size = 0, interpreter_size = 0;
    const char *worlds = report_file("worlds.wasm", &worlds_size);
    const char *interpreter = report_file("interpreter.wasm", &interpreter_size);
    const double *tuned = tuned_weights(r);
    wn_buf_text(out, ",\n\"modules\": {\"version\": 1");
    put_module(out, "worlds", live ? worlds : NULL, worlds_size);
    put_module(out, "interpreter", live ? interpreter : NULL, interpreter_size);
    WN_TRY(put_compiled(r, "policy", NULL, live && worlds, out, diag));
    WN_TRY(put_compiled(r, "tuned", tuned, live && worlds && tuned, out, diag));
    wn_buf_char(out, '}');
    return WANN_OK;
}

/* A network whose weights were evolved or tuned may do nothing with a shared one: then the page starts
 * with its own. */
static bool starts_tuned(const report *r) {
    const condition_score *tuned = &r->cells[CONDITION_TUNED];
    const double shared = r->cells[CONDITION_TUNED_SHARED].reward.mean;
    return tuned->known && tuned->reward.mean > 2 * fmax(shared, 0);
}

/* ---- samples to look at ---- */

/* Evenly from the test set, which is in no order. */
static wann_status put_samples(const report *r, wn_buf *out, wann_diag *diag) {
    enum { SHOWN = 20 };
    const wann_samples *s;
    WN_TRY(wann_task_samples(r->scoring.task, WANN_TEST, &s, diag));
    const size_t n = s->n < SHOWN ? s->n : SHOWN;
    wn_buf_text(out, ",\n\"samples\": {\"label\": [");
    for (size_t i = 0; i < n; i++)
        wn_buf_print(out, "%s%u", i ? "," : "", (unsigned)s->label[i * s->n / n]);
    wn_buf_text(out, "], \"input\": \"");
    double *input = wn_calloc(n * s->inputs, sizeof *input);
    if (!input)
        return wn_fail_memory(diag);
    for (size_t i = 0; i < n; i++)
        memcpy(input + i * s->inputs, s->input + i * s->n / n * s->inputs,
               s->inputs * sizeof *input);
    report_put_base64(out, input, n * s->inputs * sizeof *input);
    wn_free(input);
    wn_buf_text(out, "\"}");
    return WANN_OK;
}

static const char *kind_word(report_kind kind) {
    switch (kind) {
    case REPORT_STILL:
        return "still";
    case REPORT_SWINGUP:
        return "swingup";
    case REPORT_DRAWING:
        return "drawing";
    case REPORT_FILM:
        return "film";
    }
    return "";
}

/* In a page '<' could end the element or begin another one. */
static void put_without_tags(wn_buf *out, const char *json) {
    for (; *json; json++)
        if (*json == '<')
            wn_buf_text(out, "\\u003c");
        else
            wn_buf_char(out, *json);
}

wann_status report_put_data(const report *r, wn_buf *out, wann_diag *diag) {
    const wann_env_type *type = wann_task_type(r->scoring.task);
    wn_buf json = {0};
    wn_buf_print(&json, "{\"kind\": \"%s\", \"steps\": %u, \"stepsPerSecond\": ",
                 kind_word(r->kind), (unsigned)type->steps);
    wn_buf_double(&json, type->steps_per_second > 0 ? type->steps_per_second : 0);
    wn_buf_print(&json, ", \"mode\": \"%s\", \"weight\": ", starts_tuned(r) ? "tuned" : "shared");
    wn_buf_double(&json, r->weight);
    put_net(r, &json);
    wann_status status = put_modules(r, &json, diag);
    if (status == WANN_OK && r->kind == REPORT_DRAWING)
        status = put_samples(r, &json, diag);
    wn_buf_text(&json, "}");
    if (status == WANN_OK && !json.failed)
        put_without_tags(out, json.data);
    if (status == WANN_OK && json.failed)
        status = wn_fail_memory(diag);
    wn_buf_free(&json);
    return status;
}
