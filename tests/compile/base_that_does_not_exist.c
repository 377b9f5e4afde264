/* A base must be declared first. */
#include "classes.h"

TROUPE_EXTENDS(barometer, nothing_at_all); /* wrong */
