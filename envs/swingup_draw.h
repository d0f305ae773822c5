/* The picture of the cart-pole. */
#ifndef WN_SWINGUP_DRAW_H
#define WN_SWINGUP_DRAW_H

#include "envs/swingup.h"

/* action: of the last step. Sizes are not 0. A wann_status. */
int wn_swingup_draw(const wn_cart_pole *state, double pole, double action, uint32_t width,
                    uint32_t height, unsigned char *rgb);

#endif
