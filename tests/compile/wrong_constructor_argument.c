/* A constructor's arguments are checked. */
#include "classes.h"

void use(sensor s, other o, thermometer t);

void use(sensor s, other o, thermometer t)
{
    (void)s, (void)o, (void)t;
    sensor x = sensor_new("seven"); (void)x; /* wrong */
}
