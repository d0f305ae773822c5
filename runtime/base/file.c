/* Whole files: read them, replace them so that nobody ever sees half of one. */
#define _GNU_SOURCE
#include "runtime/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/alloc.h"
#include "runtime/base/diag.h"
#include "runtime/base/text.h"

static const size_t LARGEST_FILE = (size_t)1 << 30;

static wann_status read_all(int fd, const char *path, wn_buf *buf, wann_diag *diag) {
    char chunk[65536];
    for (;;) {
        const ssize_t n = read(fd, chunk, sizeof chunk);
        if (n == 0)
            return WANN_OK;
        if (n < 0) {
            if (errno == EINTR)
                continue;
            return wn_fail_errno(diag, path, "read");
        }
        if (buf->length + (size_t)n > LARGEST_FILE)
            return wn_fail(diag, WANN_INPUT, path, 0, 0, "the file is larger than 1 GiB");
        wn_buf_bytes(buf, chunk, (size_t)n);
        if (buf->failed)
            return wn_fail_memory(diag);
    }
}

wann_status wn_file_read(const char *path, char **data, size_t *size, wann_diag *diag) {
    *data = NULL;
    *size = 0;
    const bool standard = strcmp(path, "-") == 0;
    const int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return wn_fail_errno(diag, path, "open");
    wn_buf buf = {0};
    const wann_status status = read_all(fd, standard ? "<stdin>" : path, &buf, diag);
    if (!standard)
        close(fd);
    if (status != WANN_OK) {
        wn_buf_free(&buf);
        return status;
    }
    *size = buf.length;
    *data = wn_buf_take(&buf);
    return *data ? WANN_OK : wn_fail_memory(diag);
}

static wann_status write_all(int fd, const char *path, const char *data, size_t size,
                             wann_diag *diag) {
    while (size > 0) {
        const ssize_t n = write(fd, data, size);
        if (n < 0) {
            if (errno == EINTR)
                continue;
            return wn_fail_errno(diag, path, "write");
        }
        data += n;
        size -= (size_t)n;
    }
    return WANN_OK;
}

static wann_status write_directly(const char *path, const void *data, size_t size,
                                  wann_diag *diag) {
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return wn_fail_errno(diag, path, "open");
    wann_status status = write_all(fd, path, data, size, diag);
    if (close(fd) != 0 && status == WANN_OK)
        status = wn_fail_errno(diag, path, "write");
    return status;
}

/* As wn_file_temporary, with the file left open. Its name is given for messages only as path. */
static wann_status open_temporary(const char *path, char **temporary, int *fd, wann_diag *diag) {
    wn_buf name = {0};
    wn_buf_text(&name, path);
    wn_buf_text(&name, ".XXXXXX");
    *temporary = wn_buf_take(&name);
    if (!*temporary)
        return wn_fail_memory(diag);
    *fd = mkostemp(*temporary, O_CLOEXEC);
    if (*fd >= 0)
        return WANN_OK;
    const wann_status status = wn_fail_errno(diag, path, "create");
    wn_free(*temporary);
    *temporary = NULL;
    return status;
}

wann_status wn_file_temporary(const char *path, char **temporary, wann_diag *diag) {
    int fd = -1;
    WN_TRY(open_temporary(path, temporary, &fd, diag));
    close(fd);
    return WANN_OK;
}

/* The process's umask, read without changing it for other threads: Linux tells it in /proc. */
static mode_t current_umask(void) {
    char *status = NULL;
    size_t size;
    mode_t mask = 022;
    if (wn_file_read("/proc/self/status", &status, &size, NULL) == WANN_OK) {
        const char *line = strstr(status, "\nUmask:");
        if (line)
            mask = (mode_t)strtoul(line + strlen("\nUmask:"), NULL, 8);
    }
    wn_free(status);
    return mask;
}

wann_status wn_file_commit(const char *temporary, const char *path, unsigned mode,
                           wann_diag *diag) {
    if (chmod(temporary, (mode_t)mode & ~current_umask()) != 0)
        return wn_fail_errno(diag, path, "set the permissions of");
    if (rename(temporary, path) != 0)
        return wn_fail_errno(diag, path, "replace");
    return WANN_OK;
}

static wann_status fill_and_rename(int fd, const char *temporary, const char *path,
                                   const void *data, size_t size, unsigned mode, wann_diag *diag) {
    wann_status status = write_all(fd, path, data, size, diag);
    if (status == WANN_OK && fsync(fd) != 0)
        status = wn_fail_errno(diag, path, "write");
    if (close(fd) != 0 && status == WANN_OK)
        status = wn_fail_errno(diag, path, "write");
    return status == WANN_OK ? wn_file_commit(temporary, path, mode, diag) : status;
}

wann_status wn_file_write(const char *path, const void *data, size_t size, unsigned mode,
                          wann_diag *diag) {
    struct stat there;
    if (stat(path, &there) == 0 && !S_ISREG(there.st_mode)) {
        if (S_ISDIR(there.st_mode)) {
            errno = EISDIR;
            return wn_fail_errno(diag, path, "write");
        }
        return write_directly(path, data, size, diag);
    }
    char *temporary;
    int fd = -1;
    WN_TRY(open_temporary(path, &temporary, &fd, diag));
    const wann_status status = fill_and_rename(fd, temporary, path, data, size, mode, diag);
    if (status != WANN_OK)
        unlink(temporary);
    wn_free(temporary);
    return status;
}
