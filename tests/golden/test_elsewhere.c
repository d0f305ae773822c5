/* The golden data through code that cannot run in this process: WebAssembly in Node.js, and aarch64
 * and riscv64 under QEMU. One process each computes all of it: all inputs are in one file, all
 * outputs in another, as doubles.
 *
 * A network goes through two of the ways, in turn; WANN_GOLDEN_WAYS=all tries all on each. */
#include <sys/stat.h>
#include <unistd.h>

#include "golden/golden.h"
#include "runtime/base/file.h"
#include "runtime/base/proc.h"
#include "runtime/base/text.h"
#include "support/test.h"

typedef struct machine {
    const char *label, *triple; /* NULL: WebAssembly */
    const char *runs, *links;   /* programs that this takes */
} machine;

static const machine machines[] = {
    {"WebAssembly in Node.js", NULL, "node", "wasm-ld-19"},
    {"aarch64 under QEMU", "aarch64-linux-gnu", "qemu-aarch64", "aarch64-linux-gnu-gcc"},
    {"riscv64 under QEMU", "riscv64-linux-gnu", "qemu-riscv64", "riscv64-linux-gnu-gcc"},
};
enum { MACHINES = sizeof machines / sizeof *machines, MOST_FUNCTIONS = 4096 };

/* A trial of one machine. */
typedef struct trial {
    const machine *machine;
    wn_buf functions; /* what the runner reads: C, or JSON */
    wn_buf table;     /* C: the rows of the table of functions */
    wn_buf cases;     /* function, weight, inputs; all doubles */
    char *object[MOST_FUNCTIONS];
    size_t n_functions;
    size_t first;      /* function of the present file */
    const double *got; /* outputs that have not been compared yet */
    size_t left;       /* their number */
    golden_totals totals;
} trial;

static bool is_there(const char *program) {
    const char *const argv[] = {program, "--version", NULL};
    int code;
    return wn_proc_run(argv, NULL, NULL, NULL, &code, NULL) == WANN_OK && code == 0;
}

/* A level for double and the next for float, either with the C library or, always in WebAssembly,
 * with kernels. */
static bool is_tried(const machine *m, size_t way, unsigned long file) {
    const char *all = getenv("WANN_GOLDEN_WAYS");
    const bool kernels = golden_ways[way].math == WANN_MATH_INLINE;
    if (!m->triple && !kernels)
        return false;
    if (all && strcmp(all, "all") == 0)
        return true;
    const bool single = golden_ways[way].real == WANN_FLOAT;
    return way / 4 == (file + single) % 4 && (!m->triple || kernels == (file / 4 + single) % 2);
}

static void put_c(trial *t, const golden *g, size_t way, size_t weighting, const char *name) {
    wn_buf_print(&t->functions, "%s(%s, %s)\n", weighting == GOLDEN_SHARED ? "WEIGHT" : "BAKED",
                 name, golden_ways[way].real == WANN_FLOAT ? "float" : "double");
    wn_buf_print(&t->table, "    {call_%s, %zu, %zu},\n", name, wann_net_inputs(g->net),
                 wann_net_outputs(g->net));
}

static void put_json(trial *t, const golden *g, size_t way, size_t weighting, const char *name,
                     const char *file) {
    wn_buf_print(&t->functions,
                 "%s{\"name\":\"%s\",\"file\":\"%s\",\"array\":\"%s\",\"weight\":%s,",
                 t->n_functions ? ",\n" : "", name, file,
                 golden_ways[way].real == WANN_FLOAT ? "Float32Array" : "Float64Array",
                 weighting == GOLDEN_SHARED ? "true" : "false");
    wn_buf_print(&t->functions, "\"inputs\":%zu,\"outputs\":%zu}", wann_net_inputs(g->net),
                 wann_net_outputs(g->net));
}

static unsigned compile(trial *t, const golden *g, size_t way, size_t weighting) {
    char name[64], part[32];
    wn_buf file = {0};
    wann_diag diag = {0};
    golden_name(way, weighting, part);
    snprintf(name, sizeof name, "%s_%lu", part, t->totals.files);
    wn_buf_print(&file, "./%s.%s", name, t->machine->triple ? "o" : "wasm");
    t->object[t->n_functions] = wn_buf_take(&file);
    wann_compile_options options = golden_options(g, way, weighting, name);
    options.target = t->machine->triple;
    if (t->machine->triple)
        put_c(t, g, way, weighting, name);
    else
        put_json(t, g, way, weighting, name, t->object[t->n_functions]);
    const wann_status status =
        wann_compile_file(g->net, &options, t->machine->triple ? WANN_KIND_OBJ : WANN_KIND_WASM,
                          t->object[t->n_functions++], false, &diag);
    if (status != WANN_OK)
        fprintf(stderr, "%s: %s\n", g->file, diag.text);
    return status != WANN_OK;
}

/* The functions of the present file that a row is for, with the way of each. */
static size_t functions_of(const trial *t, const golden *g, size_t weighting,
                           size_t function[GOLDEN_WAYS], size_t way_of[GOLDEN_WAYS]) {
    size_t n = 0, next = t->first;
    for (size_t way = 0; way < GOLDEN_WAYS; way++)
        for (size_t k = 0; k < GOLDEN_WEIGHTINGS; k++) {
            if (!is_tried(t->machine, way, t->totals.files) || !g->weighting[k].used)
                continue;
            if (k == weighting) {
                function[n] = next;
                way_of[n++] = way;
            }
            next++;
        }
    return n;
}

static unsigned put_row(void *ctx, golden *g, const golden_row *row) {
    trial *t = ctx;
    size_t function[GOLDEN_WAYS], way[GOLDEN_WAYS];
    const size_t n = functions_of(t, g, row->weighting, function, way);
    for (size_t i = 0; i < n; i++) {
        const double head[2] = {(double)function[i], row->weights.shared};
        wn_buf_bytes(&t->cases, (const char *)head, sizeof head);
        wn_buf_bytes(&t->cases, (const char *)row->in, wann_net_inputs(g->net) * sizeof *row->in);
    }
    return 0;
}

static unsigned compile_file(void *ctx, golden *g) {
    trial *t = ctx;
    unsigned problems = 0;
    t->first = t->n_functions;
    for (size_t way = 0; way < GOLDEN_WAYS; way++)
        for (size_t weighting = 0; weighting < GOLDEN_WEIGHTINGS; weighting++)
            if (is_tried(t->machine, way, t->totals.files) && g->weighting[weighting].used)
                problems += compile(t, g, way, weighting);
    problems += golden_each_row(g, put_row, t);
    t->totals.files++;
    return problems;
}

static unsigned compare_row(void *ctx, golden *g, const golden_row *row) {
    trial *t = ctx;
    size_t function[GOLDEN_WAYS], way[GOLDEN_WAYS], outputs = wann_net_outputs(g->net);
    const size_t n = functions_of(t, g, row->weighting, function, way);
    unsigned problems = 0;
    for (size_t i = 0; i < n; i++) {
        if (t->left < outputs)
            return problems + 1;
        problems += golden_compare(g, way[i], false, row, t->got, &t->totals);
        t->got += outputs;
        t->left -= outputs;
    }
    return problems;
}

static unsigned compare_file(void *ctx, golden *g) {
    trial *t = ctx;
    const unsigned problems = golden_each_row(g, compare_row, t);
    t->totals.files++;
    return problems;
}

static const char c_start[] =
    "#include <stdio.h>\n"
    "enum { MOST = 256 };\n"
    "#define BODY(name, real, arguments) \\\n"
    "    real x[MOST], y[MOST] = {0}; \\\n"
    "    for (int i = 0; i < MOST; i++) x[i] = (real)in[i]; \\\n"
    "    name arguments; \\\n"
    "    (void)weight; \\\n"
    "    for (int i = 0; i < MOST; i++) out[i] = (double)y[i];\n"
    "#define WEIGHT(name, real) void name(const real *, real, real *); \\\n"
    "    static void call_##name(const double *in, double weight, double *out) { \\\n"
    "        BODY(name, real, (x, (real)weight, y)) }\n"
    "#define BAKED(name, real) void name(const real *, real *); \\\n"
    "    static void call_##name(const double *in, double weight, double *out) { \\\n"
    "        BODY(name, real, (x, y)) }\n";

static const char c_end[] =
    "};\n"
    "int main(int argc, char **argv) {\n"
    "    static double head[2], in[MOST], out[MOST];\n"
    "    FILE *from = fopen(argv[argc - 2], \"rb\"), *to = fopen(argv[argc - 1], \"wb\");\n"
    "    while (fread(head, sizeof *head, 2, from) == 2) {\n"
    "        const size_t n = (size_t)head[0];\n"
    "        if (fread(in, sizeof *in, functions[n].inputs, from) != functions[n].inputs) return "
    "1;\n"
    "        functions[n].call(in, head[1], out);\n"
    "        fwrite(out, sizeof *out, functions[n].outputs, to);\n"
    "    }\n"
    "    return fclose(to);\n"
    "}\n";

static const char js_end[] =
    "];\n"
    "const fs = require('fs');\n"
    "for (const f of functions) {\n"
    "  const module = new WebAssembly.Module(fs.readFileSync(f.file));\n"
    "  f.api = new WebAssembly.Instance(module, {}).exports;\n"
    "  const Real = globalThis[f.array], at = Math.ceil(f.api.__heap_base.value / 8) * 8;\n"
    "  const end = at + 8 * (f.inputs + f.outputs) - f.api.memory.buffer.byteLength;\n"
    "  if (end > 0) f.api.memory.grow(Math.ceil(end / 65536));\n"
    "  f.inAt = at; f.outAt = at + 8 * f.inputs;\n"
    "  f.in = new Real(f.api.memory.buffer, f.inAt, f.inputs);\n"
    "  f.out = new Real(f.api.memory.buffer, f.outAt, f.outputs);\n"
    "}\n"
    "const bytes = fs.readFileSync('cases.bin');\n"
    "const cases = new Float64Array(bytes.buffer.slice(bytes.byteOffset,\n"
    "                                                  bytes.byteOffset + bytes.length));\n"
    "const results = [];\n"
    "for (let at = 0; at < cases.length;) {\n"
    "  const f = functions[cases[at]], weight = cases[at + 1];\n"
    "  f.in.set(cases.subarray(at + 2, at + 2 + f.inputs));\n"
    "  at += 2 + f.inputs;\n"
    "  f.api[f.name](f.inAt, ...(f.weight ? [weight] : []), f.outAt);\n"
    "  results.push(...f.out);\n"
    "}\n"
    "fs.writeFileSync('results.bin', new Uint8Array(Float64Array.from(results).buffer));\n";

static bool write_buf(const char *path, wn_buf *text) {
    wann_diag diag = {0};
    const bool written =
        !text->failed && wn_file_write(path, text->data, text->length, 0666, &diag) == WANN_OK;
    CHECK_MSG(written, "%s: %s", path, diag.text);
    return written;
}

static bool run(const char *const *argv) {
    char *errors = NULL;
    int code = 1;
    const wann_status status = wn_proc_run(argv, NULL, NULL, &errors, &code, NULL);
    CHECK_MSG(status == WANN_OK && code == 0, "%s exits with code %d: %.500s", argv[0], code,
              errors ? errors : "");
    wann_free(errors);
    return status == WANN_OK && code == 0;
}

static bool link_program(const trial *t) {
    static const char *argv[MOST_FUNCTIONS + 16];
    const char *const words[] = {t->machine->links, "-static", "-O1",
                                 "elsewhere.c",     "-o",      "elsewhere"};
    size_t n = sizeof words / sizeof *words;
    memcpy(argv, words, sizeof words);
    for (size_t i = 0; i < t->n_functions; i++)
        argv[n++] = t->object[i];
    argv[n++] = "-lm";
    argv[n] = NULL;
    return run(argv);
}

static bool run_program(trial *t) {
    const char *const argv[] = {t->machine->runs, "./elsewhere", "cases.bin", "results.bin", NULL};
    wn_buf text = {0};
    wn_buf_print(&text, "%s%s", c_start, t->functions.data);
    wn_buf_print(&text,
                 "static const struct { void (*call)(const double *, double, double *);\n"
                 "    size_t inputs, outputs; } functions[] = {\n%s%s",
                 t->table.data, c_end);
    const bool ran = write_buf("elsewhere.c", &text) && link_program(t) && run(argv);
    wn_buf_free(&text);
    return ran;
}

static bool run_script(trial *t) {
    static const char *const argv[] = {"node", "elsewhere.js", NULL};
    wn_buf text = {0};
    wn_buf_print(&text, "const functions = [%s%s", t->functions.data, js_end);
    const bool ran = write_buf("elsewhere.js", &text) && run(argv);
    wn_buf_free(&text);
    return ran;
}

static void compare_results(trial *t) {
    char *bytes = NULL;
    size_t size = 0;
    wann_diag diag = {0};
    CHECK_MSG(wn_file_read("results.bin", &bytes, &size, &diag) == WANN_OK, "%s", diag.text);
    t->got = (const double *)(void *)bytes;
    t->left = size / sizeof *t->got;
    t->totals = (golden_totals){.functions = t->n_functions};
    t->n_functions = 0;
    CHECK(golden_each(test_reference_dir(), compare_file, t) == 0);
    CHECK(t->left == 0 && t->totals.files >= GOLDEN_FILES && t->totals.bounded >= 30000);
    wann_free(bytes);
}

static void try_machine(const machine *m) {
    static trial t;
    t = (trial){.machine = m};
    const bool compiled = golden_each(test_reference_dir(), compile_file, &t) == 0;
    const size_t n = t.n_functions;
    CHECK(compiled && n > 0 && n <= MOST_FUNCTIONS);
    if (compiled && write_buf("cases.bin", &t.cases) &&
        (m->triple ? run_program(&t) : run_script(&t)))
        compare_results(&t);
    printf("     %s:\n", m->label);
    golden_say(&t.totals);
    for (size_t i = 0; i < n; i++) {
        unlink(t.object[i]);
        wann_free(t.object[i]);
    }
    wn_buf_free(&t.functions);
    wn_buf_free(&t.table);
    wn_buf_free(&t.cases);
}

static unsigned tried;

static void elsewhere_is_golden(void) {
    for (size_t m = 0; m < MACHINES; m++) {
        if (!is_there(machines[m].runs) || !is_there(machines[m].links)) {
            printf("     %s is not tried: %s or %s is missing\n", machines[m].label,
                   machines[m].runs, machines[m].links);
            continue;
        }
        try_machine(&machines[m]);
        tried++;
    }
}

int main(void) {
    char folder[] = "wann-elsewhere-XXXXXX";
    if (!test_reference_dir()) {
        puts("skipped: the original's golden data are not here (set WANN_REFERENCE)");
        return TEST_SKIP;
    }
    if (!mkdtemp(folder) || chdir(folder) != 0)
        return EXIT_FAILURE;
    RUN(elsewhere_is_golden);
    static const char *const left[] = {"cases.bin", "results.bin", "elsewhere.c", "elsewhere.js",
                                       "elsewhere"};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        unlink(left[i]);
    if (chdir("..") == 0)
        rmdir(folder);
    if (!tried && !test_failures) {
        puts("skipped: there is neither Node.js with wasm-ld-19 nor QEMU with a compiler");
        return TEST_SKIP;
    }
    return TEST_RESULT();
}
