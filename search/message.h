/* Messages between processes as bytes: numbers, texts and networks, written into a wn_buf and read
 * back. What is read is not trusted: a reader that has met nonsense is bad and answers 0 from there
 * on. */
#ifndef WN_MESSAGE_H
#define WN_MESSAGE_H

#include <stdbool.h>

#include "runtime/base/text.h"
#include "search/phenotype.h"

typedef struct wn_reader {
    const unsigned char *data; /* the caller's */
    size_t size;
    size_t at;
    bool bad;
} wn_reader;

/* Seven bits a byte, the lowest first: small numbers, as most are, take one byte (LEB128). */
void wn_put_number(wn_buf *out, uint64_t value);
uint64_t wn_get_number(wn_reader *in);
/* The bits of a double, so that it comes back as it was. */
void wn_put_double(wn_buf *out, double value);
double wn_get_double(wn_reader *in);
void wn_put_text(wn_buf *out, const char *text);
const char *wn_get_text(wn_reader *in); /* stays in the message; "" where the reader is bad */

/* A failure: what another process is to report. */
void wn_put_failure(wn_buf *out, wann_status status, const wann_diag *diag);
wann_status wn_get_failure(wn_reader *in, wann_diag *diag);

/* A network as it is evaluated: some 1.2 bytes a connection, weights apart. Both sides know how
 * many inputs and outputs it has and whether it has weights. */
void wn_put_network(wn_buf *out, const wn_phenotype *network);
/* Hashes included; to be given back with wn_free. WANN_INPUT: the message makes no sense. */
wann_status wn_get_network(wn_reader *in, uint32_t inputs, uint32_t outputs, bool weighted,
                           wn_phenotype **network, wann_diag *diag);

#endif
