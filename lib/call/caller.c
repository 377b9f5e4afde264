#include "call/caller.h"

#include <omp.h>

#include "base/clock.h"
#include "base/log.h"
#include "schedule/send.h"
#include "schedule/wait.h"

struct trp_caller trp_caller(void)
{
    struct trp_context *context = trp_current();
    struct trp_rank *rank = context ? context->rank : trp_home;
    if (!rank)
        trp_die("a function of troupe was called while no troupe_run is under way");
    return (struct trp_caller){context, rank};
}

struct trp_context *trp_caller_waiting(void)
{
    struct trp_context *context = trp_caller().context;
    return context && trp_may_wait(context) ? context : NULL;
}

const char *trp_unreachable(const struct trp_rank *rank, struct troupe_ref actor)
{
    if (trp_ref_none(actor))
        return "the handle is empty, of no actor";
    uint32_t host = (uint32_t)trp_ref_host(actor), ranks = (uint32_t)rank->ranks;
    return host < ranks && trp_ref_creator(actor) < ranks ? NULL
                                                          : "the handle is of no rank of this job";
}

void trp_caller_slow_down(struct trp_caller caller, int to, uint64_t future)
{
    bool outside = !caller.context || caller.context->worker;
    if (!outside && !trp_credit_short(caller.rank, to))
        return;
    trp_credit_wait(caller.rank, caller.context, to);
    if (!caller.context || !caller.context->cancelled || omp_in_parallel())
        return;
    if (future)
        trp_future_drop(trp_caller_futures(caller), future);
    trp_caller_check(caller.context);
}

#define TASKS_A_PAUSE 256 /* some 50 us of submitting */

static void drop_if_cancelled(struct trp_caller caller, uint64_t future)
{
    if (!caller.context->cancelled)
        return;
    trp_future_drop(trp_caller_futures(caller), future);
    trp_caller_check(caller.context);
}

void trp_caller_lets_begin(struct trp_caller caller, uint64_t future)
{
    if (++caller.rank->submitted % TASKS_A_PAUSE || !trp_caller_waiting())
        return;
    trp_wait_prepare(caller.context);
    trp_wait(caller.context, trp_now());
    drop_if_cancelled(caller, future);
}

/* ---- room in a mailbox ----------------------------------------------------------------------- */

uint64_t trp_caller_asks_for_room(struct trp_caller caller, struct troupe_ref to)
{
    struct trp_context *c = to.place & TRP_REF_WAITS ? trp_caller_waiting() : NULL;
    if (!c || (c->actor && trp_ref_same(to, trp_actor_ref(c->actor))))
        return 0;
    uint64_t room = trp_future_new(trp_caller_futures(caller), &trp_nothing, to);
    struct trp_record head = trp_record_for(to, TRP_RECORD_ADMIT);
    head.future = room;
    trp_send_bytes_from(caller.rank, c, trp_ref_host(to), &head, "", 0);
    return room;
}

void trp_caller_waits_for_room(struct trp_caller caller, uint64_t room, uint64_t future)
{
    struct trp_context *c = caller.context;
    struct trp_futures *futures = trp_caller_futures(caller);
    for (;;) {
        trp_wait_prepare(c);
        if (trp_future_watch(futures, room, c) != TRP_FUTURE_PENDING)
            break;
        if (!c->cancelled)
            trp_wait(c, -1);
        if (!c->cancelled)
            continue;
        trp_future_unwatch(futures, room, c);
        trp_future_drop(futures, room);
        if (future)
            trp_future_drop(futures, future);
        trp_caller_check(c);
    }
    trp_block_free(trp_future_take(futures, room).block); /* a story, if it was late */
}
