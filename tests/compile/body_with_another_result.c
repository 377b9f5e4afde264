/* A body gives what its method gives. */
#include "classes.h"

static float on_mean(struct sensor_state *self)
{
    return (float)self->sum;
}
TROUPE_IMPLEMENT(sensor, (mean, on_mean)); /* wrong */
