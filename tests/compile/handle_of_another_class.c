/* A handle of another class is not taken for this class's method. */
#include "classes.h"

void use(sensor s, other o, thermometer t);

void use(sensor s, other o, thermometer t)
{
    (void)s, (void)o, (void)t;
    sensor_store(o, 1, 2.0, "K"); /* wrong */
}
