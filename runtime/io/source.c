/* An input text and the places in it. */
#include "runtime/io/source.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "runtime/base/diag.h"
#include "runtime/base/text.h"

static const char BYTE_ORDER_MARK[] = "\xef\xbb\xbf";

size_t wn_source_start(const wn_source *source) {
    const size_t n = sizeof BYTE_ORDER_MARK - 1;
    return source->size >= n && memcmp(source->data, BYTE_ORDER_MARK, n) == 0 ? n : 0;
}

static void locate(const wn_source *source, size_t at, int *line, int *column) {
    size_t lines = 1, columns = 1;
    for (size_t i = wn_source_start(source); i < at && i < source->size; i++) {
        const unsigned char c = (unsigned char)source->data[i];
        if (c == '\n') {
            lines++;
            columns = 1;
        } else if ((c & 0xc0u) != 0x80) { /* the later bytes of a character take no column */
            columns++;
        }
    }
    *line = lines < INT_MAX ? (int)lines : INT_MAX;
    *column = columns < INT_MAX ? (int)columns : INT_MAX;
}

wann_status wn_source_fail(const wn_source *source, size_t at, wann_diag *diag, const char *format,
                           ...) {
    if (!diag)
        return WANN_INPUT;
    char text[sizeof diag->text];
    va_list args;
    va_start(args, format);
    if (vsnprintf(text, sizeof text, format, args) < 0)
        text[0] = '\0';
    va_end(args);
    int line, column;
    locate(source, at, &line, &column);
    return wn_fail(diag, WANN_INPUT, source->path, line, column, "%s", text);
}

const char *wn_source_describe(const wn_source *source, size_t at, char *text) {
    if (at >= source->size)
        return strcpy(text, "end of file");
    const char *p = source->data + at;
    const size_t n = wn_utf8_length(p, source->size - at);
    const unsigned char c = (unsigned char)*p;
    if (c == '\n' || (c == '\r' && p[1] == '\n'))
        return strcpy(text, "end of line");
    if (n == 0)
        snprintf(text, WN_DESCRIPTION_SIZE, "byte 0x%02x (not UTF-8)", c);
    else if (c < 0x20 || c == 0x7f)
        snprintf(text, WN_DESCRIPTION_SIZE, "control character 0x%02x", c);
    else
        snprintf(text, WN_DESCRIPTION_SIZE, "'%.*s'", (int)n, p);
    return text;
}
