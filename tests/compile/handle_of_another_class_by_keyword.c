/* The same in the keyword form. */
#include "classes.h"

void use(sensor s, other o, thermometer t);

void use(sensor s, other o, thermometer t)
{
    (void)s, (void)o, (void)t;
    troupe_call(sensor_store, o, .at = 1); /* wrong */
}
