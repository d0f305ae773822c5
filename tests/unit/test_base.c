/* Text, numbers, arenas, files, processes, random numbers. */
#include <errno.h>
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/alloc.h"
#include "runtime/base/arena.h"
#include "runtime/base/diag.h"
#include "runtime/base/file.h"
#include "runtime/base/proc.h"
#include "runtime/base/rng.h"
#include "runtime/base/text.h"
#include "support/failing.h"
#include "support/test.h"

static void numbers_round_trip(void) {
    const double edge[] = {0.0, -0.0, 1.0, 0.1, 1.0 / 3, DBL_MAX, DBL_MIN, 5e-324, 1e22, 123456.0};
    char text[WN_NUMBER_SIZE];
    double back;
    for (size_t i = 0; i < sizeof edge / sizeof *edge; i++) {
        wn_format_double(text, edge[i]);
        CHECK(wn_parse_double(text, &back) == strlen(text));
        CHECK(memcmp(&back, &edge[i], sizeof back) == 0);
    }
    wn_rng rng = wn_rng_stream(1, 2, 3, 4);
    for (int i = 0; i < 20000; i++) {
        const uint64_t bits = wn_rng_u64(&rng);
        double d;
        memcpy(&d, &bits, sizeof d);
        if (!isfinite(d))
            continue;
        wn_format_double(text, d);
        CHECK(wn_parse_double(text, &back) == strlen(text) && back == d);
        const float f = (float)wn_rng_normal(&rng);
        wn_format_float(text, f);
        CHECK(wn_parse_double(text, &back) == strlen(text) && (float)back == f);
        CHECK(strlen(text) <= 15);
    }
    wn_format_double(text, 0.1);
    CHECK_TEXT(text, "0.1");
    wn_format_float(text, 0.1f);
    CHECK_TEXT(text, "0.1");
    wn_format_double(text, 10);
    CHECK_TEXT(text, "10");
    wn_format_float(text, -300.0f);
    CHECK_TEXT(text, "-300");
    wn_format_double(text, -(double)INFINITY);
    CHECK_TEXT(text, "-inf");
    wn_format_fixed(text, 1234.5678, 2);
    CHECK_TEXT(text, "1234.57");
    CHECK(wn_parse_double("x", &back) == 0);
}

/* A locale with a decimal comma, where one is installed, must change nothing. */
static void numbers_ignore_locale(void) {
    char text[WN_NUMBER_SIZE];
    double back;
    if (!setlocale(LC_ALL, "de_DE.UTF-8"))
        printf("     (no locale with a decimal comma is installed: nothing to see)\n");
    wn_format_double(text, 1.5);
    CHECK_TEXT(text, "1.5");
    CHECK(wn_parse_double("2.5", &back) == 3 && back == 2.5);
    setlocale(LC_ALL, "C");
}

static void utf8_is_strict(void) {
    CHECK(wn_utf8_length("a", 1) == 1);
    CHECK(wn_utf8_length("\xc3\xa9", 2) == 2);
    CHECK(wn_utf8_length("\xe2\x82\xac", 3) == 3);
    CHECK(wn_utf8_length("\xf0\x9f\x98\x80", 4) == 4);
    CHECK(wn_utf8_length("\xc0\x80", 2) == 0);         /* overlong */
    CHECK(wn_utf8_length("\xe0\x80\x80", 3) == 0);     /* overlong */
    CHECK(wn_utf8_length("\xed\xa0\x80", 3) == 0);     /* surrogate */
    CHECK(wn_utf8_length("\xf4\x90\x80\x80", 4) == 0); /* past U+10FFFF */
    CHECK(wn_utf8_length("\xe2\x82", 2) == 0);         /* cut short */
    CHECK(wn_utf8_length("\x80", 1) == 0);
}

static void diagnostics_are_one_printable_line(void) {
    wann_diag diag;
    CHECK(wn_fail(&diag, WANN_INPUT, "a\nb", 3, 4, "bad \x1b[31m %s", "\xff") == WANN_INPUT);
    CHECK_TEXT(diag.path, "a\\x0ab");
    CHECK_TEXT(diag.text, "bad \\x1b[31m \\xff");
    CHECK(diag.line == 3 && diag.column == 4);
    char *longest = malloc(5000);
    memset(longest, 'x', 4999);
    longest[4999] = '\0';
    wn_fail(&diag, WANN_IO, longest, 0, 0, "%s", longest);
    CHECK(strlen(diag.path) < sizeof diag.path);
    CHECK(strcmp(diag.path + strlen(diag.path) - 4, "x...") == 0);
    free(longest);
    CHECK(wn_fail(NULL, WANN_IO, NULL, 0, 0, "nobody listens") == WANN_IO);
}

static void arenas_align_and_grow(void) {
    wn_arena arena = {0};
    for (size_t size = 1; size < 100000; size = size * 3 + 1) {
        unsigned char *p = WN_NEW(&arena, unsigned char, size);
        CHECK(p && (uintptr_t)p % _Alignof(max_align_t) == 0);
        CHECK(p[0] == 0 && p[size - 1] == 0);
        memset(p, 255, size);
    }
    CHECK(wn_arena_alloc(&arena, SIZE_MAX, 2) == NULL);
    CHECK_TEXT(wn_arena_copy(&arena, "hello", 4), "hell");
    wn_arena_free(&arena);
    CHECK(arena.head == NULL);
}

static void files_are_replaced_whole(void) {
    char dir[] = "/tmp/wann-test-XXXXXX";
    CHECK(mkdtemp(dir) != NULL);
    char path[64];
    snprintf(path, sizeof path, "%s/file", dir);
    wann_diag diag;
    CHECK(wn_file_write(path, "one", 3, 0666, &diag) == WANN_OK);
    CHECK(wn_file_write(path, "three", 5, 0666, &diag) == WANN_OK);
    char *data;
    size_t size;
    CHECK(wn_file_read(path, &data, &size, &diag) == WANN_OK);
    CHECK(size == 5);
    CHECK_TEXT(data, "three");
    wn_free(data);
    CHECK(wn_file_read(dir, &data, &size, &diag) == WANN_IO);
    CHECK_TEXT(diag.text, "cannot read: Is a directory");
    CHECK(wn_file_write(dir, "x", 1, 0666, &diag) == WANN_IO);
    CHECK(wn_file_write("/nonexistent/file", "x", 1, 0666, &diag) == WANN_IO);
    CHECK_TEXT(diag.path, "/nonexistent/file");
    CHECK(wn_file_write("/dev/null", "x", 1, 0666, &diag) == WANN_OK);
    CHECK(unlink(path) == 0);
    CHECK(rmdir(dir) == 0); /* nothing else was left in it */
}

static void processes_get_words_and_input(void) {
    char *out, *err;
    int code;
    wann_diag diag;
    const char *echo[] = {"printf", "%s|", "a b", "$HOME", ";ls", NULL};
    CHECK(wn_proc_run(echo, NULL, &out, &err, &code, &diag) == WANN_OK);
    CHECK(code == 0);
    CHECK_TEXT(out, "a b|$HOME|;ls|");
    wann_free(out);
    wann_free(err);
    const char *cat[] = {"cat", NULL};
    char *big = malloc(300001);
    memset(big, 'y', 300000);
    big[300000] = '\0';
    CHECK(wn_proc_run(cat, big, &out, NULL, &code, &diag) == WANN_OK);
    CHECK(out && strcmp(out, big) == 0);
    wann_free(out);
    const char *nothing[] = {"true", NULL}; /* does not read its input */
    CHECK(wn_proc_run(nothing, big, NULL, NULL, &code, &diag) == WANN_OK && code == 0);
    free(big);
    const char *bad[] = {"no-such-program-here", NULL};
    CHECK(wn_proc_run(bad, NULL, NULL, NULL, &code, &diag) == WANN_TOOL);
    CHECK(strstr(diag.text, "no-such-program-here"));
}

static void random_numbers_are_streams(void) {
    wn_rng a = wn_rng_stream(1, 0, 0, 0), b = wn_rng_stream(1, 0, 0, 0), c = wn_rng_stream(1, 0, 0, 1);
    CHECK(wn_rng_u64(&a) == wn_rng_u64(&b));
    CHECK(wn_rng_u64(&a) != wn_rng_u64(&c));
    double sum = 0, squares = 0;
    enum { N = 100000 };
    int counts[7] = {0};
    for (int i = 0; i < N; i++) {
        const double x = wn_rng_normal(&a);
        sum += x;
        squares += x * x;
        counts[wn_rng_below(&a, 7)]++;
        const double u = wn_rng_uniform(&a);
        CHECK(u >= 0 && u < 1);
    }
    CHECK(fabs(sum / N) < 0.02 && fabs(squares / N - 1) < 0.03);
    for (int i = 0; i < 7; i++)
        CHECK(abs(counts[i] - N / 7) < 600);
}

static void buffers_remember_failure(void) {
    wann_set_allocator(&test_failing_allocator);
    test_memory.left = 1;
    wn_buf buf = {0};
    for (int i = 0; i < 1000; i++)
        wn_buf_print(&buf, "line %d\n", i);
    CHECK(buf.failed);
    CHECK(wn_buf_take(&buf) == NULL);
    wann_set_allocator(NULL);
}

int main(void) {
    RUN(numbers_round_trip);
    RUN(numbers_ignore_locale);
    RUN(utf8_is_strict);
    RUN(diagnostics_are_one_printable_line);
    RUN(arenas_align_and_grow);
    RUN(files_are_replaced_whole);
    RUN(processes_get_words_and_input);
    RUN(random_numbers_are_streams);
    RUN(buffers_remember_failure);
    return TEST_RESULT();
}
