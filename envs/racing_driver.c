/* A driver who knows the track. */
#include "envs/racing_driver.h"

#include <math.h>

static const double PI = 3.14159265358979323846;
static const double TOP_SPEED = 65;
static const double SIDEWAYS = 150; /* m/s^2 that the tyres hold in a turn */
static const double BRAKING = 80;   /* m/s^2 that one can count on */

static const wn_racing_place *place(const wn_racing *r, size_t i) {
    return &r->track.place[i % r->track.n];
}

static double distance(const wn_racing *r, size_t i, const wn_b2_motion *car) {
    const wn_racing_place *p = place(r, i);
    return hypot(p->x - (double)car->position.x, p->y - (double)car->position.y);
}

/* How much the road turns in a step, mean of four steps. */
static double curvature(const wn_racing *r, size_t i) {
    double sum = 0;
    for (size_t k = i; k < i + 4; k++)
        sum += remainder(place(r, k + 1)->beta - place(r, k)->beta, 2 * PI);
    return fabs(sum) / 4;
}

static double speed_limit(const wn_racing *r, size_t here) {
    double limit = TOP_SPEED;
    for (size_t ahead = 1; ahead < 40; ahead++) {
        const double in_turn = SIDEWAYS * 3.5 / fmax(curvature(r, here + ahead), 1e-3);
        const double way = ahead > 2 ? 3.5 * (double)(ahead - 2) : 0;
        limit = fmin(limit, sqrt(in_turn + 2 * BRAKING * way));
    }
    return limit;
}

wn_racing_controls wn_racing_drive(wn_racing_driver *d, const wn_racing *r) {
    const wn_b2_motion car = wn_b2_body_motion(r->hull);
    for (int k = 0; k < 40 && distance(r, d->place + 1, &car) <= distance(r, d->place, &car); k++)
        d->place++;
    const double speed = hypot((double)car.velocity.x, (double)car.velocity.y);
    const wn_racing_place *aim = place(r, d->place + 5 + (size_t)(speed * 0.04));
    const double wanted = atan2((double)car.position.x - aim->x, aim->y - (double)car.position.y);
    const double off = remainder(wanted - (double)car.angle, 2 * PI);
    const double faster = speed_limit(r, d->place) - speed;
    wn_racing_controls c = {.steer = fmax(-1, fmin(1, -1.2 * off))};
    if (faster > 0)
        c.gas = fmin(1, faster * 0.1) * (1 - 0.7 * fmin(1, 2 * fabs(off)));
    else
        c.brake = fmin(0.8, -faster * 0.05);
    return c;
}
