/* List scheduling: the instructions in the order in which a machine would begin them that, of those whose
 * operands are there, always begins the one from which the way to the outputs is longest.
 *
 * The machine is a model of today's large cores: it begins two additions and two other operations a cycle,
 * an activation being about a dozen of the latter. A processor looks ahead a few hundred instructions only.
 * In this order the longest path is never held up by what could have waited, and what can wait fills the
 * cycles in which the path waits for itself, instead of standing in front of it.
 *
 * Activations with the same kernel can begin together, as a pack (pack.c). Each then waits for others, until it is
 * urgent. A network whose operations take longer than its longest path has time to wait for nearly all, a narrow
 * and deep one for few. What finds no other is not packed. The two numbers below that decide on waiting are
 * measured: with less, the networks that were tried had fewer packs and were slower; with more, too. */
#include "compiler/pass/list.h"

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

enum { SUM, OTHER, FIRST_KIND, KINDS = FIRST_KIND + 2 * 12 }; /* a queue for each activation, of one value or of two */
enum { KERNEL = 12, A_CYCLE = 2 }; /* operations of an activation; how many a unit begins in a cycle */
enum {
    GATHER = 8,      /* cycles that it takes to put values into a vector and to take them out */
    FIRST_WAIT = 24, /* cycles until the first sums are there, about: what reads them finds others then */
    STRETCH = 4      /* the whole is taken for longer than its longest path, by one part in so many at least */
};

/* The least key first. */
typedef struct queue {
    uint64_t *key;
    uint32_t n;
} queue;

typedef struct listing {
    const wn_ir *ir;
    uint32_t *height;  /* [n_insts] cycles from the start of an instruction to the last output */
    uint32_t *ready;   /* [n_insts] the cycle at which the operands are there, as far as is known */
    uint32_t *missing; /* [n_insts] operands that have not begun */
    uint32_t *first;   /* [n_insts + 1] where the readers of a value begin in `reader` */
    uint32_t *reader;
    uint32_t *head;    /* [n_insts] the first of its pack; itself where it has none */
    uint32_t *size;    /* [n_insts] of a pack, at its first */
    queue pending;     /* by the cycle at which they become ready */
    queue waiting[KINDS]; /* ready ones, the greatest height first */
    uint32_t *order;   /* [n_insts] what has begun */
    uint32_t *pack;    /* [n_insts] numbers of packs, by instruction */
    uint32_t n_begun, n_packs;
    uint64_t now;      /* cycle */
    uint64_t busy[2];  /* half cycle from which on a unit can begin something: additions, others */
    uint64_t path;     /* cycles of the longest path */
    uint64_t end;      /* and what is taken for the whole */
    bool form;
} listing;

static void push(queue *q, uint64_t key) {
    uint32_t i = q->n++;
    for (; i > 0 && key < q->key[(i - 1) / 2]; i = (i - 1) / 2)
        q->key[i] = q->key[(i - 1) / 2];
    q->key[i] = key;
}

static uint32_t pop(queue *q) {
    const uint64_t top = q->key[0], last = q->key[--q->n];
    uint32_t i = 0;
    for (uint32_t child; (child = 2 * i + 1) < q->n; i = child) {
        if (child + 1 < q->n && q->key[child + 1] < q->key[child])
            child++;
        if (last <= q->key[child])
            break;
        q->key[i] = q->key[child];
    }
    q->key[i] = last;
    return (uint32_t)top;
}

static uint32_t top(const queue *q) {
    return (uint32_t)q->key[0];
}

/* Keys order by a number first and then by place, so that nothing depends on the heap. */
static uint64_t key_of(uint32_t number, uint32_t place) {
    return (uint64_t)number << 32 | place;
}

bool wn_has_packed_kernel(const wn_inst *inst) {
    if (!wn_inst_activates(inst))
        return false;
    switch ((wann_activation)inst->activation) {
    case WANN_ACT_SIN:
    case WANN_ACT_GAUSSIAN:
    case WANN_ACT_TANH:
    case WANN_ACT_SIGMOID:
    case WANN_ACT_COS:
        return true;
    case WANN_ACT_LINEAR:
    case WANN_ACT_STEP:
    case WANN_ACT_INVERSE:
    case WANN_ACT_ABS:
    case WANN_ACT_RELU:
    case WANN_ACT_SQUARED:
        return false;
    }
    return false;
}

static uint32_t queue_of(const listing *l, uint32_t i) {
    const wn_inst *inst = &l->ir->inst[i];
    if (l->form && wn_has_packed_kernel(inst) && inst->pack == 0)
        return FIRST_KIND + inst->activation + (inst->op == WN_OP_SCALED ? 12u : 0u);
    return wn_is_sum(inst) ? SUM : OTHER;
}

/* Instruction i, or what comes first of its pack, gets ready at a cycle. */
static void wait_for_turn(listing *l, uint32_t i) {
    push(&l->waiting[queue_of(l, i)], key_of(UINT32_MAX - l->height[i], i));
}

/* The cycle until which an activation waits for others: when it would begin if it came as late as the longest path
 * allows, and this took as long as the whole. */
static uint64_t latest_start(const listing *l, uint32_t i) {
    return FIRST_WAIT + (l->path - l->height[i]) * l->end / (l->path + 1);
}

/* Whether what stands first in a queue is to begin now. */
static bool is_due(const listing *l, uint32_t kind) {
    const queue *q = &l->waiting[kind];
    if (q->n == 0)
        return false;
    return kind < FIRST_KIND || q->n >= WN_PACK || l->now >= latest_start(l, top(q));
}

static void tell_readers(listing *l, uint32_t i, uint32_t latency) {
    for (uint32_t r = l->first[i]; r < l->first[i + 1]; r++) {
        const uint32_t reader = l->head[l->reader[r]];
        const uint64_t done = l->now + latency;
        if (done > l->ready[reader])
            l->ready[reader] = (uint32_t)done;
        if (--l->missing[reader] == 0)
            push(&l->pending, key_of(l->ready[reader], reader));
    }
}

static void take_ready(listing *l) {
    while (l->pending.n > 0 && l->pending.key[0] >> 32 <= l->now)
        wait_for_turn(l, pop(&l->pending));
}

/* Begin instruction i, with all of its pack if it has one. */
static void begin(listing *l, uint32_t i) {
    const wn_inst *inst = &l->ir->inst[i];
    const uint32_t own = wn_latency(inst), unit = wn_is_sum(inst) ? SUM : OTHER;
    const uint32_t operations = own > KERNEL ? KERNEL : own > 0;
    const uint64_t start = l->busy[unit] > A_CYCLE * l->now ? l->busy[unit] : A_CYCLE * l->now;
    l->busy[unit] = start + operations;
    for (uint32_t m = i; m < i + l->size[i]; m++)
        l->order[l->n_begun++] = m;
    for (uint32_t m = i; m < i + l->size[i]; m++)
        tell_readers(l, m, own + (l->pack[i] ? GATHER : 0));
}

/* Begin as many of a kind as one vector holds. Alone an activation stays as it is. */
static void begin_pack(listing *l, uint32_t kind) {
    queue *q = &l->waiting[kind];
    uint32_t member[WN_PACK], n = 0;
    while (n < WN_PACK && q->n > 0)
        member[n++] = pop(q);
    if (n > 1)
        l->n_packs++;
    for (uint32_t m = 0; m < n; m++)
        l->pack[member[m]] = n > 1 ? l->n_packs : 0;
    const uint64_t busy = l->busy[OTHER];
    for (uint32_t m = 0; m < n; m++) {
        l->busy[OTHER] = busy; /* together they take as long as one */
        begin(l, member[m]);
    }
}

/* The queue whose first is to begin next on a unit; KINDS: none. */
static uint32_t next_queue(const listing *l, uint32_t unit) {
    uint32_t best = KINDS;
    for (uint32_t kind = unit; kind < KINDS; kind = kind == OTHER ? FIRST_KIND : kind + 1) {
        if (is_due(l, kind) && (best == KINDS || l->waiting[kind].key[0] < l->waiting[best].key[0]))
            best = kind;
        if (unit == SUM)
            break;
    }
    return best;
}

/* Whether something that costs no time, or for which its unit is free, began. */
static bool begin_one(listing *l, uint32_t unit) {
    const uint32_t kind = next_queue(l, unit);
    if (kind == KINDS)
        return false;
    const uint32_t i = top(&l->waiting[kind]);
    if (wn_latency(&l->ir->inst[i]) > 0 && l->busy[unit] >= A_CYCLE * (l->now + 1))
        return false;
    if (kind >= FIRST_KIND)
        begin_pack(l, kind);
    else
        begin(l, pop(&l->waiting[kind]));
    return true;
}

static void run(listing *l) {
    while (l->n_begun < l->ir->n_insts) {
        take_ready(l);
        const bool other = begin_one(l, OTHER), sum = begin_one(l, SUM); /* both are to be tried */
        l->now += (!other && !sum) || (l->busy[SUM] >= A_CYCLE * (l->now + 1) && l->busy[OTHER] >= A_CYCLE * (l->now + 1));
    }
}

/* Packs are known by their first instruction: the others come and go with it. */
static void find_packs(listing *l) {
    for (uint32_t i = 0; i < l->ir->n_insts; i++) {
        const uint32_t pack = l->ir->inst[i].pack;
        const bool goes_on = pack && i > 0 && l->ir->inst[i - 1].pack == pack;
        l->head[i] = goes_on ? l->head[i - 1] : i;
        l->size[l->head[i]]++;
        l->pack[i] = pack;
        l->n_packs = pack > l->n_packs ? pack : l->n_packs;
    }
}

static void find_heights(listing *l) {
    for (uint32_t i = l->ir->n_insts; i-- > 0;) {
        const wn_inst *inst = &l->ir->inst[i];
        l->height[i] += wn_latency(inst) + (inst->pack ? GATHER : 0);
        if (l->height[i] > l->height[l->head[i]])
            l->height[l->head[i]] = l->height[i];
        for (unsigned a = 0; a < wn_op_operands((wn_op)inst->op); a++)
            if (l->height[i] > l->height[inst->arg[a]])
                l->height[inst->arg[a]] = l->height[i];
    }
}

static void find_readers(listing *l) {
    const wn_ir *ir = l->ir;
    for (uint32_t i = 0; i < ir->n_insts; i++)
        for (unsigned a = 0; a < wn_op_operands((wn_op)ir->inst[i].op); a++) {
            l->first[ir->inst[i].arg[a]]++;
            l->missing[l->head[i]]++;
        }
    for (uint32_t i = 0, sum = 0; i <= ir->n_insts; i++)
        l->first[i] = sum += l->first[i];
    for (uint32_t i = ir->n_insts; i-- > 0;)
        for (unsigned a = 0; a < wn_op_operands((wn_op)ir->inst[i].op); a++)
            l->reader[--l->first[ir->inst[i].arg[a]]] = i;
}

static wann_status allocate(listing *l, wann_diag *diag) {
    const size_t n = (size_t)l->ir->n_insts + 1;
    uint32_t **const arrays[] = {&l->height, &l->ready, &l->missing, &l->first, &l->head, &l->size, &l->order, &l->pack};
    bool ok = (l->reader = wn_calloc(3 * n, sizeof *l->reader)) != NULL;
    for (size_t a = 0; a < sizeof arrays / sizeof *arrays; a++)
        ok &= (*arrays[a] = wn_calloc(n, sizeof **arrays[a])) != NULL;
    ok &= (l->pending.key = wn_calloc(n, sizeof *l->pending.key)) != NULL;
    uint32_t members[KINDS] = {0};
    for (uint32_t i = 0; i < l->ir->n_insts; i++)
        members[queue_of(l, i)]++;
    for (size_t k = 0; k < KINDS; k++)
        ok &= members[k] == 0 || (l->waiting[k].key = wn_calloc(members[k], sizeof *l->waiting[k].key)) != NULL;
    return ok ? WANN_OK : wn_fail_memory(diag);
}

static void release(listing *l) {
    uint32_t *const arrays[] = {l->height, l->ready, l->missing, l->first, l->head, l->size, l->order, l->pack, l->reader};
    for (size_t a = 0; a < sizeof arrays / sizeof *arrays; a++)
        wn_free(arrays[a]);
    wn_free(l->pending.key);
    for (size_t k = 0; k < KINDS; k++)
        wn_free(l->waiting[k].key);
}

/* Outputs come last: they are stores, which emitters write after all values. */
static wann_status reorder(listing *l, wn_ir *result, wann_diag *diag) {
    WN_TRY(wn_ir_begin(result, l->ir, diag));
    uint32_t *moved = l->ready; /* of no more use */
    for (int outputs = 0; outputs < 2; outputs++)
        for (uint32_t k = 0; k < l->ir->n_insts; k++) {
            const uint32_t i = l->order[k];
            wn_inst inst = l->ir->inst[i];
            if ((inst.op == WN_OP_OUTPUT) != (outputs == 1))
                continue;
            inst.pack = l->pack[i];
            for (unsigned a = 0; a < wn_op_operands((wn_op)inst.op); a++)
                inst.arg[a] = moved[inst.arg[a]];
            moved[i] = wn_ir_append(result, inst); /* there is room */
        }
    return WANN_OK;
}

static wann_status schedule(listing *l, wn_ir *result, wann_diag *diag) {
    wn_time time;
    WN_TRY(wn_measure_time(l->ir, &time, diag));
    WN_TRY(allocate(l, diag));
    find_packs(l);
    find_heights(l);
    find_readers(l);
    for (uint32_t i = 0; i < l->ir->n_insts; i++)
        l->path = l->height[i] > l->path ? l->height[i] : l->path;
    l->end = l->path + l->path / STRETCH > time.work ? l->path + l->path / STRETCH : time.work;
    for (uint32_t i = 0; i < l->ir->n_insts; i++)
        if (l->head[i] == i && l->missing[i] == 0)
            push(&l->pending, key_of(0, i));
    run(l);
    return reorder(l, result, diag);
}

wann_status wn_list_schedule(wn_ir *ir, bool form, wann_diag *diag) {
    listing l = {.ir = ir, .form = form};
    wn_ir result = {0};
    const wann_status status = schedule(&l, &result, diag);
    if (status == WANN_OK)
        wn_ir_replace(ir, &result);
    wn_ir_free(&result);
    release(&l);
    return status;
}
