/* The settings of a search: the table of keys, read from files and the command line. */
#include "search/hyper.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/escape.h"
#include "runtime/base/file.h"
#include "runtime/base/nearest.h"
#include "runtime/io/json_value.h"

typedef enum kind { COUNT, REAL, FLAG, CHOICE } kind;

typedef struct row {
    const char *key;
    kind kind;
    double value[2]; /* by algorithm */
    double least;
    double largest;
} row;

static const row rows[] = {
#define X(kind, key, wann, neat, least, largest, help) {#key, kind, {wann, neat}, least, largest},
#include "search/hyper.def"
#undef X
};

/* The words of each CHOICE, in the order of its enum. */
static const struct {
    wn_hyper_key key;
    const char *word[2];
} choices[] = {{WN_HYPER_algorithm, {"wann", "neat"}},
               {WN_HYPER_alg_wDist, {"standard", "uniform"}},
               {WN_HYPER_alg_speciate, {"none", "neat"}},
               {WN_HYPER_select_rankWeight, {"exp", "lin"}}};

static const char *const *words_of(wn_hyper_key key) {
    size_t i = 0;
    while (choices[i].key != key)
        i++;
    return choices[i].word;
}

wn_hyper wn_hyper_defaults(wn_algorithm algorithm) {
    wn_hyper hyper = {.task = ""};
    for (size_t i = 0; i < WN_HYPER_KEYS; i++)
        hyper.value[i] = rows[i].value[algorithm];
    hyper.value[WN_HYPER_algorithm] = algorithm;
    return hyper;
}

static wann_status find_key(const char *key, size_t *index, wann_diag *diag) {
    const char *names[WN_HYPER_KEYS];
    for (*index = 0; *index < WN_HYPER_KEYS; ++*index) {
        if (strcmp(key, rows[*index].key) == 0)
            return WANN_OK;
        names[*index] = rows[*index].key;
    }
    const char *nearest = wn_nearest(key, names, WN_HYPER_KEYS);
    return wn_fail(diag, WANN_INPUT, NULL, 0, 0, "unknown setting '%s'%s%s%s", key,
                   nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

static wann_status set_choice(wn_hyper *hyper, wn_hyper_key key, const char *value,
                              wann_diag *diag) {
    const char *const *words = words_of(key);
    for (int i = 0; i < 2; i++)
        if (strcmp(value, words[i]) == 0) {
            hyper->value[key] = i;
            return WANN_OK;
        }
    return wn_fail(diag, WANN_INPUT, NULL, 0, 0, "%s is '%s'; expected %s or %s", rows[key].key,
                   value, words[0], words[1]);
}

static wann_status refuse_number(const row *r, const char *value, wann_diag *diag) {
    char least[WN_NUMBER_SIZE], largest[WN_NUMBER_SIZE];
    wn_format_double(least, r->least);
    wn_format_double(largest, r->largest);
    return wn_fail(diag, WANN_INPUT, NULL, 0, 0, "%s is '%s'; expected a %snumber from %s to %s",
                   r->key, value, r->kind == REAL ? "" : "whole ", least, largest);
}

wann_status wn_hyper_set(wn_hyper *hyper, const char *key, const char *value, wann_diag *diag) {
    size_t index = 0;
    if (strcmp(key, "task") == 0) {
        if (strlen(value) >= sizeof hyper->task)
            return wn_fail(diag, WANN_INPUT, NULL, 0, 0, "the name of the task is too long");
        snprintf(hyper->task, sizeof hyper->task, "%s", value);
        return WANN_OK;
    }
    WN_TRY(find_key(key, &index, diag));
    const row *r = &rows[index];
    if (r->kind == CHOICE)
        return set_choice(hyper, (wn_hyper_key)index, value, diag);
    double number = 0;
    if (r->kind == FLAG && (strcmp(value, "true") == 0 || strcmp(value, "false") == 0))
        number = value[0] == 't';
    else if (wn_parse_double(value, &number) != strlen(value) || value[0] == '\0')
        return refuse_number(r, value, diag);
    if (!(number >= r->least && number <= r->largest) ||
        (r->kind != REAL && number != floor(number)))
        return refuse_number(r, value, diag);
    hyper->value[index] = number;
    return WANN_OK;
}

wann_status wn_hyper_assign(wn_hyper *hyper, const char *assignment, wann_diag *diag) {
    char key[64];
    const char *equals = strchr(assignment, '=');
    if (!equals || (size_t)(equals - assignment) >= sizeof key)
        return wn_fail(diag, WANN_INPUT, NULL, 0, 0, "'%s' is no setting; expected KEY=VALUE",
                       assignment);
    snprintf(key, sizeof key, "%.*s", (int)(equals - assignment), assignment);
    return wn_hyper_set(hyper, key, equals + 1, diag);
}

/* Commas before a closing brace become blanks, so that places in the file stay what they are. */
static void forgive_commas(char *data, size_t size) {
    bool quoted = false;
    size_t comma = size;
    for (size_t i = 0; i < size; i++) {
        if (quoted && data[i] == '\\') {
            i++;
            continue;
        }
        quoted ^= data[i] == '"';
        if (quoted)
            comma = size;
        else if (data[i] == '}' && comma < size)
            data[comma] = ' ';
        if (!quoted && !wn_json_blank(data[i]))
            comma = data[i] == ',' ? i : size;
    }
}

/* A member's value as the text that wn_hyper_set takes. */
static wann_status value_text(const wn_source *source, const wn_json_walk *walk, wn_arena *arena,
                              const char **text, wann_diag *diag) {
    const char first = source->data[walk->value.at];
    if (first == '"')
        return wn_json_string(source, walk->value, "the setting", arena, text, diag);
    if (first == '{' || first == '[' || first == 'n')
        return wn_source_fail(source, walk->value.at, diag,
                              "the setting is %s; expected a number or a word",
                              wn_json_kind(source, walk->value));
    *text = wn_arena_copy(arena, source->data + walk->value.at, walk->value.end - walk->value.at);
    return *text ? WANN_OK : wn_fail_memory(diag);
}

static wann_status read_members(wn_hyper *hyper, const wn_source *source, wn_arena *arena,
                                wann_diag *diag) {
    const wn_json_span root = wn_json_root(source);
    WN_TRY(wn_json_container(source, root, "the file", '{', diag));
    wn_json_walk walk = wn_json_begin(source, root);
    while (wn_json_next(&walk)) {
        const char *key = NULL, *value = NULL;
        wann_diag inner = {0};
        WN_TRY(wn_json_string(source, walk.key, "key", arena, &key, diag));
        WN_TRY(value_text(source, &walk, arena, &value, diag));
        if (wn_hyper_set(hyper, key, value, &inner) != WANN_OK)
            return wn_source_fail(source, walk.key.at, diag, "%s", inner.text);
    }
    return WANN_OK;
}

wann_status wn_hyper_read_text(wn_hyper *hyper, const wn_source *source, wann_diag *diag) {
    wn_arena arena = {0};
    wann_status status = wn_json_check(source, diag);
    if (status == WANN_OK)
        status = read_members(hyper, source, &arena, diag);
    wn_arena_free(&arena);
    return status;
}

wann_status wn_hyper_read(wn_hyper *hyper, const char *path, wann_diag *diag) {
    char *data;
    size_t size;
    WN_TRY(wn_file_read(path, &data, &size, diag));
    forgive_commas(data, size);
    const wann_status status =
        wn_hyper_read_text(hyper, &(wn_source){.data = data, .size = size, .path = path}, diag);
    wn_free(data);
    return status;
}

wann_status wn_hyper_check(const wn_hyper *hyper, wann_diag *diag) {
    const bool neat = WN_HYPER(hyper, algorithm) == WN_NEAT;
    if (!neat && WN_HYPER(hyper, alg_speciate) == WN_SPECIES_NEAT)
        return wn_fail(diag, WANN_INPUT, NULL, 0, 0,
                       "alg_speciate is neat; expected none, or the algorithm neat");
    if (!neat && WN_HYPER(hyper, prob_addConn) + WN_HYPER(hyper, prob_addNode) +
                         WN_HYPER(hyper, prob_enable) + WN_HYPER(hyper, prob_mutAct) <=
                     0)
        return wn_fail(diag, WANN_INPUT, NULL, 0, 0, "all mutations have probability 0");
    return WANN_OK;
}

const char *wn_hyper_name(wn_hyper_key key) {
    return rows[key].key;
}

void wn_hyper_put(const wn_hyper *hyper, wn_hyper_key key, wn_buf *out) {
    if (rows[key].kind == CHOICE)
        wn_buf_text(out, words_of(key)[(int)hyper->value[key]]);
    else
        wn_buf_double(out, hyper->value[key]);
}

void wn_hyper_write(const wn_hyper *hyper, wn_buf *out) {
    wn_buf_char(out, '{');
    for (size_t i = 0; i < WN_HYPER_KEYS; i++) {
        const char *quote = rows[i].kind == CHOICE ? "\"" : "";
        wn_buf_print(out, "%s\"%s\": %s", i ? ", " : "", rows[i].key, quote);
        wn_hyper_put(hyper, (wn_hyper_key)i, out);
        wn_buf_text(out, quote);
    }
    wn_buf_char(out, '}');
}

uint32_t wn_hyper_weights(const wn_hyper *hyper, double *weight) {
    static const double standard[] = {-2, -1, -0.5, 0.5, 1, 2};
    if (WN_HYPER(hyper, algorithm) == WN_NEAT)
        return 0;
    if (WN_HYPER(hyper, alg_wDist) == WN_WEIGHTS_STANDARD) {
        if (weight)
            memcpy(weight, standard, sizeof standard);
        return sizeof standard / sizeof *standard;
    }
    const uint32_t n = WN_HYPER_COUNT(hyper, alg_nVals);
    const double cap = WN_HYPER(hyper, ann_absWCap);
    for (uint32_t i = 0; weight && i < n; i++)
        weight[i] = n > 1 ? -cap + 2 * cap * i / (n - 1) : cap;
    return n;
}
