/*
 * What a method, a task or the driver may do besides calling.
 */
#ifndef TROUPE_METHOD_H
#define TROUPE_METHOD_H

#include "troupe/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Ends the running method, task or driver: what it would have answered is a failure with this
 * story. Does not return. Deferred functions run, latest first; memory of troupe_alloc is freed.
 * @param code negative (a troupe_status, or one of the program's own); others become TROUPE_FAILED
 * Threads: as troupe_await; inside an OpenMP parallel region it ends the job.
 */
__attribute__((noreturn, format(printf, 2, 3))) void troupe_fail(int code, const char *format, ...);

/** Memory that is freed when the running method, task, or troupe_scope of the driver ends. */
void *troupe_alloc(size_t bytes) __attribute__((malloc, alloc_size(1)));

/** Calls fn(p) when the running method or task ends, well or not; latest first. */
void troupe_defer(void (*fn)(void *), void *p);

/** Waits; other methods, tasks and ranks go on. @param seconds 0 or less: only lets others run */
void troupe_sleep(double seconds);

/** A tell for later is not sent any more; one that was stays sent. On the rank that set it. */
void troupe_cancel_timer(troupe_timer timer);

/** Ends the job at once, on every rank, with this status: from the driver, a method or a task. */
__attribute__((noreturn)) void troupe_exit(int status);

/** Threads that the running task or method may use: the size of its OpenMP team. */
int troupe_cpus(void);

/**
 * MPI calls of the program's own stand between these two, in the driver, a method or a task; on
 * a communicator of the program's own. No await between them. The rank waits meanwhile.
 */
void troupe_mpi_begin(void);
void troupe_mpi_end(void);

int troupe_rank(void);  /**< number of this rank, from 0 */
int troupe_ranks(void); /**< how many ranks the job has */

/** CPUs that a rank has for its tasks: its share of those it is bound to. Known for every rank. */
int troupe_rank_cpus(int rank);

struct troupe_place troupe_on(int rank); /**< on that rank */
struct troupe_place troupe_here(void);   /**< on the caller's rank */
struct troupe_place troupe_beside_ref(struct troupe_ref actor);

#ifdef __cplusplus
}
#endif

#endif
