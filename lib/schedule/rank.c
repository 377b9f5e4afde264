#include "schedule/rank.h"

#include <stdlib.h>

#include "base/log.h"
#include "schedule/alarms.h"
#include "schedule/bulk.h"
#include "schedule/deadlines.h"
#include "schedule/figures.h"
#include "schedule/life.h"
#include "schedule/loop.h"
#include "schedule/names.h"
#include "schedule/send.h"
#include "schedule/workers.h"

#define METHOD_STACK (256 * 1024) /* bytes; only what is touched takes memory */

struct trp_rank *trp_home;
struct trp_futures trp_shared_futures;
static int sharers; /* ranks that are open, or abandoned */
static struct trp_rank *abandoned; /* the latest; for those who look for leaks */

struct trp_rank *trp_rank_open(struct trp_wire *wire, struct trp_stack *native,
                               size_t stack_bytes)
{
    struct trp_rank *rank = calloc(1, sizeof *rank);
    size_t ranks = (size_t)wire->ranks;
    if (!rank || !(rank->outlets = calloc(ranks, sizeof *rank->outlets)) ||
        !(rank->dirty = calloc(ranks, sizeof(int))))
        trp_die("no memory for a rank of %zu", ranks);
    if (ranks > TRP_RANKS_MAX)
        trp_die("%zu ranks are more than a handle can name: %u", ranks, TRP_RANKS_MAX);
    rank->rank = wire->rank;
    rank->ranks = wire->ranks;
    rank->packed.rank = wire->rank;
    rank->parked_most = TRP_PARKED_MOST;
    rank->wire = wire;
    wire->running = &rank->carrier.running;
    trp_inbox_open(&rank->inbox);
    trp_guests_open(&rank->guests);
    trp_actors_open(&rank->actors, rank->ranks);
    trp_ties_open(&rank->ties);
    trp_futures_open(&rank->futures, false);
    if (sharers++ == 0)
        trp_futures_open(&trp_shared_futures, true);
    trp_credit_open(rank);
    trp_names_open(rank);
    rank->resources = trp_resources_open(wire);
    trp_workers_open(rank);
    trp_counts_open(rank);
    trp_carrier_open(&rank->carrier, native, trp_loop, rank,
                     stack_bytes ? stack_bytes : METHOD_STACK);
    return rank;
}

/* What still waits at the end waits for nothing: its frames are given up. Those whose memory the
   wire reads wait until it has been closed. */
static void give_up_parked(struct trp_rank *rank, bool shipping)
{
    struct trp_context *next, *kept = NULL, *before = trp_current();
    for (struct trp_context *c = rank->parked; c; c = next) {
        next = c->parked_next;
        if (c->shipping != shipping) {
            c->parked_next = kept;
            kept = c;
            continue;
        }
        struct trp_stack *stack = c->stack;
        struct trp_parcel *parcel = c->parcel;
        trp_timers_remove(&rank->timers, &c->timer);
        if (c->actor)
            c->actor->running = NULL;
        trp_set_current(c); /* whose deferred functions run */
        trp_context_release(c);
        if (parcel)
            trp_parcel_drop(parcel);
        trp_carrier_discard(&rank->carrier, stack);
    }
    rank->parked = kept;
    rank->ready = (struct trp_context_queue){0}; /* nobody is resumed any more */
    trp_set_current(before);
}

static void drop_parcels(struct trp_rank *rank)
{
    struct trp_parcel *parcel;
    while ((parcel = trp_parcel_pop(&rank->urgent)) || (parcel = trp_parcel_pop(&rank->input)) ||
           (parcel = trp_parcel_pop(&rank->urgent_out)))
        trp_parcel_drop(parcel);
    if (rank->spent)
        trp_parcel_drop(rank->spent);
    for (int i = 0; i < rank->ranks; i++)
        if (rank->outlets[i].parcel)
            trp_parcel_drop(rank->outlets[i].parcel);
}

void trp_rank_end(struct trp_rank *rank)
{
    trp_workers_give_up(rank);
    give_up_parked(rank, false);
    trp_life_end_level(rank, 0);
    trp_alarms_close(rank);
    trp_deadlines_close(rank);
}

bool trp_rank_abandoned(void)
{
    return abandoned;
}

void trp_rank_close(struct trp_rank *rank)
{
    trp_workers_unwind(rank);
    give_up_parked(rank, true);
    trp_bulk_close(rank);
    drop_parcels(rank);
    trp_names_close(rank);
    trp_timers_close(&rank->timers);
    trp_carrier_close(&rank->carrier);
    if (rank->workers) {
        rank->abandoned = abandoned;
        abandoned = rank; /* a task that goes on may still send and wait: it keeps what it uses */
        return;
    }
    trp_counts_close(rank);
    trp_actors_close(&rank->actors);
    trp_ties_close(&rank->ties);
    trp_futures_close(&rank->futures);
    if (--sharers == 0)
        trp_futures_close(&trp_shared_futures);
    trp_inbox_close(&rank->inbox);
    trp_guests_close(&rank->guests);
    trp_credit_close(rank);
    free(rank->outlets);
    free(rank->mail.actors);
    free(rank->dirty);
    trp_resources_close(rank->resources);
    free(rank);
}
