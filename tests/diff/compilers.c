/* The compilers that generated code is put through, and loading what they make. */
#define _GNU_SOURCE
#include "diff/compilers.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/file.h"
#include "runtime/base/proc.h"

#define STRICT "-Wall", "-Wextra", "-Wconversion", "-Wpedantic", "-Werror"

/* -O1 is the cheapest that leaves nothing as it was written. In GNU mode gcc fuses multiply-adds
 * where the machine can, and clang does by default. */
const diff_compiler diff_compilers[] = {
    {"gcc -O1", {"gcc", "-std=c99", "-O1", STRICT}, 8},
    {"clang -O1", {"clang", "-std=c99", "-O1", STRICT}, 6},
    {"gcc -O3 -march=native", {"gcc", "-O3", "-march=native", "-Wall", "-Wextra", "-Werror"}, 3},
    {"clang -O3 -march=native",
     {"clang", "-O3", "-march=native", "-Wall", "-Wextra", "-Werror"},
     3},
    {"gcc -O0", {"gcc", "-std=c99", "-O0", STRICT}, 1},
    {"clang -O0", {"clang", "-std=c99", "-O0", STRICT}, 1},
    {"g++ -O1", {"g++", "-x", "c++", "-std=c++17", "-O1", STRICT}, 1},
    {"clang++ -O1", {"clang++", "-x", "c++", "-std=c++17", "-O1", STRICT}, 1},
};
const size_t diff_n_compilers = sizeof diff_compilers / sizeof *diff_compilers;

const char diff_separator[] = "#if defined(__clang__)\n"
                              "#pragma STDC FP_CONTRACT DEFAULT\n"
                              "#pragma STDC FENV_ACCESS DEFAULT\n"
                              "#elif defined(__GNUC__)\n"
                              "#pragma GCC pop_options\n"
                              "#pragma GCC push_options\n"
                              "#endif\n";

static const char first_line[] = "#if defined(__GNUC__) && !defined(__clang__)\n"
                                 "#pragma GCC push_options\n"
                                 "#endif\n";

bool diff_compiler_present(const diff_compiler *compiler) {
    const char *const argv[] = {compiler->words[0], "--version", NULL};
    int code;
    return wn_proc_run(argv, NULL, NULL, NULL, &code, NULL) == WANN_OK && code == 0;
}

static bool run(const diff_compiler *compiler, const char *source, const char *object) {
    const char *argv[32];
    size_t n = 0;
    for (; compiler->words[n]; n++)
        argv[n] = compiler->words[n];
    const char *const rest[] = {"-shared", "-fPIC", "-o", object, source, "-lm", NULL};
    memcpy(argv + n, rest, sizeof rest);
    char *errors = NULL;
    int code = 1;
    wann_diag diag = {0};
    const wann_status status = wn_proc_run(argv, NULL, NULL, &errors, &code, &diag);
    if (status != WANN_OK || code != 0)
        fprintf(stderr, "%s refuses %s: %s%.2000s\n", compiler->label, source, diag.text,
                errors ? errors : "");
    wann_free(errors);
    return status == WANN_OK && code == 0;
}

static bool write_source(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    if (!file)
        return false;
    fputs(first_line, file);
    fputs(text, file);
    return fclose(file) == 0;
}

void *diff_load(const diff_compiler *compiler, const char *stem, const char *text) {
    char source[512], object[512];
    snprintf(source, sizeof source, "./%s.c", stem);
    snprintf(object, sizeof object, "./%s.so", stem);
    void *library = NULL;
    if (!write_source(source, text)) {
        fprintf(stderr, "cannot write %s\n", source);
    } else if (run(compiler, source, object)) {
        library = dlopen(object, RTLD_NOW | RTLD_LOCAL);
        if (!library)
            fprintf(stderr, "%s\n", dlerror());
        unlink(source);
    }
    unlink(object); /* a loaded library stays */
    return library;
}

bool diff_find(void *library, const char *name, void *function) {
    void *symbol = dlsym(library, name);
    memcpy(function, &symbol, sizeof symbol); /* ISO C has no conversion between the two */
    return symbol != NULL;
}
