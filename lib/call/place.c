#include "call/place.h"

#include <stdio.h>

#include "call/caller.h"
#include "troupe/method.h"

enum rule { RULE_ROUND_ROBIN, RULE_RANK, RULE_NOBODY };

static int next_rank(struct trp_rank *rank)
{
    unsigned n = (unsigned)__atomic_fetch_add(&rank->next_rank, 1, __ATOMIC_RELAXED);
    return (int)(n % (unsigned)rank->ranks);
}

int trp_place(struct trp_rank *rank, struct troupe_place place, char story[TRP_REFUSAL_SIZE])
{
    if (place.rule == RULE_ROUND_ROBIN)
        return next_rank(rank);
    if (place.rule != RULE_NOBODY && place.rank >= 0 && place.rank < rank->ranks)
        return place.rank;
    if (place.rule == RULE_NOBODY)
        snprintf(story, TRP_REFUSAL_SIZE, "troupe_beside of no actor: the handle is empty");
    else
        snprintf(story, TRP_REFUSAL_SIZE, "there is no rank %d: the job has ranks 0 to %d",
                 place.rank, rank->ranks - 1);
    return -1;
}

int trp_place_for(struct trp_rank *rank, struct troupe_place place,
                  const struct trp_amounts *request, const char *whose,
                  char story[TRP_REFUSAL_SIZE])
{
    bool chooses = place.rule == RULE_ROUND_ROBIN;
    int host = trp_place(rank, place, story);
    if (host < 0)
        return host;
    for (int tried = 1; chooses && tried < rank->ranks; tried++) {
        if (trp_rank_could(rank->resources, host, request))
            return host;
        host = next_rank(rank);
    }
    if (trp_rank_could(rank->resources, host, request))
        return host;
    trp_request_refusal(rank->resources, chooses ? -1 : host, whose, request, story,
                        TRP_REFUSAL_SIZE);
    return -1;
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
