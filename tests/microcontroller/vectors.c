/* Write a C header of inputs, the outputs that the interpreter gives, and how far a compiled
 * network may be from them: what measure.c compares with on the microcontroller.
 *
 * usage: vectors NETWORK INPUTS OUTPUTS WEIGHT KERNEL_ERROR; 0 inputs and outputs: a network file;
 * "fixed" for the error: integers for code in fixed point
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/driver/driver.h"
#include "compiler/emit/c_parts.h"
#include "runtime/base/rng.h"
#include "runtime/interp/bound.h"
#include "runtime/net/net.h"

enum { VECTORS = 64, MOST_DRAWS = 100000 };

typedef struct vectors {
    wann_net *net;
    wn_bound *bound;
    wann_weights weights;
    wn_promise promise;
    bool integers;
    wn_compilation c; /* of integers: their formats */
    double *in, *out, *value, *error, *act;
    wn_buf text[3]; /* of inputs, outputs, errors */
} vectors;

/* As floats, or as integers with so many fraction bits. */
static void put_number(const vectors *v, wn_buf *text, double number, int bits) {
    if (v->integers)
        wn_buf_print(text, "%ld", (long)wn_fixed_scale(number, bits));
    else
        wn_c_literal(WANN_FLOAT, number, text);
}

static void put_numbers(const vectors *v, wn_buf *text, const double *numbers, size_t n, int bits) {
    wn_buf_text(text, "    {");
    for (size_t i = 0; i < n; i++) {
        put_number(v, text, numbers[i], bits);
        wn_buf_text(text, i + 1 < n ? ", " : "},\n");
    }
}

/* An input of the kind that sensors give. False: an edge, where the bound says little. */
static bool try_input(vectors *v, wn_rng *rng) {
    const size_t inputs = wann_net_inputs(v->net), outputs = wann_net_outputs(v->net);
    const int in_bits = v->integers ? v->c.fixed->in_bits : 0,
              out_bits = v->integers ? v->c.fixed->out_bits : 0;
    bool edge;
    for (size_t i = 0; i < inputs; i++) {
        const double x = wn_rng_normal(rng);
        v->in[i] = v->integers ? ldexp(wn_fixed_scale(x, in_bits), -in_bits) : (double)(float)x;
    }
    wn_bound_run(v->bound, v->in, v->weights, &v->promise, v->value, v->error, &edge);
    if (edge)
        return false;
    wann_run(v->net, v->in, v->weights, NULL, v->act, v->out);
    for (size_t o = 0; o < outputs; o++)
        v->error[o] +=
            v->integers ? ldexp(1, -out_bits) : fabs(v->out[o]) * 0x1p-23; /* they are rounded */
    put_numbers(v, &v->text[0], v->in, inputs, in_bits);
    put_numbers(v, &v->text[1], v->out, outputs, out_bits);
    put_numbers(v, &v->text[2], v->error, outputs, out_bits);
    return true;
}

static bool write_vectors(vectors *v) {
    wn_rng rng = wn_rng_stream(7, 1, 2, 3);
    int n = 0;
    for (int draw = 0; n < VECTORS && draw < MOST_DRAWS; draw++)
        n += try_input(v, &rng);
    wn_buf weight = {0};
    put_number(v, &weight, v->weights.shared, v->integers ? v->c.fixed->weight_bits : 0);
    printf("enum { VECTORS = %d };\nstatic const number vector_weight = %s;\n", VECTORS,
           weight.data);
    static const char *const names[] = {"in", "out", "error"};
    for (int k = 0; k < 3; k++)
        printf("static const number vector_%s[VECTORS][%zu] = {\n%s};\n", names[k],
               k == 0 ? wann_net_inputs(v->net) : wann_net_outputs(v->net), v->text[k].data);
    wn_buf_free(&weight);
    return n == VECTORS;
}

/* The formats of the default ranges. */
static bool prepare_integers(vectors *v) {
    wann_compile_options options = wann_compile_defaults();
    options.real = WANN_FIXED;
    if (wn_compilation_start(v->net, &options, NULL, &v->c, NULL) != WANN_OK)
        return false;
    const int bits = v->c.fixed->weight_bits;
    v->weights.shared = ldexp(wn_fixed_scale(v->weights.shared, bits), -bits);
    v->promise = wn_promise_fixed(v->c.fixed->sum_error, v->c.fixed->value_error);
    return true;
}

static bool prepare(vectors *v, char **argv) {
    wann_diag diag = {0};
    const wann_read_options options = {.inputs = strtoul(argv[2], NULL, 10),
                                       .outputs = strtoul(argv[3], NULL, 10)};
    if (wann_net_read(argv[1], &options, &v->net, NULL, &diag) != WANN_OK ||
        wn_bound_create(v->net, &v->bound, &diag) != WANN_OK) {
        fprintf(stderr, "%s\n", diag.text);
        return false;
    }
    const size_t nodes = wann_net_nodes(v->net);
    v->in = calloc(nodes, sizeof *v->in);
    v->out = calloc(nodes, sizeof *v->out);
    v->value = calloc(nodes, sizeof *v->value);
    v->error = calloc(nodes, sizeof *v->error);
    v->act = calloc(nodes, sizeof *v->act);
    v->weights.shared = (double)strtof(argv[4], NULL);
    v->promise = wn_promise_float_kernels();
    v->promise.kernel_abs += strtod(argv[5], NULL);
    v->integers = strcmp(argv[5], "fixed") == 0;
    if (v->integers && !prepare_integers(v))
        return false;
    return v->in && v->out && v->value && v->error && v->act;
}

int main(int argc, char **argv) {
    vectors v = {0};
    if (argc != 6) {
        fputs("usage: vectors NETWORK INPUTS OUTPUTS WEIGHT KERNEL_ERROR\n", stderr);
        return 2;
    }
    const bool ok = prepare(&v, argv) && write_vectors(&v);
    for (int k = 0; k < 3; k++)
        wn_buf_free(&v.text[k]);
    free(v.in);
    free(v.out);
    free(v.value);
    free(v.error);
    free(v.act);
    wn_compilation_finish(&v.c);
    wn_bound_destroy(v.bound);
    wann_net_destroy(v.net);
    return ok ? 0 : 1;
}
