/* An actor is added to a pool of another class. */
#include "classes.h"

void use(TROUPE_POOL(sensor) pool, other o);

void use(TROUPE_POOL(sensor) pool, other o)
{
    (void)pool, (void)o;
    troupe_pool_add(pool, o); /* wrong */
}
