/* What a subclass adds, its base has not. */
#include "classes.h"

void use(sensor s, other o, thermometer t);

void use(sensor s, other o, thermometer t)
{
    (void)s, (void)o, (void)t;
    thermometer_calibrate(s, 0.5); /* wrong */
}
