/* Run another program: no shell, words as they are. */
#ifndef WN_PROC_H
#define WN_PROC_H

#include <stddef.h>

#include "wann/status.h"

/* Run argv[0] (looked up in PATH) with argv, standard input from input (NULL: nothing), and wait.
 * *output, if not NULL, gets what it wrote to standard output, *errors what to standard error
 * (terminated; free with wn_free); NULL: thrown away. *exit_code: its exit code, or 128 + signal.
 * WANN_OK means that it ran, whatever its exit code; WANN_TOOL that it could not be started. */
wann_status wn_proc_run(const char *const *argv, const char *input, char **output, char **errors,
                        int *exit_code, wann_diag *diag);

#endif
