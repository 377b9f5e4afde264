/* An argument that the method does not have. */
#include "classes.h"

void use(sensor s, other o, thermometer t);

void use(sensor s, other o, thermometer t)
{
    (void)s, (void)o, (void)t;
    troupe_call(sensor_store, s, .att = 1); /* wrong */
}
