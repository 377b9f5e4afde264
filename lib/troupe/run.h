/** @file
 * The whole program: start, driver, end.
 */
#ifndef TROUPE_RUN_H
#define TROUPE_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "troupe/log.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @addtogroup run
    @{ */

/**
 * The main routine of the program, run on rank 0, on the thread and the stack of troupe_run.
 * While a light method of rank 0 computes there for long without a call, a driver that waited goes
 * on on another thread.
 * @param argc arguments in argv
 * @param argv of troupe_run, without what MPI_Init_thread took from them
 * @return the status of the job, 0…255; anything else becomes 1
 */
typedef int troupe_driver(int argc, char **argv);

/** How to run; all zero is the default. An environment variable, where named, has the last word.
    The same on every rank. */
struct troupe_run_options {
    const char *transport; /**< "rma" (rings in shared memory within a node, MPI messages across),
                                "p2p" (MPI messages), "self" (one process), "auto": where mpirun or
                                srun started the program or MPI is initialised rma, or p2p if the
                                node's shared memory is too small, else self; default auto;
                                TROUPE_TRANSPORT */
    int ranks;             /**< that transport self plays, 1 to 4096, default 1; TROUPE_RANKS */
    uint64_t seed;         /**< self: of the order between pairs of ranks; 0: as sent;
                                TROUPE_SEED */
    enum troupe_log_level log; /**< what is said on stderr; TROUPE_LOG */
    size_t stack_bytes; /**< of a light method, default 256 KiB; of tasks and of actors with CPUs
                             at least 1 MiB. What is not touched is free */
    const void *comm; /**< rma, p2p, auto: an MPI_Comm *, the ranks of the job; it is duplicated and
                           stays the program's; default MPI_COMM_WORLD. MPI is initialised before */
    int handover; /**< default 0: while a light method or the driver computes for more than a few
                       milliseconds without a call, the others of its rank go on, on another
                       thread (not on transport self with a seed). Less than 0: they wait. More
                       than 1, for tests: it also happens all the time, at moments drawn from
                       this. TROUPE_HANDOVER, where 0 is less than 0 */
    double linger; /**< seconds for which calls and tasks may go on after the driver; default 30,
                        less than 0: not at all. What can go on no more, since it waits for what
                        nobody will send, takes none of it */
    double grace; /**< seconds that the driver has when the job is told to end, by SIGTERM or
                       SIGUSR1 to any of its ranks: troupe_ending() is true then, and the driver is
                       to return; if it has not after that time, the job ends as with troupe_exit,
                       with 128 and the signal's number. Default 0: the signal ends the process, and
                       so the job, at once. TROUPE_GRACE */
    const char *gateway; /**< a door on rank 0 for other programs, docs/gateway.md: "1" (loopback, a
                              port that is free, and a Unix socket), "unix" (that socket alone),
                              "ADDRESS:PORT"; default none. Where it cannot be opened stderr says
                              why, and the job runs without; TROUPE_GATEWAY, where "0" is none */
    const char *report; /**< a file that rank 0 writes at the end: the page of the dashboard with
                             the data of then in it, also when the driver fails, somebody calls
                             troupe_exit, or the job is told to end and has time for it (`grace`);
                             default none; TROUPE_REPORT */
    int (*setup)(int argc, char **argv); /**< runs once in every process before the driver; where
                                              one does not return 0, nothing is run */
};

/** What a driver returns that has ended early, and wants the job to be run again from where it has
    stopped: slurm/time_limit.sh sees to that. */
#define TROUPE_REQUEUE 85

/**
 * The job is told to end: in a loop of the driver's, a task's or a method's, the moment to save
 * what is to be kept and return. Costs nothing.
 * @return true, on all ranks, from when a signal has told one of them: see `grace` of
 *         troupe_run_options, which makes that so
 * @note Threads: any.
 */
bool troupe_ending(void);

/**
 * Runs the driver on rank 0 while all ranks host actors and tasks, then ends the job: what is under
 * way is finished, for at most `linger` seconds, and actors are destroyed, those that others made
 * before their makers. A driver that fails, and troupe_exit, leave out the first of these.
 * Every process of the job calls it. MPI, if it is not initialised, is, and is finalised at the
 * end; where the program does this itself (with MPI_THREAD_SERIALIZED at least), and on transport
 * self, another run may follow.
 * @param argc of main
 * @param argv of main; goes to MPI_Init_thread, setup and the driver
 * @param driver the main routine; called on rank 0 only
 * @param options NULL: the defaults; what it points to stays the program's, and as it is meanwhile
 * @return the same on every rank: the driver's status, 1 if it failed or returned none of 0…255,
 *         that of troupe_exit, or 2 where nothing was run (stderr says why)
 * @note Threads: one of the process at a time; rank 0's becomes the driver's.
 */
int troupe_run(int argc, char **argv, troupe_driver *driver,
               const struct troupe_run_options *options);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
