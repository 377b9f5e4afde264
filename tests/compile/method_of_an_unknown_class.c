/* A method belongs to a declared class. */
#include "classes.h"

TROUPE_TELL(thermostat, turn, (double, by)); /* wrong */
