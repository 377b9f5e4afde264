/* The names of generated functions are not free for methods. */
#include "classes.h"

TROUPE_TELL(other, self); /* wrong */
