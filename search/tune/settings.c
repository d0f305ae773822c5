/* Settings of tuning: their table, and reading them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "runtime/base/diag.h"
#include "runtime/base/nearest.h"
#include "runtime/base/text.h"
#include "search/tune/tune.h"

typedef enum kind { COUNT, REAL, FLAG } kind;

static const struct row {
    kind kind;
    const char *key;
    double value, least, largest;
    const char *methods;
} rows[WN_TUNE_KEYS] = {
#define X(kind, key, value, least, largest, methods, help)                                         \
    {kind, #key, value, least, largest, methods},
#include "search/tune/tune.def"
#undef X
};

/* What a method starts from where it differs from the table. The covariance matrix makes up for large
 * first steps, which the others never unlearn; weight decay of cma and ga is the tool's. */
static const char *const own_settings[] = {
    [WANN_TUNE_SHARED] = "",
    [WANN_TUNE_CMA] = "sigma_init=0.3 num_episode=32 most_episodes=512 starts=6 weight_decay=0",
    [WANN_TUNE_PEPG] = "",
    [WANN_TUNE_OPENES] = "",
    [WANN_TUNE_GA] = "weight_decay=0.001",
    [WANN_TUNE_GRADIENT] =
        "learning_rate=0.01 learning_rate_decay=0.94 learning_rate_limit=0.0003 weight_decay=0"};

const char *wn_tune_key_name(wn_tune_key key) {
    return rows[key].key;
}

const char *wn_tune_word(wann_tune_method method) {
    static const char *const words[] = {
#define X(name, word, help) word,
        WANN_TUNE_LIST(X)
#undef X
    };
    return words[method];
}

bool wn_tune_knows(wann_tune_method method, wn_tune_key key) {
    const char letter = method == WANN_TUNE_GRADIENT ? '.' : *wn_tune_word(method);
    return strchr(rows[key].methods, letter) != NULL;
}

static wann_status find(const char *text, size_t length, size_t *found, wann_diag *diag) {
    const char *names[WN_TUNE_KEYS];
    char word[64];
    for (size_t i = 0; i < WN_TUNE_KEYS; i++) {
        names[i] = rows[i].key;
        *found = i;
        if (strlen(names[i]) == length && memcmp(names[i], text, length) == 0)
            return WANN_OK;
    }
    snprintf(word, sizeof word, "%.*s", (int)(length < sizeof word ? length : sizeof word - 1),
             text);
    const char *nearest = wn_nearest(word, names, WN_TUNE_KEYS);
    if (nearest)
        return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0,
                       "unknown setting '%s'; did you mean '%s'?", word, nearest);
    return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0, "unknown setting '%s'", word);
}

wann_status wn_tune_assign(wn_tune_settings *settings, wann_tune_method method, const char *text,
                           wann_diag *diag) {
    const char *equals = strchr(text, '=');
    size_t at;
    if (!equals)
        return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0, "'%s': expected KEY=VALUE", text);
    WN_TRY(find(text, (size_t)(equals - text), &at, diag));
    const struct row *row = &rows[at];
    if (!wn_tune_knows(method, (wn_tune_key)at))
        return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0, "method %s has no setting '%s'",
                       wn_tune_word(method), row->key);
    double value;
    const size_t taken = wn_parse_double(equals + 1, &value);
    const bool number = taken > 0 && equals[1 + taken] == '\0' && isfinite(value);
    if (!number || value < row->least || value > row->largest ||
        (row->kind != REAL && value != floor(value))) {
        char least[WN_NUMBER_SIZE], largest[WN_NUMBER_SIZE];
        wn_format_double(least, row->least);
        wn_format_double(largest, row->largest);
        return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0, "'%s': expected a %snumber from %s to %s",
                       text, row->kind == REAL ? "" : "whole ", least, largest);
    }
    settings->value[at] = value;
    return WANN_OK;
}

wn_tune_settings wn_tune_defaults(wann_tune_method method) {
    wn_tune_settings settings;
    for (size_t i = 0; i < WN_TUNE_KEYS; i++)
        settings.value[i] = rows[i].value;
    for (const char *at = own_settings[method]; *at;) {
        char one[64];
        const size_t length = strcspn(at, " ");
        snprintf(one, sizeof one, "%.*s", (int)length, at);
        wn_tune_assign(&settings, method, one, NULL); /* the table above is right */
        at += length + (at[length] == ' ');
    }
    return settings;
}
