/** @file
 * What a method, a task or the driver may do besides calling.
 */
#ifndef TROUPE_METHOD_H
#define TROUPE_METHOD_H

#include "troupe/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @addtogroup method
    @{ */

/**
 * Ends the running method, task or driver: what it would have answered is a failure with this
 * story, behind the name of who fails. Does not return: the frames are given up, so locks and
 * memory of malloc that they hold need troupe_defer. A constructor's failure ends its actor. The
 * driver's is written on stderr, and the job's status is 1. A failure that nobody asked for, of a
 * tell, is written for the first of each method, and counted.
 * @param code negative (a troupe_status, or one of the program's own); others become TROUPE_FAILED,
 *        and TROUPE_TIMEOUT, which says of a future that it is still good, becomes TROUPE_LATE
 * @param format as of printf, with what follows; a story longer than 1023 bytes is cut. Of a long
 *        chain of failures the middle is left out: the latest and the first are kept
 * @note Threads: waiting callers; elsewhere, as in an OpenMP parallel region or a destructor, it
 *       ends the job.
 */
__attribute__((noreturn, format(printf, 2, 3))) void troupe_fail(int code, const char *format, ...);

/**
 * Memory that is freed when the caller ends, well or not, or a troupe_scope of it; not by free.
 * @param bytes how many; none to be had fails the caller with TROUPE_NO_MEMORY
 * @return zeroed, aligned to 16 bytes, never NULL
 * @note Threads: callers; elsewhere it ends the job.
 */
void *troupe_alloc(size_t bytes) __attribute__((malloc, alloc_size(1)));

/**
 * Calls fn(p) when the caller ends, well or not, after its answer was sent and before its memory is
 * freed; latest first. The driver's are called when the job has ended. No memory for it fails the
 * caller with TROUPE_NO_MEMORY, and fn is not called.
 * @param fn must neither wait nor fail; runs where the caller did
 * @param p for fn; stays the caller's
 * @note Threads: callers; elsewhere it ends the job.
 */
void troupe_defer(void (*fn)(void *), void *p);

/**
 * Waits; other methods, tasks and ranks go on. A task, or an actor with CPUs, gives them back
 * meanwhile.
 * @param seconds 0 or less: only lets others run
 * @note Threads: waiting callers; elsewhere it ends the job.
 */
void troupe_sleep(double seconds);

/**
 * A tell for later is not sent any more; one that was stays sent.
 * @param timer of this rank; of another, none, or one that is over, is ignored
 * @note Threads: any.
 */
void troupe_cancel_timer(troupe_timer timer);

/**
 * Ends the job on every rank with this status, without finishing what is under way. Does not
 * return. From the driver at once; else when the driver waits or returns next, and what the caller
 * would have answered fails with TROUPE_CANCELLED.
 * @param status 0…255; others become 1
 * @note Threads: any; but in a destructor it ends the job by a crash.
 */
__attribute__((noreturn)) void troupe_exit(int status);

/**
 * Threads that the running task or method may use: the size of its OpenMP team.
 * @return of troupe_options.cpus, what was granted; 1 for light methods and the driver
 * @note Threads: callers; elsewhere it ends the job.
 */
int troupe_cpus(void);

/**
 * MPI calls of the program's own stand between this and troupe_mpi_end, on a communicator of the
 * program's own (not with transport self, unless the program has initialised MPI). What the rank
 * has sent before is on its way. The rank waits meanwhile: nothing waits, and nothing begins again,
 * before the end; a failure is an end, too.
 * @note Threads: callers, one of a rank at a time: a task, or an actor with CPUs, waits for its
 *       turn. Elsewhere it ends the job.
 */
void troupe_mpi_begin(void);

/** The end of the program's own MPI calls. @note Threads: that of troupe_mpi_begin. */
void troupe_mpi_end(void);

/** @return number of this rank, from 0 @note Threads: any. */
int troupe_rank(void);

/** @return how many ranks the job has @note Threads: any. */
int troupe_ranks(void);

/**
 * CPUs that a rank has for its tasks. Known for every rank, as what troupe_resources gives.
 * @param rank from 0
 * @return at least 1; 0 if there is no such rank
 * @note Threads: any.
 */
int troupe_rank_cpus(int rank);

/** On that rank. @param rank from 0 @return for troupe_options.place @note Threads: any. */
struct troupe_place troupe_on(int rank);

/** On the caller's rank. @return for troupe_options.place @note Threads: any. */
struct troupe_place troupe_here(void);

/** On a rank of that node, in turn. @param node from 0 @return for troupe_options.place
    @note Threads: any. */
struct troupe_place troupe_on_node(int node);

/**
 * One after the other on the caller's rank, until what they ask for adds up to what it has, then on
 * the next rank, and so on; what ends meanwhile is not taken off. Each rank counts for itself. A
 * task that waits there may go to a rank that has nothing to run.
 * @return for troupe_options.place
 * @note Threads: any.
 */
struct troupe_place troupe_packed(void);

/** On the next rank that has what is asked for, in turn: for actors the default. A task that waits
    there may go to a rank that has nothing to run. @return for troupe_options.place
    @note Threads: any. */
struct troupe_place troupe_spread(void);

/**
 * A wish: where no rank that the place allows has what is asked for, the library chooses instead of
 * failing the caller; and a task that waits there may go to a rank that has nothing to run.
 * @param place of the functions beside this one
 * @return for troupe_options.place
 * @note Threads: any.
 */
struct troupe_place troupe_rather(struct troupe_place place);

/** @return how many nodes the job runs on @note Threads: any. */
int troupe_nodes(void);

/** @param rank from 0 @return the number of its node, from 0; -1: no such rank
    @note Threads: any. */
int troupe_node_of(int rank);

/** Behind troupe_away_from. @param actor of any class @return for troupe_options.place */
struct troupe_place troupe_away_from_ref(struct troupe_ref actor);

/** Behind troupe_beside. @param actor of any class @return for troupe_options.place */
struct troupe_place troupe_beside_ref(struct troupe_ref actor);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
