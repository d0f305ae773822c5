/* MNIST as the published search saw it, bit for bit: the CRC-32 of every block of 1,000 images. */
#define _GNU_SOURCE
#include <time.h>

#include "envs/data/data.h"
#include "runtime/base/alloc.h"
#include "runtime/base/file.h"
#include "runtime/base/text.h"
#include "support/test.h"
#include "wann/env.h"

enum { BLOCK = 1000, PIXELS = WN_MNIST_SMALL * WN_MNIST_SMALL };

static const char *reference;

/* The CRC of IEEE 802.3, reflected, as in zlib. */
static uint32_t crc32_of(const void *data, size_t size) {
    static uint32_t table[256];
    for (uint32_t i = 0; !table[255] && i < 256; i++) {
        uint32_t c = i;
        for (int k = 0; k < 8; k++)
            c = c & 1 ? 0xedb88320u ^ c >> 1 : c >> 1;
        table[i] = c;
    }
    const unsigned char *p = data;
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size; i++)
        crc = table[(crc ^ p[i]) & 255] ^ crc >> 8;
    return ~crc;
}

static char *read_reference(const char *name) {
    char path[4300], *text = NULL;
    size_t size;
    snprintf(path, sizeof path, "%s/mnist/%s", reference, name);
    CHECK(wn_file_read(path, &text, &size, NULL) == WANN_OK);
    return text;
}

/* Rows are: first image, CRC in hexadecimal, sum of all values, sum of the labels. */
static size_t check_block(const char *row, const wann_samples *s) {
    char *end;
    const size_t first = strtoul(row, &end, 10);
    const unsigned long crc = strtoul(end + 1, &end, 16);
    const char *labels = strrchr(row, ',');
    unsigned long sum = 0;
    if (first + BLOCK > s->n || !labels)
        return 0;
    const uint32_t got = crc32_of(s->input + first * PIXELS, BLOCK * PIXELS * sizeof(double));
    CHECK_MSG(got == crc, "images from %zu on: %08x, golden %08lx", first, got, crc);
    for (size_t i = first; i < first + BLOCK; i++)
        sum += s->label[i];
    CHECK(sum == strtoul(labels + 1, NULL, 10));
    return 1;
}

static void check_split(wann_task *task, wann_split split, const char *golden, size_t blocks) {
    const wann_samples *s;
    wann_diag diag = {0};
    CHECK_MSG(wann_task_samples(task, split, &s, &diag) == WANN_OK, "%s", diag.text);
    CHECK(s && s->n == blocks * BLOCK && s->inputs == PIXELS && s->width == WN_MNIST_SMALL);
    char *text = read_reference(golden), *rest = text;
    size_t checked = 0;
    for (char *row; s && (row = strsep(&rest, "\n")) != NULL;)
        if (*row >= '0' && *row <= '9')
            checked += check_block(row, s);
    CHECK(checked == blocks);
    wn_free(text);
}

static void all_images(void) {
    wann_task *task;
    CHECK(wann_task_open("mnist256", NULL, &task, NULL) == WANN_OK);
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    const wann_samples *s;
    CHECK(wann_task_samples(task, WANN_TRAIN, &s, NULL) == WANN_OK);
    CHECK(wann_task_samples(task, WANN_TEST, &s, NULL) == WANN_OK);
    clock_gettime(CLOCK_MONOTONIC, &to);
    printf("loaded and preprocessed 70,000 images in %.2f s\n",
           (double)(to.tv_sec - from.tv_sec) + 1e-9 * (double)(to.tv_nsec - from.tv_nsec));
    check_split(task, WANN_TRAIN, "crc32_train.csv", 60);
    check_split(task, WANN_TEST, "crc32_test.csv", 10);
    wann_task_close(task);
}

static void raw_images(void) {
    wann_task *task;
    const wann_samples *s;
    CHECK(wann_task_open("mnist784", NULL, &task, NULL) == WANN_OK);
    CHECK(wann_task_samples(task, WANN_TEST, &s, NULL) == WANN_OK);
    CHECK(s->n == 10000 && s->inputs == 784 && s->width == 28 && s->label[0] == 7);
    double least = 1, most = 0;
    for (size_t i = 0; i < s->n * s->inputs; i++) {
        least = s->input[i] < least ? s->input[i] : least;
        most = s->input[i] > most ? s->input[i] : most;
    }
    CHECK(least == 0 && most == 1);
    wann_task_close(task);
}

/* The first 200 training images are golden data as bytes, too: no data set is needed for them. */
static void first_images(void) {
    enum { N = 200 };
    wn_csv raw, small;
    char path[4300];
    const wn_csv_options label_first = {.label = "first"};
    snprintf(path, sizeof path, "%s/mnist/raw28x28.csv", reference);
    CHECK(wn_csv_read(path, &label_first, &raw, NULL) == WANN_OK);
    snprintf(path, sizeof path, "%s/mnist/preprocessed.csv", reference);
    CHECK(wn_csv_read(path, &label_first, &small, NULL) == WANN_OK);
    CHECK(raw.rows == N && raw.columns == 784 && small.rows == N && small.columns == PIXELS);
    unsigned char *bytes = wn_alloc(N * 784);
    double *out = wn_alloc(N * PIXELS * sizeof *out), *one = wn_alloc(N * PIXELS * sizeof *one);
    for (size_t i = 0; i < N * 784; i++)
        bytes[i] = (unsigned char)raw.value[i];
    wn_mnist_preprocess(bytes, N, out, 3);
    for (size_t i = 0; i < N; i++)
        wn_mnist_preprocess(bytes + i * 784, 1, one + i * PIXELS, 1);
    CHECK(memcmp(out, one, N * PIXELS * sizeof *out) == 0);
    for (size_t i = 0; i < N * PIXELS; i++) {
        const double difference = out[i] - small.value[i]; /* 8 digits are given */
        CHECK(difference < 1e-8 && difference > -1e-8);
    }
    wn_free(bytes);
    wn_free(out);
    wn_free(one);
    wn_csv_free(&raw);
    wn_csv_free(&small);
}

int main(void) {
    reference = test_reference_dir();
    if (!reference) {
        printf("skipped: there is no golden data\n");
        return TEST_SKIP;
    }
    RUN(first_images);
    if (!wn_data_present(wn_data_set_named("mnist"))) {
        printf("skipped: MNIST is not here; wann data get mnist\n");
        return test_failures ? TEST_RESULT() : TEST_SKIP;
    }
    RUN(all_images);
    RUN(raw_images);
    return TEST_RESULT();
}
