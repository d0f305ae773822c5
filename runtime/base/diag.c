/* The error shape. */
#define _GNU_SOURCE
#include "runtime/base/diag.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "runtime/base/text.h"

const char *wann_status_text(wann_status status) {
    static const char *const texts[] = {
#define X(name, text) text,
        WANN_STATUS_LIST(X)
#undef X
    };
    const size_t i = (size_t)status;
    return i < sizeof texts / sizeof *texts ? texts[i] : "unknown status";
}

const char *wann_version(void) {
    return WANN_VERSION_STRING;
}

/* One character of from as printable text in piece[8]: itself, or \xNN. Returns the bytes taken. */
static size_t printable(char *piece, const char *from, size_t left) {
    const size_t taken = wn_utf8_length(from, left);
    const unsigned char c = (unsigned char)from[0];
    if (taken == 0 || c < 0x20 || c == 0x7f) {
        snprintf(piece, 8, "\\x%02x", c);
        return 1;
    }
    memcpy(piece, from, taken);
    piece[taken] = '\0';
    return taken;
}

/* Copy with everything that is not printable UTF-8 spelled out; "..." shows that it was cut. */
static void copy_printable(char *to, size_t size, const char *from) {
    static const char cut[] = "...";
    size_t used = 0;
    for (size_t left = strlen(from); left > 0;) {
        char piece[8];
        const size_t taken = printable(piece, from, left);
        const size_t n = strlen(piece);
        if (used + n + sizeof cut > size) {
            memcpy(to + used, cut, sizeof cut);
            return;
        }
        memcpy(to + used, piece, n);
        used += n;
        from += taken;
        left -= taken;
    }
    to[used] = '\0';
}

wann_status wn_fail(wann_diag *diag, wann_status status, const char *path, int line, int column,
                    const char *format, ...) {
    if (!diag)
        return status;
    char text[sizeof diag->text];
    va_list args;
    va_start(args, format);
    if (vsnprintf(text, sizeof text, format, args) < 0)
        text[0] = '\0';
    va_end(args);
    diag->status = status;
    diag->line = line;
    diag->column = column;
    copy_printable(diag->path, sizeof diag->path, path ? path : "");
    copy_printable(diag->text, sizeof diag->text, text);
    return status;
}

wann_status wn_fail_memory(wann_diag *diag) {
    return wn_fail(diag, WANN_NO_MEMORY, NULL, 0, 0, "out of memory");
}

wann_status wn_fail_errno(wann_diag *diag, const char *path, const char *what) {
    const int error = errno;
    const char *reason = strerrordesc_np(error);
    return wn_fail(diag, error == ENOMEM ? WANN_NO_MEMORY : WANN_IO, path, 0, 0, "cannot %s: %s", what,
                   reason ? reason : "unknown error");
}
