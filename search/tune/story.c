/* A tuned network: what it is made of, and the story of its weights. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/escape.h"
#include "runtime/io/io.h"
#include "runtime/io/json_text.h"
#include "search/tune/tune.h"

/* The story of the structure: of a network that was tuned before, the one before that. */
static void put_origin(const wn_net *net, wn_buf *out) {
    if (!net->provenance)
        return;
    const wn_source source = {
        .data = net->provenance, .size = strlen(net->provenance), .path = "provenance"};
    wn_json_span origin = wn_json_root(&source);
    const wn_json_span before = wn_json_member(&source, origin, "from");
    if (wn_json_member(&source, origin, "tuning").end > 0 && before.end > 0)
        origin = before;
    wn_buf_text(out, ", \"from\": ");
    wn_json_compact(out, &source, origin);
}

static void put_number(wn_buf *out, const char *key, double value) {
    wn_buf_print(out, ", \"%s\": ", key);
    wn_buf_double(out, value);
}

static char *tell(const wn_tuning *t) {
    const wann_tune_options *o = t->options;
    const wann_tune_result *r = t->result;
    wn_buf out = {0};
    wn_buf_text(&out, "{\"task\": \"");
    wn_escape(&out, WN_ESCAPE_JSON, wann_task_name(o->task));
    wn_buf_print(&out, "\", \"tuning\": {\"method\": \"%s\", \"seed\": %" PRIu64,
                 wn_tune_word(o->method), o->seed);
    if (isfinite(r->weight))
        put_number(&out, "start_weight", r->weight);
    wn_buf_print(&out, ", \"generations\": %" PRIu32 ", \"evaluations\": %" PRIu64, t->generation,
                 t->evaluations);
    put_number(&out, "mean", r->mean);
    put_number(&out, "sd", r->sd);
    wn_buf_print(&out, ", \"episodes\": %zu, \"tool\": \"wann %s\"}", r->episodes, wann_version());
    put_origin(o->net, &out);
    wn_buf_char(&out, '}');
    return wn_buf_take(&out);
}

/* By way of the text, so that what is returned is what a file would give. */
static wann_status copy(const wn_net *view, wann_net **net, wann_diag *diag) {
    wn_buf text = {0};
    wn_json_write(view, &text);
    const wann_read_options read = {.format = WANN_FORMAT_JSON};
    const wann_status status = text.failed ? wn_fail_memory(diag)
                                           : wann_net_read_memory(text.data, text.length, "network",
                                                                  &read, net, NULL, diag);
    wn_buf_free(&text);
    return status;
}

wann_status wn_tuning_network(const wn_tuning *t, wann_net **net, wann_diag *diag) {
    const bool shared = t->options->method == WANN_TUNE_SHARED;
    wn_net view = *t->options->net;
    *net = NULL;
    char *story = tell(t);
    if (!story)
        return wn_fail_memory(diag);
    view.provenance = story;
    if (!shared)
        view.weight = t->best;
    if (shared || (!view.has_shared_weight && isfinite(t->result->weight))) {
        view.has_shared_weight = true;
        view.shared_weight = t->result->weight;
    }
    const wann_status status = copy(&view, net, diag);
    wn_free(story);
    return status;
}
