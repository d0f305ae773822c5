/* Network files: what the rest of the project may call besides wann/net.h. */
#ifndef WN_IO_H
#define WN_IO_H

#include "runtime/base/text.h"
#include "runtime/io/source.h"
#include "runtime/net/net.h"

/* Read the network file of docs/network-file.md. default_name: for a file that gives none. */
wann_status wn_json_read(const wn_source *source, const char *default_name, wn_net **net,
                         wann_diag *diag);

/* Append a network file. The same network always gives the same bytes, and reading them gives the
 * same network. Memory: out->failed. */
void wn_json_write(const wn_net *net, wn_buf *out);

/* What reading a matrix needs besides its text. inputs, outputs: 0: infer. */
typedef struct wn_matrix_wish {
    const char *name;
    size_t inputs;
    size_t outputs;
} wn_matrix_wish;

/* Read a matrix of the published release. Node 0 is the bias; ids are row numbers from 0.
 * What is not wished for is inferred: inputs are the columns without an entry before the first that
 * has one (less the bias), outputs the longest run of last rows without an entry behind them; nan
 * counts as an entry here. A first hidden node that nothing feeds is taken for an input, a last one
 * that nothing reads for an output; *inferred tells that this was guesswork. */
wann_status wn_matrix_read(const wn_source *source, const wn_matrix_wish *wish, wn_net **net,
                           bool *inferred, wann_diag *diag);

/* Append a matrix that numpy and wn_matrix_read read. Refused: what a matrix cannot say, which is
 * weights of 0 and outputs that are not the last nodes in their own order. */
wann_status wn_matrix_write(const wn_net *net, wn_buf *out, wann_diag *diag);

#endif
