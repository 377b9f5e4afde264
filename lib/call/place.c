#include "call/place.h"

#include "call/caller.h"
#include "troupe/method.h"
#include "troupe/status.h"

enum rule { RULE_ROUND_ROBIN, RULE_RANK, RULE_NOBODY };

static int next_rank(struct trp_rank *rank)
{
    unsigned n = (unsigned)__atomic_fetch_add(&rank->next_rank, 1, __ATOMIC_RELAXED);
    return (int)(n % (unsigned)rank->ranks);
}

bool trp_place_is_there(const struct trp_rank *rank, struct troupe_place place)
{
    return place.rule == RULE_ROUND_ROBIN ||
           (place.rule != RULE_NOBODY && place.rank >= 0 && place.rank < rank->ranks);
}

int trp_place(struct trp_rank *rank, struct troupe_place place)
{
    if (place.rule == RULE_ROUND_ROBIN)
        return next_rank(rank);
    if (place.rule == RULE_NOBODY)
        troupe_fail(TROUPE_INVALID, "troupe_beside of no actor: the handle is empty");
    if (place.rank < 0 || place.rank >= rank->ranks)
        troupe_fail(TROUPE_INVALID, "there is no rank %d: the job has ranks 0 to %d", place.rank,
                    rank->ranks - 1);
    return place.rank;
}

struct troupe_place troupe_on(int rank)
{
    return (struct troupe_place){RULE_RANK, rank};
}

struct troupe_place troupe_here(void)
{
    return troupe_on(trp_caller().rank->rank);
}

struct troupe_place troupe_beside_ref(struct troupe_ref actor)
{
    return trp_ref_none(actor) ? (struct troupe_place){RULE_NOBODY, 0}
                               : troupe_on(trp_ref_host(actor));
}
