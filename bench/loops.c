/* Benchmarks: the loops that are timed, in C because the calls take nanoseconds. */
#include "bench/loops.h"

#include <time.h>

#define REAL    double
#define NAME(x) x##_f64
#include "bench/loops.inc"
#undef REAL
#undef NAME

#define REAL    float
#define NAME(x) x##_f32
#include "bench/loops.inc"

/* Time that this thread has run: what others do on the machine does not count. */
static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double bench_time(const bench_case *c, const bench_subject *s, bench_column column, size_t calls) {
    const double start = now();
    if (s->is_double)
        run_f64(c, s, column, calls);
    else
        run_f32(c, s, column, calls);
    return now() - start;
}
