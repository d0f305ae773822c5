/* The settings of a search, under the keys of the published files. */
#ifndef WN_HYPER_H
#define WN_HYPER_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/base/text.h"
#include "runtime/io/source.h"
#include "wann/status.h"

typedef enum wn_algorithm { WN_WANN, WN_NEAT } wn_algorithm;
typedef enum wn_weight_choice { WN_WEIGHTS_STANDARD, WN_WEIGHTS_UNIFORM } wn_weight_choice;
typedef enum wn_speciation { WN_SPECIES_NONE, WN_SPECIES_NEAT } wn_speciation;
typedef enum wn_rank_weight { WN_RANK_EXP, WN_RANK_LIN } wn_rank_weight;

/* One number a key, in the order of hyper.def, whatever its kind; read them by WN_HYPER. */
typedef enum wn_hyper_key {
#define X(kind, key, wann, neat, least, largest, help) WN_HYPER_##key,
#include "search/hyper.def"
#undef X
    WN_HYPER_KEYS
} wn_hyper_key;

enum { WN_HYPER_TASK_SIZE = 512 };

typedef struct wn_hyper {
    double value[WN_HYPER_KEYS];
    char task[WN_HYPER_TASK_SIZE]; /* key "task" of a published file; empty: none */
} wn_hyper;

#define WN_HYPER(hyper, key)       ((hyper)->value[WN_HYPER_##key])
#define WN_HYPER_COUNT(hyper, key) ((uint32_t)(hyper)->value[WN_HYPER_##key])

/* What an algorithm starts from. */
wn_hyper wn_hyper_defaults(wn_algorithm algorithm);

/* Set one key from text. The error for an unknown key names the nearest. */
wann_status wn_hyper_set(wn_hyper *hyper, const char *key, const char *value, wann_diag *diag);

/* Set from "key=value". */
wann_status wn_hyper_assign(wn_hyper *hyper, const char *assignment, wann_diag *diag);

/* Set from a settings file: a JSON object of numbers, words and true or false. As some published
 * files have it, a comma may stand before the closing brace. */
wann_status wn_hyper_read(wn_hyper *hyper, const char *path, wann_diag *diag);

/* The same from a text that is JSON as it should be. */
wann_status wn_hyper_read_text(wn_hyper *hyper, const wn_source *source, wann_diag *diag);

/* Refuse settings that do not go together. */
wann_status wn_hyper_check(const wn_hyper *hyper, wann_diag *diag);

const char *wn_hyper_name(wn_hyper_key key);

/* Append the value of one key, as wn_hyper_set takes it. */
void wn_hyper_put(const wn_hyper *hyper, wn_hyper_key key, wn_buf *out);

/* Append all keys as a JSON object, which wn_hyper_read_text reads back to the same numbers. */
void wn_hyper_write(const wn_hyper *hyper, wn_buf *out);

/* The shared weights that are tried; weight[n], n = wn_hyper_weights(hyper, NULL); 0 for neat. */
uint32_t wn_hyper_weights(const wn_hyper *hyper, double *weight);

#endif
