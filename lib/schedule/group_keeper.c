/*
 * The keeper of groups, on rank 0: see groups.h.
 *
 * Its ledger says how much of each rank is held by groups; what else holds it is not its matter. A
 * wish is entered when the ledger has room for all of it, and then each rank is told to prepare its
 * places. Wishes wait in order; one that fits passes those before it that do not, each of which is
 * passed TRP_OVERTAKEN_MAX times at most.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "schedule/groups.h"

/* One that is asked for, or held. */
struct entry {
    struct entry *next;
    uint64_t group;
    int asks; /* rank */
    struct trp_wish wish;
    unsigned overtaken;
    bool entered; /* in the ledger */
    bool over;    /* released: places that have left leave the ledger, too */
    int pending;  /* answers of places that are still to come */
    int32_t ranks[];
};

struct trp_keeper {
    struct entry *first;
    struct trp_amounts *held; /* [ranks] */
};

/* ---- which ranks ----------------------------------------------------------------------------- */

/* What is free of a rank. */
struct room {
    const struct trp_resources *resources;
    const struct trp_wish *wish;
    struct trp_amounts *held;
    int32_t *ranks;
    int32_t found;
};

static bool is_used(const struct room *room, int rank)
{
    for (int32_t i = 0; i < room->found; i++)
        if (room->ranks[i] == rank)
            return true;
    return false;
}

static bool put(struct room *room, int rank)
{
    if (room->found == room->wish->places ||
        !trp_rank_could_with(room->resources, rank, &room->wish->each, &room->held[rank]))
        return false;
    for (int kind = 0; kind < room->resources->kinds; kind++)
        room->held[rank].of[kind] += room->wish->each.of[kind];
    room->ranks[room->found++] = rank;
    return true;
}

static void fill_ranks(struct room *room, int node)
{
    for (int rank = 0; rank < room->resources->ranks; rank++)
        if (node < 0 || trp_rank_node(room->resources, rank) == node)
            while (put(room, rank)) {
            }
}

/* All on one rank, or else on one node. */
static bool pack_strictly(struct room *room, const struct trp_amounts *held)
{
    const struct trp_resources *r = room->resources;
    size_t bytes = (size_t)r->ranks * sizeof *held;
    for (int at = 0; at < r->ranks + r->nodes && room->found < room->wish->places; at++) {
        room->found = 0;
        memcpy(room->held, held, bytes);
        if (at >= r->ranks)
            fill_ranks(room, at - r->ranks);
        else
            while (put(room, at)) {
            }
    }
    return room->found == room->wish->places;
}

/* One a rank, on ranks that have none yet; more only in later rounds, if that may be. */
static bool spread(struct room *room, bool strictly)
{
    for (bool more = true; more && room->found < room->wish->places;) {
        more = false;
        for (int rank = 0; rank < room->resources->ranks; rank++)
            more |= (!strictly || !is_used(room, rank)) && put(room, rank);
    }
    return room->found == room->wish->places;
}

bool trp_group_assign(const struct trp_resources *r, const struct trp_wish *wish,
                      const struct trp_amounts *held, int32_t *ranks)
{
    size_t bytes = (size_t)r->ranks * sizeof *held;
    struct trp_amounts *scratch = malloc(bytes);
    if (!scratch)
        trp_die("no memory for what groups hold of %d ranks", r->ranks);
    memcpy(scratch, held, bytes);
    struct room room = {.resources = r, .wish = wish, .held = scratch, .ranks = ranks};
    bool packs = wish->strategy == TROUPE_PACK || wish->strategy == TROUPE_PACK_STRICTLY;
    bool found = packs ? pack_strictly(&room, held)
                       : spread(&room, wish->strategy == TROUPE_SPREAD_STRICTLY);
    if (!found && wish->strategy == TROUPE_PACK) {
        room.found = 0;
        memcpy(scratch, held, bytes);
        fill_ranks(&room, -1);
        found = room.found == wish->places;
    }
    free(scratch);
    return found;
}

/* ---- the ledger ------------------------------------------------------------------------------ */

static struct trp_keeper *keeper_of(struct trp_rank *rank)
{
    struct trp_workers *w = rank->workers;
    if (!w->keeper && (w->keeper = calloc(1, sizeof *w->keeper)))
        w->keeper->held = calloc((size_t)rank->ranks, sizeof *w->keeper->held);
    if (!w->keeper || !w->keeper->held)
        trp_die("no memory for what groups hold of %d ranks", rank->ranks);
    return w->keeper;
}

static void write_off(struct trp_keeper *k, const struct entry *e, int rank)
{
    for (int kind = 0; kind < TRP_KINDS; kind++)
        k->held[rank].of[kind] -= e->wish.each.of[kind];
}

static void enter(struct trp_rank *rank, struct trp_keeper *k, struct entry *e)
{
    e->entered = true;
    e->pending = e->wish.places;
    for (int32_t place = 0; place < e->wish.places; place++) {
        for (int kind = 0; kind < TRP_KINDS; kind++)
            k->held[e->ranks[place]].of[kind] += e->wish.each.of[kind];
        trp_group_say(rank, e->ranks[place], TRP_GROUP_PREPARE, e->group, place, 0, &e->wish.each,
                      sizeof e->wish.each);
    }
}

static void overtake(struct trp_keeper *k, const struct entry *by)
{
    for (struct entry *e = k->first; e != by; e = e->next)
        e->overtaken += !e->entered;
}

static void admit(struct trp_rank *rank, struct trp_keeper *k)
{
    for (struct entry *e = k->first; e; e = e->next) {
        if (e->entered)
            continue;
        if (trp_group_assign(rank->resources, &e->wish, k->held, e->ranks)) {
            overtake(k, e);
            enter(rank, k, e);
        } else if (e->overtaken >= TRP_OVERTAKEN_MAX) {
            return;
        }
    }
}

/* ---- what comes ------------------------------------------------------------------------------ */

static struct entry **find(struct trp_keeper *k, uint64_t group)
{
    struct entry **link = &k->first;
    while (*link && (*link)->group != group)
        link = &(*link)->next;
    return link;
}

static void reserve(struct trp_keeper *k, const struct trp_record *record, int from)
{
    struct trp_wish wish;
    memcpy(&wish, trp_record_body(record), sizeof wish);
    struct entry **end = &k->first;
    struct entry *e = calloc(1, sizeof *e + (size_t)wish.places * sizeof *e->ranks);
    if (!e)
        trp_die("no memory for a group of %d places", wish.places);
    e->group = record->serial;
    e->asks = from;
    e->wish = wish;
    while (*end)
        end = &(*end)->next;
    *end = e;
}

static void remove_entry(struct trp_keeper *k, struct entry *e)
{
    *find(k, e->group) = e->next;
    free(e);
}

/* Those of its places that are not ready yet never are; all say when they are free. */
static void release(struct trp_rank *rank, struct trp_keeper *k, struct entry *e)
{
    if (!e->entered) {
        remove_entry(k, e);
        return;
    }
    e->over = true;
    e->pending = e->wish.places;
    for (int32_t place = 0; place < e->wish.places; place++)
        trp_group_say(rank, e->ranks[place], TRP_GROUP_LEAVE, e->group, place, 0, "", 0);
}

static void place_is_ready(struct trp_rank *rank, struct entry *e)
{
    if (!e->over && --e->pending == 0)
        trp_group_say(rank, e->asks, TRP_GROUP_GRANTED, e->group, 0, 0, e->ranks,
                      (size_t)e->wish.places * sizeof *e->ranks);
}

static void place_has_left(struct trp_keeper *k, struct entry *e, int from)
{
    write_off(k, e, from);
    if (--e->pending == 0)
        remove_entry(k, e);
}

void trp_keeper_hears(struct trp_rank *rank, const struct trp_record *record, int from)
{
    struct trp_keeper *k = keeper_of(rank);
    struct entry *e = *find(k, record->serial);
    if (record->slot == TRP_GROUP_RESERVE)
        reserve(k, record, from);
    else if (e && record->slot == TRP_GROUP_RELEASE)
        release(rank, k, e);
    else if (e && record->slot == TRP_GROUP_READY)
        place_is_ready(rank, e);
    else if (e && record->slot == TRP_GROUP_LEFT)
        place_has_left(k, e, from);
    admit(rank, k);
}

void trp_keeper_close(struct trp_workers *w)
{
    struct trp_keeper *k = w->keeper;
    for (struct entry *e = k ? k->first : NULL, *next; e; e = next) {
        next = e->next;
        free(e);
    }
    if (k)
        free(k->held);
    free(k);
}
