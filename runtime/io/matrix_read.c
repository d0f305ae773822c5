/* Reading the published .out matrix: N rows of N + 1 numbers, row = source, column = destination,
 * last column = activation number. */
#include <math.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/text.h"
#include "runtime/io/io.h"

typedef struct reader {
    const wn_source *source;
    const wn_matrix_wish *wish;
    wann_diag *diag;
    size_t at; /* where reading is */
    size_t n;  /* nodes; 0 before the first row has been read */
    size_t rows;
    uint8_t *activation; /* [n] */
    wn_conn_spec *conns;
    size_t *conn_at; /* where the entry of a connection stands */
    size_t n_conns;
    size_t capacity;
    bool all_one;     /* every connection so far has exactly weight 1 */
    size_t first_fed; /* least column with an entry, nan included; n: none */
    size_t last_read; /* largest row with an entry, nan included */
} reader;

static char peek(const reader *r) {
    return r->at < r->source->size ? r->source->data[r->at] : '\0';
}

static bool at_line_end(const reader *r) {
    return r->at == r->source->size || peek(r) == '\n' ||
           (peek(r) == '\r' && r->source->data[r->at + 1] == '\n');
}

static void skip_blanks(reader *r) {
    while (peek(r) == ' ' || peek(r) == '\t')
        r->at++;
}

static void next_line(reader *r) {
    r->at += peek(r) == '\r';
    r->at += peek(r) == '\n';
}

/* Blank lines at the end are no rows. */
static bool only_blanks_left(const reader *r) {
    const size_t left = r->source->size - r->at;
    return strspn(r->source->data + r->at, " \t\r\n") == left;
}

/* A decimal number or nan: what numpy writes. Hexadecimal and inf are left out, though the number
 * reader knows them. */
static wann_status read_number(reader *r, double *value) {
    skip_blanks(r);
    const char *p = r->source->data + r->at;
    const bool sign = *p == '-' || *p == '+';
    char what[WN_DESCRIPTION_SIZE];
    if (p[sign] == 'i' || p[sign] == 'I')
        return wn_source_fail(r->source, r->at, r->diag,
                              "no finite number; expected a number or nan");
    if (p[sign] == '\0' || !strchr("0123456789.nN", p[sign]))
        return wn_source_fail(r->source, r->at, r->diag, "unexpected %s; expected a number or nan",
                              wn_source_describe(r->source, r->at, what));
    const size_t used = wn_parse_double(p, value);
    if (used == 0 || (p[sign] == '0' && (p[sign + 1] | 0x20) == 'x'))
        return wn_source_fail(r->source, r->at, r->diag, "not a number; expected a number or nan");
    if (isinf(*value))
        return wn_source_fail(r->source, r->at, r->diag, "the number is too large for a double");
    r->at += used;
    skip_blanks(r);
    return WANN_OK;
}

static wann_status add_connection(reader *r, size_t from, size_t to, double weight, size_t at) {
    if (r->n_conns == r->capacity) {
        const size_t more = r->capacity ? r->capacity * 2 : 256;
        wn_conn_spec *conns = wn_realloc(r->conns, more * sizeof *conns);
        if (conns)
            r->conns = conns;
        size_t *places = wn_realloc(r->conn_at, more * sizeof *places);
        if (places)
            r->conn_at = places;
        if (!conns || !places)
            return wn_fail_memory(r->diag);
        r->capacity = more;
    }
    r->conns[r->n_conns] =
        (wn_conn_spec){.from = (int64_t)from, .to = (int64_t)to, .weight = weight};
    r->conn_at[r->n_conns++] = at;
    r->all_one = r->all_one && weight == 1.0;
    return WANN_OK;
}

static void note_entry(reader *r, size_t from, size_t to) {
    if (from < to && to < r->first_fed)
        r->first_fed = to;
    if (from < to)
        r->last_read = from; /* rows come in order */
}

static wann_status read_entry(reader *r, size_t from, size_t to) {
    double value = 0;
    skip_blanks(r);
    const size_t at = r->at;
    WN_TRY(read_number(r, &value));
    if (value == 0.0)
        return WANN_OK;
    if (isnan(value)) { /* a disabled connection: none, but it tells what its nodes are */
        note_entry(r, from, to);
        return WANN_OK;
    }
    if (from == to)
        return wn_source_fail(r->source, at, r->diag,
                              "node %zu feeds itself; expected no entry on the diagonal", from);
    if (from > to)
        return wn_source_fail(r->source, at, r->diag,
                              "the connection from node %zu to node %zu goes backwards; expected "
                              "entries above the diagonal only",
                              from, to);
    note_entry(r, from, to);
    return add_connection(r, from, to, value, at);
}

static wann_status expect_comma(reader *r, size_t column) {
    if (peek(r) == ',') {
        r->at++;
        return WANN_OK;
    }
    if (at_line_end(r))
        return wn_source_fail(r->source, r->at, r->diag, "the row has %zu number%s; expected %zu",
                              column, column == 1 ? "" : "s", r->n + 1);
    char what[WN_DESCRIPTION_SIZE];
    return wn_source_fail(r->source, r->at, r->diag, "unexpected %s; expected ','",
                          wn_source_describe(r->source, r->at, what));
}

static wann_status expect_line_end(reader *r) {
    if (at_line_end(r)) {
        next_line(r);
        return WANN_OK;
    }
    char what[WN_DESCRIPTION_SIZE];
    if (peek(r) == ',')
        return wn_source_fail(r->source, r->at, r->diag, "the row has more than %zu numbers",
                              r->n + 1);
    return wn_source_fail(r->source, r->at, r->diag, "unexpected %s; expected the end of the line",
                          wn_source_describe(r->source, r->at, what));
}

static wann_status read_activation(reader *r, size_t node) {
    double value = 0;
    skip_blanks(r);
    const size_t at = r->at;
    WN_TRY(read_number(r, &value));
    WN_TRY(expect_line_end(r)); /* first, as in a row that is too long this is no activation */
    if (!(value >= 0 && value < 256) || value != floor(value) ||
        !wn_activation_known((long)value)) {
        char number[WN_NUMBER_SIZE];
        wn_format_double(number, value);
        return wn_source_fail(r->source, at, r->diag,
                              "unknown activation %s; expected a whole number from 1 to 11",
                              number);
    }
    r->activation[node] = (uint8_t)value;
    return WANN_OK;
}

/* The first row tells how many nodes there are. */
static wann_status size_up(reader *r) {
    const char *line = r->source->data + r->at;
    const size_t length = strcspn(line, "\n");
    for (size_t i = 0; i < length; i++)
        r->n += line[i] == ',';
    if (r->n == 0)
        return wn_source_fail(
            r->source, r->at, r->diag,
            "the first line is no row of a matrix; expected numbers with ',' between");
    if (r->n > WN_MAX_NODES)
        return wn_source_fail(r->source, r->at, r->diag,
                              "too many nodes (%zu); at most %d are allowed", r->n, WN_MAX_NODES);
    r->first_fed = r->n;
    r->activation = wn_calloc(r->n, 1);
    return r->activation ? WANN_OK : wn_fail_memory(r->diag);
}

static wann_status read_row(reader *r) {
    const size_t row = r->rows;
    if (row == r->n)
        return wn_source_fail(r->source, r->at, r->diag,
                              "more than %zu rows of %zu numbers; expected N rows of N + 1", r->n,
                              r->n + 1);
    for (size_t column = 0; column < r->n; column++) {
        WN_TRY(read_entry(r, row, column));
        WN_TRY(expect_comma(r, column + 1));
    }
    WN_TRY(read_activation(r, row));
    r->rows++;
    return WANN_OK;
}

static wann_status read_rows(reader *r) {
    r->at = wn_source_start(r->source);
    if (only_blanks_left(r))
        return wn_source_fail(r->source, r->source->size, r->diag,
                              "the file is empty; expected a matrix");
    WN_TRY(size_up(r));
    while (!only_blanks_left(r))
        WN_TRY(read_row(r));
    if (r->rows == r->n)
        return WANN_OK;
    return wn_source_fail(r->source, r->source->size, r->diag,
                          "%zu row%s of %zu numbers; expected N rows of N + 1", r->rows,
                          r->rows == 1 ? "" : "s", r->n + 1);
}

static wann_status choose_roles(reader *r, size_t *inputs, size_t *outputs, bool *inferred) {
    *inputs = r->wish->inputs;
    *outputs = r->wish->outputs;
    *inferred = *inputs == 0 || *outputs == 0;
    if (*inferred && r->first_fed == r->n)
        return wn_fail(
            r->diag, WANN_INPUT, r->source->path, 0, 0,
            "the matrix has no entry, so inputs and outputs cannot be inferred; expected "
            "their numbers to be given");
    if (*inputs == 0)
        *inputs = r->first_fed - 1; /* an entry stands in the second column at the least */
    const size_t unread = r->n - 1 - r->last_read, behind_inputs = r->n - 1 - *inputs;
    if (*outputs == 0)
        *outputs = unread < behind_inputs ? unread : behind_inputs;
    if (*inputs < r->n && *outputs<r->n - *inputs && * outputs> 0)
        return WANN_OK;
    return wn_fail(r->diag, WANN_INPUT, r->source->path, 0, 0,
                   "the bias, %zu input%s and %zu output%s do not fit into %zu nodes", *inputs,
                   *inputs == 1 ? "" : "s", *outputs, *outputs == 1 ? "" : "s", r->n);
}

static wann_role role_of(size_t node, size_t n, size_t inputs, size_t outputs) {
    if (node == 0)
        return WANN_BIAS;
    if (node <= inputs)
        return WANN_INPUT_NODE;
    return node < n - outputs ? WANN_HIDDEN : WANN_OUTPUT_NODE;
}

static wann_status build(reader *r, const wn_node_spec *nodes, wn_net **net) {
    const wn_net_spec spec = {.name = r->wish->name,
                              .has_weights = !r->all_one,
                              .nodes = nodes,
                              .n_nodes = r->n,
                              .conns = r->conns,
                              .n_conns = r->n_conns};
    wn_place place;
    wann_diag why = {0};
    const wann_status status = wn_net_build(&spec, net, &place, &why);
    if (status == WANN_INPUT && place.kind == WN_PLACE_CONN)
        return wn_source_fail(r->source, r->conn_at[place.index], r->diag, "%s", why.text);
    return status == WANN_OK ? WANN_OK
                             : wn_fail(r->diag, status, r->source->path, 0, 0, "%s", why.text);
}

static wann_status make_network(reader *r, wn_net **net, bool *inferred) {
    size_t inputs = 0, outputs = 0;
    WN_TRY(choose_roles(r, &inputs, &outputs, inferred));
    wn_node_spec *nodes = wn_calloc(r->n, sizeof *nodes);
    if (!nodes)
        return wn_fail_memory(r->diag);
    for (size_t i = 0; i < r->n; i++)
        nodes[i] = (wn_node_spec){.id = (int64_t)i,
                                  .role = role_of(i, r->n, inputs, outputs),
                                  .activation = (wann_activation)r->activation[i]};
    const wann_status status = build(r, nodes, net);
    wn_free(nodes);
    return status;
}

wann_status wn_matrix_read(const wn_source *source, const wn_matrix_wish *wish, wn_net **net,
                           bool *inferred, wann_diag *diag) {
    *net = NULL;
    *inferred = false;
    reader r = {.source = source, .wish = wish, .diag = diag, .all_one = true};
    wann_status status = read_rows(&r);
    if (status == WANN_OK)
        status = make_network(&r, net, inferred);
    wn_free(r.activation);
    wn_free(r.conns);
    wn_free(r.conn_at);
    return status;
}
