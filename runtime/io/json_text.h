/* JSON as text: a strict check, and walking through a checked text. cJSON keeps no positions and is
 * lenient; this keeps both errors and values at their place. */
#ifndef WN_JSON_TEXT_H
#define WN_JSON_TEXT_H

#include <stdbool.h>

#include "runtime/base/text.h"
#include "runtime/io/source.h"

enum { WN_JSON_DEPTH = 64 };

/* Check that all of the source is one JSON value (RFC 8259). Refused as well: \u0000, lone
 * surrogates, two equal keys in an object, more than WN_JSON_DEPTH containers in one another.
 * Accepted: a byte order mark. */
wann_status wn_json_check(const wn_source *source, wann_diag *diag);

/* A value, or a key with its quotes, of a checked source: bytes at .. end. end == 0: absent. */
typedef struct wn_json_span {
    size_t at;
    size_t end;
} wn_json_span;

wn_json_span wn_json_root(const wn_source *source);

/* Walk through an array or object:
 *     wn_json_walk walk = wn_json_begin(source, container);
 *     while (wn_json_next(&walk)) ... walk.value, and in an object walk.key */
typedef struct wn_json_walk {
    const wn_source *source;
    size_t next;
    bool object;
    wn_json_span key;
    wn_json_span value;
} wn_json_walk;
wn_json_walk wn_json_begin(const wn_source *source, wn_json_span container);
bool wn_json_next(wn_json_walk *walk);

/* Element `index` of an array that has that many. */
wn_json_span wn_json_element(const wn_source *source, wn_json_span array, size_t index);

/* The value of a key of an object; absent where there is none. */
wn_json_span wn_json_member(const wn_source *source, wn_json_span object, const char *key);

/* Whether a key reads as text, however it is escaped. */
bool wn_json_key_is(const wn_source *source, wn_json_span key, const char *text);

/* The character at *at of the inside of a string that ends at `end`; an escape, or two for one
 * character, count as one. *at moves behind it. Negative for a bad escape: *reason says why. */
int32_t wn_json_char(const char *text, size_t end, size_t *at, const char **reason);

static inline bool wn_json_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* What kind of value it is, with its article: "a number", "an object". */
const char *wn_json_kind(const wn_source *source, wn_json_span value);

/* Append a value on one line, with one blank after each comma and colon; numbers and strings stay
 * letter for letter. */
void wn_json_compact(wn_buf *out, const wn_source *source, wn_json_span value);

#endif
