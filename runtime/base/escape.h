/* The one way in which a file's text gets into generated text. */
#ifndef WN_ESCAPE_H
#define WN_ESCAPE_H

#include "runtime/base/text.h"

typedef enum wn_escape_kind {
    WN_ESCAPE_C_STRING,  /* the inside of a C string literal: ASCII only, no trigraphs */
    WN_ESCAPE_C_COMMENT, /* the inside of a C comment: ASCII only, never ends or opens one, no line
                            splices */
    WN_ESCAPE_XML,       /* text and attribute values of XML and HTML */
    WN_ESCAPE_DOT,       /* the inside of a quoted string of Graphviz; escString-safe */
    WN_ESCAPE_JSON       /* the inside of a JSON string */
} wn_escape_kind;

/* Append text so that it reads as itself and can be nothing else. Bytes that are no UTF-8 and
 * characters that a kind cannot hold become visible replacements. */
void wn_escape(wn_buf *out, wn_escape_kind kind, const char *text);

#endif
