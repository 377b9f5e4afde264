/* A task's arguments are checked like a method's. */
#include "classes.h"

void use(sensor s, other o, thermometer t);

void use(sensor s, other o, thermometer t)
{
    (void)s, (void)o, (void)t;
    troupe_drop(measure(o, 3)); /* wrong */
}
