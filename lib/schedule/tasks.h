/*
 * Tasks on the rank that runs them: those that come and wait, those that run, and how they are
 * cancelled.
 *
 * A task is known by who submitted it: that rank, and the future it holds for it. A record CALL_OFF
 * goes through the inbox, behind the task's own, to where the task was last known to be. If it went
 * on from there its new host says so, and that is where CALL_OFF goes then.
 */
#ifndef TRP_TASKS_H
#define TRP_TASKS_H

#include "schedule/worker.h"

/* One that runs, or waits in the middle: in the frame that runs it. */
struct trp_task {
    struct order *order; /* freed when it ends */
    int64_t began;       /* a trp_now_ns(); 0: that is not measured */
    int64_t since;       /* the same, if the rank is watched */
    int caller;
    uint64_t future; /* of that rank */
    _Atomic bool cancelled;
    struct trp_children children;
    struct trp_task *next, **link; /* the rank's */
};

/* One has come; `last` of those that came together. Whether tasks are to be given on then. */
bool trp_task_come(struct trp_rank *rank, struct trp_record *record, struct trp_parcel *parcel,
                   bool last);

/* How often it was given on to another rank. */
static inline unsigned trp_task_moves(const struct trp_record *record)
{
    return (unsigned)(record->number >> TRP_MOVES_SHIFT) & TRP_MOVES_MAX;
}

/* With the workers' lock held. */
void trp_task_begin(struct trp_rank *rank, struct trp_task *task, struct order *order);
void trp_task_unlink(struct trp_task *task);

/* It has come to its end with this status: it is to be run again. */
bool trp_task_retries(const struct trp_context *context, int status);

/* What is said of the last of several failures: from malloc, NULL when memory is short. */
char *trp_task_story(const struct order *order, const char *story);

/* Cancels the task that was sent to that rank with that future. Any thread. */
void trp_task_call_off(struct trp_rank *rank, int host, uint64_t future);

/* That has come. One that waits fails; one that runs is told, and its children are called off. */
void trp_task_called_off(struct trp_rank *rank, const struct trp_record *record, int caller);

#endif
