/* Benchmarks: what the loops that are timed share with the script that asks for them. */
#ifndef WN_BENCH_LOOPS_H
#define WN_BENCH_LOOPS_H

#include <stddef.h>

/* What every subject runs on, in the type of the subject. Mirrored in bench/subjects.py. */
typedef struct bench_case {
    size_t inputs, outputs; /* of the network */
    size_t samples;         /* also the size of a batch */
    size_t stride;          /* from one input's column to the next */
    double weight;
    const void *rows;    /* [samples][inputs] */
    const void *columns; /* [inputs][stride]: the same, one column an input */
    void *out;           /* [samples][outputs], or [outputs][stride] */
    void *scratch;       /* [inputs] */
} bench_case;

typedef void bench_function(void); /* called as what it is, the type being known */

/* A subject looks like generated code: NAME(in, weight, out) and NAME_batch(n, in, weight, out). */
typedef struct bench_subject {
    bench_function *single; /* NULL: there is only the batch */
    bench_function *batch;  /* NULL: a loop over single, as its users would write it */
    int is_double;
    int by_columns; /* the batch reads columns and writes them */
} bench_subject;

/* Calls that may overlap; calls that need the result of the one before; one call for all samples.
 */
typedef enum bench_column { BENCH_SINGLE, BENCH_LATENCY, BENCH_BATCH } bench_column;

/* Seconds of this thread's time for so many calls. */
__attribute__((visibility("default"))) double
bench_time(const bench_case *c, const bench_subject *s, bench_column column, size_t calls);

#endif
