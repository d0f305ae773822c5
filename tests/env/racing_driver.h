/* A driver who knows the track: a check of the car's physics that no network is needed for. */
#ifndef RACING_DRIVER_H
#define RACING_DRIVER_H

#include "envs/racing.h"

/* Start as {0} in each episode. */
typedef struct racing_driver {
    size_t place; /* the place of the track nearest to the car */
} racing_driver;

/* Steer for a place ahead; be as slow as the turns ahead need. */
wn_racing_controls racing_drive(racing_driver *driver, const wn_racing *racing);

#endif
