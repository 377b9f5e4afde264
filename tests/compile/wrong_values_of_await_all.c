/* The values of many futures are of their type. */
#include "classes.h"

void use(sensor s, other o, thermometer t);

void use(sensor s, other o, thermometer t)
{
    (void)s, (void)o, (void)t;
    TROUPE_FUTURE(double) f[2] = {{{0}}, {{0}}}; float v[2]; troupe_await_all(f, 2, v); /* wrong */
}
