/* The words of C text, and the few preprocessor lines that templates have. */
#include "compiler/emit/llvm/token.h"

#include <stdlib.h>
#include <string.h>

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool wn_token_is(const wn_token *token, const char *text) {
    return token->kind != WN_TOKEN_END && strlen(text) == token->length &&
           memcmp(token->text, text, token->length) == 0;
}

void wn_lex_start(wn_lexer *lexer, const char *text) {
    lexer->at = text;
    lexer->line = 1;
    lexer->line_start = true;
    lexer->broken = NULL;
    lexer->depth = 0;
    lexer->active[0] = lexer->taken[0] = true;
}

static void skip_comment(wn_lexer *l) {
    const char *end = strstr(l->at + 2, "*/");
    if (!end)
        l->broken = "a comment without an end";
    const char *const to = end ? end + 2 : l->at + strlen(l->at);
    for (; l->at < to; l->at++)
        l->line += *l->at == '\n';
}

/* Blanks and comments; the end of a line too, unless `within` it. */
static void skip_blanks(wn_lexer *l, bool within) {
    for (;;) {
        if (l->at[0] == '\\' && l->at[1] == '\n') {
            l->at += 2;
            l->line++;
        } else if (l->at[0] == '/' && l->at[1] == '*') {
            skip_comment(l);
        } else if (*l->at == '\n' && !within) {
            l->at++;
            l->line++;
            l->line_start = true;
        } else if (*l->at == ' ' || *l->at == '\t' || *l->at == '\r') {
            l->at++;
        } else {
            return;
        }
    }
}

static size_t length_of_mark(const char *at) {
    static const char *const marks[] = {"<<=", ">>=", "->", "++", "--", "<<", ">>",
                                        "<=",  ">=",  "==", "!=", "&&", "||", "+=",
                                        "-=",  "*=",  "/=", "%=", "&=", "|=", "^="};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (strncmp(at, marks[i], strlen(marks[i])) == 0)
            return strlen(marks[i]);
    return 1;
}

static size_t length_of_number(const char *at) {
    const bool hexadecimal = at[0] == '0' && (at[1] == 'x' || at[1] == 'X');
    size_t n = 0;
    while (is_letter(at[n]) || is_digit(at[n]) || at[n] == '.' ||
           ((at[n] == '+' || at[n] == '-') && !hexadecimal && n > 0 &&
            (at[n - 1] == 'e' || at[n - 1] == 'E')))
        n++;
    return n;
}

static size_t length_of_string(wn_lexer *l) {
    size_t n = 1;
    while (l->at[n] && l->at[n] != '"' && l->at[n] != '\n')
        n += l->at[n] == '\\' && l->at[n + 1] ? 2 : 1;
    if (l->at[n] != '"')
        l->broken = "a string without an end";
    return l->at[n] == '"' ? n + 1 : n;
}

static wn_token word(wn_lexer *l) {
    wn_token t = {.text = l->at, .line = l->line};
    if (*l->at == '\0' || l->broken)
        return t;
    if (is_letter(*l->at)) {
        t.kind = WN_TOKEN_NAME;
        while (is_letter(l->at[t.length]) || is_digit(l->at[t.length]))
            t.length++;
    } else if (is_digit(*l->at) || (*l->at == '.' && is_digit(l->at[1]))) {
        t.kind = WN_TOKEN_NUMBER;
        t.length = length_of_number(l->at);
    } else if (*l->at == '"') {
        t.kind = WN_TOKEN_STRING;
        t.length = length_of_string(l);
    } else {
        t.kind = WN_TOKEN_MARK;
        t.length = length_of_mark(l->at);
        for (size_t i = 0; i < t.length; i++)
            t.mark |= (unsigned)(unsigned char)l->at[i] << 8 * i;
    }
    l->at += t.length;
    return t;
}

/* A word of the present line; WN_TOKEN_END at its end. */
static wn_token word_of_line(wn_lexer *l) {
    skip_blanks(l, true);
    return *l->at == '\n' ? (wn_token){.text = l->at, .line = l->line} : word(l);
}

static wn_token peek(const wn_lexer *l) {
    wn_lexer copy = *l;
    return word_of_line(&copy);
}

/* Macros that the text may ask for. */
static long value_of(const wn_token *name) {
    if (wn_token_is(name, "__GNUC__"))
        return 14;
    return wn_token_is(name, "__clang__") || wn_token_is(name, "__FMA__") ||
           wn_token_is(name, "__FP_FAST_FMAF") || wn_token_is(name, "__FP_FAST_FMA");
}

static long either(wn_lexer *l, int depth);

static long defined_macro(wn_lexer *l) {
    wn_token name = word_of_line(l);
    const bool parentheses = name.mark == '(';
    if (parentheses)
        name = word_of_line(l);
    if (parentheses)
        word_of_line(l);
    return value_of(&name) != 0;
}

static long unary(wn_lexer *l, int depth) {
    const wn_token t = word_of_line(l);
    if (depth > 32)
        l->broken = "too many parentheses";
    if (l->broken)
        return 0;
    if (t.mark == '!')
        return !unary(l, depth + 1);
    if (t.mark == '(') {
        const long value = either(l, depth + 1);
        if (word_of_line(l).mark != ')')
            l->broken = "expected ')'";
        return value;
    }
    if (t.kind == WN_TOKEN_NUMBER)
        return strtol(t.text, NULL, 0);
    return wn_token_is(&t, "defined") ? defined_macro(l) : value_of(&t);
}

static long comparison(wn_lexer *l, int depth) {
    const long left = unary(l, depth);
    switch (peek(l).mark) {
    case '<':
        word_of_line(l);
        return left < unary(l, depth);
    case '>':
        word_of_line(l);
        return left > unary(l, depth);
    case WN_MARK2('<', '='):
        word_of_line(l);
        return left <= unary(l, depth);
    case WN_MARK2('>', '='):
        word_of_line(l);
        return left >= unary(l, depth);
    case WN_MARK2('=', '='):
        word_of_line(l);
        return left == unary(l, depth);
    case WN_MARK2('!', '='):
        word_of_line(l);
        return left != unary(l, depth);
    }
    return left;
}

static long both(wn_lexer *l, int depth) {
    long value = comparison(l, depth);
    while (peek(l).mark == WN_MARK2('&', '&')) {
        word_of_line(l);
        const long right = comparison(l, depth);
        value = value && right;
    }
    return value;
}

static long either(wn_lexer *l, int depth) {
    long value = both(l, depth);
    while (peek(l).mark == WN_MARK2('|', '|')) {
        word_of_line(l);
        const long right = both(l, depth);
        value = value || right;
    }
    return value;
}

static void open_condition(wn_lexer *l, bool holds) {
    if (l->depth == WN_LEX_DEPTH) {
        l->broken = "too many nested #if";
        return;
    }
    l->depth++;
    l->active[l->depth] = l->active[l->depth - 1] && holds;
    l->taken[l->depth] = holds;
}

static void other_condition(wn_lexer *l, bool holds) {
    if (l->depth == 0) {
        l->broken = "#else without #if";
        return;
    }
    l->active[l->depth] = l->active[l->depth - 1] && !l->taken[l->depth] && holds;
    l->taken[l->depth] |= holds;
}

/* A line after its '#'. What only says something to compilers of C, such as #include, is passed
 * over. */
static void directive(wn_lexer *l) {
    const wn_token what = word_of_line(l);
    if (wn_token_is(&what, "if")) {
        open_condition(l, either(l, 0) != 0);
    } else if (wn_token_is(&what, "ifdef") || wn_token_is(&what, "ifndef")) {
        const wn_token name = word_of_line(l);
        open_condition(l, (value_of(&name) != 0) == (what.length == 5));
    } else if (wn_token_is(&what, "elif")) {
        other_condition(l, either(l, 0) != 0);
    } else if (wn_token_is(&what, "else")) {
        other_condition(l, true);
    } else if (wn_token_is(&what, "endif")) {
        if (l->depth == 0)
            l->broken = "#endif without #if";
        else
            l->depth--;
    } else if (wn_token_is(&what, "define") && l->active[l->depth]) {
        const wn_token name = word_of_line(l), value = word_of_line(l);
        if (name.kind == WN_TOKEN_NAME && value.kind == WN_TOKEN_NUMBER && l->define)
            l->define(l->ctx, &name, &value);
    }
    while (*l->at && *l->at != '\n') {
        word_of_line(l);
        skip_blanks(l, true);
    }
}

wn_token wn_lex_next(wn_lexer *l) {
    for (;;) {
        skip_blanks(l, false);
        if (*l->at == '#' && l->line_start) {
            l->at++;
            directive(l);
            continue;
        }
        l->line_start = false;
        const wn_token t = word(l);
        if (l->active[l->depth] || t.kind == WN_TOKEN_END)
            return t;
    }
}
