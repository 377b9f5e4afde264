/* A pointer is not a number. */
#include "classes.h"

void use(sensor s, other o, thermometer t);

void use(sensor s, other o, thermometer t)
{
    (void)s, (void)o, (void)t;
    sensor_store(s, "one", 2.0, "K"); /* wrong */
}
