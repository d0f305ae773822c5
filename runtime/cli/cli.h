/* What the programs share: exit codes, errors, reading of options. Not part of the library. */
#ifndef WN_CLI_H
#define WN_CLI_H

#include <stdbool.h>
#include <stddef.h>

#include "wann/status.h"

/* The name of the program, which each defines: "wann". */
extern const char wn_cli_program[];

typedef enum wn_exit {
    WN_EXIT_OK,
    WN_EXIT_FAILURE, /* the work failed: a bad file, for instance */
    WN_EXIT_USAGE    /* the command line is wrong */
} wn_exit;

/* Print "PROGRAM: FILE:LINE:COL: error: ..." and return WN_EXIT_FAILURE. path, which may be NULL, stands
 * in where diag names no file. */
int wn_cli_fail(const wann_diag *diag, const char *path);

/* Print "PROGRAM COMMAND: error: ... (see PROGRAM COMMAND --help)" and return WN_EXIT_USAGE. command may
 * be NULL. */
int wn_cli_usage(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The error for what getopt_long, with opterr = 0 and a ':' in front, answered '?' or ':' to. */
struct option;
int wn_cli_bad_option(const char *command, int answer, char **argv, const struct option *options);

/* Read a whole number from 1 to 1,000,000; false if text is none. */
bool wn_cli_count(const char *text, size_t *count);

/* The word of words[n] that is nearest to a misspelt one, or NULL if none is near. */
const char *wn_cli_nearest(const char *word, const char *const *words, size_t n);

/* See to it that what was written to standard output has arrived; code, or WN_EXIT_FAILURE. */
int wn_cli_finish(int code);

#endif
