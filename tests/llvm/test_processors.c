/* The lists of processors are those of the LLVM that is here: what it prints is known or not, and
 * what is known can be compiled for, with nothing on standard error. */
#include <unistd.h>

#include "compiler/emit/llvm/llvm.h"
#include "runtime/base/proc.h"
#include "support/test.h"
#include "wann/compile.h"

static const char network[] =
    "{\"format\":\"wann-network\",\"version\":1,\"inputs\":[\"a\"],\"outputs\":[\"b\"],\"nodes\":["
    "{\"id\":0,\"type\":\"bias\"},{\"id\":1,\"type\":\"input\"},"
    "{\"id\":2,\"type\":\"output\",\"activation\":\"tanh\"}],\"connections\":[{\"from\":1,\"to\":2}"
    "]}";

/* Of the processors that LLVM prints for a machine, those of 32 bits are not to be had on one of
 * 64, and two that have no width are on neither. */
static const struct {
    const char *triple;
    unsigned refused;
} machines[] = {{"x86_64-linux-gnu", 37},     {"i386-linux-gnu", 0},
                {"aarch64-linux-gnu", 0},     {"armv7em-none-eabi", 0},
                {"riscv64-linux-gnu", 13},    {"riscv32-unknown-elf", 17},
                {"wasm32-unknown-unknown", 0}};

static void compile_for(const wann_net *net, const char *triple, const char *cpu) {
    wann_compile_options options = wann_compile_defaults();
    wann_diag diag = {0};
    char *text;
    options.name = "policy";
    options.target = triple;
    options.cpu = cpu;
    const wann_status status = wann_compile_text(net, &options, WANN_KIND_ASM, &text, NULL, &diag);
    CHECK_MSG(status == WANN_OK, "%s of %s: %s", cpu, triple, diag.text);
    wann_free(status == WANN_OK ? text : NULL);
}

/* The lines "  name - Select the name processor." of LLVM's help. */
static void check_machine(const wann_net *net, const char *triple, unsigned expected) {
    char option[64], *help = NULL;
    const char *const argv[] = {"llc-19", option, "-mcpu=help", NULL};
    unsigned names = 0, refused = 0;
    int code;
    snprintf(option, sizeof option, "-mtriple=%s", triple);
    CHECK(wn_proc_run(argv, "", NULL, &help, &code, NULL) == WANN_OK && code == 0);
    char *end = help ? strstr(help, "Available features") : NULL;
    CHECK(end);
    if (end)
        *end = '\0';
    for (char *line = help ? strtok(help, "\n") : NULL; line; line = strtok(NULL, "\n")) {
        char name[64];
        if (!strstr(line, " - Select the ") || sscanf(line, " %63s", name) != 1)
            continue;
        names++;
        if (wn_llvm_check_processor(triple, name, NULL) != WANN_OK)
            refused++;
        else
            compile_for(net, triple, name);
    }
    CHECK_MSG(names >= 3 && refused == expected, "%s: %u of %u processors are refused", triple,
              refused, names);
    wann_free(help);
}

static void lists_are_those_of_llvm(void) {
    wann_net *net = NULL;
    wann_diag diag = {0};
    CHECK_MSG(wann_net_read_memory(network, sizeof network - 1, "small.json", NULL, &net, NULL,
                                   &diag) == WANN_OK,
              "%s", diag.text);
    const int standard_error = dup(STDERR_FILENO);
    FILE *caught = tmpfile();
    CHECK(caught && dup2(fileno(caught), STDERR_FILENO) == STDERR_FILENO);
    for (size_t m = 0; net && m < sizeof machines / sizeof *machines; m++)
        check_machine(net, machines[m].triple, machines[m].refused);
    dup2(standard_error, STDERR_FILENO);
    close(standard_error);
    char line[400] = "";
    rewind(caught);
    CHECK_MSG(!fgets(line, sizeof line, caught), "on standard error: %s", line);
    fclose(caught);
    wann_net_destroy(net);
}

static void unknown_names_are_refused(void) {
    wann_diag diag = {0};
    CHECK(wn_llvm_check_processor("x86_64-linux-gnu", "znver44", &diag) == WANN_UNSUPPORTED);
    CHECK_TEXT(diag.text,
               "LLVM knows no processor 'znver44' of 'x86_64-linux-gnu'; did you mean 'znver4'?");
    CHECK(wn_llvm_check_processor("arm64-apple-macos", "cortex-m4", NULL) == WANN_UNSUPPORTED);
    CHECK(wn_llvm_check_processor("s390x-linux-gnu", "z13", NULL) ==
          WANN_OK); /* there is no list */
}

int main(void) {
    const char *const argv[] = {"llc-19", "--version", NULL};
    int code;
    RUN(unknown_names_are_refused);
    if (wn_proc_run(argv, NULL, NULL, NULL, &code, NULL) != WANN_OK || code != 0) {
        puts("skipped: there is no llc-19 (Debian package: llvm-19)");
        return test_failures ? EXIT_FAILURE : TEST_SKIP;
    }
    RUN(lists_are_those_of_llvm);
    return TEST_RESULT();
}
