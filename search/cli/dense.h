/* Fully connected networks, to compare with. */
#ifndef WN_DENSE_H
#define WN_DENSE_H

#include "wann/net.h"

/* Whether a path is none but describes a fully connected network: "dense:10" or "dense:40,40", the
 * sizes of its hidden layers; "dense:" alone has none. */
bool dense_is(const char *path);
/* Such a network, of tanh nodes and linear outputs, each with a connection from the bias; softmax: what
 * it does with its outputs. WANN_ARGUMENT for sizes that are none. */
wann_status dense_net(const char *path, size_t inputs, size_t outputs, bool softmax, wann_net **net,
                      wann_diag *diag);

#endif
