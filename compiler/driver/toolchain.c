/* The system's C compiler and archiver. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compiler/driver/driver.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/proc.h"

enum { MAX_WORDS = 128 };

/* An argument list. Words point into texts that outlive it. */
typedef struct words {
    const char *word[MAX_WORDS + 1];
    size_t n;
    bool full;
} words;

static void add(words *w, const char *word) {
    if (w->n == MAX_WORDS)
        w->full = true;
    else
        w->word[w->n++] = word;
}

/* Split at blanks, as make does with CC and CFLAGS; text is cut up. */
static void add_split(words *w, char *text) {
    char *rest = text;
    for (char *word; (word = strtok_r(rest, " \t\n", &rest));)
        add(w, word);
}

static char *copy_environment(const char *variable, const char *fallback) {
    const char *value = getenv(variable);
    if (!value || value[strspn(value, " \t\n")] == '\0')
        value = fallback;
    char *copy = wn_alloc(strlen(value) + 1);
    return copy ? strcpy(copy, value) : NULL;
}

/* The first line of a compiler's complaints that names an error, else the first line at all. */
static wann_status fail_tool(const words *w, int code, char *errors, wann_diag *diag) {
    char *line = errors ? strstr(errors, "error:") : NULL;
    while (line && line > errors && line[-1] != '\n')
        line--;
    if (!line)
        line = errors;
    if (line)
        line[strcspn(line, "\n")] = '\0';
    return wn_fail(diag, WANN_TOOL, NULL, 0, 0, "'%s' failed with exit code %d%s%s", w->word[0], code,
                   line && *line ? ": " : "", line ? line : "");
}

static wann_status run(const words *w, const char *input, wann_diag *diag) {
    if (w->full)
        return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0, "too many words in CC and CFLAGS (at most %d)", MAX_WORDS);
    char *errors = NULL;
    int code;
    WN_TRY(wn_proc_run(w->word, input, NULL, &errors, &code, diag));
    const wann_status status = code == 0 ? WANN_OK : fail_tool(w, code, errors, diag);
    wn_free(errors);
    return status;
}

static void add_link(words *w, wn_link link) {
    switch (link) {
    case WN_LINK_OBJECT:
        add(w, "-c");
        add(w, "-fPIC");
        return;
    case WN_LINK_SHARED:
        add(w, "-shared");
        add(w, "-fPIC");
        return;
    case WN_LINK_PROGRAM:
        return;
    }
}

/* "aarch64-linux-gnu-gcc"; Debian's names have no vendor. */
static char *cross_compiler(const char *target) {
    const char *vendor = strstr(target, "-unknown-");
    wn_buf name = {0};
    wn_buf_bytes(&name, target, vendor ? (size_t)(vendor - target) : strlen(target));
    wn_buf_print(&name, "%s-gcc", vendor ? vendor + strlen("-unknown") : "");
    return wn_buf_take(&name);
}

static void add_c(words *w, wn_link link, const char *const *extra, char *cflags, const char *output) {
    add(w, "-std=c99");
    add(w, "-ffp-contract=off");
    for (size_t i = 0; extra && extra[i]; i++)
        add(w, extra[i]);
    add_split(w, cflags);
    add_link(w, link);
    add(w, "-x");
    add(w, "c");
    add(w, "-");
    add(w, "-o");
    add(w, output);
    if (link != WN_LINK_OBJECT)
        add(w, "-lm");
}

wann_status wn_cc_for(const char *target, const char *source, wn_link link, const char *const *extra,
                      const char *output, wann_diag *diag) {
    words w = {0};
    const bool foreign = wn_is_foreign(target);
    char *cc = foreign ? cross_compiler(target) : copy_environment("CC", "cc");
    char *cflags = foreign ? copy_environment("", "") : copy_environment("CFLAGS", "");
    wann_status status = cc && cflags ? WANN_OK : wn_fail_memory(diag);
    if (status == WANN_OK) {
        add_split(&w, cc);
        add_c(&w, link, extra, cflags, output);
        status = run(&w, source, diag);
    }
    wn_free(cc);
    wn_free(cflags);
    return status;
}

wann_status wn_cc(const char *source, wn_link link, const char *const *extra, const char *output,
                  wann_diag *diag) {
    return wn_cc_for(NULL, source, link, extra, output, diag);
}

wann_status wn_ar(const char *object, const char *output, wann_diag *diag) {
    words w = {0};
    char *ar = copy_environment("AR", "ar");
    if (!ar)
        return wn_fail_memory(diag);
    add_split(&w, ar);
    add(&w, "rcsD"); /* D: no dates, so that the same input gives the same bytes */
    add(&w, output);
    add(&w, object);
    const wann_status status = run(&w, NULL, diag);
    wn_free(ar);
    return status;
}

/* `size -A` prints a line "name bytes address" a section; constants of kernels are in .rodata. */
static size_t text_bytes(const char *sections) {
    size_t bytes = 0;
    for (const char *line = sections; line; line = strchr(line + 1, '\n')) {
        line += *line == '\n';
        if (strncmp(line, ".text", 5) == 0 || strncmp(line, ".rodata", 7) == 0)
            bytes += strtoul(line + strcspn(line, " "), NULL, 10);
        if (*line == '\0')
            break;
    }
    return bytes;
}

wann_status wn_code_size(const char *source, size_t *bytes, wann_diag *diag) {
    static const char *const optimise[] = {"-O2", NULL};
    char *object, *sections = NULL;
    int code;
    WN_TRY(wn_temporary("wann-object", &object, diag));
    wann_status status = wn_cc(source, WN_LINK_OBJECT, optimise, object, diag);
    const char *argv[] = {"size", "-A", object, NULL};
    if (status == WANN_OK)
        status = wn_proc_run(argv, NULL, &sections, NULL, &code, diag);
    if (status == WANN_OK)
        *bytes = text_bytes(sections);
    unlink(object);
    wn_free(object);
    wn_free(sections);
    return status;
}

/* The pattern of a temporary path: TMPDIR/STEM-XXXXXX. */
static char *temporary_pattern(const char *stem) {
    const char *folder = getenv("TMPDIR");
    wn_buf text = {0};
    wn_buf_print(&text, "%s/%s-XXXXXX", folder && *folder ? folder : "/tmp", stem);
    return wn_buf_take(&text);
}

static wann_status fail_create(char **path, wann_diag *diag) {
    const wann_status status = wn_fail_errno(diag, *path, "create");
    wn_free(*path);
    *path = NULL;
    return status;
}

wann_status wn_temporary(const char *stem, char **path, wann_diag *diag) {
    *path = temporary_pattern(stem);
    if (!*path)
        return wn_fail_memory(diag);
    const int fd = mkstemp(*path);
    if (fd < 0)
        return fail_create(path, diag);
    close(fd);
    return WANN_OK;
}

wann_status wn_temporary_folder(const char *stem, char **path, wann_diag *diag) {
    *path = temporary_pattern(stem);
    if (!*path)
        return wn_fail_memory(diag);
    return mkdtemp(*path) ? WANN_OK : fail_create(path, diag);
}
