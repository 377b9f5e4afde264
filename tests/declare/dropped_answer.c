/* An ask whose answer is dropped without a word draws a warning. */
#include "troupe.h"

TROUPE_CLASS(sensor);
TROUPE_ASK(sensor, mean, double);

void use(sensor s);

void use(sensor s)
{
    troupe_drop(sensor_mean(s));
    sensor_mean(s); /* dropped */
}
