/* Generated code against the interpreter: random networks by the thousand, many in one C file,
 * through every compiler. WANN_DIFF_NETWORKS sets how many, WANN_DIFF_SEED where to start; an
 * argument of 0 or 1 takes one half of them, so that two halves can run side by side. A failure
 * names its seed and leaves the smallest network that still fails as JSON. */
#include <dlfcn.h>
#include <inttypes.h>

#include "diff/case.h"
#include "diff/compilers.h"
#include "diff/shrink.h"
#include "support/test.h"

enum { NETWORKS = 2100, BATCH = 30, MOST_CONNECTIONS = 6000, MOST_TRIES = 400, MOST_FAILURES = 3 };

static diff_totals totals;

static uint64_t number_from(const char *variable, uint64_t otherwise) {
    const char *text = getenv(variable);
    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

/* A case alone with its compiler, for shrinking. */
typedef struct lone {
    diff_case c;
    const diff_compiler *compiler;
    char message[400];
} lone;

static bool fails_alone(wn_net *net, void *ctx) {
    lone *l = ctx;
    wn_buf text = {0};
    diff_case c = l->c;
    diff_totals ignored = {0};
    char message[400] = "";
    c.net = net;
    bool ok = diff_case_emit(&c, &text, message, sizeof message) && !text.failed;
    void *library = ok ? diff_load(l->compiler, "diff-lone", text.data) : NULL;
    if (library) {
        ok = diff_case_check(&c, library, &ignored, message, sizeof message);
        dlclose(library);
    } else {
        ok = false;
    }
    if (!ok && message[0])
        snprintf(l->message, sizeof l->message, "%s", message);
    wn_buf_free(&text);
    return !ok;
}

static void report(const diff_case *c, const diff_compiler *compiler, const char *message) {
    lone l = {.c = *c, .compiler = compiler};
    test_failures++;
    fprintf(stderr,
            "seed %" PRIu64 ", %s: %s\n  again: WANN_DIFF_SEED=%" PRIu64 " WANN_DIFF_NETWORKS=1\n",
            c->seed, compiler->label, message, c->seed);
    if (!fails_alone(c->net, &l)) {
        fprintf(stderr, "  alone in a file it does not fail\n");
        return;
    }
    wn_net *small = shrink_net(c->net, fails_alone, &l, MOST_TRIES);
    char path[64];
    snprintf(path, sizeof path, "diff-seed-%" PRIu64 ".json", c->seed);
    if (small && wann_net_write(small, path, WANN_FORMAT_JSON, NULL) == WANN_OK)
        fprintf(stderr, "  %s: %zu nodes, %zu connections: %s\n", path, wann_net_nodes(small),
                wann_net_connections(small), l.message);
    wann_net_destroy(small);
}

/* Cases that fill one file. */
typedef struct file {
    diff_case cases[BATCH];
    size_t n;
    wn_buf text;
} file;

static void fill(file *f, uint64_t *seed, uint64_t end, const diff_compiler *compiler) {
    size_t connections = 0;
    char message[400];
    while (*seed < end && f->n < BATCH && connections < MOST_CONNECTIONS) {
        diff_case *c = &f->cases[f->n];
        diff_case_draw((*seed)++, c);
        connections += wann_net_connections(c->net);
        if (diff_case_emit(c, &f->text, message, sizeof message)) {
            f->n++;
        } else {
            report(c, compiler, message);
            diff_case_free(c);
        }
    }
}

static void run_file(file *f, const diff_compiler *compiler) {
    char message[400];
    void *library = f->text.failed ? NULL : diff_load(compiler, "diff-networks", f->text.data);
    for (size_t i = 0; i < f->n && test_failures < MOST_FAILURES; i++) {
        if (!library &&
            fails_alone(f->cases[i].net, &(lone){.c = f->cases[i], .compiler = compiler}))
            report(&f->cases[i], compiler, "the compiler refuses it");
        else if (library &&
                 !diff_case_check(&f->cases[i], library, &totals, message, sizeof message))
            report(&f->cases[i], compiler, message);
    }
    CHECK_MSG(library, "%s: a file of %zu networks was not compiled", compiler->label, f->n);
    if (library)
        dlclose(library);
}

/* The compilers in turn, each as often as its share says. */
static const diff_compiler *compiler_of(uint64_t turn, const bool *present) {
    uint64_t all = 0;
    for (size_t i = 0; i < diff_n_compilers; i++)
        all += present[i] ? diff_compilers[i].share : 0;
    uint64_t left = all ? turn * 7 % all : 0; /* 7 mixes them: it divides no sum of shares */
    for (size_t i = 0; i < diff_n_compilers; i++) {
        if (present[i] && left < diff_compilers[i].share)
            return &diff_compilers[i];
        left -= present[i] ? diff_compilers[i].share : 0;
    }
    return NULL;
}

static void print_totals(void) {
    printf("     %lu networks as %lu functions: %lu outputs; %lu bit for bit, %lu within the bound "
           "(%lu of them on an "
           "edge, %lu where nothing is promised); %lu rows of batches, headers, actions\n",
           totals.networks, totals.functions, totals.outputs, totals.exact, totals.bounded,
           totals.edges, totals.beyond, totals.rows);
    for (size_t m = 0; m < DIFF_MODES; m++)
        if (!diff_modes[m].exact)
            printf("     %-16s at most %d %% of the bound\n", diff_modes[m].name,
                   (int)(totals.worst[m] * 100 + 0.5));
}

static const char *half; /* "0", "1", or NULL: all */

static void generated_code_is_the_network(void) {
    const uint64_t count = number_from("WANN_DIFF_NETWORKS", NETWORKS);
    const uint64_t first_seed = number_from("WANN_DIFF_SEED", 0), middle = first_seed + count / 2;
    const uint64_t start = half && *half == '1' ? middle : first_seed;
    const uint64_t end = half && *half == '0' ? middle : first_seed + count;
    const bool one = end == start + 1;
    bool present[16] = {false};
    unsigned long files[16] = {0};
    for (size_t i = 0; i < diff_n_compilers; i++)
        present[i] = diff_compiler_present(&diff_compilers[i]);
    uint64_t turn = 0;
    for (uint64_t seed = start; seed < end && test_failures < MOST_FAILURES; turn++) {
        const uint64_t first = seed;
        file f = {.n = 0};
        /* A seed alone is tried with every compiler. */
        const diff_compiler *compiler = one ? &diff_compilers[turn] : compiler_of(turn, present);
        if (!present[compiler - diff_compilers])
            continue;
        fill(&f, &seed, end, compiler);
        run_file(&f, compiler);
        files[compiler - diff_compilers]++;
        seed = one && turn + 1 < diff_n_compilers ? first : seed;
        for (size_t i = 0; i < f.n; i++)
            diff_case_free(&f.cases[i]);
        wn_buf_free(&f.text);
    }
    print_totals();
    for (size_t i = 0; i < diff_n_compilers; i++)
        printf("     %-24s %s%lu files\n", diff_compilers[i].label,
               present[i] ? "" : "missing: ", files[i]);
}

int main(int argc, char **argv) {
    half = argc > 1 ? argv[1] : NULL;
    setvbuf(stdout, NULL, _IOLBF, 0);
    RUN(generated_code_is_the_network);
    return TEST_RESULT();
}
