/* wann bench: how long one inference takes, interpreted and compiled. */
#define _GNU_SOURCE
#include "search/cli/bench.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/escape.h"
#include "runtime/base/file.h"
#include "runtime/cli/cli.h"
#include "search/cli/commands.h"

static const char COMMAND[] = "bench";

/* The interpreters come first. */
enum { REFERENCE_F64, REFERENCE_F32, LANES_F64, LANES_F32, LANES_SHORT, FIRST_COMPILED, N_ROWS = 15 };

typedef struct request {
    const char *network;
    wann_read_options read;
    bool has_weight;
    double weight;
    size_t batch;
    bool json, quick, quiet;
} request;

/* A number of each round, in order of size. */
typedef struct summary {
    double least, quarter, median, three_quarters, most;
} summary;

static int by_size(const void *x, const void *y) {
    const double a = *(const double *)x, b = *(const double *)y;
    return a < b ? -1 : a > b;
}

static summary summarise(const double values[BENCH_ROUNDS]) {
    double sorted[BENCH_ROUNDS];
    memcpy(sorted, values, sizeof sorted);
    qsort(sorted, BENCH_ROUNDS, sizeof *sorted, by_size);
    return (summary){sorted[0], sorted[BENCH_ROUNDS / 4], sorted[BENCH_ROUNDS / 2],
                     sorted[BENCH_ROUNDS - 1 - BENCH_ROUNDS / 4], sorted[BENCH_ROUNDS - 1]};
}

static double median(const bench_row *row, bench_column column) {
    return summarise(row->ns[column]).median;
}

/* How far apart the middle half of the rounds is, of the median. */
static double spread(const bench_row *row, bench_column column) {
    const summary s = summarise(row->ns[column]);
    return (s.three_quarters - s.quarter) / s.median;
}

/* How many times as fast as another row: the median over rounds, in each of which both were
 * measured one after the other. */
static double times_faster(const bench_row *row, const bench_row *than, bench_column column) {
    double ratio[BENCH_ROUNDS];
    for (int round = 0; round < BENCH_ROUNDS; round++)
        ratio[round] = than->ns[column][round] / row->ns[column][round];
    return summarise(ratio).median;
}

/* After how many inferences the time that compiling takes is won back, with the median time of each; infinity:
 * never. than: an interpreter that computes the same. */
static double break_even(const bench_row *row, const bench_row *than, bench_column column) {
    const double won = median(than, column) - median(row, column);
    return won > 0 ? 1e9 * (row->emit_seconds + row->compile_seconds) / won : (double)INFINITY;
}

/* What was measured where. */
static const char *compiler(void) {
    const char *cc = getenv("CC");
    return cc && *cc ? cc : "cc";
}

static void put_compiler(wn_buf *out) {
    wn_buf_text(out, compiler());
    for (size_t i = 0; bench_cflags[i]; i++)
        wn_buf_print(out, " %s", bench_cflags[i]);
}

static void put_processor(wn_buf *out) {
    static const char key[] = "model name\t: ";
    char *text = NULL;
    size_t size;
    if (wn_file_read("/proc/cpuinfo", &text, &size, NULL) == WANN_OK) {
        const char *line = strstr(text, key);
        if (line)
            wn_buf_bytes(out, line + sizeof key - 1, strcspn(line + sizeof key - 1, "\n"));
    }
    if (out->length == 0)
        wn_buf_text(out, "unknown processor");
    wn_free(text);
}

/* A number, right-aligned. */
static void put_cell(wn_buf *out, double value, int digits, int width) {
    char number[WN_NUMBER_SIZE];
    wn_format_fixed(number, value, digits);
    wn_buf_print(out, " %*s", width, number);
}

static void put_time(wn_buf *out, double ns) {
    put_cell(out, ns, ns < 100 ? 1 : 0, 9);
}

/* The table. */
static void put_heading(wn_buf *out, const request *r, const bench_data *d) {
    wn_buf processor = {0};
    put_processor(&processor);
    wn_buf_print(out, "%s: %u nodes, %u connections, depth %zu; weight ", d->net->name,
                 d->net->n_nodes, d->net->n_conns, wann_net_depth(d->net));
    wn_buf_double(out, d->weight);
    wn_buf_print(out, "\n%s; compiled with ", processor.data ? processor.data : "");
    put_compiler(out);
    wn_buf_print(out,
                 "\nns an inference: median of %d rounds over %d normal inputs; batches of %zu\n\n",
                 BENCH_ROUNDS, BENCH_INPUTS, r->batch);
    wn_buf_print(out, "%-26s %9s %9s %9s %7s %7s %7s %6s %8s\n", "", "single", "latency", "batch",
                 "spread", "x single", "x batch", "emit", "compile");
    wn_buf_free(&processor);
}

/* Why a row is empty: all of it, since it may end with the package that is missing. */
static void put_problem(wn_buf *out, const char *text) {
    enum { INDENT = 28, WIDTH = 100 - INDENT };
    wn_buf_text(out, " not measured:");
    for (size_t column = 14; *text;) {
        const size_t word = strcspn(text, " ");
        const bool fits = column + 1 + word < WIDTH;
        wn_buf_print(out, "%s%*s", fits ? "" : "\n", fits ? 1 : INDENT, "");
        wn_buf_bytes(out, text, word);
        column = (fits ? column + 1 : 0) + word;
        text += word + strspn(text + word, " ");
    }
    wn_buf_char(out, '\n');
}

static void put_row(wn_buf *out, const bench_row *row, const bench_row *reference) {
    wn_buf_print(out, "%-26s", row->name);
    if (row->problem.status != WANN_OK) {
        put_problem(out, row->problem.text);
        return;
    }
    for (int c = 0; c < BENCH_COLUMNS; c++)
        put_time(out, median(row, (bench_column)c));
    put_cell(out, 100 * spread(row, BENCH_SINGLE), 1, 6);
    wn_buf_char(out, '%');
    put_cell(out, times_faster(row, reference, BENCH_SINGLE), 2, 8);
    put_cell(out, times_faster(row, reference, BENCH_BATCH), 2, 7);
    if (row->policy) {
        put_cell(out, 1e3 * row->emit_seconds, 1, 6);
        put_cell(out, 1e3 * row->compile_seconds, 0, 5);
        wn_buf_text(out, " ms");
    }
    wn_buf_char(out, '\n');
}

/* The interpreters that a compiled row takes the place of, one input at a time and in batches. */
static const bench_row *reference_of(const bench_row rows[N_ROWS], const bench_row *row) {
    return &rows[row->real == WANN_FLOAT ? REFERENCE_F32 : REFERENCE_F64];
}

static const bench_row *lanes_of(const bench_row rows[N_ROWS], const bench_row *row) {
    if (row->real == WANN_DOUBLE)
        return &rows[LANES_F64];
    return &rows[row->level == WANN_O2 ? LANES_SHORT : LANES_F32];
}

static void put_count(wn_buf *out, double count) {
    if (isfinite(count))
        put_cell(out, ceil(count), 0, 15);
    else
        wn_buf_print(out, " %15s", "never");
}

static void put_break_even(wn_buf *out, const bench_row rows[N_ROWS]) {
    wn_buf_print(out, "\nCompiling pays after so many inferences, one at a time instead of the reference "
                      "interpreter,\nor in batches instead of lanes:\n%-26s %15s %15s\n", "", "one at a time",
                 "in batches");
    for (size_t i = FIRST_COMPILED; i < N_ROWS; i++)
        if (rows[i].policy) {
            wn_buf_print(out, "%-26s", rows[i].name);
            put_count(out, break_even(&rows[i], reference_of(rows, &rows[i]), BENCH_SINGLE));
            put_count(out, break_even(&rows[i], lanes_of(rows, &rows[i]), BENCH_BATCH));
            wn_buf_char(out, '\n');
        }
}

static const bench_row *fastest(const bench_row rows[N_ROWS]) {
    const bench_row *best = NULL;
    for (size_t r = 0; r < N_ROWS; r++)
        if (rows[r].problem.status == WANN_OK &&
            (!best || median(&rows[r], BENCH_SINGLE) < median(best, BENCH_SINGLE)))
            best = &rows[r];
    return best;
}

static void put_share(wn_buf *out, size_t functions, const char *where, double ns, double single) {
    wn_buf_print(out, "the %zu transcendental functions %s ", functions, where);
    wn_buf_fixed(out, ns, 0);
    wn_buf_text(out, " ns (");
    wn_buf_fixed(out, 100 * ns / single, 0);
    wn_buf_text(out, " %)");
}

/* What bounds a row. A call cannot be faster than its functions side by side, nor one that waits
 * for its results than those of the longest chain in a row; the next call can begin meanwhile only
 * as far as the processor looks ahead. */
static void put_bound(wn_buf *out, const bench_data *d, const bench_row *row,
                      const bench_functions *f) {
    const double single = median(row, BENCH_SINGLE), latency = median(row, BENCH_LATENCY);
    wn_buf_print(out, "\nFastest single call: %s. Measured on their own, compiled alike,\n",
                 row->name);
    put_share(out, f->distinct, "side by side take", f->side_by_side, single);
    wn_buf_text(out, ", and\n");
    put_share(out, f->chain, "of the longest chain in a row", f->in_a_row, single);
    wn_buf_text(out, ".\nCalls that wait for each other take ");
    wn_buf_fixed(out, latency / single, 2);
    wn_buf_text(out, " times as long as calls that do not.\n");
    const double most = f->in_a_row > f->side_by_side ? f->in_a_row : f->side_by_side;
    if (most < 0.5 * single)
        wn_buf_print(
            out, "So it is bound by the rest: the sums over %u connections, loads and stores.\n",
            d->net->n_conns);
    else if (most == f->in_a_row)
        wn_buf_text(out, "So it is bound by the chain of functions that wait for each other.\n");
    else
        wn_buf_text(out, "So it is bound by the throughput of these functions.\n");
}

/* JSON. */
static void put_number(wn_buf *out, const char *key, double value) {
    wn_buf_print(out, ", \"%s\": ", key);
    if (isfinite(value))
        wn_buf_double(out, value);
    else
        wn_buf_text(out, "null");
}

static void put_string(wn_buf *out, const char *key, const char *text) {
    wn_buf_print(out, "\"%s\": \"", key);
    wn_escape(out, WN_ESCAPE_JSON, text);
    wn_buf_char(out, '"');
}

static void put_json_row(wn_buf *out, const bench_row *row, const bench_row rows[N_ROWS]) {
    const bench_row *reference = &rows[REFERENCE_F64];
    static const char *const keys[BENCH_COLUMNS] = {"ns_single", "ns_latency", "ns_batch"};
    wn_buf_text(out, "    {");
    put_string(out, "name", row->name);
    const bool measured = row->problem.status == WANN_OK;
    for (int c = 0; c < BENCH_COLUMNS; c++)
        put_number(out, keys[c], measured ? median(row, (bench_column)c) : (double)NAN);
    put_number(out, "spread", measured ? spread(row, BENCH_SINGLE) : (double)NAN);
    if (measured) {
        const summary s = summarise(row->ns[BENCH_SINGLE]);
        put_number(out, "ns_single_min", s.least);
        put_number(out, "ns_single_max", s.most);
        put_number(out, "ratio_single", times_faster(row, reference, BENCH_SINGLE));
        put_number(out, "ratio_latency", times_faster(row, reference, BENCH_LATENCY));
        put_number(out, "ratio_batch", times_faster(row, reference, BENCH_BATCH));
    } else {
        wn_buf_text(out, ", ");
        put_string(out, "error", row->problem.text);
    }
    if (row->policy) {
        put_number(out, "emit_seconds", row->emit_seconds);
        put_number(out, "compile_seconds", row->compile_seconds);
        put_number(out, "break_even_single", break_even(row, reference_of(rows, row), BENCH_SINGLE));
        put_number(out, "break_even_batch", break_even(row, lanes_of(rows, row), BENCH_BATCH));
    }
    wn_buf_char(out, '}');
}

static void put_json(wn_buf *out, const request *r, const bench_data *d,
                     const bench_row rows[N_ROWS], const bench_functions *f) {
    wn_buf words = {0}, processor = {0};
    put_compiler(&words);
    put_processor(&processor);
    wn_buf_char(out, '{');
    put_string(out, "network", r->network);
    put_number(out, "weight", d->weight);
    wn_buf_print(out, ", \"inputs\": %d, \"batch_size\": %zu, \"rounds\": %d, ", BENCH_INPUTS,
                 r->batch, BENCH_ROUNDS);
    put_string(out, "compiler", words.data ? words.data : "");
    wn_buf_text(out, ", ");
    put_string(out, "processor", processor.data ? processor.data : "");
    wn_buf_print(out, ", \"functions\": %zu, \"chain\": %zu", f->distinct, f->chain);
    put_number(out, "ns_functions_side_by_side", f->side_by_side);
    put_number(out, "ns_chain_in_a_row", f->in_a_row);
    wn_buf_text(out, ", \"rows\": [\n");
    for (size_t i = 0; i < N_ROWS; i++) {
        put_json_row(out, &rows[i], rows);
        wn_buf_text(out, i + 1 < N_ROWS ? ",\n" : "\n");
    }
    wn_buf_text(out, "  ]}\n");
    wn_buf_free(&words);
    wn_buf_free(&processor);
}

static int report(const request *r, const bench_data *d, const bench_row rows[N_ROWS],
                  double seconds) {
    const bench_row *best = fastest(rows);
    const bench_functions functions = bench_measure_functions(d, best, seconds);
    wn_buf out = {0};
    if (r->json) {
        put_json(&out, r, d, rows, &functions);
    } else {
        put_heading(&out, r, d);
        for (size_t i = 0; i < N_ROWS; i++)
            put_row(&out, &rows[i], &rows[REFERENCE_F64]);
        if (best->policy)
            put_break_even(&out, rows);
        if (best->policy)
            put_bound(&out, d, best, &functions);
    }
    if (!out.failed)
        fputs(out.data, stdout);
    const int code =
        out.failed ? wn_cli_fail(&(wann_diag){.text = "out of memory"}, NULL) : WN_EXIT_OK;
    wn_buf_free(&out);
    return code;
}

static int bench(const request *r, const wann_net *net) {
    bench_row rows[N_ROWS] = {
        {.name = "reference double", .engine = BENCH_REFERENCE, .real = WANN_DOUBLE},
        {.name = "reference float", .engine = BENCH_REFERENCE, .real = WANN_FLOAT},
        {.name = "lanes double", .engine = BENCH_LANES, .real = WANN_DOUBLE},
        {.name = "lanes float", .engine = BENCH_LANES, .real = WANN_FLOAT},
        {.name = "lanes float short", .engine = BENCH_LANES, .real = WANN_FLOAT, .level = WANN_O2},
        {.name = "compiled -O0 double libm",
         .engine = BENCH_COMPILED,
         .real = WANN_DOUBLE,
         .level = WANN_O0,
         .math = WANN_MATH_LIBM},
        {.name = "compiled -O1 double libm",
         .engine = BENCH_COMPILED,
         .real = WANN_DOUBLE,
         .level = WANN_O1,
         .math = WANN_MATH_LIBM},
        {.name = "compiled -O1 float libm",
         .engine = BENCH_COMPILED,
         .real = WANN_FLOAT,
         .level = WANN_O1,
         .math = WANN_MATH_LIBM},
        {.name = "compiled -O1 float inline",
         .engine = BENCH_COMPILED,
         .real = WANN_FLOAT,
         .level = WANN_O1,
         .math = WANN_MATH_INLINE},
        {.name = "compiled -O2 float inline",
         .engine = BENCH_COMPILED,
         .real = WANN_FLOAT,
         .level = WANN_O2,
         .math = WANN_MATH_INLINE},
        {.name = "LLVM object -O1 float",
         .engine = BENCH_OBJECT,
         .real = WANN_FLOAT,
         .level = WANN_O1,
         .math = WANN_MATH_INLINE},
        {.name = "LLVM object -O2 float",
         .engine = BENCH_OBJECT,
         .real = WANN_FLOAT,
         .level = WANN_O2,
         .math = WANN_MATH_INLINE},
        {.name = "LLVM JIT -O1 float",
         .engine = BENCH_JIT,
         .real = WANN_FLOAT,
         .level = WANN_O1,
         .math = WANN_MATH_INLINE},
        {.name = "LLVM JIT -O2 float",
         .engine = BENCH_JIT,
         .real = WANN_FLOAT,
         .level = WANN_O2,
         .math = WANN_MATH_INLINE},
        {.name = "LLVM JIT fast -O1 float",
         .engine = BENCH_JIT_FAST,
         .real = WANN_FLOAT,
         .level = WANN_O1,
         .math = WANN_MATH_INLINE},
    };
    double weight = r->weight;
    if (!r->has_weight)
        wann_net_shared_weight(net, &weight);
    const double seconds = r->quick ? 2e-4 : 1e-3;
    wann_diag diag = {0};
    bench_data data;
    int code;
    if (bench_open(&data, net, weight, r->batch, &diag) == WANN_OK) {
        for (size_t i = FIRST_COMPILED; i < N_ROWS; i++)
            bench_prepare(&data, &rows[i]);
        bench_measure(&data, rows, N_ROWS, seconds);
        code = report(r, &data, rows, seconds);
    } else {
        code = wn_cli_fail(&diag, r->network);
    }
    for (size_t i = 0; i < N_ROWS; i++)
        wann_policy_destroy(rows[i].policy);
    bench_close(&data);
    return code;
}

static int help(void) {
    puts(
        "usage: wann bench NETWORK [OPTIONS]\n"
        "\n"
        "Measure how long one inference takes: interpreted, many at once, compiled to C or by LLVM "
        "and loaded.\n"
        "\n"
        "NETWORK         a network file (.json) or a matrix of the published release (.out, .csv)\n"
        "  --inputs N      for a matrix, which does not say: how many inputs\n"
        "  --outputs M     and outputs it has; what is left out is inferred\n"
        "  --weight W      the shared weight (default: the one the file recommends, else 1)\n"
        "  --batch-size N  how many inputs a batch has (default 1024)\n"
        "  --quick         shorter measurements, for a first look\n"
        "  --json          one JSON document on standard output\n"
        "  --quiet         no notes on standard error\n"
        "\n"
        "Columns:\n"
        "  single   ns a call where calls do not depend on each other and may overlap\n"
        "  latency  ns a call that needs the result of the one before\n"
        "  batch    ns an inference in one call for many\n"
        "  spread   how far apart the middle half of the rounds of `single` lies, of their median\n"
        "  x        how many times as fast as the reference interpreter in double\n"
        "  emit     ms to make C text; LLVM: an object\n"
        "  compile  ms that the C compiler takes for that; LLVM: linking\n"
        "Then, after how many inferences compiling has paid, against the interpreters of the same type.\n"
        "\n"
        "All rows are measured in turn, round by round, so that ratios hold on a busy machine. The "
        "C\n"
        "compiler is the one that CC names (default cc), with -O3 -march=native and CFLAGS. LLVM compiles\n"
        "for this processor; of five times that it takes, the shortest counts.\n"
        "\n"
        "Example:\n"
        "  wann bench champion.json");
    return WN_EXIT_OK;
}

enum {
    OPTION_INPUTS = 256,
    OPTION_OUTPUTS,
    OPTION_WEIGHT,
    OPTION_BATCH,
    OPTION_JSON,
    OPTION_QUICK,
    OPTION_QUIET,
    OPTION_HELP
};
static const struct option options[] = {{"inputs", required_argument, NULL, OPTION_INPUTS},
                                        {"outputs", required_argument, NULL, OPTION_OUTPUTS},
                                        {"weight", required_argument, NULL, OPTION_WEIGHT},
                                        {"batch-size", required_argument, NULL, OPTION_BATCH},
                                        {"json", no_argument, NULL, OPTION_JSON},
                                        {"quick", no_argument, NULL, OPTION_QUICK},
                                        {"quiet", no_argument, NULL, OPTION_QUIET},
                                        {"help", no_argument, NULL, OPTION_HELP},
                                        {NULL, 0, NULL, 0}};

static int take_count(const char *option, const char *text, size_t *count) {
    if (wn_cli_count(text, count))
        return WN_EXIT_OK;
    return wn_cli_usage(COMMAND, "--%s %s: expected a number from 1 to 1000000", option, text);
}

static int take_weight(request *r, const char *text) {
    const size_t n = wn_parse_double(text, &r->weight);
    r->has_weight = n > 0 && text[n] == '\0' && isfinite(r->weight);
    return r->has_weight ? WN_EXIT_OK
                         : wn_cli_usage(COMMAND, "--weight %s: expected a finite number", text);
}

static int take_option(request *r, int option, char **argv) {
    switch (option) {
    case OPTION_INPUTS:
        return take_count("inputs", optarg, &r->read.inputs);
    case OPTION_OUTPUTS:
        return take_count("outputs", optarg, &r->read.outputs);
    case OPTION_WEIGHT:
        return take_weight(r, optarg);
    case OPTION_BATCH:
        return take_count("batch-size", optarg, &r->batch);
    case OPTION_JSON:
        r->json = true;
        return WN_EXIT_OK;
    case OPTION_QUICK:
        r->quick = true;
        return WN_EXIT_OK;
    case OPTION_QUIET:
        r->quiet = true;
        return WN_EXIT_OK;
    }
    return wn_cli_bad_option(COMMAND, option, argv, options);
}

static int read_and_bench(const request *r) {
    wann_diag diag = {0};
    wann_net *net;
    bool inferred;
    if (wann_net_read(r->network, &r->read, &net, &inferred, &diag) != WANN_OK)
        return wn_cli_fail(&diag, r->network);
    if (inferred && !r->quiet)
        fprintf(
            stderr,
            "wann: %s: note: inferred %zu inputs and %zu outputs; --inputs and --outputs say it\n",
            r->network, wann_net_inputs(net), wann_net_outputs(net));
    const int code = bench(r, net);
    wann_net_destroy(net);
    return code;
}

int wn_cmd_bench(int argc, char **argv) {
    request r = {.batch = 1024};
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, ":", options, NULL)) != -1;) {
        if (option == OPTION_HELP)
            return help();
        const int code = take_option(&r, option, argv);
        if (code != WN_EXIT_OK)
            return code;
    }
    if (optind >= argc)
        return wn_cli_usage(COMMAND, "no network to measure");
    if (optind + 1 < argc)
        return wn_cli_usage(COMMAND, "one network at a time; '%s' is too much", argv[optind + 1]);
    r.network = argv[optind];
    return read_and_bench(&r);
}
