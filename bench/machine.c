/* Benchmarks: how fast this machine adds, multiplies and divides, with the compiler flags of the
 * code that is compared with it. Single precision. */
#include <time.h>

#if defined(__AVX512F__)
enum { BYTES = 64 };
#elif defined(__AVX__)
enum { BYTES = 32 };
#else
enum { BYTES = 16 };
#endif
typedef float vector __attribute__((vector_size(BYTES)));

int machine_lanes(void);
double machine_vector_add(long rounds);
double machine_vector_fma(long rounds);
double machine_vector_mixed(long rounds);
double machine_vector_divide(long rounds);
double machine_scalar_add(long rounds);
double machine_scalar_fma(long rounds);
double machine_scalar_mixed(long rounds);
double machine_scalar_divide(long rounds);
double machine_latency_add(long rounds);
double machine_latency_multiply(long rounds);
double machine_latency_fma(long rounds);

int machine_lanes(void) {
    return BYTES / (int)sizeof(float);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Nobody reads the results; this tells the compiler that somebody might. */
#if defined(__x86_64__)
#define KEEP(x) __asm__ volatile("" : "+x"(x))
#else /* AArch64 */
#define KEEP(x) __asm__ volatile("" : "+w"(x))
#endif

#define MANY(X)  X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
#define START(k) x##k = one,
#define ADD(k)                                                                                     \
    x##k = x##k + zero;                                                                            \
    KEEP(x##k);
#define MULTIPLY(k)                                                                                \
    x##k = x##k * one;                                                                             \
    KEEP(x##k);
#define FMA(k)                                                                                     \
    x##k = x##k * one + zero;                                                                      \
    KEEP(x##k);
#define DIVIDE(k)                                                                                  \
    x##k = x##k / one;                                                                             \
    KEEP(x##k);
#define ADD_AND_FMA                                                                                \
    ADD(0) FMA(1) ADD(2) FMA(3) ADD(4) FMA(5) ADD(6) FMA(7) ADD(8) FMA(9) ADD(10) FMA(11)
#define ONE(X) X(0)

/* Nanoseconds an operation. Twelve chains that do not wait for each other hide a latency of 6 at
 * two operations a cycle. The numbers stay 1: no denormals or infinities, on which some machines
 * are slower. */
#define RATE(name, type, operations, chains, body)                                                 \
    double name(long rounds) {                                                                     \
        type one = (type){0} + 1.0f, zero = (type){0}, chains(START) last = one;                   \
        KEEP(one);                                                                                 \
        KEEP(zero);                                                                                \
        KEEP(last);                                                                                \
        const double start = now();                                                                \
        for (long round = 0; round < rounds; round++) {                                            \
            body                                                                                   \
        }                                                                                          \
        return (now() - start) * 1e9 / ((double)rounds * (operations));                            \
    }

RATE(machine_vector_add, vector, 12, MANY, MANY(ADD))
RATE(machine_vector_fma, vector, 12, MANY, MANY(FMA))
RATE(machine_vector_mixed, vector, 12, MANY, ADD_AND_FMA)
RATE(machine_vector_divide, vector, 12, MANY, MANY(DIVIDE))
RATE(machine_scalar_add, float, 12, MANY, MANY(ADD))
RATE(machine_scalar_fma, float, 12, MANY, MANY(FMA))
RATE(machine_scalar_mixed, float, 12, MANY, ADD_AND_FMA)
RATE(machine_scalar_divide, float, 12, MANY, MANY(DIVIDE))
RATE(machine_latency_add, float, 1, ONE, ONE(ADD))
RATE(machine_latency_multiply, float, 1, ONE, ONE(MULTIPLY))
RATE(machine_latency_fma, float, 1, ONE, ONE(FMA))
