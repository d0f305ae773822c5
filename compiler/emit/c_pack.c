/* Packs: activations that are computed together, in one vector where the machine has such, which a macro
 * decides when the code is compiled. The values of a pack are elements of what it declares. */
#include <inttypes.h>
#include <string.h>

#include "compiler/emit/c_body.h"

static bool has_packs(const wn_ir *ir) {
    for (uint32_t i = 0; i < ir->n_insts; i++)
        if (ir->inst[i].pack)
            return true;
    return false;
}

/* There are kernels for packs of the short ones alone. */
bool wn_c_packs(const wn_emit_source *source) {
    return source->ir->real == WANN_FLOAT && source->options->level == WANN_O2 &&
           source->options->math == WANN_MATH_INLINE && has_packs(source->ir);
}

static bool begins_pack(const wn_ir *ir, uint32_t i) {
    return ir->inst[i].pack && (i == 0 || ir->inst[i - 1].pack != ir->inst[i].pack);
}

static uint32_t pack_size(const wn_ir *ir, uint32_t first) {
    uint32_t n = 1;
    while (first + n < ir->n_insts && ir->inst[first + n].pack == ir->inst[first].pack)
        n++;
    return n;
}

void wn_c_put_pack(wn_c_writer *b, uint32_t i) {
    if (b->layout != WN_C_ONE || !begins_pack(b->ir, i) || !wn_c_packs(b->source))
        return;
    const wn_inst *inst = &b->ir->inst[i];
    const uint32_t n = pack_size(b->ir, i);
    const bool scaled = inst->op == WN_OP_SCALED;
    wn_buf text = {0}, comment = {0};
    wn_c_put_upper(b->source, &text);
    wn_buf_print(&text, "_PACK_%" PRIu32 "%s(pack_%" PRIu32 ", %s%s", n, scaled ? "_OF" : "", inst->pack,
                 wn_c_activation_suffix((wann_activation)inst->activation), scaled ? "_of, " : "");
    if (scaled)
        wn_c_put_value(b, inst->arg[1], &text);
    for (uint32_t m = i; m < i + n; m++) {
        wn_buf_text(&text, ", ");
        wn_c_put_value(b, b->ir->inst[m].arg[0], &text);
    }
    wn_buf_text(&text, ");");
    wn_buf_text(&comment, "/* these together */");
    wn_c_put_commented(&text, &comment, b->out);
    b->locals += n;
}

bool wn_c_put_packed(const wn_c_writer *b, wn_value v, wn_buf *out) {
    const wn_inst *inst = &b->ir->inst[v];
    if (!inst->pack || b->layout != WN_C_ONE || !wn_c_packs(b->source))
        return false;
    uint32_t first = v;
    while (!begins_pack(b->ir, first))
        first--;
    wn_buf_print(out, "pack_%" PRIu32 "[%" PRIu32 "]", inst->pack, v - first);
    return true;
}

/* A macro for packs of n values: `scaled` ones are functions of the weight too. */
static void put_macro(const wn_emit_source *source, bool vectors, uint32_t n, bool scaled, wn_buf *out) {
    static const char names[] = "abcd";
    wn_buf_text(out, "#define ");
    wn_c_put_upper(source, out);
    wn_buf_print(out, "_PACK_%" PRIu32 "%s(y, f%s", n, scaled ? "_OF" : "", scaled ? ", w" : "");
    for (uint32_t m = 0; m < n; m++)
        wn_buf_print(out, ", %c", names[m]);
    if (vectors)
        wn_buf_print(out, ") const %s_pack_four y = %s_pack_##f(%s_pack_of(", source->name, source->name, source->name);
    else
        wn_buf_print(out, ") const float y[%" PRIu32 "] = {", n);
    for (uint32_t m = 0; m < (vectors ? WN_PACK : n); m++) {
        wn_buf_text(out, m > 0 ? ", " : "");
        if (!vectors)
            wn_buf_print(out, "%s_##f(%c%s)", source->name, names[m], scaled ? ", w" : "");
        else if (m < n)
            wn_buf_char(out, names[m]);
        else
            wn_buf_text(out, "0.0f");
    }
    wn_buf_text(out, !vectors ? "}\n" : scaled ? "), w)\n" : "))\n");
}

void wn_c_put_pack_macros(const wn_emit_source *source, bool vectors, wn_buf *out) {
    bool used[2][WN_PACK + 1] = {{false}};
    const wn_ir *ir = source->ir;
    for (uint32_t i = 0; i < ir->n_insts; i++)
        if (begins_pack(ir, i))
            used[ir->inst[i].op == WN_OP_SCALED][pack_size(ir, i)] = true;
    for (int scaled = 0; scaled < 2; scaled++)
        for (uint32_t n = 1; n <= WN_PACK; n++)
            if (used[scaled][n])
                put_macro(source, vectors, n, scaled, out);
}
