/* Networks that are worth drawing, and the names that are worst to draw. */
#include "draw/pictures.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/base/rng.h"

const char *const test_evil_names[] = {
    "</text><script>alert(1)</script>",
    "]]></title></g></svg><svg onload='x'>",
    "<!-- &amp; &bogus; -->",
    "\"; } digraph evil { a -> b [label=\"",
    "back\\slash\\",
    "\\N\\G\\l",
    "two\nlines\rthree\ttabs",
    "bell\x07 escape\x1b[31m",
    "broken \xff\xfe utf-8 \xc3",
    "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d \xd7\xa2\xd7\x95\xd7\x9c\xd7\x9d",
    "left \xe2\x80\xae override \xe2\x81\xa6 isolate",
    "no character \xef\xbf\xbe\xef\xbf\xbf \xf0\x9f\xbf\xbe here",
    "z\xcc\x81\xcc\x82\xcc\x83\xcc\x84\xcc\x85\xcc\x86\xcc\x87\xcc\x88\xcc\x89\xcc\x8a\xcc\x8b",
    "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e \xf0\x9f\x9a\x80",
    "",
    " ",
    NULL,
};

const char *test_long_name(void) {
    static char name[10001];
    memset(name, 'W', sizeof name - 1);
    return name;
}

wn_net *test_small_net(const char *name) {
    const wn_node_spec nodes[] = {
        {.id = 0, .role = WANN_BIAS},
        {.id = 1, .role = WANN_INPUT_NODE, .name = name},
        {.id = 2, .role = WANN_INPUT_NODE, .name = name},
        {.id = 5, .role = WANN_HIDDEN, .activation = WANN_ACT_TANH},
        {.id = 6, .role = WANN_HIDDEN, .activation = WANN_ACT_SIN},
        {.id = 7, .role = WANN_HIDDEN, .activation = WANN_ACT_STEP},
        {.id = 3, .role = WANN_OUTPUT_NODE, .activation = WANN_ACT_LINEAR, .name = name},
        {.id = 4, .role = WANN_OUTPUT_NODE, .activation = WANN_ACT_LINEAR, .name = name},
    };
    const wn_conn_spec conns[] = {{1, 5, 0, NULL}, {2, 5, 0, NULL}, {0, 6, 0, NULL},
                                  {5, 6, 0, NULL}, {5, 7, 0, NULL}, {6, 3, 0, NULL},
                                  {1, 3, 0, NULL}, {3, 4, 0, NULL}, {2, 4, 0, NULL}};
    const wn_net_spec spec = {
        .name = name, .nodes = nodes, .n_nodes = 8, .conns = conns, .n_conns = 9};
    wn_net *net;
    return wn_net_build(&spec, &net, NULL, NULL) == WANN_OK ? net : NULL;
}

static int compare_conns(const void *x, const void *y) {
    const wn_conn_spec *a = x, *b = y;
    if (a->from != b->from)
        return a->from < b->from ? -1 : 1;
    return a->to < b->to ? -1 : a->to > b->to;
}

/* Random pairs, sorted; those drawn twice are dropped. */
static size_t draw_conns(wn_conn_spec *conns, uint32_t n, uint32_t given, uint32_t readable,
                         uint32_t nodes) {
    wn_rng rng = wn_rng_stream(7, 0, 0, 0);
    for (uint32_t k = 0; k < n; k++) {
        const uint64_t to = given + wn_rng_below(&rng, nodes - given);
        const uint64_t below = wn_rng_below(&rng, 2) || to > readable ? given : to;
        const uint64_t from = wn_rng_below(&rng, below);
        conns[k] = (wn_conn_spec){.from = (int64_t)from, .to = (int64_t)to};
    }
    qsort(conns, n, sizeof *conns, compare_conns);
    size_t kept = 0;
    for (uint32_t k = 0; k < n; k++)
        if (kept == 0 || compare_conns(&conns[kept - 1], &conns[k]) != 0)
            conns[kept++] = conns[k];
    return kept;
}

wn_net *test_wide_net(uint32_t inputs, uint32_t hidden, uint32_t outputs, uint32_t n_conns) {
    const uint32_t given = inputs + 1, readable = given + hidden, n = readable + outputs;
    wn_node_spec *nodes = calloc(n, sizeof *nodes);
    wn_conn_spec *conns = calloc(n_conns, sizeof *conns);
    wn_net *net = NULL;
    if (nodes && conns) {
        for (uint32_t i = 0; i < n; i++)
            nodes[i] = (wn_node_spec){.id = i,
                                      .role = i == 0         ? WANN_BIAS
                                              : i < given    ? WANN_INPUT_NODE
                                              : i < readable ? WANN_HIDDEN
                                                             : WANN_OUTPUT_NODE,
                                      .activation = (wann_activation)(1 + i % 11)};
        const size_t kept = draw_conns(conns, n_conns, given, readable, n);
        const wn_net_spec spec = {
            .name = "wide", .nodes = nodes, .n_nodes = n, .conns = conns, .n_conns = kept};
        if (wn_net_build(&spec, &net, NULL, NULL) != WANN_OK)
            net = NULL;
    }
    free(nodes);
    free(conns);
    return net;
}

size_t test_count(const char *text, const char *needle) {
    return test_count_before(text, NULL, needle);
}

/* By hand, because sanitizers make strstr measure all of the text at every call. */
size_t test_count_before(const char *text, const char *end, const char *needle) {
    const size_t length = strlen(needle);
    size_t n = 0;
    for (const char *p = text; p != end && *p; p++)
        n += *p == *needle && strncmp(p, needle, length) == 0;
    return n;
}
