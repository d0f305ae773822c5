/* The network graph: what every part that reads a network reads. */
#ifndef WN_NET_H
#define WN_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/base/arena.h"
#include "wann/net.h"

enum { WN_MAX_NODES = 1000000 };

/* Keys of a network file that mean nothing to us, kept as the text of a JSON object; NULL: none. */
typedef const char *wn_extra;

/* Nodes stand in order of evaluation: the bias if there is one, the inputs, hidden nodes in
 * topological order, outputs last (but before a node that reads them, where a file has such
 * connections). A node is its index. All arrays belong to the arena; nothing changes once
 * wn_net_build has returned. */
struct wann_net {
    wn_arena arena;
    const char *name;
    wann_action action;
    bool has_shared_weight;
    double shared_weight; /* 1 if the file names none */

    uint32_t n_nodes;
    uint8_t *role;          /* [n_nodes] wann_role */
    uint8_t *activation;    /* [n_nodes] wann_activation; LINEAR for bias and inputs */
    int64_t *id;            /* [n_nodes] the file's id ("gene id") */
    const char **node_name; /* [n_nodes] inputs and outputs: their name; others NULL */

    /* Incoming connections of node i: first_conn[i] <= k < first_conn[i + 1], by source. */
    uint32_t n_conns;
    uint32_t *first_conn; /* [n_nodes + 1] */
    uint32_t *source;     /* [n_conns] */
    double *weight;       /* [n_conns], or NULL: none in the file */

    uint32_t n_inputs;
    uint32_t n_outputs;
    uint32_t *input;  /* [n_inputs] node of input i, in the order of the input vector */
    uint32_t *output; /* [n_outputs] node of output o */
    int64_t bias;     /* node of the bias, -1: none */

    const char *provenance; /* text of a JSON object, or NULL */
    const char *task;       /* its "task", or NULL */
    wn_extra extra;         /* top-level keys */
    wn_extra *node_extra;   /* [n_nodes], or NULL: none at all */
    wn_extra *conn_extra;   /* [n_conns], or NULL */
};

typedef wann_net wn_net;

/* What a reader found, in the order of its file. */
typedef struct wn_node_spec {
    int64_t id;
    wann_role role;
    wann_activation activation; /* ignored for bias and inputs */
    const char *name;           /* inputs and outputs: copied; NULL: "in<k>", "out<k>" */
    wn_extra extra;
} wn_node_spec;

typedef struct wn_conn_spec {
    int64_t from; /* ids */
    int64_t to;
    double weight; /* read only if the spec has_weights */
    wn_extra extra;
} wn_conn_spec;

typedef struct wn_net_spec {
    const char *name;
    wann_action action;
    bool has_weights;
    bool has_shared_weight;
    double shared_weight;
    const wn_node_spec *nodes; /* k-th input node is input k, k-th output node is output k */
    size_t n_nodes;
    const wn_conn_spec *conns;
    size_t n_conns;
    const char *provenance;
    const char *task;
    wn_extra extra;
} wn_net_spec;

/* Where in a spec a problem lies, so that a reader can name the place in its file. */
typedef enum wn_place_kind { WN_PLACE_NONE, WN_PLACE_NODE, WN_PLACE_CONN } wn_place_kind;
typedef struct wn_place {
    wn_place_kind kind;
    size_t index; /* into spec->nodes or spec->conns */
} wn_place;

/* Check a spec and make the network of it: order the nodes, sort the connections, copy the text.
 * Refused: no output, two biases, duplicate ids or connections, dangling connections, connections
 * into inputs or bias, cycles (all nodes of one are named), numbers that are not finite, more than
 * WN_MAX_NODES nodes or UINT32_MAX - 1 connections. On failure *net is NULL, diag->text says what is
 * wrong, and *place, if place is not NULL, says where. */
wann_status wn_net_build(const wn_net_spec *spec, wn_net **net, wn_place *place, wann_diag *diag);

/* Check every invariant stated above of a finished network; for tests and debug builds. */
wann_status wn_net_verify(const wn_net *net, wann_diag *diag);

/* The number of levels below each node: 0 for nodes without connections, else 1 + the largest of its
 * sources. level[n_nodes]. */
void wn_net_levels(const wn_net *net, uint32_t *level);

/* Whether an output depends on each node. live[n_nodes]. */
void wn_net_live(const wn_net *net, bool *live);

/* The order of connections in which the published tools list weights: by source, then destination.
 * order[k] = index of the k-th connection; order[n_conns]. False: out of memory. */
bool wn_net_published_order(const wn_net *net, uint32_t *order);

/* WANN_ACT_ of a name of length n, or 0. */
wann_activation wn_activation_by_name(const char *name, size_t n);
/* Whether number is an activation. */
bool wn_activation_known(long number);

#endif
