/* Any bytes as a network file: refused with a reason, or a network that keeps its promises. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/net/net.h"
#include "wann/compile.h"
#include "wann/run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libFuzzer reports whatever stops the program. */
static void must(int condition) {
    if (!condition)
        abort();
}

static void run(const wann_net *net) {
    double *in = wn_calloc(wann_net_inputs(net) + 1, sizeof *in);
    double *act = wn_calloc(wann_net_nodes(net) + 1, sizeof *act);
    double *out = wn_calloc(wann_net_outputs(net) + 1, sizeof *out);
    if (in && act && out)
        wann_run(net, in, (wann_weights){1, wann_net_weights(net)}, NULL, act, out);
    wn_free(in);
    wn_free(act);
    wn_free(out);
}

static char *text_of(const wann_net *net, wann_kind kind) {
    const wann_compile_options options = wann_compile_defaults();
    wann_diag diag;
    char *text = NULL;
    must(wann_compile_text(net, &options, kind, &text, NULL, &diag) == WANN_OK);
    return text;
}

/* Written, read and written again it must be the same text. */
static void round_trip(const wann_net *net) {
    char *once = text_of(net, WANN_KIND_JSON);
    wann_net *back;
    must(wann_net_read_memory(once, strlen(once), "back", NULL, &back, NULL, NULL) == WANN_OK);
    char *twice = text_of(back, WANN_KIND_JSON);
    must(strcmp(once, twice) == 0);
    wann_net_destroy(back);
    wann_free(once);
    wann_free(twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    wann_diag diag = {0};
    wann_net *net;
    const wann_status status =
        wann_net_read_memory((const char *)data, size, "fuzz", NULL, &net, NULL, &diag);
    if (status != WANN_OK) {
        must(net == NULL && diag.text[0] != '\0');
        return 0;
    }
    must(wn_net_verify(net, &diag) == WANN_OK);
    run(net);
    wann_free(text_of(net, WANN_KIND_C));
    wann_free(text_of(net, WANN_KIND_SVG));
    wann_free(text_of(net, WANN_KIND_DOT));
    round_trip(net);
    wann_net_destroy(net);
    return 0;
}
