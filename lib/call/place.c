#include "call/place.h"

#include <stdio.h>

#include "call/caller.h"
#include "schedule/groups.h"
#include "schedule/steal.h"
#include "troupe/method.h"

/* Not small numbers: `.place = 1` compiles, and is none of them. */
enum rule {
    RULE_CHOICE, /* the library's */
    RULE_RANK = 0x1d0000,
    RULE_NOBODY, /* beside, or away from, no actor */
    RULE_NODE,
    RULE_AWAY,
    RULE_PACKED,
    RULE_SPREAD,
    RULE_GROUP,
    RULE_WISH = 1 << 8, /* added: it need not be so */
};

/* ---- choosing -------------------------------------------------------------------------------- */

static int next_rank(struct trp_rank *rank)
{
    unsigned n = (unsigned)__atomic_fetch_add(&rank->next_rank, 1, __ATOMIC_RELAXED);
    return (int)(n % (unsigned)rank->ranks);
}

static bool is_meant(const struct trp_rank *rank, struct troupe_place place, int host)
{
    if (place.rule == RULE_RANK)
        return host == place.rank;
    if (place.rule == RULE_NODE)
        return trp_rank_node(rank->resources, host) == place.rank;
    return place.rule != RULE_AWAY || host != place.rank;
}

/* The next of those that are meant and have so much; -1: none. */
static int next_that_could(struct trp_rank *rank, struct troupe_place place,
                           const struct trp_amounts *request)
{
    for (int tried = 0; tried < rank->ranks; tried++) {
        int host = place.rule == RULE_RANK ? place.rank : next_rank(rank);
        if (is_meant(rank, place, host) && trp_rank_could(rank->resources, host, request))
            return host;
    }
    return -1;
}

static int choose(struct trp_rank *rank, bool task, struct trp_asked *asked)
{
    static const struct troupe_place spread = {.rule = RULE_SPREAD};
    bool claims = asked->number & TRP_ASKS_MORE;
    int host = task ? trp_steal_choose(rank, &asked->wants.amounts, claims) : -1;
    if (task)
        asked->number |= TRP_TASK_MOVES;
    return host >= 0 ? host : next_that_could(rank, spread, &asked->wants.amounts);
}

/* One after the other on the same rank, until what they ask for adds up to what it has. */
static int pack(struct trp_rank *rank, bool task, const struct trp_amounts *asks)
{
    const struct trp_resources *r = rank->resources;
    struct trp_packed *packed = &rank->packed;
    struct trp_amounts takes = *asks, *request = &takes;
    takes.of[TRP_CPUS] += task && !takes.of[TRP_CPUS];
    int host = -1;
    pthread_mutex_lock(&rank->workers->lock);
    for (int tried = 0; tried <= rank->ranks && host < 0; tried++) {
        if (trp_rank_could_with(r, packed->rank, request, &packed->amounts)) {
            host = packed->rank;
            for (int kind = 0; kind < r->kinds; kind++)
                packed->amounts.of[kind] += request->of[kind];
        } else {
            packed->rank = (packed->rank + 1) % rank->ranks;
            packed->amounts = (struct trp_amounts){{0}};
        }
    }
    trp_workers_unlock(rank->workers);
    return host;
}

static int host_by(struct trp_rank *rank, struct troupe_place place, bool task,
                   struct trp_asked *asked)
{
    if (task && (place.rule == RULE_PACKED || place.rule == RULE_SPREAD))
        asked->number |= TRP_TASK_MOVES;
    if (place.rule == RULE_CHOICE)
        return choose(rank, task, asked);
    if (place.rule == RULE_PACKED)
        return pack(rank, task, &asked->wants.amounts);
    return next_that_could(rank, place, &asked->wants.amounts);
}

/* ---- refusing -------------------------------------------------------------------------------- */

/* A place that there is not, whatever is asked for. */
static bool is_strange(struct troupe_place place, char *story)
{
    if (place.rule == RULE_CHOICE || (place.rule >= RULE_RANK && place.rule <= RULE_GROUP))
        return false;
    snprintf(story, TRP_REFUSAL_SIZE, ".place = %d is no place: rank %d is troupe_on(%d)",
             place.rule, place.rule, place.rule);
    return true;
}

static bool is_nowhere(const struct trp_rank *rank, struct troupe_place place, char *story)
{
    bool by_node = place.rule == RULE_NODE, by_rank = place.rule == RULE_RANK;
    int limit = by_node ? rank->resources->nodes : rank->ranks;
    if (place.rule == RULE_NOBODY) {
        snprintf(story, TRP_REFUSAL_SIZE, "troupe_%s of no actor: the handle is empty",
                 place.rank ? "away_from" : "beside");
        return true;
    }
    if ((!by_node && !by_rank) || (place.rank >= 0 && place.rank < limit))
        return false;
    snprintf(story, TRP_REFUSAL_SIZE, "there is no %s %d: the job has %ss 0 to %d",
             by_node ? "node" : "rank", place.rank, by_node ? "node" : "rank", limit - 1);
    return true;
}

static void refuse(const struct trp_rank *rank, struct troupe_place place, const char *whose,
                   const struct trp_amounts *request, char *story)
{
    char who[64] = "no rank of this job has";
    if (place.rule == RULE_RANK)
        snprintf(who, sizeof who, "rank %d has not", place.rank);
    else if (place.rule == RULE_NODE)
        snprintf(who, sizeof who, "no rank of node %d has", place.rank);
    else if (place.rule == RULE_AWAY)
        snprintf(who, sizeof who, "no rank but rank %d has, if any", place.rank);
    if (place.rule == RULE_AWAY && rank->ranks == 1)
        snprintf(story, TRP_REFUSAL_SIZE, "%s is to be away from rank %d, and the job has no other",
                 whose, place.rank);
    else
        trp_request_refusal(rank->resources, who, whose, request, story, TRP_REFUSAL_SIZE);
}

/* ---- in a place of a group ------------------------------------------------------------------- */

/* It is charged to that place, whatever it asks for. */
static int in_group(struct trp_rank *rank, struct troupe_place place, const char *whose, bool task,
                    struct trp_asked *asked, char *story)
{
    char asks[TRP_AMOUNTS_SIZE], there[TRP_AMOUNTS_SIZE];
    struct trp_amounts has, takes = asked->wants.amounts;
    int host;
    takes.of[TRP_CPUS] += task && !takes.of[TRP_CPUS];
    if (!trp_group_place(rank, place.group, place.rank, &host, &has)) {
        snprintf(story, TRP_REFUSAL_SIZE,
                 "%s is to be in place %d of a group: rank %d has reserved no such place, or has "
                 "released it",
                 whose, place.rank, rank->rank);
        return -1;
    }
    for (int kind = 0; kind < TRP_KINDS; kind++)
        if (takes.of[kind] > has.of[kind]) {
            snprintf(story, TRP_REFUSAL_SIZE, "%s asks for %s, which its place of a group has not: "
                     "that has %s", whose,
                     trp_amounts_text(rank->resources, takes.of, asks, sizeof asks),
                     trp_amounts_text(rank->resources, has.of, there, sizeof there));
            return -1;
        }
    asked->number |= TRP_ASKS_MORE;
    asked->wants.group = place.group;
    asked->wants.place = place.rank;
    return host;
}

int trp_place_for(struct trp_rank *rank, struct troupe_place place, const char *whose, bool task,
                  struct trp_asked *asked, char story[TRP_REFUSAL_SIZE])
{
    bool wish = place.rule & RULE_WISH;
    place.rule &= ~RULE_WISH;
    if (place.rule == RULE_GROUP)
        return in_group(rank, place, whose, task, asked, story);
    if (is_strange(place, story) || is_nowhere(rank, place, story))
        return -1;
    int host = host_by(rank, place, task, asked);
    if (host < 0 && wish) {
        place.rule = RULE_CHOICE;
        host = choose(rank, task, asked);
    }
    if (wish && task)
        asked->number |= TRP_TASK_MOVES;
    if (host < 0)
        refuse(rank, place, whose, &asked->wants.amounts, story);
    else if (host == rank->rank && asked->number & TRP_TASK_MOVES)
        trp_steal_coming(rank->workers, 1);
    return host;
}

int trp_place_for_light(struct trp_rank *rank, struct troupe_place place)
{
    if (place.rule == RULE_CHOICE)
        return next_rank(rank);
    return place.rule == RULE_RANK && place.rank < rank->ranks ? place.rank : -1;
}

/* ---- what users say -------------------------------------------------------------------------- */

struct troupe_place troupe_on(int rank)
{
    return (struct troupe_place){.rule = RULE_RANK, .rank = rank};
}

struct troupe_place troupe_here(void)
{
    return troupe_on(trp_caller().rank->rank);
}

struct troupe_place troupe_on_node(int node)
{
    return (struct troupe_place){.rule = RULE_NODE, .rank = node};
}

struct troupe_place troupe_packed(void)
{
    return (struct troupe_place){.rule = RULE_PACKED, .rank = 0};
}

struct troupe_place troupe_spread(void)
{
    return (struct troupe_place){.rule = RULE_SPREAD, .rank = 0};
}

struct troupe_place troupe_in(troupe_group group, int place)
{
    return (struct troupe_place){.rule = RULE_GROUP, .rank = place, .group = group.number};
}

struct troupe_place troupe_rather(struct troupe_place place)
{
    place.rule |= RULE_WISH;
    return place;
}

struct troupe_place troupe_beside_ref(struct troupe_ref actor)
{
    return trp_ref_none(actor) ? (struct troupe_place){.rule = RULE_NOBODY, .rank = 0}
                               : troupe_on(trp_ref_host(actor));
}

struct troupe_place troupe_away_from_ref(struct troupe_ref actor)
{
    if (trp_ref_none(actor))
        return (struct troupe_place){.rule = RULE_NOBODY, .rank = 1};
    return (struct troupe_place){.rule = RULE_AWAY, .rank = trp_ref_host(actor)};
}

int troupe_nodes(void)
{
    return trp_caller().rank->resources->nodes;
}

int troupe_node_of(int rank)
{
    const struct trp_rank *here = trp_caller().rank;
    return rank >= 0 && rank < here->ranks ? trp_rank_node(here->resources, rank) : -1;
}
