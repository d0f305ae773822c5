/* What every call of the library answers, and where it puts the reason.
 *
 * The library never prints, exits or aborts. A call that can fail returns a wann_status and takes a
 * wann_diag as its last parameter: memory of the caller's, which may be NULL. It is written only
 * when the call fails. */
#ifndef WANN_STATUS_H
#define WANN_STATUS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#define WANN_API
#else
#define WANN_API __attribute__((visibility("default")))
#endif

#define WANN_VERSION_STRING "0.1.0"

/* X(NAME, what it means in one phrase) */
#define WANN_STATUS_LIST(X)                                                                        \
    X(OK, "success")                                                                               \
    X(INPUT, "bad input")                                                                          \
    X(IO, "a file could not be read or written")                                                   \
    X(NO_MEMORY, "out of memory")                                                                  \
    X(ARGUMENT, "bad argument")                                                                    \
    X(UNSUPPORTED, "not supported by this build")                                                  \
    X(TOOL, "an external program failed")                                                          \
    X(MISMATCH, "results differ by more than was promised")                                        \
    X(INTERNAL, "internal error")

typedef enum wann_status {
#define WANN_STATUS_ENUM(name, text) WANN_##name,
    WANN_STATUS_LIST(WANN_STATUS_ENUM)
#undef WANN_STATUS_ENUM
} wann_status;

/* Where something went wrong and what. line and column count from 1; 0 means unknown. The strings
 * are always terminated; text is a single line of printable UTF-8. */
typedef struct wann_diag {
    wann_status status;
    int line;
    int column;
    char path[512];
    char text[1024];
} wann_diag;

/* The phrase of a status; never NULL. */
WANN_API const char *wann_status_text(wann_status status);

/* The version of the library that is linked, e.g. "0.1.0". */
WANN_API const char *wann_version(void);

/* All memory of the library comes from one function in the manner of realloc: p == NULL allocates,
 * new_size == 0 frees (and returns NULL). ctx is passed on. */
typedef struct wann_allocator {
    void *(*reallocate)(void *ctx, void *p, size_t new_size);
    void *ctx;
} wann_allocator;

/* Replace the allocator of the whole process (NULL: back to realloc and free). Call it before
 * anything else of the library, or while the library owns no memory; not thread-safe. */
WANN_API void wann_set_allocator(const wann_allocator *allocator);

/* Give back memory that a call of the library handed over, where its description says so. */
WANN_API void wann_free(void *p);

#ifdef __cplusplus
}
#endif
#endif
