/* Reading the golden tables. */
#include "env/swingup_golden.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/file.h"
#include "runtime/base/text.h"

static size_t read_row(const char *line, double *row, size_t most) {
    size_t n = 0;
    for (size_t taken; n < most && (taken = wn_parse_double(line, &row[n])) > 0; n++) {
        line += taken;
        if (*line != ',')
            return n + 1;
        line++;
    }
    return n;
}

golden_table golden_read(const char *folder, const char *file) {
    golden_table table = {0};
    char path[4300];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    char *text;
    size_t size;
    if (wn_file_read(path, &text, &size, NULL) != WANN_OK)
        return table;
    table.cell = malloc((size + 64) * sizeof *table.cell);
    for (char *line = strtok(text, "\n"); line && table.cell; line = strtok(NULL, "\n")) {
        const size_t n = read_row(line, table.cell + table.rows * table.columns, 64);
        if (n == 0)
            continue;
        if (table.rows++ == 0)
            table.columns = n;
    }
    wann_free(text);
    return table;
}
