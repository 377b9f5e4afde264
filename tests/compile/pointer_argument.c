/* A pointer means nothing on another rank. */
#include "classes.h"

TROUPE_TELL(other, point, (int *, at)); /* wrong */
