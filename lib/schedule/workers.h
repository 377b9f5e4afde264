/*
 * Workers: the threads of a rank that run tasks, and the methods of actors that asked for CPUs,
 * each with an OpenMP team as large as it asked for.
 *
 * A rank has as many CPU slots as CPUs. What runs takes its slots when it starts and gives them
 * back while it waits; a worker whose task waits runs the next one, and it alone resumes what it
 * began, before anything new begins. An actor with CPUs has a worker of its own, or some. Tasks
 * and calls of such actors wait for slots in one line; one that needs more than are free is
 * overtaken TRP_OVERTAKEN_MAX times at most. One lock guards all of this but what a running task
 * does.
 */
#ifndef TRP_WORKERS_H
#define TRP_WORKERS_H

#include "schedule/rank.h"

void trp_workers_open(struct trp_rank *rank);

/* The end of the job: nothing begins any more, and what waits on a worker fails there. Returns when
   it has, or a while later. */
void trp_workers_give_up(struct trp_rank *rank);

/* After that. Workers that still run something are not waited for: they keep all of this. */
void trp_workers_close(struct trp_rank *rank);

/* After the wire has been closed, so that nobody waits any more until his bytes are sent: the same
   for those who did. */
void trp_workers_unwind(struct trp_rank *rank);

/* A task has come: queued, and a worker woken or begun. */
void trp_workers_submit(struct trp_rank *rank, struct trp_record *record,
                        struct trp_parcel *parcel);

/* The tasks keep every CPU of the rank busy: better not to spin. */
bool trp_workers_fill_cpus(struct trp_rank *rank);

/* Tasks that wait for slots. Any thread. */
int trp_workers_line(const struct trp_rank *rank);

/* How many tasks and methods are queued, run, or wait. */
int trp_workers_unfinished(struct trp_rank *rank);

/* Some of them may go on by themselves: not all wait for something to come. */
bool trp_workers_busy(struct trp_rank *rank);

/* ---- actors with a worker of their own: from the scheduler's thread -------------------------- */

/* `at_once`: as many methods may run at a time, each on a worker of its own. */
void trp_workers_dedicate(struct trp_rank *rank, struct trp_actor *actor, int cpus, int at_once);
void trp_workers_release(struct trp_actor *actor); /* they run nothing */

/* The job is over. Where they have done their part of all calls, their word for it, or a call, will
   not be looked at: the actor is in none. */
void trp_workers_forget(struct trp_actor *actor);

/* Runs a method there; the hold on the parcel is taken over. A record DONE comes when it ends. */
void trp_workers_call(struct trp_actor *actor, const struct troupe_method *method,
                      const struct trp_record *record, struct trp_parcel *parcel);
void trp_workers_done(struct trp_rank *rank, struct trp_actor *actor,
                      const struct trp_record *record);

/* Its calls are to fail: now if they wait, for a slot or in the middle, else when they end. The
   story is taken over; the actor may be gone afterwards. */
void trp_workers_kill(struct trp_rank *rank, struct trp_actor *actor, int status, char *story);

/* ---- contexts on a worker: see wait.h and execute.h ------------------------------------------ */

void trp_worker_prepare(struct trp_context *context);
void trp_worker_wait(struct trp_context *context, double deadline);
void trp_worker_wake(struct trp_context *context);
/* From its own thread: the scheduler is to be woken when what runs has ended, or waits. */
void trp_worker_owes_wake(struct trp_worker *worker);

/* What it runs on now. */
const struct trp_stack *trp_worker_stack(const struct trp_worker *worker);

/* The running function has failed: answers, and does not return to its frames. */
__attribute__((noreturn)) void trp_worker_fail(struct trp_context *context, int status,
                                               const char *story);

#endif
