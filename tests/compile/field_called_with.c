/* Which is the name of the options. */
#include "classes.h"

TROUPE_TELL(other, meet, (uint32_t, with)); /* wrong */
