/* The compilers that generated code is put through, and loading what they make. */
#ifndef WN_TEST_COMPILERS_H
#define WN_TEST_COMPILERS_H

#include <stdbool.h>
#include <stddef.h>

/* A compiler with its flags. */
typedef struct diff_compiler {
    const char *label;
    const char *words[16]; /* NULL-terminated */
    unsigned share;        /* of the networks, relative to the others */
} diff_compiler;

extern const diff_compiler diff_compilers[];
extern const size_t diff_n_compilers;

/* Whether the program is there at all. */
bool diff_compiler_present(const diff_compiler *compiler);

/* Between two networks in one file: what one says about contraction must not reach the next. */
extern const char diff_separator[];

/* Compile text into a shared object and load it; NULL after a message on standard error. Close it
 * with dlclose. stem: of the source file, which is left behind only if the compiler refuses it. */
void *diff_load(const diff_compiler *compiler, const char *stem, const char *text);

/* A function of a loaded object, put into *function; false if there is none. */
bool diff_find(void *library, const char *name, void *function);

#endif
