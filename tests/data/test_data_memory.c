/* Every allocation of the readers and of fetching fails in turn: a clean error, nothing lost. */
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "envs/data/data.h"
#include "runtime/base/file.h"
#include "support/failing.h"
#include "support/test.h"
#include "wann/env.h"
#include "wann/status.h"

static char scratch[] = "/tmp/wann-memory-XXXXXX";

static const char *in_scratch(const char *name) {
    static char path[3][300];
    static int k;
    k = (k + 1) % 3;
    snprintf(path[k], sizeof path[k], "%s/%s", scratch, name);
    return path[k];
}

static wann_status read_table(void) {
    wn_csv csv;
    const wann_status status =
        wn_csv_read(in_scratch("t.csv"), &(wn_csv_options){.label = "kind"}, &csv, NULL);
    CHECK((status == WANN_OK) == (csv.value != NULL));
    wn_csv_free(&csv);
    return status;
}

static wann_status open_table(void) {
    static const char *const options[] = {"label=kind", "test=0.4", "classes=b,a,c", NULL};
    char name[400];
    wann_task *task;
    const wann_samples *samples;
    snprintf(name, sizeof name, "classify:%s", in_scratch("t.csv"));
    wann_status status = wann_task_open(name, options, &task, NULL);
    for (int split = 0; status == WANN_OK && split < 2; split++)
        status = wann_task_samples(task, (wann_split)split, &samples, NULL);
    wann_task_close(task);
    return status;
}

static wann_status read_pictures(void) {
    wn_idx idx;
    const wann_status status = wn_idx_read(in_scratch("pictures.gz"), 3, &idx, NULL);
    CHECK((status == WANN_OK) == (idx.file != NULL));
    wn_idx_free(&idx);
    return status;
}

/* "one\n" */
static const wn_data_file files[] = {
    {"one.txt", 4, "2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806"}};

static char start_over[300];

static wann_status fetch(void) {
    char from[300];
    const wn_data_set set = {
        .name = "numbers", .files = files, .n_files = 1, .way = {{{{"cp", from, "@"}}, "@"}}};
    snprintf(from, sizeof from, "%s/one.txt", scratch);
    bool fetched;
    wann_diag diag;
    CHECK(system(start_over) == 0);
    const wann_status status = wn_data_fetch(&set, NULL, NULL, &fetched, &diag);
    CHECK(access(in_scratch("store/numbers"), F_OK) != 0 || status == WANN_OK || !fetched);
    test_memory.left = SIZE_MAX; /* what is to fail has failed, or the fetch needs no more */
    CHECK(status != WANN_OK || wn_data_present(&set));
    return status;
}

/* Run call with each of its allocations failing, until it needs no more. A fetch may do without one. */
static void exhaust(const char *name, wann_status (*call)(void)) {
    size_t n = 0;
    wann_status status;
    do {
        test_memory.live = 0;
        test_memory.left = n;
        test_memory.failed = false;
        wann_set_allocator(&test_failing_allocator);
        status = call();
        wann_set_allocator(NULL);
        CHECK_MSG(test_memory.live == 0, "%s: %zu blocks lost when allocation %zu fails", name,
                  test_memory.live, n);
        CHECK_MSG(status == WANN_OK || status == WANN_NO_MEMORY || call == fetch,
                  "%s: status %d when allocation %zu fails", name, (int)status, n);
        n++;
    } while (test_memory.failed && n < 10000);
    CHECK(status == WANN_OK && n > 2);
    printf("%s: %zu allocations\n", name, n - 1);
}

static void tables(void) {
    exhaust("read_table", read_table);
    exhaust("open_table", open_table);
}

static void pictures(void) {
    if (read_pictures() == WANN_OK) /* there is zlib */
        exhaust("read_pictures", read_pictures);
}

static void fetching(void) {
    exhaust("fetch", fetch);
}

int main(void) {
    char command[1000];
    const char *source = getenv("WANN_SOURCE");
    static const char table[] = "x,kind,y\n1,a,2\n3,b,4\n5,c,6\n\"7\",\"a\",8\n9,b,0\n";
    if (!mkdtemp(scratch) || !source)
        return TEST_SKIP;
    CHECK(wn_file_write(in_scratch("t.csv"), table, strlen(table), 0600, NULL) == WANN_OK);
    CHECK(wn_file_write(in_scratch("one.txt"), "one\n", 4, 0600, NULL) == WANN_OK);
    snprintf(command, sizeof command, "cp %s/tests/data/idx/pictures.gz %s", source, scratch);
    CHECK(system(command) == 0);
    setenv("WANN_DATA", in_scratch("store"), 1);
    snprintf(start_over, sizeof start_over, "rm -rf %s/store", scratch);
    RUN(tables);
    RUN(pictures);
    RUN(fetching);
    snprintf(command, sizeof command, "rm -rf %s", scratch);
    CHECK(system(command) == 0);
    return TEST_RESULT();
}
