/* The scalars of a JSON text, read by cJSON, which only this file's implementation includes. */
#ifndef WN_JSON_VALUE_H
#define WN_JSON_VALUE_H

#include "runtime/base/arena.h"
#include "runtime/io/json_text.h"

bool wn_json_is_number(const wn_source *source, wn_json_span value);

/* Each reads the value of `key` from a checked source; another type is refused at its place. */

/* *text belongs to the arena. */
wann_status wn_json_string(const wn_source *source, wn_json_span value, const char *key,
                           wn_arena *arena, const char **text, wann_diag *diag);

/* Finite. */
wann_status wn_json_number(const wn_source *source, wn_json_span value, const char *key,
                           double *number, wann_diag *diag);

/* Whole and less than 2^53 in size, which every reader of JSON keeps exactly; 7.0 is whole. */
wann_status wn_json_integer(const wn_source *source, wn_json_span value, const char *key,
                            int64_t *integer, wann_diag *diag);

/* Refuse a value unless it begins with the bracket of its kind, '[' or '{'. */
wann_status wn_json_container(const wn_source *source, wn_json_span value, const char *key,
                              char bracket, wann_diag *diag);

#endif
