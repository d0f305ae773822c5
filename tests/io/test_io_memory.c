/* Every allocation of every reader and writer fails in turn: a clean error each time, nothing lost.
 */
#include "io/files.h"
#include "support/failing.h"

static wann_status read_json(void) {
    static const char text[] = "{\"format\": \"wann-network\", \"version\": 1, \"name\": "
                               "\"n\\u00e9\", \"inputs\": [\"a\"], "
                               "\"outputs\": [\"y\"], \"action\": \"none\", \"nodes\": [{\"id\": "
                               "1, \"type\": \"input\"}, {\"id\": 2, "
                               "\"type\": \"hidden\", \"activation\": \"tanh\", \"born\": [1, 2]}, "
                               "{\"id\": 3, \"type\": \"output\", "
                               "\"activation\": 1}], \"connections\": [{\"from\": 1, \"to\": 2, "
                               "\"weight\": 1, \"i\": 7}, {\"from\": 2, "
                               "\"to\": 3, \"weight\": 2}], \"provenance\": {\"seed\": 1}, "
                               "\"other\": {\"a\": 1, \"b\": 2, \"c\": 3, \"d\": "
                               "4, \"e\": 5, \"f\": 6, \"g\": 7, \"h\": 8, \"i\": 9, \"j\": 10}}";
    wann_net *net;
    const wann_status status =
        wann_net_read_memory(text, sizeof text - 1, "n.json", NULL, &net, NULL, NULL);
    CHECK((status == WANN_OK) == (net != NULL));
    wann_net_destroy(net);
    return status;
}

static const char MATRIX[] = "0,0,0,2,0,1\n0,0,0,nan,-1,1\n0,0,0,1,0,1\n0,0,0,0,3,5\n0,0,0,0,0,1\n";

static wann_status read_matrix(void) {
    wann_net *net;
    const wann_status status =
        wann_net_read_memory(MATRIX, sizeof MATRIX - 1, "n.out", NULL, &net, NULL, NULL);
    CHECK((status == WANN_OK) == (net != NULL));
    wann_net_destroy(net);
    return status;
}

static wann_status read_file(void) {
    wann_net *net;
    const wann_status status = wann_net_read(io_path("legal/plain.json"), NULL, &net, NULL, NULL);
    wann_net_destroy(net);
    return status;
}

static const wann_net *subject; /* made while memory lasts */

static wann_status write_matrix(void) {
    return wann_net_write(subject, "/dev/null", WANN_FORMAT_MATRIX, NULL);
}

static wann_status write_json(void) {
    return wann_net_write(subject, "/dev/null", WANN_FORMAT_JSON, NULL);
}

static wann_status read_weights(void) {
    double *weights;
    const wann_status status =
        wann_weights_read(subject, io_path("legal/weights.json"), 0, &weights, NULL);
    CHECK((status == WANN_OK) == (weights != NULL));
    wann_free(weights);
    return status;
}

/* Let allocation 0, 1, 2 ... fail until the work succeeds. */
static void exhaust(const char *what, wann_status (*work)(void)) {
    size_t n = 0;
    wann_status status = WANN_NO_MEMORY;
    wann_set_allocator(&test_failing_allocator);
    for (; status != WANN_OK && n < 10000; n++) {
        test_memory.left = n;
        test_memory.live = 0;
        status = work();
        CHECK_MSG(status == WANN_OK || status == WANN_NO_MEMORY, "%s, allocation %zu", what, n);
        CHECK_MSG(test_memory.live == 0, "%s, allocation %zu: %zu blocks lost", what, n,
                  test_memory.live);
    }
    wann_set_allocator(NULL);
    CHECK_MSG(status == WANN_OK && n > 1, "%s", what);
    printf("     %s: %zu allocations\n", what, n - 1);
}

static void memory_may_run_out(void) {
    exhaust("network file", read_json);
    exhaust("matrix", read_matrix);
    exhaust("file", read_file);
    wann_net *net = read_good(MATRIX, "n.out");
    subject = net;
    exhaust("writing a matrix", write_matrix);
    exhaust("writing a network file", write_json);
    exhaust("weights", read_weights);
    wann_net_destroy(net);
}

int main(void) {
    RUN(memory_may_run_out);
    return TEST_RESULT();
}
