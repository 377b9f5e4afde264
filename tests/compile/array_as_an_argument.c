/* An array is the field of a struct; an argument is a span, or that struct. */
#include "classes.h"

TROUPE_TELL(other, call, (TROUPE_ARRAY(char, 16), name)); /* wrong */
