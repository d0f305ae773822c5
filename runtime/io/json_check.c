/* The strict check of a JSON text: RFC 8259, by recursive descent. */
#include <stdlib.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/io/json_text.h"

/* The keys of all objects that are open, innermost last. */
typedef struct key_stack {
    wn_json_span *key;
    size_t n;
    size_t capacity;
} key_stack;

typedef struct checker {
    const wn_source *source;
    size_t at;
    int depth;
    key_stack keys;
    wann_diag *diag;
} checker;

static char peek(const checker *c) {
    return c->at < c->source->size ? c->source->data[c->at] : '\0';
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static wann_status unexpected(checker *c, const char *expected) {
    char what[WN_DESCRIPTION_SIZE];
    return wn_source_fail(c->source, c->at, c->diag, "unexpected %s; expected %s",
                          wn_source_describe(c->source, c->at, what), expected);
}

static void skip_blanks(checker *c) {
    while (wn_json_blank(peek(c)))
        c->at++;
}

/* A line break or other control character, most often a quote that was forgotten, or bad UTF-8. */
static wann_status check_plain(checker *c) {
    const size_t n = wn_utf8_length(c->source->data + c->at, c->source->size - c->at);
    const unsigned char byte = (unsigned char)peek(c);
    if (n == 0)
        return wn_source_fail(c->source, c->at, c->diag, "byte 0x%02x in a string is not UTF-8",
                              byte);
    if (byte == 0)
        return wn_source_fail(c->source, c->at, c->diag,
                              "a zero byte in a string; text cannot hold it");
    if (byte < 0x20)
        return wn_source_fail(
            c->source, c->at, c->diag,
            "control character 0x%02x in a string; expected the escape \\u%04x or "
            "a closing '\"'",
            byte, byte);
    c->at += n;
    return WANN_OK;
}

static wann_status check_escape(checker *c) {
    size_t next = c->at;
    const char *reason;
    if (wn_json_char(c->source->data, c->source->size, &next, &reason) < 0)
        return wn_source_fail(c->source, c->at, c->diag, "%s", reason);
    c->at = next;
    return WANN_OK;
}

static wann_status check_string(checker *c) {
    const size_t opening = c->at++;
    while (c->at < c->source->size && peek(c) != '"')
        WN_TRY(peek(c) == '\\' ? check_escape(c) : check_plain(c));
    if (c->at == c->source->size)
        return wn_source_fail(c->source, opening, c->diag,
                              "the string does not end; expected a closing '\"'");
    c->at++;
    return WANN_OK;
}

static wann_status check_digits(checker *c, const char *where) {
    if (!is_digit(peek(c)))
        return unexpected(c, where);
    while (is_digit(peek(c)))
        c->at++;
    return WANN_OK;
}

static wann_status check_number(checker *c) {
    const size_t start = c->at;
    c->at += peek(c) == '-';
    if (peek(c) == '0' && c->at + 1 < c->source->size && is_digit(c->source->data[c->at + 1]))
        return wn_source_fail(c->source, start, c->diag,
                              "a number with a leading zero; JSON has none");
    WN_TRY(check_digits(c, "a digit"));
    if (peek(c) == '.') {
        c->at++;
        WN_TRY(check_digits(c, "a digit after the point"));
    }
    if (peek(c) == 'e' || peek(c) == 'E') {
        c->at++;
        c->at += peek(c) == '+' || peek(c) == '-';
        WN_TRY(check_digits(c, "a digit of the exponent"));
    }
    return WANN_OK;
}

static size_t word_length(const checker *c) {
    size_t n = 0;
    for (const char *p = c->source->data + c->at; c->at + n < c->source->size; n++)
        if ((p[n] | 0x20) < 'a' || (p[n] | 0x20) > 'z')
            break;
    return n;
}

/* What Python's json module writes for numbers that JSON cannot hold. */
static const char *advice(const char *word, size_t n) {
    const bool number = n >= 3 && (memcmp(word, "NaN", 3) == 0 || memcmp(word, "nan", 3) == 0 ||
                                   memcmp(word, "Inf", 3) == 0 || memcmp(word, "inf", 3) == 0);
    return number ? " (JSON has no NaN and no infinity)" : "";
}

static wann_status check_word(checker *c) {
    static const char *const words[] = {"true", "false", "null"};
    const char *p = c->source->data + c->at;
    const size_t n = word_length(c);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (n == strlen(words[i]) && memcmp(p, words[i], n) == 0) {
            c->at += n;
            return WANN_OK;
        }
    if (n == 0)
        return unexpected(c, "a value");
    return wn_source_fail(c->source, c->at, c->diag, "unexpected word '%.*s'; expected a value%s",
                          (int)(n < 40 ? n : 40), p, advice(p, n));
}

static wann_status check_value(checker *c);

static wann_status check_array(checker *c) {
    c->at++;
    skip_blanks(c);
    if (peek(c) == ']') {
        c->at++;
        return WANN_OK;
    }
    for (;;) {
        WN_TRY(check_value(c));
        skip_blanks(c);
        if (peek(c) != ',' && peek(c) != ']')
            return unexpected(c, "',' or ']'");
        if (c->source->data[c->at++] == ']')
            return WANN_OK;
    }
}

static wann_status push_key(checker *c, wn_json_span key) {
    key_stack *keys = &c->keys;
    if (keys->n == keys->capacity) {
        const size_t capacity = keys->capacity ? keys->capacity * 2 : 64;
        wn_json_span *grown = wn_realloc(keys->key, capacity * sizeof *grown);
        if (!grown)
            return wn_fail_memory(c->diag);
        keys->key = grown;
        keys->capacity = capacity;
    }
    keys->key[keys->n++] = key;
    return WANN_OK;
}

static wann_status check_member(checker *c) {
    skip_blanks(c);
    if (peek(c) != '"')
        return unexpected(c, "a key in '\"'");
    const size_t start = c->at;
    WN_TRY(check_string(c));
    WN_TRY(push_key(c, (wn_json_span){start, c->at}));
    skip_blanks(c);
    if (peek(c) != ':')
        return unexpected(c, "':'");
    c->at++;
    return check_value(c);
}

/* What comparing keys needs besides the keys. qsort has no room for it, hence a pointer in each. */
typedef struct sort_key {
    const char *text;
    size_t at;
    size_t end;
} sort_key;

static int compare_keys(const void *x, const void *y) {
    const sort_key *a = x, *b = y;
    size_t i = a->at + 1, j = b->at + 1; /* behind the quotes */
    const char *reason;
    while (i < a->end - 1 && j < b->end - 1) {
        const int32_t p = wn_json_char(a->text, a->end, &i, &reason);
        const int32_t q = wn_json_char(b->text, b->end, &j, &reason);
        if (p != q)
            return p < q ? -1 : 1;
    }
    const bool more_a = i < a->end - 1, more_b = j < b->end - 1;
    return more_a - more_b;
}

static int compare_keys_and_places(const void *x, const void *y) {
    const sort_key *a = x, *b = y;
    const int order = compare_keys(x, y);
    return order ? order : a->at < b->at ? -1 : a->at > b->at;
}

static wann_status refuse_key(checker *c, const sort_key *key) {
    return wn_source_fail(c->source, key->at, c->diag, "duplicate key %.*s in an object",
                          (int)(key->end - key->at < 80 ? key->end - key->at : 80),
                          c->source->data + key->at);
}

/* Sorted, equal keys stand together: an object of a million keys must not take quadratic time. */
static wann_status check_many_keys(checker *c, const wn_json_span *keys, size_t n) {
    sort_key *sorted = wn_calloc(n, sizeof *sorted);
    if (!sorted)
        return wn_fail_memory(c->diag);
    for (size_t i = 0; i < n; i++)
        sorted[i] = (sort_key){c->source->data, keys[i].at, keys[i].end};
    qsort(sorted, n, sizeof *sorted, compare_keys_and_places);
    wann_status status = WANN_OK;
    for (size_t i = 1; i < n && status == WANN_OK; i++)
        if (compare_keys(&sorted[i - 1], &sorted[i]) == 0)
            status = refuse_key(c, &sorted[i]);
    wn_free(sorted);
    return status;
}

static wann_status check_keys(checker *c, const wn_json_span *keys, size_t n) {
    enum { FEW = 8 };
    if (n > FEW)
        return check_many_keys(c, keys, n);
    const char *text = c->source->data;
    for (size_t i = 1; i < n; i++)
        for (size_t j = 0; j < i; j++) {
            const sort_key a = {text, keys[j].at, keys[j].end}, b = {text, keys[i].at, keys[i].end};
            if (compare_keys(&a, &b) == 0)
                return refuse_key(c, &b);
        }
    return WANN_OK;
}

static wann_status check_object(checker *c) {
    const size_t outer = c->keys.n;
    c->at++;
    skip_blanks(c);
    if (peek(c) == '}') {
        c->at++;
        return WANN_OK;
    }
    for (;;) {
        WN_TRY(check_member(c));
        skip_blanks(c);
        if (peek(c) != ',' && peek(c) != '}')
            return unexpected(c, "',' or '}'");
        if (c->source->data[c->at++] == '}')
            break;
    }
    WN_TRY(check_keys(c, c->keys.key + outer, c->keys.n - outer));
    c->keys.n = outer;
    return WANN_OK;
}

static wann_status check_container(checker *c) {
    if (c->depth == WN_JSON_DEPTH)
        return wn_source_fail(c->source, c->at, c->diag,
                              "nested too deeply; at most %d levels are allowed", WN_JSON_DEPTH);
    c->depth++;
    WN_TRY(peek(c) == '[' ? check_array(c) : check_object(c));
    c->depth--;
    return WANN_OK;
}

static wann_status check_value(checker *c) {
    skip_blanks(c);
    const char first = peek(c);
    if (first == '{' || first == '[')
        return check_container(c);
    if (first == '"')
        return check_string(c);
    if (first == '-' || is_digit(first))
        return check_number(c);
    return check_word(c);
}

static wann_status check_document(checker *c) {
    skip_blanks(c);
    if (c->at == c->source->size)
        return wn_source_fail(c->source, c->at, c->diag,
                              "the file is empty; expected a JSON value");
    WN_TRY(check_value(c));
    skip_blanks(c);
    return c->at == c->source->size ? WANN_OK : unexpected(c, "the end of the file");
}

wann_status wn_json_check(const wn_source *source, wann_diag *diag) {
    checker c = {.source = source, .at = wn_source_start(source), .diag = diag};
    const wann_status status = check_document(&c);
    wn_free(c.keys.key);
    return status;
}
