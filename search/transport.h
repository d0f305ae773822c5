/* What brings messages from process to process: the interface that search/ranks.c is written
 * against. MPI is one that implements it, in a module of its own, so that the library needs no MPI
 * and programs that do without it do not start slower; the tests have another.
 *
 * Processes ("ranks") are numbered from 0. A message is bytes. Messages from one rank to another
 * arrive whole and in the order in which they were sent. All calls come from one thread. Functions
 * that can fail answer 0, or not 0 and a line in *error. */
#ifndef WN_TRANSPORT_H
#define WN_TRANSPORT_H

#include <stddef.h>
#include <stdint.h>

#include "wann/search.h"

enum { WN_TRANSPORT_VERSION = 1 };

typedef struct wn_transport_error {
    char text[512];
} wn_transport_error;

/* A message on its way, as the transport knows it. */
typedef union wn_request {
    void *pointer;
    uint64_t number;
} wn_request;

typedef struct wn_transport_type {
    uint32_t version; /* WN_TRANSPORT_VERSION */
    uint32_t size;    /* sizeof(wn_transport_type) */
    const char *name;
    /* Join the processes that were started together: *rank of *ranks. */
    int (*join)(void **self, uint32_t *rank, uint32_t *ranks, wn_transport_error *error);
    /* Begin to send. The bytes stay as they are until `sent` says that it is done. */
    int (*send)(void *self, uint32_t to, const void *bytes, size_t size, wn_request *request,
                wn_transport_error *error);
    int (*sent)(void *self, wn_request *request, int *done, wn_transport_error *error);
    /* The next message that has arrived, of whomever: does not wait. *there: whether there is one.
     */
    int (*next)(void *self, uint32_t *from, size_t *size, int *there, wn_transport_error *error);
    /* Take that message. */
    int (*receive)(void *self, uint32_t from, void *bytes, size_t size, wn_transport_error *error);
    /* Whether a rank is known to have died; may not know of those on other machines. */
    int (*dead)(void *self, uint32_t rank);
    /* The end. clean: all ranks leave too, so that they can wait for each other. */
    void (*leave)(void *self, int clean);
} wn_transport_type;

/* The name under which a module exports its table. */
#define WN_TRANSPORT_SYMBOL "wn_transport_module"

/* ranks.c: join by this transport, which stays until the process ends. */
wann_status wn_ranks_join_by(const wn_transport_type *type, wann_ranks **ranks, wann_diag *diag);

#endif
