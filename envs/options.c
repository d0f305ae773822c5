/* The options of a task: "key=value" texts. */
#include "envs/options.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "runtime/base/text.h"

int wn_env_fail(wann_env_error *error, wann_status status, const char *format, ...) {
    if (error) {
        va_list args;
        va_start(args, format);
        if (vsnprintf(error->text, sizeof error->text, format, args) < 0)
            error->text[0] = '\0';
        va_end(args);
    }
    return (int)status;
}

static bool take_count(const char *text, uint32_t *value) {
    uint64_t number = 0;
    size_t n = 0;
    for (; text[n] >= '0' && text[n] <= '9' && number <= UINT32_MAX; n++)
        number = number * 10 + (uint64_t)(text[n] - '0');
    if (n == 0 || text[n] != '\0' || number == 0 || number > UINT32_MAX)
        return false;
    *value = (uint32_t)number;
    return true;
}

static bool take_real(const char *text, double *value) {
    double number;
    if (!*text || wn_parse_double(text, &number) != strlen(text) || !isfinite(number))
        return false;
    *value = number;
    return true;
}

/* What a value of this kind has to be; NULL if text is one. */
static const char *take_value(const wn_option *option, const char *text) {
    switch (option->kind) {
    case WN_OPTION_FLAG:
        if (strcmp(text, "0") != 0 && strcmp(text, "1") != 0)
            return "0 or 1";
        *(bool *)option->value = *text == '1';
        return NULL;
    case WN_OPTION_COUNT:
        return take_count(text, option->value) ? NULL : "a whole number from 1 to 4294967295";
    case WN_OPTION_REAL:
        return take_real(text, option->value) ? NULL : "a number";
    case WN_OPTION_TEXT:
        *(const char **)option->value = text;
        return *text ? NULL : "some text";
    }
    return NULL;
}

static int unknown(const char *key, size_t length, const wn_option *options, size_t n,
                   wann_env_error *error) {
    wn_buf known = {0};
    for (size_t i = 0; i < n; i++)
        wn_buf_print(&known, "%s%s", i ? ", " : "", options[i].key);
    const int status =
        n == 0 ? wn_env_fail(error, WANN_INPUT, "unknown option '%.*s'; there are none",
                             (int)length, key)
               : wn_env_fail(error, WANN_INPUT, "unknown option '%.*s'; there are: %s", (int)length,
                             key, known.data ? known.data : "");
    wn_buf_free(&known);
    return status;
}

static int read_one(const char *text, const wn_option *options, size_t n, wann_env_error *error) {
    const size_t length = strcspn(text, "=");
    if (text[length] != '=')
        return wn_env_fail(error, WANN_INPUT, "option '%.100s' has no '='; expected key=value", text);
    for (size_t i = 0; i < n; i++) {
        if (strlen(options[i].key) != length || memcmp(options[i].key, text, length) != 0)
            continue;
        const char *expected = take_value(&options[i], text + length + 1);
        return expected ? wn_env_fail(error, WANN_INPUT, "option %s is '%.100s'; expected %s",
                                      options[i].key, text + length + 1, expected)
                        : WANN_OK;
    }
    return unknown(text, length < 100 ? length : 100, options, n, error);
}

int wn_options_read(const char *const *texts, const wn_option *options, size_t n,
                    wann_env_error *error) {
    for (; texts && *texts; texts++) {
        const int status = read_one(*texts, options, n, error);
        if (status != WANN_OK)
            return status;
    }
    return WANN_OK;
}
