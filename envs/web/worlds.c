/* The tasks of a web page: the same source that searches and evaluations run, with the own functions
 *, compiled to WebAssembly. One page, one world, so state stands in the module. */
#include "envs/data/straighten.h"
#include "envs/swingup_step.h"

#define WN_EXPORT(name) __attribute__((export_name(name)))

static wn_cart_pole cart;
static double observation[WN_SWINGUP_OBSERVATIONS];
static unsigned char drawn[WN_MNIST_RAW * WN_MNIST_RAW];
static double straightened[WN_MNIST_SMALL * WN_MNIST_SMALL];

/* Where the page reads and writes: x, x', theta, theta', sine, cosine. */
WN_EXPORT("swingup_state") double *swingup_state(void);
WN_EXPORT("swingup_state") double *swingup_state(void) {
    return &cart.x;
}

/* The observation of the present state, which the page may have changed. */
WN_EXPORT("swingup_observe") double *swingup_observe(void);
WN_EXPORT("swingup_observe") double *swingup_observe(void) {
    wn_swingup_turn(&cart, true);
    observation[0] = cart.x;
    observation[1] = cart.x_dot;
    observation[2] = cart.cosine;
    observation[3] = cart.sine;
    observation[4] = cart.theta_dot;
    return observation;
}

WN_EXPORT("swingup_reset") void swingup_reset(uint64_t seed);
WN_EXPORT("swingup_reset") void swingup_reset(uint64_t seed) {
    cart = wn_swingup_begin(seed, true);
}

/* The reward of the step. */
WN_EXPORT("swingup_step") double swingup_step(double action);
WN_EXPORT("swingup_step") double swingup_step(double action) {
    wn_swingup_advance(&cart, action, WN_SWINGUP_LENGTH, true);
    return wn_swingup_reward(&cart, true);
}

WN_EXPORT("swingup_off") int swingup_off(void);
WN_EXPORT("swingup_off") int swingup_off(void) {
    return wn_swingup_off(&cart);
}

/* Where the page writes the 28 x 28 bytes of a digit. */
WN_EXPORT("digit_drawn") unsigned char *digit_drawn(void);
WN_EXPORT("digit_drawn") unsigned char *digit_drawn(void) {
    return drawn;
}

/* The 16 x 16 numbers that the network is given for it. */
WN_EXPORT("digit_straighten") double *digit_straighten(void);
WN_EXPORT("digit_straighten") double *digit_straighten(void) {
    wn_mnist_straighten(drawn, straightened);
    return straightened;
}
