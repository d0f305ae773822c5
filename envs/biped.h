/* What the parts of the bipedal walker share: terrain, walker, picture.
 *
 * The task is BipedalWalker-v2 of gym 0.9 (Klimov 2016), which the published champion was evolved
 * on. Lengths are metres; the original's pixels are 1/30 m. */
#ifndef WN_BIPED_H
#define WN_BIPED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "envs/b2/b2.h"

#define WN_BIPED_SCALE  30.0                   /* pixels of the original in a metre */
#define WN_BIPED_STEP   (14 / WN_BIPED_SCALE)  /* from one corner of the ground to the next */
#define WN_BIPED_HEIGHT (100 / WN_BIPED_SCALE) /* of the ground where it is flat */

enum {
    WN_BIPED_CORNERS = 200, /* of the ground */
    WN_BIPED_PAD = 20,      /* flat corners to start from */
    WN_BIPED_FINISH = 190,  /* the corner that ends an episode */
    WN_BIPED_MOST_BLOCKS =
        64, /* 11 flights of 4 stairs are the most that 180 corners have room for */
    WN_BIPED_RAYS = 10,
};

/* What lies on the way. */
typedef enum wn_biped_ground {
    WN_BIPED_FLAT,  /* slightly uneven */
    WN_BIPED_HILLS, /* three times as uneven */
    WN_BIPED_HARD,  /* flat, with stumps, stairs and pits */
} wn_biped_ground;

/* The ground: corner i is at (i * WN_BIPED_STEP, height[i]). Blocks are solid quadrilaterals. */
typedef struct wn_biped_terrain {
    double height[WN_BIPED_CORNERS];
    wn_b2_vec block[WN_BIPED_MOST_BLOCKS][4];
    size_t n_blocks;
} wn_biped_terrain;

/* The terrain of an episode; it depends on kind and seed alone. */
void wn_biped_terrain_make(wn_biped_terrain *terrain, wn_biped_ground kind, uint64_t seed);

/* The parts of the walker, in the order in which the original makes them. */
enum {
    WN_BIPED_HULL,
    WN_BIPED_LEG_1,
    WN_BIPED_SHIN_1,
    WN_BIPED_LEG_2,
    WN_BIPED_SHIN_2,
    WN_BIPED_PARTS
};
enum { WN_BIPED_HULL_CORNERS = 5, WN_BIPED_LEG_CORNERS = 4 };

/* The corners of a part in its own coordinates; answers how many. */
size_t wn_biped_part(size_t part, wn_b2_vec corners[WN_B2_VERTICES]);

/* One walker in its world. */
typedef struct wn_biped {
    wn_biped_ground kind;
    bool closest; /* what a ray of the lidar sees: the nearest ground, or the first that is found */
    bool penalty; /* whether falling costs 100 */
    wn_biped_terrain terrain;
    wn_b2_world *world;
    wn_b2_body *part[WN_BIPED_PARTS];
    wn_b2_joint *joint[4];
    bool standing[WN_BIPED_PARTS]; /* whether a shin touches the ground */
    bool fallen;
    double shaping;
    double lidar[WN_BIPED_RAYS];
    uint32_t steps;
    double reward; /* of the episode so far, for the picture */
} wn_biped;

/* Where ray i of the lidar starts and ends. */
void wn_biped_ray(const wn_biped *biped, size_t ray, wn_b2_vec *from, wn_b2_vec *to);

/* Draw the walker: 3 bytes a pixel, rows from the top. False if memory runs out. */
bool wn_biped_draw(const wn_biped *biped, uint32_t width, uint32_t height, unsigned char *rgb);

#endif
