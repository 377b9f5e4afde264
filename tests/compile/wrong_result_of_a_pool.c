/* The next result goes into a variable of another type. */
#include "classes.h"

void use(TROUPE_POOL(sensor) pool, int value);

void use(TROUPE_POOL(sensor) pool, int value)
{
    (void)pool, (void)value;
    troupe_pool_next(pool, sensor_mean, &value, NULL); /* wrong */
}
