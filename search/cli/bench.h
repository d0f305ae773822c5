/* wann bench: what its files share. */
#ifndef WN_BENCH_H
#define WN_BENCH_H

#include <stdbool.h>

#include "runtime/net/net.h"
#include "wann/compile.h"
#include "wann/run.h"

enum { BENCH_ROUNDS = 51, BENCH_INPUTS = 1024 };

/* Independent calls; calls of which each needs the result of the one before; one call for many. */
typedef enum bench_column { BENCH_SINGLE, BENCH_LATENCY, BENCH_BATCH, BENCH_COLUMNS } bench_column;

typedef enum bench_engine {
    BENCH_REFERENCE,
    BENCH_LANES,
    BENCH_COMPILED, /* to C, which the C compiler builds */
    BENCH_OBJECT,   /* by LLVM to an object, linked and loaded */
    BENCH_JIT,      /* by LLVM into this process */
    BENCH_JIT_FAST  /* with little effort */
} bench_engine;

/* One way to run the network. */
typedef struct bench_row {
    const char *name;
    bench_engine engine;
    wann_real real;
    wann_level level; /* LANES: WANN_O2 for the short kernels */
    wann_math math;
    wann_policy *policy;                    /* COMPILED and what follows it */
    double emit_seconds, compile_seconds;   /* likewise */
    wann_diag problem;                      /* status WANN_OK: measured */
    size_t calls[BENCH_COLUMNS];            /* a measurement (BATCH: batches) */
    double ns[BENCH_COLUMNS][BENCH_ROUNDS]; /* an inference, by round */
} bench_row;

/* What all rows run. Arrays hold `rows` inputs, row by row and (lanes) input by input. */
typedef struct bench_data {
    const wn_net *net;
    double weight;
    size_t batch;
    size_t rows; /* the larger of BENCH_INPUTS and batch */
    double *in, *lanes_in, *out, *act;
    float *in_f32, *lanes_in_f32, *out_f32, *act_f32;
    wann_lanes *lanes, *short_lanes;
    wn_arena arena;
} bench_data;

/* The flags that compiled rows are compiled with, NULL-terminated. */
extern const char *const bench_cflags[];

wann_status bench_open(bench_data *data, const wn_net *net, double weight, size_t batch,
                       wann_diag *diag);
void bench_close(bench_data *data);

/* Get a row ready. A row that cannot be run says why in row->problem. */
void bench_prepare(const bench_data *data, bench_row *row);

/* Measure all rows, round by round, so that a disturbance of the machine hits all alike. seconds:
 * how long one measurement of one column is to take, about. */
void bench_measure(bench_data *data, bench_row *rows, size_t n_rows, double seconds);

/* What transcendental functions cost on their own, compiled as a row is: 0 ns where that cannot be
 * told. */
typedef struct bench_functions {
    size_t distinct;     /* that an inference needs */
    double side_by_side; /* ns for as many of the same kinds that do not depend on each other */
    size_t chain;        /* on the longest path from an input to an output */
    double in_a_row;     /* ns for those, each of which needs the one before */
} bench_functions;

bench_functions bench_measure_functions(const bench_data *data, const bench_row *row,
                                        double seconds);

#endif
