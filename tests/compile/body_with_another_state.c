/* A body works on the state of its class. */
#include "classes.h"

static double on_mean(struct thermometer_state *self)
{
    return self->offset;
}
TROUPE_IMPLEMENT(sensor, (mean, on_mean)); /* wrong */
