/* What activations look like, and what pictures say about nodes. */
#include "compiler/emit/picture.h"

#include <inttypes.h>

/* The colours of Okabe and Ito (2008) and some of Tol's muted scheme, told apart by people with any
 * colour vision; the label and the curve say the same again.
 * X(NAME, name, label, fill, ink on it) */
#define LOOKS(X)                                                                                   \
    X(LINEAR, linear, "lin", 0xbfc5cc, BLACK)                                                      \
    X(STEP, step, "step", 0xf0e442, BLACK)                                                         \
    X(SIN, sin, "sin", 0x56b4e9, BLACK)                                                            \
    X(GAUSSIAN, gaussian, "gaus", 0xe7a6cb, BLACK)                                                 \
    X(TANH, tanh, "tanh", 0xe69f00, BLACK)                                                         \
    X(SIGMOID, sigmoid, "sigm", 0xd55e00, BLACK)                                                   \
    X(INVERSE, inverse, "inv", 0x3b2c91, WHITE)                                                    \
    X(ABS, abs, "abs", 0x12a37c, BLACK)                                                            \
    X(RELU, relu, "relu", 0x882255, WHITE)                                                         \
    X(COS, cos, "cos", 0x0068a8, WHITE)                                                            \
    X(SQUARED, squared, "sqr", 0x9aa33c, BLACK)

const wn_ink wn_inks[] = {[WN_INK_PAPER] = {0xffffff, 0x15181d},
                          [WN_INK_TEXT] = {0x1b1f24, 0xe8ebee},
                          [WN_INK_FAINT] = {0x5a636e, 0xa3acb7},
                          [WN_INK_EDGE] = {0x46525f, 0xb4bec9},
                          [WN_INK_INPUT] = {0xffffff, 0x2b323b},
                          [WN_INK_BLACK] = {0x10151a, 0x10151a},
                          [WN_INK_WHITE] = {0xffffff, 0xffffff},
#define X(NAME, name, label, fill, on) [WN_INK_ACTIVATIONS - 1 + WANN_ACT_##NAME] = {fill, fill},
                          LOOKS(X)
#undef X
};
const int wn_n_inks = sizeof wn_inks / sizeof *wn_inks;

/* A straight line as a cubic curve. */
#define LINE(ax, ay, bx, by)                                                                       \
    {(2 * (ax) + (bx)) / 3.0, (2 * (ay) + (by)) / 3.0},                                            \
        {((ax) + 2 * (bx)) / 3.0, ((ay) + 2 * (by)) / 3.0}, {                                      \
        bx, by                                                                                     \
    }

static const wn_point linear_curve[] = {{-1, -.9}, LINE(-1, -.9, 1, .9)};
static const wn_point inverse_curve[] = {{-1, .9}, LINE(-1, .9, 1, -.9)};
static const wn_point step_curve[] = {
    {-1, -.8}, LINE(-1, -.8, 0, -.8), LINE(0, -.8, 0, .8), LINE(0, .8, 1, .8)};
static const wn_point abs_curve[] = {{-1, .9}, LINE(-1, .9, 0, -.8), LINE(0, -.8, 1, .9)};
static const wn_point relu_curve[] = {{-1, -.8}, LINE(-1, -.8, 0, -.8), LINE(0, -.8, 1, .9)};
/* A quarter wave from (0, 0) to (1, 1) has its inner points near (.326, .512) and (.638, 1). */
static const wn_point sin_curve[] = {
    {-1, 0},      {-.837, -.461}, {-.681, -.9}, {-.5, -.9}, {-.319, -.9}, {-.163, -.461}, {0, 0},
    {.163, .461}, {.319, .9},     {.5, .9},     {.681, .9}, {.837, .461}, {1, 0}};
static const wn_point cos_curve[] = {
    {-1, -.9},  {-.819, -.9}, {-.663, -.461}, {-.5, 0},      {-.337, .461}, {-.181, .9}, {0, .9},
    {.181, .9}, {.337, .461}, {.5, 0},        {.663, -.461}, {.819, -.9},   {1, -.9}};
static const wn_point gaussian_curve[] = {{-1, -.8}, {-.45, -.8}, {-.4, .9}, {0, .9},
                                          {.4, .9},  {.45, -.8},  {1, -.8}};
static const wn_point tanh_curve[] = {{-1, -.9}, {.25, -.9}, {-.25, .9}, {1, .9}};
static const wn_point sigmoid_curve[] = {{-1, -.8}, {-.1, -.8}, {.1, .8}, {1, .8}};
static const wn_point squared_curve[] = {{-1, .9}, {-.333, -1.367}, {.333, -1.367}, {1, .9}};

enum {
    N_ACTIVATIONS = 0
#define X(NAME, name, number, formula) +1
#include "wann/activations.def"
#undef X
};
#define X(NAME, name, label, fill, on) +1
_Static_assert((0 LOOKS(X)) == N_ACTIVATIONS, "every activation has a look");
#undef X
#define X(NAME, name, label, fill, on)                                                             \
    _Static_assert(sizeof name##_curve <= WN_LOOK_POINTS * sizeof(wn_point), #name);
LOOKS(X)
#undef X

const wn_look *wn_activation_look(wann_activation activation) {
    static const wn_look looks[] = {
#define X(NAME, name, label, fill, on)                                                             \
    [WANN_ACT_##NAME] = {label, WN_INK_ACTIVATIONS - 1 + WANN_ACT_##NAME, WN_INK_##on,             \
                         name##_curve, sizeof name##_curve / sizeof(wn_point) / 3},
        LOOKS(X)
#undef X
    };
    return &looks[activation];
}

static const char *plural(uint32_t n) {
    return n == 1 ? "" : "s";
}

void wn_describe_node(const wn_net *net, uint32_t node, bool live, wn_buf *out) {
    const uint32_t fan_in = net->first_conn[node + 1] - net->first_conn[node];
    switch ((wann_role)net->role[node]) {
    case WANN_BIAS:
        wn_buf_print(out, "bias, node %" PRId64 ": always 1", net->id[node]);
        break;
    case WANN_INPUT_NODE:
        wn_buf_print(out, "input \"%s\", node %" PRId64, net->node_name[node], net->id[node]);
        break;
    case WANN_OUTPUT_NODE:
        wn_buf_print(out, "output \"%s\", ", net->node_name[node]);
        /* fall through */
    case WANN_HIDDEN:
        wn_buf_print(out, "node %" PRId64 ": %s, %" PRIu32 " incoming connection%s", net->id[node],
                     wann_activation_name((wann_activation)net->activation[node]), fan_in,
                     plural(fan_in));
    }
    if (!live)
        wn_buf_text(out, "; no output depends on it");
}

void wn_describe_net(const wn_net *net, wn_buf *out) {
    const uint32_t bias = net->bias >= 0;
    const uint32_t hidden = net->n_nodes - net->n_inputs - net->n_outputs - bias;
    const size_t depth = wann_net_depth(net);
    wn_buf_print(out, "%" PRIu32 " node%s (%" PRIu32 " input%s, ", net->n_nodes,
                 plural(net->n_nodes), net->n_inputs, plural(net->n_inputs));
    wn_buf_print(out, "%" PRIu32 " hidden, %" PRIu32 " output%s%s), ", hidden, net->n_outputs,
                 plural(net->n_outputs), bias ? ", bias" : "");
    wn_buf_print(out, "%" PRIu32 " connection%s, depth %zu", net->n_conns, plural(net->n_conns),
                 depth);
}
