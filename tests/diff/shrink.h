/* Making a network that fails as small as it can be while it still fails. */
#ifndef WN_TEST_SHRINK_H
#define WN_TEST_SHRINK_H

#include <stdbool.h>

#include "runtime/net/net.h"

/* Whether a network still fails. */
typedef bool (*shrink_fails)(wn_net *net, void *ctx);

/* The smallest network found by leaving out connections, hidden nodes and all but one output;
 * inputs and ids stay. A new network of the caller's; NULL if memory ran out. most: calls of
 * `fails`. */
wn_net *shrink_net(const wn_net *net, shrink_fails fails, void *ctx, unsigned most);

#endif
