/* A cart-pole on a microcontroller: the network of examples/champions swings a simulated pole up and
 * holds it there. On a real machine the sensors take the place of the simulation and the motor that
 * of the force; the call of the network stays. */
#include <math.h>

#include "cartpole.h"
#include "semihosting.h"

#define STEP 0.01f /* seconds between two decisions */

typedef struct state {
    float x, speed;     /* of the cart: m, m/s */
    float angle, turn;  /* of the pole: rad from upright, rad/s */
} state;

/* The equations of the task: cart and pole of 0.5 kg, a pole of 0.6 m, friction 0.1, force in N. */
static void simulate(state *s, float force)
{
    const float sine = sinf(s->angle), cosine = cosf(s->angle), push = force - 0.1f * s->speed;
    const float swing = 0.3f * s->turn * s->turn * sine;
    const float speed_change =
        (-2.0f * swing + 14.73f * sine * cosine + 4.0f * push) / (4.0f - 1.5f * cosine * cosine);
    const float turn_change = (-3.0f * swing * cosine + 58.92f * sine + 6.0f * push * cosine) /
                              (2.4f - 0.9f * cosine * cosine);
    s->x += s->speed * STEP;
    s->angle += s->turn * STEP;
    s->speed += speed_change * STEP;
    s->turn += turn_change * STEP;
}

#ifdef CARTPOLE_IN_FRACTION_BITS
/* In fixed point. Sensors give integers as well: shifted to the network's format, they need no float. */
static float decide(const state *s)
{
    const int32_t in[CARTPOLE_INPUTS] = {CARTPOLE_TO_IN(s->x), CARTPOLE_TO_IN(s->speed), CARTPOLE_TO_IN(cosf(s->angle)),
                                         CARTPOLE_TO_IN(sinf(s->angle)), CARTPOLE_TO_IN(s->turn)};
    const int32_t one = (int32_t)1 << CARTPOLE_OUT_FRACTION_BITS;
    int32_t out[CARTPOLE_OUTPUTS];
    cartpole(in, CARTPOLE_TO_WEIGHT(0.85), out);
    return (float)CARTPOLE_FROM_OUT(out[0] > one ? one : out[0] < -one ? -one : out[0]);
}
#else
static float decide(const state *s)
{
    const float in[CARTPOLE_INPUTS] = {s->x, s->speed, cosf(s->angle), sinf(s->angle), s->turn};
    float out[CARTPOLE_OUTPUTS];
    cartpole(in, 0.85f, out);
    return out[0] > 1.0f ? 1.0f : out[0] < -1.0f ? -1.0f : out[0];
}
#endif

int main(void)
{
    state s = {0.0f, 0.0f, 3.14159265f, 0.1f}; /* hanging down, hardly moving */
    int i, upright = 0;
    for (i = 0; i < 1000; i++) {
        simulate(&s, 10.0f * decide(&s));
        upright = cosf(s.angle) > 0.9f ? upright + 1 : 0;
    }
    semihosting_print("upright for the last ");
    semihosting_print_number(upright * 10l);
    semihosting_print(" of 10000 ms\n");
    return upright > 500 ? 0 : 1;
}
