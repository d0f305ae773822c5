/* Work is done once each, failures are those of the lowest piece, and a stop is seen. */
#include <stdatomic.h>

#include "runtime/base/diag.h"
#include "search/pool.h"
#include "support/test.h"

enum { ITEMS = 1000 };

typedef struct work {
    atomic_int done[ITEMS];
    atomic_int running[8];
    size_t fail_from;
    volatile sig_atomic_t stop;
    size_t stop_at;
} work;

static wann_status piece(void *context, size_t worker, size_t item, wann_diag *diag) {
    work *w = context;
    CHECK(atomic_fetch_add(&w->running[worker], 1) == 0);
    w->done[item]++;
    if (item == w->stop_at)
        __atomic_store_n(&w->stop, 1, __ATOMIC_RELAXED);
    atomic_fetch_sub(&w->running[worker], 1);
    if (item >= w->fail_from)
        return wn_fail(diag, WANN_INPUT, NULL, 0, 0, "piece %zu", item);
    return WANN_OK;
}

static void pool_of(size_t workers) {
    wn_pool *pool;
    static work w;
    int done = 0;
    wann_diag diag = {0};
    CHECK(wn_pool_create(workers, &pool, NULL) == WANN_OK);
    CHECK(wn_pool_workers(pool) == workers);
    w = (work){.fail_from = ITEMS, .stop_at = ITEMS};
    for (int round = 1; round <= 50; round++) {
        CHECK(wn_pool_run(pool, ITEMS, piece, &w, &w.stop, &done, &diag) == WANN_OK && done);
        for (int i = 0; i < ITEMS; i++)
            CHECK(w.done[i] == round);
    }
    CHECK(wn_pool_run(pool, 0, piece, &w, NULL, &done, &diag) == WANN_OK && done);
    for (int round = 0; round < 50; round++) {
        w = (work){.fail_from = 40, .stop_at = ITEMS};
        CHECK(wn_pool_run(pool, ITEMS, piece, &w, NULL, NULL, &diag) == WANN_INPUT);
        CHECK_TEXT(diag.text, "piece 40");
    }
    w = (work){.fail_from = ITEMS, .stop_at = 100};
    CHECK(wn_pool_run(pool, ITEMS, piece, &w, &w.stop, &done, &diag) == WANN_OK && !done);
    CHECK(w.done[100] == 1 && w.done[ITEMS - 1] == 0);
    wn_pool_destroy(pool);
}

static void pools(void) {
    for (size_t workers = 1; workers <= 5; workers++)
        pool_of(workers);
}

int main(void) {
    RUN(pools);
    return TEST_RESULT();
}
