/* The state of a training, and its file: a line of text, numbers with the least byte first, and a
 * checksum of all that. */
#include "envs/vae/state.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/file.h"
#include "runtime/base/text.h"

static const char MAGIC[] = "wann-vae 1\n";
enum {
    MAGIC_SIZE = sizeof MAGIC - 1,
    CHANNELS = 8,
    SETTINGS = CHANNELS + 8,
    POINT = 5,
    NUMBERS = SETTINGS + (1 + WN_VAE_POINTS) * POINT,
    HEADER = MAGIC_SIZE + 8 * NUMBERS
};

static wann_status allocate(wn_vae_state *s, wann_diag *diag) {
    const size_t n = s->model.n_parameters;
    s->parameter = wn_calloc(n, sizeof(float));
    s->mean = wn_calloc(n, sizeof(float));
    s->square = wn_calloc(n, sizeof(float));
    return s->parameter && s->mean && s->square ? WANN_OK : wn_fail_memory(diag);
}

wann_status wn_vae_state_begin(const wn_vae_settings *settings, wn_vae_state *state,
                               wann_diag *diag) {
    *state = (wn_vae_state){.settings = *settings, .model = wn_vae_model_of(settings->size)};
    WN_TRY(allocate(state, diag));
    wn_vae_begin(&state->model, settings->seed, state->parameter);
    return WANN_OK;
}

void wn_vae_state_free(wn_vae_state *state) {
    wn_free(state->parameter);
    wn_free(state->mean);
    wn_free(state->square);
    *state = (wn_vae_state){0};
}

/* --- the file --------------------------------------------------------------------------------- */

static void put(char *to, uint64_t value, size_t bytes) {
    for (size_t i = 0; i < bytes; i++)
        to[i] = (char)(value >> (8 * i) & 0xff);
}

static uint64_t get(const char *from, size_t bytes) {
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value |= (uint64_t)(unsigned char)from[i] << (8 * i);
    return value;
}

static uint64_t bits_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double value_of(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static char *put_floats(char *to, const float *values, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        put(to + 4 * i, bits, 4);
    }
    return to + 4 * n;
}

static const char *get_floats(const char *from, float *values, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const uint32_t bits = (uint32_t)get(from + 4 * i, 4);
        memcpy(&values[i], &bits, sizeof bits);
    }
    return from + 4 * n;
}

static size_t size_of(const wn_vae_model *model) {
    return HEADER + 3 * 4 * model->n_parameters + 8;
}

static void list_point(const wn_vae_point *p, uint64_t number[POINT]) {
    const uint64_t list[POINT] = {p->step, bits_of(p->pixels), bits_of(p->divergence),
                                  bits_of(p->kept), bits_of(p->seconds)};
    memcpy(number, list, sizeof list);
}

static uint32_t channel_of(const wn_vae_size *size, size_t i) {
    return i < 4 ? size->encoder[i] : size->decoder[i - 4];
}

static void list_numbers(const wn_vae_state *s, uint64_t number[NUMBERS]) {
    const wn_vae_settings *t = &s->settings;
    const uint64_t list[] = {t->seed,
                             t->steps,
                             t->batch,
                             bits_of(t->rate),
                             bits_of(t->tolerance),
                             s->step,
                             bits_of(s->seconds),
                             s->n_points};
    for (size_t i = 0; i < CHANNELS; i++)
        number[i] = channel_of(t->size, i);
    memcpy(number + CHANNELS, list, sizeof list);
    list_point(&s->sum, number + SETTINGS);
    for (size_t i = 0; i < WN_VAE_POINTS; i++)
        list_point(&s->point[i], number + SETTINGS + (1 + i) * POINT);
}

wann_status wn_vae_state_write(const wn_vae_state *s, const char *path, wann_diag *diag) {
    uint64_t number[NUMBERS];
    list_numbers(s, number);
    const size_t size = size_of(&s->model), n = s->model.n_parameters;
    char *file = wn_alloc(size);
    if (!file)
        return wn_fail_memory(diag);
    memcpy(file, MAGIC, MAGIC_SIZE);
    for (size_t i = 0; i < NUMBERS; i++)
        put(file + MAGIC_SIZE + 8 * i, number[i], 8);
    char *end = put_floats(file + HEADER, s->parameter, n);
    end = put_floats(put_floats(end, s->mean, n), s->square, n);
    put(end, wn_hash(file, size - 8), 8);
    const wann_status status = wn_file_write(path, file, size, 0666, diag);
    wn_free(file);
    return status;
}

static bool is_amount(double value) {
    return value >= 0 && isfinite(value);
}

static bool take_point(const uint64_t number[POINT], wn_vae_point *p) {
    *p = (wn_vae_point){(uint32_t)number[0], value_of(number[1]), value_of(number[2]),
                        value_of(number[3]), value_of(number[4])};
    return is_amount(p->pixels) && is_amount(p->divergence) && is_amount(p->kept) &&
           is_amount(p->seconds);
}

/* NULL for channels of no size that there is. */
static const wn_vae_size *take_size(const uint64_t number[CHANNELS]) {
    size_t n;
    const wn_vae_size *sizes = wn_vae_sizes(&n);
    for (size_t k = 0; k < n; k++) {
        bool same = true;
        for (size_t i = 0; i < CHANNELS; i++)
            same &= number[i] == channel_of(&sizes[k], i);
        if (same)
            return &sizes[k];
    }
    return NULL;
}

static bool take_settings(const uint64_t *number, wn_vae_state *s) {
    wn_vae_settings *t = &s->settings;
    t->seed = number[0];
    t->steps = (uint32_t)number[1];
    t->batch = (uint32_t)number[2];
    t->rate = value_of(number[3]);
    t->tolerance = value_of(number[4]);
    s->step = (uint32_t)number[5];
    s->seconds = value_of(number[6]);
    s->n_points = (size_t)number[7];
    return number[1] <= WN_VAE_MOST_STEPS && number[5] <= number[1] && t->batch > 0 &&
           t->batch % WN_VAE_SHARE == 0 && number[2] <= WN_VAE_MOST_BATCH && t->rate > 0 &&
           t->rate < 1 && is_amount(t->tolerance) && is_amount(s->seconds) &&
           number[7] <= WN_VAE_POINTS;
}

static bool take_numbers(const char *file, wn_vae_state *s) {
    uint64_t number[NUMBERS];
    for (size_t i = 0; i < NUMBERS; i++)
        number[i] = get(file + MAGIC_SIZE + 8 * i, 8);
    s->settings.size = take_size(number);
    if (!s->settings.size)
        return false;
    s->model = wn_vae_model_of(s->settings.size);
    bool good = take_settings(number + CHANNELS, s) && take_point(number + SETTINGS, &s->sum);
    for (size_t i = 0; i < WN_VAE_POINTS && good; i++)
        good = take_point(number + SETTINGS + (1 + i) * POINT, &s->point[i]);
    return good;
}

static wann_status take(const char *file, size_t size, const char *path, wn_vae_state *s,
                        wann_diag *diag) {
    if (size < HEADER || memcmp(file, MAGIC, MAGIC_SIZE) != 0)
        return wn_fail(diag, WANN_INPUT, path, 0, 0,
                       "is no autoencoder; expected a file that wann vae train wrote");
    if (!take_numbers(file, s) || size != size_of(&s->model) ||
        get(file + size - 8, 8) != wn_hash(file, size - 8))
        return wn_fail(diag, WANN_INPUT, path, 0, 0, "is damaged: its checksum or size is wrong");
    WN_TRY(allocate(s, diag));
    const size_t n = s->model.n_parameters;
    get_floats(get_floats(get_floats(file + HEADER, s->parameter, n), s->mean, n), s->square, n);
    for (size_t i = 0; i < n; i++)
        if (!isfinite(s->parameter[i]) || !isfinite(s->mean[i]) || !isfinite(s->square[i]))
            return wn_fail(diag, WANN_INPUT, path, 0, 0,
                           "has a parameter that is no finite number");
    return WANN_OK;
}

wann_status wn_vae_state_read(const char *path, wn_vae_state *state, wann_diag *diag) {
    char *file;
    size_t size;
    *state = (wn_vae_state){0};
    WN_TRY(wn_file_read(path, &file, &size, diag));
    const wann_status status = take(file, size, path, state, diag);
    wn_free(file);
    if (status != WANN_OK)
        wn_vae_state_free(state);
    return status;
}
