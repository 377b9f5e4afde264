/* A future of another type cannot hold the answer. */
#include "classes.h"

void use(sensor s, other o, thermometer t);

void use(sensor s, other o, thermometer t)
{
    (void)s, (void)o, (void)t;
    TROUPE_FUTURE(uint64_t) f = sensor_mean(s); (void)f; /* wrong */
}
