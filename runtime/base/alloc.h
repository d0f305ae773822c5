/* The one door to the heap: whatever wann_set_allocator installed. */
#ifndef WN_ALLOC_H
#define WN_ALLOC_H

#include <stddef.h>

/* Like realloc and free of a replaceable allocator; NULL on failure, never for size 0 alone. */
void *wn_realloc(void *p, size_t size);
void *wn_alloc(size_t size);        /* not zeroed */
void *wn_calloc(size_t n, size_t size); /* zeroed; NULL if n * size overflows */
void wn_free(void *p);

/* True if n * size fits a size_t; *bytes gets it. */
int wn_mul_size(size_t n, size_t size, size_t *bytes);

#endif
