/* A body takes what its method takes. */
#include "classes.h"

static void on_poke(struct other_state *self, int x)
{
    (void)self, (void)x;
}
struct other_state {
    int nothing;
};
TROUPE_IMPLEMENT(other, (poke, on_poke)); /* wrong */
