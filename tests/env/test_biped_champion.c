/* The published walker on the walkers here: what it scored there, it has to score here.
 *
 * WANN_LONG=1 runs a thousand episodes of each kind rather than as many as seconds allow. */
#include <math.h>

#include "env/biped_runs.h"
#include "support/test.h"

static const char *reference; /* its folder */
static wann_net *champion;
static double *tuned;

enum { STEPS = 1000, THREADS = 2 };

static bool open_champion(void) {
    char net[4300], weights[4300];
    snprintf(net, sizeof net, "%s/champions/biped.out", reference);
    snprintf(weights, sizeof weights, "%s/champions/zoo/biped.wann.json", reference);
    const wann_read_options read = {.inputs = BIPED_OBSERVATIONS, .outputs = BIPED_ACTIONS};
    wann_diag diag = {0};
    if (wann_net_read(net, &read, &champion, NULL, &diag) == WANN_OK &&
        wann_weights_read(champion, weights, -1.87, &tuned, &diag) == WANN_OK)
        return true;
    CHECK_MSG(false, "%s", diag.text);
    return false;
}

static bool is_long(void) {
    return getenv("WANN_LONG") != NULL;
}

typedef struct summary {
    double mean, sd, median;
    size_t falls;
} summary;

static int ascending(const void *a, const void *b) {
    const double x = ((const biped_episode *)a)->reward, y = ((const biped_episode *)b)->reward;
    return (x > y) - (x < y);
}

/* Sorts the episodes by reward. A walker that arrives is at the end of the way, worth 300 and more.
 */
static summary summarise(biped_episode *e, size_t n) {
    summary s = {0};
    qsort(e, n, sizeof *e, ascending);
    for (size_t i = 0; i < n; i++) {
        s.mean += e[i].reward / (double)n;
        s.falls += e[i].terminated && e[i].reward < 250;
    }
    for (size_t i = 0; i < n; i++)
        s.sd += (e[i].reward - s.mean) * (e[i].reward - s.mean) / (double)(n - 1);
    s.sd = sqrt(s.sd);
    s.median = (e[(n - 1) / 2].reward + e[n / 2].reward) / 2;
    printf("     n %zu: mean %.2f, sd %.2f, median %.2f, falls %zu\n", n, s.mean, s.sd, s.median,
           s.falls);
    return s;
}

/* Episodes of seeds 0 .. n - 1 with each of n_weights weights. */
static summary run(const char *option, const wann_weights *weights, size_t n_weights, size_t n) {
    const char *const options[] = {option, NULL};
    biped_episode *e = calloc(n_weights * n, sizeof *e);
    for (size_t i = 0; i < n_weights * n; i++)
        e[i] = (biped_episode){
            .seed = i % n, .steps = STEPS, .net = champion, .weights = weights[i / n]};
    CHECK(biped_run("biped", options, e, n_weights * n, THREADS));
    const summary s = summarise(e, n_weights * n);
    free(e);
    return s;
}

/* Published: 332 +- 1. With the penalty rare falls weigh more: the original code itself gives 328.7
 * +- 27.2; so the median is held to a limit, and the number of falls. */
static void test_tuned_weights(void) {
    const wann_weights weights = {.connection = tuned};
    const size_t n = is_long() ? 1000 : 100;
    const summary s = run("penalty=1", &weights, 1, n);
    CHECK(s.median >= 330 && s.median < 334);
    CHECK(100 * s.falls <= 6 * n);
}

/* 257 +- 66 in the original without the penalty; 261 +- 58 in the paper. */
static void test_best_shared_weight(void) {
    const wann_weights weights = {.shared = -1.87};
    const size_t n = is_long() ? 1000 : 300;
    const summary s = run("penalty=0", &weights, 1, n);
    CHECK(fabs(s.mean - 257) < 2 * s.sd / sqrt((double)n));
    CHECK(s.sd > 40 && s.sd < 90);
}

/* Most single weights are chaotic, their mean is not: -53.7 in the original, -51.5 in a port. */
static void test_sweep_over_shared_weights(void) {
    wann_weights weights[41];
    for (int i = 0; i < 41; i++)
        weights[i] = (wann_weights){.shared = (i - 20) / 10.0};
    const summary s = run("penalty=1", weights, 41, is_long() ? 250 : 40);
    CHECK(fabs(s.mean + 51.5) < 5);
}

int main(void) {
    reference = test_reference_dir();
    if (!reference) {
        puts("skipped: the reference data are missing (WANN_REFERENCE)");
        return TEST_SKIP;
    }
    if (open_champion()) {
        RUN(test_tuned_weights);
        RUN(test_best_shared_weight);
        RUN(test_sweep_over_shared_weights);
    }
    wann_free(tuned);
    wann_net_destroy(champion);
    return TEST_RESULT();
}
