/* An override needs something to override. */
#include "classes.h"

TROUPE_OVERRIDE_TELL(thermometer, sensor, melt); /* wrong */
