/* The network file: what is read is what is meant, what is written reads back as the same. */
#include <locale.h>
#include <time.h>

#include "io/files.h"
#include "runtime/base/proc.h"
#include "support/random_net.h"

static const char EVERYTHING[] =
    "{\"format\":\"wann-network\",\"version\":1,\n"
    " \"name\":\"all \\\"\\u00e9\\n\\ud83d\\ude00\",\n"
    " \"colour\" : { \"a\" :[1 , 2.50,\"x y\" ], \"b\":null},\n"
    " \"inputs\":[\"first\",\"*/ int "
    "main(){\"],\"outputs\":[\"late\",\"early\"],\"action\":\"softmax\",\n"
    " \"nodes\":[{\"id\":10,\"type\":\"output\",\"activation\":\"cos\"},\n"
    "  {\"id\":11,\"type\":\"output\",\"layer\":-3},\n"
    "  {\"id\":-5,\"type\":\"hidden\",\"activation\":11,\"born\":12345678901234567890},\n"
    "  {\"type\":\"input\",\"id\":2},{\"id\":1,\"type\":\"input\"},{\"id\":0,\"type\":\"bias\"}],\n"
    " \"connections\":[{\"from\":11,\"to\":10,\"weight\":1e-300},\n"
    "  "
    "{\"weight\":0.1,\"from\":-5,\"to\":11,\"innovation\":7},{\"from\":2,\"to\":-5,\"weight\":-0.0}"
    ",\n"
    "  {\"from\":0,\"to\":10,\"weight\":3}],\n"
    " \"shared_weight\":-1.5,\"provenance\":{\"seed\":1,\"fitness\":651.20}}";

static const char EVERYTHING_WRITTEN[] =
    "{\n"
    "  \"format\": \"wann-network\", \"version\": 1,\n"
    "  \"name\": \"all \\\"\xc3\xa9\\u000a\xf0\x9f\x98\x80\",\n"
    "  \"inputs\": [\"first\", \"*/ int main(){\"],\n"
    "  \"outputs\": [\"late\", \"early\"],\n"
    "  \"action\": \"softmax\",\n"
    "  \"nodes\": [\n"
    "    {\"id\": 0, \"type\": \"bias\"},\n"
    "    {\"id\": 2, \"type\": \"input\"},\n"
    "    {\"id\": 1, \"type\": \"input\"},\n"
    "    {\"id\": -5, \"type\": \"hidden\", \"activation\": \"squared\", \"born\": "
    "12345678901234567890},\n"
    "    {\"id\": 10, \"type\": \"output\", \"activation\": \"cos\"},\n"
    "    {\"id\": 11, \"type\": \"output\", \"activation\": \"linear\", \"layer\": -3}\n"
    "  ],\n"
    "  \"connections\": [\n"
    "    {\"from\": 2, \"to\": -5, \"weight\": -0},\n"
    "    {\"from\": -5, \"to\": 11, \"weight\": 0.1, \"innovation\": 7},\n"
    "    {\"from\": 0, \"to\": 10, \"weight\": 3},\n"
    "    {\"from\": 11, \"to\": 10, \"weight\": 1e-300}\n"
    "  ],\n"
    "  \"shared_weight\": -1.5,\n"
    "  \"provenance\": {\"seed\": 1, \"fitness\": 651.20},\n"
    "  \"colour\": {\"a\": [1, 2.50, \"x y\"], \"b\": null}\n"
    "}\n";

static void everything_is_read(void) {
    wann_net *net = read_good(EVERYTHING, "all.json");
    if (!net)
        return;
    double shared;
    CHECK(wn_net_verify(net, NULL) == WANN_OK);
    CHECK_TEXT(wann_net_name(net), "all \"\xc3\xa9\n\xf0\x9f\x98\x80");
    CHECK_TEXT(wann_net_input_name(net, 0), "first");
    CHECK_TEXT(wann_net_output_name(net, 1), "early");
    CHECK(wann_net_action(net) == WANN_ACTION_SOFTMAX);
    CHECK(wann_net_shared_weight(net, &shared) && shared == -1.5);
    CHECK(net->id[net->input[0]] == 2 && net->id[net->input[1]] == 1);
    CHECK(net->id[net->output[0]] == 10 && net->id[net->output[1]] == 11);
    CHECK(net->activation[net->output[0]] == WANN_ACT_COS);
    CHECK(net->activation[net->output[1]] == WANN_ACT_LINEAR);
    CHECK(net->activation[3] == WANN_ACT_SQUARED);
    CHECK(wann_net_weights(net) && wann_net_weights(net)[1] == 0.1);
    wann_net_destroy(net);
}

static void writing_is_a_fixpoint(void) {
    wann_net *net = read_good(EVERYTHING, "all.json");
    char *once = as_json(net);
    CHECK_TEXT(once, EVERYTHING_WRITTEN);
    wann_net *again = read_good(once, "other-name.json");
    char *twice = as_json(again);
    CHECK_TEXT(twice, once);
    wn_free(once);
    wn_free(twice);
    wann_net_destroy(net);
    wann_net_destroy(again);
}

static const char LEAST[] =
    "{\"format\":\"wann-network\",\"version\":1,\"nodes\":[{\"id\":3,\"type\":"
    "\"input\"},{\"id\":4,\"type\":\"output\"}],\"connections\":[]}";

static void the_rest_has_defaults(void) {
    wann_net *net = read_good(LEAST, "some/folder/least.wann.json");
    double shared;
    CHECK_TEXT(wann_net_name(net), "least.wann");
    CHECK_TEXT(wann_net_input_name(net, 0), "in0");
    CHECK_TEXT(wann_net_output_name(net, 0), "out0");
    CHECK(wann_net_action(net) == WANN_ACTION_NONE);
    CHECK(!wann_net_shared_weight(net, &shared) && shared == 1);
    CHECK(!wann_net_weights(net) && wann_net_connections(net) == 0);
    CHECK(net->bias == -1);
    wann_net_destroy(net);
    net = read_good(LEAST, "-"); /* standard input has no stem, and its format shows at once */
    CHECK_TEXT(wann_net_name(net), "network");
    wann_net_destroy(net);
}

static void options_win_over_the_path(void) {
    const wann_read_options options = {.format = WANN_FORMAT_JSON, .name = "given"};
    wann_net *net;
    bool inferred = true;
    CHECK(wann_net_read_memory(LEAST, strlen(LEAST), "a.out", &options, &net, &inferred, NULL) ==
          WANN_OK);
    CHECK_TEXT(wann_net_name(net), "given");
    CHECK(!inferred);
    wann_net_destroy(net);
    CHECK(wann_net_read_memory(LEAST, strlen(LEAST), "a.out", NULL, &net, NULL, NULL) ==
          WANN_INPUT);
    CHECK(!net);
}

static void the_memory_may_end_anywhere(void) {
    for (size_t n = 0; n < sizeof LEAST - 1;
         n++) { /* an exact copy lets ASan see one byte too far */
        char *copy = malloc(n ? n : 1);
        memcpy(copy, LEAST, n);
        wann_net *net;
        wann_diag diag = {0};
        CHECK(wann_net_read_memory(copy, n, "cut.json", NULL, &net, NULL, &diag) == WANN_INPUT);
        CHECK_MSG(!net && diag.line == 1 && diag.column >= 1 && diag.text[0], "cut after %zu", n);
        free(copy);
    }
}

/* Change every byte of a good file in many ways: an error or a network, never a crash. */
static void no_byte_does_harm(void) {
    static const char replacements[] = "\"\\{}[],:0-.eE \n\x80\xff"
                                       "n";
    char text[sizeof EVERYTHING];
    size_t refused = 0;
    for (size_t at = 0; at < sizeof text - 1; at++)
        for (size_t i = 0; i < sizeof replacements; i++) { /* the terminator too */
            wann_net *net;
            wann_diag diag = {0};
            memcpy(text, EVERYTHING, sizeof text);
            text[at] = replacements[i];
            const wann_status status =
                wann_net_read_memory(text, sizeof text - 1, "hurt.json", NULL, &net, NULL, &diag);
            CHECK_MSG(status == WANN_OK || (status == WANN_INPUT && diag.line > 0 && diag.text[0]),
                      "byte %zu", at);
            if (status == WANN_OK)
                CHECK(wn_net_verify(net, NULL) == WANN_OK);
            refused += status != WANN_OK;
            wann_net_destroy(net);
        }
    CHECK(refused > sizeof text * 4);
}

static void wrap(wn_buf *text, const char *nodes, const char *connections) {
    wn_buf_text(text, "{\"format\":\"wann-network\",\"version\":1,\"nodes\":[");
    wn_buf_text(text, nodes);
    wn_buf_text(text, "],\"connections\":[");
    wn_buf_text(text, connections);
    wn_buf_text(text, "]}");
}

/* Weights that are hard to print keep every bit. */
static void weights_keep_every_bit(void) {
    static const double hard[] = {
        0.1,     1.0 / 3,  5e-324, 1.7976931348623157e308, 2.2250738585072014e-308,
        1e22,    1e23,     -0.0,   9007199254740993.0,     -1.41,
        1.5e-45, 123456.7, 1e-5,   0.30000000000000004,    4.35};
    wn_buf nodes = {0}, conns = {0}, text = {0};
    wn_buf_text(&nodes, "{\"id\":0,\"type\":\"output\"}");
    for (size_t i = 0; i < sizeof hard / sizeof *hard; i++) {
        wn_buf_print(&nodes, ",{\"id\":%zu,\"type\":\"input\"}", i + 1);
        wn_buf_print(&conns, "%s{\"from\":%zu,\"to\":0,\"weight\":", i ? "," : "", i + 1);
        wn_buf_double(&conns, hard[i]);
        wn_buf_char(&conns, '}');
    }
    wrap(&text, nodes.data, conns.data);
    wann_net *net = read_good(text.data, "hard.json");
    char *written = as_json(net);
    wann_net *back = read_good(written, "hard.json");
    CHECK(memcmp(wann_net_weights(net), hard, sizeof hard) == 0);
    CHECK(memcmp(wann_net_weights(back), hard, sizeof hard) == 0);
    wn_free(written);
    wann_net_destroy(net);
    wann_net_destroy(back);
    wn_buf_free(&nodes);
    wn_buf_free(&conns);
    wn_buf_free(&text);
}

/* Many networks of all kinds: written, read and written again they are the same. */
static void random_networks_survive(void) {
    const test_random_options options = {.max_nodes = 300};
    wn_rng rng = wn_rng_stream(7, 0, 0, 0);
    for (int i = 0; i < 200; i++) {
        wann_net *net = test_random_net(&rng, &options);
        char *once = as_json(net);
        wann_net *back = read_good(once, "random.json");
        char *twice = as_json(back);
        CHECK_TEXT(twice, once);
        CHECK(back->n_conns == net->n_conns &&
              memcmp(back->source, net->source, net->n_conns * sizeof *net->source) == 0);
        CHECK(memcmp(back->output, net->output, net->n_outputs * sizeof *net->output) == 0);
        CHECK(memcmp(back->role, net->role, net->n_nodes) == 0);
        CHECK(memcmp(back->activation, net->activation, net->n_nodes) == 0);
        CHECK((net->weight && net->n_conns) == (back->weight != NULL));
        if (net->weight && back->weight)
            CHECK(memcmp(back->weight, net->weight, net->n_conns * sizeof *net->weight) == 0);
        wn_free(once);
        wn_free(twice);
        wann_net_destroy(net);
        wann_net_destroy(back);
    }
}

/* Make a locale in the folder that LOCPATH names; false where that cannot be done here. */
static bool use_locale(const char *folder, const char *name) {
    char path[4096], source[64];
    int exit_code = -1;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    snprintf(source, sizeof source, "%s", name);
    const char *const argv[] = {"localedef", "-i", source, "-f", "UTF-8", path, NULL};
    if (wn_proc_run(argv, NULL, NULL, NULL, &exit_code, NULL) != WANN_OK)
        return false;
    return setlocale(LC_ALL, name) != NULL;
}

/* The program's locale has a decimal comma, or a decimal point of two bytes: files stay the same.
 */
static void locales_change_nothing(void) {
    static const char *const names[] = {"de_DE", "ps_AF"};
    char folder[] = "/tmp/wann-locales-XXXXXX";
    CHECK(mkdtemp(folder) != NULL);
    setenv("LOCPATH", folder, 1);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!use_locale(folder, names[i])) {
            printf("     (locale %s cannot be made here)\n", names[i]);
            continue;
        }
        char text[32];
        snprintf(text, sizeof text, "%.1f", 0.5);
        CHECK(strcmp(text, "0.5") != 0); /* the locale is really in force */
        writing_is_a_fixpoint();
        weights_keep_every_bit();
    }
    setlocale(LC_ALL, "C");
    const char *const argv[] = {"rm", "-r", folder, NULL};
    int exit_code;
    CHECK(wn_proc_run(argv, NULL, NULL, NULL, &exit_code, NULL) == WANN_OK && exit_code == 0);
}

/* A chain of n nodes, each with a key of its own that has to be kept. */
static char *chain(size_t n) {
    wn_buf nodes = {0}, conns = {0}, text = {0};
    wn_buf_text(&nodes, "{\"id\":0,\"type\":\"input\"}");
    for (size_t i = 1; i < n; i++) {
        const char *type = i + 1 < n ? "\"hidden\",\"activation\":\"tanh\"" : "\"output\"";
        wn_buf_print(&nodes, ",\n{\"id\":%zu,\"x\":%zu,\"type\":%s}", i, i, type);
        wn_buf_print(&conns, "%s{\"from\":%zu,\"to\":%zu,\"weight\":%zu.5}", i > 1 ? ",\n" : "",
                     i - 1, i, i);
    }
    wrap(&text, nodes.data, conns.data);
    wn_buf_free(&nodes);
    wn_buf_free(&conns);
    return wn_buf_take(&text);
}

static double seconds_to_read(const char *text, wann_status expected) {
    struct timespec start, end;
    wann_net *net;
    wann_diag diag = {0};
    clock_gettime(CLOCK_MONOTONIC, &start);
    CHECK_MSG(wann_net_read_memory(text, strlen(text), "chain.json", NULL, &net, NULL, &diag) ==
                  expected,
              "%s", diag.text);
    clock_gettime(CLOCK_MONOTONIC, &end);
    if (expected != WANN_OK)
        CHECK_TEXT(diag.text, "too many nodes; at most 1000000 are allowed");
    wann_net_destroy(net);
    return (double)(end.tv_sec - start.tv_sec) + 1e-9 * (double)(end.tv_nsec - start.tv_nsec);
}

/* Ten times the nodes take about ten times as long; a quadratic reader would take a hundred. */
static void reading_takes_linear_time(void) {
    char *small = chain(20000), *large = chain(200000);
    seconds_to_read(small, WANN_OK);
    const double little = seconds_to_read(small, WANN_OK), much = seconds_to_read(large, WANN_OK);
    CHECK_MSG(much < 40 * little, "%d ms, then %d ms", (int)(1e3 * little), (int)(1e3 * much));
    wn_free(small);
    wn_free(large);
}

/* A minute under ASan, for a path that the smaller networks take as well. */
#if defined(__SANITIZE_ADDRESS__)
enum { SLOW = 1 };
#elif defined(__has_feature)
enum { SLOW = __has_feature(address_sanitizer) };
#else
enum { SLOW = 0 };
#endif

static void a_million_nodes_and_no_more(void) {
    if (SLOW) {
        puts("     (not under AddressSanitizer)");
        return;
    }
    char *most = chain(WN_MAX_NODES), *too_many = chain(WN_MAX_NODES + 1);
    const double taken = seconds_to_read(most, WANN_OK);
    const double refused = seconds_to_read(too_many, WANN_INPUT);
    printf("     a million nodes: read in %d ms; one more: refused in %d ms\n", (int)(1e3 * taken),
           (int)(1e3 * refused));
    wn_free(most);
    wn_free(too_many);
}

int main(void) {
    RUN(everything_is_read);
    RUN(writing_is_a_fixpoint);
    RUN(the_rest_has_defaults);
    RUN(options_win_over_the_path);
    RUN(the_memory_may_end_anywhere);
    RUN(no_byte_does_harm);
    RUN(weights_keep_every_bit);
    RUN(random_networks_survive);
    RUN(locales_change_nothing);
    RUN(reading_takes_linear_time);
    RUN(a_million_nodes_and_no_more);
    return TEST_RESULT();
}
