/*
 * Ending actors, and hearing of their end: see troupe/life.h.
 */
#include "troupe/life.h"

#include <string.h>

#include "base/log.h"
#include "call/caller.h"
#include "schedule/send.h"
#include "schedule/who.h"
#include "troupe/method.h"

/* A record that says who wants it. */
static void send_end_from(struct trp_caller caller, struct troupe_ref actor,
                          enum trp_record_kind kind, const char *what)
{
    char who[TRP_WHO_SIZE] = "a thread of an OpenMP team";
    const char *why = trp_unreachable(caller.rank, actor);
    if (why) {
        trp_log(TRP_LOG_WARNING, "%s of no actor: %s", what, why);
        return;
    }
    if (caller.context)
        trp_context_name(caller.context, who, sizeof who);
    struct trp_record head = trp_record_for(actor, kind);
    head.number = TROUPE_END_KILLED;
    trp_send_bytes_from(caller.rank, caller.context, trp_ref_host(actor), &head, who,
                        strlen(who) + 1);
}

static void send_end(struct troupe_ref actor, enum trp_record_kind kind, const char *what)
{
    bool outside = trp_call_enter();
    struct trp_caller caller = trp_caller();
    send_end_from(caller, actor, kind, what);
    trp_role_leave(outside);
}

void troupe_stop_ref(struct troupe_ref actor)
{
    send_end(actor, TRP_RECORD_STOP, "troupe_stop");
}

void troupe_kill_ref(struct troupe_ref actor)
{
    send_end(actor, TRP_RECORD_KILL, "troupe_kill");
}

void troupe_exit_actor(void)
{
    struct trp_context *c = trp_caller().context;
    if (!c || !c->actor)
        troupe_fail(TROUPE_NOT_HERE, "troupe_exit_actor outside of a method");
    c->exiting = true;
}

static troupe_future_troupe_end watch_from(struct trp_caller caller, struct troupe_ref actor)
{
    struct trp_futures *futures = trp_caller_futures(caller);
    troupe_future_troupe_end future = {
        {trp_future_new_end(futures, &troupe_type_troupe_end, actor)}};
    const char *story = trp_unreachable(caller.rank, actor);
    if (story) {
        trp_future_resolve(futures, future.any.id, TROUPE_NO_ACTOR, story, strlen(story) + 1);
        return future;
    }
    struct trp_record head = trp_record_for(actor, TRP_RECORD_WATCH);
    head.future = future.any.id;
    trp_send_bytes_from(caller.rank, caller.context, trp_ref_host(actor), &head, "", 0);
    return future;
}

troupe_future_troupe_end troupe_ended_ref(struct troupe_ref actor)
{
    bool outside = trp_call_enter();
    struct trp_caller caller = trp_caller();
    troupe_future_troupe_end future = watch_from(caller, actor);
    trp_role_leave(outside);
    return future;
}
