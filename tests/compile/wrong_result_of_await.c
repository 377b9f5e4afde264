/* A struct is not a number. */
#include "classes.h"

void use(sensor s, other o, thermometer t);

void use(sensor s, other o, thermometer t)
{
    (void)s, (void)o, (void)t;
    double x = troupe_await(sensor_all(s)); (void)x; /* wrong */
}
