/* Classes are implemented in C. */
#include "classes.h"

static void on_poke(struct other_state *) {}
TROUPE_IMPLEMENT(other, (poke, on_poke)); /* wrong */
