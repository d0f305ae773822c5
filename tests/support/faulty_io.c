/* Preloaded into a program: read and write do what they may do but seldom do. Each third call is
 * interrupted (EINTR), the others move a few bytes only. FAULTY_IO_ROOM=N: there is
 * no space left for a file of N bytes or more. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_uint calls;

/* Whether this call is to be interrupted; else *size is cut down. Files alone: a pipe's reader
 * decides how much it takes. */
static int disturb(int fd, size_t *size) {
    struct stat file;
    if (fstat(fd, &file) != 0 || !S_ISREG(file.st_mode))
        return 0;
    const unsigned call = atomic_fetch_add(&calls, 1);
    if (call % 3 == 0)
        return 1;
    const size_t most = 1 + 61 * (call % 7);
    *size = *size < most ? *size : most;
    return 0;
}

ssize_t read(int fd, void *bytes, size_t size) {
    ssize_t (*real)(int, void *, size_t);
    *(void **)&real = dlsym(RTLD_NEXT, "read");
    if (disturb(fd, &size)) {
        errno = EINTR;
        return -1;
    }
    return real(fd, bytes, size);
}

ssize_t write(int fd, const void *bytes, size_t size) {
    ssize_t (*real)(int, const void *, size_t);
    *(void **)&real = dlsym(RTLD_NEXT, "write");
    if (disturb(fd, &size)) {
        errno = EINTR;
        return -1;
    }
    const char *limit = getenv("FAULTY_IO_ROOM"); /* bytes of a file; then the disk is full */
    struct stat file;
    if (limit && fstat(fd, &file) == 0 && S_ISREG(file.st_mode) &&
        (unsigned long)file.st_size >= strtoul(limit, NULL, 10)) {
        errno = ENOSPC;
        return -1;
    }
    return real(fd, bytes, size);
}
