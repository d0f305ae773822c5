/* Samples from a table: options, classes, and what is held out for testing. */
#include <math.h>
#include <string.h>

#include "envs/classify.h"
#include "envs/options.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/rng.h"
#include "runtime/base/text.h"

/* What the random numbers of a split are for. */
static const uint64_t SPLIT = UINT64_C(0x73706c74);

static bool take_header(const char *text, wn_csv_header *header) {
    static const char *const words[] = {"auto", "yes", "no"}; /* in the order of wn_csv_header */
    for (int i = 0; i < 3; i++)
        if (strcmp(text, words[i]) == 0) {
            *header = (wn_csv_header)i;
            return true;
        }
    return false;
}

static bool take_separator(const char *text, char *separator) {
    *separator = strcmp(text, "tab") == 0 ? '\t' : *text;
    return *separator == '\t' || (text[1] == '\0' && strchr(",;|:\t ", *text));
}

static bool take_number(const char *text, double *value) {
    return wn_parse_double(text, value) == strlen(text) && isfinite(*value);
}

int wn_table_options_read(const char *const *options, wn_table_options *table,
                          wann_env_error *error) {
    const char *header = "auto", *separator = ",", *divide = "1", *test = "0";
    *table = (wn_table_options){0};
    const wn_option known[] = {
        {"file", WN_OPTION_TEXT, &table->file},       {"label", WN_OPTION_TEXT, &table->csv.label},
        {"header", WN_OPTION_TEXT, &header},          {"separator", WN_OPTION_TEXT, &separator},
        {"divide", WN_OPTION_TEXT, &divide},          {"test", WN_OPTION_TEXT, &test},
        {"classes", WN_OPTION_TEXT, &table->classes},
    };
    const int status = wn_options_read(options, known, sizeof known / sizeof *known, error);
    if (status != WANN_OK)
        return status;
    if (!take_header(header, &table->csv.header))
        return wn_env_fail(error, WANN_INPUT, "option header is '%.40s'; expected auto, yes or no",
                           header);
    if (!take_separator(separator, &table->csv.separator))
        return wn_env_fail(error, WANN_INPUT,
                           "option separator is '%.40s'; expected one of , ; | : or tab",
                           separator);
    if (!take_number(divide, &table->divide) || table->divide == 0)
        return wn_env_fail(error, WANN_INPUT, "option divide is '%.40s'; expected a number, not 0",
                           divide);
    if (!take_number(test, &table->test) || table->test < 0 || table->test >= 1)
        return wn_env_fail(error, WANN_INPUT,
                           "option test is '%.40s'; expected a part of 1, such as 0.2", test);
    return WANN_OK;
}

/* --- classes ---------------------------------------------------------------------------------- */

static size_t count_classes(const char *list) {
    size_t n = 1;
    for (; *list; list++)
        n += *list == ',';
    return n;
}

/* The texts between commas; NULL: memory. */
static char **split_classes(const char *list, size_t n) {
    char **text = wn_calloc(n, sizeof *text);
    for (size_t i = 0; text && i < n; i++) {
        const size_t length = strcspn(list, ",");
        wn_buf buf = {0};
        wn_buf_bytes(&buf, list, length);
        text[i] = wn_buf_take(&buf);
        list += length + (list[length] == ',');
    }
    return text;
}

static void free_classes(char **text, size_t n) {
    for (size_t i = 0; text && i < n; i++)
        wn_free(text[i]);
    wn_free(text);
}

/* Number the labels of csv by the classes that were asked for. */
static wann_status renumber(const wn_table_options *options, wn_csv *csv, char **class_text,
                            size_t n, wann_diag *diag) {
    for (size_t i = 0; i < csv->rows; i++) {
        const char *label = csv->label_text[csv->label[i]];
        uint32_t c = 0;
        while (c < n && strcmp(class_text[c], label) != 0)
            c++;
        if (c == n)
            return wn_fail(diag, WANN_INPUT, options->file, 0, 0,
                           "row %zu has the label '%.40s', which is none of the classes %.200s",
                           i + 1, label, options->classes);
        csv->label[i] = c;
    }
    return WANN_OK;
}

static wann_status use_classes(const wn_table_options *options, wn_csv *csv, wann_diag *diag) {
    const size_t n = count_classes(options->classes);
    char **text = split_classes(options->classes, n);
    bool complete = text != NULL;
    for (size_t i = 0; complete && i < n; i++)
        complete = text[i] != NULL;
    const wann_status status =
        complete ? renumber(options, csv, text, n, diag) : wn_fail_memory(diag);
    if (status != WANN_OK) {
        free_classes(text, n);
        return status;
    }
    free_classes(csv->label_text, csv->labels);
    csv->label_text = text;
    csv->labels = n;
    return WANN_OK;
}

static wann_status finish_table(const wn_table_options *options, wn_csv *csv, wann_diag *diag) {
    if (options->classes)
        WN_TRY(use_classes(options, csv, diag));
    if (csv->labels < 2)
        return wn_fail(diag, WANN_INPUT, options->file, 0, 0,
                       "all rows have the label '%.40s'; expected two classes or more",
                       csv->label_text[0]);
    for (size_t i = 0; i < csv->rows * csv->columns; i++)
        csv->value[i] /= options->divide;
    return WANN_OK;
}

wann_status wn_table_read(const wn_table_options *options, wn_csv *csv, wann_diag *diag) {
    WN_TRY(wn_csv_read(options->file, &options->csv, csv, diag));
    const wann_status status = finish_table(options, csv, diag);
    if (status != WANN_OK)
        wn_csv_free(csv);
    return status;
}

/* --- splits ----------------------------------------------------------------------------------- */

/* Choose n of the rows for testing: the same ones for the same number of rows, whatever is in them
 * (a shuffle in the manner of Fisher and Yates, of which the first n count). */
static bool *choose_test(size_t rows, size_t n) {
    size_t *order = wn_calloc(rows, sizeof *order);
    bool *is_test = wn_calloc(rows, sizeof *is_test);
    wn_rng rng = wn_rng_stream(0, rows, 0, SPLIT);
    for (size_t i = 0; order && is_test && i < rows; i++)
        order[i] = i;
    for (size_t i = 0; order && is_test && i < n; i++) {
        const size_t j = i + wn_rng_below(&rng, rows - i);
        const size_t chosen = order[j];
        order[j] = order[i];
        is_test[chosen] = true;
    }
    if (!order) {
        wn_free(is_test);
        is_test = NULL;
    }
    wn_free(order);
    return is_test;
}

static wann_status copy_rows(const wn_csv *csv, const bool *chosen, bool wanted, size_t n,
                             double **input, uint32_t **label, wann_diag *diag) {
    *input = wn_calloc(n, csv->columns * sizeof **input);
    *label = wn_calloc(n, sizeof **label);
    if (!*input || !*label)
        return wn_fail_memory(diag);
    size_t k = 0;
    for (size_t i = 0; i < csv->rows; i++) {
        if (chosen[i] != wanted)
            continue;
        memcpy(*input + k * csv->columns, csv->value + i * csv->columns,
               csv->columns * sizeof **input);
        (*label)[k++] = csv->label[i];
    }
    return WANN_OK;
}

wann_status wn_table_split(const wn_csv *csv, const wn_table_options *options, wann_split split,
                           wann_samples *samples, double **input, uint32_t **label,
                           wann_diag *diag) {
    const size_t n_test = (size_t)lround(options->test * (double)csv->rows);
    *samples = (wann_samples){.n = csv->rows,
                              .inputs = csv->columns,
                              .classes = csv->labels,
                              .input = csv->value,
                              .label = csv->label};
    if (options->test == 0)
        return WANN_OK;
    samples->n = split == WANN_TEST ? n_test : csv->rows - n_test;
    if (samples->n == 0)
        return wn_fail(diag, WANN_INPUT, options->file, 0, 0,
                       "of %zu rows option test leaves none to %s", csv->rows,
                       split == WANN_TEST ? "test with" : "train with");
    bool *is_test = choose_test(csv->rows, n_test);
    const wann_status status =
        is_test ? copy_rows(csv, is_test, split == WANN_TEST, samples->n, input, label, diag)
                : wn_fail_memory(diag);
    wn_free(is_test);
    samples->input = *input;
    samples->label = *label;
    return status;
}
