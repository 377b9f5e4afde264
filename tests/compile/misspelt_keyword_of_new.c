/* And those of a constructor. */
#include "classes.h"

void use(sensor s, other o, thermometer t);

void use(sensor s, other o, thermometer t)
{
    (void)s, (void)o, (void)t;
    sensor x = troupe_new(sensor, .nmber = 3); (void)x; /* wrong */
}
