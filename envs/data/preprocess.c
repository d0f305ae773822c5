/* All digits of MNIST, straightened by several threads. */
#include <pthread.h>
#include <unistd.h>

#include "envs/data/data.h"

enum { RAW = WN_MNIST_RAW, PIXELS = WN_MNIST_SMALL * WN_MNIST_SMALL, MOST_THREADS = 64 };

typedef struct share {
    const unsigned char *image;
    double *out;
    size_t n;
    pthread_t thread;
    bool started;
} share;

static void *preprocess_share(void *p) {
    const share *part = p;
    for (size_t i = 0; i < part->n; i++)
        wn_mnist_straighten(part->image + i * RAW * RAW, part->out + i * PIXELS);
    return NULL;
}

static size_t cores(void) {
    const long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (size_t)n : 1;
}

void wn_mnist_preprocess(const unsigned char *image, size_t n, double *out, size_t threads) {
    enum { WORTH_A_THREAD = 500 };
    share part[MOST_THREADS];
    if (threads == 0)
        threads = cores();
    if (threads > n / WORTH_A_THREAD + 1)
        threads = n / WORTH_A_THREAD + 1;
    if (threads > MOST_THREADS)
        threads = MOST_THREADS;
    for (size_t t = 0; t < threads; t++) {
        const size_t from = n * t / threads, to = n * (t + 1) / threads;
        part[t] = (share){image + from * RAW * RAW, out + from * PIXELS, to - from, 0, false};
        part[t].started =
            t > 0 && pthread_create(&part[t].thread, NULL, preprocess_share, &part[t]) == 0;
    }
    for (size_t t = 0; t < threads; t++)
        if (!part[t].started)
            preprocess_share(&part[t]);
    for (size_t t = 1; t < threads; t++)
        if (part[t].started)
            pthread_join(part[t].thread, NULL);
}
