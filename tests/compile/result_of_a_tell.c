/* A tell has no answer to wait for. */
#include "classes.h"

void use(sensor s, other o, thermometer t);

void use(sensor s, other o, thermometer t)
{
    (void)s, (void)o, (void)t;
    troupe_await(sensor_store(s, 1, 2.0, "K")); /* wrong */
}
