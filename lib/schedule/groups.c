#include "schedule/groups.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "schedule/claims.h"
#include "schedule/send.h"
#include "schedule/steal.h"
#include "troupe/status.h"

#define KEEPER 0 /* rank */

void trp_group_say(struct trp_rank *rank, int to, enum trp_group_word word, uint64_t group,
                   int64_t number, uint64_t future, const void *bytes, size_t size)
{
    const struct trp_record head = {.kind = TRP_RECORD_GROUP,
                                    .slot = (uint64_t)word & UINT16_MAX,
                                    .serial = group,
                                    .number = number,
                                    .future = future};
    trp_send_bytes_from(rank, NULL, to, &head, bytes, size);
}

/* ---- bundles --------------------------------------------------------------------------------- */

static struct trp_bundle **find_ready(struct trp_workers *w, uint64_t group, int64_t place)
{
    struct trp_bundle **link = &w->bundles;
    while (*link && ((*link)->group != group || (*link)->place != place))
        link = &(*link)->next;
    return link;
}

static struct trp_bundle **find_waiting(struct trp_workers *w, uint64_t group, int64_t place)
{
    struct trp_bundle **link = &w->waiting_bundles;
    while (*link && ((*link)->group != group || (*link)->place != place))
        link = &(*link)->waiting;
    return link;
}

void trp_bundle_join(struct trp_rank *rank, struct trp_claim *claim, uint64_t group, int64_t place)
{
    if (!group)
        return;
    pthread_mutex_lock(&rank->workers->lock);
    struct trp_bundle *bundle = *find_ready(rank->workers, group, place);
    if (bundle && !bundle->over) {
        claim->bundle = bundle;
        bundle->users++;
    }
    trp_workers_unlock(rank->workers);
}

static void prepare(struct trp_rank *rank, const struct trp_record *record)
{
    struct trp_workers *w = rank->workers;
    struct trp_bundle *b = calloc(1, sizeof *b);
    struct trp_amounts amounts;
    memcpy(&amounts, trp_record_body(record), sizeof amounts);
    if (!b || !(b->claim = trp_claim_new(&amounts, "a place of a group")))
        trp_die("no memory for a place of a group");
    b->rank = rank;
    b->group = record->serial;
    b->place = record->number;
    b->slots.cpus = (int)amounts.of[TRP_CPUS];
    b->slots.end = &b->slots.head;
    b->claim->reserves = b;
    pthread_mutex_lock(&w->lock);
    b->waiting = w->waiting_bundles;
    w->waiting_bundles = b;
    if (trp_stock_claim(&w->stock, b->claim))
        trp_bundle_claimed(b);
    trp_workers_unlock(w);
}

void trp_bundle_claimed(struct trp_bundle *b)
{
    b->state = TRP_BUNDLE_WAITS;
    b->turn = (struct turn){.cpus = b->slots.cpus, .bundle = b, .reserves = true};
    if (b->slots.cpus)
        trp_worker_queue(b->rank->workers, &b->turn);
    else
        trp_bundle_ready(b);
}

/* Its slots are taken from the rank's, and free in the bundle. */
void trp_bundle_ready(struct trp_bundle *b)
{
    struct trp_workers *w = b->rank->workers;
    *find_waiting(w, b->group, b->place) = b->waiting;
    b->state = TRP_BUNDLE_READY;
    w->slots.cpus -= b->slots.cpus;
    trp_slots_take(w, &b->slots, -b->slots.cpus);
    trp_stock_open_within(&b->stock, &w->stock, b->claim);
    b->next = w->bundles;
    w->bundles = b;
    trp_group_say(b->rank, KEEPER, TRP_GROUP_READY, b->group, 0, 0, "", 0);
}

/* What it held is the rank's again. */
static void give_back(struct trp_bundle *b)
{
    struct trp_rank *rank = b->rank;
    trp_group_say(rank, KEEPER, TRP_GROUP_LEFT, b->group, b->place, 0, "", 0);
    trp_claims_end(rank, b->claim);
    free(b);
    trp_worker_call_next(rank->workers);
    trp_steal_if_dry(rank);
}

void trp_bundle_look(struct trp_bundle *b)
{
    struct trp_workers *w = b->rank->workers;
    if (!b->over || b->users || b->slots.free < b->slots.cpus)
        return;
    *find_ready(w, b->group, b->place) = b->next;
    w->slots.cpus += b->slots.cpus;
    trp_slots_take(w, &b->slots, b->slots.cpus);
    trp_slots_take(w, &w->slots, -b->slots.cpus);
    give_back(b);
}

void trp_bundle_leave(struct trp_bundle *b)
{
    b->users--;
    trp_bundle_look(b);
}

static void leave(struct trp_rank *rank, const struct trp_record *record)
{
    struct trp_workers *w = rank->workers;
    pthread_mutex_lock(&w->lock);
    struct trp_bundle **link = find_waiting(w, record->serial, record->number), *b = *link;
    if (b) {
        *link = b->waiting;
        if (b->state == TRP_BUNDLE_WAITS)
            trp_worker_forgo(w, &b->turn);
        give_back(b);
    } else if ((b = *find_ready(w, record->serial, record->number))) {
        b->over = true;
        trp_bundle_look(b);
    }
    trp_workers_unlock(w);
}

/* ---- on the rank that asks ------------------------------------------------------------------- */

static struct trp_group **find(struct trp_workers *w, uint64_t number)
{
    struct trp_group **link = &w->groups;
    while (*link && (*link)->number != number)
        link = &(*link)->next;
    return link;
}

bool trp_group_place(struct trp_rank *rank, uint64_t number, int64_t place, int *host,
                     struct trp_amounts *has)
{
    pthread_mutex_lock(&rank->workers->lock);
    const struct trp_group *group = *find(rank->workers, number);
    bool there = group && group->granted && place >= 0 && place < group->places;
    if (there) {
        *host = group->ranks[place];
        *has = group->each;
    }
    trp_workers_unlock(rank->workers);
    return there;
}

uint64_t trp_group_ask(struct trp_rank *rank, const struct trp_wish *wish, uint64_t future)
{
    struct trp_workers *w = rank->workers;
    size_t places = (size_t)wish->places;
    struct trp_group *group = calloc(1, sizeof *group + places * sizeof *group->ranks);
    if (!group)
        return 0;
    group->future = future;
    group->places = wish->places;
    group->each = wish->each;
    pthread_mutex_lock(&w->lock);
    uint64_t number = ++w->groups_made * TRP_RANKS_MAX + (uint64_t)rank->rank;
    group->number = number;
    group->next = w->groups;
    w->groups = group;
    trp_group_say(rank, KEEPER, TRP_GROUP_RESERVE, number, 0, 0, wish, sizeof *wish);
    trp_workers_unlock(w);
    return number;
}

/* The one who asked may have given up. */
static void granted(struct trp_rank *rank, const struct trp_record *record)
{
    struct trp_workers *w = rank->workers;
    uint64_t future = 0;
    pthread_mutex_lock(&w->lock);
    struct trp_group *group = *find(w, record->serial);
    if (group) {
        memcpy(group->ranks, trp_record_body(record),
               (size_t)group->places * sizeof *group->ranks);
        group->granted = true;
        future = group->future;
    }
    trp_workers_unlock(w);
    if (future)
        trp_future_resolve(trp_futures_of(rank, future), future, TROUPE_OK, "", 0);
}

void trp_group_release(struct trp_rank *rank, uint64_t number)
{
    struct trp_workers *w = rank->workers;
    pthread_mutex_lock(&w->lock);
    struct trp_group **link = find(w, number), *group = *link;
    if (group) {
        *link = group->next;
        free(group);
        trp_group_say(rank, KEEPER, TRP_GROUP_RELEASE, number, 0, 0, "", 0);
    }
    trp_workers_unlock(w);
}

/* ---- all of them ----------------------------------------------------------------------------- */

void trp_groups_deliver(struct trp_rank *rank, const struct trp_record *record, int from)
{
    switch (record->slot) {
    case TRP_GROUP_PREPARE:
        prepare(rank, record);
        break;
    case TRP_GROUP_GRANTED:
        granted(rank, record);
        break;
    case TRP_GROUP_LEAVE:
        leave(rank, record);
        break;
    default:
        trp_keeper_hears(rank, record, from);
    }
}

static void close_bundle(struct trp_bundle *b)
{
    free(b->claim);
    free(b);
}

void trp_groups_close(struct trp_workers *w)
{
    for (struct trp_bundle *b = w->bundles, *next; b; b = next) {
        next = b->next;
        close_bundle(b);
    }
    for (struct trp_bundle *b = w->waiting_bundles, *next; b; b = next) {
        next = b->waiting;
        close_bundle(b);
    }
    for (struct trp_group *group = w->groups, *next; group; group = next) {
        next = group->next;
        free(group);
    }
    trp_keeper_close(w);
}
