/* A type that was not declared might hold a pointer. */
#include "classes.h"

TROUPE_TELL(other, take, (plain_pair, pair)); /* wrong */
