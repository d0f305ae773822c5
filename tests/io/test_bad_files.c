/* Files that must be refused, each with one error at its place, and files that must not. What each
 * says is in bad.expected; WANN_BLESS=1 writes that anew. */
#define _XOPEN_SOURCE 700
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/files.h"

enum { MOST = 1000 };

static int compare_names(const void *x, const void *y) {
    return strcmp(*(char *const *)x, *(char *const *)y);
}

/* The names of the files of a folder, sorted, to be freed one by one. */
static size_t list(const char *folder, char **names) {
    size_t n = 0;
    DIR *dir = opendir(folder);
    CHECK_MSG(dir, "%s: %s", folder, strerror(errno));
    for (const struct dirent *entry; dir && n < MOST && (entry = readdir(dir)) != NULL;)
        if (entry->d_name[0] != '.') {
            names[n] = malloc(strlen(entry->d_name) + 1);
            strcpy(names[n++], entry->d_name);
        }
    if (dir)
        closedir(dir);
    qsort(names, n, sizeof *names, compare_names);
    return n;
}

static bool ends_in(const char *name, const char *ending) {
    const size_t n = strlen(name), m = strlen(ending);
    return n > m && strcmp(name + n - m, ending) == 0;
}

/* Read a file of the corpus as what its ending says. */
static wann_status read_bad(const char *path, wann_diag *diag) {
    if (ends_in(path, ".weights")) {
        double *weights = NULL;
        wann_net *net = NULL;
        CHECK(wann_net_read("../legal/plain.json", NULL, &net, NULL, diag) == WANN_OK);
        const wann_status status = wann_weights_read(net, path, 0, &weights, diag);
        CHECK_MSG(!weights, "%s", path);
        wann_net_destroy(net);
        return status;
    }
    wann_net *net;
    const wann_status status = wann_net_read(path, NULL, &net, NULL, diag);
    CHECK_MSG(!net, "%s was accepted", path);
    wann_net_destroy(net);
    return status;
}

static void add_message(wn_buf *messages, const char *name, const wann_diag *diag) {
    wn_buf_print(messages, "%s:", name);
    if (diag->line > 0)
        wn_buf_print(messages, "%d:%d:", diag->line, diag->column);
    wn_buf_print(messages, " %s\n", diag->text);
}

static size_t refuse_all(wn_buf *messages) {
    char *names[MOST];
    const size_t n = list(".", names);
    for (size_t i = 0; i < n; i++) {
        wann_diag diag = {0};
        CHECK_MSG(read_bad(names[i], &diag) == WANN_INPUT, "%s", names[i]);
        CHECK_TEXT(diag.path, names[i]);
        add_message(messages, names[i], &diag);
        free(names[i]);
    }
    return n;
}

/* Refuse text that is better made than kept. */
static void refuse_made(wn_buf *messages, const char *name, const wn_buf *text) {
    wann_net *net;
    wann_diag diag = {0};
    CHECK_MSG(wann_net_read_memory(text->data, text->length, name, NULL, &net, NULL, &diag) ==
                  WANN_INPUT,
              "%s", name);
    CHECK(!net);
    add_message(messages, name, &diag);
}

static void repeat(wn_buf *text, const char *piece, size_t n) {
    while (n-- > 0)
        wn_buf_text(text, piece);
}

static void refuse_repeated(wn_buf *messages, const char *name, const char *start,
                            const char *piece, size_t n) {
    wn_buf text = {0};
    wn_buf_text(&text, start);
    repeat(&text, piece, n);
    refuse_made(messages, name, &text);
    wn_buf_free(&text);
}

static void refuse_long(wn_buf *messages) {
    static const char start[] = "{\"format\": \"wann-network\", \"version\": 1, \"extra\":\n";
    refuse_repeated(messages, "made-10000-arrays.json", "", "[", 10000);
    refuse_repeated(messages, "made-10000-objects.json", "", "{\"a\":\n", 10000);
    refuse_repeated(messages, "made-deep-in-unknown-key.json", start, "[", 64);
    refuse_repeated(messages, "made-long-string.json", "\"", "x", 5000000);
    refuse_repeated(messages, "made-long-digits.json", "[1", "7", 5000000);
    refuse_repeated(messages, "made-many-columns.out", "0", ",0", 1000001);
    refuse_repeated(messages, "made-many-blanks.json", "", " ", 5000000);
    refuse_repeated(messages, "made-endless-cycle-of-commas.json", "[", "0,", 2000000);
}

/* A path that is no readable file. */
static void refuse_path(wn_buf *messages, const char *path, const char *name) {
    wann_net *net;
    wann_diag diag = {0};
    CHECK(wann_net_read(path, NULL, &net, NULL, &diag) == WANN_IO && !net);
    CHECK_TEXT(diag.path, path);
    add_message(messages, name, &diag);
}

static void refuse_paths(wn_buf *messages) {
    char path[] = "/tmp/wann-unreadable-XXXXXX";
    refuse_path(messages, "..", "made-directory");
    refuse_path(messages, "no-such-file.json", "made-missing.json");
    refuse_path(messages, "empty.json/inside.json", "made-below-a-file.json");
    refuse_path(messages, "", "made-empty-path");
    close(mkstemp(path));
    chmod(path, 0);
    if (geteuid() != 0) {
        wn_buf message = {0};
        refuse_path(&message, path, "unreadable");
        CHECK_TEXT(message.data, "unreadable: cannot open: Permission denied\n");
        wn_buf_free(&message);
    } else {
        puts("     (an unreadable file is not tried: root may read everything)");
    }
    unlink(path);
}

static void compare_or_bless(const wn_buf *messages) {
    const char *path = "../bad.expected";
    char *expected = NULL;
    size_t size;
    wann_diag diag;
    if (getenv("WANN_BLESS")) {
        CHECK(wn_file_write(path, messages->data, messages->length, 0666, &diag) == WANN_OK);
        return;
    }
    CHECK(wn_file_read(path, &expected, &size, &diag) == WANN_OK);
    const char *got = messages->data, *want = expected ? expected : "";
    while (*got || *want) { /* line by line, so that a difference is seen at once */
        const size_t n = strcspn(got, "\n"), m = strcspn(want, "\n");
        CHECK_MSG(n == m && memcmp(got, want, n) == 0, "\n  got      %.*s\n  expected %.*s", (int)n,
                  got, (int)m, want);
        got += n + (got[n] == '\n');
        want += m + (want[m] == '\n');
    }
    wn_free(expected);
}

static void bad_files_are_refused(void) {
    wn_buf messages = {0};
    CHECK(chdir(io_path("bad")) == 0);
    const size_t n = refuse_all(&messages);
    refuse_long(&messages);
    refuse_paths(&messages);
    compare_or_bless(&messages);
    printf("     %zu files\n", n);
    CHECK(n >= 80);
    wn_buf_free(&messages);
}

/* Each is another spelling of plain.json or matrix-plain.out. */
static void legal_spellings_are_one_network(void) {
    char *names[MOST];
    const size_t n = list(io_path("legal"), names);
    wann_net *net = NULL;
    for (size_t i = 0; i < n; i++) {
        const bool matrix = strncmp(names[i], "matrix", 6) == 0;
        char path[4096];
        wann_net *plain = NULL;
        wann_diag diag = {0};
        snprintf(path, sizeof path, "legal/%s", names[i]);
        const wann_read_options options = {.name = "one"};
        if (strcmp(names[i], "weights.json") != 0) {
            CHECK_MSG(wann_net_read(io_path(path), &options, &net, NULL, &diag) == WANN_OK,
                      "%s:%d:%d: %s", names[i], diag.line, diag.column, diag.text);
            CHECK(wann_net_read(io_path(matrix ? "legal/matrix-plain.out" : "legal/plain.json"),
                                &options, &plain, NULL, &diag) == WANN_OK);
            char *got = as_json(net), *expected = as_json(plain);
            CHECK_TEXT(got, expected);
            wn_free(got);
            wn_free(expected);
            wann_net_destroy(net);
            wann_net_destroy(plain);
        }
        free(names[i]);
    }
    CHECK(n >= 15);
}

int main(void) {
    RUN(legal_spellings_are_one_network);
    RUN(bad_files_are_refused);
    return TEST_RESULT();
}
