/* The words of C text, for the reader of templates (read.h): comments and preprocessor lines are
 * gone. */
#ifndef WN_LLVM_TOKEN_H
#define WN_LLVM_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

typedef enum wn_token_kind {
    WN_TOKEN_END,
    WN_TOKEN_NAME,
    WN_TOKEN_NUMBER,
    WN_TOKEN_STRING, /* with its quotes */
    WN_TOKEN_MARK    /* one to three punctuation characters */
} wn_token_kind;

/* Three characters as one number, so that marks can be the cases of a switch. */
#define WN_MARK1(a)       ((unsigned)(a))
#define WN_MARK2(a, b)    ((unsigned)(a) | (unsigned)(b) << 8)
#define WN_MARK3(a, b, c) ((unsigned)(a) | (unsigned)(b) << 8 | (unsigned)(c) << 16)

typedef struct wn_token {
    wn_token_kind kind;
    const char *text;
    size_t length;
    unsigned mark; /* WN_TOKEN_MARK */
    int line;
} wn_token;

enum { WN_LEX_DEPTH = 16 };

/* A text in reading. #if knows `defined`, numbers, !, &&, || and comparisons; the compiler that it
 * sees is a GNU C compiler on a machine that fuses a multiplication and an addition where that is
 * fast. */
typedef struct wn_lexer {
    const char *at;
    int line;
    bool line_start;
    const char *broken; /* what could not be read, or NULL */
    int depth;          /* of #if */
    bool active[WN_LEX_DEPTH + 1], taken[WN_LEX_DEPTH + 1];
    /* #define NAME NUMBER: told to whoever reads. */
    void (*define)(void *ctx, const wn_token *name, const wn_token *value);
    void *ctx;
} wn_lexer;

void wn_lex_start(wn_lexer *lexer, const char *text);
/* The next word; WN_TOKEN_END at the end of the text and where lexer->broken is set. */
wn_token wn_lex_next(wn_lexer *lexer);
bool wn_token_is(const wn_token *token, const char *text);

#endif
