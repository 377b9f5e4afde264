/* A positional call has no more than the method. */
#include "classes.h"

void use(sensor s, other o, thermometer t);

void use(sensor s, other o, thermometer t)
{
    (void)s, (void)o, (void)t;
    sensor_store(s, 1, 2.0, "K", 4); /* wrong */
}
