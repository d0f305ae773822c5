/* What the tests of network files share: paths of the corpus, texts, comparing networks. */
#ifndef WN_TEST_FILES_H
#define WN_TEST_FILES_H

#include "runtime/base/alloc.h"
#include "runtime/base/file.h"
#include "runtime/io/io.h"
#include "support/test.h"

/* The path of a file of tests/io; the result stays until the call after the next. */
static inline const char *io_path(const char *name) {
    static char paths[2][8192];
    static int turn;
    const char *source = getenv("WANN_SOURCE");
    turn = !turn;
    snprintf(paths[turn], sizeof paths[turn], "%s/tests/io/%s", source ? source : ".", name);
    return paths[turn];
}

/* A network of a text, which must be good. */
static inline wann_net *read_good(const char *text, const char *path) {
    wann_net *net = NULL;
    wann_diag diag = {0};
    CHECK_MSG(wann_net_read_memory(text, strlen(text), path, NULL, &net, NULL, &diag) == WANN_OK,
              "%s:%d:%d: %s", diag.path, diag.line, diag.column, diag.text);
    return net;
}

/* A network as its file: what two networks have in common is equal texts. Free with wn_free. */
static inline char *as_json(const wann_net *net) {
    wn_buf text = {0};
    wn_json_write(net, &text);
    return wn_buf_take(&text);
}

static inline char *as_matrix(const wann_net *net) {
    wn_buf text = {0};
    wann_diag diag;
    CHECK(wn_matrix_write(net, &text, &diag) == WANN_OK);
    return wn_buf_take(&text);
}

#endif
