#include "call/place.h"

#include <stdio.h>

#include "call/caller.h"
#include "schedule/steal.h"
#include "troupe/method.h"

enum rule { RULE_ROUND_ROBIN, RULE_RANK, RULE_NOBODY };

static int next_rank(struct trp_rank *rank)
{
    unsigned n = (unsigned)__atomic_fetch_add(&rank->next_rank, 1, __ATOMIC_RELAXED);
    return (int)(n % (unsigned)rank->ranks);
}

/* The next that has so much; -1: none. */
static int next_that_could(struct trp_rank *rank, const struct trp_amounts *request)
{
    for (int tried = 0; tried < rank->ranks; tried++) {
        int host = next_rank(rank);
        if (trp_rank_could(rank->resources, host, request))
            return host;
    }
    return -1;
}

static int choose(struct trp_rank *rank, bool task, struct trp_asked *asked)
{
    bool claims = asked->number & TRP_ASKS_MORE;
    int host = task ? trp_steal_choose(rank, &asked->request, claims) : -1;
    if (task)
        asked->number |= TRP_TASK_MOVES;
    return host >= 0 ? host : next_that_could(rank, &asked->request);
}

/* That there is. */
static int rank_of(const struct trp_rank *rank, struct troupe_place place, char *story)
{
    if (place.rule != RULE_NOBODY && place.rank >= 0 && place.rank < rank->ranks)
        return place.rank;
    if (place.rule == RULE_NOBODY)
        snprintf(story, TRP_REFUSAL_SIZE, "troupe_beside of no actor: the handle is empty");
    else
        snprintf(story, TRP_REFUSAL_SIZE, "there is no rank %d: the job has ranks 0 to %d",
                 place.rank, rank->ranks - 1);
    return -1;
}

int trp_place_for(struct trp_rank *rank, struct troupe_place place, const char *whose, bool task,
                  struct trp_asked *asked, char story[TRP_REFUSAL_SIZE])
{
    bool chooses = place.rule == RULE_ROUND_ROBIN;
    int named = chooses ? -1 : rank_of(rank, place, story);
    if (!chooses && named < 0)
        return -1;
    if (chooses)
        named = choose(rank, task, asked);
    if (named >= 0 && trp_rank_could(rank->resources, named, &asked->request))
        return named;
    trp_request_refusal(rank->resources, named, whose, &asked->request, story, TRP_REFUSAL_SIZE);
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
