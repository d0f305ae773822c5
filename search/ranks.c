/* Handing out work to other processes, and doing what rank 0 hands out. */
#define _GNU_SOURCE
#include "search/ranks.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "search/transport.h"

static const wn_work_kind *const kinds[] = {&wn_work_evaluate};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

/* The first number of every message. */
enum { BEGIN, CHUNK, END, READY, ANSWER, GONE };

/* Chunks that a rank has at a time: while it does one the next is on its way. */
enum { DEPTH = 2 };

/* A chunk is done in about this time, so that ranks end together and a stop is soon seen. */
static const double CHUNK_SECONDS = 0.25;
/* How often to look whether all are alive, how long to wait for others at the end, and, at a rank
 * that was told to stop, for rank 0 to say so as well. */
static const double CHECK_SECONDS = 0.05, LEAVE_SECONDS = 10, STOP_SECONDS = 5;

/* A message on its way. */
typedef struct sending {
    struct sending *next;
    wn_buf bytes;
    wn_request request;
} sending;

struct wann_ranks {
    const wn_transport_type *type;
    void *self;
    uint32_t rank, n;
    sending *sending;
    uint32_t *waiting; /* [n] chunks that a rank has not answered */
    unsigned char *incoming;
    size_t room;    /* bytes of incoming */
    uint64_t round; /* counts calls of wn_ranks_run: answers to an earlier one are dropped */
    double seconds; /* that a piece takes, about; 0: not known yet */
    double checked; /* when all were last seen alive */
    const wn_work_kind *kind;
    wn_pool *pool;
    void *worker; /* of that kind */
    bool clean;   /* everybody has said that he leaves */
};

/* ---- messages ---- */

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static wann_status broken(const wann_ranks *r, const wn_transport_error *error, wann_diag *diag) {
    return wn_fail(diag, WANN_IO, NULL, 0, 0, "rank %u: %s", r->rank, error->text);
}

/* Forget what has been sent. */
static wann_status clear_sent(wann_ranks *r, wann_diag *diag) {
    for (sending **at = &r->sending; *at;) {
        sending *one = *at;
        wn_transport_error error = {{0}};
        int done = 0;
        if (r->type->sent(r->self, &one->request, &done, &error) != 0)
            return broken(r, &error, diag);
        if (!done) {
            at = &one->next;
            continue;
        }
        *at = one->next;
        wn_buf_free(&one->bytes);
        wn_free(one);
    }
    return WANN_OK;
}

/* Send a message; its bytes are taken over. */
static wann_status post(wann_ranks *r, uint32_t to, wn_buf *bytes, wann_diag *diag) {
    sending *one = wn_calloc(1, sizeof *one);
    wn_transport_error error = {{0}};
    if (!one || bytes->failed) {
        wn_free(one);
        wn_buf_free(bytes);
        return wn_fail_memory(diag);
    }
    one->bytes = *bytes;
    *bytes = (wn_buf){0};
    if (r->type->send(r->self, to, one->bytes.data, one->bytes.length, &one->request, &error) !=
        0) {
        wn_buf_free(&one->bytes);
        wn_free(one);
        return broken(r, &error, diag);
    }
    one->next = r->sending;
    r->sending = one;
    return WANN_OK;
}

/* The next message, if there is one: it stays until the next call. */
static wann_status next_message(wann_ranks *r, bool *there, uint32_t *from, wn_reader *message,
                                wann_diag *diag) {
    wn_transport_error error = {{0}};
    size_t size = 0;
    int some = 0;
    *there = false;
    WN_TRY(clear_sent(r, diag));
    if (r->type->next(r->self, from, &size, &some, &error) != 0)
        return broken(r, &error, diag);
    if (!some)
        return WANN_OK;
    if (size > r->room) {
        unsigned char *larger = wn_realloc(r->incoming, size + size / 2);
        if (!larger)
            return wn_fail_memory(diag);
        r->incoming = larger;
        r->room = size + size / 2;
    }
    if (r->type->receive(r->self, *from, r->incoming, size, &error) != 0)
        return broken(r, &error, diag);
    *message = (wn_reader){.data = r->incoming, .size = size};
    *there = *from < r->n;
    return WANN_OK;
}

/* Nothing has come: wait, ever longer. Spinning would take the processor from the threads of ranks
 * on the same machine. */
static void rest(unsigned *turns) {
    const struct timespec nap = {.tv_nsec = *turns < 2000 ? 50000 : 1000000};
    if (++*turns < 100)
        sched_yield();
    else
        nanosleep(&nap, NULL);
}

wann_status wn_ranks_check(wann_ranks *r, wann_diag *diag) {
    r->checked = now();
    for (uint32_t i = 0; i < r->n; i++)
        if (i != r->rank && r->type->dead(r->self, i))
            return wn_fail(diag, WANN_TOOL, NULL, 0, 0, "rank %u of %u has died", i, r->n);
    return WANN_OK;
}

static wann_status check_at_times(wann_ranks *r, wann_diag *diag) {
    return now() - r->checked < CHECK_SECONDS ? WANN_OK : wn_ranks_check(r, diag);
}

/* ---- rank 0 ---- */

/* A call of wn_ranks_run. */
typedef struct round {
    wann_ranks *ranks;
    const wn_work *work;
    const volatile sig_atomic_t *stop;
    size_t next;    /* the first piece that nobody has */
    uint32_t given; /* chunks handed out */
    size_t open;    /* chunks that others have and have not answered */
    bool stopped;   /* here, or at another rank */
    bool foreign;   /* at another */
    size_t failed;  /* the lowest piece that failed */
    wann_status status;
    wann_diag diag;
} round;

static void note_failure(round *r, size_t piece, wann_status status, const wann_diag *diag) {
    if (r->status != WANN_OK && piece >= r->failed)
        return;
    r->status = status;
    r->failed = piece;
    r->diag = *diag;
}

static bool over(const round *r) {
    return r->next == r->work->n || r->status != WANN_OK || r->stopped;
}

/* Large chunks first, as guided self-scheduling does (Polychronopoulos and Kuck 1987); none that
 * takes long. */
static size_t wanted_size(const round *r, size_t left) {
    const wann_ranks *ranks = r->ranks;
    const wn_work *work = r->work;
    if (work->even && r->given < ranks->n) {
        const size_t shares = ranks->n - r->given;
        return (left + shares - 1) / shares;
    }
    size_t size = left / (3 * (size_t)ranks->n);
    const double limit =
        ranks->seconds > 0 ? CHUNK_SECONDS / ranks->seconds : (double)work->n / (8.0 * ranks->n);
    if ((double)size > limit)
        size = (size_t)limit;
    return size < work->least ? work->least : size;
}

static size_t chunk_size(const round *r) {
    const size_t left = r->work->n - r->next, row = r->work->row, into = r->next % row;
    size_t size = wanted_size(r, left);
    if (size >= row && into == 0)
        size -= size % row;
    else if (size > row - into)
        size = row - into;
    return size < 1 ? 1 : size > left ? left : size;
}

/* Timing decides on the size of chunks alone. */
static void learn(wann_ranks *r, size_t pieces, double seconds) {
    const double each = seconds / (double)pieces;
    r->seconds = r->seconds > 0 ? 0.8 * r->seconds + 0.2 * each : each;
}

static wann_status hand_out(round *r, uint32_t to, wann_diag *diag) {
    const size_t size = chunk_size(r);
    wn_buf message = {0};
    wn_put_number(&message, CHUNK);
    wn_put_number(&message, r->ranks->round);
    wn_put_number(&message, r->next);
    wn_put_number(&message, size);
    r->work->put(r->work->context, r->next, size, &message);
    WN_TRY(post(r->ranks, to, &message, diag));
    r->ranks->waiting[to]++;
    r->next += size;
    r->given++;
    r->open++;
    return WANN_OK;
}

static wann_status feed(round *r, wann_diag *diag) {
    for (uint32_t depth = 1; depth <= DEPTH; depth++)
        for (uint32_t to = 1; to < r->ranks->n && !over(r); to++)
            if (r->ranks->waiting[to] < depth && !(r->work->even && depth > 1))
                WN_TRY(hand_out(r, to, diag));
    return WANN_OK;
}

static void do_here(round *r) {
    const size_t first = r->next, size = chunk_size(r);
    const double begun = now();
    wann_diag diag = {0};
    int done = 1;
    r->next += size;
    r->given++;
    const wann_status status = r->work->here(r->work->context, first, size, r->stop, &done, &diag);
    if (status != WANN_OK)
        note_failure(r, first, status, &diag);
    learn(r->ranks, size, now() - begun);
    r->stopped |= !done;
}

/* ANSWER round first count seconds outcome, and then a failure or what the work has given. */
enum { DONE, FAILED, STOPPED };

static void take_answer(round *r, uint32_t from, wn_reader *in) {
    wann_diag diag = {0};
    const uint64_t number = wn_get_number(in);
    const size_t first = wn_get_number(in), size = wn_get_number(in);
    const double seconds = wn_get_double(in);
    const uint64_t outcome = wn_get_number(in);
    if (r->ranks->waiting[from] > 0)
        r->ranks->waiting[from]--;
    if (number != r->ranks->round)
        return;
    r->open--;
    wann_status status = WANN_OK;
    if (in->bad || size == 0 || first >= r->work->n || size > r->work->n - first)
        status =
            wn_fail(&diag, WANN_INTERNAL, NULL, 0, 0, "an answer of rank %u makes no sense", from);
    else if (outcome == FAILED)
        status = wn_get_failure(in, &diag);
    else if (outcome == DONE)
        status = r->work->take(r->work->context, first, size, in, &diag);
    else
        r->stopped = r->foreign = true;
    if (status != WANN_OK)
        note_failure(r, first, status, &diag);
    else if (outcome == DONE)
        learn(r->ranks, size, seconds);
}

static wann_status take_all(round *r, bool *any, wann_diag *diag) {
    for (bool there = true; there;) {
        uint32_t from;
        wn_reader message;
        WN_TRY(next_message(r->ranks, &there, &from, &message, diag));
        *any |= there;
        if (there && wn_get_number(&message) == ANSWER)
            take_answer(r, from, &message);
    }
    return WANN_OK;
}

static wann_status go_round(round *r, wann_diag *diag) {
    unsigned turns = 0;
    for (;;) {
        bool any = false;
        WN_TRY(take_all(r, &any, diag));
        r->stopped |= r->stop && *r->stop;
        if (r->stopped || (r->open == 0 && over(r)))
            return WANN_OK;
        WN_TRY(feed(r, diag));
        if (!over(r)) {
            do_here(r);
            any = true;
        }
        WN_TRY(check_at_times(r->ranks, diag));
        if (any)
            turns = 0;
        else
            rest(&turns);
    }
}

wann_status wn_ranks_run(wann_ranks *ranks, const wn_work *work, const volatile sig_atomic_t *stop,
                         int *done, wann_diag *diag) {
    round r = {.ranks = ranks, .work = work, .stop = stop};
    *done = 0;
    ranks->round++;
    WN_TRY(go_round(&r, diag));
    /* mpirun tells everybody to stop when one has died, and users when they have had enough. */
    for (unsigned turns = 0; r.foreign && !(stop && *stop) && turns < 1000; rest(&turns))
        continue;
    if (r.stopped)
        WN_TRY(wn_ranks_check(ranks, diag));
    if (r.status != WANN_OK) {
        if (diag)
            *diag = r.diag;
        return r.status;
    }
    if (r.foreign && !(stop && *stop))
        return wn_fail(diag, WANN_TOOL, NULL, 0, 0, "another rank was told to stop");
    *done = !r.stopped;
    return WANN_OK;
}

/* One rank's answer to BEGIN. */
static wann_status await_ready(wann_ranks *r, uint32_t *left, wann_diag *diag) {
    unsigned turns = 0;
    for (bool there = false; !there; rest(&turns)) {
        uint32_t from;
        wn_reader message;
        WN_TRY(next_message(r, &there, &from, &message, diag));
        WN_TRY(check_at_times(r, diag));
        const uint64_t what = there ? wn_get_number(&message) : GONE;
        if (what == ANSWER && r->waiting[from] > 0)
            r->waiting[from]--;
        there = what == READY;
        if (!there)
            continue;
        --*left;
        if (wn_get_number(&message) == FAILED)
            return wn_get_failure(&message, diag);
    }
    return WANN_OK;
}

wann_status wn_ranks_begin(wann_ranks *ranks, const wn_work_kind *kind, size_t threads,
                           const wn_buf *setup, wann_diag *diag) {
    ranks->seconds = 0;
    for (uint32_t to = 1; to < ranks->n; to++) {
        wn_buf message = {0};
        wn_put_number(&message, BEGIN);
        wn_put_text(&message, wann_version());
        wn_put_text(&message, kind->name);
        wn_put_number(&message, threads);
        wn_buf_bytes(&message, setup->data, setup->length);
        WN_TRY(post(ranks, to, &message, diag));
    }
    for (uint32_t left = ranks->n - 1; left > 0;)
        WN_TRY(await_ready(ranks, &left, diag));
    return WANN_OK;
}

/* ---- the others ---- */

static void drop_work(wann_ranks *r) {
    if (r->worker)
        r->kind->close(r->worker);
    wn_pool_destroy(r->pool);
    r->worker = NULL;
    r->pool = NULL;
    r->kind = NULL;
}

static const wn_work_kind *find_kind(const char *name) {
    for (size_t i = 0; i < N_KINDS; i++)
        if (strcmp(kinds[i]->name, name) == 0)
            return kinds[i];
    return NULL;
}

static wann_status get_ready(wann_ranks *r, wn_reader *in, wann_diag *diag) {
    drop_work(r);
    const char *version = wn_get_text(in);
    if (in->bad || strcmp(version, wann_version()) != 0)
        return wn_fail(diag, WANN_UNSUPPORTED, NULL, 0, 0, "rank %u has version %s, rank 0 another",
                       r->rank, wann_version());
    const wn_work_kind *kind = find_kind(wn_get_text(in));
    const uint64_t threads = wn_get_number(in);
    if (in->bad || !kind || threads == 0)
        return wn_fail(diag, WANN_INTERNAL, NULL, 0, 0, "rank %u does not know such work", r->rank);
    WN_TRY(wn_pool_create(threads, &r->pool, diag));
    r->kind = kind;
    return kind->open(in, r->pool, &r->worker, diag);
}

static wann_status begin(wann_ranks *r, wn_reader *in, wann_diag *diag) {
    wann_diag why = {0};
    wn_buf answer = {0};
    const wann_status status = get_ready(r, in, &why);
    wn_put_number(&answer, READY);
    wn_put_number(&answer, status == WANN_OK ? DONE : FAILED);
    if (status != WANN_OK)
        wn_put_failure(&answer, status, &why);
    return post(r, 0, &answer, diag);
}

static wann_status do_chunk(wann_ranks *r, wn_reader *in, const volatile sig_atomic_t *stop,
                            wann_diag *diag) {
    const double begun = now();
    const uint64_t number = wn_get_number(in), first = wn_get_number(in), size = wn_get_number(in);
    wann_diag why = {0};
    wn_buf result = {0}, answer = {0};
    int done = 0;
    wann_status status = r->worker && !in->bad
                             ? r->kind->work(r->worker, in, &result, stop, &done, &why)
                             : wn_fail(&why, WANN_INTERNAL, NULL, 0, 0,
                                       "rank %u got work that it is not ready for", r->rank);
    if (status == WANN_OK && result.failed)
        status = wn_fail_memory(&why);
    wn_put_number(&answer, ANSWER);
    wn_put_number(&answer, number);
    wn_put_number(&answer, first);
    wn_put_number(&answer, size);
    wn_put_double(&answer, now() - begun);
    wn_put_number(&answer, status != WANN_OK ? FAILED : done ? DONE : STOPPED);
    if (status != WANN_OK)
        wn_put_failure(&answer, status, &why);
    else if (done)
        wn_buf_bytes(&answer, result.data, result.length);
    wn_buf_free(&result);
    return post(r, 0, &answer, diag);
}

static wann_status say_goodbye(wann_ranks *r, wann_diag *diag) {
    wn_buf message = {0};
    wn_put_number(&message, GONE);
    WN_TRY(post(r, 0, &message, diag));
    const double begun = now();
    for (unsigned turns = 0; r->sending && now() - begun < LEAVE_SECONDS; rest(&turns))
        WN_TRY(clear_sent(r, diag));
    r->clean = !r->sending;
    return WANN_OK;
}

wann_status wann_ranks_serve(wann_ranks *r, const volatile sig_atomic_t *stop, wann_diag *diag) {
    double told = 0; /* when we were told to stop */
    unsigned turns = 0;
    for (;;) {
        bool there;
        uint32_t from;
        wn_reader message;
        WN_TRY(next_message(r, &there, &from, &message, diag));
        const uint64_t what = there && from == 0 ? wn_get_number(&message) : GONE;
        if (what == END)
            return say_goodbye(r, diag);
        if (what == BEGIN)
            WN_TRY(begin(r, &message, diag));
        if (what == CHUNK)
            WN_TRY(do_chunk(r, &message, stop, diag));
        if (there) {
            turns = 0;
            continue;
        }
        if (r->type->dead(r->self, 0))
            return wn_fail(diag, WANN_TOOL, NULL, 0, 0, "rank 0 has died");
        if (stop && *stop && told <= 0)
            told = now();
        if (told > 0 && now() - told > STOP_SECONDS)
            return wn_fail(diag, WANN_TOOL, NULL, 0, 0, "told to stop, but rank 0 was not");
        rest(&turns);
    }
}

/* ---- coming and going ---- */

wann_status wn_ranks_join_by(const wn_transport_type *type, wann_ranks **ranks, wann_diag *diag) {
    wn_transport_error error = {{0}};
    *ranks = NULL;
    wann_ranks *r = wn_calloc(1, sizeof *r);
    if (!r)
        return wn_fail_memory(diag);
    r->type = type;
    if (type->join(&r->self, &r->rank, &r->n, &error) != 0) {
        wn_free(r);
        return wn_fail(diag, WANN_TOOL, NULL, 0, 0, "%s", error.text);
    }
    r->clean = r->n < 2;
    r->waiting = wn_calloc(r->n, sizeof *r->waiting);
    if (!r->waiting) {
        wann_ranks_leave(r);
        return wn_fail_memory(diag);
    }
    *ranks = r;
    return WANN_OK;
}

uint32_t wann_ranks_rank(const wann_ranks *ranks) {
    return ranks ? ranks->rank : 0;
}

uint32_t wann_ranks_count(const wann_ranks *ranks) {
    return ranks ? ranks->n : 1;
}

/* Tell the others that it is over, and wait until they have heard it: what they still answer is
 * taken and dropped. */
static bool dismiss(wann_ranks *r) {
    uint32_t left = r->n - 1;
    unsigned turns = 0;
    const double begun = now();
    for (uint32_t to = 1; to < r->n; to++) {
        wn_buf message = {0};
        wn_put_number(&message, END);
        if (post(r, to, &message, NULL) != WANN_OK)
            return false;
    }
    while (left > 0 && now() - begun < LEAVE_SECONDS && wn_ranks_check(r, NULL) == WANN_OK) {
        bool there;
        uint32_t from;
        wn_reader message;
        if (next_message(r, &there, &from, &message, NULL) != WANN_OK)
            return false;
        if (there && wn_get_number(&message) == GONE)
            left--;
        if (!there)
            rest(&turns);
    }
    return left == 0;
}

void wann_ranks_leave(wann_ranks *r) {
    if (!r)
        return;
    if (r->rank == 0 && r->n > 1 && r->waiting)
        r->clean = dismiss(r);
    drop_work(r);
    r->type->leave(r->self, r->clean);
    for (sending *one = r->sending, *after; one; one = after) {
        after = one->next;
        wn_buf_free(&one->bytes);
        wn_free(one);
    }
    wn_free(r->waiting);
    wn_free(r->incoming);
    wn_free(r);
}
