/* A class is implemented where its state is known. */
#include "classes.h"

TROUPE_IMPLEMENT(other, (poke, NULL)); /* wrong */
