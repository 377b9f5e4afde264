/* A subclass's handle is passed on to its base's methods by .super, never by itself. */
#include "classes.h"

void use(sensor s, other o, thermometer t);

void use(sensor s, other o, thermometer t)
{
    (void)s, (void)o, (void)t;
    sensor_store(t, 1, 2.0, "K"); /* wrong */
}
