/* A task takes what it was declared with. */
#include "classes.h"

static double on_measure(sensor from)
{
    (void)from;
    return 0;
}
TROUPE_BODY(measure, on_measure); /* wrong */
