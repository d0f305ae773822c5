/* The race track: a way that is drawn from checkpoint to checkpoint, closed, paved with tiles.
 * Algorithm and constants: CarRacing-v0 (gym 0.9, Klimov 2016). */
#include <math.h>

#include "envs/racing.h"
#include "runtime/base/rng.h"

enum { CHECKPOINTS = 12, LAPS = 5, CURB_TURNS = 4 };

static const double PI = 3.14159265358979323846;
static const double RADIUS = 150; /* of the circle that the track is a wild form of */
static const double STEP = 3.5;   /* length of a tile */
static const double TURN = 0.31;  /* the most that the way turns in a step */
static const double HALF_WIDTH = 40 / 6.0, CURB_WIDTH = 8 / 6.0;

typedef struct checkpoint {
    double alpha, x, y;
} checkpoint;

/* A pen that goes round the middle of the field. alpha: the angle at which it was when it left. */
typedef struct pen {
    checkpoint checkpoint[CHECKPOINTS];
    size_t next; /* checkpoint, counted on from lap to lap */
    double x, y, beta;
    int laps;
    bool far_side; /* has been below the x axis in this lap */
    double alpha[WN_RACING_MOST_TILES];
    wn_racing_place place[WN_RACING_MOST_TILES];
    size_t n;
} pen;

/* Two draws a checkpoint, whether they are used or not. The first and the last are fixed, so that
 * the start is straight. */
static void draw_checkpoints(pen *p, wn_rng *rng) {
    for (size_t c = 0; c < CHECKPOINTS; c++) {
        const double sector = 2 * PI / CHECKPOINTS;
        double alpha = (double)c * sector + wn_rng_uniform(rng) * sector;
        double radius = RADIUS / 3 + wn_rng_uniform(rng) * (RADIUS - RADIUS / 3);
        if (c == 0 || c == CHECKPOINTS - 1) {
            alpha = (double)c * sector;
            radius = 1.5 * RADIUS;
        }
        p->checkpoint[c] = (checkpoint){alpha, radius * cos(alpha), radius * sin(alpha)};
    }
}

/* The checkpoint to head for from angle *alpha; behind the last one, a lap is taken off the angle.
 */
static const checkpoint *destination(pen *p, double *alpha) {
    for (;;) {
        do {
            const checkpoint *c = &p->checkpoint[p->next % CHECKPOINTS];
            if (*alpha <= c->alpha)
                return c;
            p->next++;
        } while (p->next % CHECKPOINTS != 0);
        *alpha -= 2 * PI;
    }
}

/* One step of the pen: turn towards the checkpoint, the more the farther it is to the side. */
static void move(pen *p) {
    double alpha = atan2(p->y, p->x);
    if (p->far_side && alpha > 0) {
        p->laps++;
        p->far_side = false;
    }
    if (alpha < 0) {
        p->far_side = true;
        alpha += 2 * PI;
    }
    const checkpoint *to = destination(p, &alpha);
    const double right_x = cos(p->beta), right_y = sin(p->beta);
    const double aside = 6 * (right_x * (to->x - p->x) + right_y * (to->y - p->y));
    while (p->beta - alpha > 1.5 * PI)
        p->beta -= 2 * PI;
    while (p->beta - alpha < -1.5 * PI)
        p->beta += 2 * PI;
    const double before = p->beta, turn = fmin(TURN, fabs(0.001 * aside));
    if (aside > 0.3)
        p->beta -= turn;
    if (aside < -0.3)
        p->beta += turn;
    p->x -= right_y * STEP;
    p->y += right_x * STEP;
    p->alpha[p->n] = alpha;
    p->place[p->n++] = (wn_racing_place){before * 0.5 + p->beta * 0.5, p->x, p->y};
}

/* Whether the way passes the start between i - 1 and i. */
static bool passes_start(const pen *p, size_t i) {
    const double start = -PI / CHECKPOINTS;
    return p->alpha[i] > start && p->alpha[i - 1] <= start;
}

/* The last whole lap; false if there is none, or its ends do not meet. */
static bool cut_lap(const pen *p, wn_racing_track *track) {
    size_t first = 0, last = 0;
    for (size_t i = p->n - 1; i > 0 && first == 0; i--)
        if (passes_start(p, i))
            *(last == 0 ? &last : &first) = i;
    if (first == 0 || last < first + 3)
        return false;
    track->n = last - 1 - first;
    for (size_t i = 0; i < track->n; i++)
        track->place[i] = p->place[first + i];
    const wn_racing_place *a = &track->place[0], *b = &track->place[track->n - 1];
    return hypot(cos(a->beta) * (a->x - b->x), sin(a->beta) * (a->y - b->y)) <= STEP;
}

/* The point so far to the right of a place. */
static wn_b2_vec across(const wn_racing_place *p, double distance) {
    return (wn_b2_vec){(float)(p->x + distance * cos(p->beta)),
                       (float)(p->y + distance * sin(p->beta))};
}

/* How much the way turned from i - back - 1 to i - back. */
static double turn_at(const wn_racing_track *t, size_t i, size_t back) {
    const size_t n = t->n;
    return t->place[(i + n - back) % n].beta - t->place[(i + n - back - 1) % n].beta;
}

/* Curbs are where four turns in a row are sharp and go the same way, and at the tiles of the turns.
 */
static void place_curbs(wn_racing_track *t) {
    for (size_t i = 0; i < t->n; i++) {
        int left = 0, right = 0;
        for (size_t back = 0; back < CURB_TURNS; back++) {
            left += turn_at(t, i, back) > TURN * 0.2;
            right += turn_at(t, i, back) < -TURN * 0.2;
        }
        t->tile[i].has_curb = left == CURB_TURNS || right == CURB_TURNS;
    }
    for (size_t i = 0; i < t->n; i++)
        for (size_t back = 0; back < CURB_TURNS && t->tile[i].has_curb; back++)
            t->tile[(i + t->n - back) % t->n].has_curb = true;
}

static void pave(wn_racing_track *t, size_t i) {
    const wn_racing_place *here = &t->place[i], *before = &t->place[(i + t->n - 1) % t->n];
    wn_racing_tile *tile = &t->tile[i];
    tile->corner[0] = across(here, -HALF_WIDTH);
    tile->corner[1] = across(here, HALF_WIDTH);
    tile->corner[2] = across(before, HALF_WIDTH);
    tile->corner[3] = across(before, -HALF_WIDTH);
    const double outside = before->beta > here->beta ? 1 : before->beta < here->beta ? -1 : 0;
    tile->curb[0] = across(here, outside * HALF_WIDTH);
    tile->curb[1] = across(here, outside * (HALF_WIDTH + CURB_WIDTH));
    tile->curb[2] = across(before, outside * (HALF_WIDTH + CURB_WIDTH));
    tile->curb[3] = across(before, outside * HALF_WIDTH);
}

/* Box2D ends the process over polygons without area. None was ever seen; twice the area of a tile
 * is some 90, of the smallest in a turn 30. */
static bool has_area(const wn_b2_vec c[4]) {
    double twice = 0;
    for (size_t i = 0; i < 4; i++)
        twice +=
            (double)c[i].x * (double)c[(i + 1) % 4].y - (double)c[(i + 1) % 4].x * (double)c[i].y;
    return fabs(twice) > 1;
}

static bool attempt(pen *p, wn_racing_track *track, wn_rng *rng) {
    draw_checkpoints(p, rng);
    p->next = 0;
    p->x = 1.5 * RADIUS;
    p->y = p->beta = 0;
    p->laps = 0;
    p->far_side = false;
    p->n = 0;
    while (p->laps < LAPS && p->n < WN_RACING_MOST_TILES)
        move(p);
    if (!cut_lap(p, track))
        return false;
    place_curbs(track);
    bool good = true;
    for (size_t i = 0; i < track->n; i++) {
        pave(track, i);
        good &= has_area(track->tile[i].corner);
    }
    return good;
}

bool wn_racing_track_make(wn_racing_track *track, uint64_t seed) {
    pen p;
    wn_rng rng = wn_rng_stream(seed, 0, 0, 'R');
    for (int i = 0; i < 1000; i++)
        if (attempt(&p, track, &rng))
            return true;
    return false;
}
