/* Whole files: read them, replace them so that nobody ever sees half of one. */
#ifndef WN_FILE_H
#define WN_FILE_H

#include <stddef.h>

#include "wann/status.h"

/* Read all of a file, or of standard input for "-". *data gets size bytes and a terminator that
 * does not count; free it with wn_free. Directories and files over 1 GiB are refused. */
wann_status wn_file_read(const char *path, char **data, size_t *size, wann_diag *diag);

/* Write a temporary file beside path, flush it to disk, rename it over path. On failure nothing is
 * left behind and path is as it was. mode: permission bits before umask, e.g. 0666.
 * A path that is no regular file (a terminal, a pipe, /dev/null) is written directly. */
wann_status wn_file_write(const char *path, const void *data, size_t size, unsigned mode,
                          wann_diag *diag);

/* The name of a fresh temporary file (empty, mode 0600) in the folder of path; free with wn_free.
 * For programs that write a file themselves; wn_file_commit then renames it over path with the
 * permissions that a new file of `mode` gets. */
wann_status wn_file_temporary(const char *path, char **temporary, wann_diag *diag);
wann_status wn_file_commit(const char *temporary, const char *path, unsigned mode, wann_diag *diag);

#endif
