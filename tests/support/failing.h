/* An allocator for wann_set_allocator that fails when a test wants it to, and counts. */
#ifndef WN_TEST_FAILING_H
#define WN_TEST_FAILING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include "wann/status.h"

static struct {
    size_t left; /* allocations until the one that fails */
    size_t live; /* blocks that are not yet given back */
    bool failed; /* one has */
} test_memory;

static void *test_reallocate(void *ctx, void *p, size_t size) {
    (void)ctx;
    if (size == 0) {
        test_memory.live -= p != NULL;
        free(p);
        return NULL;
    }
    if (test_memory.left-- == 0) {
        test_memory.failed = true;
        return NULL;
    }
    test_memory.live += p == NULL;
    return realloc(p, size);
}

static const wann_allocator test_failing_allocator = {test_reallocate, NULL};

#endif
