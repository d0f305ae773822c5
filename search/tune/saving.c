/* Checkpoints of tuning: a header, everything that changes while a run goes on, and a checksum.
 * Numbers are 64 bits, the least byte first, so that a file is the same on every machine. */
#include <math.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/file.h"
#include "runtime/io/io.h"
#include "search/tune/tune.h"

static const char MAGIC[] = "wann-tuning-1\n";
enum { MAGIC_SIZE = sizeof MAGIC - 1, WORD = 8 };

static void put(wn_buf *out, uint64_t word) {
    char bytes[WORD];
    for (size_t i = 0; i < WORD; i++)
        bytes[i] = (char)(word >> (8 * i) & 0xff);
    wn_buf_bytes(out, bytes, WORD);
}

static void put_double(wn_buf *out, double number) {
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    put(out, bits);
}

static void put_doubles(wn_buf *out, const double *number, size_t n) {
    for (size_t i = 0; i < n; i++)
        put_double(out, number[i]);
}

static uint64_t take(const char **at) {
    uint64_t word = 0;
    for (size_t i = 0; i < WORD; i++)
        word |= (uint64_t)(unsigned char)(*at)[i] << (8 * i);
    *at += WORD;
    return word;
}

static double take_double(const char **at) {
    const uint64_t bits = take(at);
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

static void take_doubles(const char **at, double *number, size_t n) {
    for (size_t i = 0; i < n; i++)
        number[i] = take_double(at);
}

/* What a run must have in common with one that it goes on from. */
static void describe(const wn_tuning *t, wn_buf *out) {
    const wann_tune_options *o = t->options;
    wn_tune_settings s = t->settings;
    s.value[WN_TUNE_maxGen] = s.value[WN_TUNE_epochs] = 0;
    s.value[WN_TUNE_save_seconds] = s.value[WN_TUNE_test_episodes] = 0;
    wn_json_write(o->net, out);
    wn_buf_text(out, wann_task_name(o->task));
    for (const char *const *option = wann_task_options(o->task); option && *option; option++)
        wn_buf_text(out, *option);
    put(out, (uint64_t)o->method);
    put(out, o->seed);
    put_doubles(out, s.value, WN_TUNE_KEYS);
    put(out, o->has_start_weight);
    put_double(out, o->has_start_weight ? o->start_weight : 0);
    if (o->start)
        put_doubles(out, o->start, t->n);
}

static wann_status digest(const wn_tuning *t, uint64_t *word, wann_diag *diag) {
    wn_buf text = {0};
    describe(t, &text);
    const bool failed = text.failed;
    *word = failed ? 0 : wn_hash(text.data, text.length);
    wn_buf_free(&text);
    return failed ? wn_fail_memory(diag) : WANN_OK;
}

static wann_status save(const wn_tuning *t, const double *state, size_t n_state, wann_diag *diag) {
    wn_buf out = {0};
    uint64_t who;
    WN_TRY(digest(t, &who, diag));
    wn_buf_bytes(&out, MAGIC, MAGIC_SIZE);
    put(&out, who);
    put(&out, n_state);
    put(&out, t->generation);
    put(&out, t->evaluations);
    put(&out, t->steps);
    put_double(&out, wn_tuning_seconds(t));
    put_double(&out, t->best_value);
    put_double(&out, t->mean_steps);
    put_double(&out, t->result->weight);
    put_doubles(&out, t->start, t->n);
    put_doubles(&out, t->best, t->n);
    put_doubles(&out, state, n_state);
    put(&out, out.failed ? 0 : wn_hash(out.data, out.length));
    const wann_status status =
        out.failed ? wn_fail_memory(diag)
                   : wn_file_write(t->options->checkpoint, out.data, out.length, 0666, diag);
    wn_buf_free(&out);
    return status;
}

wann_status wn_tuning_save_sometimes(wn_tuning *t, const double *state, size_t n_state, bool now,
                                     wann_diag *diag) {
    const double seconds = wn_tuning_seconds(t);
    if (!t->options->checkpoint)
        return WANN_OK;
    if (!now && seconds - t->saved < WN_TUNE(&t->settings, save_seconds))
        return WANN_OK;
    t->saved = seconds;
    return save(t, state, n_state, diag);
}

static wann_status refuse(const wn_tuning *t, const char *why, wann_diag *diag) {
    return wn_fail(diag, WANN_INPUT, t->options->checkpoint, 0, 0, "%s", why);
}

static wann_status check(const wn_tuning *t, const char *data, size_t size, size_t n_state,
                         wann_diag *diag) {
    enum { SINGLE = 9 }; /* words before the arrays */
    uint64_t who;
    if (size < MAGIC_SIZE + WORD * (SINGLE + 1) || memcmp(data, MAGIC, MAGIC_SIZE) != 0)
        return refuse(t, "this is no checkpoint of tuning by this version", diag);
    const char *at = data + size - WORD;
    if (take(&at) != wn_hash(data, size - WORD))
        return refuse(t, "the checkpoint is damaged: its checksum is not that of its contents",
                      diag);
    at = data + MAGIC_SIZE;
    WN_TRY(digest(t, &who, diag));
    const bool ours = take(&at) == who && take(&at) == n_state;
    if (!ours || size != MAGIC_SIZE + WORD * (SINGLE + 2 * t->n + n_state + 1))
        return refuse(t,
                      "the checkpoint is of another run: network, task, method, start, seed and "
                      "settings must be as they were",
                      diag);
    return WANN_OK;
}

static void restore(wn_tuning *t, const char *data, double *state, size_t n_state) {
    const char *at = data + MAGIC_SIZE + (size_t)2 * WORD;
    t->generation = (uint32_t)take(&at);
    t->evaluations = take(&at);
    t->steps = take(&at);
    t->seconds_before = t->saved = take_double(&at);
    t->best_value = take_double(&at);
    t->mean_steps = take_double(&at);
    t->result->weight = take_double(&at);
    take_doubles(&at, t->start, t->n);
    take_doubles(&at, t->best, t->n);
    take_doubles(&at, state, n_state);
}

wann_status wn_tuning_load(wn_tuning *t, double *state, size_t n_state, wann_diag *diag) {
    char *data;
    size_t size;
    WN_TRY(wn_file_read(t->options->checkpoint, &data, &size, diag));
    const wann_status status = check(t, data, size, n_state, diag);
    if (status == WANN_OK)
        restore(t, data, state, n_state);
    wn_free(data);
    return status;
}
