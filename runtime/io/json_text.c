/* Walking through a checked JSON text. Nothing here checks again what wn_json_check has checked. */
#include "runtime/io/json_text.h"

#include <string.h>

static int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    const char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The number of \uXXXX at text + at; -1 if it is none. */
static int32_t hex_escape(const char *text, size_t end, size_t at) {
    if (end - at < 6 || text[at] != '\\' || text[at + 1] != 'u')
        return -1;
    int32_t value = 0;
    for (size_t i = 2; i < 6; i++) {
        const int digit = hex_digit(text[at + i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

static bool is_low_surrogate(int32_t c) {
    return c >= 0xdc00 && c <= 0xdfff;
}

static int32_t unicode_escape(const char *text, size_t end, size_t *at, const char **reason) {
    const int32_t first = hex_escape(text, end, *at);
    *reason = "bad escape; expected \\u and four hexadecimal digits";
    if (first < 0)
        return -1;
    *reason = "\\u0000 in a string; text cannot hold it";
    if (first == 0)
        return -1;
    *at += 6;
    *reason = "half of a surrogate pair; expected \\ud800-\\udbff and then \\udc00-\\udfff";
    if (is_low_surrogate(first))
        return -1;
    if (first < 0xd800 || first > 0xdfff)
        return first;
    const int32_t second = hex_escape(text, end, *at);
    if (!is_low_surrogate(second))
        return -1;
    *at += 6;
    return 0x10000 + (first - 0xd800) * 0x400 + (second - 0xdc00);
}

static int32_t escape(const char *text, size_t end, size_t *at, const char **reason) {
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    const char letter = end - *at > 1 ? text[*at + 1] : '\0';
    if (letter == 'u')
        return unicode_escape(text, end, at, reason);
    const char *found = letter ? strchr(letters, letter) : NULL;
    if (!found) {
        *reason = "bad escape; expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u";
        return -1;
    }
    *at += 2;
    return meanings[found - letters];
}

int32_t wn_json_char(const char *text, size_t end, size_t *at, const char **reason) {
    if (text[*at] == '\\')
        return escape(text, end, at, reason);
    const size_t n = wn_utf8_length(text + *at, end - *at);
    const unsigned char *p = (const unsigned char *)text + *at;
    int32_t c = n <= 1 ? p[0] : p[0] & (0xff >> (n + 1));
    for (size_t i = 1; i < n; i++)
        c = c << 6 | (p[i] & 0x3f);
    *at += n ? n : 1;
    return c;
}

static size_t skip_blanks(const wn_source *source, size_t at) {
    while (wn_json_blank(source->data[at]))
        at++;
    return at;
}

static size_t skip_string(const wn_source *source, size_t at) {
    for (at++; source->data[at] != '"'; at++)
        at += source->data[at] == '\\';
    return at + 1;
}

static size_t skip_scalar(const wn_source *source, size_t at) {
    return at + strcspn(source->data + at, ",]} \t\r\n");
}

static size_t skip_value(const wn_source *source, size_t at) {
    size_t open = 0;
    do {
        const char c = source->data[at];
        if (c == '"') {
            at = skip_string(source, at);
            continue;
        }
        if (c == '{' || c == '[')
            open++;
        else if (c == '}' || c == ']')
            open--;
        else if (open == 0)
            return skip_scalar(source, at);
        at++;
    } while (open > 0);
    return at;
}

static wn_json_span value_at(const wn_source *source, size_t at) {
    return (wn_json_span){at, skip_value(source, at)};
}

wn_json_span wn_json_root(const wn_source *source) {
    return value_at(source, skip_blanks(source, wn_source_start(source)));
}

wn_json_walk wn_json_begin(const wn_source *source, wn_json_span container) {
    return (wn_json_walk){
        .source = source, .next = container.at + 1, .object = source->data[container.at] == '{'};
}

bool wn_json_next(wn_json_walk *walk) {
    const wn_source *source = walk->source;
    size_t at = skip_blanks(source, walk->next);
    if (source->data[at] == ',')
        at = skip_blanks(source, at + 1);
    if (source->data[at] == ']' || source->data[at] == '}')
        return false;
    if (walk->object) {
        walk->key = (wn_json_span){at, skip_string(source, at)};
        at = skip_blanks(source, skip_blanks(source, walk->key.end) + 1);
    }
    walk->value = value_at(source, at);
    walk->next = walk->value.end;
    return true;
}

wn_json_span wn_json_element(const wn_source *source, wn_json_span array, size_t index) {
    wn_json_walk walk = wn_json_begin(source, array);
    for (size_t i = 0; wn_json_next(&walk) && i < index; i++)
        continue;
    return walk.value;
}

wn_json_span wn_json_member(const wn_source *source, wn_json_span object, const char *key) {
    wn_json_walk walk = wn_json_begin(source, object);
    while (wn_json_next(&walk))
        if (wn_json_key_is(source, walk.key, key))
            return walk.value;
    return (wn_json_span){0, 0};
}

bool wn_json_key_is(const wn_source *source, wn_json_span key, const char *text) {
    const char *reason;
    const char *p = text;
    for (size_t at = key.at + 1; at < key.end - 1;
         p++) /* our keys are ASCII: a byte is a character */
        if (*p == '\0' || wn_json_char(source->data, key.end - 1, &at, &reason) != *p)
            return false;
    return *p == '\0';
}

const char *wn_json_kind(const wn_source *source, wn_json_span value) {
    switch (source->data[value.at]) {
    case '{':
        return "an object";
    case '[':
        return "an array";
    case '"':
        return "a string";
    case 't':
        return "true";
    case 'f':
        return "false";
    case 'n':
        return "null";
    }
    return "a number";
}

void wn_json_compact(wn_buf *out, const wn_source *source, wn_json_span value) {
    for (size_t at = value.at; at < value.end;) {
        const char c = source->data[at];
        const size_t next = c == '"' ? skip_string(source, at) : at + 1;
        if (!wn_json_blank(c))
            wn_buf_bytes(out, source->data + at, next - at);
        if (c == ',' || c == ':')
            wn_buf_char(out, ' ');
        at = next;
    }
}
