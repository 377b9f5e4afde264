/* The same by a map. */
#include "classes.h"

void use(TROUPE_POOL(other) pool, struct sensor_mean_args *args, double *values);

void use(TROUPE_POOL(other) pool, struct sensor_mean_args *args, double *values)
{
    (void)pool, (void)args, (void)values;
    troupe_pool_map(pool, sensor_mean, args, 2, values, NULL); /* wrong */
}
