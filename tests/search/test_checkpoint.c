/* Runs whose files are damaged, or whose memory runs out: refused or ended with a reason, nothing
 * lost. */
#define _GNU_SOURCE
#include <ftw.h>
#include <unistd.h>

#include "runtime/base/alloc.h"
#include "runtime/base/file.h"
#include "search/run.h"
#include "support/failing.h"
#include "support/test.h"
#include "wann/search.h"

static const char *const settings[] = {"popSize=4", "maxGen=3", "alg_nReps=1", "bestReps=1", NULL};

static int remove_one(const char *path, const struct stat *there, int kind, struct FTW *walk) {
    (void)there, (void)kind, (void)walk;
    return remove(path);
}

static void remove_folder(const char *folder) {
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* The path of a file in a folder; until the next call. */
static const char *in(const char *folder, const char *file) {
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    return path;
}

static wann_status search(const char *task, const char *folder, int resume, int neat,
                          wann_run_result *result, wann_diag *diag) {
    const wann_run_options options = {.task = resume ? NULL : task,
                                      .settings = resume ? NULL : settings,
                                      .neat = neat,
                                      .seed = 3,
                                      .folder = folder,
                                      .resume = resume};
    return wann_run_search(&options, result, diag);
}

/* ---- one byte is another, or the end is missing ---- */

/* Without a flush to disk, which wn_file_write makes. */
static void write_plainly(const char *path, const char *data, size_t size) {
    FILE *file = fopen(path, "wb");
    CHECK(file && fwrite(data, 1, size, file) == size);
    CHECK(file && fclose(file) == 0);
}

static void refused(const char *folder, const char *data, size_t size, size_t at) {
    wann_run_result result;
    wann_diag diag = {0};
    write_plainly(in(folder, "checkpoint"), data, size);
    const wann_status status = search(NULL, folder, 1, 0, &result, &diag);
    CHECK_MSG(status == WANN_INPUT && strstr(diag.text, "checkpoint"), "byte %zu: %d %s", at,
              (int)status, diag.text);
    CHECK(!result.best);
}

static void damage(int neat) {
    char folder[] = "checkpoint-XXXXXX";
    wann_run_result result;
    char *data = NULL;
    size_t size = 0;
    CHECK(mkdtemp(folder) != NULL);
    CHECK(search("swingup_hard", folder, 0, neat, &result, NULL) == WANN_OK);
    wann_net_destroy(result.best);
    CHECK(wn_file_read(in(folder, "checkpoint"), &data, &size, NULL) == WANN_OK);
    static const unsigned char change[] = {0x01, 0x80, 0xff};
    for (size_t at = 0; at < size; at++)
        for (size_t c = 0; c < sizeof change; c++) {
            data[at] = (char)(unsigned char)(data[at] ^ change[c]);
            refused(folder, data, size, at);
            data[at] = (char)(unsigned char)(data[at] ^ change[c]);
        }
    for (size_t length = 0; length < size; length++)
        refused(folder, data, length, length);
    write_plainly(in(folder, "checkpoint"), data, size);
    CHECK(search(NULL, folder, 1, 0, &result, NULL) == WANN_OK && result.generations == 3);
    wann_net_destroy(result.best);
    printf("     %zu bytes\n", size);
    wn_free(data);
    remove_folder(folder);
}

static void any_damage_is_seen(void) {
    damage(0);
    damage(1);
}

/* ---- memory runs out ---- */

/* Every `stride`th allocation of a run fails in turn: a clean error, and no memory is lost. A few
 * may fail without harm: those for the flush of a folder that has been written. */
static void exhaust(const char *what, const char *task, const char *folder, int neat,
                    size_t stride) {
    size_t n = 0;
    wann_status status = WANN_NO_MEMORY;
    wann_run_result result;
    wann_set_allocator(&test_failing_allocator);
    test_memory.failed = true;
    for (; test_memory.failed && n < 1000000; n += stride) {
        wann_diag diag = {0};
        if (folder)
            remove_folder(folder);
        test_memory.left = n;
        test_memory.live = 0;
        test_memory.failed = false;
        status = search(task, folder, 0, neat, &result, &diag);
        CHECK_MSG(status == WANN_OK || (status == WANN_NO_MEMORY && diag.text[0]),
                  "%s, allocation %zu: %d %s", what, n, (int)status, diag.text);
        test_memory.left = (size_t)-1;
        wann_net_destroy(result.best);
        CHECK_MSG(test_memory.live == 0, "%s, allocation %zu: %zu blocks lost", what, n,
                  test_memory.live);
    }
    wann_set_allocator(NULL);
    CHECK_MSG(status == WANN_OK && n > 100, "%s", what);
    printf("     %s: %zu allocations\n", what, n);
}

static void memory_may_run_out(void) {
    char folder[] = "memory-XXXXXX";
    CHECK(mkdtemp(folder) != NULL);
    exhaust("a run in memory", "swingup_hard", NULL, 0, 1);
    exhaust("a run of NEAT", "swingup_hard", NULL, 1, 1);
    exhaust("a run with its folder", "swingup_hard", folder, 0, 23);
    remove_folder(folder);
}

/* A run that ended for want of memory goes on as if nothing had been. */
static void and_nothing_is_lost(void) {
    char folder[] = "again-XXXXXX", whole[] = "whole-XXXXXX";
    wann_run_result result;
    char *first = NULL, *second = NULL;
    size_t n, m;
    CHECK(mkdtemp(folder) && mkdtemp(whole));
    CHECK(search("swingup_hard", whole, 0, 0, &result, NULL) == WANN_OK);
    wann_net_destroy(result.best);
    wann_status status = WANN_NO_MEMORY;
    bool begun = false;
    wann_set_allocator(&test_failing_allocator);
    for (size_t left = 150; status != WANN_OK && left < 100000; left += 150) {
        test_memory.left = left;
        status = search("swingup_hard", folder, begun, 0, &result, NULL);
        begun = access(in(folder, "run.json"), F_OK) == 0;
        test_memory.left = (size_t)-1;
        wann_net_destroy(result.best);
    }
    wann_set_allocator(NULL);
    CHECK(status == WANN_OK);
    CHECK(wn_file_read(in(folder, "best.json"), &first, &n, NULL) == WANN_OK);
    CHECK(wn_file_read(in(whole, "best.json"), &second, &m, NULL) == WANN_OK);
    CHECK(n == m && memcmp(first, second, n) == 0);
    wn_free(first);
    wn_free(second);
    remove_folder(folder);
    remove_folder(whole);
}

int main(void) {
    RUN(any_damage_is_seen);
    RUN(memory_may_run_out);
    RUN(and_nothing_is_lost);
    return TEST_RESULT();
}
