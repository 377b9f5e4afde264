/* A pool's actors are asked for what another class does. */
#include "classes.h"

void use(TROUPE_POOL(other) pool);

void use(TROUPE_POOL(other) pool)
{
    (void)pool;
    troupe_pool_submit(pool, sensor_mean); /* wrong */
}
