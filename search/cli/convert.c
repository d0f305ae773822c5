/* wann convert: any network format to any other, and to whatever the compiler makes. */
#define _GNU_SOURCE
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "runtime/base/escape.h"
#include "runtime/cli/cli.h"
#include "search/cli/commands.h"
#include "wann/compile.h"
#include "wann/net.h"

static const char COMMAND[] = "convert";

/* A format to write: a network file, or a kind of the compiler's. */
typedef struct target {
    const char *word;   /* of --to */
    const char *ending; /* of -o; "" for none */
    wann_format format; /* AUTO: not a network file but `kind` */
    wann_kind kind;
} target;

/* The first that fits is taken, so the network files stand before the compiler's kinds. */
static const target targets[] = {{"json", ".json", WANN_FORMAT_JSON, WANN_KIND_JSON},
                                 {"matrix", ".out", WANN_FORMAT_MATRIX, WANN_KIND_JSON},
                                 {"matrix", ".csv", WANN_FORMAT_MATRIX, WANN_KIND_JSON},
                                 {"onnx", ".onnx", WANN_FORMAT_ONNX, WANN_KIND_ONNX},
#define X(NAME, word, ending) {word, ending, WANN_FORMAT_AUTO, WANN_KIND_##NAME},
                                 WANN_KIND_LIST(X)
#undef X
};
enum { N_TARGETS = sizeof targets / sizeof *targets };

typedef struct request {
    const char *input;
    const char *output;
    const target *target;
    wann_read_options read;
    bool json;
    bool quiet;
} request;

static int help(void) {
    puts("usage: wann convert NETWORK -o FILE [OPTIONS]\n"
         "\n"
         "Write a network in another format.\n"
         "\n"
         "NETWORK  a network file (.json), a matrix of the published release (.out, .csv) or an ONNX\n"
         "         model (.onnx); - reads standard input\n"
         "\n"
         "Output:\n"
         "  -o, --output FILE  where to; - writes standard output. The ending tells the format:\n"
         "                     .json, .out or .csv (matrix), .onnx, .dot, .svg, .png, .c and so on\n"
         "  --to FORMAT        the format, whatever the ending: json, matrix, onnx, dot and so on\n"
         "  --json             say on standard output what was done, as one JSON object\n"
         "  --quiet            no notes on standard error\n"
         "\n"
         "Input:\n"
         "  --from FORMAT      json, matrix or onnx, whatever the ending\n"
         "  --inputs N         for a matrix, which does not say: how many inputs\n"
         "  --outputs M        and outputs it has; what is left out is inferred\n"
         "\n"
         "Example:\n"
         "  wann convert swing.out --inputs 5 --outputs 1 -o swing.json");
    return WN_EXIT_OK;
}

static const target *target_of_word(const char *word) {
    for (size_t i = 0; i < N_TARGETS; i++)
        if (strcmp(targets[i].word, word) == 0)
            return &targets[i];
    return NULL;
}

static const target *target_of_path(const char *path) {
    const size_t length = strlen(path);
    for (size_t i = 0; i < N_TARGETS; i++) {
        const size_t n = strlen(targets[i].ending);
        if (n > 0 && length > n && strcasecmp(path + length - n, targets[i].ending) == 0)
            return &targets[i];
    }
    return NULL;
}

static int unknown_target(const char *word) {
    const char *words[N_TARGETS];
    for (size_t i = 0; i < N_TARGETS; i++)
        words[i] = targets[i].word;
    const char *nearest = wn_cli_nearest(word, words, N_TARGETS);
    return wn_cli_usage(COMMAND, "--to %s: unknown format%s%s%s", word,
                        nearest ? "; did you mean '" : "", nearest ? nearest : "",
                        nearest ? "'?" : "");
}

static int take_from(request *r, const char *word) {
    const target *t = target_of_word(word);
    if (!t || t->format == WANN_FORMAT_AUTO)
        return wn_cli_usage(COMMAND, "--from %s: expected json, matrix or onnx", word);
    r->read.format = t->format;
    return WN_EXIT_OK;
}

static int take_count(const char *option, const char *text, size_t *count) {
    if (wn_cli_count(text, count))
        return WN_EXIT_OK;
    return wn_cli_usage(COMMAND, "--%s %s: expected a number from 1 to 1000000", option, text);
}

enum {
    OPTION_INPUTS = 256,
    OPTION_OUTPUTS,
    OPTION_FROM,
    OPTION_TO,
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_HELP
};
static const struct option options[] = {{"output", required_argument, NULL, 'o'},
                                        {"inputs", required_argument, NULL, OPTION_INPUTS},
                                        {"outputs", required_argument, NULL, OPTION_OUTPUTS},
                                        {"from", required_argument, NULL, OPTION_FROM},
                                        {"to", required_argument, NULL, OPTION_TO},
                                        {"json", no_argument, NULL, OPTION_JSON},
                                        {"quiet", no_argument, NULL, OPTION_QUIET},
                                        {"help", no_argument, NULL, OPTION_HELP},
                                        {NULL, 0, NULL, 0}};

static int take_option(request *r, int option, char **argv) {
    switch (option) {
    case 'o':
        r->output = optarg;
        return WN_EXIT_OK;
    case OPTION_INPUTS:
        return take_count("inputs", optarg, &r->read.inputs);
    case OPTION_OUTPUTS:
        return take_count("outputs", optarg, &r->read.outputs);
    case OPTION_FROM:
        return take_from(r, optarg);
    case OPTION_TO:
        r->target = target_of_word(optarg);
        return r->target ? WN_EXIT_OK : unknown_target(optarg);
    case OPTION_JSON:
        r->json = true;
        return WN_EXIT_OK;
    case OPTION_QUIET:
        r->quiet = true;
        return WN_EXIT_OK;
    }
    return wn_cli_bad_option(COMMAND, option, argv, options);
}

static bool is_text(wann_kind kind) {
    return kind == WANN_KIND_C || kind == WANN_KIND_HEADER || kind == WANN_KIND_DOT ||
           kind == WANN_KIND_SVG;
}

/* Standard output takes one text. */
static int check_standard(const request *r) {
    if (r->json)
        return wn_cli_usage(COMMAND, "--json and the network both want standard output");
    const bool binary = r->target->format == WANN_FORMAT_ONNX;
    if (binary || (r->target->format == WANN_FORMAT_AUTO && !is_text(r->target->kind)))
        return wn_cli_usage(COMMAND, "%s is no text for standard output; expected -o FILE",
                            r->target->word);
    return WN_EXIT_OK;
}

/* What the options leave open, or say twice. */
static int complete(request *r, int argc, char **argv) {
    if (optind >= argc)
        return wn_cli_usage(COMMAND, "no network to convert");
    if (optind + 1 < argc)
        return wn_cli_usage(COMMAND, "one network at a time; '%s' is too much", argv[optind + 1]);
    r->input = argv[optind];
    if (!r->output)
        return wn_cli_usage(COMMAND, "nowhere to write to; expected -o FILE");
    if (!r->target)
        r->target = target_of_path(r->output);
    if (!r->target)
        return wn_cli_usage(COMMAND, "'%s' does not tell the format; expected --to FORMAT",
                            r->output);
    return strcmp(r->output, "-") == 0 ? check_standard(r) : WN_EXIT_OK;
}

static wann_status write_kind(const request *r, const wann_net *net, wann_diag *diag) {
    wann_compile_options compile = wann_compile_defaults();
    compile.source = r->input;
    if (strcmp(r->output, "-") != 0)
        return wann_compile_file(net, &compile, r->target->kind, r->output,
                                 r->target->kind == WANN_KIND_C, diag);
    char *text;
    const wann_status status = wann_compile_text(net, &compile, r->target->kind, &text, NULL, diag);
    if (status == WANN_OK)
        fputs(text, stdout);
    wann_free(status == WANN_OK ? text : NULL);
    return status;
}

static wann_status write_network(const request *r, const wann_net *net, wann_diag *diag) {
    return r->target->format == WANN_FORMAT_AUTO
               ? write_kind(r, net, diag)
               : wann_net_write(net, r->output, r->target->format, diag);
}

static void say_inferred(const request *r, const wann_net *net) {
    const size_t inputs = wann_net_inputs(net), outputs = wann_net_outputs(net);
    fprintf(stderr, "wann: %s: note: inferred %zu input%s and %zu output%s; ", r->input, inputs,
            inputs == 1 ? "" : "s", outputs, outputs == 1 ? "" : "s");
    fputs("--inputs and --outputs make it certain\n", stderr);
}

static int print_json(const request *r, const wann_net *net, bool inferred) {
    wn_buf out = {0};
    wn_buf_text(&out, "{\"input\": \"");
    wn_escape(&out, WN_ESCAPE_JSON, r->input);
    wn_buf_text(&out, "\", \"output\": \"");
    wn_escape(&out, WN_ESCAPE_JSON, r->output);
    wn_buf_print(&out, "\", \"format\": \"%s\", \"name\": \"", r->target->word);
    wn_escape(&out, WN_ESCAPE_JSON, wann_net_name(net));
    wn_buf_print(&out,
                 "\", \"nodes\": %zu, \"connections\": %zu, \"inputs\": %zu, \"outputs\": %zu, "
                 "\"inferred\": %s}",
                 wann_net_nodes(net), wann_net_connections(net), wann_net_inputs(net),
                 wann_net_outputs(net), inferred ? "true" : "false");
    if (!out.failed)
        puts(out.data);
    const int code =
        out.failed ? wn_cli_fail(&(wann_diag){.text = "out of memory"}, NULL) : WN_EXIT_OK;
    wn_buf_free(&out);
    return code;
}

static int convert(const request *r) {
    wann_diag diag = {0};
    wann_net *net;
    bool inferred;
    if (wann_net_read(r->input, &r->read, &net, &inferred, &diag) != WANN_OK)
        return wn_cli_fail(&diag, r->input);
    if (inferred && !r->quiet)
        say_inferred(r, net);
    int code = WN_EXIT_OK;
    if (write_network(r, net, &diag) != WANN_OK)
        code = wn_cli_fail(&diag, r->output);
    else if (r->json)
        code = print_json(r, net, inferred);
    wann_net_destroy(net);
    return code;
}

int wn_cmd_convert(int argc, char **argv) {
    request r = {0};
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, ":o:", options, NULL)) != -1;) {
        if (option == OPTION_HELP)
            return help();
        const int code = take_option(&r, option, argv);
        if (code != WN_EXIT_OK)
            return code;
    }
    const int code = complete(&r, argc, argv);
    return code == WN_EXIT_OK ? convert(&r) : code;
}
