/* Filling the slots of the C templates. */
#include "compiler/emit/c_parts.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "compiler/emit/bytecode.h"
#include "compiler/emit/fixed.h"
#include "runtime/base/diag.h"
#include "runtime/base/escape.h"

enum { MAX_SLOTS = 96 };

typedef struct parts {
    const wn_emit_source *source;
    wn_arena arena; /* the texts of the slots */
    wn_slot slots[MAX_SLOTS];
    size_t n;
    wn_c_blocks blocks;
    uint32_t locals; /* variables of the function that has most */
    unsigned lanes;  /* not 0: others make the functions that come from an IR, in this many lanes */
    wann_diag *diag;
} parts;

static wann_status set(parts *p, const char *name, const char *text) {
    const char *copy = wn_arena_copy(&p->arena, text, strlen(text));
    if (!copy || p->n + 1 >= MAX_SLOTS)
        return wn_fail_memory(p->diag);
    p->slots[p->n++] = (wn_slot){name, copy, false};
    return WANN_OK;
}

/* As set; empties the buffer. */
static wann_status set_buf(parts *p, const char *name, wn_buf *text) {
    const wann_status status = text->failed ? wn_fail_memory(p->diag) : set(p, name, text->data ? text->data : "");
    wn_buf_free(text);
    return status;
}

static wann_status set_number(parts *p, const char *name, uint32_t number) {
    wn_buf text = {0};
    wn_buf_print(&text, "%" PRIu32, number);
    return set_buf(p, name, &text);
}

/* A slot that is another template, filled with the slots so far. */
static wann_status set_template(parts *p, const char *name, const char *template_name) {
    wn_buf text = {0};
    const wann_status status =
        wn_template_render(p->source->options->template_dir, template_name, p->slots, &text, p->diag);
    if (status != WANN_OK) {
        wn_buf_free(&text);
        return status;
    }
    return set_buf(p, name, &text);
}

const char *wn_c_real(const wn_emit_source *source) {
    return source->fixed ? "int32_t" : source->ir->real == WANN_FLOAT ? "float" : "double";
}

static bool has_parameter(const parts *p) {
    return p->source->options->weighting == WANN_WEIGHT_PARAMETER;
}

void wn_c_put_upper(const wn_emit_source *source, wn_buf *out) {
    for (const char *c = source->name; *c; c++)
        wn_buf_char(out, (char)toupper((unsigned char)*c));
}

static wann_status set_upper_name(parts *p) {
    wn_buf text = {0};
    wn_c_put_upper(p->source, &text);
    return set_buf(p, "NAME", &text);
}

/* The names as string literals, one a line. C has no empty arrays: without inputs there is one NULL. */
static wann_status set_strings(parts *p, const char *slot, const uint32_t *nodes, uint32_t n) {
    wn_buf text = {0};
    for (uint32_t i = 0; i < n; i++) {
        wn_buf_text(&text, "    \"");
        wn_escape(&text, WN_ESCAPE_C_STRING, p->source->net->node_name[nodes[i]]);
        wn_buf_text(&text, i + 1 < n ? "\",\n" : "\"\n");
    }
    if (n == 0)
        wn_buf_text(&text, "    0\n");
    return set_buf(p, slot, &text);
}

static wann_status set_parameters(parts *p) {
    const wn_net *net = p->source->net;
    const char *real = wn_c_real(p->source);
    wn_buf weight = {0}, text = {0};
    if (has_parameter(p))
        wn_buf_print(&weight, ", %s weight", real);
    wn_buf_print(&text, "const %s in[%s%s]%s, %s out[%s_OUTPUTS]", real, net->n_inputs ? p->slots[1].text : "1",
                 net->n_inputs ? "_INPUTS" : "", weight.data ? weight.data : "", real, p->slots[1].text);
    const wann_status status = set_buf(p, "parameters", &text);
    WN_TRY(status == WANN_OK ? set_buf(p, "weight_parameter", &weight) : (wn_buf_free(&weight), status));
    WN_TRY(set(p, "arguments", has_parameter(p) ? "in, weight, out" : "in, out"));
    return set(p, "weight_argument", has_parameter(p) ? ", weight" : "");
}

static wann_status set_documentation(parts *p) {
    const wn_net *net = p->source->net;
    WN_TRY(set(p, "weight_doc", has_parameter(p) ? "; weight: that of every connection" : ""));
    switch (net->action) {
    case WANN_ACTION_NONE:
        WN_TRY(set(p, "action", "none"));
        return set(p, "apply_action", "");
    case WANN_ACTION_SOFTMAX:
        WN_TRY(set(p, "action", "softmax"));
        break;
    }
    wn_buf text = {0};
    wn_buf_print(&text, "%s_softmax(out);", p->source->name);
    return set_buf(p, "apply_action", &text);
}

/* size_t is for the functions over many inputs or weights. */
static wann_status set_includes(parts *p) {
    const wann_compile_options *options = p->source->options;
    const bool size = options->batch || options->ensemble || options->gradient;
    const char *integers = p->source->fixed ? "#include <stdint.h>\n" : "";
    wn_buf text = {0}, header = {0};
    wn_buf_print(&header, "%s%s", integers, size ? "#include <stddef.h>" : "");
    WN_TRY(set_buf(p, "size_include", &header));
    wn_buf_text(&text, integers);
    if (wn_c_needs_math(p->source))
        wn_buf_text(&text, "#include <math.h>\n");
    if (size)
        wn_buf_text(&text, "#include <stddef.h>\n");
    return set_buf(p, "includes", &text);
}

/* What the code asks of compilers beyond the standard, and how to take it back. */
typedef struct wishes {
    bool no_fusing;   /* of a * b + c */
    bool no_folding;  /* of activations of constants */
    bool no_trapping; /* comparisons are free to be made where their result is not used */
} wishes;

/* A fused multiply-add keeps the digits of a product that the reference rounds off: a sum that is
 * exactly 0 there would not be here, and a step behind it would fire. So networks with a step, and
 * all at -O0, which promises the reference's bits, ask compilers not to fuse. At -O0 with the C
 * library, compilers may not compute activations of constants themselves, better rounded than the
 * library and so not the reference's. gcc makes vectors of comparisons only if they cannot trap. */
static wishes find_wishes(const parts *p) {
    const wn_ir *ir = p->source->ir;
    if (p->source->fixed)
        return (wishes){false, false, false};
    wishes w = {.no_fusing = p->source->options->level == WANN_O0, .no_trapping = p->blocks.batch || p->blocks.gradient || p->blocks.ensemble};
    w.no_folding = w.no_fusing && p->source->options->math == WANN_MATH_LIBM;
    for (uint32_t i = 0; i < ir->n_insts; i++)
        w.no_fusing |= wn_inst_is_step(&ir->inst[i]);
    return w;
}

static wann_status set_pragmas(parts *p) {
    const wishes w = find_wishes(p);
    wn_buf text = {0}, end = {0};
    if (w.no_fusing)
        wn_buf_text(&text, "\n/* No fused multiply-add: a sum that is exactly 0 has to stay it. */");
    if (w.no_folding)
        wn_buf_text(&text, "\n/* Every activation is computed by the C library, even where compilers know its\n"
                           " * argument, for theirs may differ in the last bit. */");
    if (w.no_trapping)
        wn_buf_text(&text, "\n/* Nobody looks at floating-point exceptions: this lets gcc make vectors of comparisons. */");
    if (w.no_fusing || w.no_trapping) {
        wn_buf_print(&text, "\n#if defined(__clang__)\n%s%s#elif defined(__GNUC__)\n#pragma GCC push_options\n"
                            "#pragma GCC optimize(\"%s%s%s%s\")\n#endif\n",
                     w.no_fusing ? "#pragma STDC FP_CONTRACT OFF\n" : "",
                     w.no_folding ? "#if defined(__x86_64__)\n#pragma STDC FENV_ACCESS ON\n#endif\n" : "",
                     w.no_fusing ? "fp-contract=off" : "", w.no_folding ? ",rounding-math" : "",
                     w.no_fusing && w.no_trapping ? "," : "", w.no_trapping ? "no-trapping-math" : "");
        wn_buf_print(&end, "\n#if defined(__clang__)\n%s%s#elif defined(__GNUC__)\n#pragma GCC pop_options\n#endif\n",
                     w.no_fusing ? "#pragma STDC FP_CONTRACT DEFAULT\n" : "",
                     w.no_folding ? "#if defined(__x86_64__)\n#pragma STDC FENV_ACCESS DEFAULT\n#endif\n" : "");
    }
    const wann_status status = set_buf(p, "pragmas", &text);
    if (status != WANN_OK)
        wn_buf_free(&end);
    return status != WANN_OK ? status : set_buf(p, "pragmas_end", &end);
}

/* What turns numbers of text into those of the network, and back. */
static wann_status set_program_numbers(parts *p) {
    const char *real = wn_c_real(p->source), *upper = p->slots[1].text;
    wn_buf in = {0}, weight = {0}, out = {0};
    if (p->source->fixed) {
        wn_buf_print(&in, "fixed(%s_IN_FRACTION_BITS,", upper);
        wn_buf_print(&weight, "fixed(%s_%s_FRACTION_BITS,", upper, has_parameter(p) ? "WEIGHT" : "IN");
        wn_buf_print(&out, "%s_FROM_OUT", upper);
    } else {
        wn_buf_print(&in, "(%s)(", real);
        wn_buf_print(&weight, "(%s)(", real);
        wn_buf_text(&out, "(double)");
    }
    wann_status status = set_buf(p, "read_in", &in);
    status = status == WANN_OK ? set_buf(p, "read_weight", &weight) : (wn_buf_free(&weight), status);
    status = status == WANN_OK ? set_buf(p, "from_out", &out) : (wn_buf_free(&out), status);
    WN_TRY(status);
    return p->source->fixed ? set_template(p, "program_numbers", "program_fixed.c.in") : set(p, "program_numbers", "");
}

static wann_status set_program(parts *p) {
    const wn_net *net = p->source->net;
    const bool single = p->source->ir->real == WANN_FLOAT;
    wn_buf weight = {0}, help = {0}, example = {0};
    if (p->source->fixed)
        wn_buf_print(&weight, "%" PRId32, (int32_t)wn_fixed_scale(net->shared_weight, p->source->fixed->weight_bits));
    else
        wn_c_literal(p->source->ir->real, net->shared_weight, &weight);
    if (has_parameter(p)) {
        wn_buf_text(&help, "\"  --weight W     the shared weight (default ");
        wn_buf_double(&help, net->shared_weight);
        wn_buf_text(&help, ")\\n\"");
    }
    for (uint32_t i = 0; i < net->n_inputs && i < 1000; i++)
        wn_buf_text(&example, i ? ",0.5" : "0.5");
    wann_status status = set_buf(p, "default_weight", &weight);
    status = status == WANN_OK ? set_buf(p, "weight_help", &help) : (wn_buf_free(&help), status);
    status = status == WANN_OK ? set_buf(p, "example", &example) : (wn_buf_free(&example), status);
    WN_TRY(status);
    WN_TRY(set(p, "has_weight", has_parameter(p) ? "1" : "0"));
    WN_TRY(set(p, "program_weight", has_parameter(p) ? ", opt->weight" : ""));
    WN_TRY(set_program_numbers(p));
    WN_TRY(set(p, "strto", single ? "strtof" : "strtod"));
    return set(p, "digits", single ? "9" : "17");
}

/* The body of NAME, and what has to stand before it: statements, or byte code and a loop. */
static wann_status write_network(parts *p, wn_buf *helpers, wn_buf *body) {
    uint32_t locals = 0;
    if (!p->lanes)
        WN_TRY(wn_c_helpers(p->source, true, helpers, p->diag));
    if (p->source->fixed)
        WN_TRY(wn_fixed_body(p->source, body, &locals, p->diag));
    else if (p->source->options->level == WANN_OS)
        WN_TRY(wn_c_bytecode(p->source, helpers, body, &locals, p->diag));
    else if (!p->lanes)
        WN_TRY(wn_c_body(p->source, p->source->ir, WN_C_ONE, body, &locals, p->diag));
    p->locals = locals > p->locals ? locals : p->locals;
    return WANN_OK;
}

/* An ensemble in lanes has its own. */
static bool calls_softmax(const parts *p) {
    return wn_c_needs_softmax(p->source) && (p->source->net->action == WANN_ACTION_SOFTMAX || !p->blocks.ensemble);
}

static wann_status set_code(parts *p) {
    wn_buf body = {0}, helpers = {0}, banner = {0};
    wann_status status = write_network(p, &helpers, &body);
    if (status == WANN_OK && calls_softmax(p)) {
        status = wn_template_render(p->source->options->template_dir,
                                    p->source->fixed ? "softmax_fixed.c.in" : "softmax.c.in", p->slots, &helpers,
                                    p->diag);
        wn_buf_char(&helpers, '\n');
    }
    if (status == WANN_OK && !p->lanes)
        status = wn_c_banner(p->source, p->locals, p->blocks, &banner, p->diag);
    if (status == WANN_OK)
        status = set_buf(p, "body", &body);
    if (status == WANN_OK)
        status = set_buf(p, "helpers", &helpers);
    if (status == WANN_OK)
        status = set_buf(p, "banner", &banner);
    wn_buf_free(&body);
    wn_buf_free(&helpers);
    wn_buf_free(&banner);
    return status;
}

/* A function that is there only if it was asked for. */
static wann_status set_optional(parts *p, bool wanted, const char *declaration, const char *declaration_template,
                                const char *definition, const char *definition_template) {
    if (!wanted) {
        WN_TRY(set(p, declaration, ""));
        return set(p, definition, "");
    }
    WN_TRY(set_template(p, declaration, declaration_template));
    return set_template(p, definition, definition_template);
}

enum {
    LARGEST_BLOCK = 64 * 1024 /* bytes of stack for a block; networks with more inputs go one by one */
};

/* Vectors are made of the project's own kernels; calls of the C library would only be unpacked. */
bool wn_emit_batch_in_blocks(const wn_net *net, const wann_compile_options *options) {
    const size_t bytes = wn_c_lanes(net, options->real) * (options->real == WANN_FLOAT ? sizeof(float) : sizeof(double));
    return options->batch && options->math == WANN_MATH_INLINE && options->level != WANN_OS &&
           options->real != WANN_FIXED &&
           ((size_t)net->n_inputs + net->n_outputs) * bytes <= LARGEST_BLOCK;
}

static wann_status set_batch(parts *p) {
    const bool wanted = p->source->options->batch, blocks = p->source->batch_ir != NULL && !p->lanes;
    if (p->lanes > 1) {
        WN_TRY(set_number(p, "block", p->lanes));
        return set_optional(p, wanted, "batch_declaration", "batch.h.in", "batch_definition", "batch_lanes.c.in");
    }
    if (blocks) {
        wn_buf body = {0};
        uint32_t locals;
        WN_TRY(set_number(p, "is_float", p->source->ir->real == WANN_FLOAT));
        WN_TRY(set_number(p, "block", wn_c_lanes(p->source->net, p->source->ir->real)));
        const wann_status status = wn_c_body(p->source, p->source->batch_ir, WN_C_BLOCK, &body, &locals, p->diag);
        if (status != WANN_OK) {
            wn_buf_free(&body);
            return status;
        }
        p->blocks.batch = locals + p->source->net->n_inputs + p->source->net->n_outputs;
        WN_TRY(set_buf(p, "batch_body", &body));
    }
    return set_optional(p, wanted, "batch_declaration", "batch.h.in", "batch_definition",
                        blocks ? "batch_block.c.in" : "batch.c.in");
}

/* The weights that are baked in, some a line. */
static wann_status set_numbers(parts *p, const char *slot, const double *number, size_t n) {
    wn_buf text = {0};
    for (size_t k = 0; k < n; k++) {
        wn_buf_text(&text, k % 8 ? " " : k ? "\n    " : "    ");
        wn_c_literal(p->source->ir->real, wn_ir_round(p->source->ir, number[k]), &text);
        wn_buf_text(&text, k + 1 < n ? "," : "");
    }
    if (n == 0)
        wn_buf_text(&text, "    0");
    return set_buf(p, slot, &text);
}

static wann_status set_weight_list(parts *p) {
    const wn_net *net = p->source->net;
    return set_numbers(p, "weight_list", p->source->options->tuned ? p->source->options->tuned : net->weight,
                       net->n_conns);
}

/* What of a gradient depends on where the weights come from. */
static wann_status set_gradient_weights(parts *p) {
    const char *upper = p->slots[1].text;
    if (p->source->options->weighting == WANN_WEIGHT_TUNED) {
        wn_buf size = {0};
        wn_buf_print(&size, p->source->net->n_conns ? "%s_CONNECTIONS" : "1", upper);
        WN_TRY(set_buf(p, "connections_size", &size));
        WN_TRY(set_number(p, "connections", p->source->net->n_conns));
        return set_weight_list(p);
    }
    wn_buf parameter = {0};
    if (has_parameter(p))
        wn_buf_print(&parameter, ", %s *weight_bar", p->source->ir->real == WANN_FLOAT ? "float" : "double");
    WN_TRY(set_buf(p, "weight_bar_parameter", &parameter));
    WN_TRY(set(p, "weight_bar_argument", has_parameter(p) ? ", weight_bar" : ""));
    return set(p, "weight_bar_doc", has_parameter(p) ? "\n * *weight_bar: the derivative with respect to the shared "
                                                       "weight is added to it, so that\n * samples sum up; start "
                                                       "from 0." : "");
}

/* Whether it reads elements of the input vector that all samples share, or others. */
static bool reads_inputs(const wn_ir *ir, bool shared) {
    uint32_t place;
    for (uint32_t i = 0; i < ir->n_insts; i++) {
        const wn_array *array =
            ir->inst[i].op == WN_OP_INPUT ? wn_ir_array(ir->in, ir->inst[i].index, &place) : NULL;
        if (array && array->shared == shared)
            return true;
    }
    return false;
}

/* Vectors as wn_emit_batch_in_blocks. */
bool wn_emit_gradient_in_lanes(const wn_ir *ir, const wann_compile_options *options) {
    return ir && options->math == WANN_MATH_INLINE && (options->level == WANN_O1 || options->level == WANN_O2) &&
           wn_c_layout_lanes(ir, WN_C_GRADIENT_BLOCK) > 0 && reads_inputs(ir, false);
}

static wann_status set_body(parts *p, const char *slot, const wn_ir *ir, wn_c_layout layout, uint32_t *locals) {
    wn_buf body = {0};
    const wann_status status = wn_c_body(p->source, ir, layout, &body, locals, p->diag);
    if (status == WANN_OK)
        return set_buf(p, slot, &body);
    wn_buf_free(&body);
    return status;
}

/* The slots of gradient_lanes.c.in, whose rows are those of wn_c_row. */
static wann_status set_gradient_lanes(parts *p) {
    const wn_ir *ir = p->source->gradient_ir;
    const wn_net *net = p->source->net;
    const bool tuned = p->source->options->weighting == WANN_WEIGHT_TUNED;
    const uint32_t bars = tuned ? net->n_conns : has_parameter(p), rows = net->n_inputs + net->n_outputs;
    uint32_t locals = 0;
    WN_TRY(set_body(p, "gradient_lanes_body", ir, WN_C_GRADIENT_BLOCK, &locals));
    WN_TRY(set_number(p, "gradient_block", wn_c_layout_lanes(ir, WN_C_GRADIENT_BLOCK)));
    WN_TRY(set_number(p, "rows", rows));
    WN_TRY(set_number(p, "bars", bars));
    WN_TRY(set(p, "weights_unused", tuned && !reads_inputs(ir, true) ? "(void)weights; /* no output depends on them */" : ""));
    p->blocks.gradient = locals + 2 * rows + bars;
    WN_TRY(set(p, "bar", tuned ? "weights_bar[i]" : "*weight_bar"));
    if (bars == 0) {
        WN_TRY(set(p, "bar_array", ""));
        WN_TRY(set(p, "bar_zero", ""));
        return set(p, "bar_sum", "");
    }
    wn_buf array = {0};
    wn_buf_print(&array, "%s bar[%" PRIu32 "][%" PRIu32 "] %s_LINES;", wn_c_real(p->source), bars,
                 wn_c_layout_lanes(ir, WN_C_GRADIENT_BLOCK), p->slots[1].text);
    WN_TRY(set_buf(p, "bar_array", &array));
    WN_TRY(set_template(p, "bar_zero", "gradient_zero.c.in"));
    return set_template(p, "bar_sum", "gradient_sum.c.in");
}

static wann_status set_gradient(parts *p) {
    const wn_ir *ir = p->source->gradient_ir;
    const bool tuned = p->source->options->weighting == WANN_WEIGHT_TUNED;
    const bool lanes = !p->lanes && wn_emit_gradient_in_lanes(ir, p->source->options);
    if (ir) {
        wn_buf size = {0};
        WN_TRY(p->lanes ? set(p, "gradient_body", "") : set_body(p, "gradient_body", ir, WN_C_ONE, &p->locals));
        wn_buf_print(&size, p->source->net->n_inputs ? "%s_INPUTS" : "1", p->slots[1].text);
        WN_TRY(set_buf(p, "in_size", &size));
        WN_TRY(set_gradient_weights(p));
        if (lanes)
            WN_TRY(set_gradient_lanes(p));
        WN_TRY(set_template(p, "gradient_batch", lanes && tuned ? "gradient_lanes_tuned.c.in"
                                                 : lanes        ? "gradient_lanes.c.in"
                                                 : tuned        ? "gradient_batch_tuned.c.in"
                                                                : "gradient_batch.c.in"));
    }
    return set_optional(p, ir != NULL, "gradient_declaration", tuned ? "gradient_tuned.h.in" : "gradient.h.in",
                        "gradient_definition", tuned ? "gradient_tuned.c.in" : "gradient.c.in");
}

/* The weight is an element of x, so there is no parameter of which the body could say that it is not used. */
static wann_status set_ensemble(parts *p) {
    const wn_net *net = p->source->net;
    wann_compile_options options = *p->source->options;
    wn_emit_source source = *p->source;
    wn_buf body = {0};
    uint32_t locals = 0;
    if (!source.ensemble_ir || p->lanes)
        return WANN_OK;
    options.weighting = WANN_WEIGHT_BAKED;
    source.options = &options;
    const wann_status status = wn_c_body(&source, source.ensemble_ir, WN_C_WEIGHTS, &body, &locals, p->diag);
    if (status != WANN_OK) {
        wn_buf_free(&body);
        return status;
    }
    p->blocks.ensemble = locals + net->n_inputs + 2 * net->n_outputs + 3;
    WN_TRY(set_buf(p, "ensemble_body", &body));
    return set_number(p, "ensemble_block", wn_c_layout_lanes(source.ensemble_ir, WN_C_WEIGHTS));
}

/* The weights that were chosen for it. */
static wann_status set_ensemble_weights(parts *p) {
    const wann_compile_options *options = p->source->options;
    const bool chosen = options->ensemble && options->ensemble_weights;
    if (chosen) {
        WN_TRY(set_number(p, "ensemble_size", (uint32_t)options->n_ensemble_weights));
        WN_TRY(set_numbers(p, "ensemble_weights", options->ensemble_weights, options->n_ensemble_weights));
    }
    return set_optional(p, chosen, "ensemble_weights_declaration", "ensemble_weights.h.in",
                        "ensemble_weights_definition", "ensemble_weights.c.in");
}

/* What only code in fixed point has. */
static wann_status set_fixed(parts *p) {
    wn_buf declarations = {0}, exponent = {0};
    uint32_t shift = 0;
    while (p->source->fixed && (UINT64_C(1) << shift) < p->source->net->n_outputs)
        shift++;
    if (p->source->fixed) {
        wn_fixed_declarations(p->source, &declarations);
        wn_fixed_exponent(p->source->fixed, &exponent);
    }
    const wann_status status = set_buf(p, "fixed_declarations", &declarations);
    WN_TRY(status == WANN_OK ? set_buf(p, "exponent", &exponent) : (wn_buf_free(&exponent), status));
    return set_number(p, "sum_shift", shift);
}

static wann_status fill(parts *p) {
    const wn_net *net = p->source->net;
    const bool single = p->source->ir->real == WANN_FLOAT;
    WN_TRY(set(p, "name", p->source->name));
    WN_TRY(set_upper_name(p));
    WN_TRY(set(p, "real", wn_c_real(p->source)));
    WN_TRY(set(p, "f", single ? "f" : ""));
    WN_TRY(set_number(p, "inputs", net->n_inputs));
    WN_TRY(set_number(p, "outputs", net->n_outputs));
    WN_TRY(set_number(p, "input_names_size", net->n_inputs ? net->n_inputs : 1));
    WN_TRY(set_strings(p, "input_names", net->input, net->n_inputs));
    WN_TRY(set_strings(p, "output_names", net->output, net->n_outputs));
    WN_TRY(set_parameters(p));
    WN_TRY(set_documentation(p));
    WN_TRY(set_includes(p));
    WN_TRY(set_program(p));
    WN_TRY(set_fixed(p));
    WN_TRY(set_gradient(p));
    WN_TRY(set_batch(p));
    WN_TRY(set_ensemble(p));
    WN_TRY(set_pragmas(p));
    WN_TRY(set_code(p));
    WN_TRY(set_optional(p, p->source->options->ensemble, "ensemble_declaration", "ensemble.h.in", "ensemble_definition",
                        p->blocks.ensemble ? "ensemble_lanes.c.in" : "ensemble.c.in"));
    WN_TRY(set_ensemble_weights(p));
    WN_TRY(set_template(p, "declarations", "declarations.h.in"));
    return set_template(p, "implementation", "implementation.c.in");
}

wann_status wn_c_emit(const wn_emit_source *source, const char *template_name, wn_buf *out,
                      wann_diag *diag) {
    parts p = {.source = source, .diag = diag};
    wann_status status = fill(&p);
    if (status == WANN_OK)
        status = wn_template_render(source->options->template_dir, template_name, p.slots, out, diag);
    wn_arena_free(&p.arena);
    return status;
}

wann_status wn_c_frame(const wn_emit_source *source, unsigned lanes, wn_buf *declarations, wn_buf *definitions,
                       wann_diag *diag) {
    parts p = {.source = source, .lanes = lanes, .diag = diag};
    wann_status status = fill(&p);
    if (status == WANN_OK)
        status = wn_template_render(source->options->template_dir, "declarations.h.in", p.slots, declarations, diag);
    if (status == WANN_OK)
        status = wn_template_render(source->options->template_dir, "implementation.c.in", p.slots, definitions, diag);
    wn_arena_free(&p.arena);
    return status;
}

wann_status wn_emit_program_frame(const wn_emit_source *source, wn_buf *out, wann_diag *diag) {
    parts p = {.source = source, .lanes = 1, .diag = diag};
    wann_status status = fill(&p);
    for (size_t i = 0; i < p.n; i++)
        if (strcmp(p.slots[i].name, "implementation") == 0)
            p.slots[i].text = "";
    if (status == WANN_OK)
        status = wn_template_render(source->options->template_dir, "program.c.in", p.slots, out, diag);
    wn_arena_free(&p.arena);
    return status;
}
