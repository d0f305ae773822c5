/* Threads that share out numbered pieces of work. */
#include "search/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"

/* One call of wn_pool_run. */
typedef struct batch {
    size_t items;
    wn_pool_work *work;
    void *context;
    const volatile sig_atomic_t *stop;
    atomic_size_t next; /* first piece that nobody has begun */
    atomic_bool failing;
    size_t failed_item; /* lowest piece that failed; guarded by the pool's lock */
    wann_status status;
    wann_diag diag;
} batch;

typedef struct helper {
    wn_pool *pool;
    size_t worker;
    pthread_t thread;
} helper;

struct wn_pool {
    size_t workers;
    helper *helpers; /* [workers - 1] */
    size_t started;
    pthread_mutex_t lock;
    pthread_cond_t wake; /* a batch is there, or the end */
    pthread_cond_t idle; /* a helper is done */
    unsigned long round; /* counts batches */
    size_t busy;         /* helpers that are not done with this round */
    bool ending;
    batch batch;
};

static void note_failure(wn_pool *pool, size_t item, wann_status status, const wann_diag *diag) {
    batch *b = &pool->batch;
    pthread_mutex_lock(&pool->lock);
    if (b->status == WANN_OK || item < b->failed_item) {
        b->status = status;
        b->failed_item = item;
        b->diag = *diag;
    }
    pthread_mutex_unlock(&pool->lock);
    atomic_store(&b->failing, true);
}

/* A signal handler runs in one thread, this in another. */
static bool is_stopped(const batch *b) {
    return b->stop && __atomic_load_n(b->stop, __ATOMIC_RELAXED) != 0;
}

static void work_through(wn_pool *pool, size_t worker) {
    batch *b = &pool->batch;
    while (!atomic_load(&b->failing) && !is_stopped(b)) {
        const size_t item = atomic_fetch_add(&b->next, 1);
        if (item >= b->items)
            return;
        wann_diag diag = {0};
        const wann_status status = b->work(b->context, worker, item, &diag);
        if (status != WANN_OK)
            note_failure(pool, item, status, &diag);
    }
}

static void *helper_main(void *argument) {
    const helper *h = argument;
    wn_pool *pool = h->pool;
    unsigned long seen = 0;
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (pool->round == seen && !pool->ending)
            pthread_cond_wait(&pool->wake, &pool->lock);
        if (pool->ending)
            break;
        seen = pool->round;
        pthread_mutex_unlock(&pool->lock);
        work_through(pool, h->worker);
        pthread_mutex_lock(&pool->lock);
        if (--pool->busy == 0)
            pthread_cond_signal(&pool->idle);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

/* Signals are for the thread that started the pool: helpers block them all. */
static bool start_helpers(wn_pool *pool) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool good = true;
    while (good && pool->started + 1 < pool->workers) {
        helper *h = &pool->helpers[pool->started];
        *h = (helper){.pool = pool, .worker = pool->started + 1};
        good = pthread_create(&h->thread, NULL, helper_main, h) == 0;
        pool->started += good;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return good;
}

wann_status wn_pool_create(size_t workers, wn_pool **out, wann_diag *diag) {
    *out = NULL;
    wn_pool *pool = wn_calloc(1, sizeof *pool);
    helper *helpers = wn_calloc(workers, sizeof *helpers);
    if (!pool || !helpers) {
        wn_free(pool);
        wn_free(helpers);
        return wn_fail_memory(diag);
    }
    pool->workers = workers;
    pool->helpers = helpers;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pthread_cond_init(&pool->idle, NULL);
    if (!start_helpers(pool)) {
        wn_pool_destroy(pool);
        return wn_fail(diag, WANN_NO_MEMORY, NULL, 0, 0, "cannot start %zu threads", workers);
    }
    *out = pool;
    return WANN_OK;
}

void wn_pool_destroy(wn_pool *pool) {
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->ending = true;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    for (size_t i = 0; i < pool->started; i++)
        pthread_join(pool->helpers[i].thread, NULL);
    pthread_mutex_destroy(&pool->lock);
    pthread_cond_destroy(&pool->wake);
    pthread_cond_destroy(&pool->idle);
    wn_free(pool->helpers);
    wn_free(pool);
}

size_t wn_pool_workers(const wn_pool *pool) {
    return pool->workers;
}

wann_status wn_pool_run(wn_pool *pool, size_t items, wn_pool_work *work, void *context,
                        const volatile sig_atomic_t *stop, int *done, wann_diag *diag) {
    batch *b = &pool->batch;
    b->items = items;
    b->work = work;
    b->context = context;
    b->stop = stop;
    b->status = WANN_OK;
    atomic_store(&b->next, 0);
    atomic_store(&b->failing, false);
    const bool alone = items < 2 || pool->workers < 2;
    if (!alone) {
        pthread_mutex_lock(&pool->lock);
        pool->round++;
        pool->busy = pool->workers - 1;
        pthread_cond_broadcast(&pool->wake);
        pthread_mutex_unlock(&pool->lock);
    }
    work_through(pool, 0);
    if (!alone) {
        pthread_mutex_lock(&pool->lock);
        while (pool->busy > 0)
            pthread_cond_wait(&pool->idle, &pool->lock);
        pthread_mutex_unlock(&pool->lock);
    }
    if (done)
        *done = atomic_load(&b->next) >= items;
    if (b->status != WANN_OK && diag)
        *diag = b->diag;
    return b->status;
}
