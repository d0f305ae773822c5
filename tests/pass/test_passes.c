/* Each pass on texts: NAME.in.ir, written by hand, becomes NAME.out.ir. WANN_BLESS=1 writes the
 * latter anew, for a person to read. */
#include <dirent.h>
#include <math.h>
#include <stdbool.h>

#include "compiler/pass/pass.h"
#include "runtime/base/file.h"
#include "support/test.h"

enum { MAX_CASES = 64, FEWEST_CASES = 8, SAMPLES = 20 };

/* A text has no facts; those that its pass needs are claimed for it and hold, or the verifier
 * refuses the text. */
static const struct {
    const char *name;
    unsigned needs;
} passes[] = {
#define X(name, needs, establishes, breaks, help) {#name, needs},
#include "compiler/pass/passes.def"
#undef X
};

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names of the cases of a pass, without ending, sorted. */
static size_t list_cases(const char *folder, char *cases[MAX_CASES]) {
    static const char ending[] = ".in.ir";
    size_t n = 0;
    DIR *dir = opendir(folder);
    CHECK_MSG(dir, "cannot open %s", folder);
    for (const struct dirent *entry; dir && (entry = readdir(dir)) && n < MAX_CASES;) {
        const size_t length = strlen(entry->d_name), tail = sizeof ending - 1;
        if (length <= tail || strcmp(entry->d_name + length - tail, ending) != 0)
            continue;
        cases[n] = strdup(entry->d_name);
        cases[n++][length - tail] = '\0';
    }
    if (dir)
        closedir(dir);
    qsort(cases, n, sizeof *cases, by_name);
    return n;
}

static char *read_text(const char *path) {
    char *text = NULL;
    size_t size;
    wann_diag diag = {0};
    CHECK_MSG(wn_file_read(path, &text, &size, &diag) == WANN_OK, "%s", diag.text);
    return text;
}

static void read_ir(const char *path, wn_ir *ir) {
    wann_diag diag = {0};
    char *text = read_text(path);
    CHECK_MSG(text && wn_ir_parse(text, path, ir, &diag) == WANN_OK, "%s:%d:%d: %s", path,
              diag.line, diag.column, diag.text);
    wann_free(text);
}

/* The text after the pass: the one on file, or with WANN_BLESS the one that gets there. */
static void compare_text(const char *path, const wn_ir *ir) {
    wn_buf out = {0};
    wn_ir_print(ir, &out);
    CHECK(!out.failed);
    const char *bless = getenv("WANN_BLESS");
    if (bless && *bless == '1')
        CHECK(wn_file_write(path, out.data, out.length, 0666, NULL) == WANN_OK);
    char *expected = read_text(path);
    CHECK_MSG(expected && strcmp(out.data, expected) == 0, "%s\nthe pass gives:\n%s", path,
              out.data);
    wann_free(expected);
    wn_buf_free(&out);
}

/* Samples are integers and the weights powers of two, so that little rounds: what a pass writes
 * otherwise has all but the same value, and a mistake is far off. */
static bool near(const wn_ir *ir, double got, double expected) {
    const double room = (ir->real == WANN_FLOAT ? 1e-5 : 1e-13) * fmax(1, fabs(expected));
    return got == expected || fabs(got - expected) <= room || (isnan(got) && isnan(expected));
}

static void compare_values(const char *path, const wn_ir *before, const wn_ir *after) {
    static const double weights[] = {-2, 0.5, 0, 1};
    double in[8] = {0}, got[8] = {0}, expected[8] = {0}, scratch[100];
    CHECK(before->n_inputs <= 8 && before->n_outputs <= 8 && before->n_insts <= 100);
    for (int sample = 0; sample < SAMPLES; sample++) {
        for (int i = 0; i < 8; i++)
            in[i] = (sample + 1) * (7 * i + 3) % 11 - 5;
        wn_ir_evaluate(before, in, weights[sample % 4], scratch, expected);
        wn_ir_evaluate(after, in, weights[sample % 4], scratch, got);
        for (uint32_t o = 0; o < before->n_outputs; o++)
            CHECK_MSG(near(before, got[o], expected[o]), "%s: output %u: %a before, %a after", path,
                      o, expected[o], got[o]);
    }
}

static void run_case(size_t pass, const char *folder, const char *name) {
    char in[4600], out[4600];
    wn_ir before, after;
    wann_diag diag = {0};
    snprintf(in, sizeof in, "%s/%s.in.ir", folder, name);
    snprintf(out, sizeof out, "%s/%s.out.ir", folder, name);
    read_ir(in, &before);
    read_ir(in, &after);
    before.facts = after.facts = passes[pass].needs;
    CHECK_MSG(wn_ir_verify(&before, &diag) == WANN_OK, "%s: %s", in, diag.text);
    CHECK_MSG(wn_pass_run(passes[pass].name, &after, &diag) == WANN_OK, "%s: %s", in, diag.text);
    CHECK_MSG(wn_ir_verify(&after, &diag) == WANN_OK, "%s: %s", in, diag.text);
    compare_text(out, &after);
    compare_values(in, &before, &after);
    wn_ir_free(&before);
    wn_ir_free(&after);
}

static void passes_rewrite_texts(void) {
    for (size_t pass = 0; pass < sizeof passes / sizeof *passes; pass++) {
        char folder[4300], *cases[MAX_CASES];
        snprintf(folder, sizeof folder, "%s/tests/pass/%s", getenv("WANN_SOURCE"),
                 passes[pass].name);
        const size_t n = list_cases(folder, cases);
        CHECK_MSG(n >= FEWEST_CASES, "%s has %zu cases", passes[pass].name, n);
        for (size_t i = 0; i < n; i++) {
            run_case(pass, folder, cases[i]);
            free(cases[i]);
        }
        printf("     %s: %zu texts\n", passes[pass].name, n);
    }
}

static void unknown_pass_is_refused(void) {
    wn_ir ir;
    wann_diag diag = {0};
    CHECK(wn_ir_parse("wann-ir 1 float inputs 1 outputs 1\n%0 = input 0\noutput 0, %0\n", NULL, &ir,
                      NULL) == WANN_OK);
    CHECK(wn_pass_run("optimise", &ir, &diag) == WANN_ARGUMENT);
    CHECK_TEXT(diag.text, "there is no pass 'optimise'");
    CHECK(wn_pass_run("factor", &ir, &diag) == WANN_INTERNAL); /* the text claims no facts */
    CHECK_TEXT(diag.text, "pass factor needs NUMBERED");
    wn_ir_free(&ir);
}

static void facts_follow_the_table(void) {
    wn_ir ir;
    CHECK(wn_ir_parse("wann-ir 1 float inputs 1 outputs 1\n%0 = input 0\noutput 0, %0\n", NULL, &ir,
                      NULL) == WANN_OK);
    ir.facts = WN_FACT_REFERENCE_SUMS;
    CHECK(wn_pass_run("prune", &ir, NULL) == WANN_OK);
    CHECK(ir.facts == (WN_FACT_REFERENCE_SUMS | WN_FACT_PRUNED));
    CHECK(wn_pass_run("number", &ir, NULL) == WANN_OK);
    CHECK(ir.facts == WN_FACT_NUMBERED);
    CHECK(wn_pass_run("factor", &ir, NULL) == WANN_OK);
    CHECK(ir.facts == WN_FACT_NONE);
    wn_ir_free(&ir);
}

int main(void) {
    RUN(passes_rewrite_texts);
    RUN(unknown_pass_is_refused);
    RUN(facts_follow_the_table);
    return TEST_RESULT();
}
