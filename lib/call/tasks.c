/*
 * Cancelling tasks: see troupe/future.h.
 */
#include "schedule/tasks.h"

#include "base/log.h"
#include "call/caller.h"
#include "schedule/role.h"
#include "troupe/future.h"

static void cancel(troupe_future future)
{
    struct trp_caller caller = trp_caller();
    bool shared = trp_future_is_shared(future.id);
    if (future.id && !shared && !trp_on_scheduler(caller.context)) {
        trp_log(TRP_LOG_WARNING, "a future of the driver or a light method is not cancelled by a "
                                 "task");
        return;
    }
    int host = trp_future_call_off(trp_futures_of(caller.rank, future.id), future.id);
    if (host >= 0)
        trp_task_call_off(caller.rank, host, future.id);
}

void troupe_cancel_any(troupe_future future)
{
    bool outside = trp_call_enter();
    cancel(future);
    trp_role_leave(outside);
}

bool troupe_cancelled(void)
{
    const struct trp_context *c = trp_caller().context;
    return c && c->task && c->task->cancelled;
}
