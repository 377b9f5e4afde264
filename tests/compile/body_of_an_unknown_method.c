/* Only declared methods have a body. */
#include "classes.h"

static void on_melt(struct sensor_state *self)
{
    self->sum = 0;
}
TROUPE_IMPLEMENT(sensor, (melt, on_melt)); /* wrong */
