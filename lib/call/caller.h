/*
 * Who calls.
 */
#ifndef TRP_CALLER_H
#define TRP_CALLER_H

#include <omp.h>

#include "schedule/rank.h"
#include "schedule/role.h"
#include "troupe/status.h"

struct trp_caller {
    struct trp_context *context; /* NULL in a thread of an OpenMP team */
    struct trp_rank *rank;
};

/* Where futures of the caller are. */
static inline struct trp_futures *trp_caller_futures(struct trp_caller caller)
{
    return trp_on_scheduler(caller.context) ? &caller.rank->futures : &trp_shared_futures;
}

/* Why nothing can be sent to it; NULL: it can. */
const char *trp_unreachable(const struct trp_rank *rank, struct troupe_ref actor);

/* Ends the process when no troupe_run is under way. */
struct trp_caller trp_caller(void);

/* Not in an OpenMP region, a destructor, a deferred function, or MPI calls of its own. */
static inline bool trp_may_wait(const struct trp_context *context)
{
    bool destroying = context->actor && !context->method;
    return !context->guest && !context->releasing && !destroying && !omp_in_parallel();
}

/* The context, if it may wait; NULL otherwise. */
struct trp_context *trp_caller_waiting(void);

/* Keeps the story for troupe_story; returns the status. */
troupe_status trp_told(struct trp_context *context, troupe_status status, const char *story);

/* After something new was sent to a rank: waits while too much is on its way there. `future` is the
   caller's, 0: none; should the caller end meanwhile, nobody wants it. */
void trp_caller_slow_down(struct trp_caller caller, int to, uint64_t future);

/* After a task was left to this rank by somebody in the scheduler role: now and then he lets the
   scheduler hand out what he has submitted, here and to others. */
void trp_caller_lets_begin(struct trp_caller caller, uint64_t future);

/* To be said before a call to that actor, where it tells callers to wait for room: a future of
   that, to be waited for after the call was sent. 0: there is no need, or the caller may not
   wait. */
uint64_t trp_caller_asks_for_room(struct trp_caller caller, struct troupe_ref to);
void trp_caller_waits_for_room(struct trp_caller caller, uint64_t room, uint64_t future);

/* After a wait: ends the context if somebody has cancelled it meanwhile. */
void trp_caller_check(struct trp_context *context);

/* Ends the calling context with this story, to which its own name is added. */
__attribute__((noreturn)) void trp_fail(struct trp_context *context, int status,
                                        const char *story);

#endif
