/* What the parts of car racing share: track, car, picture.
 *
 * CarRacing-v0 of gym 0.9 (Klimov 2016), in the generation whose window is 1200 x 1000. Lengths are
 * metres. The network of the published task does not see this world but 16 numbers into which an
 * encoder squeezes the picture of 96 x 96 pixels. */
#ifndef WN_RACING_H
#define WN_RACING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "envs/b2/b2.h"
#include "wann/env.h"

#define WN_RACING_FIELD (1000 / 3.0) /* from the middle to where the world ends */

enum {
    WN_RACING_MOST_TILES = 2500,
    WN_RACING_WHEELS = 4, /* front left, front right, rear left, rear right */
    WN_RACING_HULLS = 4,  /* polygons that the car's body is made of */
    WN_RACING_VIEW = 96,  /* pixels, of each side of what the car's camera sees */
    WN_RACING_EYE = 64,   /* pixels, of each side of what is left of it for the encoder */
};

/* Where the middle of the road passes, and the direction across it, to the right. */
typedef struct wn_racing_place {
    double beta, x, y;
} wn_racing_place;

/* One tile of road, from the place before to this one. border: a red or white curb as well. */
typedef struct wn_racing_tile {
    wn_b2_vec corner[4];
    wn_b2_vec curb[4];
    bool has_curb;
} wn_racing_tile;

typedef struct wn_racing_track {
    size_t n;
    wn_racing_place place[WN_RACING_MOST_TILES];
    wn_racing_tile tile[WN_RACING_MOST_TILES];
} wn_racing_track;

/* The track of an episode, a closed one of some 300 tiles; it depends on the seed alone. False if a
 * thousand attempts gave none that closes (about one in six does not). */
bool wn_racing_track_make(wn_racing_track *track, uint64_t seed);

/* What a wheel that slides leaves behind: black on the road, mud on the grass. */
enum { WN_RACING_MARKS = 30, WN_RACING_MARK_POINTS = 30 };
typedef struct wn_racing_mark {
    size_t n;
    wn_b2_vec point[WN_RACING_MARK_POINTS];
    bool mud;
} wn_racing_mark;

typedef struct wn_racing_wheel {
    wn_b2_body *body;
    wn_b2_joint *joint;
    double gas, brake, steer; /* asked for */
    double omega, phase;      /* rad/s, rad */
    uint32_t tiles;           /* under it */
    bool sliding;
    wn_b2_vec slid_from; /* where it began, until a mark begins there */
    size_t mark;         /* 1 + the number of the mark that it draws; 0: none yet */
} wn_racing_wheel;

/* A car on a track. Large: allocate it. */
typedef struct wn_racing {
    wn_racing_track track;
    bool visited[WN_RACING_MOST_TILES];
    size_t n_visited;
    wn_b2_world *world;
    wn_b2_body *hull;
    wn_racing_wheel wheel[WN_RACING_WHEELS];
    wn_racing_mark mark[WN_RACING_MARKS]; /* number i is at i % WN_RACING_MARKS; old ones fade */
    size_t n_marks;                       /* that there have been */
    double reward, paid;                  /* of the episode so far; `paid` was handed out */
    double seconds;
} wn_racing;

/* NULL if memory runs out. */
wn_racing *wn_racing_create(void);
void wn_racing_destroy(wn_racing *racing); /* NULL is allowed */
/* A wann_status. */
int wn_racing_reset(wn_racing *racing, uint64_t seed, wann_env_error *error);

/* What the driver does: steer -1 (left) to 1 (right), gas and brake 0 to 1; finite. */
typedef struct wn_racing_controls {
    double steer, gas, brake;
} wn_racing_controls;

/* What the raw outputs of a network mean to the published task. */
wn_racing_controls wn_racing_controls_of(const double action[3]);

/* One frame, 1/50 s. A wann_status. After a reset that succeeded only. */
int wn_racing_step(wn_racing *racing, wn_racing_controls controls, wann_env_result *result,
                   wann_env_error *error);

/* The corners of polygon k of the car's body, and of a wheel, in their own coordinates; answer how
 * many. */
size_t wn_racing_hull_polygon(size_t k, wn_b2_vec corner[WN_B2_VERTICES]);
size_t wn_racing_wheel_polygon(wn_b2_vec corner[WN_B2_VERTICES]);

/* What the encoder sees: road, grass and car, without the original's row of indicators, which its
 * encoder cuts off. rgb: [WN_RACING_VIEW][WN_RACING_VIEW][3], from the top. */
void wn_racing_view(const wn_racing *racing, unsigned char *rgb);

/* The view as the encoder takes it: the upper 84 rows, squeezed into a square by taking means over
 * areas. (The original hands on 1 - value, which wraps around in bytes; here values stay as they
 * are.) eye: [WN_RACING_EYE][WN_RACING_EYE][3]. */
void wn_racing_squeeze(const unsigned char *rgb, unsigned char *eye);

/* The same for people: any size, smooth, with indicators (speed, turning of the wheels, steering,
 * turning of the car) and the reward. False if memory runs out. */
bool wn_racing_picture(const wn_racing *racing, uint32_t width, uint32_t height,
                       unsigned char *rgb);

#endif
