/* Rows of a benchmark that take turns. */
#include "bench/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "runtime/base/escape.h"
#include "runtime/base/file.h"
#include "runtime/base/text.h"

enum { MOST_ROUNDS = 64, MOST_ROWS = 32 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void bench_measure(bench_row *rows, size_t n, int rounds, void *subjects) {
    static double seconds[MOST_ROWS][MOST_ROUNDS];
    for (int round = 0; round < rounds; round++)
        for (size_t i = 0; i < n; i++) {
            if (!rows[i].run)
                continue;
            const double start = now();
            const size_t steps = rows[i].run(subjects);
            seconds[i][round] = (now() - start) / (double)steps;
        }
    for (size_t i = 0; i < n; i++) {
        if (!rows[i].run)
            continue;
        qsort(seconds[i], (size_t)rounds, sizeof(double), ascending);
        rows[i].median = seconds[i][rounds / 2];
        rows[i].best = seconds[i][0];
    }
}

static void put_table(wn_buf *out, const char *note, const bench_row *rows, size_t n) {
    wn_buf_text(out, "| task | steps a second, median | best | nanoseconds a step, median |\n"
                     "| --- | --- | --- | --- |\n");
    for (size_t i = 0; i < n; i++) {
        if (!(rows[i].median > 0))
            continue;
        wn_buf_print(out, "| %s | ", rows[i].name);
        wn_buf_fixed(out, 1 / rows[i].median, 0);
        wn_buf_text(out, " | ");
        wn_buf_fixed(out, 1 / rows[i].best, 0);
        wn_buf_text(out, " | ");
        wn_buf_fixed(out, 1e9 * rows[i].median, 1);
        wn_buf_text(out, " |\n");
    }
    wn_buf_print(out, "\n%s\n", note);
}

static void put_text(wn_buf *out, const char *key, const char *text) {
    wn_buf_print(out, "\"%s\": \"", key);
    wn_escape(out, WN_ESCAPE_JSON, text);
    wn_buf_text(out, "\", ");
}

static void put_number(wn_buf *out, const char *key, double value, const char *after) {
    wn_buf_print(out, "\"%s\": ", key);
    wn_buf_double(out, value);
    wn_buf_text(out, after);
}

static void put_json(wn_buf *out, const char *name, const char *note, const bench_row *rows,
                     size_t n) {
    const char *separator = "";
    wn_buf_char(out, '{');
    put_text(out, "name", name);
    put_text(out, "note", note);
    wn_buf_text(out, "\"rows\": [");
    for (size_t i = 0; i < n; i++) {
        if (!(rows[i].median > 0))
            continue;
        wn_buf_print(out, "%s\n  {", separator);
        put_text(out, "name", rows[i].name);
        put_number(out, "steps_per_second", 1 / rows[i].median, ", ");
        put_number(out, "best_steps_per_second", 1 / rows[i].best, ", ");
        put_number(out, "seconds_per_step", rows[i].median, "}");
        separator = ",";
    }
    wn_buf_text(out, "\n]}\n");
}

bool bench_report(const char *name, const char *note, const bench_row *rows, size_t n,
                  const char *path) {
    wn_buf table = {0}, json = {0};
    wann_diag diag = {.text = "out of memory"};
    put_table(&table, note, rows, n);
    put_json(&json, name, note, rows, n);
    bool good = !table.failed && !json.failed;
    if (good)
        fputs(table.data, stdout);
    if (good && path)
        good = wn_file_write(path, json.data, json.length, 0666, &diag) == WANN_OK;
    if (!good)
        fprintf(stderr, "%s: %s: %s\n", name, path ? path : "", diag.text);
    wn_buf_free(&table);
    wn_buf_free(&json);
    return good;
}

bool bench_options(int argc, char **argv, const char **json) {
    *json = argc == 3 && strcmp(argv[1], "--json") == 0 ? argv[2] : NULL;
    if (argc == 1 || *json)
        return true;
    fprintf(stderr, "usage: %s [--json FILE]\n", argv[0]);
    return false;
}
