/* A report as one page: sections are filled in, then what may run and style it is named by its hash. */
#include <math.h>
#include <string.h>

#include "envs/data/data.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/escape.h"
#include "runtime/base/template.h"
#include "runtime/draw/plot.h"
#include "search/cli/render.h"
#include "search/cli/report.h"
#include "wann/run.h"

/* The parts of the page, by the slots of its template. */
enum part {
    TITLE, SUMMARY, LIVE, DIAGRAM, PROFILE, TABLE, SEARCH,
    DOWNLOADS, DATA, STYLE, SCRIPT, SCRIPT_HASH, STYLE_HASHES,
    N_PARTS
};
static const char *const slot_names[N_PARTS] = {
    "title", "summary", "live", "diagram", "profile", "table", "search",
    "downloads", "data", "style", "script", "script_hash", "style_hashes"};

typedef struct parts {
    wn_buf of[N_PARTS];
} parts;

static void put_xml(wn_buf *out, const char *text) {
    wn_escape(out, WN_ESCAPE_XML, text);
}

static const char *text_of(const wn_buf *buf) {
    return buf->data ? buf->data : "";
}

/* An SVG document within a page begins with its element. */
static void put_svg(wn_buf *out, const char *document) {
    const char *svg = strstr(document, "<svg");
    wn_buf_text(out, svg ? svg : document);
}

/* ---- sections ---- */

static void put_count(wn_buf *out, size_t n, const char *one, const char *many) {
    wn_buf_print(out, "%zu %s", n, n == 1 ? one : many);
}

static void fill_summary(const report *r, parts *p) {
    const wann_net *net = r->scoring.net;
    put_xml(&p->of[TITLE], wann_net_name(net));
    if (strcmp(wann_net_name(net), wann_task_name(r->scoring.task)) != 0) {
        wn_buf_text(&p->of[TITLE], " on ");
        put_xml(&p->of[TITLE], wann_task_name(r->scoring.task));
    }
    wn_buf_text(&p->of[SUMMARY], "A weight agnostic neural network: ");
    put_count(&p->of[SUMMARY], wann_net_nodes(net), "node", "nodes");
    wn_buf_text(&p->of[SUMMARY], ", ");
    put_count(&p->of[SUMMARY], wann_net_connections(net), "connection", "connections");
    wn_buf_print(&p->of[SUMMARY], ", depth %zu. The task: ", wann_net_depth(net));
    put_xml(&p->of[SUMMARY], wann_task_type(r->scoring.task)->summary);
    wn_buf_char(&p->of[SUMMARY], '.');
}

static void put_score(wn_buf *out, const wann_summary *s, double factor, int digits,
                      const char *unit) {
    wn_buf_fixed(out, factor * s->mean, digits);
    wn_buf_text(out, " ± ");
    wn_buf_fixed(out, factor * s->sd, digits);
    wn_buf_text(out, unit);
}

static void fill_table(const report *r, parts *p) {
    static const char *const names[N_CONDITIONS] = {"random weights", "random shared weight",
                                                    "tuned shared weight", "tuned weights"};
    const bool samples = r->profile.accuracy != NULL;
    wn_buf *out = &p->of[TABLE];
    wn_buf_print(out,
                 "<table>\n<caption>%s: mean and standard deviation of %zu %s. The shared weight is "
                 "the best of 41 from −2 to 2, chosen on other episodes.</caption>\n",
                 samples ? "Right answers" : "Reward of an episode", r->scoring.evaluation.episodes,
                 samples ? "passes" : "episodes");
    wn_buf_text(out, "<thead><tr><th scope=\"col\">condition</th><th scope=\"col\" "
                     "class=\"number\">score</th></tr></thead>\n<tbody>\n");
    for (int c = 0; c < N_CONDITIONS; c++) {
        const condition_score *cell = &r->cells[c];
        wn_buf_print(out, "<tr><th scope=\"row\">%s", names[c]);
        if (c == CONDITION_TUNED_SHARED && cell->known) {
            wn_buf_text(out, " (");
            wn_buf_double(out, round(cell->weight * 1e6) / 1e6);
            wn_buf_char(out, ')');
        }
        wn_buf_text(out, "</th><td class=\"number\">");
        if (!cell->known)
            wn_buf_text(out, "the file has none");
        else if (samples)
            put_score(out, &cell->accuracy, 100, 1, " %");
        else
            put_score(out, &cell->reward, 1, 1, "");
        wn_buf_text(out, "</td></tr>\n");
    }
    wn_buf_text(out, "</tbody>\n</table>\n");
}

static void put_download(wn_buf *out, const char *file, const char *type, const char *text,
                         const char *what) {
    wn_buf_print(out, "<li><a download=\"%s\" href=\"data:%s;base64,", file, type);
    report_put_base64(out, text, strlen(text));
    wn_buf_print(out, "\">%s</a>: %s</li>\n", file, what);
}

static wann_status fill_downloads(const report *r, parts *p, wann_diag *diag) {
    wann_compile_options options = wann_compile_defaults();
    char *text = NULL, *header = NULL;
    options.name = "champion";
    WN_TRY(wann_compile_text(r->scoring.net, &options, WANN_KIND_JSON, &text, NULL, diag));
    put_download(&p->of[DOWNLOADS], "champion.json", "application/json", text, "the network");
    wn_free(text);
    WN_TRY(wann_compile_text(r->scoring.net, &options, WANN_KIND_C, &text, &header, diag));
    put_download(&p->of[DOWNLOADS], "champion.c", "text/x-c", text,
                 "the same as C99, which needs no library");
    put_download(&p->of[DOWNLOADS], "champion.h", "text/x-c", header, "its header");
    wn_free(text);
    wn_free(header);
    WN_TRY(wann_compile_text(r->scoring.net, &options, WANN_KIND_SVG, &text, NULL, diag));
    put_svg(&p->of[DIAGRAM], text);
    wn_free(text);
    return WANN_OK;
}

/* ---- how it was found ---- */

/* 10,591,000. */
static void put_whole(wn_buf *out, double value) {
    char digits[WN_NUMBER_SIZE];
    const size_t n = wn_format_fixed(digits, value, 0);
    for (size_t i = 0; i < n; i++) {
        wn_buf_char(out, digits[i]);
        if ((n - 1 - i) % 3 == 0 && i + 1 < n && digits[i] != '-')
            wn_buf_char(out, ',');
    }
}

static void fill_account(const report *r, wn_buf *out) {
    const report_run *run = &r->run;
    put_xml(out, run->tool);
    wn_buf_text(out, " searched with seed ");
    wn_buf_fixed(out, run->seed, 0);
    if (run->budget > 0) {
        wn_buf_text(out, " and a budget of ");
        put_whole(out, run->budget);
        wn_buf_text(out, " s");
    }
    wn_buf_text(out, ": ");
    put_whole(out, run->generations);
    wn_buf_text(out, " generations, ");
    put_whole(out, run->evaluations);
    wn_buf_text(out, " evaluations and ");
    put_whole(out, run->steps);
    wn_buf_text(out, " steps of the task in ");
    wn_buf_fixed(out, run->seconds, 1);
    wn_buf_text(out, run->budget > 0 ? " s. The curves are those of the start that got the furthest."
                                     : " s.");
}

static void fill_settings(const report *r, wn_buf *out) {
    for (size_t i = 0; i < r->run.n_options; i++) {
        wn_buf_text(out, "<tr><th scope=\"row\">option of the task</th><td>");
        put_xml(out, r->run.options[i]);
        wn_buf_text(out, "</td></tr>\n");
    }
    for (size_t i = 0; i < r->run.n_settings; i++) {
        wn_buf_text(out, "<tr><th scope=\"row\">");
        put_xml(out, r->run.setting[i].key);
        wn_buf_text(out, "</th><td>");
        put_xml(out, r->run.setting[i].value);
        wn_buf_text(out, "</td></tr>\n");
    }
}

static wann_status draw(const report *r, wann_status (*plot)(const report *, wn_buf *, wann_diag *),
                        wn_buf *out, wann_diag *diag) {
    wn_buf document = {0};
    const wann_status status = plot(r, &document, diag);
    if (status == WANN_OK)
        put_svg(out, text_of(&document));
    wn_buf_free(&document);
    return status;
}

static wann_status fill_search(const report *r, parts *p, wann_diag *diag) {
    wn_buf account = {0}, settings = {0}, fitness = {0}, size = {0}, front = {0};
    wann_status status = draw(r, report_plot_fitness, &fitness, diag);
    if (status == WANN_OK)
        status = draw(r, report_plot_size, &size, diag);
    if (status == WANN_OK)
        status = draw(r, report_plot_front, &front, diag);
    fill_account(r, &account);
    fill_settings(r, &settings);
    const wn_slot slots[] = {{"account", text_of(&account), true}, {"fitness", text_of(&fitness), true},
                             {"size", text_of(&size), true},       {"front", text_of(&front), true},
                             {"settings", text_of(&settings), true}, {NULL, NULL, false}};
    if (status == WANN_OK)
        status = wn_template_render(NULL, "report/search.html.in", slots, &p->of[SEARCH], diag);
    wn_buf *const used[] = {&account, &settings, &fitness, &size, &front};
    for (size_t i = 0; i < sizeof used / sizeof *used; i++)
        wn_buf_free(used[i]);
    return status;
}

/* Few enough pictures for the page to stay small, and enough to see what happens. */
static uint32_t film_rate(const wann_env_type *type) {
    enum { FRAMES = 120, MOST = 12, LEAST = 4 };
    const double seconds = type->steps / fmax(type->steps_per_second, 1e-3);
    return (uint32_t)fmin(fmax(floor(FRAMES / seconds), LEAST), MOST);
}

static void put_image(wn_buf *out, const wn_buf *png) {
    wn_buf_text(out, "data:image/png;base64,");
    report_put_base64(out, text_of(png), png->length);
}

/* Who wants no motion sees the last picture. */
static void put_film(const report *r, const wn_buf *film, const wn_buf *still, double reward,
                     wn_buf *out) {
    wn_buf_text(out, "<figure class=\"film\"><picture><source id=\"calm\" "
                     "media=\"(prefers-reduced-motion: reduce)\" srcset=\"");
    put_image(out, still);
    wn_buf_text(out, "\"><img alt=\"An episode of ");
    put_xml(out, wann_net_name(r->scoring.net));
    wn_buf_text(out, " on ");
    put_xml(out, wann_task_name(r->scoring.task));
    wn_buf_text(out, "\" src=\"");
    put_image(out, film);
    wn_buf_text(out, "\"></picture>\n<figcaption>A recorded episode with ");
    if (r->film_weight == REPORT_FILM_TUNED) {
        wn_buf_text(out, "tuned weights");
    } else {
        wn_buf_text(out, "shared weight ");
        wn_buf_double(out, r->weight);
    }
    wn_buf_text(out, ": reward ");
    wn_buf_fixed(out, reward, 1);
    wn_buf_text(out, ". <button type=\"button\" id=\"play\" hidden>Play it</button>"
                     "</figcaption></figure>\n");
}

/* A recording of at most so many bytes, which leaves room for the rest of a page below a megabyte: with
 * fewer and smaller pictures until it is. */
static wann_status record_small(const render_request *request, wn_buf *film, wn_buf *still,
                                double *reward, wann_diag *diag) {
    enum { MOST_BYTES = 330000, ATTEMPTS = 4 };
    static const unsigned width[ATTEMPTS] = {360, 300, 300, 300}, share[ATTEMPTS] = {1, 1, 2, 3};
    const uint32_t rate = film_rate(wann_task_type(request->scoring.task));
    wann_status status = WANN_OK;
    for (int i = 0; status == WANN_OK && i < ATTEMPTS; i++) {
        render_request smaller = *request;
        smaller.width = width[i];
        film->length = still->length = 0;
        status = render_recording(&smaller, (rate + share[i] - 1) / share[i], film, still, reward, diag);
        if (film->length <= MOST_BYTES)
            break;
    }
    return status;
}

/* Without libpng there is no recording. */
static wann_status record(const report *r, wn_buf *out, wann_diag *diag) {
    const double *tuned = r->scoring.tuned ? r->scoring.tuned : wann_net_weights(r->scoring.net);
    const bool use_tuned = r->film_weight == REPORT_FILM_TUNED;
    const render_request request = {.scoring = r->scoring,
                                    .weights = {r->weight, use_tuned ? tuned : NULL},
                                    .tuned = use_tuned};
    wn_buf film = {0}, still = {0};
    double reward = 0;
    wann_status status = record_small(&request, &film, &still, &reward, diag);
    if (status == WANN_OK)
        put_film(r, &film, &still, reward, out);
    else if (status == WANN_UNSUPPORTED)
        status = WANN_OK;
    wn_buf_free(&film);
    wn_buf_free(&still);
    return status;
}

/* For pages that cannot run: what the network makes of samples. */
static wann_status draw_sheet(const report *r, wn_buf *out, wann_diag *diag) {
    enum { SAMPLES = 24 };
    const render_request request = {
        .scoring = r->scoring, .weights = {r->weight, NULL}, .samples = SAMPLES};
    wn_buf png = {0};
    wann_status status = render_sheet_picture(&request, &png, diag);
    if (status == WANN_OK) {
        wn_buf_text(out, "<figure class=\"film\"><img alt=\"Samples of the test set, each with what "
                         "the network takes it for\" src=\"");
        put_image(out, &png);
        wn_buf_text(out, "\"></figure>\n");
    } else if (status == WANN_UNSUPPORTED) {
        status = WANN_OK;
    }
    wn_buf_free(&png);
    return status;
}

static const char *live_template(report_kind kind) {
    switch (kind) {
    case REPORT_SWINGUP:
        return "report/swingup.html.in";
    case REPORT_DRAWING:
        return "report/drawing.html.in";
    case REPORT_FILM:
        return "report/film.html.in";
    case REPORT_STILL:
        break;
    }
    return NULL;
}

static wann_status fill_live(const report *r, parts *p, wann_diag *diag) {
    const char *name = live_template(r->kind);
    wn_buf film = {0};
    wann_status status = WANN_OK;
    if (r->kind == REPORT_SWINGUP || r->kind == REPORT_FILM)
        status = record(r, &film, diag);
    else if (r->kind == REPORT_DRAWING)
        status = draw_sheet(r, &film, diag);
    const wn_slot slots[] = {{"film", text_of(&film), false}, {NULL, NULL, false}};
    if (status == WANN_OK && name)
        status = wn_template_render(NULL, name, slots, &p->of[LIVE], diag);
    wn_buf_free(&film);
    return status;
}

/* ---- style and script, and their hashes for the Content-Security-Policy ---- */

static unsigned nibble(char c) {
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static void put_hash(wn_buf *out, const char *text, size_t n) {
    char hex[WN_SHA256_TEXT];
    unsigned char bytes[WN_SHA256_SIZE];
    wn_sha256(text, n, hex);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]));
    wn_buf_text(out, "'sha256-");
    report_put_base64(out, bytes, sizeof bytes);
    wn_buf_char(out, '\'');
}

/* The styles of the pictures in a section. Text of files is escaped, so every tag is our own. */
static void put_hashes_of(wn_buf *out, const char *section) {
    static const char begin[] = "<style>", end[] = "</style>";
    for (const char *at = section; (at = strstr(at, begin));) {
        at += sizeof begin - 1;
        const char *stop = strstr(at, end);
        wn_buf hash = {0};
        put_hash(&hash, at, (size_t)(stop - at));
        if (hash.data && !strstr(text_of(out), hash.data))
            wn_buf_print(out, " %s", hash.data);
        wn_buf_free(&hash);
    }
}

static void fill_scripts(const report *r, parts *p) {
    static const char *const files[] = {"report/data.js",    "report/policy.js", "report/diagram.js",
                                        "report/swingup.js", "report/digits.js", "report/page.js"};
    size_t size = 0;
    const char *style = report_file("report/page.css", &size);
    wn_buf_bytes(&p->of[STYLE], style, size);
    wn_buf_text(&p->of[SCRIPT], "\"use strict\";\n(() => {\n");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const bool other = (r->kind != REPORT_SWINGUP && strstr(files[i], "swingup")) ||
                           (r->kind != REPORT_DRAWING && strstr(files[i], "digits"));
        const char *text = report_file(files[i], &size);
        if (!other)
            wn_buf_bytes(&p->of[SCRIPT], text, size);
    }
    wn_buf_text(&p->of[SCRIPT], "})();\n");
    put_hash(&p->of[SCRIPT_HASH], text_of(&p->of[SCRIPT]), p->of[SCRIPT].length);
    put_hash(&p->of[STYLE_HASHES], text_of(&p->of[STYLE]), p->of[STYLE].length);
    const wn_buf *sections[] = {&p->of[DIAGRAM], &p->of[PROFILE], &p->of[SEARCH]};
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        put_hashes_of(&p->of[STYLE_HASHES], text_of(sections[i]));
}

/* ---- the whole ---- */

static wann_status fill(const report *r, parts *p, wann_diag *diag) {
    fill_summary(r, p);
    fill_table(r, p);
    WN_TRY(fill_live(r, p, diag));
    WN_TRY(fill_downloads(r, p, diag));
    WN_TRY(draw(r, report_plot_profile, &p->of[PROFILE], diag));
    if (r->has_run)
        WN_TRY(fill_search(r, p, diag));
    WN_TRY(report_put_data(r, &p->of[DATA], diag));
    fill_scripts(r, p);
    for (int i = 0; i < N_PARTS; i++)
        if (p->of[i].failed)
            return wn_fail_memory(diag);
    return WANN_OK;
}

static wann_status render(const report *r, const parts *p, wn_buf *out, wann_diag *diag) {
    enum { NUMBERS = 6 };
    static const char *const names[NUMBERS] = {"plot_left",   "plot_right",  "plot_top",
                                               "plot_bottom", "profile_low", "profile_high"};
    const double values[NUMBERS] = {WN_PLOT_LEFT,
                                    REPORT_PLOT_WIDTH - WN_PLOT_RIGHT,
                                    WN_PLOT_TOP,
                                    REPORT_PLOT_HEIGHT - WN_PLOT_BOTTOM,
                                    r->profile.weight[0],
                                    r->profile.weight[r->profile.n - 1]};
    char number[NUMBERS][WN_NUMBER_SIZE];
    wn_slot slots[N_PARTS + NUMBERS + 2] = {{"version", wann_version(), true}};
    size_t n = 1;
    for (int i = 0; i < N_PARTS; i++)
        slots[n++] = (wn_slot){slot_names[i], text_of(&p->of[i]), true};
    for (int i = 0; i < NUMBERS; i++) {
        wn_format_double(number[i], values[i]);
        slots[n++] = (wn_slot){names[i], number[i], true};
    }
    return wn_template_render(NULL, "report/page.html.in", slots, out, diag);
}

wann_status report_page(const report *r, wn_buf *out, wann_diag *diag) {
    parts p = {{{0}}};
    wann_status status = fill(r, &p, diag);
    if (status == WANN_OK)
        status = render(r, &p, out, diag);
    for (int i = 0; i < N_PARTS; i++)
        wn_buf_free(&p.of[i]);
    return status;
}
