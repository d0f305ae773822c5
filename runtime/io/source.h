/* An input text and the places in it. */
#ifndef WN_SOURCE_H
#define WN_SOURCE_H

#include <stddef.h>

#include "wann/status.h"

/* size bytes of data, terminated (the terminator does not count). path is the name that errors
 * give. */
typedef struct wn_source {
    const char *data;
    size_t size;
    const char *path;
} wn_source;

/* Where the text begins: behind a byte order mark if there is one, which editors on Windows write.
 */
size_t wn_source_start(const wn_source *source);

/* Refuse the source because of what stands at offset `at`, as WANN_INPUT. Lines and columns count
 * from 1; a column is a character, not a byte. */
wann_status wn_source_fail(const wn_source *source, size_t at, wann_diag *diag, const char *format,
                           ...) __attribute__((format(printf, 4, 5)));

/* Room for what wn_source_describe writes. */
enum { WN_DESCRIPTION_SIZE = 48 };

/* What stands at an offset, for messages: 'x', byte 0x00, end of file. Returns text. */
const char *wn_source_describe(const wn_source *source, size_t at, char *text);

#endif
