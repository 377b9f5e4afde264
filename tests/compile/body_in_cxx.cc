/* So are tasks. */
#include "classes.h"

double on_measure(sensor, uint32_t) { return 0; }
TROUPE_BODY(measure, on_measure); /* wrong */
