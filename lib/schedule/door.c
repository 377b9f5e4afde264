/*
 * The runtime's door: from code of the user's into it, and back (role.h). A function of its own for
 * each, so that no compiler keeps the address of what belongs to a thread.
 */
#include <string.h>

#include "schedule/many.h"
#include "schedule/role.h"

__attribute__((noinline)) bool trp_role_enter(void)
{
    return trp_call_enter();
}

static uint32_t go_out(void)
{
    uint32_t calls = (atomic_load_explicit(&trp_here.calls, memory_order_relaxed) | 1) + 1;
    atomic_store_explicit(&trp_here.calls, calls, memory_order_release);
    return calls;
}

__attribute__((noinline)) void trp_role_run(struct trp_context *context)
{
    trp_here.current = context;
    trp_lanes_open(context->rank, context);
    go_out();
}

static void run_calls(struct troupe_row *calls, const struct trp_context *context)
{
    trp_lanes_open(context->rank, context);
    const uint32_t before[2] = {go_out(), false};
    memcpy(&calls->before, before, sizeof before);
    calls->happened = &trp_here.happened;
}

__attribute__((noinline)) void trp_role_run_row(struct troupe_row *calls,
                                                struct trp_context *context)
{
    trp_here.current = context;
    run_calls(calls, context);
}

__attribute__((noinline)) void trp_role_run_hidden(struct trp_row *row)
{
    trp_here.current = NULL;
    trp_here.row = row;
    run_calls(&row->calls, row->context);
}

__attribute__((noinline)) bool trp_role_still_hidden(struct trp_row *row)
{
    trp_call_begin();
    if (atomic_load_explicit(&trp_here.away, memory_order_relaxed))
        trp_role_regain();
    if (trp_here.row != row)
        return false;
    trp_here.row = NULL;
    return true;
}

__attribute__((noinline)) struct trp_context *trp_row_context(void)
{
    bool outside = trp_call_enter();
    struct trp_context *context = trp_here.current;
    trp_role_leave(outside);
    return context;
}

__attribute__((noinline)) void trp_role_leave(bool outside)
{
    uint32_t calls = atomic_load_explicit(&trp_here.calls, memory_order_relaxed) | 1;
    atomic_store_explicit(&trp_here.calls, calls + outside, memory_order_release);
}
