/* Arenas: memory that is given back all at once. One per network, one per compilation. */
#ifndef WN_ARENA_H
#define WN_ARENA_H

#include <stddef.h>

typedef struct wn_block wn_block;

typedef struct wn_arena {
    wn_block *head; /* the block in use; older ones behind it */
} wn_arena;

/* An arena starts as {0}. Memory is zeroed and aligned for any type; NULL if there is none. */
void *wn_arena_alloc(wn_arena *arena, size_t n, size_t size);
#define WN_NEW(arena, type, n) ((type *)wn_arena_alloc((arena), (n), sizeof(type)))

/* A terminated copy of length bytes of text. */
char *wn_arena_copy(wn_arena *arena, const char *text, size_t length);

/* Give everything back; the arena may be used again. */
void wn_arena_free(wn_arena *arena);

#endif
