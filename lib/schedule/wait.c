#include "schedule/wait.h"

#include <stdlib.h>

#include "base/clock.h"
#include "schedule/loop.h"
#include "schedule/rank.h"
#include "schedule/role.h"
#include "schedule/trace.h"
#include "schedule/workers.h"

void trp_wait_prepare(struct trp_context *context)
{
    if (context->worker)
        trp_worker_prepare(context);
    else
        context->woken = false;
}

static void link_parked(struct trp_rank *rank, struct trp_context *c)
{
    c->parked_next = rank->parked;
    c->parked_link = &rank->parked;
    if (rank->parked)
        rank->parked->parked_link = &c->parked_next;
    rank->parked = c;
    rank->parked_count++;
}

static void unlink_parked(struct trp_context *c)
{
    c->rank->parked_count--;
    *c->parked_link = c->parked_next;
    if (c->parked_next)
        c->parked_next->parked_link = c->parked_link;
}

__attribute__((always_inline)) static inline void park(struct trp_rank *rank, struct trp_context *c)
{
    link_parked(rank, c);
    trp_set_current(NULL);
    trp_carrier_park(&rank->carrier, &c->stack);
    trp_set_current(c);
    c->stack = NULL;
    unlink_parked(c);
}

/* In place: answers only, all that have come, sleeping when there is nothing at all to do. */
__attribute__((always_inline)) static inline void wait_here(struct trp_rank *rank,
                                                            struct trp_context *c)
{
    trp_trace(c, TRP_TRACE_WAITS);
    if (rank->watched)
        c->since = trp_now_ns();
    if (c->began)
        trp_context_waits(c, rank->watched ? c->since : trp_now_ns());
    while (!c->woken) {
        enum trp_loop_seen seen = trp_loop_takes_answers(rank);
        if (seen == TRP_LOOP_ANSWERS)
            continue;
        if (seen == TRP_LOOP_OTHERS || trp_loop_can_run(rank))
            park(rank, c);
        else
            trp_loop_refill_or_sleep(rank);
    }
    while (!trp_role_suits(c)) { /* a thread of another kind has come to play this rank */
        trp_context_push(&rank->ready, c);
        park(rank, c);
    }
    if (c->began)
        trp_context_goes_on(c, trp_now_ns());
    trp_trace(c, TRP_TRACE_GOES_ON);
}

/* Its own method cannot run before this one ends. */
static bool is_own(const struct trp_context *c, const struct trp_future_slot *slot)
{
    return c->actor && trp_ref_same(slot->target, trp_actor_ref(c->actor));
}

bool trp_wait_future(struct trp_context *context, uint64_t future)
{
    struct trp_rank *rank = context->rank;
    struct trp_future_slot *slot =
        trp_future_is_shared(future) ? NULL : trp_slot_find(&rank->futures, future);
    if (!slot || slot->state != TRP_SLOT_PENDING || slot->waiter || is_own(context, slot))
        return false;
    slot->waiter = context;
    context->woken = context->cancelled; /* while it computed */
    wait_here(rank, context);
    if (slot->waiter == context)
        slot->waiter = NULL;
    return !context->cancelled;
}

static void wake_timed(struct trp_timer *timer)
{
    trp_wake((struct trp_context *)(void *)((char *)timer - offsetof(struct trp_context, timer)));
}

void trp_wait(struct trp_context *context, double deadline)
{
    if (context->worker) {
        trp_worker_wait(context, deadline);
        return;
    }
    context->timer.at = deadline;
    context->timer.fire = wake_timed;
    if (deadline >= 0)
        trp_timers_add(&context->rank->timers, &context->timer);
    wait_here(context->rank, context);
    trp_timers_remove(&context->rank->timers, &context->timer);
}

void trp_wake(struct trp_context *context)
{
    if (context->worker) {
        trp_worker_wake(context);
    } else if (!context->woken) {
        context->woken = true;
        if (context->stack)
            trp_context_push(&context->rank->ready, context);
    }
}

void trp_cancel(struct trp_context *context, int status, char *story)
{
    free(context->cancelled_by);
    __atomic_store_n(&context->cancelled, status, __ATOMIC_RELAXED);
    context->cancelled_by = story;
    trp_wake(context);
}
