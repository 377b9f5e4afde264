/*
 * Workers: the threads of a rank that run tasks, each with an OpenMP team as large as it asked for.
 *
 * A rank has as many CPU slots as CPUs. A task takes its slots when it starts and gives them back
 * while it waits; a worker whose task waits runs the next one, and it alone resumes what it began.
 * One lock guards all of this but what a running task does.
 */
#ifndef TRP_WORKERS_H
#define TRP_WORKERS_H

#include "schedule/rank.h"

void trp_workers_open(struct trp_rank *rank);

/* Workers that run a task are left alone: with `abandon` they are not waited for. */
void trp_workers_close(struct trp_rank *rank, bool abandon);

/* A task has come: queued, and a worker woken or begun. */
void trp_workers_submit(struct trp_rank *rank, const struct trp_record *record, int caller);

/* The tasks keep every CPU of the rank busy: better not to spin. */
bool trp_workers_fill_cpus(struct trp_rank *rank);

/* Some task is queued, runs, or waits. */
bool trp_workers_busy(struct trp_rank *rank);

/* Of a task: see wait.h. */
void trp_worker_prepare(struct trp_context *context);
void trp_worker_wait(struct trp_context *context, double deadline);
void trp_worker_wake(struct trp_context *context);

/* Ends the running task without returning to its frames. */
__attribute__((noreturn)) void trp_worker_abandon(struct trp_context *context);

#endif
