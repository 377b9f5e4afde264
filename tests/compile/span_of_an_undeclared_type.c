/* The elements of a span are declared, too. */
#include "classes.h"

TROUPE_TELL(other, take, (TROUPE_SPAN(plain_pair), pairs)); /* wrong */
