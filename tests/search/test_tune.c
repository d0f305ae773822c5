/* wann_tune from C: what it gives, and that it fails cleanly at every allocation that can fail. */
#include <math.h>
#include <string.h>

#include "runtime/net/net.h"
#include "support/failing.h"
#include "support/test.h"
#include "wann/tune.h"

static const char network[] =
    "{\"format\": \"wann-network\", \"version\": 1, \"nodes\": [{\"id\": 0, \"type\": \"bias\"}, "
    "{\"id\": 1, \"type\": \"input\"}, {\"id\": 2, \"type\": \"input\"}, {\"id\": 3, \"type\": \"input\"}, "
    "{\"id\": 4, \"type\": \"input\"}, {\"id\": 5, \"type\": \"input\"}, "
    "{\"id\": 7, \"type\": \"hidden\", \"activation\": \"tanh\"}, {\"id\": 6, \"type\": \"output\"}], "
    "\"connections\": [{\"from\": 1, \"to\": 7}, {\"from\": 3, \"to\": 7}, {\"from\": 7, \"to\": 6}]}";

static const char *const small[] = {"points=3",       "sweep_episodes=1", "maxGen=2", "popsize=4",
                                    "num_episode=1",  "eval_episodes=1",  "eval_steps=1",
                                    "test_episodes=2", NULL};
static const char *const small_race[] = {"points=3",        "sweep_episodes=1", "race_episodes=2",
                                         "refinements=1", "test_episodes=2",  NULL};

static wann_status tune(wann_tune_method method, wann_tune_result *result, wann_diag *diag) {
    wann_net *net;
    wann_task *task;
    wann_status status =
        wann_net_read_memory(network, strlen(network), "network", NULL, &net, NULL, diag);
    if (status != WANN_OK)
        return status;
    status = wann_task_open("swingup_hard", NULL, &task, diag);
    if (status == WANN_OK) {
        const wann_tune_options options = {.net = net,
                                           .task = task,
                                           .method = method,
                                           .threads = 1,
                                           .settings = method == WANN_TUNE_SHARED ? small_race
                                                                                  : small};
        status = wann_tune(&options, result, diag);
        wann_task_close(task);
    }
    wann_net_destroy(net);
    return status;
}

static void the_network_has_its_new_weights(void) {
    wann_tune_result result;
    wann_diag diag = {0};
    double weight;
    CHECK_MSG(tune(WANN_TUNE_SHARED, &result, &diag) == WANN_OK, "%s", diag.text);
    CHECK(wann_net_shared_weight(result.net, &weight) && weight == result.weight);
    CHECK(!wann_net_weights(result.net) && result.n_points > 3 && isfinite(result.mean));
    for (size_t i = 1; i < result.n_points; i++)
        CHECK(result.point[i - 1].weight < result.point[i].weight);
    wann_tune_free(&result);
    CHECK_MSG(tune(WANN_TUNE_CMA, &result, &diag) == WANN_OK, "%s", diag.text);
    CHECK(wann_net_weights(result.net) && result.generations == 2 && result.episodes == 2);
    CHECK_TEXT(wann_net_task(result.net), "swingup_hard");
    wann_tune_free(&result);
}

/* Every allocation of a run fails in turn: a status that says so, unless the reader of JSON could do
 * without, and nothing left behind. */
static void memory_may_run_out_at_any_time(void) {
    static const wann_tune_method methods[] = {WANN_TUNE_SHARED, WANN_TUNE_CMA, WANN_TUNE_GA};
    for (size_t m = 0; m < 3; m++) {
        bool done = false;
        size_t n = 0;
        wann_set_allocator(&test_failing_allocator);
        for (; !done && n < 20000; n++) {
            wann_tune_result result;
            wann_diag diag = {0};
            test_memory.left = n;
            test_memory.live = 0;
            test_memory.failed = false;
            const wann_status status = tune(methods[m], &result, &diag);
            done = !test_memory.failed;
            CHECK_MSG(status == WANN_OK || (!done && status == WANN_NO_MEMORY), "allocation %zu: status %d, %s", n, (int)status,
                      diag.text);
            if (status == WANN_OK)
                wann_tune_free(&result);
            CHECK_MSG(test_memory.live == 0, "allocation %zu: %zu blocks", n, test_memory.live);
        }
        wann_set_allocator(NULL);
        printf("     %zu allocations\n", n);
        CHECK(done);
    }
}

int main(void) {
    RUN(the_network_has_its_new_weights);
    RUN(memory_may_run_out_at_any_time);
    return TEST_RESULT();
}
