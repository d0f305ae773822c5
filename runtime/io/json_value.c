/* The scalars of a JSON text, read by cJSON. */
#define _GNU_SOURCE
#include "runtime/io/json_value.h"

#include <cjson/cJSON.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

static void install_allocator(void) {
    cJSON_Hooks hooks = {wn_alloc, wn_free};
    cJSON_InitHooks(&hooks);
}

/* cJSON reads numbers with strtod and undoes the locale's decimal point only where that is one
 * byte; in the "C" locale there is nothing to undo. glibc makes this locale without allocating. */
static cJSON *parse_plain(const char *text, size_t n) {
    const locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    const locale_t before = plain ? uselocale(plain) : (locale_t)0;
    cJSON *item = cJSON_ParseWithLength(text, n);
    if (plain) {
        uselocale(before);
        freelocale(plain);
    }
    return item;
}

/* NULL only if out of memory, as the text has been checked. */
static cJSON *parse(const wn_source *source, wn_json_span value) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install_allocator);
    return parse_plain(source->data + value.at, value.end - value.at);
}

static wann_status refuse_kind(const wn_source *source, wn_json_span value, const char *key,
                               const char *expected, wann_diag *diag) {
    return wn_source_fail(source, value.at, diag, "\"%s\" is %s; expected %s", key,
                          wn_json_kind(source, value), expected);
}

wann_status wn_json_string(const wn_source *source, wn_json_span value, const char *key,
                           wn_arena *arena, const char **text, wann_diag *diag) {
    if (source->data[value.at] != '"')
        return refuse_kind(source, value, key, "a string", diag);
    cJSON *item = parse(source, value);
    *text = item ? wn_arena_copy(arena, item->valuestring, strlen(item->valuestring)) : NULL;
    cJSON_Delete(item);
    return *text ? WANN_OK : wn_fail_memory(diag);
}

bool wn_json_is_number(const wn_source *source, wn_json_span value) {
    const char first = source->data[value.at];
    return first == '-' || (first >= '0' && first <= '9');
}

static wann_status parse_number(const wn_source *source, wn_json_span value, const char *key,
                                double *number, wann_diag *diag) {
    enum { LONGEST = 63 }; /* what cJSON can take; a double has 17 digits */
    if (value.end - value.at > LONGEST)
        return wn_source_fail(source, value.at, diag,
                              "\"%s\" is a number of more than %d characters", key, LONGEST);
    cJSON *item = parse(source, value);
    if (!item)
        return wn_fail_memory(diag);
    *number = item->valuedouble;
    cJSON_Delete(item);
    return WANN_OK;
}

wann_status wn_json_number(const wn_source *source, wn_json_span value, const char *key,
                           double *number, wann_diag *diag) {
    if (!wn_json_is_number(source, value))
        return refuse_kind(source, value, key, "a number", diag);
    WN_TRY(parse_number(source, value, key, number, diag));
    if (isfinite(*number))
        return WANN_OK;
    return wn_source_fail(source, value.at, diag, "\"%s\" is too large for a double", key);
}

wann_status wn_json_integer(const wn_source *source, wn_json_span value, const char *key,
                            int64_t *integer, wann_diag *diag) {
    static const double LARGEST = 9007199254740991.0; /* 2^53 - 1: up to here no two are one */
    double number = 0;
    if (!wn_json_is_number(source, value))
        return refuse_kind(source, value, key, "an integer", diag);
    WN_TRY(parse_number(source, value, key, &number, diag));
    if (fabs(number) > LARGEST)
        return wn_source_fail(source, value.at, diag,
                              "\"%s\" is out of range; expected less than 2^53 in size", key);
    if (number != floor(number))
        return wn_source_fail(source, value.at, diag, "\"%s\" is not whole; expected an integer",
                              key);
    *integer = (int64_t)number;
    return WANN_OK;
}

wann_status wn_json_container(const wn_source *source, wn_json_span value, const char *key,
                              char bracket, wann_diag *diag) {
    if (source->data[value.at] == bracket)
        return WANN_OK;
    return refuse_kind(source, value, key, bracket == '[' ? "an array" : "an object", diag);
}
