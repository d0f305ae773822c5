/* Plots: ticks, gaps, texts that do not fit, and memory that runs out. */
#include <math.h>

#include "runtime/draw/plot.h"
#include "support/failing.h"
#include "support/test.h"

static void test_steps_are_round(void) {
    static const struct {
        double low, high, step, first;
        int digits;
    } cases[] = {{-2, 2, 0.5, -2, 1},       {0, 1000, 200, 0, 0},         {-51.5, 257, 100, 0, 0},
                 {0.001, 0.0042, 0.001, 0.001, 3}, {-1e6, -9.1e5, 2e4, -1e6, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double first;
        int digits;
        const double step = wn_plot_step(cases[i].low, cases[i].high, i == 0 ? 8 : 6, &first, &digits);
        CHECK_MSG(fabs(step / cases[i].step - 1) < 1e-9, "%g", step);
        CHECK_MSG(fabs(first - cases[i].first) < 1e-9 * fmax(1, fabs(first)), "%g", first);
        CHECK_MSG(digits == cases[i].digits, "%d", digits);
    }
}

static size_t count(const char *text, const char *word) {
    size_t n = 0;
    for (const char *at = text; (at = strstr(at, word)); at++)
        n++;
    return n;
}

static void test_gaps_and_escapes(void) {
    const double x[] = {0, 1, 2, 3, 4, 5}, y[] = {1, 2, (double)NAN, 4, 5, (double)INFINITY};
    const double spread[] = {1, 1, 1, (double)NAN, 1, 1};
    const wn_series series[] = {{"<b>one", 6, x, y, spread, false}, {"two", 6, x, x, NULL, false}};
    const wn_mark mark = {4, 5, "best & last"};
    const wn_plot plot = {.title = "a <title> that is far too long to fit into the width of the picture, "
                                   "so that it has to be cut short somewhere near here",
                          .x_label = "x",
                          .y_label = "y",
                          .series = series,
                          .n_series = 2,
                          .marks = &mark,
                          .n_marks = 1};
    wn_buf out = {0};
    CHECK(wn_plot_svg(&plot, &out, NULL) == WANN_OK);
    CHECK(out.data && !strstr(out.data, "<b>") && !strstr(out.data, "nan") && !strstr(out.data, "inf"));
    CHECK(strstr(out.data, "best &amp; last") && strstr(out.data, "\u2026"));
    CHECK(count(out.data, "class=\"series\"") + count(out.data, "wann-series") == 2);
    wn_buf_free(&out);
}

/* Nothing, one point, and equal values still give a picture. */
static void test_little_to_show(void) {
    const double x[] = {1, 2}, y[] = {0, 0};
    for (size_t n = 0; n <= 2; n++) {
        const wn_series series = {"s", n, x, y, NULL, false};
        const wn_plot plot = {
            .title = "t", .x_label = "", .y_label = "", .series = &series, .n_series = 1};
        wn_buf out = {0};
        CHECK(wn_plot_svg(&plot, &out, NULL) == WANN_OK);
        CHECK(out.data && !strstr(out.data, "nan"));
        wn_buf_free(&out);
    }
}

static void test_memory_that_runs_out(void) {
    const double x[] = {0, 1}, y[] = {1, 2};
    const wn_series series = {"s", 2, x, y, x, false};
    const wn_plot plot = {
        .title = "t", .x_label = "x", .y_label = "y", .series = &series, .n_series = 1};
    bool done = false;
    for (size_t n = 0; n < 200 && !done; n++) {
        wn_buf out = {0};
        wann_set_allocator(&test_failing_allocator);
        test_memory.left = n;
        const wann_status status = wn_plot_svg(&plot, &out, NULL);
        CHECK(status == WANN_OK || status == WANN_NO_MEMORY);
        done = status == WANN_OK;
        wn_buf_free(&out);
        wann_set_allocator(NULL);
    }
    CHECK(done);
}

int main(void) {
    RUN(test_steps_are_round);
    RUN(test_gaps_and_escapes);
    RUN(test_little_to_show);
    RUN(test_memory_that_runs_out);
    return TEST_RESULT();
}
