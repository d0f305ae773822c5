/* Work shared out among processes: rank 0 hands out pieces, the others do them and answer.
 *
 * What the pieces are nobody here knows: bytes to the one side, bytes back. A kind of work is a row
 * of the table in ranks.c (how another rank does a piece) and a wn_work (how rank 0 writes a piece
 * down, takes an answer, and does pieces itself meanwhile). */
#ifndef WN_RANKS_H
#define WN_RANKS_H

#include <signal.h>

#include "search/message.h"
#include "search/pool.h"
#include "wann/search.h"

/* How ranks other than 0 do one kind of work. */
typedef struct wn_work_kind {
    const char *name;
    /* Get ready: `setup` is what rank 0 gave wn_ranks_begin. The pool outlives *self. */
    wann_status (*open)(wn_reader *setup, wn_pool *pool, void **self, wann_diag *diag);
    void (*close)(void *self);
    /* Do the pieces of one message, write the answer. *done: 0 if *stop cut it short. */
    wann_status (*work)(void *self, wn_reader *pieces, wn_buf *answer,
                        const volatile sig_atomic_t *stop, int *done, wann_diag *diag);
} wn_work_kind;

extern const wn_work_kind wn_work_evaluate; /* evaluate_ranks.c: networks to be scored */

/* Pieces 0 .. n - 1, as rank 0 has them. A chunk is pieces first .. first + count - 1. What a piece
 * gives must not depend on the chunk that it is in: chunks depend on timing. */
typedef struct wn_work {
    size_t n;
    size_t row; /* pieces that make a row: a chunk is whole rows, or lies within one; at least 1 */
    size_t least; /* pieces that keep a rank's threads busy */
    bool even;    /* every rank gets one chunk: where a chunk costs something by itself */
    void *context;
    void (*put)(void *context, size_t first, size_t count, wn_buf *out);
    wann_status (*take)(void *context, size_t first, size_t count, wn_reader *answer,
                        wann_diag *diag);
    /* Do a chunk here. */
    wann_status (*here)(void *context, size_t first, size_t count,
                        const volatile sig_atomic_t *stop, int *done, wann_diag *diag);
} wn_work;

/* At rank 0: all others get ready for a kind of work with so many threads each. setup is written in
 * the caller's buffer. Fails where one of them does, with its reason. */
wann_status wn_ranks_begin(wann_ranks *ranks, const wn_work_kind *kind, size_t threads,
                           const wn_buf *setup, wann_diag *diag);

/* At rank 0: have the work done by everybody. Chunks are handed out in ascending order as ranks
 * come free; after a failure no more are, and that of the lowest piece is answered, so that the
 * answer does not depend on timing. *done: 0 if *stop cut it short, or that of another rank. A rank
 * that has died is a failure (WANN_TOOL). */
wann_status wn_ranks_run(wann_ranks *ranks, const wn_work *work, const volatile sig_atomic_t *stop,
                         int *done, wann_diag *diag);

/* Whether all ranks live, as far as is known: where a signal has come because one has died, it is
 * that which is to be reported. */
wann_status wn_ranks_check(wann_ranks *ranks, wann_diag *diag);

#endif
