/* What the programs share. */
#define _GNU_SOURCE
#include "runtime/cli/cli.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/nearest.h"

int wn_cli_fail(const wann_diag *diag, const char *path) {
    const char *file = diag->path[0] ? diag->path : path;
    fprintf(stderr, "%s: ", wn_cli_program);
    if (file)
        fprintf(stderr, "%s:", file);
    if (diag->line > 0)
        fprintf(stderr, "%d:%d:", diag->line, diag->column);
    fprintf(stderr, "%serror: %s\n", file ? " " : "", diag->text);
    return WN_EXIT_FAILURE;
}

int wn_cli_usage(const char *command, const char *format, ...) {
    const char *blank = command ? " " : "", *name = command ? command : "";
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s%s%s: error: ", wn_cli_program, blank, name);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, " (see %s%s%s --help)\n", wn_cli_program, blank, name);
    return WN_EXIT_USAGE;
}

const char *wn_cli_nearest(const char *word, const char *const *words, size_t n) {
    return wn_nearest(word, words, n);
}

static int unknown_option(const char *command, const char *word, const struct option *options) {
    enum { MOST = 64 };
    const char *names[MOST];
    size_t n = 0;
    for (; n < MOST && options[n].name; n++)
        names[n] = options[n].name;
    const char *nearest = wn_cli_nearest(word + 2, names, n);
    if (nearest)
        return wn_cli_usage(command, "unknown option '%s'; did you mean '--%s'?", word, nearest);
    return wn_cli_usage(command, "unknown option '%s'", word);
}

/* getopt has moved behind a long option, but may still be inside of a word of short ones. */
int wn_cli_bad_option(const char *command, int answer, char **argv, const struct option *options) {
    const char *word = argv[optind - 1];
    const bool is_long = strncmp(word, "--", 2) == 0;
    if (answer == ':' && is_long)
        return wn_cli_usage(command, "option '%s' needs a value", word);
    if (answer == ':')
        return wn_cli_usage(command, "option '-%c' needs a value", optopt);
    if (!is_long)
        return wn_cli_usage(command, "unknown option '-%c'", optopt);
    if (optopt)
        return wn_cli_usage(command, "option '%s' takes no value", word);
    return unknown_option(command, word, options);
}

bool wn_cli_count(const char *text, size_t *count) {
    enum { LARGEST = 1000000 };
    if (strspn(text, "0123456789") != strlen(text) || strlen(text) > 7)
        return false;
    *count = strtoul(text, NULL, 10);
    return *count > 0 && *count <= LARGEST;
}

int wn_cli_finish(int code) {
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    fprintf(stderr, "%s: <stdout>: error: cannot write: %s\n", wn_cli_program, strerror(errno));
    return WN_EXIT_FAILURE;
}
