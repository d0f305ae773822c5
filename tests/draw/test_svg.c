/* SVG documents are well-formed XML and hold what they should, as another reader sees them; the
 * published champions draw too. Needs python3. */
#include "compiler/emit/picture.h"
#include "draw/pictures.h"
#include "runtime/base/alloc.h"
#include "runtime/base/proc.h"
#include "support/random_net.h"
#include "support/test.h"

/* Reads a document from standard input, prints "NODES EDGES OUTSIDE": how many coordinates of texts
 * and circles lie outside the page. */
static const char *const reader =
    "import sys, xml.etree.ElementTree as T\n"
    "r = T.fromstring(sys.stdin.buffer.read()); n = '{http://www.w3.org/2000/svg}'\n"
    "g = lambda k: [e for e in r.iter(n + 'g') if e.get('class') == 'wann-' + k]\n"
    "assert all(e[0].tag == n + 'title' and e[0].text for e in g('node'))\n"
    "w, h = float(r.get('width')), float(r.get('height'))\n"
    "inside = lambda x, y, m: m <= float(x) <= w - m and m <= float(y) <= h - m\n"
    "out = sum(not inside(e.get('x'), e.get('y'), 5) for e in r.iter(n + 'text'))\n"
    "out += sum(not inside(e.get('cx'), e.get('cy'), 5) for e in r.iter(n + 'circle'))\n"
    "print(len(g('node')), len(list(g('edges')[0].iter(n + 'path'))), out)\n";

static bool run_reader(const char *document, char **output, char **errors) {
    const char *const argv[] = {"python3", "-c", reader, NULL};
    int exit_code = 1;
    return wn_proc_run(argv, document, output, errors, &exit_code, NULL) == WANN_OK &&
           exit_code == 0;
}

static void check_document(const wn_net *net) {
    wn_buf svg = {0};
    CHECK(wn_emit_svg(net, &svg, NULL) == WANN_OK);
    char *output = NULL, *errors = NULL, expected[64];
    CHECK_MSG(run_reader(svg.data, &output, &errors), "%s: %s", net->name, errors ? errors : "");
    snprintf(expected, sizeof expected, "%u %u 0\n", net->n_nodes, net->n_conns);
    CHECK_TEXT(output, expected);
    wn_free(output);
    wn_free(errors);
    wn_buf_free(&svg);
}

static void names(void) {
    for (const char *const *name = test_evil_names; *name; name++) {
        wn_net *net = test_small_net(*name);
        check_document(net);
        wann_net_destroy(net);
    }
    wn_net *net = test_small_net(test_long_name());
    check_document(net);
    wann_net_destroy(net);
}

static void random_networks(void) {
    wn_rng rng = wn_rng_stream(3, 0, 0, 0);
    for (int i = 0; i < 12; i++) {
        wn_net *net = test_random_net(&rng, NULL);
        check_document(net);
        wann_net_destroy(net);
    }
}

static void champion(const char *path, size_t inputs, size_t outputs) {
    const wann_read_options options = {.inputs = inputs, .outputs = outputs};
    wann_diag diag = {0};
    wn_net *net = NULL;
    CHECK_MSG(wann_net_read(path, &options, &net, NULL, &diag) == WANN_OK, "%s", diag.text);
    if (net)
        check_document(net);
    wann_net_destroy(net);
}

static void champions(void) {
    static const struct {
        const char *file;
        size_t inputs, outputs;
    } all[] = {{"swing.out", 5, 1},
               {"biped.out", 24, 4},
               {"racer.out", 16, 3},
               {"synth/allacts.out", 0, 2},
               {"synth/random60.out", 20, 4},
               {"synth/chain.out", 1, 0},
               {"log/WANN_sample_best.out", 5, 1},
               {"../mnist/net_e.out", 256, 10}};
    const char *reference = test_reference_dir();
    for (size_t i = 0; reference && i < sizeof all / sizeof *all; i++) {
        char path[5000];
        snprintf(path, sizeof path, "%s/champions/%s", reference, all[i].file);
        champion(path, all[i].inputs, all[i].outputs);
    }
    if (!reference)
        printf("skipped: champions: the golden data is missing\n");
}

int main(void) {
    const char *const argv[] = {"python3", "-c", "import xml.etree.ElementTree", NULL};
    int exit_code = 1;
    if (wn_proc_run(argv, NULL, NULL, NULL, &exit_code, NULL) != WANN_OK || exit_code != 0) {
        printf("skipped: python3 is not installed\n");
        return TEST_SKIP;
    }
    RUN(names);
    RUN(random_networks);
    RUN(champions);
    return TEST_RESULT();
}
