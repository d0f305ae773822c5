/* Reading weights files of the published tool: [[offset, ...], score, spread], or just offsets. */
#include <math.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/file.h"
#include "runtime/io/json_value.h"
#include "runtime/net/net.h"

/* The list of offsets; what may stand behind it is checked and left alone. */
static wann_status find_offsets(const wn_source *source, wn_json_span *offsets, wann_diag *diag) {
    const wn_json_span root = wn_json_root(source);
    double score;
    if (source->data[root.at] != '[')
        return wn_source_fail(source, root.at, diag, "the file is %s; expected a list of weights",
                              wn_json_kind(source, root));
    *offsets = root;
    wn_json_walk walk = wn_json_begin(source, root);
    if (!wn_json_next(&walk) || source->data[walk.value.at] != '[')
        return WANN_OK;
    *offsets = walk.value;
    for (size_t i = 1; wn_json_next(&walk); i++) {
        if (i > 2)
            return wn_source_fail(source, walk.value.at, diag,
                                  "more than the weights, their score and its spread in the list");
        WN_TRY(wn_json_number(source, walk.value, i == 1 ? "score" : "spread", &score, diag));
    }
    return WANN_OK;
}

/* Count first: a file for another network is refused before anything is made of it. */
static wann_status check_count(const wn_source *source, wn_json_span offsets, size_t expected,
                               wann_diag *diag) {
    size_t n = 0;
    wn_json_walk walk = wn_json_begin(source, offsets);
    while (wn_json_next(&walk))
        n++;
    if (n == expected)
        return WANN_OK;
    return wn_source_fail(source, offsets.at, diag,
                          "%zu weight%s for a network of %zu connection%s", n, n == 1 ? "" : "s",
                          expected, expected == 1 ? "" : "s");
}

static wann_status read_offsets(const wn_source *source, wn_json_span offsets,
                                const uint32_t *order, double bias, double *weights,
                                wann_diag *diag) {
    wn_json_walk walk = wn_json_begin(source, offsets);
    for (size_t i = 0; wn_json_next(&walk); i++) {
        double offset = 0;
        WN_TRY(wn_json_number(source, walk.value, "weight", &offset, diag));
        weights[order[i]] = offset + bias;
        if (!isfinite(offset + bias))
            return wn_source_fail(source, walk.value.at, diag,
                                  "the weight and the bias are too large");
    }
    return WANN_OK;
}

static wann_status read_weights(const wann_net *net, const wn_source *source, double bias,
                                double *weights, wann_diag *diag) {
    wn_json_span offsets = {0, 0};
    WN_TRY(wn_json_check(source, diag));
    WN_TRY(find_offsets(source, &offsets, diag));
    WN_TRY(check_count(source, offsets, net->n_conns, diag));
    uint32_t *order = wn_calloc(net->n_conns, sizeof *order);
    if (!order || !wn_net_published_order(net, order)) {
        wn_free(order);
        return wn_fail_memory(diag);
    }
    const wann_status status = read_offsets(source, offsets, order, bias, weights, diag);
    wn_free(order);
    return status;
}

wann_status wann_weights_read(const wann_net *net, const char *path, double bias, double **weights,
                              wann_diag *diag) {
    *weights = NULL;
    if (!isfinite(bias))
        return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0, "the weight bias is not finite");
    char *data;
    size_t size;
    WN_TRY(wn_file_read(path, &data, &size, diag));
    const wn_source source = {data, size, path};
    double *values = wn_calloc(net->n_conns, sizeof *values);
    const wann_status status =
        values ? read_weights(net, &source, bias, values, diag) : wn_fail_memory(diag);
    wn_free(data);
    if (status != WANN_OK) {
        wn_free(values);
        return status;
    }
    *weights = values;
    return WANN_OK;
}
