/* Tables of numbers with a column of labels, as comma-separated text. */
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "envs/data/data.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/text.h"

enum { MOST_LABELS = 1000, LABEL_SLOTS = 4096, MOST_COLUMNS = 100000, LONGEST_NUMBER = 63 };

/* One field of a line, without blanks and quotes around it. */
typedef struct field {
    const char *text; /* not terminated; of the file, or of reader.unquoted */
    size_t length;
    const char *at; /* where it starts in the file */
    bool last;      /* of its line */
} field;

typedef struct reader {
    const char *path;
    const char *p, *end; /* what is left of the file */
    const char *line_start;
    int line;
    char separator;
    wn_buf unquoted;            /* the inside of the latest quoted field */
    size_t fields;              /* of every line */
    size_t label_at;            /* which of them is the label */
    size_t capacity;            /* rows that csv has room for */
    uint32_t slot[LABEL_SLOTS]; /* hash table of labels: index + 1, or 0 */
    wn_csv *csv;
} reader;

static int column_of(const reader *r, const char *at) {
    return at - r->line_start < INT_MAX ? (int)(at - r->line_start) + 1 : INT_MAX;
}

#define FAIL_AT(r, at, ...)                                                                        \
    wn_fail(diag, WANN_INPUT, (r)->path, (r)->line, column_of((r), (at)), __VA_ARGS__)

/* The first bytes of a field, as much as a message has use for. */
static int shown(size_t length) {
    return length < 40 ? (int)length : 40;
}

static bool is_line_end(char c) {
    return c == '\n' || c == '\r';
}

static bool is_blank(const reader *r, char c) {
    return (c == ' ' || c == '\t') && c != r->separator;
}

static void skip_blanks(reader *r) {
    while (r->p < r->end && is_blank(r, *r->p))
        r->p++;
}

static void end_line(reader *r) {
    if (r->p < r->end && *r->p == '\r')
        r->p++;
    if (r->p < r->end && *r->p == '\n')
        r->p++;
    r->line_start = r->p;
    r->line++;
}

/* Go to the start of the next line that has data; false at the end of the file. */
static bool find_line(reader *r) {
    while (r->p < r->end) {
        r->line_start = r->p;
        skip_blanks(r);
        if (r->p < r->end && *r->p != '#' && !is_line_end(*r->p)) {
            r->p = r->line_start;
            return true;
        }
        while (r->p < r->end && !is_line_end(*r->p))
            r->p++;
        end_line(r);
    }
    return false;
}

static wann_status take_quoted(reader *r, field *f, wann_diag *diag) {
    r->unquoted.length = 0;
    for (r->p++;; r->p++) {
        if (r->p == r->end || is_line_end(*r->p))
            return FAIL_AT(r, f->at, "the quote that starts here is not closed in its line");
        if (*r->p == '"' && (++r->p == r->end || *r->p != '"'))
            break;
        wn_buf_char(&r->unquoted, *r->p);
    }
    wn_buf_bytes(&r->unquoted, "", 0); /* even of nothing there is a text */
    if (r->unquoted.failed)
        return wn_fail_memory(diag);
    f->text = r->unquoted.data;
    f->length = r->unquoted.length;
    return WANN_OK;
}

static void take_plain(reader *r, field *f) {
    f->text = r->p;
    while (r->p < r->end && *r->p != r->separator && !is_line_end(*r->p))
        r->p++;
    f->length = (size_t)(r->p - f->text);
    while (f->length > 0 && is_blank(r, f->text[f->length - 1]))
        f->length--;
}

static wann_status next_field(reader *r, field *f, wann_diag *diag) {
    skip_blanks(r);
    f->at = r->p;
    if (r->p < r->end && *r->p == '"')
        WN_TRY(take_quoted(r, f, diag));
    else
        take_plain(r, f);
    skip_blanks(r);
    f->last = r->p == r->end || is_line_end(*r->p);
    if (!f->last && *r->p++ != r->separator)
        return FAIL_AT(r, r->p - 1, "expected '%c' or the end of the line after a quoted field",
                       r->separator);
    return WANN_OK;
}

/* Most numbers of most tables are short and whole. */
static bool whole_number(const field *f, double *value) {
    if (f->length == 0 || f->length > 9)
        return false;
    long sum = 0;
    for (size_t i = 0; i < f->length; i++) {
        if (f->text[i] < '0' || f->text[i] > '9')
            return false;
        sum = sum * 10 + (f->text[i] - '0');
    }
    *value = (double)sum;
    return true;
}

static bool number(const field *f, double *value) {
    char text[LONGEST_NUMBER + 1];
    if (whole_number(f, value))
        return true;
    if (f->length == 0 || f->length > LONGEST_NUMBER)
        return false;
    memcpy(text, f->text, f->length);
    text[f->length] = '\0';
    return wn_parse_double(text, value) == f->length;
}

static wann_status take_number(reader *r, const field *f, double *value, wann_diag *diag) {
    if (f->length == 0)
        return FAIL_AT(r, f->at, "the field is empty; expected a number");
    if (!number(f, value))
        return FAIL_AT(r, f->at, "'%.*s' is no number", shown(f->length), f->text);
    if (!isfinite(*value))
        return FAIL_AT(r, f->at, "'%.*s' is not a finite number", shown(f->length), f->text);
    return WANN_OK;
}

/* Make room for one more, doubling. */
static bool grow(void **array, size_t n, size_t *capacity, size_t size) {
    size_t bytes;
    if (n < *capacity)
        return true;
    const size_t more = *capacity ? *capacity * 2 : 64;
    void *p = wn_mul_size(more, size, &bytes) ? wn_realloc(*array, bytes) : NULL;
    if (!p)
        return false;
    *array = p;
    *capacity = more;
    return true;
}

static char *copy_text(const char *text, size_t length) {
    char *copy = wn_alloc(length + 1);
    if (copy) {
        memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}

static wann_status add_label(reader *r, const field *f, uint32_t *slot, wann_diag *diag) {
    wn_csv *csv = r->csv;
    if (csv->labels == MOST_LABELS)
        return FAIL_AT(r, f->at, "more than %d labels; is this the column of the labels?",
                       MOST_LABELS);
    char *copy = copy_text(f->text, f->length);
    if (!copy)
        return wn_fail_memory(diag);
    csv->label_text[csv->labels] = copy;
    *slot = (uint32_t)++csv->labels;
    return WANN_OK;
}

static wann_status take_label(reader *r, const field *f, uint32_t *label, wann_diag *diag) {
    if (f->length == 0)
        return FAIL_AT(r, f->at, "the label is empty");
    if (memchr(f->text, '\0', f->length))
        return FAIL_AT(r, f->at, "the label has a zero byte in it");
    uint64_t at = wn_hash(f->text, f->length) % LABEL_SLOTS;
    for (; r->slot[at]; at = (at + 1) % LABEL_SLOTS) {
        const char *known = r->csv->label_text[r->slot[at] - 1];
        if (strncmp(known, f->text, f->length) == 0 && known[f->length] == '\0')
            break;
    }
    if (!r->slot[at])
        WN_TRY(add_label(r, f, &r->slot[at], diag));
    *label = r->slot[at] - 1;
    return WANN_OK;
}

static wann_status reserve_row(reader *r, wann_diag *diag) {
    wn_csv *csv = r->csv;
    size_t labels = r->capacity, rows = r->capacity;
    void *label = csv->label, *value = csv->value;
    const bool fits = grow(&label, csv->rows, &labels, sizeof *csv->label);
    csv->label = label;
    if (!fits || !grow(&value, csv->rows, &rows, csv->columns * sizeof *csv->value))
        return wn_fail_memory(diag);
    csv->value = value;
    r->capacity = rows;
    return WANN_OK;
}

/* Whether the line ends with field i if and only if it should. */
static wann_status check_count(const reader *r, const field *f, size_t i, wann_diag *diag) {
    if (f->last && i + 1 < r->fields)
        return FAIL_AT(r, r->p, "the line has %zu fields; expected %zu", i + 1, r->fields);
    if (!f->last && i + 1 == r->fields)
        return FAIL_AT(r, r->p, "the line has more than %zu fields", r->fields);
    return WANN_OK;
}

static wann_status take_row(reader *r, wann_diag *diag) {
    wn_csv *csv = r->csv;
    WN_TRY(reserve_row(r, diag));
    double *value = csv->value + csv->rows * csv->columns;
    for (size_t i = 0; i < r->fields; i++) {
        field f;
        WN_TRY(next_field(r, &f, diag));
        WN_TRY(check_count(r, &f, i, diag));
        if (i == r->label_at)
            WN_TRY(take_label(r, &f, &csv->label[csv->rows], diag));
        else
            WN_TRY(take_number(r, &f, value++, diag));
    }
    csv->rows++;
    end_line(r);
    return WANN_OK;
}

/* --- the first line --------------------------------------------------------------------------- */

typedef struct first_line {
    char **text; /* [n] */
    size_t n, capacity;
    bool *is_number; /* [n] */
} first_line;

static void free_texts(char **text, size_t n) {
    for (size_t i = 0; text && i < n; i++)
        wn_free(text[i]);
    wn_free(text);
}

static wann_status keep_field(reader *r, first_line *line, const field *f, wann_diag *diag) {
    double value;
    void *text = line->text, *is_number = line->is_number;
    size_t capacity = line->capacity;
    const bool fits = grow(&text, line->n, &capacity, sizeof *line->text);
    line->text = text;
    if (!fits || !grow(&is_number, line->n, &line->capacity, sizeof *line->is_number))
        return wn_fail_memory(diag);
    line->is_number = is_number;
    if (line->n == MOST_COLUMNS)
        return FAIL_AT(r, f->at, "more than %d columns", MOST_COLUMNS);
    line->is_number[line->n] = number(f, &value);
    line->text[line->n] = copy_text(f->text, f->length);
    return line->text[line->n++] ? WANN_OK : wn_fail_memory(diag);
}

static wann_status take_first(reader *r, first_line *line, wann_diag *diag) {
    field f;
    do {
        WN_TRY(next_field(r, &f, diag));
        WN_TRY(keep_field(r, line, &f, diag));
    } while (!f.last);
    if (line->n < 2)
        return FAIL_AT(r, r->line_start, "one column alone; expected numbers and a label");
    return WANN_OK;
}

/* A whole number from 1 to n as an index, else n. */
static size_t numbered(const char *text, size_t n) {
    double value;
    const field f = {.text = text, .length = strlen(text)};
    return whole_number(&f, &value) && value >= 1 && value <= (double)n ? (size_t)value - 1 : n;
}

static wann_status find_label(reader *r, const first_line *line, const char *wish,
                              wann_diag *diag) {
    r->label_at = line->n - 1;
    if (!wish || strcmp(wish, "last") == 0)
        return WANN_OK;
    r->label_at = 0;
    if (strcmp(wish, "first") == 0)
        return WANN_OK;
    for (size_t i = 0; i < line->n; i++)
        if (strcmp(line->text[i], wish) == 0 && !line->is_number[i]) {
            r->label_at = i;
            return WANN_OK;
        }
    r->label_at = numbered(wish, line->n);
    if (r->label_at < line->n)
        return WANN_OK;
    return wn_fail(diag, WANN_INPUT, r->path, r->line, 0,
                   "no column is called '%s'; expected first, last, a number from 1 to %zu, or a "
                   "name of the header",
                   wish, line->n);
}

static bool is_header(const reader *r, const first_line *line, wn_csv_header wish) {
    if (wish != WN_HEADER_AUTO)
        return wish == WN_HEADER_YES;
    for (size_t i = 0; i < line->n; i++)
        if (i != r->label_at && !line->is_number[i])
            return true;
    return false;
}

/* The names of the columns other than the label's, which pass to csv. */
static wann_status keep_names(reader *r, first_line *line, wann_diag *diag) {
    wn_csv *csv = r->csv;
    csv->name = wn_calloc(csv->columns, sizeof *csv->name);
    if (!csv->name)
        return wn_fail_memory(diag);
    for (size_t i = 0, k = 0; i < line->n; i++)
        if (i != r->label_at) {
            csv->name[k++] = line->text[i];
            line->text[i] = NULL;
        }
    end_line(r);
    return WANN_OK;
}

static wann_status use_first(reader *r, const wn_csv_options *options, first_line *line,
                             wann_diag *diag) {
    WN_TRY(take_first(r, line, diag));
    WN_TRY(find_label(r, line, options->label, diag));
    r->fields = line->n;
    r->csv->columns = line->n - 1;
    if (is_header(r, line, options->header))
        return keep_names(r, line, diag);
    r->p = r->line_start;
    return WANN_OK;
}

/* --- the order of labels ---------------------------------------------------------------------- */

typedef struct sorted_label {
    char *text;
    uint32_t before; /* its index so far */
    bool by_number;
} sorted_label;

static bool is_integer(const char *text) {
    const char *digits = text + (*text == '-');
    const size_t n = strlen(digits);
    return n > 0 && n <= 9 && strspn(digits, "0123456789") == n;
}

static int compare_labels(const void *a, const void *b) {
    const sorted_label *x = a, *y = b;
    const long i = strtol(x->text, NULL, 10), j = strtol(y->text, NULL, 10);
    if (x->by_number && i != j)
        return i < j ? -1 : 1;
    return strcmp(x->text, y->text);
}

/* Labels were numbered as they came; a class must not depend on the order of the rows. */
static wann_status sort_labels(wn_csv *csv, wann_diag *diag) {
    sorted_label *sorted = wn_calloc(csv->labels, sizeof *sorted);
    uint32_t *now = wn_calloc(csv->labels, sizeof *now);
    bool by_number = true;
    for (size_t i = 0; sorted && i < csv->labels; i++)
        by_number = by_number && is_integer(csv->label_text[i]);
    for (size_t i = 0; sorted && i < csv->labels; i++)
        sorted[i] = (sorted_label){csv->label_text[i], (uint32_t)i, by_number};
    if (sorted && now) {
        qsort(sorted, csv->labels, sizeof *sorted, compare_labels);
        for (size_t i = 0; i < csv->labels; i++) {
            csv->label_text[i] = sorted[i].text;
            now[sorted[i].before] = (uint32_t)i;
        }
        for (size_t i = 0; i < csv->rows; i++)
            csv->label[i] = now[csv->label[i]];
    }
    const bool done = sorted && now;
    wn_free(sorted);
    wn_free(now);
    return done ? WANN_OK : wn_fail_memory(diag);
}

/* --- the whole -------------------------------------------------------------------------------- */

static wann_status read_rows(reader *r, wann_diag *diag) {
    r->csv->label_text = wn_calloc(MOST_LABELS, sizeof *r->csv->label_text);
    if (!r->csv->label_text)
        return wn_fail_memory(diag);
    while (find_line(r))
        WN_TRY(take_row(r, diag));
    if (r->csv->rows == 0)
        return wn_fail(diag, WANN_INPUT, r->path, r->line, 1, "the table has no rows");
    return sort_labels(r->csv, diag);
}

static wann_status read_table(reader *r, const wn_csv_options *options, wann_diag *diag) {
    first_line line = {0};
    if (r->end - r->p >= 3 && memcmp(r->p, "\xef\xbb\xbf", 3) == 0)
        r->p += 3; /* the byte order mark that spreadsheets write */
    if (!find_line(r))
        return wn_fail(diag, WANN_INPUT, r->path, r->line, 1, "the table has no rows");
    wann_status status = use_first(r, options, &line, diag);
    free_texts(line.text, line.n);
    wn_free(line.is_number);
    if (status == WANN_OK)
        status = read_rows(r, diag);
    return status;
}

wann_status wn_csv_parse(const char *path, const char *text, size_t size,
                         const wn_csv_options *options, wn_csv *csv, wann_diag *diag) {
    *csv = (wn_csv){0};
    reader *r = wn_calloc(1, sizeof *r);
    if (!r)
        return wn_fail_memory(diag);
    r->path = path;
    r->p = r->line_start = text;
    r->end = text + size;
    r->line = 1;
    r->separator = options->separator ? options->separator : ',';
    r->csv = csv;
    const wann_status status = read_table(r, options, diag);
    wn_buf_free(&r->unquoted);
    wn_free(r);
    if (status != WANN_OK)
        wn_csv_free(csv);
    return status;
}

wann_status wn_csv_read(const char *path, const wn_csv_options *options, wn_csv *csv,
                        wann_diag *diag) {
    char *text;
    size_t size;
    *csv = (wn_csv){0};
    WN_TRY(wn_data_read(path, &text, &size, diag));
    const wann_status status = wn_csv_parse(path, text, size, options, csv, diag);
    wn_free(text);
    return status;
}

void wn_csv_free(wn_csv *csv) {
    wn_free(csv->value);
    wn_free(csv->label);
    free_texts(csv->label_text, csv->labels);
    free_texts(csv->name, csv->columns);
    *csv = (wn_csv){0};
}
