/* Options: defaults, checks, the name of the symbols. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "compiler/driver/driver.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

wann_compile_options wann_compile_defaults(void) {
    return (wann_compile_options){.real = WANN_FLOAT, .level = WANN_O1, .weight = 1.0, .weight_range = {-2, 2}};
}

/* Keywords of C99, C17 and C++20; functions that generated code may call, and others that compilers
 * know; what generated functions and programs call their own. */
static bool is_reserved(const char *name) {
    static const char *const words[] = {
        "alignas", "alignof", "and", "and_eq", "asm", "auto", "bitand", "bitor", "bool", "break", "case",
        "catch", "char", "char8_t", "char16_t", "char32_t", "class", "co_await", "co_return", "co_yield",
        "compl", "concept", "const", "const_cast", "consteval", "constexpr", "constinit", "continue",
        "cos", "cosf", "decltype", "default", "delete", "do", "double", "dynamic_cast", "else", "enum",
        "exp", "expf", "explicit", "export", "extern", "fabs", "fabsf", "false", "float", "for", "friend",
        "goto", "if", "in", "in_bar", "inline", "int", "long", "main", "mutable", "namespace", "new", "noexcept",
        "not", "not_eq", "nullptr", "operator", "or", "or_eq", "out", "out_bar", "private", "protected", "public",
        "register", "reinterpret_cast", "requires", "restrict", "return", "short", "signed", "sin",
        "sinf", "size_t", "sizeof", "static", "static_assert", "static_cast", "struct", "switch", "tanh",
        "tanhf", "template", "this", "thread_local", "throw", "true", "try", "typedef", "typeid",
        "typename", "typeof", "union", "unsigned", "using", "virtual", "void", "volatile", "wchar_t",
        "weight", "weight_bar", "weights_bar", "while", "xor", "xor_eq",
        "abs", "acos", "asin", "atan", "calloc", "ceil", "exit", "floor", "free", "gamma", "getline", "index",
        "j0", "j1", "jn", "log", "malloc", "pow", "printf", "putchar", "puts", "qsort", "round", "signal", "sqrt",
        "tan", "time", "y0", "y1", "yn",
        "bench", "by_size", "fail_at", "filter", "fixed", "i", "k", "max", "member", "n", "n_weights", "now", "o", "options",
        "parse_line", "parse_options", "print_name", "print_outputs", "run", "sum", "time_rows", "usage", "weights", "x",
        "EOF", "NULL", "REPEATS", "ROWS", "errno", "stderr", "stdin", "stdout"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i], name) == 0)
            return true;
    return false;
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool wn_c_identifier_ok(const char *name, const char **reason) {
    *reason = NULL;
    if (!is_letter(name[0]))
        *reason = "it has to begin with a letter";
    else if (name[0] == '_')
        *reason = "names that begin with '_' belong to the C implementation";
    for (const char *c = name; *c && !*reason; c++)
        if (!is_letter(*c) && !(*c >= '0' && *c <= '9'))
            *reason = "only letters, digits and '_' are allowed";
    if (!*reason && is_reserved(name))
        *reason = "it means something else in C or C++";
    if (!*reason && strlen(name) > 200)
        *reason = "it is longer than 200 characters";
    return !*reason;
}

char *wn_c_identifier(const char *text) {
    wn_buf name = {0};
    if (!is_letter(text[0]) || text[0] == '_')
        wn_buf_text(&name, "net_");
    for (size_t n = 0; *text && n < 60; text++, n++)
        wn_buf_char(&name, is_letter(*text) || isdigit((unsigned char)*text) ? *text : '_');
    if (!name.failed && is_reserved(name.data ? name.data : ""))
        wn_buf_text(&name, "_net");
    return wn_buf_take(&name);
}

char *wann_compile_name(const wann_net *net, const wann_compile_options *options) {
    if (!options->name)
        return wn_c_identifier(net->name);
    char *copy = wn_alloc(strlen(options->name) + 1);
    return copy ? strcpy(copy, options->name) : NULL;
}

static wann_status check_weight(const wann_compile_options *options, double weight, wann_diag *diag) {
    if (isfinite(weight) && (options->real != WANN_FLOAT || isfinite((float)weight)))
        return WANN_OK;
    char text[WN_NUMBER_SIZE];
    wn_format_double(text, weight);
    return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0, "the weight %s is no finite %s", text,
                   options->real == WANN_FLOAT ? "float" : "double");
}

static wann_status check_weights(const wn_net *net, const wann_compile_options *options, wann_diag *diag) {
    const double *tuned = options->tuned ? options->tuned : net->weight;
    switch (options->weighting) {
    case WANN_WEIGHT_PARAMETER:
        return WANN_OK;
    case WANN_WEIGHT_BAKED:
        return check_weight(options, options->weight, diag);
    case WANN_WEIGHT_TUNED:
        if (!tuned)
            return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0,
                           "the network has no weight of its own for each connection");
        for (uint32_t k = 0; k < net->n_conns; k++)
            WN_TRY(check_weight(options, tuned[k], diag));
        return WANN_OK;
    }
    return WANN_OK;
}

static wann_status check_range(const char *what, wann_range range, wann_diag *diag) {
    enum { MOST = 1 << 22 };
    if (range.low < range.high && range.low >= -MOST && range.high <= MOST)
        return WANN_OK;
    return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0,
                   "a range of %s has to go from a smaller number to a larger one, within %d", what, MOST);
}

/* Fixed point is for machines that neither search nor learn. */
static wann_status check_fixed(const wn_net *net, const wann_compile_options *options, wann_diag *diag) {
    if (options->ensemble || options->gradient || options->level == WANN_OS || options->math == WANN_MATH_LIBM)
        return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0, "there is no %s in fixed point",
                       options->ensemble ? "ensemble" : options->gradient ? "gradient"
                       : options->level == WANN_OS ? "byte code (-Os)" : "C library");
    WN_TRY(check_range("weights", options->weight_range, diag));
    if (!options->input_range || options->n_input_ranges == 0)
        return WANN_OK;
    if (options->n_input_ranges != 1 && options->n_input_ranges != net->n_inputs)
        return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0, "there are %zu ranges for %u inputs; expected one, or one each",
                       options->n_input_ranges, (unsigned)net->n_inputs);
    for (size_t i = 0; i < options->n_input_ranges; i++)
        WN_TRY(check_range("inputs", options->input_range[i], diag));
    return WANN_OK;
}

static wann_status resolve(wn_compilation *c, wann_diag *diag) {
    wann_compile_options *options = &c->options;
    const char *reason;
    if (options->name && !wn_c_identifier_ok(options->name, &reason))
        return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0, "'%s' cannot be the name of C functions: %s", options->name,
                       reason);
    if (options->ensemble && options->weighting != WANN_WEIGHT_PARAMETER)
        return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0,
                       "an ensemble takes several shared weights, but the weights are baked in");
    for (size_t i = 0; options->ensemble_weights && i < options->n_ensemble_weights; i++)
        if (!isfinite(options->ensemble_weights[i]))
            return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0, "a weight of the ensemble is not finite");
    if (options->ensemble_weights && options->n_ensemble_weights == 0)
        return wn_fail(diag, WANN_ARGUMENT, NULL, 0, 0, "the ensemble has no weights");
    if (options->math == WANN_MATH_DEFAULT)
        options->math = options->real == WANN_DOUBLE ? WANN_MATH_LIBM : WANN_MATH_INLINE;
    if (options->real == WANN_FIXED)
        WN_TRY(check_fixed(c->net, options, diag));
    WN_TRY(check_weights(c->net, options, diag));
    c->name = wann_compile_name(c->net, options);
    return c->name ? WANN_OK : wn_fail_memory(diag);
}

/* The shared weight as an element of the input vector, behind the inputs. False: it is not read. */
static bool weight_as_input(wn_ir *ir) {
    bool read = false;
    for (uint32_t i = 0; i < ir->n_insts; i++)
        if (ir->inst[i].op == WN_OP_WEIGHT) {
            ir->inst[i] = wn_inst_input(ir->n_inputs, WN_NO_NODE);
            read = true;
        }
    ir->in[1] = (wn_array){"weights", 1, false};
    ir->n_inputs++;
    return read;
}

/* Weights side by side, where vectors can be made of the kernels. Without what -O2 adds, which is for a
 * weight that all lanes share. */
static wann_status start_ensemble(wn_compilation *c, wann_diag *diag) {
    wann_compile_options options = c->options;
    const bool level = options.level == WANN_O1 || options.level == WANN_O2;
    if (!options.ensemble || !level || options.math != WANN_MATH_INLINE)
        return WANN_OK;
    options.level = WANN_O1;
    WN_TRY(wn_pipeline(c->net, &options, WN_GOAL_THROUGHPUT, NULL, &c->ensemble_ir, diag));
    if (!weight_as_input(&c->ensemble_ir))
        wn_ir_free(&c->ensemble_ir);
    return WANN_OK;
}

wann_status wn_compilation_start(const wn_net *net, const wann_compile_options *options,
                                 const wn_pass_observer *observer, wn_compilation *c, wann_diag *diag) {
    *c = (wn_compilation){.net = net, .options = *options};
    wann_status status = resolve(c, diag);
    if (status == WANN_OK)
        status = wn_pipeline(net, &c->options, WN_GOAL_LATENCY, observer, &c->ir, diag);
    if (status == WANN_OK && wn_emit_batch_in_blocks(net, &c->options))
        status = wn_pipeline(net, &c->options, WN_GOAL_THROUGHPUT, observer, &c->batch_ir, diag);
    if (status == WANN_OK && options->real == WANN_FIXED)
        status = wn_fixed_create(&c->ir, &c->options, &c->fixed, diag);
    if (status == WANN_OK)
        status = start_ensemble(c, diag);
    if (status == WANN_OK && options->gradient)
        status = wn_gradient_pipeline(net, &c->options, &c->gradient_ir, diag);
    if (status != WANN_OK)
        wn_compilation_finish(c);
    return status;
}

void wn_compilation_finish(wn_compilation *c) {
    wn_ir_free(&c->ir);
    wn_ir_free(&c->batch_ir);
    wn_ir_free(&c->gradient_ir);
    wn_ir_free(&c->ensemble_ir);
    wn_fixed_destroy(c->fixed);
    c->fixed = NULL;
    wn_free(c->name);
    c->name = NULL;
}

wn_emit_source wn_compilation_source(const wn_compilation *c) {
    return (wn_emit_source){.net = c->net,
                            .ir = &c->ir,
                            .batch_ir = c->batch_ir.inst ? &c->batch_ir : NULL,
                            .gradient_ir = c->options.gradient ? &c->gradient_ir : NULL,
                            .ensemble_ir = c->ensemble_ir.inst ? &c->ensemble_ir : NULL,
                            .fixed = c->fixed,
                            .options = &c->options,
                            .name = c->name};
}
