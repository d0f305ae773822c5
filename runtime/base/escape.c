/* The one way in which a file's text gets into generated text. */
#include "runtime/base/escape.h"

#include <string.h>

/* The octal form takes exactly three digits, so that a digit after it stays one. Every '?' is
 * escaped, which leaves no trigraph. */
static void c_string(wn_buf *out, const char *p, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const unsigned char c = (unsigned char)p[i];
        if (c == '"' || c == '\\' || c == '?')
            wn_buf_print(out, "\\%c", c);
        else if (c >= 0x20 && c < 0x7f)
            wn_buf_char(out, (char)c);
        else
            wn_buf_print(out, "\\%03o", c);
    }
}

/* In a comment nothing has to be recovered, so what could matter to a compiler is replaced: '*', for
 * without it no comment ends or seems to begin, '\\' (line splices) and '?' (trigraphs make one). */
static void c_comment(wn_buf *out, const char *p, size_t n) {
    if (n > 1) {
        for (size_t i = 0; i < n; i++)
            wn_buf_print(out, "<%02x>", (unsigned)(unsigned char)p[i]);
        return;
    }
    const unsigned char c = (unsigned char)p[0];
    if (c < 0x20 || c >= 0x7f)
        wn_buf_print(out, "<%02x>", c);
    else if (c == '*' || c == '\\' || c == '?')
        wn_buf_char(out, '_');
    else
        wn_buf_char(out, (char)c);
}

static void xml(wn_buf *out, const char *p, size_t n) {
    const unsigned char c = (unsigned char)p[0];
    if (n > 1) { /* U+FFFE and U+FFFF are the only others that XML refuses */
        const bool refused = n == 3 && memcmp(p, "\xef\xbf", 2) == 0 && (unsigned char)p[2] >= 0xbe;
        wn_buf_bytes(out, refused ? "\xef\xbf\xbd" : p, n);
        return;
    }
    switch (c) {
    case '&': wn_buf_text(out, "&amp;"); return;
    case '<': wn_buf_text(out, "&lt;"); return;
    case '>': wn_buf_text(out, "&gt;"); return;
    case '"': wn_buf_text(out, "&quot;"); return;
    case '\'': wn_buf_text(out, "&#39;"); return;
    }
    if (c < 0x20 || c >= 0x7f) /* XML 1.0 has no way to write most of these */
        wn_buf_text(out, "\xef\xbf\xbd");
    else
        wn_buf_char(out, (char)c);
}

static void dot(wn_buf *out, const char *p, size_t n) {
    const unsigned char c = (unsigned char)p[0];
    if (n > 1)
        wn_buf_bytes(out, p, n);
    else if (c == '"')
        wn_buf_text(out, "\\\"");
    else if (c == '\\') /* also keeps \N, \G and the like from being expanded */
        wn_buf_text(out, "\\\\");
    else if (c < 0x20 || c >= 0x7f)
        wn_buf_text(out, "\xef\xbf\xbd");
    else
        wn_buf_char(out, (char)c);
}

static void json(wn_buf *out, const char *p, size_t n) {
    const unsigned char c = (unsigned char)p[0];
    if (n > 1)
        wn_buf_bytes(out, p, n);
    else if (c == '"' || c == '\\')
        wn_buf_print(out, "\\%c", c);
    else if (c >= 0x80)
        wn_buf_text(out, "\xef\xbf\xbd");
    else if (c < 0x20)
        wn_buf_print(out, "\\u%04x", (unsigned)c);
    else
        wn_buf_char(out, (char)c);
}

void wn_escape(wn_buf *out, wn_escape_kind kind, const char *text) {
    for (size_t left = strlen(text); left > 0;) {
        size_t n = wn_utf8_length(text, left);
        if (n == 0)
            n = 1; /* a stray byte, which every kind shows in its way */
        switch (kind) {
        case WN_ESCAPE_C_STRING: c_string(out, text, n); break;
        case WN_ESCAPE_C_COMMENT: c_comment(out, text, n); break;
        case WN_ESCAPE_XML: xml(out, text, n); break;
        case WN_ESCAPE_DOT: dot(out, text, n); break;
        case WN_ESCAPE_JSON: json(out, text, n); break;
        }
        text += n;
        left -= n;
    }
}
