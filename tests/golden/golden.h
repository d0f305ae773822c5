/* The golden data of the original and the ways of compiling a network that are compared with them.
 */
#ifndef WN_TEST_GOLDEN_H
#define WN_TEST_GOLDEN_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "runtime/interp/bound.h"
#include "wann/compile.h"

enum { GOLDEN_NODES = 256, GOLDEN_WAYS = 16, GOLDEN_FILES = 19 };

/* A way of generating code, and what it promises. */
typedef struct golden_way {
    const char *label;
    wann_level level;
    wann_real real;
    wann_math math;
    wn_promise (*promise)(void); /* NULL: the golden bits */
} golden_way;
extern const golden_way golden_ways[GOLDEN_WAYS];

/* Weights of a kind of run that is compiled as a function of its own. */
typedef struct golden_weighting {
    double *tuned; /* of the zoo; owned */
    bool used;
} golden_weighting;
enum { GOLDEN_SHARED, GOLDEN_TUNED, GOLDEN_FILE, GOLDEN_WEIGHTINGS };

/* One golden file with its network. */
typedef struct golden {
    const char *reference; /* the folder of all golden data */
    const char *file;
    cJSON *json;
    wann_net *net;
    wn_bound *bound;
    golden_weighting weighting[GOLDEN_WEIGHTINGS];
} golden;

/* One input with its golden outputs. */
typedef struct golden_row {
    size_t weighting;
    wann_weights weights;
    double in[GOLDEN_NODES], expected[GOLDEN_NODES];
    double original; /* error of the original in float */
} golden_row;

/* Compared so far. */
typedef struct golden_totals {
    unsigned long files, functions, exact, bounded, edges, float_cases;
} golden_totals;

/* Every golden file in turn. Gives the number of problems, each of which is on standard error; so
 * do visit and the functions below. */
unsigned golden_each(const char *reference, unsigned (*visit)(void *ctx, golden *g), void *ctx);

/* The rows of one file, for all weightings. */
unsigned golden_each_row(golden *g, unsigned (*visit)(void *ctx, golden *g, const golden_row *row),
                         void *ctx);

/* The name of the function of a way and a weighting, at most 31 characters; how to compile it. */
void golden_name(size_t way, size_t weighting, char *name);
wann_compile_options golden_options(const golden *g, size_t way, size_t weighting,
                                    const char *name);

/* Outputs of a way against those of a row. bits: of ways that promise them, else nearness. */
unsigned golden_compare(golden *g, size_t way, bool bits, const golden_row *row, const double *got,
                        golden_totals *totals);
void golden_say(const golden_totals *totals);

#endif
