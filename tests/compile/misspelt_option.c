/* An option that does not exist. */
#include "classes.h"

void use(sensor s, other o, thermometer t);

void use(sensor s, other o, thermometer t)
{
    (void)s, (void)o, (void)t;
    troupe_call(sensor_store, s, .with = {.cpu = 1}); /* wrong */
}
