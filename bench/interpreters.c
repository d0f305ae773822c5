/* Benchmarks: the interpreters in the shape of generated code, so that the same loops time them. */
#include "wann/run.h"

#include <stdlib.h>

/* The shape leaves no room for a context, so there is one network at a time. */
static wann_net *net;
static wann_lanes *lanes, *short_lanes;
static void *values; /* of the nodes */

#define SUBJECT __attribute__((visibility("default")))

SUBJECT void bench_close(void);
SUBJECT const char *bench_open(const char *path);
SUBJECT void reference_f64(const double *in, double weight, double *out);
SUBJECT void reference_f32(const float *in, float weight, float *out);
SUBJECT void lanes_f64(const double *in, double weight, double *out);
SUBJECT void lanes_f32(const float *in, float weight, float *out);
SUBJECT void lanes_f64_batch(size_t n, const double *in, double weight, double *out);
SUBJECT void lanes_f32_batch(size_t n, const float *in, float weight, float *out);
SUBJECT void short_lanes_f32(const float *in, float weight, float *out);
SUBJECT void short_lanes_f32_batch(size_t n, const float *in, float weight, float *out);

enum { PADDING = 16 }; /* of columns; PADDING in bench/subjects.py */

void bench_close(void) {
    wann_lanes_destroy(lanes);
    wann_lanes_destroy(short_lanes);
    wann_net_destroy(net);
    free(values);
    lanes = short_lanes = NULL;
    net = NULL;
    values = NULL;
}

/* What is wrong, or NULL. */
const char *bench_open(const char *path) {
    static wann_diag diag;
    bench_close();
    if (wann_net_read(path, NULL, &net, NULL, &diag) != WANN_OK ||
        wann_lanes_create(net, &lanes, &diag) != WANN_OK ||
        wann_lanes_create_with(net, &(wann_lanes_options){.math = WANN_LANES_SHORT}, &short_lanes,
                               &diag) != WANN_OK)
        return diag.text;
    values = calloc(wann_net_nodes(net), sizeof(double));
    return values ? NULL : "out of memory";
}

static wann_weights shared(double weight) {
    return (wann_weights){.shared = weight};
}

void reference_f64(const double *in, double weight, double *out) {
    wann_run(net, in, shared(weight), NULL, values, out);
}

void reference_f32(const float *in, float weight, float *out) {
    wann_run_f32(net, in, shared((double)weight), NULL, values, out);
}

void lanes_f64(const double *in, double weight, double *out) {
    wann_lanes_run(lanes, 1, in, 1, NULL, shared(weight), out, 1);
}

void lanes_f32(const float *in, float weight, float *out) {
    wann_lanes_run_f32(lanes, 1, in, 1, NULL, shared((double)weight), out, 1);
}

void lanes_f64_batch(size_t n, const double *in, double weight, double *out) {
    wann_lanes_run(lanes, n, in, n + PADDING, NULL, shared(weight), out, n + PADDING);
}

void lanes_f32_batch(size_t n, const float *in, float weight, float *out) {
    wann_lanes_run_f32(lanes, n, in, n + PADDING, NULL, shared((double)weight), out, n + PADDING);
}

void short_lanes_f32(const float *in, float weight, float *out) {
    wann_lanes_run_f32(short_lanes, 1, in, 1, NULL, shared((double)weight), out, 1);
}

void short_lanes_f32_batch(size_t n, const float *in, float weight, float *out) {
    wann_lanes_run_f32(short_lanes, n, in, n + PADDING, NULL, shared((double)weight), out,
                       n + PADDING);
}
