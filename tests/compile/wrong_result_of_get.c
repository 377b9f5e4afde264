/* A result goes into a variable of its own type. */
#include "classes.h"

void use(sensor s, other o, thermometer t);

void use(sensor s, other o, thermometer t)
{
    (void)s, (void)o, (void)t;
    float mean; (void)troupe_get(sensor_mean(s), &mean); /* wrong */
}
