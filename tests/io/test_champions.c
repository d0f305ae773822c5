/* The published networks: read as they are counted in the index of the golden data, converted to
 * either format without a change. Skips where the golden data is missing. */
#include "io/files.h"

/* One row of INDEX.csv. */
typedef struct row {
    char file[256];
    size_t nodes, inputs, hidden, outputs, nonzero;
    bool has_weights;
} row;

/* Field `index` of a line of CSV, in which quotes may hold commas; copied to field[size]. */
static void take_field(const char *line, int index, char *field, size_t size) {
    size_t n = 0;
    bool quoted = false;
    for (; *line && (index > 0 || quoted || *line != ',') && *line != '\n' && n + 1 < size;
         line++) {
        if (*line == '"')
            quoted = !quoted;
        else if (*line == ',' && !quoted)
            index--;
        else if (index == 0)
            field[n++] = *line;
    }
    field[n] = '\0';
}

static size_t take_number(const char *line, int index) {
    char text[32];
    take_field(line, index, text, sizeof text);
    return strtoul(text, NULL, 10);
}

static row parse_row(const char *line) {
    row r = {.nodes = take_number(line, 2),
             .inputs = take_number(line, 3),
             .hidden = take_number(line, 4),
             .outputs = take_number(line, 5),
             .nonzero = take_number(line, 6),
             .has_weights = take_number(line, 9) != 0};
    take_field(line, 0, r.file, sizeof r.file);
    return r;
}

static wann_net *read_champion(const char *file, size_t inputs, size_t outputs, bool *inferred) {
    char path[4600];
    const wann_read_options options = {.inputs = inputs, .outputs = outputs};
    wann_net *net;
    wann_diag diag = {0};
    snprintf(path, sizeof path, "%s/champions/%s", test_reference_dir(), file);
    CHECK_MSG(wann_net_read(path, &options, &net, inferred, &diag) == WANN_OK, "%s:%d:%d: %s",
              diag.path, diag.line, diag.column, diag.text);
    return net;
}

static void check_counts(const row *r, const wann_net *net) {
    CHECK_MSG(wann_net_nodes(net) == r->nodes, "%s", r->file);
    CHECK_MSG(wann_net_inputs(net) == r->inputs, "%s", r->file);
    CHECK_MSG(wann_net_outputs(net) == r->outputs, "%s", r->file);
    CHECK_MSG(r->nodes == 1 + r->inputs + r->hidden + r->outputs, "%s", r->file);
    CHECK_MSG(wann_net_connections(net) == r->nonzero, "%s", r->file);
    CHECK_MSG((wann_net_weights(net) != NULL) == r->has_weights, "%s", r->file);
    CHECK(wn_net_verify(net, NULL) == WANN_OK);
}

/* Matrix to JSON to matrix, and JSON to matrix to JSON: each the same text as before. */
static void check_conversions(const row *r, const wann_net *net) {
    char *matrix = as_matrix(net), *json = as_json(net);
    const wann_read_options options = {
        .inputs = r->inputs, .outputs = r->outputs, .name = wann_net_name(net)};
    wann_net *from_matrix = NULL, *from_json = read_good(json, "champion.json");
    CHECK(wann_net_read_memory(matrix, strlen(matrix), "champion.out", &options, &from_matrix, NULL,
                               NULL) == WANN_OK);
    if (from_matrix && from_json) {
        char *json_again = as_json(from_matrix), *matrix_again = as_matrix(from_json);
        CHECK_TEXT(json_again, json);
        CHECK_TEXT(matrix_again, matrix);
        wn_free(json_again);
        wn_free(matrix_again);
    }
    wn_free(matrix);
    wn_free(json);
    wann_net_destroy(from_matrix);
    wann_net_destroy(from_json);
}

static bool is_inferred_rightly(const row *r) {
    bool inferred = false;
    wann_net *net = read_champion(r->file, 0, 0, &inferred);
    const bool right =
        net && inferred && wann_net_inputs(net) == r->inputs && wann_net_outputs(net) == r->outputs;
    wann_net_destroy(net);
    return right;
}

static void every_published_network_is_read(void) {
    char path[4600], *index;
    size_t size, rows = 0, right = 0;
    snprintf(path, sizeof path, "%s/champions/INDEX.csv", test_reference_dir());
    CHECK(wn_file_read(path, &index, &size, NULL) == WANN_OK);
    for (char *line = strchr(index, '\n'); line && line[1]; line = strchr(line + 1, '\n')) {
        const row r = parse_row(line + 1);
        bool inferred = true;
        wann_net *net = read_champion(r.file, r.inputs, r.outputs, &inferred);
        if (!net)
            continue;
        CHECK(!inferred);
        check_counts(&r, net);
        check_conversions(&r, net);
        right += is_inferred_rightly(&r);
        rows++;
        wann_net_destroy(net);
    }
    wn_free(index);
    printf("     %zu networks; inputs and outputs inferred rightly in %zu\n", rows, right);
    CHECK(rows == 83);
    CHECK(right == 82); /* synth/random60 ends in a hidden node that nobody reads, by design */
}

static void published_weights_are_read(void) {
    static const struct {
        const char *net, *weights;
        size_t inputs, outputs;
        double bias, first;
    } zoo[] = {{"swing.out", "cartpole_swingup", 5, 1, -1.5, -0.1783 + -1.5},
               {"biped.out", "biped", 24, 4, -1.87, 0},
               {"racer.out", "vae_racing", 16, 3, -0.7, 0}};
    for (size_t i = 0; i < sizeof zoo / sizeof *zoo; i++) {
        char path[4600];
        double *weights;
        wann_diag diag = {0};
        wann_net *net = read_champion(zoo[i].net, zoo[i].inputs, zoo[i].outputs, NULL);
        snprintf(path, sizeof path, "%s/champions/zoo/%s.wann.json", test_reference_dir(),
                 zoo[i].weights);
        CHECK_MSG(wann_weights_read(net, path, zoo[i].bias, &weights, &diag) == WANN_OK, "%s",
                  diag.text);
        uint32_t order[300];
        CHECK(wn_net_published_order(net, order));
        if (weights && zoo[i].first != 0)
            CHECK(weights[order[0]] == zoo[i].first);
        wann_free(weights);
        wann_net_destroy(net);
    }
}

/* A weights file given as a network, and weights of another network. */
static void mistakes_are_named(void) {
    char path[4600];
    double *weights;
    wann_diag diag = {0};
    wann_net *net;
    snprintf(path, sizeof path, "%s/champions/zoo/biped.wann.json", test_reference_dir());
    CHECK(wann_net_read(path, NULL, &net, NULL, &diag) == WANN_INPUT);
    CHECK_TEXT(diag.text,
               "the file is an array; expected a network, an object (is it a weights file?)");
    net = read_champion("swing.out", 5, 1, NULL);
    CHECK(wann_weights_read(net, path, 0, &weights, &diag) == WANN_INPUT && !weights);
    CHECK_TEXT(diag.text, "210 weights for a network of 52 connections");
    wann_net_destroy(net);
}

int main(void) {
    if (!test_reference_dir()) {
        puts("skipped: the golden data is missing");
        return TEST_SKIP;
    }
    RUN(every_published_network_is_read);
    RUN(published_weights_are_read);
    RUN(mistakes_are_named);
    return TEST_RESULT();
}
