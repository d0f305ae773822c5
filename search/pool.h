/* Threads that share out numbered pieces of work. */
#ifndef WN_POOL_H
#define WN_POOL_H

#include <signal.h>
#include <stddef.h>

#include "wann/status.h"

typedef struct wn_pool wn_pool;

/* workers: threads, the calling one included; at least 1. */
wann_status wn_pool_create(size_t workers, wn_pool **pool, wann_diag *diag);
void wn_pool_destroy(wn_pool *pool); /* NULL is allowed */
size_t wn_pool_workers(const wn_pool *pool);

/* One piece of work. worker < wn_pool_workers(): no two run at the same time with the same one, so
 * that each worker can have scratch of its own. Results must not depend on it. */
typedef wann_status wn_pool_work(void *context, size_t worker, size_t item, wann_diag *diag);

/* Do the pieces 0 .. items - 1, each once; they are begun in ascending order. After a failure no
 * more are begun, and the failure of the lowest piece is answered, so that the answer does not
 * depend on timing. Once *stop (may be NULL) is not 0, no more are begun either: *done, if not
 * NULL, tells whether all were. Not to be called from within a piece. */
wann_status wn_pool_run(wn_pool *pool, size_t items, wn_pool_work *work, void *context,
                        const volatile sig_atomic_t *stop, int *done, wann_diag *diag);

#endif
