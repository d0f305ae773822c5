/* The invariants of a finished network, as net.h states them. */
#include <inttypes.h>
#include <math.h>

#include "runtime/base/diag.h"
#include "runtime/net/net.h"

#define REQUIRE(condition, ...)                                                                    \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return wn_fail(diag, WANN_INTERNAL, NULL, 0, 0, __VA_ARGS__);                          \
    } while (0)

static wann_status verify_roles(const wn_net *net, wann_diag *diag) {
    uint32_t inputs = 0, outputs = 0;
    for (uint32_t i = 0; i < net->n_nodes; i++) {
        const wann_role role = (wann_role)net->role[i];
        REQUIRE(role <= WANN_OUTPUT_NODE, "node %" PRIu32 " has no role", i);
        REQUIRE(wn_activation_known(net->activation[i]), "node %" PRIu32 " has no activation", i);
        REQUIRE((role == WANN_BIAS) == (net->bias == i), "node %" PRIu32 ": bias confused", i);
        REQUIRE(role != WANN_BIAS || i == 0, "the bias is node %" PRIu32 ", not first", i);
        inputs += role == WANN_INPUT_NODE;
        outputs += role == WANN_OUTPUT_NODE;
        const bool named = role == WANN_INPUT_NODE || role == WANN_OUTPUT_NODE;
        REQUIRE(named == (net->node_name[i] != NULL), "node %" PRIu32 ": name confused", i);
    }
    REQUIRE(inputs == net->n_inputs && outputs == net->n_outputs && outputs > 0, "counts of roles are wrong");
    for (uint32_t i = 0; i < net->n_inputs; i++)
        REQUIRE(net->input[i] == i + (net->bias == 0), "input %" PRIu32 " is misplaced", i);
    for (uint32_t o = 0; o < net->n_outputs; o++)
        REQUIRE(net->output[o] < net->n_nodes && net->role[net->output[o]] == WANN_OUTPUT_NODE,
                "output %" PRIu32 " is no output node", o);
    return WANN_OK;
}

static wann_status verify_connections(const wn_net *net, wann_diag *diag) {
    REQUIRE(net->first_conn[0] == 0 && net->first_conn[net->n_nodes] == net->n_conns,
            "the connection index does not span all connections");
    for (uint32_t i = 0; i < net->n_nodes; i++) {
        const uint32_t first = net->first_conn[i], end = net->first_conn[i + 1];
        const bool source_only = net->role[i] == WANN_BIAS || net->role[i] == WANN_INPUT_NODE;
        REQUIRE(first <= end && end <= net->n_conns, "node %" PRIu32 ": index out of order", i);
        REQUIRE(first == end || !source_only, "node %" PRIu32 ": connection into bias or input", i);
        for (uint32_t k = first; k < end; k++) {
            REQUIRE(net->source[k] < i, "connection %" PRIu32 " goes backwards", k);
            REQUIRE(k == first || net->source[k - 1] < net->source[k], "connection %" PRIu32 " is out of order", k);
            REQUIRE(!net->weight || isfinite(net->weight[k]), "weight %" PRIu32 " is not finite", k);
        }
    }
    return WANN_OK;
}

wann_status wn_net_verify(const wn_net *net, wann_diag *diag) {
    REQUIRE(net->n_nodes <= WN_MAX_NODES, "too many nodes");
    WN_TRY(verify_roles(net, diag));
    return verify_connections(net, diag);
}
