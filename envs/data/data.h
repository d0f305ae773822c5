/* Data sets: where their files lie, how they get there, and from files to arrays. */
#ifndef WN_DATA_H
#define WN_DATA_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "envs/data/straighten.h"
#include "wann/status.h"

/* --- bytes ------------------------------------------------------------------------------------ */

/* Read all of a file; what is compressed by gzip comes out as it was before. *data gets size bytes
 * and a terminator that does not count; free it with wn_free. Over 1 GiB is refused. */
wann_status wn_data_read(const char *path, char **data, size_t *size, wann_diag *diag);

/* The same for the bytes of a file that were read already, of which it takes possession; path is
 * the name that errors give. */
wann_status wn_data_expand(const char *path, char **data, size_t *size, wann_diag *diag);

enum { WN_SHA256_SIZE = 32, WN_SHA256_TEXT = 65 };
/* The SHA-256 of size bytes (FIPS 180-4) in lower-case hexadecimal, terminated. */
void wn_sha256(const void *bytes, size_t size, char text[WN_SHA256_TEXT]);

/* --- IDX -------------------------------------------------------------------------------------- */

/* Items of bytes as the MNIST files hold them. Owned by the caller: wn_idx_free. */
typedef struct wn_idx {
    size_t n;                  /* items */
    size_t height, width;      /* of a picture; 1 x 1 for labels */
    char *file;                /* the whole file */
    const unsigned char *byte; /* [n][height][width], inside of file */
} wn_idx;

/* Read an IDX file of unsigned bytes with 1 dimension (labels) or 3 (pictures). */
wann_status wn_idx_read(const char *path, int dimensions, wn_idx *idx, wann_diag *diag);
/* The same from memory, of which it takes possession. */
wann_status wn_idx_parse(const char *path, char *file, size_t size, int dimensions, wn_idx *idx,
                         wann_diag *diag);
void wn_idx_free(wn_idx *idx); /* {0} is allowed */

/* --- CSV -------------------------------------------------------------------------------------- */

typedef enum wn_csv_header { WN_HEADER_AUTO, WN_HEADER_YES, WN_HEADER_NO } wn_csv_header;

/* How to read a table; {0}: comma, header if the first line is not all numbers, label last. */
typedef struct wn_csv_options {
    wn_csv_header header;
    const char *label; /* "last", "first", a name of the header, or a number from 1; NULL: last */
    char separator;    /* 0: a comma */
} wn_csv_options;

/* A table of numbers with one column of labels. Owned by the caller: wn_csv_free. */
typedef struct wn_csv {
    size_t rows, columns; /* columns without the label */
    double *value;        /* [rows][columns], finite */
    uint32_t *label;      /* [rows] index into label_text */
    size_t labels;
    char **label_text; /* [labels], whole numbers ascending if all are such, else by bytes */
    char **name;       /* [columns] of the header, or NULL */
} wn_csv;

/* Lines that are empty or start with # are left out; fields may be quoted ("" is a quote inside),
 * but hold no line ends. Refused, with line and column: rows of other lengths, what is no finite
 * number, an empty label, a label column that is not there, more than 1,000 labels, no rows. */
wann_status wn_csv_read(const char *path, const wn_csv_options *options, wn_csv *csv,
                        wann_diag *diag);
/* The same from size bytes of memory, which end with a terminator that does not count. */
wann_status wn_csv_parse(const char *path, const char *text, size_t size,
                         const wn_csv_options *options, wn_csv *csv, wann_diag *diag);
void wn_csv_free(wn_csv *csv); /* {0} is allowed */

/* --- MNIST ------------------------------------------------------------------------------------ */

/* Resize n images of 28 x 28 bytes to 16 x 16 and straighten them, as the published search does:
 * out[n][16][16], bit for bit what it got from OpenCV 4. threads: 0 for as many as there are cores;
 * what cannot be started is done without. */
void wn_mnist_preprocess(const unsigned char *image, size_t n, double *out, size_t threads);

/* --- the store -------------------------------------------------------------------------------- */

typedef struct wn_data_file {
    const char *name;
    size_t size;
    const char *sha256;
} wn_data_file;

/* One way to get at the files of a set: programs that are run in order, in a fresh folder. A word
 * that starts with '@' is a path in it ("@/data"), in which "*.deb" as the last part stands for the
 * file there that ends so. */
enum { WN_WAY_STEPS = 2, WN_WAY_WORDS = 10, WN_WAYS = 2 };
typedef struct wn_data_way {
    const char *step[WN_WAY_STEPS][WN_WAY_WORDS];
    const char *found; /* the folder that the files then lie in */
} wn_data_way;

/* A data set that can be fetched. */
typedef struct wn_data_set {
    const char *name;
    const char *summary; /* one line */
    const char *source;  /* where it comes from, for people */
    const wn_data_file *files;
    size_t n_files;
    wn_data_way way[WN_WAYS]; /* the next is tried where one fails; found NULL: no more */
} wn_data_set;

/* All of them; *n gets their number. */
const wn_data_set *wn_data_sets(size_t *n);
/* NULL if there is none of this name. */
const wn_data_set *wn_data_set_named(const char *name);

/* Where all sets lie: $WANN_DATA, else $XDG_DATA_HOME/wann, else ~/.local/share/wann. Free it, and
 * the paths below, with wn_free. */
wann_status wn_data_root(char **root, wann_diag *diag);
/* The folder of a set, there or not: its name in the root. */
wann_status wn_data_folder(const wn_data_set *set, char **folder, wann_diag *diag);
/* Whether all files of a set lie in its folder with their sizes. */
bool wn_data_present(const wn_data_set *set);
/* The path of a file of a set that has to be there; WANN_IO, and how to get it, if it is not. */
wann_status wn_data_path(const wn_data_set *set, size_t file, char **path, wann_diag *diag);

/* Bring a set into its folder: from files in `from` (plain or .gz), or, if from is NULL, by the
 * package managers that have it. Sizes and SHA-256 of all files are checked first; then the folder
 * appears whole. A set that is there is checked, and got again only if it is damaged: *fetched
 * tells. Another process at the same work is waited for. WANN_TOOL if a program is missing or
 * failed (as it does offline), WANN_INPUT for other bytes than expected. *stop (may be NULL) not 0:
 * give up at the next opportunity, and leave nothing behind. */
wann_status wn_data_fetch(const wn_data_set *set, const char *from,
                          const volatile sig_atomic_t *stop, bool *fetched, wann_diag *diag);

#endif
