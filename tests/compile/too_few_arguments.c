/* A positional call names every argument. */
#include "classes.h"

void use(sensor s, other o, thermometer t);

void use(sensor s, other o, thermometer t)
{
    (void)s, (void)o, (void)t;
    sensor_store(s, 1, 2.0); /* wrong */
}
