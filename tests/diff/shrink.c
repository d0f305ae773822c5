/* Making a network that fails as small as it can be while it still fails. */
#include "diff/shrink.h"

#include <stdlib.h>
#include <string.h>

/* A network as a list that is easily thinned out. */
typedef struct parts {
    wn_net_spec spec;
    wn_node_spec *node;
    wn_conn_spec *conn;
} parts;

typedef struct shrinking {
    shrink_fails fails;
    void *ctx;
    unsigned left; /* tries */
    parts best;
} shrinking;

static bool allocate(parts *p, size_t nodes, size_t conns) {
    p->node = calloc(nodes + 1, sizeof *p->node);
    p->conn = calloc(conns + 1, sizeof *p->conn);
    p->spec.nodes = p->node;
    p->spec.conns = p->conn;
    return p->node && p->conn;
}

static void release(parts *p) {
    free(p->node);
    free(p->conn);
}

static bool take_apart(const wn_net *net, parts *p) {
    p->spec = (wn_net_spec){.name = net->name,
                            .action = net->action,
                            .has_weights = net->weight != NULL,
                            .has_shared_weight = net->has_shared_weight,
                            .shared_weight = net->shared_weight};
    if (!allocate(p, net->n_nodes, net->n_conns))
        return false;
    for (uint32_t i = 0; i < net->n_nodes; i++) {
        p->node[p->spec.n_nodes++] =
            (wn_node_spec){.id = net->id[i],
                           .role = (wann_role)net->role[i],
                           .activation = (wann_activation)net->activation[i],
                           .name = net->node_name[i]};
        for (uint32_t k = net->first_conn[i]; k < net->first_conn[i + 1]; k++)
            p->conn[p->spec.n_conns++] = (wn_conn_spec){.from = net->id[net->source[k]],
                                                        .to = net->id[i],
                                                        .weight = net->weight ? net->weight[k] : 0};
    }
    return true;
}

static bool has_end(const parts *p, int64_t id) {
    for (size_t i = 0; i < p->spec.n_nodes; i++)
        if (p->node[i].id == id)
            return true;
    return false;
}

/* A copy without the connections [first, first + n). */
static bool without_conns(const parts *from, size_t first, size_t n, parts *to) {
    to->spec = from->spec;
    if (!allocate(to, from->spec.n_nodes, from->spec.n_conns))
        return false;
    memcpy(to->node, from->node, from->spec.n_nodes * sizeof *to->node);
    to->spec.n_conns = 0;
    for (size_t k = 0; k < from->spec.n_conns; k++)
        if (k < first || k >= first + n)
            to->conn[to->spec.n_conns++] = from->conn[k];
    return true;
}

static bool removable(const parts *p, size_t i) {
    size_t outputs = 0;
    for (size_t k = 0; k < p->spec.n_nodes; k++)
        outputs += p->node[k].role == WANN_OUTPUT_NODE;
    return p->node[i].role == WANN_HIDDEN || (p->node[i].role == WANN_OUTPUT_NODE && outputs > 1);
}

/* A copy without the removable nodes among [first, first + n), and without their connections. */
static bool without_nodes(const parts *from, size_t first, size_t n, parts *to) {
    to->spec = from->spec;
    if (!allocate(to, from->spec.n_nodes, from->spec.n_conns))
        return false;
    size_t outputs_left = 0;
    to->spec.n_nodes = to->spec.n_conns = 0;
    for (size_t i = 0; i < from->spec.n_nodes; i++)
        outputs_left += from->node[i].role == WANN_OUTPUT_NODE;
    for (size_t i = 0; i < from->spec.n_nodes; i++) {
        const bool last = from->node[i].role == WANN_OUTPUT_NODE && outputs_left == 1;
        const bool drop = i >= first && i < first + n && removable(from, i) && !last;
        outputs_left -= drop && from->node[i].role == WANN_OUTPUT_NODE;
        if (!drop)
            to->node[to->spec.n_nodes++] = from->node[i];
    }
    for (size_t k = 0; k < from->spec.n_conns; k++)
        if (has_end(to, from->conn[k].from) && has_end(to, from->conn[k].to))
            to->conn[to->spec.n_conns++] = from->conn[k];
    return true;
}

/* Keep the candidate if it fails as well. */
static bool accept(shrinking *s, parts *candidate) {
    wn_net *net = NULL;
    const bool smaller = candidate->spec.n_conns < s->best.spec.n_conns ||
                         candidate->spec.n_nodes < s->best.spec.n_nodes;
    bool better = false;
    if (smaller && s->left > 0 && wn_net_build(&candidate->spec, &net, NULL, NULL) == WANN_OK) {
        s->left--;
        better = s->fails(net, s->ctx);
    }
    wann_net_destroy(net);
    if (better) {
        release(&s->best);
        s->best = *candidate;
    } else {
        release(candidate);
    }
    return better;
}

/* Leave out pieces of half, a quarter, ... of the list, then single ones (Zeller's delta
 * debugging). */
static bool pass(shrinking *s, bool nodes) {
    bool progress = false;
    size_t piece = nodes ? s->best.spec.n_nodes : s->best.spec.n_conns;
    for (; piece > 0; piece /= 2)
        for (size_t first = 0; first < (nodes ? s->best.spec.n_nodes : s->best.spec.n_conns);) {
            parts candidate = {0};
            if (s->left == 0 || !(nodes ? without_nodes(&s->best, first, piece, &candidate)
                                        : without_conns(&s->best, first, piece, &candidate))) {
                release(&candidate);
                return false;
            }
            if (accept(s, &candidate))
                progress = true;
            else
                first += piece;
        }
    return progress;
}

wn_net *shrink_net(const wn_net *net, shrink_fails fails, void *ctx, unsigned most) {
    shrinking s = {.fails = fails, .ctx = ctx, .left = most};
    wn_net *smallest = NULL;
    if (take_apart(net, &s.best)) {
        while (pass(&s, true) || pass(&s, false))
            ;
        wn_net_build(&s.best.spec, &smallest, NULL, NULL);
    }
    release(&s.best);
    return smallest;
}
