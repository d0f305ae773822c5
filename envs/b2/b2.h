/* What the tasks need of Box2D, in C: bodies, revolute joints, contacts, rays.
 *
 * Lengths are metres, angles radians, time seconds, as in Box2D. A world is used by one thread at a
 * time; worlds in different threads do not disturb each other. The library asserts on numbers that
 * are not finite and on polygons without area, so callers keep both away from it. Its own memory
 * comes from malloc, whatever wann_set_allocator says: the library leaves no choice. */
#ifndef WN_B2_H
#define WN_B2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wn_b2_world wn_b2_world;
typedef struct wn_b2_body wn_b2_body;   /* of a world, until the next wn_b2_clear */
typedef struct wn_b2_joint wn_b2_joint; /* the same */

typedef struct wn_b2_vec {
    float x, y;
} wn_b2_vec;

enum { WN_B2_VERTICES = 8 }; /* the most that a polygon may have */

/* What a shape is made of, and what it meets: two shapes touch if each one's category is in the
 * other's mask. A sensor only tells of it. */
typedef struct wn_b2_material {
    float density, friction;
    uint16_t category, mask;
    bool sensor;
} wn_b2_material;

/* Two bodies begin or cease to touch; a and b are their tags, in Box2D's order. */
typedef void wn_b2_contact(void *ctx, uint32_t a, uint32_t b, bool begin);

/* An empty world. contact may be NULL. NULL if memory runs out. */
wn_b2_world *wn_b2_create(wn_b2_vec gravity, wn_b2_contact *contact, void *ctx);
void wn_b2_destroy(wn_b2_world *world); /* NULL is allowed */
/* Remove everything. What follows depends in no bit on what there was. */
void wn_b2_clear(wn_b2_world *world);

/* A body; tag is any number, by which contacts name it. */
wn_b2_body *wn_b2_add_body(wn_b2_world *world, bool dynamic, wn_b2_vec position, float angle,
                           uint32_t tag);
/* A convex polygon of n <= WN_B2_VERTICES corners, in the body's coordinates. */
void wn_b2_add_polygon(wn_b2_body *body, const wn_b2_vec *corners, size_t n,
                       const wn_b2_material *material);
/* A line that is solid from both sides. */
void wn_b2_add_edge(wn_b2_body *body, wn_b2_vec from, wn_b2_vec to, const wn_b2_material *material);

/* A revolute joint with limits and a motor; its angle is 0 as the bodies stand now. */
typedef struct wn_b2_revolute {
    wn_b2_vec anchor_a, anchor_b; /* in the coordinates of the bodies */
    float lower, upper;
    float torque, speed; /* of the motor */
} wn_b2_revolute;
wn_b2_joint *wn_b2_add_revolute(wn_b2_world *world, wn_b2_body *a, wn_b2_body *b,
                                const wn_b2_revolute *revolute);
void wn_b2_set_motor(wn_b2_joint *joint, float speed, float torque);
float wn_b2_joint_angle(const wn_b2_joint *joint);
float wn_b2_joint_speed(const wn_b2_joint *joint);

typedef struct wn_b2_motion {
    wn_b2_vec position, velocity; /* velocity: of the centre of mass */
    float angle, spin;
} wn_b2_motion;
wn_b2_motion wn_b2_body_motion(const wn_b2_body *body);
/* A vector or a point of the body's coordinates, in the world's. */
wn_b2_vec wn_b2_world_vector(const wn_b2_body *body, wn_b2_vec vector);
wn_b2_vec wn_b2_world_point(const wn_b2_body *body, wn_b2_vec point);
/* A force on the centre of mass, for the next step. */
void wn_b2_push(wn_b2_body *body, wn_b2_vec force);

/* Time goes on by seconds. Joint limits act as they did in Box2D 2.3, on which the published tasks
 * ran: once an angle is at or beyond its limit, not before. */
void wn_b2_step(wn_b2_world *world, float seconds, int velocity_iterations,
                int position_iterations);

/* How far a ray from `from` to `to` gets, as a fraction of its length, through everything whose
 * category has none of the bits of `category`; 1: all the way. closest: to what it meets first;
 * otherwise to what Box2D happens to visit first, as the published walker looks around. */
float wn_b2_cast(const wn_b2_world *world, wn_b2_vec from, wn_b2_vec to, uint16_t category,
                 bool closest);

#ifdef __cplusplus
}
#endif
#endif
