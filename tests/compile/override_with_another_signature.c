/* An override takes what its base takes. */
#include "classes.h"

TROUPE_OVERRIDE_TELL(thermometer, sensor, store, (uint32_t, at)); /* wrong */
