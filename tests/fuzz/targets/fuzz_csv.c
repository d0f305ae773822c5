/* Any bytes as a table: refused with a reason and a place, or a table of finite numbers. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "envs/data/data.h"
#include "runtime/base/alloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libFuzzer reports whatever stops the program. */
static void must(int condition) {
    if (!condition)
        abort();
}

static void check(const wn_csv *csv) {
    must(csv->rows > 0 && csv->columns > 0 && csv->labels > 0);
    for (size_t i = 0; i < csv->rows * csv->columns; i++)
        must(isfinite(csv->value[i]));
    for (size_t i = 0; i < csv->rows; i++)
        must(csv->label[i] < csv->labels);
    for (size_t i = 0; i < csv->labels; i++)
        must(csv->label_text[i][0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const wn_csv_options options[] = {
        {0}, {.label = "first"}, {.label = "kind", .header = WN_HEADER_YES}, {.separator = ';'}};
    char *text = wn_alloc(size + 1);
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        wn_csv csv;
        wann_diag diag = {0};
        if (wn_csv_parse("fuzz", text, size, &options[i], &csv, &diag) == WANN_OK)
            check(&csv);
        else
            must(diag.text[0] && diag.line > 0 && !csv.value);
        wn_csv_free(&csv);
    }
    wn_free(text);
    return 0;
}
