/*
 * Waiting and being woken.
 *
 * A context that waits on the scheduler's thread first takes answers in place. As soon as anything
 * else can run it is parked on its stack and a loop goes on on another. A task is parked on its
 * worker at once.
 */
#ifndef TRP_WAIT_H
#define TRP_WAIT_H

#include "schedule/context.h"

/* Before telling anyone whom to wake. */
void trp_wait_prepare(struct trp_context *context);

/* Returns when the context has been woken since it prepared, or at `deadline` (negative: never). */
void trp_wait(struct trp_context *context, double deadline);

/* The frequent wait: for a future that nobody else waits for, on the scheduler's thread, without a
   limit. False: it is another case, or the context was cancelled. */
bool trp_wait_future(struct trp_context *context, uint64_t future);

/* For a task: any thread; for others: the thread in the scheduler role. */
void trp_wake(struct trp_context *context);

/* A context on the scheduler's thread fails with this status and story as soon as it has stopped to
   wait. The story is from malloc and taken over. */
void trp_cancel(struct trp_context *context, int status, char *story);

#endif
