/* Add the terms of a sum in the order in which they become available: always the two that are there
 * first. What comes last is then added last, and a sum of n early terms is log2(n) additions deep
 * instead of n (Huffman's greedy choice, optimal for this cost by Golumbic 1976).
 *
 * Addition is associative and commutative in real arithmetic; in floating point another order has
 * another rounding, within the bound of -O1 (a balanced sum has the smaller one). A sum before a step
 * keeps the order of the reference. */
#include "compiler/pass/pass.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

typedef struct term {
    wn_value value; /* in `to` */
    bool minus;
    uint32_t ready; /* cycle at which it is available */
    uint32_t place; /* decides between equals, so that the result does not depend on the heap */
} term;

typedef struct balancing {
    const wn_ir *from;
    wn_ir to;
    wn_value *moved;   /* [from->n_insts] */
    uint32_t *ready;   /* [capacity of `to`] */
    bool *before_step; /* [from->n_insts] */
    bool *inner;       /* [from->n_insts] additions that one addition alone reads */
    term *heap;        /* [from->n_insts + 1] */
    size_t n_heap;
    uint32_t first, next; /* places given so far: terms downwards, sums upwards */
    bool failed;
} balancing;

static wn_value append(balancing *b, wn_inst inst) {
    const wn_value value = wn_ir_append(&b->to, inst);
    b->failed |= value == WN_NO_VALUE;
    if (b->failed)
        return value;
    uint32_t ready = 0;
    for (unsigned a = 0; a < wn_op_operands((wn_op)inst.op); a++)
        if (b->ready[inst.arg[a]] > ready)
            ready = b->ready[inst.arg[a]];
    b->ready[value] = ready + wn_latency(&inst);
    return value;
}

static bool before(const term *a, const term *b) {
    return a->ready != b->ready ? a->ready < b->ready : a->place < b->place;
}

static void push(balancing *b, term t) {
    size_t i = b->n_heap++;
    for (; i > 0 && before(&t, &b->heap[(i - 1) / 2]); i = (i - 1) / 2)
        b->heap[i] = b->heap[(i - 1) / 2];
    b->heap[i] = t;
}

static term pop(balancing *b) {
    const term top = b->heap[0], last = b->heap[--b->n_heap];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < b->n_heap; i = child) {
        if (child + 1 < b->n_heap && before(&b->heap[child + 1], &b->heap[child]))
            child++;
        if (!before(&b->heap[child], &last))
            break;
        b->heap[i] = b->heap[child];
    }
    b->heap[i] = last;
    return top;
}

static void push_term(balancing *b, wn_value v, bool minus) {
    push(b, (term){b->moved[v], minus, b->ready[b->moved[v]], --b->first});
}

/* Push the terms of the sum that ends in v, last to first. A chain that leans to one side, as all do
 * that lower makes, is walked in the loop. */
static void collect(balancing *b, wn_value v, bool minus) {
    for (;;) {
        const wn_inst *inst = &b->from->inst[v];
        const wn_value left = inst->arg[0], right = inst->arg[1];
        const bool right_minus = minus != (inst->op == WN_OP_SUB);
        if (b->inner[left] && b->inner[right])
            collect(b, right, right_minus);
        else if (!b->inner[right])
            push_term(b, right, right_minus);
        if (!b->inner[left])
            push_term(b, left, minus);
        if (!b->inner[left] && !b->inner[right])
            return;
        minus = b->inner[left] ? minus : right_minus;
        v = b->inner[left] ? left : right;
    }
}

/* x + y, signs taken into the operation; of two minuses one is left over for the sum. */
static term add(balancing *b, term x, term y, const wn_inst *origin) {
    const bool swap = x.minus && !y.minus;
    wn_inst inst = wn_inst_binary(x.minus == y.minus ? WN_OP_ADD : WN_OP_SUB, swap ? y.value : x.value,
                                  swap ? x.value : y.value, origin->node);
    inst.minus = origin->minus;
    inst.part = origin->part;
    const wn_value value = append(b, inst);
    return (term){value, x.minus && y.minus, b->failed ? 0 : b->ready[value], b->next++};
}

static wn_value rebuild(balancing *b, uint32_t i) {
    const wn_inst origin = b->from->inst[i];
    b->n_heap = 0;
    b->first = b->next = UINT32_MAX / 2;
    collect(b, i, false);
    while (b->n_heap > 1 && !b->failed) {
        const term x = pop(b), y = pop(b);
        push(b, x.place < y.place ? add(b, x, y, &origin) : add(b, y, x, &origin));
    }
    if (b->failed)
        return WN_NO_VALUE;
    const term sum = pop(b);
    wn_inst minus = wn_inst_unary(WN_OP_NEG, sum.value, origin.node);
    minus.part = origin.part;
    return sum.minus ? append(b, minus) : sum.value;
}

static void find_inner_sums(balancing *b, const uint32_t *uses) {
    for (uint32_t i = 0; i < b->from->n_insts; i++) {
        const wn_inst *inst = &b->from->inst[i];
        for (unsigned a = 0; wn_is_sum(inst) && a < 2; a++) {
            const wn_value v = inst->arg[a];
            b->inner[v] = wn_is_sum(&b->from->inst[v]) && uses[v] == 1 && !b->before_step[v];
        }
    }
}

static wn_value balance(balancing *b, uint32_t i) {
    wn_inst inst = b->from->inst[i];
    if (wn_is_sum(&inst) && !b->before_step[i])
        return b->inner[i] ? 0 : rebuild(b, i); /* an inner sum is written where the whole one is */
    for (unsigned a = 0; a < wn_op_operands((wn_op)inst.op); a++)
        inst.arg[a] = b->moved[inst.arg[a]];
    return append(b, inst);
}

static wann_status balance_all(balancing *b, wann_diag *diag) {
    const size_t n = (size_t)b->from->n_insts + 1;
    uint32_t *uses = wn_calloc(n, sizeof *uses);
    b->moved = wn_calloc(n, sizeof *b->moved);
    b->ready = wn_calloc(2 * n, sizeof *b->ready); /* at most one minus more for each sum */
    b->before_step = wn_calloc(n, sizeof *b->before_step);
    b->inner = wn_calloc(n, sizeof *b->inner);
    b->heap = wn_calloc(n, sizeof *b->heap);
    wann_status status = uses && b->moved && b->ready && b->before_step && b->inner && b->heap
                             ? wn_ir_begin(&b->to, b->from, diag)
                             : wn_fail_memory(diag);
    if (status == WANN_OK) {
        wn_ir_uses(b->from, uses);
        wn_mark_step_sums(b->from, b->before_step);
        find_inner_sums(b, uses);
    }
    wn_free(uses);
    for (uint32_t i = 0; status == WANN_OK && i < b->from->n_insts; i++) {
        b->moved[i] = balance(b, i);
        if (b->failed)
            status = wn_fail_memory(diag);
    }
    return status;
}

wann_status wn_pass_balance(wn_ir *ir, wn_pass_ctx *ctx) {
    balancing b = {.from = ir};
    const wann_status status = balance_all(&b, ctx->diag);
    if (status == WANN_OK)
        wn_ir_replace(ir, &b.to);
    wn_ir_free(&b.to);
    wn_free(b.moved);
    wn_free(b.ready);
    wn_free(b.before_step);
    wn_free(b.inner);
    wn_free(b.heap);
    return status;
}
