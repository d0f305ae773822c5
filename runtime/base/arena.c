/* Arenas of growing blocks. */
#include "runtime/base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>

#include "runtime/base/alloc.h"

enum { FIRST_BLOCK = 4096, ALIGNMENT = alignof(max_align_t) };

struct wn_block {
    wn_block *older;
    size_t used;
    size_t size;
    alignas(max_align_t) unsigned char data[];
};

static wn_block *add_block(wn_arena *arena, size_t bytes) {
    size_t size = arena->head ? arena->head->size * 2 : FIRST_BLOCK;
    if (size < bytes)
        size = bytes;
    if (size > SIZE_MAX - sizeof(wn_block))
        return NULL;
    wn_block *block = wn_alloc(sizeof(wn_block) + size);
    if (!block)
        return NULL;
    block->older = arena->head;
    block->used = 0;
    block->size = size;
    arena->head = block;
    return block;
}

void *wn_arena_alloc(wn_arena *arena, size_t n, size_t size) {
    size_t bytes;
    if (!wn_mul_size(n, size, &bytes) || bytes > SIZE_MAX - ALIGNMENT)
        return NULL;
    bytes = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (bytes == 0)
        bytes = ALIGNMENT;
    wn_block *block = arena->head;
    if (!block || block->size - block->used < bytes) {
        block = add_block(arena, bytes);
        if (!block)
            return NULL;
    }
    void *p = block->data + block->used;
    block->used += bytes;
    return memset(p, 0, bytes);
}

char *wn_arena_copy(wn_arena *arena, const char *text, size_t length) {
    if (length == SIZE_MAX)
        return NULL;
    char *copy = wn_arena_alloc(arena, length + 1, 1);
    if (copy)
        memcpy(copy, text, length);
    return copy;
}

void wn_arena_free(wn_arena *arena) {
    for (wn_block *block = arena->head; block;) {
        wn_block *older = block->older;
        wn_free(block);
        block = older;
    }
    arena->head = NULL;
}
