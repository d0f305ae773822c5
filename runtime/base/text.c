/* Text: growing buffers, numbers that no locale touches, UTF-8. */
#define _GNU_SOURCE
#include "runtime/base/text.h"

#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/alloc.h"

static bool reserve(wn_buf *buf, size_t more) {
    if (buf->failed)
        return false;
    if (buf->length + more + 1 <= buf->capacity)
        return true;
    size_t capacity = buf->capacity ? buf->capacity * 2 : 256;
    while (capacity < buf->length + more + 1)
        capacity *= 2;
    char *data = wn_realloc(buf->data, capacity);
    if (!data) {
        buf->failed = true;
        return false;
    }
    buf->data = data;
    buf->capacity = capacity;
    return true;
}

void wn_buf_bytes(wn_buf *buf, const char *bytes, size_t n) {
    if (!reserve(buf, n))
        return;
    memcpy(buf->data + buf->length, bytes, n);
    buf->length += n;
    buf->data[buf->length] = '\0';
}

void wn_buf_text(wn_buf *buf, const char *text) {
    wn_buf_bytes(buf, text, strlen(text));
}

void wn_buf_char(wn_buf *buf, char c) {
    wn_buf_bytes(buf, &c, 1);
}

void wn_buf_print(wn_buf *buf, const char *format, ...) {
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    const int n = vsnprintf(NULL, 0, format, args);
    if (n < 0) {
        buf->failed = true;
    } else if (reserve(buf, (size_t)n)) {
        vsnprintf(buf->data + buf->length, (size_t)n + 1, format, again);
        buf->length += (size_t)n;
    }
    va_end(again);
    va_end(args);
}

void wn_buf_double(wn_buf *buf, double value) {
    char text[WN_NUMBER_SIZE];
    wn_buf_bytes(buf, text, wn_format_double(text, value));
}

void wn_buf_float(wn_buf *buf, float value) {
    char text[WN_NUMBER_SIZE];
    wn_buf_bytes(buf, text, wn_format_float(text, value));
}

void wn_buf_fixed(wn_buf *buf, double value, int digits) {
    char text[WN_NUMBER_SIZE];
    wn_buf_bytes(buf, text, wn_format_fixed(text, value, digits));
}

char *wn_buf_take(wn_buf *buf) {
    if (!reserve(buf, 0)) {
        wn_buf_free(buf);
        return NULL;
    }
    char *data = buf->data;
    data[buf->length] = '\0';
    *buf = (wn_buf){0};
    return data;
}

void wn_buf_free(wn_buf *buf) {
    wn_free(buf->data);
    *buf = (wn_buf){0};
}

/* printf and strtod with the "C" locale for this thread alone. The locale object is made once and
 * kept; two threads that race make two, of which one is given back. */
static locale_t c_locale(void) {
    static locale_t shared;
    locale_t locale = __atomic_load_n(&shared, __ATOMIC_ACQUIRE);
    if (locale)
        return locale;
    locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    locale_t expected = (locale_t)0;
    if (locale && !__atomic_compare_exchange_n(&shared, &expected, locale, 0, __ATOMIC_ACQ_REL,
                                               __ATOMIC_ACQUIRE)) {
        freelocale(locale);
        locale = expected;
    }
    return locale;
}

static int print_plain(char *text, const char *format, int digits, double value) {
    const locale_t locale = c_locale();
    const locale_t before = locale ? uselocale(locale) : (locale_t)0;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    const int n = snprintf(text, WN_NUMBER_SIZE, format, digits, value);
#pragma GCC diagnostic pop
    if (locale)
        uselocale(before);
    return n;
}

static size_t format_special(char *text, double value) {
    const char *word = isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
    return strlen(strcpy(text, word));
}

/* Whole numbers that people write out, so that 10 is not 1e+01. */
static bool is_short_integer(double value) {
    return fabs(value) < 1e6 && value == floor(value) && !(value == 0 && signbit(value));
}

size_t wn_format_double(char *text, double value) {
    if (!isfinite(value))
        return format_special(text, value);
    if (is_short_integer(value))
        return wn_format_fixed(text, value, 0);
    for (int digits = 1;; digits++) {
        double back;
        const int n = print_plain(text, "%.*g", digits, value);
        if (digits == 17 || (wn_parse_double(text, &back) && back == value))
            return (size_t)n;
        if (digits == 1) /* most numbers are either short or need nearly all digits */
            digits = 2;
        else if (digits == 6)
            digits = 14;
    }
}

size_t wn_format_float(char *text, float value) {
    if (!isfinite(value) || is_short_integer((double)value))
        return wn_format_double(text, (double)value);
    for (int digits = 1;; digits++) {
        double back;
        const int n = print_plain(text, "%.*g", digits, (double)value);
        if (digits == 9 || (wn_parse_double(text, &back) && (float)back == value))
            return (size_t)n;
    }
}

size_t wn_format_fixed(char *text, double value, int digits) {
    if (!isfinite(value))
        return format_special(text, value);
    const int n = print_plain(text, "%.*f", digits, value);
    return n < WN_NUMBER_SIZE ? (size_t)n : strlen(text);
}

size_t wn_parse_double(const char *text, double *value) {
    const locale_t locale = c_locale();
    char *end;
    const double number = locale ? strtod_l(text, &end, locale) : strtod(text, &end);
    *value = number;
    return (size_t)(end - text);
}

size_t wn_utf8_length(const char *p, size_t n) {
    const unsigned char *s = (const unsigned char *)p;
    if (n == 0)
        return 0;
    if (s[0] < 0x80)
        return 1;
    size_t length;
    uint32_t least, c;
    if (s[0] >= 0xc2 && s[0] <= 0xdf)
        length = 2, least = 0x80, c = s[0] & 0x1fu;
    else if (s[0] >= 0xe0 && s[0] <= 0xef)
        length = 3, least = 0x800, c = s[0] & 0x0fu;
    else if (s[0] >= 0xf0 && s[0] <= 0xf4)
        length = 4, least = 0x10000, c = s[0] & 0x07u;
    else
        return 0;
    if (n < length)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xc0u) != 0x80)
            return 0;
        c = c << 6 | (s[i] & 0x3fu);
    }
    const bool surrogate = c >= 0xd800 && c <= 0xdfff;
    return c < least || c > 0x10ffff || surrogate ? 0 : length;
}

uint64_t wn_hash(const void *bytes, size_t n) {
    const unsigned char *p = bytes;
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ p[i]) * UINT64_C(1099511628211);
    return hash;
}
