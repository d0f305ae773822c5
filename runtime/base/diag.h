/* Filling in a wann_diag, and passing failures on. */
#ifndef WN_DIAG_H
#define WN_DIAG_H

#include "wann/status.h"

/* Set *diag (may be NULL) and return status, so that a failure reads `return wn_fail(...)`.
 * The text is made a single printable line: control characters and bytes that are no UTF-8 in the
 * arguments become \xNN. path NULL or line 0: none. */
wann_status wn_fail(wann_diag *diag, wann_status status, const char *path, int line, int column,
                    const char *format, ...) __attribute__((format(printf, 6, 7)));

wann_status wn_fail_memory(wann_diag *diag);

/* Failure of a call on a file that set errno: "cannot WHAT: strerror". */
wann_status wn_fail_errno(wann_diag *diag, const char *path, const char *what);

/* Leave the function with the status of a call that failed. */
#define WN_TRY(call)                                                                               \
    do {                                                                                           \
        const wann_status wn_try_status = (call);                                                  \
        if (wn_try_status != WANN_OK)                                                              \
            return wn_try_status;                                                                  \
    } while (0)

#endif
