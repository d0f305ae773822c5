/* The picture of a network, as SVG and as PNG: one drawing for both. */
#include "compiler/emit/picture.h"
#include "runtime/base/diag.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* Distances on the page. */
enum { MARGIN = 28, HEADER = 58, LEGEND_GAP = 26, LEGEND_ROW = 30, LEGEND_RADIUS = 11 };
enum { MIN_PAGE = 460, MAX_TITLE = 700 };

/* The activations, which are numbered from 1 without gaps, and what faded nodes mean. */
enum {
    MAX_LEGEND = 2
#define X(NAME, name, number, formula) +1
#include "wann/activations.def"
#undef X
};

static const double TITLE_SIZE = 19, NOTE_SIZE = 12.5;

/* The font of a viewer may be this much wider than the built-in one. */
static const double SLACK = 1.15;

typedef struct legend_item {
    wann_activation activation; /* 0: what faded nodes mean */
    char text[64];
    wn_point at; /* middle of the mark */
} legend_item;

/* A drawing in the making. */
typedef struct diagram {
    const wn_net *net;
    wn_arena arena;
    wn_layout layout;
    bool *live;          /* [n_nodes] */
    wn_point *route;     /* [n_layers + 1] the connection being drawn */
    wn_point *curve;     /* [1 + 3 n_layers] */
    double radius;       /* of hidden and output nodes */
    double input_radius; /* of inputs and bias */
    double input_text;   /* size of their names */
    double pitch;        /* distance of layers */
    double left, top;    /* page coordinates of layer 0 and of height 0 */
    legend_item legend[MAX_LEGEND];
    size_t n_legend;
    wn_buf title, description, line;
    wn_picture picture;
} diagram;

static bool is_input(const wn_net *net, uint32_t node) {
    return net->role[node] == WANN_BIAS || net->role[node] == WANN_INPUT_NODE;
}

/* Outputs that others read stand among the hidden nodes. */
static bool is_last(const diagram *d, uint32_t node) {
    return d->layout.layer[node] + 1 == d->layout.n_layers;
}

static const char *name_of(const wn_net *net, uint32_t node) {
    return net->role[node] == WANN_BIAS ? "bias" : net->node_name[node];
}

/* Large networks get smaller marks, down to what still prints. */
static wn_layout_sizes choose_sizes(diagram *d) {
    const double inner = fmax(1, (double)d->net->n_nodes - d->net->n_inputs);
    const uint32_t inputs = d->net->n_inputs + 1;
    d->radius = fmin(fmax(17 * sqrt(1500 / inner), 8), 17);
    d->input_radius = inputs <= 40 ? 8 : inputs <= 100 ? 6 : 4.5;
    d->input_text = inputs <= 40 ? 12.5 : inputs <= 100 ? 11 : 9.5;
    return (wn_layout_sizes){d->radius + 5, d->input_radius * (inputs <= 40 ? 1.6 : 1.25),
                             d->net->n_conns <= 600 ? 4 : 2.5};
}

static wann_status prepare(diagram *d, wann_diag *diag) {
    const wn_layout_sizes sizes = choose_sizes(d);
    WN_TRY(wn_layout_build(d->net, &sizes, &d->layout, diag));
    const size_t layers = d->layout.n_layers;
    d->live = WN_NEW(&d->arena, bool, d->net->n_nodes);
    d->route = WN_NEW(&d->arena, wn_point, layers + 1);
    d->curve = WN_NEW(&d->arena, wn_point, 1 + 3 * layers);
    if (!d->live || !d->route || !d->curve)
        return wn_fail_memory(diag);
    wn_net_live(d->net, d->live);
    return WANN_OK;
}

static void add_legend_item(diagram *d, wann_activation activation, uint32_t n) {
    legend_item *item = &d->legend[d->n_legend++];
    item->activation = activation;
    if (activation)
        snprintf(item->text, sizeof item->text, "%s (%" PRIu32 ")",
                 wann_activation_name(activation), n);
    else
        snprintf(item->text, sizeof item->text, "faded: no output depends on it");
}

/* The activations that occur, in the order of their numbers. */
static void list_legend(diagram *d) {
    uint32_t count[MAX_LEGEND] = {0};
    bool dead = false;
    for (uint32_t v = 0; v < d->net->n_nodes; v++) {
        dead |= !d->live[v];
        if (!is_input(d->net, v))
            count[d->net->activation[v]]++;
    }
    for (int a = 1; a < MAX_LEGEND; a++)
        if (count[a] > 0)
            add_legend_item(d, (wann_activation)a, count[a]);
    if (dead)
        add_legend_item(d, (wann_activation)0, 0);
}

/* Put the legend in rows of at most this width; the height that it takes. */
static double place_legend(diagram *d, double width) {
    double x = 0, y = LEGEND_ROW / 2.0;
    for (size_t i = 0; i < d->n_legend; i++) {
        legend_item *item = &d->legend[i];
        const double text = SLACK * wn_text_width(item->text, NOTE_SIZE);
        const double wide = 2 * LEGEND_RADIUS + 7 + text + 14;
        if (x > 0 && x + wide > width) {
            x = 0;
            y += LEGEND_ROW;
        }
        item->at = (wn_point){x + LEGEND_RADIUS, y};
        x += wide;
    }
    return y + LEGEND_ROW / 2.0;
}

/* The widest name beside the first or the last layer, as it will be shown. */
static double name_room(const diagram *d, bool inputs) {
    double widest = 0;
    for (uint32_t v = 0; v < d->net->n_nodes; v++) {
        if (is_input(d->net, v) != inputs || !(inputs || is_last(d, v)))
            continue;
        const double width = wn_text_width(name_of(d->net, v), inputs ? d->input_text : NOTE_SIZE);
        widest = fmax(widest, fmin(width, WN_LABEL_WIDTH));
    }
    return SLACK * widest;
}

/* Layers far enough apart for connections to climb between them. */
static double choose_pitch(const diagram *d) {
    const double gaps = d->layout.n_layers - 1, height = d->layout.bottom - d->layout.top;
    return fmin(fmax(fmax(1.25 * height / gaps, fmin(420 / gaps, 200)), 5.2 * d->radius), 460);
}

/* From top to bottom: header, network, legend. */
static void arrange_page(diagram *d) {
    const double names = name_room(d, true) + d->input_radius + 6;
    const double outputs = name_room(d, false) + d->radius + 8;
    d->pitch = choose_pitch(d);
    const double network = names + d->pitch * (d->layout.n_layers - 1) + outputs;
    const double title = SLACK * fmin(wn_text_width(d->net->name, TITLE_SIZE * 1.05), MAX_TITLE);
    const double note = SLACK * wn_text_width(d->description.data, NOTE_SIZE);
    const double width = fmax(fmax(network, fmax(title, note)), MIN_PAGE);
    d->left = MARGIN + names + (width - network) / 2;
    d->top = MARGIN + HEADER - d->layout.top;
    const double network_end = MARGIN + HEADER + d->layout.bottom - d->layout.top;
    const double legend = place_legend(d, width);
    for (size_t i = 0; i < d->n_legend; i++) {
        d->legend[i].at.x += MARGIN;
        d->legend[i].at.y += network_end + LEGEND_GAP;
    }
    d->picture.width = ceil(width + 2 * MARGIN);
    d->picture.height = ceil(network_end + LEGEND_GAP + legend + MARGIN / 2.0);
}

/* What is read aloud, and what tools show as the document's title. */
static void describe(diagram *d) {
    wn_describe_net(d->net, &d->description);
    wn_buf_text(&d->title, d->net->name);
    wn_buf_text(&d->title, ": a weight agnostic neural network");
    d->picture = (wn_picture){.title = d->title.data,
                              .description = d->description.data,
                              .inks = wn_inks,
                              .n_inks = wn_n_inks,
                              .paper = WN_INK_PAPER};
}

static wann_status arrange(diagram *d, wann_diag *diag) {
    WN_TRY(prepare(d, diag));
    describe(d);
    if (d->title.failed || d->description.failed)
        return wn_fail_memory(diag);
    list_legend(d);
    arrange_page(d);
    return WANN_OK;
}

static wn_point place(const diagram *d, uint32_t node) {
    return (wn_point){d->left + d->pitch * d->layout.layer[node], d->top + d->layout.y[node]};
}

static double mark_radius(const diagram *d, uint32_t node) {
    return is_input(d->net, node) ? d->input_radius : d->radius;
}

/* From the right of the source, through its lanes, to the left of the reader; how many points. */
static size_t find_route(diagram *d, uint32_t source, uint32_t reader) {
    const wn_layout *layout = &d->layout;
    size_t n = 0;
    d->route[n] = place(d, source);
    d->route[n++].x += mark_radius(d, source);
    uint32_t layer = layout->layer[source] + 1;
    for (uint32_t lane = layout->first_lane[source];
         lane < layout->first_lane[source + 1] && layer < layout->layer[reader]; lane++, layer++)
        d->route[n++] = (wn_point){d->left + d->pitch * layer, d->top + layout->y[lane]};
    d->route[n] = place(d, reader);
    d->route[n++].x -= mark_radius(d, reader);
    return n;
}

/* The slope of the curve at an inner point: the harmonic mean of the slopes around it, 0 at turning
 * points, so that the curve never swings past a point (Fritsch and Butland 1984). */
static double slope_at(const wn_point *p) {
    const double before = (p[0].y - p[-1].y) / (p[0].x - p[-1].x);
    const double after = (p[1].y - p[0].y) / (p[1].x - p[0].x);
    return before * after > 0 ? 2 * before * after / (before + after) : 0;
}

/* A smooth curve through the route that leaves and arrives level. */
static void smooth(diagram *d, size_t n) {
    wn_point *c = d->curve;
    const wn_point *p = d->route;
    *c++ = p[0];
    double slope = 0;
    for (size_t i = 1; i < n; i++) {
        const double next = i + 1 < n ? slope_at(&p[i]) : 0, dx = p[i].x - p[i - 1].x;
        const double out = dx * (i == 1 ? 0.5 : 1 / 3.0), in = dx * (i + 1 == n ? 0.5 : 1 / 3.0);
        *c++ = (wn_point){p[i - 1].x + out, p[i - 1].y + slope * out};
        *c++ = (wn_point){p[i].x - in, p[i].y - next * in};
        *c++ = p[i];
        slope = next;
    }
}

/* The more connections, the finer. */
static wn_style edge_style(const diagram *d) {
    const double many = log10(fmax(d->net->n_conns, 10)) - 1; /* 0 for 10, 1 for 100 */
    return (wn_style){WN_NO_INK, WN_INK_EDGE, fmax(1.5 - 0.3 * many, 0.7),
                      fmax(0.8 - 0.2 * many, 0.3)};
}

static void draw_edges(diagram *d, wn_canvas *canvas) {
    const wn_net *net = d->net;
    const wn_style live = edge_style(d);
    wn_style dead = live;
    dead.opacity *= 0.35;
    canvas->open(canvas, "edges", NULL);
    for (uint32_t v = 0; v < net->n_nodes; v++)
        for (uint32_t k = net->first_conn[v]; k < net->first_conn[v + 1]; k++) {
            const size_t n = find_route(d, net->source[k], v);
            smooth(d, n);
            canvas->curve(canvas, d->curve, n - 1, d->live[v] ? &live : &dead);
        }
    canvas->close(canvas);
}

/* The graph of an activation, in a box of this half width and half height. */
static void draw_graph(wn_canvas *canvas, const wn_look *look, wn_point at, wn_point half,
                       wn_style style) {
    wn_point points[WN_LOOK_POINTS];
    for (size_t i = 0; i <= 3 * look->n_curves; i++)
        points[i] = (wn_point){at.x + half.x * look->curve[i].x, at.y - half.y * look->curve[i].y};
    canvas->curve(canvas, points, look->n_curves, &style);
}

/* A disc that hides the connections behind it, the graph of the function, and its name. */
static void draw_computing(diagram *d, wn_canvas *canvas, uint32_t node) {
    const wn_look *look = wn_activation_look((wann_activation)d->net->activation[node]);
    const wn_point at = place(d, node);
    const bool live = d->live[node];
    const double r = d->radius, opacity = live ? 1 : 0.35, on_opacity = live ? 1 : 0.6;
    const double border = d->net->role[node] == WANN_OUTPUT_NODE ? 2.4 : 1.1;
    const int on_fill = live ? look->on_fill : WN_INK_TEXT;
    if (!live)
        canvas->circle(canvas, at, r, &(wn_style){WN_INK_PAPER, WN_NO_INK, 0, 1});
    canvas->circle(canvas, at, r, &(wn_style){look->fill, WN_INK_TEXT, border, opacity});
    draw_graph(canvas, look, (wn_point){at.x, at.y - 0.36 * r}, (wn_point){0.5 * r, 0.29 * r},
               (wn_style){WN_NO_INK, on_fill, 0.095 * r, on_opacity});
    canvas->text(canvas, (wn_point){at.x, at.y + 0.6 * r}, look->label,
                 &(wn_text_style){0.56 * r, on_fill, on_opacity, WN_ANCHOR_MIDDLE, false});
}

static void draw_given(diagram *d, wn_canvas *canvas, uint32_t node) {
    const wn_point at = place(d, node);
    const double r = d->input_radius, opacity = d->live[node] ? 1 : 0.35;
    const wn_style style = {WN_INK_INPUT, WN_INK_TEXT, fmin(0.16 * r, 1.1), opacity};
    if (d->net->role[node] == WANN_BIAS)
        canvas->box(canvas, (wn_point){at.x - r, at.y - r}, (wn_point){2 * r, 2 * r}, 0.3 * r,
                    &style);
    else
        canvas->circle(canvas, at, r, &style);
}

/* Names stand outside the network; that of an output which others read, under its node. */
static void draw_name(diagram *d, wn_canvas *canvas, uint32_t node) {
    const bool input = is_input(d->net, node), beside = input || is_last(d, node);
    wn_text_style style = {input ? d->input_text : NOTE_SIZE, WN_INK_TEXT, d->live[node] ? 1 : 0.5,
                           input ? WN_ANCHOR_END : WN_ANCHOR_START, false};
    wn_point at = place(d, node);
    if (beside) {
        at.x += input ? -d->input_radius - 6 : d->radius + 8;
        at.y += 0.35 * style.size;
    } else {
        style.size = 0.55 * d->radius;
        style.anchor = WN_ANCHOR_MIDDLE;
        at.y += d->radius + style.size;
    }
    d->line.length = 0;
    wn_text_fit(&d->line, name_of(d->net, node), style.size,
                beside ? WN_LABEL_WIDTH : d->pitch - 2 * d->radius);
    if (d->line.length > 0 && !d->line.failed)
        canvas->text(canvas, at, d->line.data, &style);
}

static void draw_nodes(diagram *d, wn_canvas *canvas) {
    for (uint32_t v = 0; v < d->net->n_nodes; v++) {
        wn_buf title = {0};
        wn_describe_node(d->net, v, d->live[v], &title);
        canvas->open(canvas, "node", title.data);
        if (is_input(d->net, v))
            draw_given(d, canvas, v);
        else
            draw_computing(d, canvas, v);
        if (d->net->role[v] != WANN_HIDDEN)
            draw_name(d, canvas, v);
        canvas->close(canvas);
        d->line.failed |= title.failed;
        wn_buf_free(&title);
    }
}

static void draw_header(diagram *d, wn_canvas *canvas) {
    const double width = d->picture.width - 2 * MARGIN;
    d->line.length = 0;
    wn_text_fit(&d->line, d->net->name, TITLE_SIZE * 1.05, width / SLACK);
    if (d->line.length > 0 && !d->line.failed)
        canvas->text(canvas, (wn_point){MARGIN, MARGIN + 14}, d->line.data,
                     &(wn_text_style){TITLE_SIZE, WN_INK_TEXT, 1, WN_ANCHOR_START, true});
    canvas->text(canvas, (wn_point){MARGIN, MARGIN + 34}, d->description.data,
                 &(wn_text_style){NOTE_SIZE, WN_INK_FAINT, 1, WN_ANCHOR_START, false});
}

static void draw_legend(diagram *d, wn_canvas *canvas) {
    const double r = LEGEND_RADIUS;
    canvas->open(canvas, "legend", NULL);
    for (size_t i = 0; i < d->n_legend; i++) {
        const legend_item *item = &d->legend[i];
        const bool faded = !item->activation;
        const wn_look *look = wn_activation_look(faded ? WANN_ACT_LINEAR : item->activation);
        canvas->circle(canvas, item->at, r,
                       &(wn_style){look->fill, WN_INK_TEXT, 1, faded ? 0.35 : 1});
        if (!faded)
            draw_graph(canvas, look, item->at, (wn_point){0.6 * r, 0.45 * r},
                       (wn_style){WN_NO_INK, look->on_fill, 1.5, 1});
        canvas->text(canvas, (wn_point){item->at.x + r + 7, item->at.y + 0.35 * NOTE_SIZE},
                     item->text,
                     &(wn_text_style){NOTE_SIZE, WN_INK_TEXT, 1, WN_ANCHOR_START, false});
    }
    canvas->close(canvas);
}

static wann_status draw(diagram *d, wn_canvas *canvas, wann_diag *diag) {
    draw_edges(d, canvas);
    draw_nodes(d, canvas);
    draw_header(d, canvas);
    draw_legend(d, canvas);
    return d->line.failed ? wn_fail_memory(diag) : WANN_OK;
}

static void finish(diagram *d) {
    wn_layout_free(&d->layout);
    wn_arena_free(&d->arena);
    wn_buf_free(&d->title);
    wn_buf_free(&d->description);
    wn_buf_free(&d->line);
}

static wann_status draw_svg(diagram *d, wn_buf *out, wann_diag *diag) {
    WN_TRY(arrange(d, diag));
    wn_svg svg;
    wn_svg_begin(&svg, &d->picture, out);
    WN_TRY(draw(d, &svg.canvas, diag));
    wn_svg_end(&svg);
    return out->failed ? wn_fail_memory(diag) : WANN_OK;
}

/* Two pixels a unit, as screens and print want them, up to a size that viewers still open. */
static wann_status draw_png(diagram *d, wn_buf *bytes, wann_diag *diag) {
    WN_TRY(arrange(d, diag));
    wn_raster raster;
    wann_status status = wn_raster_begin(&raster, &d->picture, 2, 12e6, diag);
    if (status == WANN_OK)
        status = draw(d, &raster.canvas, diag);
    if (status == WANN_OK)
        status = wn_raster_png(&raster, bytes, diag);
    wn_raster_free(&raster);
    return status;
}

wann_status wn_emit_svg(const wn_net *net, wn_buf *out, wann_diag *diag) {
    diagram d = {.net = net};
    const wann_status status = draw_svg(&d, out, diag);
    finish(&d);
    return status;
}

wann_status wn_emit_png(const wn_net *net, wn_buf *bytes, wann_diag *diag) {
    diagram d = {.net = net};
    const wann_status status = draw_png(&d, bytes, diag);
    finish(&d);
    return status;
}
