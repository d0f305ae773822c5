/* The golden data of the published Python code's swing-up. */
#ifndef SWINGUP_GOLDEN_H
#define SWINGUP_GOLDEN_H

#include <stddef.h>

/* A CSV file of numbers: rows of `columns` numbers each; lines that do not start with a number are
 * left out. "tuned" and the like are no numbers. */
typedef struct golden_table {
    double *cell; /* [rows][columns] */
    size_t rows, columns;
} golden_table;

/* cell is NULL if the file cannot be read. */
golden_table golden_read(const char *folder, const char *file);

#endif
