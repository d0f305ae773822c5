/* Random networks, inputs and weights for property tests; the same stream gives the same ones. */
#ifndef WN_TEST_RANDOM_NET_H
#define WN_TEST_RANDOM_NET_H

#include <stdbool.h>
#include <stddef.h>

#include "runtime/base/rng.h"
#include "runtime/net/net.h"

/* Start from {0}: 1 to 2,000 nodes, everything allowed. */
typedef struct test_random_options {
    uint32_t min_nodes; /* bias and inputs included; 0: 1 */
    uint32_t max_nodes; /* 0: 2,000. Sizes are log-uniform between the two */
    bool no_steps;      /* leave out the activation that is not continuous */
    bool tame;          /* few large fan-ins and no weights of extreme size */
} test_random_options;

/* A network that wn_net_build accepted, to be given back with wann_net_destroy; NULL only if memory
 * ran out. Among many of them are all activations, nodes that no output needs, inputs that nobody
 * reads, outputs without connections, outputs that read outputs and hidden nodes that do, none or
 * hundreds of inputs, networks without a bias, with one weight a connection, and with softmax.
 * options may be NULL. */
wn_net *test_random_net(wn_rng *rng, const test_random_options *options);

/* in[n]: half of the vectors are ordinary (standard normal); in the others a good part are NaN,
 * infinities, denormal, huge (also past the range of float), zeros of both signs, or integers. */
void test_random_input(wn_rng *rng, size_t n, double *in);

/* in[n], finite and of moderate size: normal, zeros, halves and integers. */
void test_random_ordinary_input(wn_rng *rng, size_t n, double *in);

/* A shared weight: mostly in [-2, 2], the published ones among them; now and then 0. */
double test_random_weight(wn_rng *rng);

#endif
