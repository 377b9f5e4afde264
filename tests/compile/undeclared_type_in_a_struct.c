/* The same for a field. */
#include "classes.h"

TROUPE_STRUCT(wrapped, (plain_pair, pair)); /* wrong */
