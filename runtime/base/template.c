/* Filling in templates. */
#define _GNU_SOURCE
#include "runtime/base/template.h"

#include <string.h>
#include <unistd.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/file.h"

typedef struct renderer {
    const char *path; /* for errors */
    const char *line; /* start of the line in work */
    int line_number;
    const wn_slot *slots;
    bool *used; /* as long as slots */
    wn_buf *out;
    wann_diag *diag;
} renderer;

static bool slot_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static wann_status fail(const renderer *r, const char *at, const char *text, int n, const char *name) {
    return wn_fail(r->diag, WANN_INPUT, r->path, r->line_number, (int)(at - r->line) + 1, text, n, name);
}

/* The slot that begins at `at` ('@'): its text, and where it ends. *text is NULL for "@@". */
static wann_status find_slot(renderer *r, const char *at, const char **text, const char **end) {
    const char *name = at + 1;
    size_t n = 0;
    while (slot_char(name[n]))
        n++;
    *end = name + n + 1;
    *text = NULL;
    if (name[n] != '@')
        return fail(r, at, "a slot that does not end with '@' (write @@ for a single @)%.*s", 0, "");
    for (size_t i = 0; n > 0 && r->slots[i].name; i++)
        if (strlen(r->slots[i].name) == n && memcmp(r->slots[i].name, name, n) == 0) {
            r->used[i] = true;
            *text = r->slots[i].text;
            return WANN_OK;
        }
    return n == 0 ? WANN_OK : fail(r, at, "unknown slot '%.*s'", (int)n, name);
}

/* Text of a slot alone on its line: every line that is not empty gets the indentation. */
static void put_block(renderer *r, const char *indent, size_t n_indent, const char *text) {
    while (*text) {
        const size_t n = strcspn(text, "\n");
        if (n > 0) {
            if (*text != '#') /* directives start at the margin */
                wn_buf_bytes(r->out, indent, n_indent);
            wn_buf_bytes(r->out, text, n);
        }
        wn_buf_char(r->out, '\n');
        text += n + (text[n] == '\n');
    }
}

/* A line of n bytes, without its end; *block is set where the line is one slot alone. */
static wann_status render_line(renderer *r, size_t n, bool *block) {
    const char *const line_end = r->line + n;
    const size_t indent = strspn(r->line, " \t");
    const char *text, *end;
    *block = false;
    if (indent < n && r->line[indent] == '@') {
        WN_TRY(find_slot(r, r->line + indent, &text, &end));
        if (text && end + strspn(end, " \t") >= line_end) {
            put_block(r, r->line, indent, text);
            *block = true;
            return WANN_OK;
        }
    }
    for (const char *p = r->line; p < line_end;) {
        if (*p != '@') {
            wn_buf_char(r->out, *p++);
            continue;
        }
        WN_TRY(find_slot(r, p, &text, &end));
        wn_buf_text(r->out, text ? text : "@");
        p = end;
    }
    return WANN_OK;
}

static wann_status render(renderer *r, const char *text) {
    r->line = text;
    r->line_number = 1;
    while (*r->line) {
        const size_t n = strcspn(r->line, "\n");
        bool block;
        WN_TRY(render_line(r, n, &block));
        if (!block && r->line[n] == '\n')
            wn_buf_char(r->out, '\n');
        r->line += n + (r->line[n] == '\n');
        r->line_number++;
    }
    for (size_t i = 0; r->slots[i].name; i++)
        if (r->slots[i].required && !r->used[i])
            return wn_fail(r->diag, WANN_INPUT, r->path, 0, 0, "the template does not use slot '%s'", r->slots[i].name);
    return r->out->failed ? wn_fail_memory(r->diag) : WANN_OK;
}

/* The user's text of a template, *own set; or the built-in one. */
static wann_status load(const char *dir, const char *name, char **path, char **own,
                        const char **text, wann_diag *diag) {
    wn_buf buf = {0};
    size_t size;
    *own = NULL;
    wn_buf_print(&buf, "%s%s%s", dir ? dir : "<built in>", "/", name);
    *path = wn_buf_take(&buf);
    if (!*path)
        return wn_fail_memory(diag);
    if (dir && access(*path, F_OK) == 0) {
        WN_TRY(wn_file_read(*path, own, &size, diag));
        if (strlen(*own) != size)
            return wn_fail(diag, WANN_INPUT, *path, 0, 0, "the template has a NUL byte");
        *text = *own;
        return WANN_OK;
    }
    *text = wn_template_builtin(name);
    return *text ? WANN_OK : wn_fail(diag, WANN_INTERNAL, *path, 0, 0, "there is no such template");
}

wann_status wn_template_render(const char *dir, const char *name, const wn_slot *slots, wn_buf *out,
                               wann_diag *diag) {
    char *path = NULL, *own = NULL;
    const char *text = NULL;
    size_t n_slots = 0;
    while (slots[n_slots].name)
        n_slots++;
    renderer r = {.slots = slots, .out = out, .diag = diag, .used = wn_calloc(n_slots + 1, sizeof(bool))};
    wann_status status = r.used ? load(dir, name, &path, &own, &text, diag) : wn_fail_memory(diag);
    r.path = path;
    if (status == WANN_OK)
        status = render(&r, text);
    wn_free(r.used);
    wn_free(path);
    wn_free(own);
    return status;
}
