/* A test program: TEST_MAIN lists functions; CHECK says what failed and where and goes on. */
#ifndef WN_TEST_H
#define WN_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int test_failures;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            test_failures++;                                                                       \
            fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);                \
        }                                                                                          \
    } while (0)

/* As CHECK, with a message in the manner of printf. */
#define CHECK_MSG(condition, ...)                                                                  \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            test_failures++;                                                                       \
            fprintf(stderr, "%s:%d: failed: %s: ", __FILE__, __LINE__, #condition);                \
            fprintf(stderr, __VA_ARGS__);                                                          \
            fputc('\n', stderr);                                                                   \
        }                                                                                          \
    } while (0)

#define CHECK_TEXT(got, expected)                                                                  \
    do {                                                                                           \
        const char *got_ = (got), *expected_ = (expected);                                         \
        if (!got_ || strcmp(got_, expected_) != 0) {                                               \
            test_failures++;                                                                       \
            fprintf(stderr, "%s:%d: got  %s\n   expected %s\n", __FILE__, __LINE__,                 \
                    got_ ? got_ : "(null)", expected_);                                            \
        }                                                                                          \
    } while (0)

#define RUN(function)                                                                              \
    do {                                                                                           \
        const int before_ = test_failures;                                                         \
        function();                                                                                \
        printf("%s %s\n", test_failures == before_ ? "ok  " : "FAIL", #function);                  \
    } while (0)

/* What main returns: 0, or 1 after a failure. */
#define TEST_RESULT() (test_failures ? EXIT_FAILURE : EXIT_SUCCESS)

/* A test that cannot run here says why and returns this; ctest shows it as skipped. */
enum { TEST_SKIP = 77 };

/* The folder of the original's golden data, or NULL where it is missing. */
static inline const char *test_reference_dir(void) {
    static char path[4096];
    const char *set = getenv("WANN_REFERENCE");
    const char *source = getenv("WANN_SOURCE");
    snprintf(path, sizeof path, "%s%s", set ? set : source ? source : ".",
             set ? "" : "/../shared/reference");
    char file[4200];
    snprintf(file, sizeof file, "%s/README.md", path);
    FILE *f = fopen(file, "r");
    if (!f)
        return NULL;
    fclose(f);
    return path;
}

#endif
