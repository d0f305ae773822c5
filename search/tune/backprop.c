/* Reverse mode over a network as it stands: forward through the nodes, keeping sums and values, then
 * back. Samples are lanes, which compilers make vectors of. */
#include "search/tune/backprop.h"

#include <math.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

enum { LANES = 64 };

struct wn_backprop {
    const wn_net *net;
    float *memory;
    float *sum, *value, *bar; /* [nodes][LANES]; bar: of the value, then of the sum */
};

wann_status wn_backprop_create(const wann_net *net, wn_backprop **out, wann_diag *diag) {
    *out = NULL;
    wn_backprop *b = wn_calloc(1, sizeof *b);
    if (!b)
        return wn_fail_memory(diag);
    const size_t each = net->n_nodes * (size_t)LANES;
    b->net = net;
    b->memory = wn_calloc(3 * each, sizeof *b->memory);
    if (!b->memory) {
        wn_free(b);
        return wn_fail_memory(diag);
    }
    b->sum = b->memory;
    b->value = b->memory + each;
    b->bar = b->memory + 2 * each;
    *out = b;
    return WANN_OK;
}

void wn_backprop_destroy(wn_backprop *b) {
    if (!b)
        return;
    wn_free(b->memory);
    wn_free(b);
}

/* exp(x) - 1 and so on come from the C library: this engine is for builds without a compiler's. */
static float activate(wann_activation activation, float x) {
    static const float pi = 3.14159265f;
    switch (activation) {
    case WANN_ACT_LINEAR:
        return x;
    case WANN_ACT_STEP:
        return x > 0 ? 1.0f : 0.0f;
    case WANN_ACT_SIN:
        return sinf(pi * x);
    case WANN_ACT_GAUSSIAN:
        return expf(-x * x / 2);
    case WANN_ACT_TANH:
        return tanhf(x);
    case WANN_ACT_SIGMOID:
        return (tanhf(x / 2) + 1) / 2;
    case WANN_ACT_INVERSE:
        return -x;
    case WANN_ACT_ABS:
        return fabsf(x);
    case WANN_ACT_RELU:
        return x > 0 ? x : 0;
    case WANN_ACT_COS:
        return cosf(pi * x);
    case WANN_ACT_SQUARED:
        return x * x;
    }
    return x;
}

/* The derivative at sum x, where the value is y. */
static float slope(wann_activation activation, float x, float y) {
    static const float pi = 3.14159265f;
    switch (activation) {
    case WANN_ACT_LINEAR:
        return 1;
    case WANN_ACT_STEP:
        return 0;
    case WANN_ACT_SIN:
        return pi * cosf(pi * x);
    case WANN_ACT_GAUSSIAN:
        return -x * y;
    case WANN_ACT_TANH:
        return 1 - y * y;
    case WANN_ACT_SIGMOID:
        return y * (1 - y);
    case WANN_ACT_INVERSE:
        return -1;
    case WANN_ACT_ABS:
        return x > 0 ? 1.0f : x < 0 ? -1.0f : 0.0f;
    case WANN_ACT_RELU:
        return x > 0 ? 1.0f : 0.0f;
    case WANN_ACT_COS:
        return -pi * sinf(pi * x);
    case WANN_ACT_SQUARED:
        return 2 * x;
    }
    return 1;
}

static bool is_computed(const wn_net *net, uint32_t i) {
    return net->role[i] == WANN_HIDDEN || net->role[i] == WANN_OUTPUT_NODE;
}

static void forward_node(wn_backprop *b, uint32_t i, const float *weights) {
    const wn_net *net = b->net;
    float *restrict sum = b->sum + (size_t)i * LANES;
    float *value = b->value + (size_t)i * LANES;
    memset(sum, 0, LANES * sizeof *sum);
    for (uint32_t k = net->first_conn[i]; k < net->first_conn[i + 1]; k++) {
        const float *restrict source = b->value + (size_t)net->source[k] * LANES;
        for (size_t l = 0; l < LANES; l++)
            sum[l] += weights[k] * source[l];
    }
    for (size_t l = 0; l < LANES; l++)
        value[l] = activate((wann_activation)net->activation[i], sum[l]);
}

static void backward_node(wn_backprop *b, uint32_t i, const float *weights, float *weights_bar) {
    const wn_net *net = b->net;
    const float *sum = b->sum + (size_t)i * LANES, *value = b->value + (size_t)i * LANES;
    float *bar = b->bar + (size_t)i * LANES;
    for (size_t l = 0; l < LANES; l++)
        bar[l] *= slope((wann_activation)net->activation[i], sum[l], value[l]);
    for (uint32_t k = net->first_conn[i]; k < net->first_conn[i + 1]; k++) {
        const float *source = b->value + (size_t)net->source[k] * LANES;
        float *restrict source_bar = b->bar + (size_t)net->source[k] * LANES;
        float total = 0;
        for (size_t l = 0; l < LANES; l++) {
            total += bar[l] * source[l];
            source_bar[l] += weights[k] * bar[l];
        }
        weights_bar[k] += total;
    }
}

/* Lanes past n stay 0, and so do the derivatives that they add. */
static void forward(wn_backprop *b, size_t n, const float *in, const float *weights, float *out) {
    const wn_net *net = b->net;
    memset(b->value, 0, net->n_nodes * LANES * sizeof *b->value);
    for (uint32_t k = 0; k < net->n_inputs; k++)
        for (size_t l = 0; l < n; l++)
            b->value[(size_t)net->input[k] * LANES + l] = in[l * net->n_inputs + k];
    for (size_t l = 0; net->bias >= 0 && l < LANES; l++)
        b->value[(size_t)net->bias * LANES + l] = 1;
    for (uint32_t i = 0; i < net->n_nodes; i++)
        if (is_computed(net, i))
            forward_node(b, i, weights);
    for (uint32_t o = 0; o < net->n_outputs; o++)
        for (size_t l = 0; l < n; l++)
            out[l * net->n_outputs + o] = b->value[(size_t)net->output[o] * LANES + l];
}

static void backward(wn_backprop *b, size_t n, const float *weights, const float *out_bar,
                     float *weights_bar) {
    const wn_net *net = b->net;
    memset(b->bar, 0, net->n_nodes * LANES * sizeof *b->bar);
    for (uint32_t o = 0; o < net->n_outputs; o++)
        for (size_t l = 0; l < n; l++)
            b->bar[(size_t)net->output[o] * LANES + l] = out_bar[l * net->n_outputs + o];
    for (uint32_t i = net->n_nodes; i-- > 0;)
        if (is_computed(net, i))
            backward_node(b, i, weights, weights_bar);
}

void wn_backprop_run(wn_backprop *b, size_t n, const float *in, const float *weights,
                     const float *out_bar, float *out, float *weights_bar) {
    const wn_net *net = b->net;
    for (size_t first = 0; first < n; first += LANES) {
        const size_t now = n - first < LANES ? n - first : LANES;
        forward(b, now, in + first * net->n_inputs, weights, out + first * net->n_outputs);
        if (weights_bar)
            backward(b, now, weights, out_bar + first * net->n_outputs, weights_bar);
    }
}
