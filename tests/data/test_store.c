/* Getting a data set: whole or not at all. The sets here are made up; `wann data get` gets real
 * ones. */
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "envs/data/data.h"
#include "runtime/base/alloc.h"
#include "runtime/base/file.h"
#include "support/test.h"

static char scratch[] = "/tmp/wann-store-XXXXXX";
static char shelf[300]; /* where the files of the sets come from */

/* "one\n" and "two\n" */
static const wn_data_file files[] = {
    {"one.txt", 4, "2c8b08da5ce60398e1f19af0e5dccc744df274b826abe585eaba68c525434806"},
    {"two.txt", 4, "27dd8ed44a83ff94d557f9fd0412ed5a8cbca69ea04922d88c01184a07300a5a"}};

static wn_data_set set = {
    .name = "numbers", .summary = "", .source = "", .files = files, .n_files = 2};

static const char *in_scratch(const char *name) {
    static char path[4][400];
    static int k;
    k = (k + 1) % 4;
    snprintf(path[k], sizeof path[k], "%s/%s", scratch, name);
    return path[k];
}

static void put(const char *name, const char *text) {
    CHECK(wn_file_write(in_scratch(name), text, strlen(text), 0644, NULL) == WANN_OK);
}

static void expect_file(const char *name, const char *text) {
    char *data = NULL;
    size_t size;
    CHECK(wn_file_read(in_scratch(name), &data, &size, NULL) == WANN_OK);
    CHECK_TEXT(data, text);
    wn_free(data);
}

static bool there(const char *name) {
    struct stat status;
    return stat(in_scratch(name), &status) == 0;
}

static void start_over(void) {
    char command[400];
    snprintf(command, sizeof command, "rm -rf %s && mkdir -p %s", scratch, shelf);
    CHECK(system(command) == 0);
    put("shelf/one.txt", "one\n");
    put("shelf/two.txt", "two\n");
    set.way[0] = (wn_data_way){.found = NULL};
    set.way[1] = (wn_data_way){.found = NULL};
}

/* Fails, says so, and leaves nothing. */
static void expect_failure(const char *from, wann_status status, const char *message) {
    bool fetched;
    wann_diag diag = {0};
    const wann_status got = wn_data_fetch(&set, from, NULL, &fetched, &diag);
    CHECK_MSG(got == status, "%d: %s", (int)got, diag.text);
    CHECK_MSG(strstr(diag.text, message), "%s\n   expected %s", diag.text, message);
    CHECK(!fetched && !wn_data_present(&set));
    CHECK(!there("store/.fetching") && !there("store/numbers"));
}

static void expect_fetched(const char *from, bool expected) {
    bool fetched;
    wann_diag diag = {0};
    CHECK_MSG(wn_data_fetch(&set, from, NULL, &fetched, &diag) == WANN_OK, "%s", diag.text);
    CHECK(fetched == expected && wn_data_present(&set));
    CHECK(!there("store/.fetching"));
    expect_file("store/numbers/one.txt", "one\n");
    expect_file("store/numbers/two.txt", "two\n");
}

static void a_folder_of_files(void) {
    start_over();
    expect_fetched(shelf, true);
    expect_fetched(shelf, false);
    put("shelf/one.txt", "gone");
    expect_fetched(shelf, false);
}

static void wrong_files(void) {
    start_over();
    put("shelf/two.txt", "tow\n");
    expect_failure(shelf, WANN_INPUT, "has the SHA-256");
    put("shelf/two.txt", "two");
    expect_failure(shelf, WANN_INPUT, "has 3 bytes; expected 4");
    CHECK(unlink(in_scratch("shelf/two.txt")) == 0);
    expect_failure(shelf, WANN_IO, "No such file");
    expect_failure(in_scratch("nowhere"), WANN_IO, "No such file");
}

static void damage_is_repaired(void) {
    start_over();
    expect_fetched(shelf, true);
    put("store/numbers/two.txt", "2\n");
    CHECK(!wn_data_present(&set));
    expect_fetched(shelf, true);
    put("store/numbers/two.txt", "TWO\n"); /* the right size */
    CHECK(wn_data_present(&set));
    expect_fetched(shelf, true);
}

/* What a process that was killed has left. */
static void leftovers_go(void) {
    start_over();
    CHECK(mkdir(in_scratch("store"), 0755) == 0 && mkdir(in_scratch("store/.fetching"), 0755) == 0);
    CHECK(mkdir(in_scratch("store/.fetching/ready"), 0755) == 0);
    put("store/.fetching/ready/one.txt", "on");
    expect_fetched(shelf, true);
}

static void ways_in_turn(void) {
    start_over();
    set.way[0] = (wn_data_way){{{"no-such-program-here", "x"}}, "@"};
    expect_failure(NULL, WANN_TOOL, "cannot run 'no-such-program-here'");
    set.way[0] = (wn_data_way){{{"ls", "/no-such-folder"}}, "@"};
    expect_failure(NULL, WANN_TOOL, "'ls /no-such-folder' failed (exit code 2)");
    set.way[0] =
        (wn_data_way){{{"cp", shelf, "@/x.box", "-r"}, {"mv", "@/*.chest", "@/files"}}, "@/files"};
    expect_failure(NULL, WANN_TOOL, "there is no file *.chest");
    set.way[1] =
        (wn_data_way){{{"cp", shelf, "@/x.box", "-r"}, {"mv", "@/*.box", "@/files"}}, "@/files"};
    expect_fetched(NULL, true);
}

static void stopping(void) {
    start_over();
    const volatile sig_atomic_t stop = 1;
    bool fetched;
    wann_diag diag = {0};
    CHECK(wn_data_fetch(&set, shelf, &stop, &fetched, &diag) != WANN_OK);
    CHECK_MSG(strstr(diag.text, "interrupted"), "%s", diag.text);
    CHECK(!fetched && !there("store/.fetching") && !there("store/numbers"));
}

/* Of several processes one does the work; the others wait for it. */
static void several_at_once(void) {
    enum { N = 4 };
    pid_t child[N];
    int fetches = 0;
    start_over();
    for (int i = 0; i < N; i++) {
        child[i] = fork();
        if (child[i] == 0) {
            bool fetched;
            const wann_status status = wn_data_fetch(&set, shelf, NULL, &fetched, NULL);
            _exit(status == WANN_OK ? fetched : 2);
        }
    }
    for (int i = 0; i < N; i++) {
        int status;
        CHECK(waitpid(child[i], &status, 0) == child[i] && WIFEXITED(status));
        CHECK(WEXITSTATUS(status) < 2);
        fetches += WEXITSTATUS(status);
    }
    CHECK(fetches == 1);
    expect_fetched(shelf, false);
}

static void folders(void) {
    char *path;
    const wn_data_set *mnist = wn_data_set_named("mnist");
    CHECK(wn_data_folder(mnist, &path, NULL) == WANN_OK);
    CHECK_TEXT(path, in_scratch("store/mnist"));
    wn_free(path);
    unsetenv("WANN_DATA");
    setenv("XDG_DATA_HOME", "/x", 1);
    CHECK(wn_data_folder(mnist, &path, NULL) == WANN_OK);
    CHECK_TEXT(path, "/x/wann/mnist");
    wn_free(path);
    setenv("XDG_DATA_HOME", "", 1);
    setenv("HOME", "/h", 1);
    CHECK(wn_data_folder(mnist, &path, NULL) == WANN_OK);
    CHECK_TEXT(path, "/h/.local/share/wann/mnist");
    wn_free(path);
    unsetenv("HOME");
    wann_diag diag = {0};
    CHECK(wn_data_folder(mnist, &path, &diag) == WANN_IO && !path);
    CHECK(strstr(diag.text, "set WANN_DATA"));
    CHECK(!wn_data_set_named("minst"));
}

int main(void) {
    if (!mkdtemp(scratch))
        return TEST_SKIP;
    snprintf(shelf, sizeof shelf, "%s/shelf", scratch);
    setenv("WANN_DATA", in_scratch("store"), 1);
    RUN(a_folder_of_files);
    RUN(wrong_files);
    RUN(damage_is_repaired);
    RUN(leftovers_go);
    RUN(ways_in_turn);
    RUN(stopping);
    RUN(several_at_once);
    start_over();
    char command[400];
    snprintf(command, sizeof command, "rm -rf %s", scratch);
    CHECK(system(command) == 0);
    RUN(folders);
    return TEST_RESULT();
}
