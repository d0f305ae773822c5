/* What generated code says of its fixed-point formats. */
#include "compiler/emit/fixed.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>

/* "NAME_what", in capitals. */
static void put_macro(const char *name, const char *what, wn_buf *out) {
    for (; *name; name++)
        wn_buf_char(out, (char)toupper((unsigned char)*name));
    wn_buf_text(out, what);
}

static void put_range(wann_range range, wn_buf *out) {
    wn_buf_double(out, range.low);
    wn_buf_text(out, " to ");
    wn_buf_double(out, range.high);
}

/* Rounded outwards, to what people read. */
static void put_wide_range(wann_range range, wn_buf *out) {
    put_range((wann_range){floor(range.low * 100) / 100, ceil(range.high * 100) / 100}, out);
}

/* Few inputs: of each; many: the widest. */
static void put_input_ranges(const wn_fixed *f, wn_buf *out) {
    const uint32_t n = f->ir->n_inputs;
    bool same = true;
    for (uint32_t i = 1; i < n; i++)
        same &= f->input[i].low == f->input[0].low && f->input[i].high == f->input[0].high;
    wn_buf_text(out, n ? "" : "none");
    for (uint32_t i = 0; i < (same && n ? 1 : n); i++) {
        wn_buf_text(out, i == 0 ? "" : i % 4 ? ", " : ",\n *         ");
        put_range(f->input[i], out);
    }
}

static void put_define(const char *name, const char *what, int bits, wn_buf *out) {
    wn_buf_text(out, "#define ");
    put_macro(name, what, out);
    wn_buf_print(out, " %d\n", bits);
}

static void put_conversion(const char *name, const char *what, int bits, bool to, wn_buf *out) {
    wn_buf_text(out, "#define ");
    put_macro(name, what, out);
    wn_buf_text(out, to ? "(x) ((int32_t)((x) * " : "(x) ((x) / ");
    wn_buf_fixed(out, ldexp(1, bits), 1);
    wn_buf_text(out, to ? " + ((x) < 0 ? -0.5 : 0.5)))\n" : ")\n");
}

void wn_fixed_declarations(const wn_emit_source *source, wn_buf *out) {
    const wn_fixed *f = source->fixed;
    const bool weight = source->options->weighting == WANN_WEIGHT_PARAMETER;
    wn_buf_text(out, "\n/* Numbers are integers: a number times 2 to the power of its fraction "
                     "bits.\n * Inputs: ");
    put_input_ranges(f, out);
    if (weight) {
        wn_buf_text(out, "\n * Weight: ");
        put_range(f->weight, out);
    }
    wn_buf_text(out, "\n * Outputs are within ");
    put_wide_range(f->output, out);
    wn_buf_text(out, "\n * What comes in from outside these ranges is taken as the nearest number "
                     "in them. */\n");
    put_define(source->name, "_IN_FRACTION_BITS", f->in_bits, out);
    if (weight)
        put_define(source->name, "_WEIGHT_FRACTION_BITS", f->weight_bits, out);
    put_define(source->name, "_OUT_FRACTION_BITS", f->out_bits, out);
    wn_buf_text(
        out, "\n/* For constants, and where there is floating point; x has to be in range. */\n");
    put_conversion(source->name, "_TO_IN", f->in_bits, true, out);
    if (weight)
        put_conversion(source->name, "_TO_WEIGHT", f->weight_bits, true, out);
    put_conversion(source->name, "_FROM_OUT", f->out_bits, false, out);
}

/* The exponential takes 26 fraction bits, and is 0 from 22 on. */
void wn_fixed_exponent(const wn_fixed *f, wn_buf *out) {
    const int shift = f->out_bits - 26;
    if (f->out_bits < 28)
        wn_buf_print(out, "below >= %" PRIu64 "u ? 1476395008 : ", UINT64_C(22) << f->out_bits);
    if (shift > 0)
        wn_buf_print(out, "(int32_t)(below >> %d)", shift);
    else if (shift < 0)
        wn_buf_print(out, "(int32_t)(below << %d)", -shift);
    else
        wn_buf_text(out, "(int32_t)below");
}
