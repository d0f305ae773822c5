/* The command line of wannc. */
#define _GNU_SOURCE
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "compiler/cli/cli.h"
#include "runtime/base/alloc.h"

enum {
    OPT_EMIT = 256, OPT_NAME, OPT_REAL, OPT_INPUT_RANGE, OPT_WEIGHT_RANGE, OPT_WEIGHT, OPT_TUNED, OPT_TUNED_FROM, OPT_WEIGHT_BIAS, OPT_INPUTS,
    OPT_OUTPUTS, OPT_MATH, OPT_BATCH, OPT_ENSEMBLE, OPT_GRADIENT, OPT_VERIFY, OPT_STATS, OPT_DUMP_IR, OPT_TEMPLATE_DIR,
    OPT_NO_HEADER, OPT_LIST_PASSES, OPT_BACKEND, OPT_TARGET, OPT_CPU, OPT_QUIET, OPT_HELP, OPT_VERSION
};

static const struct option options[] = {
    {"output", required_argument, NULL, 'o'},
    {"emit", required_argument, NULL, OPT_EMIT},
    {"name", required_argument, NULL, OPT_NAME},
    {"real", required_argument, NULL, OPT_REAL},
    {"input-range", required_argument, NULL, OPT_INPUT_RANGE},
    {"weight-range", required_argument, NULL, OPT_WEIGHT_RANGE},
    {"weight", required_argument, NULL, OPT_WEIGHT},
    {"tuned", no_argument, NULL, OPT_TUNED},
    {"tuned-from", required_argument, NULL, OPT_TUNED_FROM},
    {"weight-bias", required_argument, NULL, OPT_WEIGHT_BIAS},
    {"inputs", required_argument, NULL, OPT_INPUTS},
    {"outputs", required_argument, NULL, OPT_OUTPUTS},
    {"math", required_argument, NULL, OPT_MATH},
    {"batch", no_argument, NULL, OPT_BATCH},
    {"ensemble", optional_argument, NULL, OPT_ENSEMBLE},
    {"gradient", no_argument, NULL, OPT_GRADIENT},
    {"verify", optional_argument, NULL, OPT_VERIFY},
    {"stats", no_argument, NULL, OPT_STATS},
    {"dump-ir", optional_argument, NULL, OPT_DUMP_IR},
    {"backend", required_argument, NULL, OPT_BACKEND},
    {"target", required_argument, NULL, OPT_TARGET},
    {"cpu", required_argument, NULL, OPT_CPU},
    {"template-dir", required_argument, NULL, OPT_TEMPLATE_DIR},
    {"no-header", no_argument, NULL, OPT_NO_HEADER},
    {"list-passes", no_argument, NULL, OPT_LIST_PASSES},
    {"quiet", no_argument, NULL, OPT_QUIET},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {NULL, 0, NULL, 0}};

static const char help_text[] =
    "usage: wannc [OPTIONS] NETWORK [-o FILE]\n"
    "\n"
    "Compile a weight agnostic neural network.\n"
    "\n"
    "NETWORK  a network file (.json), a matrix of the published release (.out, .csv) or an ONNX\n"
    "         model (.onnx); - reads standard input\n"
    "\n"
    "Output:\n"
    "  -o FILE             where to; the ending tells the kind: .c .h (single-header library)\n"
    "                      .ll .bc .s .o .a .so .wasm .dot .svg .png .json .onnx, none: a program\n"
    "  --emit KIND         the kind: c header llvm bitcode asm obj static shared exe wasm dot svg png json\n"
    "                      onnx\n"
    "  --name IDENT        prefix of the C symbols (default: made from the name of the file)\n"
    "  --no-header         no header beside a .c file\n"
    "  --batch             also emit NAME_batch: many inputs in one call\n"
    "  --ensemble[=W,W,...]  also emit NAME_ensemble: the mean softmax over several weights; with a\n"
    "                      list, these as well, as the array NAME_ensemble_weights\n"
    "  --gradient          also emit NAME_gradient and NAME_gradient_batch: the outputs and, by reverse\n"
    "                      mode, their derivatives with respect to inputs and shared weight; for --tuned\n"
    "                      with respect to the weight of each connection\n"
    "  --template-dir DIR  templates in DIR take the place of the built-in ones\n"
    "\n"
    "Weights and numbers:\n"
    "  --weight W          bake in the shared weight W; the parameter disappears\n"
    "  --tuned             bake in the network's own weight of each connection\n"
    "  --tuned-from FILE   the same with the weights of FILE (published .wann.json)\n"
    "  --weight-bias B     added to each weight of FILE\n"
    "  --real TYPE         float (default), double, or fixed: 32-bit integers, for machines without\n"
    "                      floating point\n"
    "  --input-range RANGE  for fixed: what inputs can be, LO:HI for all, or one each with commas\n"
    "                      between (default -8:8)\n"
    "  --weight-range RANGE  for fixed: what the weight can be, LO:HI (default -2:2)\n"
    "  --math WHICH        inline: the project's own branch-free functions, at most 2 ulp off (default\n"
    "                      for float); libm: call the C library (default for double)\n"
    "  --inputs N          for a matrix, which does not say: how many inputs\n"
    "  --outputs M         and outputs it has; what is left out is inferred\n"
    "\n"
    "Optimisation of the network:\n"
    "  -O0                 one statement a node, sums in the order of the reference; with --real double\n"
    "                      --math libm bit for bit the interpreter\n"
    "  -O1                 only what holds in exact arithmetic (default); steps never flip\n"
    "  -O2                 everything that pays: as -O1, with shorter functions for float (absolute\n"
    "                      error at most 4e-7), in which a step may flip where its sum is within rounding\n"
    "                      of 0, and fused multiply-adds\n"
    "  -Os                 the smallest code: a table of byte code and a loop that runs it; results as\n"
    "                      with -O1; not in fixed point, where -O2 is -O1\n"
    "\n"
    "Machine code:\n"
    "  --backend WHICH     what makes .a, .so and programs: c (default), the C compiler that CC names\n"
    "                      (default cc) with the words of CFLAGS; llvm, which makes all other machine\n"
    "                      code, and these too where one of the next options is given\n"
    "  --target TRIPLE     the machine to compile for, such as aarch64-linux-gnu or wasm32 (default:\n"
    "                      this one); TRIPLE-gcc links .so and programs\n"
    "  --cpu NAME          its processor, as LLVM names them, or native (default: any of that kind)\n"
    "  -g                  debug information, in which each node is a function: \"node 17 (tanh)\"\n"
    "\n"
    "Inspection:\n"
    "  --verify[=N]        compile, load and run what was made, compare with the interpreter on N inputs\n"
    "                      (default 10000); exit 1 past the promised bound\n"
    "  --stats             operations, depth and code size after every pass\n"
    "  --dump-ir[=PASS]    print the IR after PASS, or after each pass\n"
    "  --list-passes       the passes, and what each does\n"
    "  --quiet             no notes on standard error\n"
    "  --help, --version\n"
    "\n"
    "Example:\n"
    "  wannc champion.json -o policy.c && cc -O2 -c policy.c";

static const struct {
    const char *word, *ending;
    wann_kind kind;
} kinds[] = {
#define X(NAME, word, ending) {word, ending, WANN_KIND_##NAME},
    WANN_KIND_LIST(X)
#undef X
};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

static int list_passes(void) {
    const char *help;
    puts("lower   the network as the reference interpreter computes it");
    for (size_t i = 0; wn_pass_name(i, &help); i++)
        printf("%-7s %s\n", wn_pass_name(i, &help), help);
    return WN_EXIT_OK;
}

static int version(void) {
    printf("wannc %s\n", wann_version());
    static const struct {
        const char *name;
        bool in;
    } parts[] = {{"LLVM", WANN_WITH_LLVM}, {"PNG", WANN_WITH_PNG}, {"ONNX", WANN_WITH_ONNX}};
    for (int in = 1; in >= 0; in--) {
        const char *separator = in ? "built with: " : "built without: ";
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
            if (parts[i].in == in) {
                printf("%s%s", separator, parts[i].name);
                separator = " ";
            }
        if (separator[1] == '\0')
            putchar('\n');
    }
    return WN_EXIT_OK;
}

static int take_kind(wn_request *r, const char *word) {
    const char *words[N_KINDS];
    for (size_t i = 0; i < N_KINDS; i++) {
        words[i] = kinds[i].word;
        if (strcmp(kinds[i].word, word) == 0) {
            r->kind = kinds[i].kind;
            r->kind_given = true;
            return WN_EXIT_OK;
        }
    }
    const char *nearest = wn_cli_nearest(word, words, N_KINDS);
    return wn_cli_usage(NULL, "--emit %s: unknown kind%s%s%s", word, nearest ? "; did you mean '" : "",
                        nearest ? nearest : "", nearest ? "'?" : "");
}

static int take_number(const char *option, const char *text, double *number) {
    const size_t n = wn_parse_double(text, number);
    if (n > 0 && text[n] == '\0' && isfinite(*number))
        return WN_EXIT_OK;
    return wn_cli_usage(NULL, "--%s %s: expected a finite number", option, text);
}

static int take_count(const char *option, const char *text, size_t *count) {
    if (wn_cli_count(text, count))
        return WN_EXIT_OK;
    return wn_cli_usage(NULL, "--%s %s: expected a number from 1 to 1000000", option, text);
}

/* One of two words. */
static int take_choice(const char *option, const char *text, const char *first, const char *second, bool *is_second) {
    *is_second = strcmp(text, second) == 0;
    if (*is_second || strcmp(text, first) == 0)
        return WN_EXIT_OK;
    return wn_cli_usage(NULL, "--%s %s: expected %s or %s", option, text, first, second);
}

static int take_real(wn_request *r, const char *text) {
    static const char *const words[] = {[WANN_FLOAT] = "float", [WANN_DOUBLE] = "double", [WANN_FIXED] = "fixed"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i], text) == 0) {
            r->compile.real = (wann_real)i;
            return WN_EXIT_OK;
        }
    return wn_cli_usage(NULL, "--real %s: expected float, double or fixed", text);
}

/* "LO:HI"; *rest gets what stands behind it. */
static bool parse_range(const char *text, wann_range *range, const char **rest) {
    const size_t low = wn_parse_double(text, &range->low);
    const size_t high = low && text[low] == ':' ? wn_parse_double(text + low + 1, &range->high) : 0;
    *rest = text + low + 1 + high;
    return high > 0 && range->low < range->high;
}

static int take_weight_range(wn_request *r, const char *text) {
    const char *rest;
    r->has_range = true;
    if (parse_range(text, &r->compile.weight_range, &rest) && *rest == '\0')
        return WN_EXIT_OK;
    return wn_cli_usage(NULL, "--weight-range %s: expected LO:HI, two numbers, the first one smaller", text);
}

static int take_input_ranges(wn_request *r, const char *text) {
    size_t n = 1;
    for (const char *c = text; *c; c++)
        n += *c == ',';
    wn_free(r->input_range);
    r->compile.input_range = r->input_range = wn_calloc(n, sizeof *r->input_range);
    r->compile.n_input_ranges = n;
    r->has_range = true;
    const char *rest = text;
    for (size_t i = 0; r->input_range && i < n; i++) {
        const bool ok = parse_range(rest, &r->input_range[i], &rest);
        if (!ok || *rest++ != (i + 1 < n ? ',' : '\0'))
            return wn_cli_usage(NULL, "--input-range %s: expected LO:HI, or one each with commas between", text);
    }
    return r->input_range ? WN_EXIT_OK : wn_cli_usage(NULL, "--input-range: out of memory");
}

/* The weights, if there is a list. */
static int take_ensemble(wn_request *r, const char *text) {
    size_t n = 1;
    r->compile.ensemble = true;
    for (const char *c = text; c && *c; c++)
        n += *c == ',';
    wn_free(r->ensemble_weights);
    r->ensemble_weights = text ? wn_calloc(n, sizeof *r->ensemble_weights) : NULL;
    r->compile.ensemble_weights = r->ensemble_weights;
    r->compile.n_ensemble_weights = text ? n : 0;
    const char *rest = text;
    for (size_t i = 0; r->ensemble_weights && i < n; i++) {
        const size_t taken = wn_parse_double(rest, &r->ensemble_weights[i]);
        rest += taken;
        if (!taken || !isfinite(r->ensemble_weights[i]) || *rest++ != (i + 1 < n ? ',' : '\0'))
            return wn_cli_usage(NULL, "--ensemble=%s: expected finite numbers, separated by commas", text);
    }
    return !text || r->ensemble_weights ? WN_EXIT_OK : wn_cli_usage(NULL, "--ensemble: out of memory");
}

static int take_level(wn_request *r, const char *text) {
    static const struct {
        char letter;
        wann_level level;
    } levels[] = {{'0', WANN_O0}, {'1', WANN_O1}, {'2', WANN_O2}, {'s', WANN_OS}};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (text[0] == levels[i].letter && text[1] == '\0') {
            r->compile.level = levels[i].level;
            return WN_EXIT_OK;
        }
    return wn_cli_usage(NULL, "-O%s: expected -O0, -O1, -O2 or -Os", text);
}

static int take_weighting(wn_request *r, wann_weighting weighting) {
    if (r->compile.weighting != WANN_WEIGHT_PARAMETER)
        return wn_cli_usage(NULL, "only one of --weight, --tuned and --tuned-from can decide the weights");
    r->compile.weighting = weighting;
    return WN_EXIT_OK;
}

static int take_dump(wn_request *r, const char *pass) {
    const char *help;
    r->dump_ir = true;
    r->dump_pass = pass;
    bool known = !pass || strcmp(pass, "lower") == 0;
    for (size_t i = 0; !known && wn_pass_name(i, &help); i++)
        known = strcmp(wn_pass_name(i, &help), pass) == 0;
    return known ? WN_EXIT_OK : wn_cli_usage(NULL, "--dump-ir=%s: there is no such pass (see --list-passes)", pass);
}

static int take_option(wn_request *r, int option, char **argv) {
    bool second;
    int code;
    switch (option) {
    case 'o': r->output = optarg; return WN_EXIT_OK;
    case 'O': return take_level(r, optarg);
    case OPT_EMIT: return take_kind(r, optarg);
    case OPT_NAME: r->compile.name = optarg; return WN_EXIT_OK;
    case OPT_REAL: return take_real(r, optarg);
    case OPT_INPUT_RANGE: return take_input_ranges(r, optarg);
    case OPT_WEIGHT_RANGE: return take_weight_range(r, optarg);
    case OPT_MATH:
        code = take_choice("math", optarg, "libm", "inline", &second);
        r->compile.math = second ? WANN_MATH_INLINE : WANN_MATH_LIBM;
        return code;
    case OPT_WEIGHT:
        code = take_weighting(r, WANN_WEIGHT_BAKED);
        return code ? code : take_number("weight", optarg, &r->compile.weight);
    case OPT_TUNED: return take_weighting(r, WANN_WEIGHT_TUNED);
    case OPT_TUNED_FROM: r->tuned_from = optarg; return take_weighting(r, WANN_WEIGHT_TUNED);
    case OPT_WEIGHT_BIAS: r->has_weight_bias = true; return take_number("weight-bias", optarg, &r->weight_bias);
    case OPT_INPUTS: return take_count("inputs", optarg, &r->read.inputs);
    case OPT_OUTPUTS: return take_count("outputs", optarg, &r->read.outputs);
    case OPT_BATCH: r->compile.batch = true; return WN_EXIT_OK;
    case OPT_ENSEMBLE: return take_ensemble(r, optarg);
    case OPT_GRADIENT: r->compile.gradient = true; return WN_EXIT_OK;
    case OPT_VERIFY:
        r->verify = true;
        return optarg ? take_count("verify", optarg, &r->verify_inputs) : WN_EXIT_OK;
    case OPT_STATS: r->stats = true; return WN_EXIT_OK;
    case OPT_DUMP_IR: return take_dump(r, optarg);
    case OPT_BACKEND:
        code = take_choice("backend", optarg, "c", "llvm", &second);
        r->compile.backend = second ? WANN_BACKEND_LLVM : WANN_BACKEND_C;
        return code;
    case OPT_TARGET: r->compile.target = optarg; return WN_EXIT_OK;
    case OPT_CPU: r->compile.cpu = optarg; return WN_EXIT_OK;
    case 'g': r->compile.debug = true; return WN_EXIT_OK;
    case OPT_TEMPLATE_DIR: r->compile.template_dir = optarg; return WN_EXIT_OK;
    case OPT_NO_HEADER: r->header = false; return WN_EXIT_OK;
    case OPT_QUIET: r->quiet = true; return WN_EXIT_OK;
    }
    return wn_cli_bad_option(NULL, option, argv, options);
}

/* The kind that the ending of a path tells; a name without an ending is a program. */
static bool kind_of_path(const char *path, wann_kind *kind) {
    const char *slash = strrchr(path, '/');
    const char *dot = strrchr(slash ? slash : path, '.');
    for (size_t i = 0; i < N_KINDS; i++)
        if (strcasecmp(dot ? dot : "", kinds[i].ending) == 0) {
            *kind = kinds[i].kind;
            return true;
        }
    return false;
}

static int complete(wn_request *r, int argc, char **argv) {
    if (optind >= argc)
        return wn_cli_usage(NULL, "no network to compile");
    if (optind + 1 < argc)
        return wn_cli_usage(NULL, "one network at a time; '%s' is too much", argv[optind + 1]);
    r->network = argv[optind];
    const char *reason;
    if (r->compile.name && !wn_c_identifier_ok(r->compile.name, &reason))
        return wn_cli_usage(NULL, "--name %s: %s", r->compile.name, reason);
    if (r->has_weight_bias && !r->tuned_from)
        return wn_cli_usage(NULL, "--weight-bias is for the weights of --tuned-from");
    if (r->compile.ensemble && r->compile.weighting != WANN_WEIGHT_PARAMETER)
        return wn_cli_usage(NULL, "--ensemble takes several shared weights, so none can be baked in");
    const wann_compile_options *c = &r->compile;
    if (c->real == WANN_FIXED &&
        (c->ensemble || c->gradient || c->level == WANN_OS || c->math == WANN_MATH_LIBM))
        return wn_cli_usage(NULL, "--real fixed goes without --ensemble, --gradient, -Os and --math libm");
    if (r->has_range && c->real != WANN_FIXED)
        return wn_cli_usage(NULL, "--input-range and --weight-range are for --real fixed");
    if (r->output && strcmp(r->output, "-") == 0)
        r->output = NULL;
    if (!r->kind_given && r->output && !kind_of_path(r->output, &r->kind))
        return wn_cli_usage(NULL, "'%s' does not tell what to make; expected --emit KIND", r->output);
    const bool binary = r->kind == WANN_KIND_STATIC || r->kind == WANN_KIND_SHARED || r->kind == WANN_KIND_EXE ||
                        r->kind == WANN_KIND_OBJ || r->kind == WANN_KIND_WASM;
    if ((r->compile.target || r->compile.cpu || r->compile.debug) &&
        (r->compile.backend == WANN_BACKEND_C || !wn_uses_llvm(&r->compile, r->kind)))
        return wn_cli_usage(NULL, "--target, --cpu and -g are for machine code through LLVM");
    const bool no_text =
        binary || r->kind == WANN_KIND_PNG || r->kind == WANN_KIND_BITCODE || r->kind == WANN_KIND_ONNX;
    if (!r->output && no_text && !wn_kind_missing(r->kind) && !r->dump_ir && !r->stats)
        return wn_cli_usage(NULL, "this kind is no text; expected -o FILE");
    const bool runs = binary || r->kind == WANN_KIND_C || r->kind == WANN_KIND_HEADER || r->kind == WANN_KIND_ASM;
    if (r->verify && !runs && !wn_kind_missing(r->kind))
        return wn_cli_usage(NULL, "--verify: there is nothing to run in this kind");
    if (r->verify && binary && !r->output)
        return wn_cli_usage(NULL, "--verify: this kind is no text; expected -o FILE");
    return WN_EXIT_OK;
}

int wn_parse_options(int argc, char **argv, wn_request *request, bool *done) {
    *request = (wn_request){.header = true, .verify_inputs = 10000, .compile = wann_compile_defaults()};
    *done = false;
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, ":o:O:g", options, NULL)) != -1;) {
        *done = option == OPT_HELP || option == OPT_VERSION || option == OPT_LIST_PASSES;
        if (option == OPT_HELP)
            puts(help_text);
        if (*done)
            return option == OPT_VERSION ? version() : option == OPT_LIST_PASSES ? list_passes() : WN_EXIT_OK;
        const int code = take_option(request, option, argv);
        if (code != WN_EXIT_OK)
            return code;
    }
    return complete(request, argc, argv);
}
