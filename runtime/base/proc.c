/* Run another program: no shell, words as they are. */
#define _GNU_SOURCE
#include "runtime/base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/base/diag.h"
#include "runtime/base/text.h"

extern char **environ;

typedef struct pipes {
    int in[2], out[2], err[2]; /* [0] read end, [1] write end; -1: closed */
} pipes;

static void close_end(int *fd) {
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void close_pipes(pipes *p) {
    for (int i = 0; i < 2; i++) {
        close_end(&p->in[i]);
        close_end(&p->out[i]);
        close_end(&p->err[i]);
    }
}

static int open_pipes(pipes *p) {
    memset(p, -1, sizeof *p);
    /* A socket for its input: MSG_NOSIGNAL lets a child that does not read be an error, not a SIGPIPE. */
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, p->in) == 0 &&
           pipe2(p->out, O_CLOEXEC) == 0 && pipe2(p->err, O_CLOEXEC) == 0;
}

static int spawn(pid_t *pid, const char *const *argv, const pipes *p) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t defaults;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&actions, p->in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, p->out[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, p->err[1], STDERR_FILENO);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    const int error =
        posix_spawnp(pid, argv[0], &actions, &attributes, (char *const *)argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* Take what is there; close the pipe at its end. */
static void drain(int *fd, wn_buf *buf) {
    char chunk[4096];
    const ssize_t n = read(*fd, chunk, sizeof chunk);
    if (n > 0)
        wn_buf_bytes(buf, chunk, (size_t)n);
    else if (n == 0 || (errno != EINTR && errno != EAGAIN))
        close_end(fd);
}

static void feed(int *fd, const char **input, size_t *left) {
    const ssize_t n = send(*fd, *input, *left, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) {
        *input += n;
        *left -= (size_t)n;
    }
    if (*left == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
        close_end(fd);
}

/* Pass data both ways until the child has closed its ends. */
static void converse(pipes *p, const char *input, wn_buf *output, wn_buf *errors) {
    size_t left = input ? strlen(input) : 0;
    if (left == 0)
        close_end(&p->in[1]);
    while (p->out[0] >= 0 || p->err[0] >= 0) {
        struct pollfd fds[3] = {{p->out[0], POLLIN, 0}, {p->err[0], POLLIN, 0}, {p->in[1], POLLOUT, 0}};
        if (poll(fds, 3, -1) < 0)
            continue; /* EINTR */
        if (fds[0].revents)
            drain(&p->out[0], output);
        if (fds[1].revents)
            drain(&p->err[0], errors);
        if (fds[2].revents)
            feed(&p->in[1], &input, &left);
    }
    close_end(&p->in[1]);
}

static int wait_for(pid_t pid) {
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return 127;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static wann_status hand_over(wn_buf *buf, char **text, wann_diag *diag) {
    if (!text) {
        wn_buf_free(buf);
        return WANN_OK;
    }
    *text = wn_buf_take(buf);
    return *text ? WANN_OK : wn_fail_memory(diag);
}

wann_status wn_proc_run(const char *const *argv, const char *input, char **output, char **errors,
                        int *exit_code, wann_diag *diag) {
    pipes p;
    pid_t pid;
    if (output)
        *output = NULL;
    if (errors)
        *errors = NULL;
    if (!open_pipes(&p)) {
        const wann_status status = wn_fail_errno(diag, argv[0], "open a pipe to");
        close_pipes(&p);
        return status;
    }
    const int error = spawn(&pid, argv, &p);
    if (error != 0) {
        close_pipes(&p);
        return wn_fail(diag, WANN_TOOL, NULL, 0, 0, "cannot run '%s': %s", argv[0],
                       strerrordesc_np(error));
    }
    close_end(&p.in[0]);
    close_end(&p.out[1]);
    close_end(&p.err[1]);
    wn_buf out = {0}, err = {0};
    converse(&p, input, &out, &err);
    *exit_code = wait_for(pid);
    const wann_status status = hand_over(&out, output, diag);
    const wann_status second = hand_over(&err, errors, diag);
    return status != WANN_OK ? status : second;
}
