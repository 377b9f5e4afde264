/* And by keyword. */
#include "classes.h"

void use(sensor s, other o, thermometer t);

void use(sensor s, other o, thermometer t)
{
    (void)s, (void)o, (void)t;
    troupe_drop(troupe_submit(measure, .tims = 3)); /* wrong */
}
