/* Classification: what its files share. */
#ifndef WN_CLASSIFY_H
#define WN_CLASSIFY_H

#include "envs/data/data.h"
#include "envs/registry.h"
#include "wann/env.h"

/* The options of the tasks that read a table. */
typedef struct wn_table_options {
    const char *file;
    wn_csv_options csv;
    double divide; /* inputs are the table's numbers divided by this */
    double test;   /* the part of the samples that is held out, 0 <= test < 1; 0: none is, and
                      training   and testing both see all */
    const char
        *classes; /* labels in the order of the outputs, with commas; NULL: those there are */
} wn_table_options;

/* Read options; a wann_status. Known keys: file, label, header, separator, divide, test, classes.
 */
int wn_table_options_read(const char *const *options, wn_table_options *table,
                          wann_env_error *error);

/* Read the table: its labels are then those of `classes` where that is given. */
wann_status wn_table_read(const wn_table_options *options, wn_csv *csv, wann_diag *diag);

/* The samples of a split. Where rows are held out they are copied: *input and *label, else left as
 * they are, are to be freed with wn_free. */
wann_status wn_table_split(const wn_csv *csv, const wn_table_options *options, wann_split split,
                           wann_samples *samples, double **input, uint32_t **label,
                           wann_diag *diag);

/* Pictures of side x side numbers, row by row, turned counter-clockwise about their middle:
 * out[n][side][side] from in. A pixel is what is at its place in the picture as it was, linearly
 * between the four pixels around it (bilinear), beyond the edge 0. Sine and cosine are the project's
 * own, so that the numbers are the same on every machine; multiples of 90 degrees are exact. */
void wn_rotate_images(const double *in, size_t n, size_t side, double degrees, double *out);

/* The task classify:FILE. */
wn_file_task_open wn_classify_open;

/* The functions of a world of samples, for the task that wn_classify_open makes. */
int wn_table_create(const char *const *options, void **world, wann_env_error *error);
int wn_classify_samples(void *world, wann_split split, wann_samples *samples,
                        wann_env_error *error);
void wn_classify_destroy(void *world);

/* Every activation but the step, whose sums are often 0 where pixels are (the published choice). */
enum { WN_CLASSIFY_ACTIVATIONS = 0x7fa };

#endif
