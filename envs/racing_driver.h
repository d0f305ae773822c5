/* A driver who knows the track: shows roads well driven to what learns to see them, and checks the
 * physics, for which no network is needed. */
#ifndef WN_RACING_DRIVER_H
#define WN_RACING_DRIVER_H

#include "envs/racing.h"

/* Start as {0} in each episode. */
typedef struct wn_racing_driver {
    size_t place; /* the place of the track nearest to the car */
} wn_racing_driver;

/* Steer for a place ahead; be as slow as the turns ahead need. */
wn_racing_controls wn_racing_drive(wn_racing_driver *driver, const wn_racing *racing);

#endif
