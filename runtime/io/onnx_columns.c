/* Columns of an ONNX model become nodes of a network. */
#include "runtime/io/onnx_columns.h"

#include <math.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/io/onnx_build.h"

enum { MOST_TERMS = 1 << 24 };
#define NONE UINT32_MAX
static const double PI = 3.14159265358979323846;

void wn_onnx_net_free(wn_onnx_net *net) {
    wn_arena_free(&net->arena);
    wn_free(net->nodes);
    wn_free(net->conns);
    wn_free(net->scratch);
    wn_free(net->seen);
}

static wann_status refuse(const wn_onnx_net *net, const char *why) {
    return wn_fail(net->diag, WANN_INPUT, NULL, 0, 0, "%s", why);
}

/* Room for one more element. */
static bool grow(void **list, size_t n, size_t *room, size_t size) {
    if (n < *room)
        return true;
    size_t bytes;
    const size_t more = *room ? 2 * *room : 256;
    void *longer = wn_mul_size(more, size, &bytes) ? wn_realloc(*list, bytes) : NULL;
    if (!longer)
        return false;
    *list = longer;
    *room = more;
    return true;
}

/* Room for n terms. A short file can ask for many: sums of sums of sums. */
static wann_status new_terms(wn_onnx_net *net, size_t n, wn_onnx_term **term) {
    if (n > MOST_TERMS - net->n_terms)
        return refuse(net, "the sums of the model have too many terms");
    net->n_terms += n;
    *term = WN_NEW(&net->arena, wn_onnx_term, n ? n : 1);
    return *term ? WANN_OK : wn_fail_memory(net->diag);
}

/* A column that has not become a node yet. */
static wann_status renew(wn_onnx_net *net, wn_onnx_column *column) {
    column->made = WN_NEW(&net->arena, uint32_t, 1);
    if (!column->made)
        return wn_fail_memory(net->diag);
    *column->made = NONE;
    return WANN_OK;
}

static wann_status sum_of(wn_onnx_net *net, const wn_onnx_term *term, size_t n,
                          wn_onnx_column *column) {
    *column = (wn_onnx_column){.form = WN_ONNX_SUM, .term = term, .n = n, .inner = 1, .scale = 1};
    return renew(net, column);
}

static wann_status one_term(wn_onnx_net *net, uint32_t node, double weight,
                            wn_onnx_column *column) {
    wn_onnx_term *term;
    WN_TRY(new_terms(net, 1, &term));
    *term = (wn_onnx_term){node, weight};
    return sum_of(net, term, 1, column);
}

wann_status wn_onnx_column_of(wn_onnx_net *net, uint32_t node, wn_onnx_column *column) {
    return one_term(net, node, 1, column);
}

wann_status wn_onnx_constant(wn_onnx_net *net, double value, wn_onnx_column *column) {
    return one_term(net, WN_ONNX_BIAS, value, column);
}

/* --- nodes ------------------------------------------------------------------------------------ */

static wann_status connect(wn_onnx_net *net, uint32_t from, uint32_t to, double weight,
                           bool weighted) {
    if (!grow((void **)&net->conns, net->n_conns, &net->conn_room, sizeof *net->conns))
        return wn_fail_memory(net->diag);
    if (weighted && weight != 1.0)
        return refuse(net, "a connection has a weight of its own beside the shared one");
    if (!isfinite(weight))
        return refuse(net, "a weight is not finite");
    net->weighted |= weighted;
    net->unweighted |= !weighted;
    net->biased |= from == WN_ONNX_BIAS;
    net->conns[net->n_conns++] = (wn_conn_spec){
        .from = from == WN_ONNX_BIAS ? -1 : (int64_t)from, .to = to, .weight = weight};
    return WANN_OK;
}

/* A node whose sum is that of the column, times factor. */
static wann_status make_node(wn_onnx_net *net, wann_activation activation, const wn_onnx_column *a,
                             double factor, uint32_t *node) {
    if (net->n_nodes + net->n_inputs >= WN_MAX_NODES)
        return refuse(net, "the model has too many nodes; at most 1000000 are allowed");
    if (!grow((void **)&net->nodes, net->n_nodes, &net->node_room, sizeof *net->nodes))
        return wn_fail_memory(net->diag);
    *node = net->n_inputs + (uint32_t)net->n_nodes;
    net->nodes[net->n_nodes++] = (wn_node_spec){.role = WANN_HIDDEN, .activation = activation};
    for (size_t i = 0; i < a->n; i++)
        if (a->term[i].weight * factor != 0.0)
            WN_TRY(connect(net, a->term[i].node, *node, a->term[i].weight * factor, a->weighted));
    return WANN_OK;
}

/* Whether a column is one node and nothing else. */
static bool is_node(const wn_onnx_column *a) {
    return a->form == WN_ONNX_SUM && a->n == 1 && !a->weighted && a->scale == 1.0 &&
           a->term[0].weight == 1.0;
}

/* The sum that an activation is applied to, with what multiplies it. */
static wann_status settle(wn_onnx_net *net, const wn_onnx_column *a, double factor,
                          wann_activation activation, wn_onnx_column *value) {
    uint32_t node;
    if (a->form == WN_ONNX_SUM) {
        WN_TRY(make_node(net, activation, a, a->scale * factor, &node));
        return wn_onnx_column_of(net, node, value);
    }
    wn_onnx_column own;
    WN_TRY(wn_onnx_node(net, a, &node));
    WN_TRY(wn_onnx_column_of(net, node, &own));
    WN_TRY(make_node(net, activation, &own, factor, &node));
    return wn_onnx_column_of(net, node, value);
}

static wann_status become_node(wn_onnx_net *net, const wn_onnx_column *a, uint32_t *node) {
    if (a->form == WN_ONNX_SUM)
        return make_node(net, WANN_ACT_LINEAR, a, a->scale, node);
    const bool square = a->form == WN_ONNX_SQUARE;
    WN_TRY(make_node(net, square ? WANN_ACT_SQUARED : WANN_ACT_STEP, a, a->inner, node));
    if (a->scale == 1.0)
        return WANN_OK;
    wn_onnx_column scaled;
    WN_TRY(one_term(net, *node, a->scale, &scaled));
    return make_node(net, WANN_ACT_LINEAR, &scaled, 1, node);
}

wann_status wn_onnx_node(wn_onnx_net *net, const wn_onnx_column *a, uint32_t *node) {
    if (is_node(a) && a->term[0].node != WN_ONNX_BIAS) {
        *node = a->term[0].node;
        return WANN_OK;
    }
    if (*a->made == NONE)
        WN_TRY(become_node(net, a, a->made));
    *node = *a->made;
    return WANN_OK;
}

/* 1 / pi where the model's own pi, as exact as its type, stands in the product. */
static double half_turns(double scale) {
    const double single = 3.14159274101257324219; /* pi in float */
    return scale == single || scale == PI ? 1 / scale : 1 / PI;
}

wann_status wn_onnx_activate(wn_onnx_net *net, wann_activation activation, const wn_onnx_column *a,
                             wn_onnx_column *value) {
    const bool turns = activation == WANN_ACT_SIN || activation == WANN_ACT_COS;
    const double turn = turns ? half_turns(a->scale) : 1;
    /* pi / pi is 1, but not its rounded inverse times it. */
    const bool exact = turns && a->form == WN_ONNX_SUM && fabs(a->scale * turn - 1) < 1e-15;
    if (!exact)
        return settle(net, a, turn, activation, value);
    wn_onnx_column plain = *a;
    plain.scale = 1;
    return settle(net, &plain, 1, activation, value);
}

/* exp(-s x^2) is the gaussian exp(-y^2 / 2) of y = sqrt(2 s) x. */
wann_status wn_onnx_exp(wn_onnx_net *net, const wn_onnx_column *a, wn_onnx_column *value) {
    if (a->form != WN_ONNX_SQUARE || !(a->scale < 0))
        return refuse(net, "only the exponential of a square with a minus is an activation");
    wn_onnx_column sum = *a;
    sum.form = WN_ONNX_SUM;
    sum.scale = a->inner;
    return settle(net, &sum, sqrt(-2 * a->scale), WANN_ACT_GAUSSIAN, value);
}

wann_status wn_onnx_square(wn_onnx_net *net, const wn_onnx_column *a, wn_onnx_column *square) {
    wn_onnx_column sum = *a;
    if (a->form != WN_ONNX_SUM) {
        uint32_t node;
        WN_TRY(wn_onnx_node(net, a, &node));
        WN_TRY(wn_onnx_column_of(net, node, &sum));
    }
    *square = sum;
    square->form = WN_ONNX_SQUARE;
    square->inner = sum.scale;
    square->scale = 1;
    return renew(net, square);
}

wann_status wn_onnx_scale(wn_onnx_net *net, const wn_onnx_column *a, double factor,
                          wn_onnx_column *product) {
    *product = *a;
    product->scale *= factor;
    return renew(net, product);
}

wann_status wn_onnx_compare(wn_onnx_net *net, const wn_onnx_column *a, wn_onnx_column *positive) {
    WN_TRY(wn_onnx_square(net, a, positive)); /* of the same shape */
    positive->form = WN_ONNX_POSITIVE;
    return WANN_OK;
}

wann_status wn_onnx_weigh(wn_onnx_net *net, const wn_onnx_column *a, wn_onnx_column *product) {
    *product = *a;
    if (a->form != WN_ONNX_SUM || a->weighted) { /* a second factor is that of a connection */
        uint32_t node;
        WN_TRY(wn_onnx_node(net, a, &node));
        WN_TRY(wn_onnx_column_of(net, node, product));
    }
    product->weighted = true;
    return renew(net, product);
}

/* --- sums ------------------------------------------------------------------------------------- */

/* Room for a sum by node, all of it 0. The bias has the first place. */
static wann_status open_scratch(wn_onnx_net *net) {
    const size_t need = net->n_inputs + net->n_nodes + 1;
    if (need <= net->scratch_room)
        return WANN_OK;
    const size_t room = 2 * need;
    double *scratch = wn_realloc(net->scratch, room * sizeof *scratch);
    if (scratch)
        net->scratch = scratch;
    bool *seen = wn_realloc(net->seen, room * sizeof *seen);
    if (seen)
        net->seen = seen;
    if (!scratch || !seen)
        return wn_fail_memory(net->diag);
    for (size_t i = net->scratch_room; i < room; i++) {
        scratch[i] = 0;
        seen[i] = false;
    }
    net->scratch_room = room;
    return WANN_OK;
}

static size_t slot(uint32_t node) {
    return node == WN_ONNX_BIAS ? 0 : (size_t)node + 1;
}

/* Terms that may name a node twice become terms that do not: [n] in, *merged out. */
static wann_status merge(wn_onnx_net *net, wn_onnx_term *term, size_t n, size_t *merged) {
    size_t kept = 0;
    WN_TRY(open_scratch(net));
    for (size_t i = 0; i < n; i++) {
        const size_t s = slot(term[i].node);
        net->scratch[s] += term[i].weight;
        if (!net->seen[s])
            term[kept++].node = term[i].node;
        net->seen[s] = true;
    }
    *merged = 0;
    for (size_t i = 0; i < kept; i++) {
        const size_t s = slot(term[i].node);
        if (net->scratch[s] != 0.0)
            term[(*merged)++] = (wn_onnx_term){term[i].node, net->scratch[s]};
        net->scratch[s] = 0;
        net->seen[s] = false;
    }
    return WANN_OK;
}

wann_status wn_onnx_combine(wn_onnx_net *net, size_t n, const wn_onnx_column *const *column,
                            const double *weight, wn_onnx_column *sum) {
    wn_onnx_term *term;
    size_t used = 0;
    for (size_t i = 0; i < n; i++)
        used += weight[i] != 0.0;
    WN_TRY(new_terms(net, used, &term));
    used = 0;
    for (size_t i = 0; i < n; i++) {
        const wn_onnx_column *c = column[i];
        if (weight[i] == 0.0)
            continue;
        term[used].weight = weight[i];
        if (c->form == WN_ONNX_SUM && c->n <= 1 && !c->weighted) {
            if (c->n == 0)
                continue;
            term[used].node = c->term[0].node;
            term[used].weight *= c->term[0].weight * c->scale;
        } else {
            WN_TRY(wn_onnx_node(net, c, &term[used].node));
        }
        used++;
    }
    WN_TRY(merge(net, term, used, &used));
    return sum_of(net, term, used, sum);
}

/* Whether two columns can be one sum: neither has a factor in front that the other lacks. */
static bool is_summable(const wn_onnx_column *a) {
    return a->form == WN_ONNX_SUM && !a->weighted;
}

wann_status wn_onnx_add(wn_onnx_net *net, const wn_onnx_column *a, const wn_onnx_column *b,
                        wn_onnx_column *sum) {
    if (!is_summable(a) || !is_summable(b)) {
        const wn_onnx_column *const columns[] = {a, b};
        const double ones[] = {1, 1};
        return wn_onnx_combine(net, 2, columns, ones, sum);
    }
    wn_onnx_term *term;
    size_t n = 0;
    WN_TRY(new_terms(net, a->n + b->n, &term));
    for (size_t i = 0; i < a->n; i++)
        term[n++] = (wn_onnx_term){a->term[i].node, a->term[i].weight * a->scale};
    for (size_t i = 0; i < b->n; i++)
        term[n++] = (wn_onnx_term){b->term[i].node, b->term[i].weight * b->scale};
    WN_TRY(merge(net, term, n, &n));
    return sum_of(net, term, n, sum);
}
