/* Running an encoder: the inner loop of racing.
 *
 * Each layer lines up what its kernels read, one row of terms a pixel, and multiplies rows by
 * kernels, four by four, which compilers turn into multiplications of pairs (vpmaddwd and its
 * like). Everything is exact, so the vector units agree in every bit. */
#include <stdbool.h>
#include <string.h>

#include "envs/encoder_part.h"
#include "runtime/base/alloc.h"
#include "runtime/base/units.h"

enum {
    BLOCK = 4, /* rows, and channels, at a time */
    MOST_CHANNELS = WN_ENCODER_MOST_TERMS / 4,
    ALIGNMENT = 64
};

struct wn_encoder_scratch {
    int16_t *value[2]; /* what a layer reads and what it writes */
    int16_t *rows;     /* [pixels, rounded up to blocks][terms] */
};

static size_t whole_blocks(size_t n) {
    return (n + BLOCK - 1) / BLOCK * BLOCK;
}

static size_t values_needed(const wn_encoder *e) {
    size_t most = 0;
    for (size_t i = 0; i < WN_ENCODER_LAYERS; i++) {
        const wn_encoder_layer *l = &e->layer[i];
        const size_t n = whole_blocks((size_t)l->in_side * l->in_side) * l->in_channels;
        most = n > most ? n : most;
    }
    return most;
}

static size_t rows_needed(const wn_encoder *e) {
    size_t most = 0;
    for (size_t i = 0; i < WN_ENCODER_LAYERS; i++) {
        const wn_encoder_layer *l = &e->layer[i];
        const size_t n = whole_blocks((size_t)l->out_side * l->out_side) * l->terms;
        most = n > most ? n : most;
    }
    return most;
}

wn_encoder_scratch *wn_encoder_scratch_create(const wn_encoder *encoder) {
    const size_t values = values_needed(encoder), rows = rows_needed(encoder);
    const size_t size = sizeof(wn_encoder_scratch) + 3 * ALIGNMENT;
    char *memory = wn_calloc(1, size + (2 * values + rows) * sizeof(int16_t));
    if (!memory)
        return NULL;
    wn_encoder_scratch *scratch = (wn_encoder_scratch *)(void *)memory;
    char *place = memory + sizeof *scratch;
    place += ALIGNMENT - (uintptr_t)place % ALIGNMENT;
    scratch->rows = (int16_t *)(void *)place;
    scratch->value[0] = scratch->rows + rows;
    scratch->value[1] = scratch->value[0] + values;
    return scratch;
}

/* A row of a kernel. Those of the first layer are so short that calling memcpy would cost more than
 * the copy. */
WN_ALONG void copy_run(int16_t *to, const int16_t *from, size_t run) {
    enum { FIRST_RUN = 4 * WN_ENCODER_COLORS, WIDE = 16 };
    if (run == FIRST_RUN)
        memcpy(to, from, FIRST_RUN * sizeof *to);
    else
        for (size_t i = 0; i < run; i += WIDE)
            memcpy(to + i, from + i, WIDE * sizeof *to);
}

/* A kernel's rows are adjacent in memory: channels vary first, then columns. */
WN_ALONG void line_up(const wn_encoder_layer *l, const int16_t *value, int16_t *rows) {
    const size_t run = (size_t)l->kernel * l->in_channels;
    for (size_t y = 0; y < l->out_side; y++)
        for (size_t x = 0; x < l->out_side; x++)
            for (size_t k = 0; k < l->kernel; k++, rows += run)
                copy_run(rows, value + ((2 * y + k) * l->in_side + 2 * x) * l->in_channels, run);
}

/* Sums of four rows by four kernels; sum: [BLOCK][channels]. */
WN_ALONG void multiply(const int16_t *restrict row, const int16_t *restrict weight, size_t terms,
                       int32_t *restrict sum, size_t channels) {
    const int16_t *r0 = row, *r1 = r0 + terms, *r2 = r1 + terms, *r3 = r2 + terms;
    const int16_t *w0 = weight, *w1 = w0 + terms, *w2 = w1 + terms, *w3 = w2 + terms;
    int32_t s00 = 0, s01 = 0, s02 = 0, s03 = 0, s10 = 0, s11 = 0, s12 = 0, s13 = 0;
    int32_t s20 = 0, s21 = 0, s22 = 0, s23 = 0, s30 = 0, s31 = 0, s32 = 0, s33 = 0;
    for (size_t i = 0; i < terms; i++) {
        s00 += r0[i] * w0[i], s01 += r0[i] * w1[i], s02 += r0[i] * w2[i], s03 += r0[i] * w3[i];
        s10 += r1[i] * w0[i], s11 += r1[i] * w1[i], s12 += r1[i] * w2[i], s13 += r1[i] * w3[i];
        s20 += r2[i] * w0[i], s21 += r2[i] * w1[i], s22 += r2[i] * w2[i], s23 += r2[i] * w3[i];
        s30 += r3[i] * w0[i], s31 += r3[i] * w1[i], s32 += r3[i] * w2[i], s33 += r3[i] * w3[i];
    }
    int32_t *t0 = sum, *t1 = t0 + channels, *t2 = t1 + channels, *t3 = t2 + channels;
    t0[0] = s00, t0[1] = s01, t0[2] = s02, t0[3] = s03;
    t1[0] = s10, t1[1] = s11, t1[2] = s12, t1[3] = s13;
    t2[0] = s20, t2[1] = s21, t2[2] = s22, t2[3] = s23;
    t3[0] = s30, t3[1] = s31, t3[2] = s32, t3[3] = s33;
}

/* n sums, each with its own bias and scale. */
WN_ALONG void scale_sums(const int32_t *restrict sum, const int32_t *restrict bias,
                         const float *restrict scale, size_t n, int16_t *restrict out) {
    const float most = WN_ENCODER_LARGEST_VALUE;
    for (size_t i = 0; i < n; i++) {
        float value = (float)(sum[i] + bias[i]) * scale[i] + 0.5f;
        value = value > 0 ? value : 0;
        out[i] = (int16_t)(int32_t)(value < most ? value : most);
    }
}

/* Whole blocks are written, so there is room for three pixels behind the last. */
WN_ALONG void run_layer(const wn_encoder_layer *l, const int16_t *in, int16_t *rows, int16_t *out) {
    const size_t pixels = (size_t)l->out_side * l->out_side, channels = l->out_channels;
    int32_t sum[BLOCK * MOST_CHANNELS], bias[BLOCK * MOST_CHANNELS];
    float scale[BLOCK * MOST_CHANNELS];
    for (size_t k = 0; k < BLOCK; k++) {
        memcpy(bias + k * channels, l->bias, channels * sizeof *bias);
        memcpy(scale + k * channels, l->scale, channels * sizeof *scale);
    }
    line_up(l, in, rows);
    for (size_t p = 0; p < pixels; p += BLOCK) {
        for (size_t o = 0; o < channels; o += BLOCK)
            multiply(rows + p * l->terms, l->weight + o * l->terms, l->terms, sum + o, channels);
        scale_sums(sum, bias, scale, BLOCK * channels, out + p * channels);
    }
}

/* The dense layer: one row. */
WN_ALONG void finish(const wn_encoder_layer *l, const int16_t *in, double *latent) {
    for (size_t o = 0; o < l->out_channels; o++) {
        int32_t sum = l->bias[o];
        for (size_t k = 0; k < l->terms; k++)
            sum += in[k] * l->weight[o * l->terms + k];
        latent[o] = (double)sum * (double)l->scale[o];
    }
}

WN_ALONG void run(const wn_encoder *e, const unsigned char *eye, wn_encoder_scratch *s,
                  double *latent) {
    for (size_t i = 0; i < WN_ENCODER_SIDE * WN_ENCODER_SIDE * WN_ENCODER_COLORS; i++)
        s->value[0][i] = eye[i];
    for (size_t i = 0; i + 1 < WN_ENCODER_LAYERS; i++)
        run_layer(&e->layer[i], s->value[i % 2], s->rows, s->value[(i + 1) % 2]);
    finish(&e->layer[WN_ENCODER_LAYERS - 1], s->value[(WN_ENCODER_LAYERS - 1) % 2], latent);
}

/* As WN_VECTOR_UNITS, but the widest one has to know bytes and words. */
#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define UNITS(X)                                                                                   \
    X(baseline, __attribute__((flatten)), true)                                                    \
    X(avx2, __attribute__((flatten, target("avx2"))), __builtin_cpu_supports("avx2"))              \
    X(avx512, __attribute__((flatten, target("avx512f,avx512bw,avx512vl"))),                       \
      __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&                   \
          __builtin_cpu_supports("avx512vl"))
#else
#define UNITS(X) X(baseline, __attribute__((flatten)), true)
#endif

#define X(unit, attributes, present)                                                               \
    attributes static void run_##unit(const wn_encoder *e, const unsigned char *eye,               \
                                      wn_encoder_scratch *s, double *latent) {                     \
        run(e, eye, s, latent);                                                                    \
    }
UNITS(X)
#undef X

static void (*const run_by[])(const wn_encoder *, const unsigned char *, wn_encoder_scratch *,
                              double *) = {
#define X(unit, attributes, present) run_##unit,
    UNITS(X)
#undef X
};
enum { N_UNITS = sizeof run_by / sizeof *run_by };

static bool is_present(int unit) {
    int i = 0;
#define X(name, attributes, present)                                                               \
    if (i++ == unit)                                                                               \
        return present;
    UNITS(X)
#undef X
    return false;
}

int wn_encoder_run_on(int unit, const wn_encoder *encoder, const unsigned char *eye,
                      wn_encoder_scratch *scratch, double latent[WN_ENCODER_LATENTS]) {
    if (!is_present(unit))
        return 0;
    run_by[unit](encoder, eye, scratch, latent);
    return 1;
}

void wn_encoder_run(const wn_encoder *encoder, const unsigned char *eye,
                    wn_encoder_scratch *scratch, double latent[WN_ENCODER_LATENTS]) {
    int best = 0;
    for (int unit = 0; unit < N_UNITS; unit++)
        best = is_present(unit) ? unit : best;
    run_by[best](encoder, eye, scratch, latent);
}
