/* The same for a result. */
#include "classes.h"

TROUPE_ASK(other, give, plain_pair); /* wrong */
