/* A tell has no answer to wait for. */
#include "classes.h"

void wait_for(other o);

void wait_for(other o)
{
    (void)o;
    troupe_await(other_poke(o)); /* wrong */
}
