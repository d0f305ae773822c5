/* Cutting a network into parts, and finding room for what they leave to each other. */
#include "compiler/emit/llvm/parts.h"

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

enum {
    PART = 28 /* the most operations, unless one alone has more */,
    FUNCTION = 8 /* those of one */
};

/* In operations, roughly: parts of so many were measured to be the fastest. */
static int cost_of(const wn_inst *inst) {
    if (inst->op != WN_OP_ACT && inst->op != WN_OP_SCALED)
        return 1;
    switch ((wann_activation)inst->activation) {
    case WANN_ACT_SIN:
    case WANN_ACT_GAUSSIAN:
    case WANN_ACT_TANH:
    case WANN_ACT_SIGMOID:
    case WANN_ACT_COS:
        return FUNCTION;
    case WANN_ACT_LINEAR:
    case WANN_ACT_STEP:
    case WANN_ACT_INVERSE:
    case WANN_ACT_ABS:
    case WANN_ACT_RELU:
    case WANN_ACT_SQUARED:
        return 1;
    }
    return 1;
}

static int32_t fixed_part(const wn_inst *inst) {
    return inst->op == WN_OP_INPUT ? WN_LLVM_BEFORE : WN_LLVM_ANYWHERE;
}

static void assign(const wn_ir *ir, wn_llvm_parts *p) {
    int cost = 0;
    for (uint32_t i = 0; i < ir->n_insts; i++) {
        const wn_inst *inst = &ir->inst[i];
        p->last[i] = p->slot[i] = -1;
        if (inst->op == WN_OP_INPUT || inst->op == WN_OP_CONST || inst->op == WN_OP_WEIGHT ||
            inst->op == WN_OP_OUTPUT) {
            p->part[i] = fixed_part(inst);
            continue;
        }
        if (cost > 0 && cost + cost_of(inst) > PART) {
            p->n++;
            cost = 0;
        }
        cost += cost_of(inst);
        p->part[i] = p->n;
    }
    p->n++;
}

static void find_last(const wn_ir *ir, wn_llvm_parts *p) {
    for (uint32_t i = 0; i < ir->n_insts; i++) {
        const wn_inst *inst = &ir->inst[i];
        const int32_t reader = inst->op == WN_OP_OUTPUT ? p->n : p->part[i];
        for (unsigned a = 0; a < wn_op_operands((wn_op)inst->op); a++)
            if (reader > p->last[inst->arg[a]])
                p->last[inst->arg[a]] = reader;
    }
}

/* Slots that are free from part j on, as a list that begins with head[j]; next[slot]. */
typedef struct free_slots {
    int32_t *head, *next;
} free_slots;

static void release(free_slots *f, int32_t slot, int32_t from) {
    f->next[slot] = f->head[from];
    f->head[from] = slot;
}

static int32_t take(free_slots *f, int32_t from) {
    const int32_t slot = f->head[from];
    if (slot >= 0)
        f->head[from] = f->next[slot];
    return slot;
}

static void find_slots(const wn_ir *ir, wn_llvm_parts *p, free_slots *f) {
    int32_t now = 0;
    for (int32_t j = 0; j <= p->n + 1; j++)
        f->head[j] = -1;
    p->n_slots = (int32_t)ir->n_inputs;
    for (uint32_t v = 0; v < ir->n_insts; v++)
        if (p->part[v] == WN_LLVM_BEFORE) {
            p->slot[v] = (int32_t)ir->inst[v].index;
            release(f, p->slot[v], p->last[v] + 1);
        }
    for (uint32_t v = 0; v < ir->n_insts; v++) {
        if (p->part[v] < 0 || p->last[v] <= p->part[v])
            continue;
        for (; now < p->part[v]; now++) /* what was free stays free */
            for (int32_t slot; (slot = take(f, now)) >= 0;)
                release(f, slot, now + 1);
        const int32_t slot = take(f, now);
        p->slot[v] = slot >= 0 ? slot : p->n_slots++;
        release(f, p->slot[v], p->last[v] + 1);
    }
}

wann_status wn_llvm_cut(const wn_ir *ir, wn_llvm_parts *p, wann_diag *diag) {
    const size_t n = (size_t)ir->n_insts + 1;
    *p = (wn_llvm_parts){.n = 0};
    p->part = wn_calloc(n, sizeof *p->part);
    p->last = wn_calloc(n, sizeof *p->last);
    p->slot = wn_calloc(n, sizeof *p->slot);
    free_slots f = {wn_calloc(n + 2, sizeof *f.head), wn_calloc(n + ir->n_inputs, sizeof *f.next)};
    const bool ok = p->part && p->last && p->slot && f.head && f.next;
    if (ok) {
        assign(ir, p);
        find_last(ir, p);
        find_slots(ir, p, &f);
    }
    wn_free(f.head);
    wn_free(f.next);
    if (!ok)
        wn_llvm_parts_free(p);
    return ok ? WANN_OK : wn_fail_memory(diag);
}

void wn_llvm_parts_free(wn_llvm_parts *parts) {
    wn_free(parts->part);
    wn_free(parts->last);
    wn_free(parts->slot);
    *parts = (wn_llvm_parts){.n = 0};
}
