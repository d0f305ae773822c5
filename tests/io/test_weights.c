/* Weights files of the published tool: order, bias, both forms. */
#define _XOPEN_SOURCE 700
#include <math.h>
#include <unistd.h>

#include "io/files.h"

/* Connections by destination: 0->3, 1->3, 1->4, 3->4; by source: 0->3, 1->3, 1->4, 3->4. With 0->4
 * in addition the two orders differ. */
static const char NET[] = "0,0,7,7,1\n0,0,7,7,1\n0,0,0,7,5\n0,0,0,0,1\n";

static char *scratch_file(const char *text) {
    static char path[] = "/tmp/wann-weights-XXXXXX";
    strcpy(path, "/tmp/wann-weights-XXXXXX");
    const int fd = mkstemp(path);
    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    return path;
}

static wann_status read_text(const char *text, double bias, double **weights, wann_diag *diag) {
    wann_net *net = read_good(NET, "net.out");
    const char *path = scratch_file(text);
    const wann_status status = wann_weights_read(net, path, bias, weights, diag);
    unlink(path);
    wann_net_destroy(net);
    return status;
}

/* By source the list is 0->2, 0->3, 1->2, 1->3, 2->3; the network's order is 0->2, 1->2, 0->3,
 * 1->3, 2->3. */
static void check_weights(const char *text) {
    static const double expected[] = {10.5, 12.5, 11.5, 13.5, 14.5};
    double *weights;
    wann_diag diag = {0};
    CHECK_MSG(read_text(text, 0.5, &weights, &diag) == WANN_OK, "%s", diag.text);
    if (!weights)
        return;
    CHECK(memcmp(weights, expected, sizeof expected) == 0);
    wann_free(weights);
}

static void both_forms_are_read(void) {
    check_weights("[[10, 11, 12, 13, 14]]");
    check_weights("[\n[\n10,\n11,\n12,\n13,\n14\n],\n932\n]\n");
    check_weights("[[10, 11, 12, 13, 14], 892.5, 1.5e1]");
    check_weights("[10, 11, 12, 13, 14]");
    check_weights("\xef\xbb\xbf[10, 11,\r\n 12, 13, 14]");
}

static void what_does_not_fit_is_refused(void) {
    double *weights;
    wann_diag diag = {0};
    CHECK(read_text("[1, 2, 3,\n 4]", 0, &weights, &diag) == WANN_INPUT && !weights);
    CHECK_TEXT(diag.text, "4 weights for a network of 5 connections");
    CHECK(read_text("[1, 2, 3,\n 4, 1.7e308]", 1e308, &weights, &diag) == WANN_INPUT && !weights);
    CHECK_TEXT(diag.text, "the weight and the bias are too large");
    CHECK(diag.line == 2 && diag.column == 5);
    CHECK(read_text("[1, 2, 3, 4, 5]", (double)INFINITY, &weights, &diag) == WANN_ARGUMENT &&
          !weights);
    wann_net *net = read_good(NET, "net.out");
    CHECK(wann_weights_read(net, "/nowhere/weights.json", 0, &weights, &diag) == WANN_IO &&
          !weights);
    CHECK_TEXT(diag.path, "/nowhere/weights.json");
    wann_net_destroy(net);
}

static void a_network_without_connections_takes_none(void) {
    wann_net *net = read_good(
        "{\"format\": \"wann-network\", \"version\": 1, \"nodes\": [{\"id\": 0, \"type\": "
        "\"output\"}], \"connections\": []}",
        "none.json");
    double *weights;
    const char *path = scratch_file("[[], 3]");
    CHECK(wann_weights_read(net, path, 0, &weights, NULL) == WANN_OK && weights);
    wann_free(weights);
    unlink(path);
    wann_net_destroy(net);
}

int main(void) {
    RUN(both_forms_are_read);
    RUN(what_does_not_fit_is_refused);
    RUN(a_network_without_connections_takes_none);
    return TEST_RESULT();
}
