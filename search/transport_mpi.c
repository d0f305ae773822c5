/* Messages by MPI, as a module that search/transport.c loads where mpirun has started the program.
 * Nothing but this file knows MPI, and it knows nothing of the project but the interface. */
#define _GNU_SOURCE
#include <limits.h>
#include <mpi.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "search/transport.h"

_Static_assert(sizeof(MPI_Request) <= sizeof(wn_request), "a request of MPI has to fit");

enum { TAG = 1 };

/* One a process, as MPI itself. */
typedef struct mpi {
    MPI_Comm everybody; /* of our own, so that errors are answered and not fatal */
    int ranks;
    long *process;       /* [ranks] number on this machine; 0: it is not seen from here */
    MPI_Message arrived; /* what `next` has found */
} mpi;

static int fail(int code, const char *what, wn_transport_error *error) {
    char text[MPI_MAX_ERROR_STRING] = "";
    int length = 0;
    if (code == MPI_SUCCESS)
        return 0;
    MPI_Error_string(code, text, &length);
    snprintf(error->text, sizeof error->text, "MPI cannot %s: %.*s", what, length, text);
    return 1;
}

/* Who is on this machine, and can be asked whether they live. Processes in another container, whose
 * numbers mean nothing here, are left out. */
static int find_neighbours(mpi *m) {
    MPI_Comm here;
    int code = MPI_Comm_split_type(m->everybody, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &here);
    int n = 0, place = 0;
    if (code == MPI_SUCCESS)
        code = MPI_Comm_size(here, &n);
    if (code == MPI_SUCCESS)
        code = MPI_Comm_rank(m->everybody, &place);
    long mine[2] = {place, (long)getpid()};
    long *all = code == MPI_SUCCESS ? calloc(2 * (size_t)n, sizeof *all) : NULL;
    if (!all)
        return code == MPI_SUCCESS ? MPI_ERR_NO_MEM : code;
    code = MPI_Allgather(mine, 2, MPI_LONG, all, 2, MPI_LONG, here);
    for (int i = 0; code == MPI_SUCCESS && i < n; i++)
        if (kill((pid_t)all[2 * i + 1], 0) == 0)
            m->process[all[2 * i]] = all[2 * i + 1];
    free(all);
    MPI_Comm_free(&here);
    return code;
}

static int join(void **self, uint32_t *rank, uint32_t *ranks, wn_transport_error *error) {
    int level, place = 0;
    if (fail(MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &level), "start", error))
        return 1;
    mpi *m = calloc(1, sizeof *m);
    int code = m ? MPI_Comm_dup(MPI_COMM_WORLD, &m->everybody) : MPI_ERR_NO_MEM;
    if (code == MPI_SUCCESS)
        code = MPI_Comm_set_errhandler(m->everybody, MPI_ERRORS_RETURN);
    if (code == MPI_SUCCESS)
        code = MPI_Comm_size(m->everybody, &m->ranks);
    if (code == MPI_SUCCESS)
        code = MPI_Comm_rank(m->everybody, &place);
    if (code == MPI_SUCCESS && !(m->process = calloc((size_t)m->ranks, sizeof *m->process)))
        code = MPI_ERR_NO_MEM;
    if (code == MPI_SUCCESS)
        code = find_neighbours(m);
    if (fail(code, "join the other processes", error)) {
        free(m ? m->process : NULL);
        free(m);
        return 1;
    }
    *self = m;
    *rank = (uint32_t)place;
    *ranks = (uint32_t)m->ranks;
    return 0;
}

static int post(void *self, uint32_t to, const void *bytes, size_t size, wn_request *request,
                wn_transport_error *error) {
    mpi *m = self;
    MPI_Request started;
    if (size > INT_MAX)
        return fail(MPI_ERR_COUNT, "send 2 GiB at once", error);
    const int code = MPI_Isend(bytes, (int)size, MPI_BYTE, (int)to, TAG, m->everybody, &started);
    memcpy(request, &started, sizeof started);
    return fail(code, "send", error);
}

static int sent(void *self, wn_request *request, int *done, wn_transport_error *error) {
    MPI_Request started;
    (void)self;
    memcpy(&started, request, sizeof started);
    const int code = MPI_Test(&started, done, MPI_STATUS_IGNORE);
    memcpy(request, &started, sizeof started);
    return fail(code, "send", error);
}

static int next(void *self, uint32_t *from, size_t *size, int *there, wn_transport_error *error) {
    mpi *m = self;
    MPI_Status status;
    int n = 0;
    *there = 0;
    if (fail(MPI_Improbe(MPI_ANY_SOURCE, TAG, m->everybody, there, &m->arrived, &status), "receive",
             error))
        return 1;
    if (*there && fail(MPI_Get_count(&status, MPI_BYTE, &n), "receive", error))
        return 1;
    *from = *there ? (uint32_t)status.MPI_SOURCE : 0;
    *size = n > 0 ? (size_t)n : 0;
    return 0;
}

static int receive(void *self, uint32_t from, void *bytes, size_t size, wn_transport_error *error) {
    mpi *m = self;
    (void)from;
    return fail(MPI_Mrecv(bytes, (int)size, MPI_BYTE, &m->arrived, MPI_STATUS_IGNORE), "receive",
                error);
}

static int dead(void *self, uint32_t rank) {
    const mpi *m = self;
    return m->process[rank] > 0 && kill((pid_t)m->process[rank], 0) != 0;
}

/* MPI_Finalize waits for everybody, and so would wait for the dead. */
static void leave(void *self, int clean) {
    mpi *m = self;
    if (clean) {
        MPI_Comm_free(&m->everybody);
        MPI_Finalize();
    }
    free(m->process);
    free(m);
}

__attribute__((visibility("default"))) extern const wn_transport_type wn_transport_module;
const wn_transport_type wn_transport_module = {.version = WN_TRANSPORT_VERSION,
                                               .size = sizeof(wn_transport_type),
                                               .name = "MPI",
                                               .join = join,
                                               .send = post,
                                               .sent = sent,
                                               .next = next,
                                               .receive = receive,
                                               .dead = dead,
                                               .leave = leave};
