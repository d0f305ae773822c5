/* Pictures of networks: what an activation looks like, where nodes stand, and the artefacts. */
#ifndef WN_PICTURE_H
#define WN_PICTURE_H

#include "runtime/draw/canvas.h"
#include "runtime/net/net.h"

/* Append a drawing of net to out, which stays the caller's: text for Graphviz, an SVG document, a
 * PNG file. The bytes depend on the network alone. WANN_NO_MEMORY; for PNG also WANN_UNSUPPORTED
 * where the build has no libpng. After a failure out may hold a part. */
wann_status wn_emit_dot(const wn_net *net, wn_buf *out, wann_diag *diag);
wann_status wn_emit_svg(const wn_net *net, wn_buf *out, wann_diag *diag);
wann_status wn_emit_png(const wn_net *net, wn_buf *bytes, wann_diag *diag);

/* The palette of network pictures; each activation has a fill of its own after these. */
enum {
    WN_INK_PAPER,
    WN_INK_TEXT,
    WN_INK_FAINT,
    WN_INK_EDGE,
    WN_INK_INPUT,
    WN_INK_BLACK,
    WN_INK_WHITE,
    WN_INK_ACTIVATIONS
};
extern const wn_ink wn_inks[];
extern const int wn_n_inks;

/* What an activation looks like; a curve has at most this many points. */
enum { WN_LOOK_POINTS = 13 };
typedef struct wn_look {
    const char *label;     /* at most four characters */
    int fill;              /* ink of its nodes */
    int on_fill;           /* ink that is readable on the fill */
    const wn_point *curve; /* its graph in -1 <= x, y <= 1, y up, as cubic Bezier curves */
    size_t n_curves;       /* curve[1 + 3 n_curves] */
} wn_look;
const wn_look *wn_activation_look(wann_activation activation);

/* The longest label that pictures show; names beyond it are cut, and whole in the node's title. */
enum { WN_LABEL_WIDTH = 150 };

/* Append "node 7: tanh, 3 incoming connections" and the like. live: whether an output depends on
 * the node. */
void wn_describe_node(const wn_net *net, uint32_t node, bool live, wn_buf *out);
/* Append "29 nodes (5 inputs, 22 hidden, 1 output, bias), 52 connections, depth 9". */
void wn_describe_net(const wn_net *net, wn_buf *out);

/* How much room vertices take, top to bottom: half the distance to a neighbour of the same kind. */
typedef struct wn_layout_sizes {
    double node;  /* hidden and output nodes */
    double input; /* inputs and bias */
    double lane;  /* where a connection passes through a layer */
} wn_layout_sizes;

/* Where the nodes stand. Connections from one node that pass through a layer share a lane there. */
typedef struct wn_layout {
    wn_arena arena;
    uint32_t n_layers;    /* 0: bias and inputs */
    uint32_t *layer;      /* [n_nodes] */
    uint32_t *first_lane; /* [n_nodes + 1] node n has a lane in each of the layers after its own:
                             vertices first_lane[n] to first_lane[n + 1]; a network with too many
                             lanes does without those of its longest connections */
    double *y;            /* [first_lane[n_nodes]] middle of a vertex: nodes first, then lanes */
    double top, bottom;   /* what all vertices take */
} wn_layout;

/* Lay net out: longest-path layers, crossings reduced by barycentres and transposition (Sugiyama,
 * Tagawa, Toda 1981), heights by weighted least squares. Inputs and final outputs keep their order.
 * Give it back with wn_layout_free, after a failure too. */
wann_status wn_layout_build(const wn_net *net, const wn_layout_sizes *sizes, wn_layout *layout,
                            wann_diag *diag);
void wn_layout_free(wn_layout *layout);

#endif
