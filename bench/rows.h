/* Rows of a benchmark that take turns: how many steps a second each does, as a table and as JSON.
 */
#ifndef BENCH_ROWS_H
#define BENCH_ROWS_H

#include <stdbool.h>
#include <stddef.h>

/* One thing to measure. */
typedef struct bench_row {
    const char *name;
    /* Do some steps and answer how many; NULL: the row was measured elsewhere, and seconds hold it.
     */
    size_t (*run)(void *subjects);
    double median, best; /* seconds a step, filled in by bench_measure */
} bench_row;

/* Run the rows in turns, `rounds` (at most 64) times all of them, by the processor time of this
 * thread, so that other work on the machine disturbs less. */
void bench_measure(bench_row *rows, size_t n, int rounds, void *subjects);

/* The rows as a table in Markdown on standard output, and, where path is not NULL, as one JSON
 * object in that file: {"name": ..., "note": ..., "rows": [{"name", "steps_per_second",
 * "best_steps_per_second", "seconds_per_step"}]}. Rows without a result are left out. False, with a
 * line on standard error, if the file cannot be written. */
bool bench_report(const char *name, const char *note, const bench_row *rows, size_t n,
                  const char *path);

/* The FILE of "--json FILE", the only option there is. False, with a line on standard error, if the
 * command line is another. */
bool bench_options(int argc, char **argv, const char **json);

#endif
