/* Random networks, inputs and weights for property tests. */
#include "support/random_net.h"

#include <float.h>
#include <math.h>

/* What one network is drawn from. Nodes 0 .. n_nodes are in an order of evaluation here: bias,
 * inputs, then hidden nodes and outputs. */
typedef struct drawing {
    wn_rng *rng;
    test_random_options options;
    wn_arena arena;
    bool outputs_feed; /* whether an output may be a source */
    bool deep;         /* prefer sources nearby */
    bool weights;
    size_t n_nodes;
    size_t n_free; /* bias and inputs */
    wn_node_spec *node;
    wn_conn_spec *conn;
    size_t n_conns;
    uint32_t *seen; /* [n_nodes] the last destination + 1 that took this source */
} drawing;

static bool chance(wn_rng *rng, double probability) {
    return wn_rng_uniform(rng) < probability;
}

static size_t log_uniform(wn_rng *rng, size_t low, size_t high) {
    const double ratio = (double)(high + 1) / (double)low;
    const size_t n = (size_t)((double)low * pow(ratio, wn_rng_uniform(rng)));
    return n > high ? high : n;
}

static wann_activation draw_activation(drawing *d) {
    wann_activation activation;
    do
        activation = (wann_activation)(1 + wn_rng_below(d->rng, 11));
    while (activation == WANN_ACT_STEP && d->options.no_steps);
    return activation;
}

/* Roles in order of evaluation. Outputs come last, except in one network out of ten, where they
 * stand anywhere among the hidden nodes and feed them. */
static void draw_nodes(drawing *d) {
    wn_rng *rng = d->rng;
    const size_t n = d->n_nodes;
    const size_t most_outputs = n < 3 ? 1 : n / 3;
    const size_t outputs = log_uniform(rng, 1, most_outputs > 12 ? 12 : most_outputs);
    const size_t bias = n > outputs && !chance(rng, 0.15);
    const size_t rest = n - outputs - bias;
    const size_t most_inputs = chance(rng, 0.1) ? rest : rest < 24 ? rest : 24;
    const size_t inputs = chance(rng, 0.05) ? 0 : (size_t)wn_rng_below(rng, most_inputs + 1);
    d->n_free = bias + inputs;
    const bool mixed = chance(rng, 0.1);
    d->outputs_feed = mixed || chance(rng, 0.3);
    size_t outputs_left = outputs;
    for (size_t i = 0; i < n; i++) {
        wn_node_spec *node = &d->node[i];
        const size_t left = n - i;
        const bool output = mixed ? wn_rng_below(rng, left) < outputs_left : left <= outputs_left;
        node->activation = draw_activation(d);
        if (i < d->n_free) {
            node->role = i < bias ? WANN_BIAS : WANN_INPUT_NODE;
        } else if (output) {
            node->role = WANN_OUTPUT_NODE;
            outputs_left--;
        } else {
            node->role = WANN_HIDDEN;
        }
    }
}

static size_t draw_fan_in(drawing *d, size_t earlier) {
    wn_rng *rng = d->rng;
    size_t most = 8;
    if (chance(rng, d->options.tame ? 0.01 : 0.05))
        most = 300;
    if (most > earlier)
        most = earlier;
    if (most == 0 || chance(rng, 0.04))
        return 0;
    return log_uniform(rng, 1, most);
}

static double draw_connection_weight(drawing *d) {
    static const double exact[] = {0.0, 1.0, -1.0, 0.5, -2.0};
    static const double extreme[] = {1e-30, 1e30, -1e-310, 1e200};
    wn_rng *rng = d->rng;
    if (!d->options.tame && chance(rng, 0.002))
        return extreme[wn_rng_below(rng, 4)];
    if (chance(rng, 0.15))
        return exact[wn_rng_below(rng, 5)];
    return 1.3 * wn_rng_normal(rng);
}

/* Any earlier node, or one of the last ten. */
static size_t draw_source(drawing *d, size_t node) {
    const size_t window = d->deep && node > 10 ? 10 : node;
    return node - 1 - (size_t)wn_rng_below(d->rng, window);
}

static void draw_connections(drawing *d, size_t node, size_t most) {
    for (size_t left = draw_fan_in(d, node); left > 0 && d->n_conns < most; left--) {
        const size_t source = draw_source(d, node);
        const bool forbidden = d->node[source].role == WANN_OUTPUT_NODE && !d->outputs_feed;
        if (forbidden || d->seen[source] == node + 1)
            continue;
        d->seen[source] = (uint32_t)node + 1;
        d->conn[d->n_conns++] = (wn_conn_spec){
            .from = (int64_t)source, .to = (int64_t)node, .weight = draw_connection_weight(d)};
    }
}

/* Files list nodes and connections in any order, and ids mean nothing. */
static void scramble(drawing *d) {
    const int64_t stride = 1 + (int64_t)wn_rng_below(d->rng, 5), offset = stride * 3 - 2;
    for (size_t i = 0; i < d->n_nodes; i++)
        d->node[i].id = offset + stride * (int64_t)i;
    for (size_t k = 0; k < d->n_conns; k++) {
        d->conn[k].from = offset + stride * d->conn[k].from;
        d->conn[k].to = offset + stride * d->conn[k].to;
    }
    for (size_t i = d->n_nodes; i > 1; i--) {
        const size_t j = (size_t)wn_rng_below(d->rng, i);
        const wn_node_spec node = d->node[i - 1];
        d->node[i - 1] = d->node[j];
        d->node[j] = node;
    }
    for (size_t k = d->n_conns; k > 1; k--) {
        const size_t j = (size_t)wn_rng_below(d->rng, k);
        const wn_conn_spec conn = d->conn[k - 1];
        d->conn[k - 1] = d->conn[j];
        d->conn[j] = conn;
    }
}

static wn_net *build(drawing *d) {
    const bool named = chance(d->rng, 0.5);
    const wn_net_spec spec = {
        .name = "random",
        .action = chance(d->rng, 0.3) ? WANN_ACTION_SOFTMAX : WANN_ACTION_NONE,
        .has_weights = d->weights,
        .has_shared_weight = named,
        .shared_weight = test_random_weight(d->rng),
        .nodes = d->node,
        .n_nodes = d->n_nodes,
        .conns = d->conn,
        .n_conns = d->n_conns,
    };
    wn_net *net = NULL;
    wn_net_build(&spec, &net, NULL, NULL);
    return net;
}

wn_net *test_random_net(wn_rng *rng, const test_random_options *options) {
    drawing d = {.rng = rng};
    if (options)
        d.options = *options;
    const size_t low = d.options.min_nodes ? d.options.min_nodes : 1;
    const size_t high = d.options.max_nodes ? d.options.max_nodes : 2000;
    d.n_nodes = log_uniform(rng, low, high);
    d.deep = chance(rng, 0.4);
    d.weights = chance(rng, 0.5);
    const size_t most_conns = 20 * d.n_nodes + 300;
    d.node = WN_NEW(&d.arena, wn_node_spec, d.n_nodes);
    d.conn = WN_NEW(&d.arena, wn_conn_spec, most_conns);
    d.seen = WN_NEW(&d.arena, uint32_t, d.n_nodes);
    wn_net *net = NULL;
    if (d.node && d.conn && d.seen) {
        draw_nodes(&d);
        for (size_t i = d.n_free; i < d.n_nodes; i++)
            draw_connections(&d, i, most_conns);
        scramble(&d);
        net = build(&d);
    }
    wn_arena_free(&d.arena);
    return net;
}

static double draw_special(wn_rng *rng) {
    static const double special[] = {
        (double)NAN, (double)INFINITY, (double)-INFINITY, 0.0,     -0.0,  5e-324,  -1e-310, 1e-40,
        -1e-45,      1.17549435e-38,   2.3e-308,          1e30,    -3e38, 1e60,    -1e300,  DBL_MAX,
        0x1p-24,     1e10,             -65537.5,          1e-9,    -1e-160, 8388609, 0.5,   -1.5,
    };
    const size_t n = sizeof special / sizeof *special;
    const size_t pick = (size_t)wn_rng_below(rng, n + 8);
    return pick < n ? special[pick] : (double)wn_rng_below(rng, 17) - 8.0;
}

void test_random_input(wn_rng *rng, size_t n, double *in) {
    const double specials = chance(rng, 0.5) ? 0.0 : wn_rng_uniform(rng) * 0.5;
    for (size_t i = 0; i < n; i++)
        in[i] = chance(rng, specials) ? draw_special(rng) : wn_rng_normal(rng);
}

void test_random_ordinary_input(wn_rng *rng, size_t n, double *in) {
    const bool grid = chance(rng, 0.3);
    const double scale = chance(rng, 0.2) ? 10.0 : 1.0;
    for (size_t i = 0; i < n; i++)
        in[i] = grid ? 0.5 * ((double)wn_rng_below(rng, 9) - 4.0) : scale * wn_rng_normal(rng);
}

double test_random_weight(wn_rng *rng) {
    static const double published[] = {-2.0, -1.5, -1.0, -0.5, 0.5, 1.0, 1.5, 2.0};
    if (chance(rng, 0.03))
        return 0.0;
    return chance(rng, 0.5) ? published[wn_rng_below(rng, 8)] : 4.0 * wn_rng_uniform(rng) - 2.0;
}
