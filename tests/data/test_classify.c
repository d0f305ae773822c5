/* The tasks of classification: digits against the golden table, and tables of one's own. */
#include <math.h>
#include <unistd.h>

#include "envs/classify.h"
#include "envs/data/data.h"
#include "runtime/base/file.h"
#include "support/test.h"
#include "wann/env.h"

static char folder[] = "/tmp/wann-classify-XXXXXX";

static const char *file(const char *name) {
    static char path[300];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static const char *task_of(const char *name) {
    static char text[400];
    snprintf(text, sizeof text, "classify:%s", file(name));
    return text;
}

static void put(const char *name, const char *text) {
    CHECK(wn_file_write(file(name), text, strlen(text), 0644, NULL) == WANN_OK);
}

static wann_task *open_task(const char *name, const char *const *options) {
    wann_task *task;
    wann_diag diag = {0};
    CHECK_MSG(wann_task_open(name, options, &task, &diag) == WANN_OK, "%s:%d: %s", diag.path,
              diag.line, diag.text);
    return task;
}

static const wann_samples *samples_of(wann_task *task, wann_split split) {
    const wann_samples *samples;
    wann_diag diag = {0};
    CHECK_MSG(wann_task_samples(task, split, &samples, &diag) == WANN_OK, "%s", diag.text);
    return samples;
}

static void digits_are_the_golden_ones(void) {
    char path[4300];
    const char *reference = test_reference_dir();
    wn_csv golden;
    if (!reference || !wn_data_present(wn_data_set_named("digits"))) {
        printf("skip: there is no data set, or no golden one\n");
        return;
    }
    snprintf(path, sizeof path, "%s/digits/digits8x8.csv", reference);
    CHECK(wn_csv_read(path, &(wn_csv_options){.label = "first"}, &golden, NULL) == WANN_OK);
    wann_task *task = open_task("digits", NULL);
    for (int split = 0; split < 2; split++) {
        const wann_samples *s = samples_of(task, (wann_split)split);
        CHECK(s->n == 1797 && s->n == golden.rows && s->inputs == 64 && s->classes == 10);
        CHECK(s->width == 8 && s->height == 8);
        for (size_t i = 0; i < s->n * s->inputs; i++)
            CHECK(s->input[i] == golden.value[i] / 16);
        for (size_t i = 0; i < s->n; i++)
            CHECK(s->label[i] == golden.label[i]);
    }
    wann_task_close(task);
    wn_csv_free(&golden);
}

/* Held-out rows: every row on one side, the same ones each time. */
static void check_split(wann_task *task, size_t n_test, size_t n) {
    const wann_samples *train = samples_of(task, WANN_TRAIN), *test = samples_of(task, WANN_TEST);
    double sum = 0;
    CHECK(test->n == n_test && train->n == n - n_test);
    for (size_t i = 0; i < train->n; i++)
        sum += train->input[i * train->inputs];
    for (size_t i = 0; i < test->n; i++)
        sum += test->input[i * test->inputs];
    CHECK(sum == (double)(n * (n - 1) / 2)); /* the first column numbers the rows */
}

static void rows_are_held_out(void) {
    static char text[20000];
    size_t length = 0;
    for (int i = 0; i < 1000; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%d,%d,%s\n", i, i % 7,
                                   i % 3 ? "no" : "yes");
    put("rows.csv", text);
    wann_task *task = open_task(task_of("rows.csv"), (const char *const[]){"test=0.25", NULL});
    wann_task *again = open_task(task_of("rows.csv"), (const char *const[]){"test=0.25", NULL});
    check_split(task, 250, 1000);
    CHECK(memcmp(samples_of(task, WANN_TEST)->input, samples_of(again, WANN_TEST)->input,
                 500 * sizeof(double)) == 0);
    CHECK(wann_task_type(task)->observations == 2 && wann_task_type(task)->actions == 2);
    CHECK_TEXT(wann_task_type(task)->action_names[1], "yes");
    wann_task_close(task);
    wann_task_close(again);
}

static void options_of_tables(void) {
    put("t.csv", "k;a;b\n2;4;8\n1;6;10\n");
    wann_task *task =
        open_task(task_of("t.csv"), (const char *const[]){"separator=;", "label=k", "divide=2",
                                                          "classes=0,1,2", NULL});
    const wann_samples *s = samples_of(task, WANN_TRAIN);
    CHECK(s->n == 2 && s->inputs == 2 && s->classes == 3);
    CHECK(s->input[0] == 2 && s->input[3] == 5 && s->label[0] == 2 && s->label[1] == 1);
    CHECK_TEXT(wann_task_type(task)->observation_names[1], "b");
    CHECK_TEXT(wann_task_type(task)->action_names[2], "2");
    wann_task_close(task);
}

static void expect_error(const char *name, const char *option, wann_status status,
                         const char *message) {
    wann_task *task;
    wann_diag diag = {0};
    const char *const options[] = {option, NULL};
    const wann_status got = wann_task_open(name, options, &task, &diag);
    CHECK_MSG(got == status, "%d: %s", (int)got, diag.text);
    CHECK(!task);
    CHECK_MSG(strstr(diag.text, message), "%s\n   expected %s", diag.text, message);
}

/* A picture with one bright corner, turned: exactly by right angles, and by any angle as bilinear
 * weights of where its pixels were. */
static void pictures_are_turned(void) {
    const double in[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    const double quarter[9] = {3, 6, 9, 2, 5, 8, 1, 4, 7};
    double out[9], back[9];
    wn_rotate_images(in, 1, 3, 90, out);
    CHECK(memcmp(out, quarter, sizeof out) == 0);
    wn_rotate_images(out, 1, 3, -90, back);
    CHECK(memcmp(back, in, sizeof back) == 0);
    wn_rotate_images(in, 1, 3, 30, out);
    /* The pixel right of the middle was at (cos 30, sin 30) from it, downwards. */
    const double c = sqrt(3) / 2, s = 0.5;
    CHECK(fabs(out[5] - ((1 - s) * ((1 - c) * 5 + c * 6) + s * ((1 - c) * 8 + c * 9))) < 1e-14);
    CHECK(fabs(out[4] - 5) < 1e-14);
    /* The corner above on the right was partly beyond the right edge. */
    const double x = c + s, y = s - c; /* right, down */
    CHECK(fabs(out[2] - (2 - x) * ((1 + y) * 6 + -y * 3)) < 1e-14);
}

static void turned_digits(void) {
    if (!wn_data_present(wn_data_set_named("digits"))) {
        printf("skip: there is no data set\n");
        return;
    }
    wann_task *task = open_task("digits", (const char *const[]){"rotate=180", NULL});
    wann_task *straight = open_task("digits", NULL);
    for (int split = 0; split < 2; split++) {
        const wann_samples *s = samples_of(task, (wann_split)split);
        const wann_samples *before = samples_of(straight, (wann_split)split);
        CHECK(s->n == before->n && s->width == 8);
        for (size_t i = 0; i < s->n; i++)
            for (size_t k = 0; k < 64; k++)
                CHECK(s->input[i * 64 + k] == before->input[i * 64 + 63 - k]);
    }
    wann_task_close(task);
    wann_task_close(straight);
    expect_error("digits", "rotate=far", WANN_INPUT, "option rotate is 'far'; expected a number");
}

static void mistakes(void) {
    put("t.csv", "1,2,a\n3,4,b\n");
    const char *const t = task_of("t.csv");
    expect_error(t, "header=maybe", WANN_INPUT, "'maybe'; expected auto, yes or no");
    expect_error(t, "separator=ab", WANN_INPUT, "expected one of");
    expect_error(t, "divide=0", WANN_INPUT, "'0'; expected a number, not 0");
    expect_error(t, "test=1", WANN_INPUT, "'1'; expected a part of 1");
    expect_error(t, "tset=1", WANN_INPUT, "unknown option 'tset'; there are: file, label");
    expect_error(t, "classes=a,c", WANN_INPUT, "row 2 has the label 'b'");
    expect_error(t, "label=c", WANN_INPUT, "no column is called 'c'");
    expect_error("digits", "label=c", WANN_INPUT, "unknown option 'label'; there are: test");
    expect_error("mnist256", "test=0.5", WANN_INPUT, "unknown option 'test'");
    expect_error(task_of("none.csv"), NULL, WANN_IO, "No such file");
    put("one.csv", "1,2,a\n3,4,a\n");
    expect_error(task_of("one.csv"), NULL, WANN_INPUT, "all rows have the label 'a'");
}

/* A table that shrinks between opening and reading is noticed. */
static void tables_that_change(void) {
    put("t.csv", "1,2,a\n3,4,b\n5,6,c\n");
    wann_task *task = open_task(task_of("t.csv"), NULL);
    put("t.csv", "1,2,a\n3,4,b\n");
    const wann_samples *samples;
    wann_diag diag = {0};
    CHECK(wann_task_samples(task, WANN_TRAIN, &samples, &diag) == WANN_INPUT);
    CHECK_MSG(strstr(diag.text, "expected 2 and 3"), "%s", diag.text);
    wann_task_close(task);
    task = open_task(task_of("t.csv"), NULL);
    put("t.csv", "1,2,a\n3,x,b\n");
    CHECK(wann_task_samples(task, WANN_TRAIN, &samples, &diag) == WANN_INPUT);
    CHECK_MSG(strstr(diag.text, "t.csv:2:3: 'x' is no number"), "%s", diag.text);
    wann_task_close(task);
}

static void sets_that_are_not_here(void) {
    static char before[4096];
    const char *data = getenv("WANN_DATA");
    snprintf(before, sizeof before, "%s", data ? data : "");
    setenv("WANN_DATA", folder, 1);
    wann_task *task = open_task("mnist256", NULL);
    const wann_samples *samples;
    wann_diag diag = {0};
    CHECK(wann_task_samples(task, WANN_TRAIN, &samples, &diag) == WANN_IO && !samples);
    CHECK_MSG(strstr(diag.text, "get it by: wann data get mnist"), "%s", diag.text);
    wann_task_close(task);
    setenv("WANN_DATA", before, 1);
}

int main(void) {
    if (!mkdtemp(folder))
        return TEST_SKIP;
    RUN(digits_are_the_golden_ones);
    RUN(rows_are_held_out);
    RUN(options_of_tables);
    RUN(pictures_are_turned);
    RUN(turned_digits);
    RUN(mistakes);
    RUN(tables_that_change);
    RUN(sets_that_are_not_here);
    static const char *const made[] = {"rows.csv", "t.csv", "one.csv"};
    for (int i = 0; i < 3; i++)
        CHECK(unlink(file(made[i])) == 0);
    CHECK(rmdir(folder) == 0);
    return TEST_RESULT();
}
