/* Compute partial sums once that several sums have: x + y + a and x + y + b share x + y.
 *
 * Addition is associative and commutative in real arithmetic; in floating point another order has another
 * rounding, within the bound of -O1. A sum before a step keeps the order of the reference and shares nothing.
 *
 * The pairs of terms that most sums have come first, then pairs with these, as in the sharing of terms of digital
 * filters (Hartley 1996, subexpression sharing in filters using canonic signed digit multipliers). What sharing
 * costs is time: a pair is there one addition after its second term, and its sum one after that, where the second
 * term could have been added last. So where the longest path counts, a sum takes a pair only if it still ends in
 * time; where the machine is busy all the time with other operations, always. */
#include <stdlib.h>

#include "compiler/pass/pass.h"
#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

enum {
    MOST_TERMS = 64, /* of a sum that is looked at: it has n^2 / 2 pairs */
    MOST_PAIRS = 1 << 22, /* of all sums; with more, which take 100 MB, nothing is shared */
    ROUNDS = 4,      /* of pairs with pairs */
    WIDE = 2         /* times as much work as the longest path */
};

typedef struct term {
    wn_value value; /* in `from`; from n_insts on a pair */
    bool minus;
} term;

/* A sum, its terms in `term`. */
typedef struct sum {
    wn_value root;
    uint32_t first, n;
    bool changed;
} sum;

/* Two terms of a sum, and how many sums have them. The sign is that of the second if the first has none. */
typedef struct pair {
    wn_value a, b; /* a < b */
    bool minus;
    uint32_t sum;
    uint32_t count;
} pair;

typedef struct sharing {
    const wn_ir *from;
    wn_ir to;
    uint32_t *uses;
    bool *before_step, *inner; /* [from->n_insts]; inner: additions that one addition alone reads */
    uint32_t *ready;           /* [2 * from->n_insts] cycle at which a value is there */
    uint32_t *latest;          /* [from->n_insts] cycle at which it has to be */
    wn_value *moved;           /* [2 * from->n_insts] values in `to` */
    sum *sums;
    term *terms;
    pair *pairs;  /* all of them in a round */
    term *shared; /* [2 * number of pairs that are shared] */
    uint32_t n_sums, n_terms, n_shared;
    size_t n_pairs;
    uint32_t *sum_of; /* [from->n_insts] the sum that ends there, + 1 */
    bool failed, wide;
} sharing;

static wn_value append(sharing *s, wn_inst inst) {
    const wn_value value = wn_ir_append(&s->to, inst);
    s->failed |= value == WN_NO_VALUE;
    return value;
}

/* How many terms the sum that ends in v has, as they stand in a tree of inner sums; MOST_TERMS + 1: too many.
 * to: where they are written, or NULL. */
static uint32_t collect(const sharing *s, wn_value v, term *to) {
    term stack[MOST_TERMS + 1];
    uint32_t n = 0, left = 0;
    stack[left++] = (term){v, false};
    while (left > 0) {
        const term t = stack[--left];
        const wn_inst *inst = &s->from->inst[t.value];
        if (t.value != v && !s->inner[t.value]) {
            if (to)
                to[n] = t;
            n++;
            continue;
        }
        if (n + left + 2 > MOST_TERMS)
            return MOST_TERMS + 1;
        stack[left++] = (term){inst->arg[1], t.minus != (inst->op == WN_OP_SUB)};
        stack[left++] = (term){inst->arg[0], t.minus};
    }
    return n;
}

static void find_inner_sums(sharing *s) {
    for (uint32_t i = 0; i < s->from->n_insts; i++) {
        const wn_inst *inst = &s->from->inst[i];
        for (unsigned a = 0; wn_is_sum(inst) && a < 2; a++) {
            const wn_value v = inst->arg[a];
            s->inner[v] = wn_is_sum(&s->from->inst[v]) && s->uses[v] == 1 && !s->before_step[v];
        }
    }
}

static bool is_root(const sharing *s, uint32_t i) {
    return wn_is_sum(&s->from->inst[i]) && !s->inner[i] && !s->before_step[i];
}

static void find_sums(sharing *s) {
    for (uint32_t i = 0; i < s->from->n_insts; i++) {
        const uint32_t n = is_root(s, i) ? collect(s, i, NULL) : 0;
        if (n < 2 || n > MOST_TERMS)
            continue;
        s->sums[s->n_sums] = (sum){.root = i, .first = s->n_terms, .n = n};
        collect(s, i, s->terms + s->n_terms);
        s->n_terms += n;
        s->sum_of[i] = ++s->n_sums;
    }
}

/* When a sum is there whose terms are added as they come (balance). */
static uint32_t sum_ready(const sharing *s, const sum *x) {
    const uint32_t cycles = wn_latency(&(wn_inst){.op = WN_OP_ADD});
    uint32_t last = 0, first = UINT32_MAX, levels = 0;
    for (uint32_t t = x->first; t < x->first + x->n; t++) {
        const uint32_t ready = s->ready[s->terms[t].value];
        last = ready > last ? ready : last;
        first = ready < first ? ready : first;
    }
    while (x->n > UINT32_C(1) << levels)
        levels++;
    return last + cycles > first + levels * cycles ? last + cycles : first + levels * cycles;
}

static void find_times(sharing *s) {
    uint32_t path = 0;
    for (uint32_t i = 0; i < s->from->n_insts; i++) {
        const wn_inst *inst = &s->from->inst[i];
        for (unsigned a = 0; a < wn_op_operands((wn_op)inst->op); a++)
            s->ready[i] = s->ready[inst->arg[a]] > s->ready[i] ? s->ready[inst->arg[a]] : s->ready[i];
        s->ready[i] = s->sum_of[i] ? sum_ready(s, &s->sums[s->sum_of[i] - 1]) : s->ready[i] + wn_latency(inst);
        path = s->ready[i] > path ? s->ready[i] : path;
    }
    for (uint32_t i = 0; i < s->from->n_insts; i++)
        s->latest[i] = path;
    for (uint32_t i = s->from->n_insts; i-- > 0;) {
        const wn_inst *inst = &s->from->inst[i];
        const uint32_t own = s->inner[i] ? 0 : wn_latency(inst);
        const uint32_t start = s->latest[i] > own ? s->latest[i] - own : 0;
        for (unsigned a = 0; a < wn_op_operands((wn_op)inst->op); a++)
            s->latest[inst->arg[a]] = start < s->latest[inst->arg[a]] ? start : s->latest[inst->arg[a]];
    }
}

/* Whether a sum is still there in time if it waits for a pair, and then adds that to the rest, if there is any. */
static bool in_time(const sharing *s, const sum *x, wn_value a, wn_value b) {
    const uint32_t later = s->ready[a] > s->ready[b] ? s->ready[a] : s->ready[b];
    const uint32_t additions = x->n > 2 ? 2 : 1;
    return s->wide || later + additions * wn_latency(&(wn_inst){.op = WN_OP_ADD}) <= s->latest[x->root];
}

static int compare_pairs(const pair *x, const pair *y) {
    if (x->a != y->a)
        return x->a < y->a ? -1 : 1;
    if (x->b != y->b)
        return x->b < y->b ? -1 : 1;
    return (int)x->minus - (int)y->minus;
}

static int by_pair(const void *x, const void *y) {
    const pair *a = x, *b = y;
    const int order = compare_pairs(a, b);
    return order ? order : a->sum < b->sum ? -1 : a->sum > b->sum;
}

static int by_count(const void *x, const void *y) {
    const pair *a = x, *b = y;
    return a->count != b->count ? (a->count > b->count ? -1 : 1) : by_pair(x, y);
}

static void add_pairs(sharing *s, uint32_t k) {
    const sum *x = &s->sums[k];
    for (uint32_t i = 0; i < x->n; i++)
        for (uint32_t j = i + 1; j < x->n; j++) {
            const term t = s->terms[x->first + i], u = s->terms[x->first + j];
            if (t.value == u.value || !in_time(s, x, t.value, u.value))
                continue;
            const wn_value a = t.value < u.value ? t.value : u.value, b = t.value < u.value ? u.value : t.value;
            s->pairs[s->n_pairs++] = (pair){a, b, t.minus != u.minus, k, 0};
        }
}

/* All pairs that sums have, those of most sums first and each pair in one piece. */
static void find_pairs(sharing *s) {
    s->n_pairs = 0;
    for (uint32_t k = 0; k < s->n_sums; k++)
        add_pairs(s, k);
    qsort(s->pairs, s->n_pairs, sizeof *s->pairs, by_pair);
    for (size_t i = 0, n; i < s->n_pairs; i += n) {
        for (n = 1; i + n < s->n_pairs && compare_pairs(&s->pairs[i], &s->pairs[i + n]) == 0;)
            n++;
        for (size_t k = i; k < i + n; k++)
            s->pairs[k].count = n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
    }
    qsort(s->pairs, s->n_pairs, sizeof *s->pairs, by_count);
}

/* The place of a value among the terms of a sum; its n: it is not there (any more). */
static uint32_t find_term(const sharing *s, const sum *x, wn_value v) {
    uint32_t i = 0;
    while (i < x->n && s->terms[x->first + i].value != v)
        i++;
    return i;
}

static bool has_pair(const sharing *s, const pair *p) {
    const sum *x = &s->sums[p->sum];
    const uint32_t i = find_term(s, x, p->a), j = find_term(s, x, p->b);
    return i < x->n && j < x->n && (s->terms[x->first + i].minus != s->terms[x->first + j].minus) == p->minus;
}

/* Put the pair `value` into the place of its two terms: minus it, if a has a minus. */
static void replace(sharing *s, const pair *p, wn_value value) {
    sum *x = &s->sums[p->sum];
    term *const t = s->terms + x->first;
    const uint32_t i = find_term(s, x, p->a);
    t[i].value = value;
    const uint32_t j = find_term(s, x, p->b);
    x->n--;
    for (uint32_t k = j; k < x->n; k++)
        t[k] = t[k + 1];
    x->changed = true;
}

/* Share what is left of n sums' pair; false: fewer than two have it. */
static bool share(sharing *s, const pair *p, size_t n) {
    size_t having = 0;
    for (size_t k = 0; k < n; k++) /* x + x + y has the pair twice, but is one sum */
        having += has_pair(s, &p[k]) && (k == 0 || p[k].sum != p[k - 1].sum);
    if (having < 2)
        return false;
    const wn_value value = s->from->n_insts + s->n_shared;
    s->shared[2 * s->n_shared] = (term){p->a, false};
    s->shared[2 * s->n_shared + 1] = (term){p->b, p->minus};
    s->n_shared++;
    const uint32_t later = s->ready[p->a] > s->ready[p->b] ? s->ready[p->a] : s->ready[p->b];
    s->ready[value] = later + wn_latency(&(wn_inst){.op = WN_OP_ADD});
    s->moved[value] = WN_NO_VALUE;
    for (size_t k = 0; k < n; k++)
        if (has_pair(s, &p[k]))
            replace(s, &p[k], value);
    return true;
}

/* Each pair that is shared takes a term from two sums at least, so there are fewer than terms. */
static void share_all(sharing *s) {
    bool some = true;
    for (int round = 0; some && round < ROUNDS; round++) {
        some = false;
        find_pairs(s);
        for (size_t i = 0; i < s->n_pairs && s->pairs[i].count > 1; i += s->pairs[i].count)
            some |= share(s, &s->pairs[i], s->pairs[i].count);
    }
}

/* x + y with their signs; of two minuses one is left over. */
static term add(sharing *s, term x, term y, const wn_inst *origin) {
    const bool swap = x.minus && !y.minus;
    wn_inst inst = wn_inst_binary(x.minus == y.minus ? WN_OP_ADD : WN_OP_SUB, swap ? y.value : x.value,
                                  swap ? x.value : y.value, origin->node);
    inst.minus = origin->minus;
    inst.part = origin->part;
    return (term){append(s, inst), x.minus && y.minus};
}

/* The value of a term in `to`. A pair is written where it is first read: its terms are there, as that sum read them
 * before. It belongs to no node. Pairs are made of earlier ones: depth of recursion is at most ROUNDS. */
static wn_value term_value(sharing *s, wn_value v) {
    if (v < s->from->n_insts || s->moved[v] != WN_NO_VALUE)
        return s->moved[v];
    const term *t = &s->shared[2 * (size_t)(v - s->from->n_insts)];
    const wn_inst origin = {.node = WN_NO_NODE};
    const term a = {term_value(s, t[0].value), t[0].minus}, b = {term_value(s, t[1].value), t[1].minus};
    return s->moved[v] = add(s, a, b, &origin).value;
}

static wn_value rebuild(sharing *s, const sum *x) {
    const wn_inst origin = s->from->inst[x->root];
    const term *t = s->terms + x->first;
    term all = {term_value(s, t->value), t->minus};
    for (uint32_t k = 1; k < x->n && !s->failed; k++)
        all = add(s, all, (term){term_value(s, t[k].value), t[k].minus}, &origin);
    if (!all.minus || s->failed)
        return all.value;
    wn_inst minus = wn_inst_unary(WN_OP_NEG, all.value, origin.node);
    minus.part = origin.part;
    return append(s, minus);
}

/* What inner sums of sums that changed were is left for prune. */
static wann_status rewrite(sharing *s, wann_diag *diag) {
    WN_TRY(wn_ir_begin(&s->to, s->from, diag));
    for (uint32_t i = 0; i < s->from->n_insts && !s->failed; i++) {
        wn_inst inst = s->from->inst[i];
        for (unsigned a = 0; a < wn_op_operands((wn_op)inst.op); a++)
            inst.arg[a] = s->moved[inst.arg[a]];
        const sum *x = s->sum_of[i] ? &s->sums[s->sum_of[i] - 1] : NULL;
        s->moved[i] = x && x->changed ? rebuild(s, x) : append(s, inst);
    }
    return s->failed ? wn_fail_memory(diag) : WANN_OK;
}

static wann_status allocate(sharing *s, wann_diag *diag) {
    const size_t n = (size_t)s->from->n_insts + 1;
    s->uses = wn_calloc(n, sizeof *s->uses);
    s->before_step = wn_calloc(n, sizeof *s->before_step);
    s->inner = wn_calloc(n, sizeof *s->inner);
    s->sum_of = wn_calloc(n, sizeof *s->sum_of);
    s->latest = wn_calloc(n, sizeof *s->latest);
    s->ready = wn_calloc(3 * n, sizeof *s->ready); /* a sum of n terms is n - 1 instructions */
    s->moved = wn_calloc(3 * n, sizeof *s->moved);
    s->sums = wn_calloc(n, sizeof *s->sums);
    s->terms = wn_calloc(2 * n, sizeof *s->terms);
    s->shared = wn_calloc(4 * n, sizeof *s->shared);
    return s->uses && s->before_step && s->inner && s->sum_of && s->latest && s->ready && s->moved && s->sums &&
                   s->terms && s->shared
               ? WANN_OK
               : wn_fail_memory(diag);
}

static wann_status allocate_pairs(sharing *s, wann_diag *diag) {
    size_t n = 1;
    for (uint32_t k = 0; k < s->n_sums; k++)
        n += (size_t)s->sums[k].n * (s->sums[k].n - 1) / 2;
    if (n > MOST_PAIRS)
        s->n_sums = 0;
    s->pairs = wn_calloc(s->n_sums ? n : 1, sizeof *s->pairs);
    return s->pairs ? WANN_OK : wn_fail_memory(diag);
}

static wann_status share_sums(sharing *s, wann_diag *diag) {
    wn_time time;
    WN_TRY(wn_measure_time(s->from, &time, diag));
    s->wide = time.work > WIDE * time.path;
    WN_TRY(allocate(s, diag));
    wn_ir_uses(s->from, s->uses);
    wn_mark_step_sums(s->from, s->before_step);
    find_inner_sums(s);
    find_sums(s);
    find_times(s);
    WN_TRY(allocate_pairs(s, diag));
    share_all(s);
    return rewrite(s, diag);
}

wann_status wn_pass_share_sums(wn_ir *ir, wn_pass_ctx *ctx) {
    sharing s = {.from = ir};
    const wann_status status = share_sums(&s, ctx->diag);
    if (status == WANN_OK)
        wn_ir_replace(ir, &s.to);
    wn_ir_free(&s.to);
    void *const arrays[] = {s.uses, s.before_step, s.inner, s.sum_of, s.latest, s.ready, s.moved,
                            s.sums, s.terms,       s.pairs, s.shared};
    for (size_t a = 0; a < sizeof arrays / sizeof *arrays; a++)
        wn_free(arrays[a]);
    return status;
}
