/* Where the nodes of a picture stand: layers, lanes for long connections, heights. */
#include "compiler/emit/layered.h"
#include "compiler/emit/picture.h"
#include "runtime/base/diag.h"

#include <math.h>
#include <string.h>

enum { MAX_LANES = 50000 };

/* A layout in the making. Everything but the layout's own arrays is scratch. */
typedef struct drafter {
    const wn_net *net;
    const wn_layout_sizes *sizes;
    wn_layout *layout;
    wn_arena scratch;
    wn_layered graph;
    uint32_t *last_layer; /* [n_nodes] the layer of a node's farthest reader; its own if none */
    uint32_t longest;     /* connections over more layers get no lanes */
    double input_stretch, output_stretch; /* how far apart these stand, of their least distance */
} drafter;

static bool is_input(const wn_net *net, uint32_t node) {
    return net->role[node] == WANN_BIAS || net->role[node] == WANN_INPUT_NODE;
}

/* The longest path to each node decides its layer. Outputs that nothing reads share the last. */
static void assign_layers(drafter *d, const bool *read) {
    const wn_net *net = d->net;
    uint32_t *layer = d->layout->layer;
    wn_net_levels(net, layer);
    uint32_t last = 0;
    for (uint32_t v = 0; v < net->n_nodes; v++) {
        if (!is_input(net, v) && layer[v] == 0)
            layer[v] = 1; /* a constant: no connection, but not an input */
        for (uint32_t k = net->first_conn[v]; k < net->first_conn[v + 1]; k++)
            if (layer[net->source[k]] >= layer[v])
                layer[v] = layer[net->source[k]] + 1;
        if ((net->role[v] != WANN_OUTPUT_NODE || read[v]) && layer[v] > last)
            last = layer[v];
    }
    d->layout->n_layers = last + 2;
    for (uint32_t v = 0; v < net->n_nodes; v++)
        if (net->role[v] == WANN_OUTPUT_NODE && !read[v])
            layer[v] = last + 1;
}

/* Move nodes with more readers than sources towards their readers: shorter connections in sum. */
static void pull_right(drafter *d, const uint32_t *n_readers, uint32_t *nearest) {
    const wn_net *net = d->net;
    uint32_t *layer = d->layout->layer;
    memset(nearest, 0xff, net->n_nodes * sizeof *nearest);
    for (uint32_t v = net->n_nodes; v-- > 0;) {
        const uint32_t fan_in = net->first_conn[v + 1] - net->first_conn[v];
        if (!is_input(net, v) && n_readers[v] > fan_in)
            layer[v] = nearest[v] - 1;
        for (uint32_t k = net->first_conn[v]; k < net->first_conn[v + 1]; k++)
            if (layer[v] < nearest[net->source[k]])
                nearest[net->source[k]] = layer[v];
    }
}

static wann_status make_layers(drafter *d, wann_diag *diag) {
    const wn_net *net = d->net;
    wn_layout *layout = d->layout;
    layout->layer = WN_NEW(&layout->arena, uint32_t, net->n_nodes);
    uint32_t *n_readers = WN_NEW(&d->scratch, uint32_t, net->n_nodes);
    uint32_t *nearest = WN_NEW(&d->scratch, uint32_t, net->n_nodes);
    bool *read = WN_NEW(&d->scratch, bool, net->n_nodes);
    if (!layout->layer || !n_readers || !nearest || !read)
        return wn_fail_memory(diag);
    for (uint32_t k = 0; k < net->n_conns; k++) {
        n_readers[net->source[k]]++;
        read[net->source[k]] = true;
    }
    assign_layers(d, read);
    pull_right(d, n_readers, nearest);
    return WANN_OK;
}

/* The lanes of a node reach up to the layer before its last reader. */
static uint32_t lanes_of(const drafter *d, uint32_t v) {
    const uint32_t span = d->last_layer[v] - d->layout->layer[v];
    return span > 1 && span <= d->longest ? span - 1 : 0;
}

static uint64_t count_lanes(const drafter *d) {
    uint64_t lanes = 0;
    for (uint32_t v = 0; v < d->net->n_nodes; v++)
        lanes += lanes_of(d, v);
    return lanes;
}

/* Very long connections of very deep networks go without lanes, or there would be millions. */
static wann_status make_lanes(drafter *d, wann_diag *diag) {
    const wn_net *net = d->net;
    wn_layout *layout = d->layout;
    d->last_layer = WN_NEW(&d->scratch, uint32_t, net->n_nodes);
    layout->first_lane = WN_NEW(&layout->arena, uint32_t, (size_t)net->n_nodes + 1);
    if (!d->last_layer || !layout->first_lane)
        return wn_fail_memory(diag);
    memcpy(d->last_layer, layout->layer, net->n_nodes * sizeof *d->last_layer);
    for (uint32_t v = 0; v < net->n_nodes; v++)
        for (uint32_t k = net->first_conn[v]; k < net->first_conn[v + 1]; k++)
            if (layout->layer[v] > d->last_layer[net->source[k]])
                d->last_layer[net->source[k]] = layout->layer[v];
    d->longest = layout->n_layers;
    while (count_lanes(d) > MAX_LANES)
        d->longest /= 2;
    uint32_t next = net->n_nodes;
    for (uint32_t v = 0; v < net->n_nodes; next += lanes_of(d, v), v++)
        layout->first_lane[v] = next;
    layout->first_lane[net->n_nodes] = next;
    return WANN_OK;
}

/* Call link(d, from, to) for every link between adjacent layers, each once. */
static void each_link(drafter *d, void (*link)(drafter *d, uint32_t from, uint32_t to)) {
    const wn_net *net = d->net;
    const uint32_t *layer = d->layout->layer, *first_lane = d->layout->first_lane;
    for (uint32_t v = 0; v < net->n_nodes; v++)
        for (uint32_t lane = first_lane[v]; lane < first_lane[v + 1]; lane++)
            link(d, lane == first_lane[v] ? v : lane - 1, lane);
    for (uint32_t v = 0; v < net->n_nodes; v++)
        for (uint32_t k = net->first_conn[v]; k < net->first_conn[v + 1]; k++) {
            const uint32_t s = net->source[k], span = layer[v] - layer[s];
            if (span == 1)
                link(d, s, v);
            else if (first_lane[s] < first_lane[s + 1])
                link(d, first_lane[s] + span - 2, v);
        }
}

static void count_link(drafter *d, uint32_t from, uint32_t to) {
    d->graph.first_right[from + 1]++;
    d->graph.first_left[to + 1]++;
    d->graph.n_links++;
}

/* first[v + 1] moves from the start of v's list to its end while the list is filled. */
static void store_link(drafter *d, uint32_t from, uint32_t to) {
    d->graph.right[d->graph.first_right[from + 1]++] = to;
    d->graph.left[d->graph.first_left[to + 1]++] = from;
}

/* Counts at first[v + 1] become the starts of v's lists at first[v + 1]. */
static void counts_to_starts(uint32_t *first, uint32_t n) {
    uint32_t sum = 0;
    for (uint32_t v = 0; v < n; v++) {
        const uint32_t count = first[v + 1];
        first[v + 1] = sum;
        sum += count;
    }
}

static wann_status make_links(drafter *d, wann_diag *diag) {
    wn_layered *g = &d->graph;
    g->first_left = WN_NEW(&d->scratch, uint32_t, (size_t)g->n_vertices + 1);
    g->first_right = WN_NEW(&d->scratch, uint32_t, (size_t)g->n_vertices + 1);
    if (!g->first_left || !g->first_right)
        return wn_fail_memory(diag);
    each_link(d, count_link);
    g->left = WN_NEW(&d->scratch, uint32_t, g->n_links);
    g->right = WN_NEW(&d->scratch, uint32_t, g->n_links);
    if (!g->left || !g->right)
        return wn_fail_memory(diag);
    counts_to_starts(g->first_left, g->n_vertices);
    counts_to_starts(g->first_right, g->n_vertices);
    each_link(d, store_link);
    return WANN_OK;
}

static void put(wn_layered *g, uint32_t *filled, uint32_t v) {
    const uint32_t l = g->layer[v];
    g->position[v] = filled[l]++;
    g->slot[g->first_slot[l] + g->position[v]] = v;
}

/* Vertices start in the order of the network; inputs and outputs in that of their vectors. */
static void fill_slots(drafter *d, uint32_t *filled) {
    const wn_net *net = d->net;
    wn_layered *g = &d->graph;
    for (uint32_t v = 0; v < g->n_vertices; v++)
        g->first_slot[g->layer[v] + 1]++;
    for (uint32_t l = 0; l < g->n_layers; l++)
        g->first_slot[l + 1] += g->first_slot[l];
    if (net->bias >= 0)
        put(g, filled, (uint32_t)net->bias);
    for (uint32_t i = 0; i < net->n_inputs; i++)
        put(g, filled, net->input[i]);
    for (uint32_t o = 0; o < net->n_outputs; o++)
        put(g, filled, net->output[o]);
    for (uint32_t v = 0; v < g->n_vertices; v++)
        if (v >= net->n_nodes || net->role[v] == WANN_HIDDEN)
            put(g, filled, v);
}

static wann_status make_graph(drafter *d, wann_diag *diag) {
    const wn_net *net = d->net;
    const wn_layout *layout = d->layout;
    wn_layered *g = &d->graph;
    g->n_layers = layout->n_layers;
    g->n_vertices = layout->first_lane[net->n_nodes];
    g->layer = WN_NEW(&d->scratch, uint32_t, g->n_vertices);
    g->slot = WN_NEW(&d->scratch, uint32_t, g->n_vertices);
    g->position = WN_NEW(&d->scratch, uint32_t, g->n_vertices);
    g->first_slot = WN_NEW(&d->scratch, uint32_t, (size_t)g->n_layers + 1);
    g->fixed = WN_NEW(&d->scratch, bool, g->n_layers);
    uint32_t *filled = WN_NEW(&d->scratch, uint32_t, g->n_layers);
    if (!g->layer || !g->slot || !g->position || !g->first_slot || !g->fixed || !filled)
        return wn_fail_memory(diag);
    for (uint32_t v = 0; v < net->n_nodes; v++) {
        g->layer[v] = layout->layer[v];
        for (uint32_t lane = layout->first_lane[v]; lane < layout->first_lane[v + 1]; lane++)
            g->layer[lane] = layout->layer[v] + 1 + (lane - layout->first_lane[v]);
    }
    g->fixed[0] = g->fixed[g->n_layers - 1] = true;
    fill_slots(d, filled);
    return make_links(d, diag);
}

static double half_height(const drafter *d, uint32_t v) {
    if (v >= d->net->n_nodes)
        return d->sizes->lane;
    if (is_input(d->net, v))
        return d->sizes->input * d->input_stretch;
    if (d->graph.layer[v] + 1 == d->graph.n_layers)
        return d->sizes->node * d->output_stretch;
    const bool named = d->net->role[v] == WANN_OUTPUT_NODE; /* its name stands under it */
    return d->sizes->node * (named ? 1.6 : 1);
}

/* A layer's vertices that touch and move as one: the mean of the places they would like. */
typedef struct block {
    double sum, weight;
    uint32_t n;
} block;

/* Straight lanes matter more than short links to nodes (the weights of Gansner et al. 1993). */
static double link_weight(const drafter *d, uint32_t u, uint32_t v) {
    const int lanes = (u >= d->net->n_nodes) + (v >= d->net->n_nodes);
    return lanes == 2 ? 8 : lanes == 1 ? 2 : 1;
}

/* Where v would like to be: the weighted mean of its neighbours. A weak pull to where it is keeps
 * vertices without neighbours in place. */
static block wish(const drafter *d, uint32_t v) {
    const wn_layered *g = &d->graph;
    const double *y = d->layout->y;
    block b = {1e-3 * y[v], 1e-3, 1};
    for (uint32_t k = g->first_left[v]; k < g->first_left[v + 1]; k++) {
        const double w = link_weight(d, g->left[k], v);
        b.sum += w * y[g->left[k]];
        b.weight += w;
    }
    for (uint32_t k = g->first_right[v]; k < g->first_right[v + 1]; k++) {
        const double w = link_weight(d, v, g->right[k]);
        b.sum += w * y[g->right[k]];
        b.weight += w;
    }
    return b;
}

/* Give the layer the heights with the least sum of weighted squared distances from the wishes that
 * keep order and distances: isotonic regression by pooling adjacent violators. */
static void settle_layer(drafter *d, uint32_t l, block *blocks) {
    const wn_layered *g = &d->graph;
    const uint32_t first = g->first_slot[l], end = g->first_slot[l + 1];
    size_t n = 0;
    double offset = 0;
    for (uint32_t s = first; s < end; s++) {
        const uint32_t v = g->slot[s];
        offset += half_height(d, v);
        block b = wish(d, v);
        b.sum -= b.weight * offset;
        while (n > 0 && blocks[n - 1].sum * b.weight >= b.sum * blocks[n - 1].weight) {
            n--;
            b = (block){b.sum + blocks[n].sum, b.weight + blocks[n].weight, b.n + blocks[n].n};
        }
        blocks[n++] = b;
        offset += half_height(d, v);
    }
    uint32_t s = first;
    offset = 0;
    for (size_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < blocks[i].n; k++, s++) {
            offset += half_height(d, g->slot[s]);
            d->layout->y[g->slot[s]] = blocks[i].sum / blocks[i].weight + offset;
            offset += half_height(d, g->slot[s]);
        }
}

static double layer_height(const drafter *d, uint32_t l) {
    const wn_layered *g = &d->graph;
    double height = 0;
    for (uint32_t s = g->first_slot[l]; s < g->first_slot[l + 1]; s++)
        height += 2 * half_height(d, g->slot[s]);
    return height;
}

/* Stack a layer, centred on 0. */
static void stack_layer(drafter *d, uint32_t l) {
    const wn_layered *g = &d->graph;
    double at = -layer_height(d, l) / 2;
    for (uint32_t s = g->first_slot[l]; s < g->first_slot[l + 1]; s++) {
        const double half = half_height(d, g->slot[s]);
        d->layout->y[g->slot[s]] = at + half;
        at += 2 * half;
    }
}

/* Where other layers need more height, inputs and outputs spread too, so that fans open. */
static void stretch_ends(drafter *d) {
    enum { MAX_STRETCH = 3 };
    const uint32_t last = d->graph.n_layers - 1;
    d->input_stretch = d->output_stretch = 1;
    double tallest = 0;
    for (uint32_t l = 1; l < last; l++)
        tallest = fmax(tallest, layer_height(d, l));
    const double inputs = layer_height(d, 0);
    if (inputs > 0)
        d->input_stretch = fmin(fmax(0.8 * tallest / inputs, 1), MAX_STRETCH);
    tallest = fmax(tallest, layer_height(d, 0));
    const double outputs = layer_height(d, last);
    if (outputs > 0)
        d->output_stretch = fmin(fmax(0.4 * tallest / outputs, 1), MAX_STRETCH);
}

static void measure(drafter *d) {
    wn_layout *layout = d->layout;
    layout->top = HUGE_VAL;
    layout->bottom = -HUGE_VAL;
    for (uint32_t v = 0; v < d->graph.n_vertices; v++) {
        layout->top = fmin(layout->top, layout->y[v] - half_height(d, v));
        layout->bottom = fmax(layout->bottom, layout->y[v] + half_height(d, v));
    }
}

static wann_status make_heights(drafter *d, wann_diag *diag) {
    enum { WORK = 3000000, MIN_ROUNDS = 6, MAX_ROUNDS = 60 };
    const wn_layered *g = &d->graph;
    block *blocks = WN_NEW(&d->scratch, block, g->n_vertices);
    d->layout->y = WN_NEW(&d->layout->arena, double, g->n_vertices);
    if (!blocks || !d->layout->y)
        return wn_fail_memory(diag);
    stretch_ends(d);
    for (uint32_t l = 0; l < g->n_layers; l++)
        stack_layer(d, l);
    const uint32_t affordable = WORK / (g->n_vertices + 2 * g->n_links + 1);
    const uint32_t rounds = affordable < MIN_ROUNDS   ? MIN_ROUNDS
                            : affordable > MAX_ROUNDS ? MAX_ROUNDS
                                                      : affordable;
    for (uint32_t round = 0; round < rounds; round++)
        for (uint32_t i = 1; i < g->n_layers; i++)
            settle_layer(d, round % 2 == 0 ? i : g->n_layers - i, blocks);
    measure(d);
    return WANN_OK;
}

static wann_status draft(drafter *d, wann_diag *diag) {
    WN_TRY(make_layers(d, diag));
    WN_TRY(make_lanes(d, diag));
    WN_TRY(make_graph(d, diag));
    if (!wn_layered_untangle(&d->graph, &d->scratch))
        return wn_fail_memory(diag);
    return make_heights(d, diag);
}

wann_status wn_layout_build(const wn_net *net, const wn_layout_sizes *sizes, wn_layout *layout,
                            wann_diag *diag) {
    *layout = (wn_layout){0};
    drafter d = {.net = net, .sizes = sizes, .layout = layout};
    const wann_status status = draft(&d, diag);
    wn_arena_free(&d.scratch);
    return status;
}

void wn_layout_free(wn_layout *layout) {
    wn_arena_free(&layout->arena);
    *layout = (wn_layout){0};
}
