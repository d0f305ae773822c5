/* Text: growing buffers, numbers that no locale touches, UTF-8. */
#ifndef WN_TEXT_H
#define WN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A growing text, always terminated once it holds something. Starts as {0}. A failed allocation is
 * remembered: appending does nothing from then on, and wn_buf_take answers NULL. */
typedef struct wn_buf {
    char *data;
    size_t length;
    size_t capacity;
    bool failed;
} wn_buf;

void wn_buf_bytes(wn_buf *buf, const char *bytes, size_t n);
void wn_buf_text(wn_buf *buf, const char *text);
void wn_buf_char(wn_buf *buf, char c);
/* For text and integers. Not for floating point: printf follows the locale. */
void wn_buf_print(wn_buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The shortest decimal that reads back as the same number; "inf", "-inf", "nan". */
void wn_buf_double(wn_buf *buf, double value);
void wn_buf_float(wn_buf *buf, float value);
/* n digits after the point. */
void wn_buf_fixed(wn_buf *buf, double value, int digits);
/* Hand the text over (to be freed with wn_free); NULL if memory ran out. The buffer is empty. */
char *wn_buf_take(wn_buf *buf);
void wn_buf_free(wn_buf *buf);

/* Room that any number takes, terminator included. */
enum { WN_NUMBER_SIZE = 400 };

/* Write value into text[WN_NUMBER_SIZE]; return the length. As wn_buf_double and so on. */
size_t wn_format_double(char *text, double value);
size_t wn_format_float(char *text, float value);
size_t wn_format_fixed(char *text, double value, int digits);

/* Read a number (decimal or hexadecimal, inf, nan) at the start of text, whatever the locale.
 * Return how many bytes it takes, 0 if there is none. Overflow gives an infinity. */
size_t wn_parse_double(const char *text, double *value);

/* Bytes of the UTF-8 character at p (n bytes are left): 1 to 4; 0 if it is not well-formed (RFC
 * 3629: no surrogates, no overlong forms). */
size_t wn_utf8_length(const char *p, size_t n);

/* 64-bit FNV-1a of bytes, for tables and for the digest of a source file in a comment. */
uint64_t wn_hash(const void *bytes, size_t n);

#endif
