/* Any bytes as an ONNX model: refused with a reason, or a network that is written as one again,
 * which reads back. */
#include <stdint.h>
#include <stdlib.h>

#include "runtime/io/onnx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libFuzzer reports whatever stops the program. */
static void must(int condition) {
    if (!condition)
        abort();
}

static void write_and_read(const wn_net *net) {
    const wn_onnx_weights weights = {.connection = net->weight};
    wn_buf out = {0};
    wann_diag diag = {0};
    wn_net *back = NULL;
    const wann_status status = wn_onnx_write(net, &weights, &out, &diag);
    must(status == WANN_OK || status == WANN_UNSUPPORTED || status == WANN_NO_MEMORY);
    if (status == WANN_OK) {
        must(wann_net_read_memory(out.data, out.length, "b.onnx", NULL, &back, NULL, &diag) ==
             WANN_OK);
        must(wn_net_verify(back, &diag) == WANN_OK);
    }
    wann_net_destroy(back);
    wn_buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    wann_diag diag = {0};
    wann_net *net;
    if (wann_net_read_memory((const char *)data, size, "f.onnx", NULL, &net, NULL, &diag) !=
        WANN_OK) {
        must(net == NULL && diag.text[0] != '\0');
        return 0;
    }
    must(wn_net_verify(net, &diag) == WANN_OK);
    write_and_read(net);
    wann_net_destroy(net);
    return 0;
}
