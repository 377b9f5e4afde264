/* A class that was never declared. */
#include "classes.h"

void use(sensor s, other o, thermometer t);

void use(sensor s, other o, thermometer t)
{
    (void)s, (void)o, (void)t;
    thermostat x = thermostat_new(); /* wrong */
}
