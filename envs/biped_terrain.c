/* The ground that the walker walks on. */
#include "envs/biped.h"

#include "runtime/base/rng.h"

enum { GRASS, STUMP, STAIRS, PIT };
enum { PIT_DEPTH = 4, STAIR_WIDTH = 4 }; /* corners, and steps of the ground */

/* Where making the terrain stands: `left` corners of what is now go on; `fresh` at its first. */
typedef struct maker {
    wn_biped_terrain *terrain;
    wn_rng rng;
    double kick; /* how uneven grass is */
    int state;
    bool fresh;
    int left;
    double y, slope;
    double y_before;  /* of the obstacle */
    int rise, stairs; /* +1 or -1, and how many */
} maker;

static int draw_int(maker *m, int low, int beyond) {
    return low + (int)wn_rng_below(&m->rng, (uint64_t)(beyond - low));
}

static double sign(double x) {
    return (double)((x > 0) - (x < 0));
}

/* A block from (x0, y0) to (x1, y1), corners in the original's order. */
static void add_block(maker *m, double x0, double y0, double x1, double y1) {
    wn_b2_vec *corner = m->terrain->block[m->terrain->n_blocks++];
    corner[0] = (wn_b2_vec){(float)x0, (float)y0};
    corner[1] = (wn_b2_vec){(float)x1, (float)y0};
    corner[2] = (wn_b2_vec){(float)x1, (float)y1};
    corner[3] = (wn_b2_vec){(float)x0, (float)y1};
}

static void begin_pit(maker *m, double x) {
    m->left = draw_int(m, 3, 5);
    const double far = x + WN_BIPED_STEP * m->left, bottom = m->y - PIT_DEPTH * WN_BIPED_STEP;
    add_block(m, x, m->y, x + WN_BIPED_STEP, bottom);
    add_block(m, far, m->y, far + WN_BIPED_STEP, bottom);
    m->left += 2;
    m->y_before = m->y;
}

static void begin_stump(maker *m, double x) {
    m->left = draw_int(m, 1, 3);
    add_block(m, x, m->y, x + m->left * WN_BIPED_STEP, m->y + m->left * WN_BIPED_STEP);
}

static void begin_stairs(maker *m, double x) {
    m->rise = wn_rng_uniform(&m->rng) > 0.5 ? 1 : -1;
    m->stairs = draw_int(m, 3, 5);
    m->y_before = m->y;
    for (int s = 0; s < m->stairs; s++) {
        const double left = x + s * STAIR_WIDTH * WN_BIPED_STEP;
        const double top = m->y + s * m->rise * WN_BIPED_STEP;
        add_block(m, left, top, left + STAIR_WIDTH * WN_BIPED_STEP, top - WN_BIPED_STEP);
    }
    m->left = m->stairs * STAIR_WIDTH;
}

/* The ground below stairs is a ramp: the original divides as Python 3 does. */
static double stairs_height(const maker *m) {
    const double n = (double)(m->stairs * STAIR_WIDTH - m->left - m->rise) / STAIR_WIDTH;
    return m->y_before + n * m->rise * WN_BIPED_STEP;
}

/* The first corner of anything but the start keeps its height. */
static void next_corner(maker *m, int i) {
    const double x = i * WN_BIPED_STEP;
    switch (m->state) {
    case GRASS:
        if (m->fresh)
            break;
        m->slope = 0.8 * m->slope + 0.01 * sign(WN_BIPED_HEIGHT - m->y);
        if (i > WN_BIPED_PAD)
            m->slope += m->kick * (2 * wn_rng_uniform(&m->rng) - 1) / WN_BIPED_SCALE;
        m->y += m->slope;
        break;
    case STUMP:
        if (m->fresh)
            begin_stump(m, x);
        break;
    case STAIRS:
        if (m->fresh)
            begin_stairs(m, x);
        else
            m->y = stairs_height(m);
        break;
    case PIT:
        if (m->fresh)
            begin_pit(m, x);
        else
            m->y = m->left > 1 ? m->y_before - PIT_DEPTH * WN_BIPED_STEP : m->y_before;
        break;
    }
}

void wn_biped_terrain_make(wn_biped_terrain *terrain, wn_biped_ground kind, uint64_t seed) {
    maker m = {.terrain = terrain,
               .rng = wn_rng_stream(seed, 0, 0, 'T'),
               .kick = kind == WN_BIPED_HILLS ? 3 : 1,
               .left = WN_BIPED_PAD,
               .y = WN_BIPED_HEIGHT};
    terrain->n_blocks = 0;
    for (int i = 0; i < WN_BIPED_CORNERS; i++) {
        next_corner(&m, i);
        terrain->height[i] = m.y;
        m.fresh = --m.left == 0;
        if (m.fresh) {
            m.left = draw_int(&m, 5, 10);
            m.state =
                m.state == GRASS && kind == WN_BIPED_HARD ? draw_int(&m, STUMP, PIT + 1) : GRASS;
        }
    }
}
