/* Reading the options of a task. */
#ifndef WN_OPTIONS_H
#define WN_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "wann/env.h"

/* What an option's value may be. */
typedef enum wn_option_kind { WN_OPTION_FLAG, WN_OPTION_COUNT, WN_OPTION_REAL, WN_OPTION_TEXT } wn_option_kind;

/* One option. value: a bool (0 or 1), a uint32_t (1 and up), a double (finite), or a const char * (which
 * refers to the option's text). */
typedef struct wn_option {
    const char *key;
    wn_option_kind kind;
    void *value;
} wn_option;

/* Set the values that texts (NULL at the end; may be NULL) name; others stay. A wann_status. */
int wn_options_read(const char *const *texts, const wn_option *options, size_t n,
                    wann_env_error *error);

/* Write the error's text; returns status. */
int wn_env_fail(wann_env_error *error, wann_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
