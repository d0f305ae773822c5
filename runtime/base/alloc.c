/* The replaceable allocator. */
#include "runtime/base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wann/status.h"

static void *default_reallocate(void *ctx, void *p, size_t new_size) {
    (void)ctx;
    if (new_size == 0) {
        free(p);
        return NULL;
    }
    return realloc(p, new_size);
}

static wann_allocator allocator = {default_reallocate, NULL};

void wann_set_allocator(const wann_allocator *replacement) {
    allocator = replacement ? *replacement : (wann_allocator){default_reallocate, NULL};
}

void wann_free(void *p) {
    wn_free(p);
}

void *wn_realloc(void *p, size_t size) {
    return allocator.reallocate(allocator.ctx, p, size ? size : 1);
}

void *wn_alloc(size_t size) {
    return wn_realloc(NULL, size);
}

int wn_mul_size(size_t n, size_t size, size_t *bytes) {
    if (size != 0 && n > SIZE_MAX / size)
        return 0;
    *bytes = n * size;
    return 1;
}

void *wn_calloc(size_t n, size_t size) {
    size_t bytes;
    if (!wn_mul_size(n, size, &bytes))
        return NULL;
    void *p = wn_alloc(bytes);
    if (p)
        memset(p, 0, bytes);
    return p;
}

void wn_free(void *p) {
    if (p)
        (void)allocator.reallocate(allocator.ctx, p, 0);
}
