/* Calls from actor to actor on rank 0. */
#include "ours.h"

#include "target.h"

double ours_local_tell(uint64_t n)
{
    return troupe_await(prodder_tell(prodder_on_0(), target_on(0), n));
}

double ours_local_ask(uint64_t n)
{
    return troupe_await(prodder_ask(prodder_on_0(), target_on(0), n));
}
