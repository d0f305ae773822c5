/* A canvas that writes SVG 1.1. */
#include "runtime/base/escape.h"
#include "runtime/draw/canvas.h"
#include "runtime/draw/font.h"

#include <math.h>
#include <string.h>

/* Two digits after the point at most: a fiftieth of a pixel at twice the size. */
static void number(wn_buf *out, double value) {
    char text[WN_NUMBER_SIZE];
    size_t n = wn_format_fixed(text, round(value * 100) / 100 + 0.0, 2);
    while (n > 0 && text[n - 1] == '0')
        n--;
    wn_buf_bytes(out, text, n - (n > 0 && text[n - 1] == '.'));
}

static void attribute(wn_buf *out, const char *name, double value) {
    wn_buf_print(out, " %s=\"", name);
    number(out, value);
    wn_buf_char(out, '"');
}

static void element(wn_buf *out, const char *name, const char *text) {
    wn_buf_print(out, "<%s>", name);
    wn_escape(out, WN_ESCAPE_XML, text);
    wn_buf_print(out, "</%s>", name);
}

static const char *scope_of(const wn_svg *svg) {
    return svg->picture->scope ? svg->picture->scope : "w";
}

static uint32_t light(const wn_svg *svg, int ink) {
    return svg->picture->inks[ink].light;
}

/* The colour of a light page stands in the attribute; the class lets the style sheet of a dark page
 * replace it, and viewers that know no style sheets still show the picture. */
static void paint(const wn_svg *svg, const wn_style *style) {
    wn_buf *out = svg->out;
    wn_buf_text(out, " class=\"");
    if (style->fill != WN_NO_INK)
        wn_buf_print(out, "%sf%d", scope_of(svg), style->fill);
    if (style->stroke != WN_NO_INK)
        wn_buf_print(out, "%s%ss%d", style->fill != WN_NO_INK ? " " : "", scope_of(svg),
                     style->stroke);
    if (style->fill != WN_NO_INK)
        wn_buf_print(out, "\" fill=\"#%06x\"", light(svg, style->fill));
    else
        wn_buf_text(out, "\" fill=\"none\"");
    if (style->stroke != WN_NO_INK) {
        wn_buf_print(out, " stroke=\"#%06x\"", light(svg, style->stroke));
        attribute(out, "stroke-width", style->width);
    }
    if (style->opacity < 1)
        attribute(out, "opacity", style->opacity);
}

static void circle(wn_canvas *canvas, wn_point centre, double radius, const wn_style *style) {
    wn_svg *svg = (wn_svg *)canvas;
    wn_buf_text(svg->out, "<circle");
    attribute(svg->out, "cx", centre.x);
    attribute(svg->out, "cy", centre.y);
    attribute(svg->out, "r", radius);
    paint(svg, style);
    wn_buf_text(svg->out, "/>\n");
}

static void box(wn_canvas *canvas, wn_point corner, wn_point size, double radius,
                const wn_style *style) {
    wn_svg *svg = (wn_svg *)canvas;
    wn_buf_text(svg->out, "<rect");
    attribute(svg->out, "x", corner.x);
    attribute(svg->out, "y", corner.y);
    attribute(svg->out, "width", size.x);
    attribute(svg->out, "height", size.y);
    if (radius > 0)
        attribute(svg->out, "rx", radius);
    paint(svg, style);
    wn_buf_text(svg->out, "/>\n");
}

static void pair(wn_buf *out, char before, wn_point p) {
    wn_buf_char(out, before);
    number(out, p.x);
    wn_buf_char(out, ',');
    number(out, p.y);
}

static void curve(wn_canvas *canvas, const wn_point *points, size_t n, const wn_style *style) {
    wn_svg *svg = (wn_svg *)canvas;
    wn_buf_text(svg->out, "<path d=\"");
    pair(svg->out, 'M', points[0]);
    for (size_t i = 1; i <= 3 * n; i++)
        pair(svg->out, i == 1 ? 'C' : ' ', points[i]);
    wn_buf_char(svg->out, '"');
    paint(svg, style);
    wn_buf_text(svg->out, "/>\n");
}

static void polygon(wn_canvas *canvas, const wn_point *points, size_t n, const wn_style *style) {
    wn_svg *svg = (wn_svg *)canvas;
    wn_buf_text(svg->out, "<path d=\"");
    for (size_t i = 0; i < n; i++)
        pair(svg->out, i == 0 ? 'M' : i == 1 ? 'L' : ' ', points[i]);
    wn_buf_text(svg->out, "Z\"");
    paint(svg, style);
    wn_buf_text(svg->out, "/>\n");
}

/* Whether any font may set the text in a width of its own choosing. */
static bool has_other_glyphs(const char *text) {
    bool other = false;
    for (size_t n; *text; text += n)
        other |= !wn_glyph_known(wn_utf8_decode(text, &n));
    return other;
}

static void text(wn_canvas *canvas, wn_point at, const char *line, const wn_text_style *style) {
    static const char *const anchors[] = {"start", "middle", "end"};
    wn_svg *svg = (wn_svg *)canvas;
    wn_buf *out = svg->out;
    const double width = wn_text_width(line, style->size);
    wn_buf_text(out, "<text");
    attribute(out, "x", at.x);
    attribute(out, "y", at.y);
    attribute(out, "font-size", style->size);
    wn_buf_print(out, " text-anchor=\"%s\"", anchors[style->anchor]);
    if (style->bold)
        wn_buf_text(out, " font-weight=\"bold\"");
    if (has_other_glyphs(line) && width > 0) {
        attribute(out, "textLength", width);
        wn_buf_text(out, " lengthAdjust=\"spacingAndGlyphs\"");
    }
    paint(svg, &(wn_style){style->ink, WN_NO_INK, 0, style->opacity});
    wn_buf_char(out, '>');
    wn_escape(out, WN_ESCAPE_XML, line);
    wn_buf_text(out, "</text>\n");
}

static void open_group(wn_canvas *canvas, const char *kind, const char *title) {
    wn_svg *svg = (wn_svg *)canvas;
    wn_buf_print(svg->out, "<g class=\"wann-%s\">", kind);
    if (title)
        element(svg->out, "title", title);
    wn_buf_char(svg->out, '\n');
}

static void close_group(wn_canvas *canvas) {
    wn_buf_text(((wn_svg *)canvas)->out, "</g>\n");
}

static void dark_page(const wn_svg *svg) {
    wn_buf_text(svg->out, "<style>@media (prefers-color-scheme: dark) {\n");
    for (int ink = 0; ink < svg->picture->n_inks; ink++) {
        const wn_ink *i = &svg->picture->inks[ink];
        if (i->light != i->dark)
            wn_buf_print(svg->out, ".%sf%d { fill: #%06x } .%ss%d { stroke: #%06x }\n",
                         scope_of(svg), ink, i->dark, scope_of(svg), ink, i->dark);
    }
    wn_buf_text(svg->out, "}</style>\n");
}

void wn_svg_begin(wn_svg *svg, const wn_picture *picture, wn_buf *out) {
    *svg = (wn_svg){{circle, box, curve, polygon, text, open_group, close_group}, picture, out};
    wn_buf_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                     "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
                     "font-family=\"Helvetica, Arial, 'Liberation Sans', sans-serif\" "
                     "stroke-linecap=\"round\" stroke-linejoin=\"round\"");
    attribute(out, "width", picture->width);
    attribute(out, "height", picture->height);
    wn_buf_text(out, " viewBox=\"0 0 ");
    number(out, picture->width);
    wn_buf_char(out, ' ');
    number(out, picture->height);
    wn_buf_text(out, "\">\n");
    element(out, "title", picture->title);
    wn_buf_char(out, '\n');
    element(out, "desc", picture->description);
    wn_buf_char(out, '\n');
    dark_page(svg);
    box(&svg->canvas, (wn_point){0, 0}, (wn_point){picture->width, picture->height}, 0,
        &(wn_style){picture->paper, WN_NO_INK, 0, 1});
}

void wn_svg_end(wn_svg *svg) {
    wn_buf_text(svg->out, "</svg>\n");
}
